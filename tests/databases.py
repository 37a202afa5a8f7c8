"""Fresh databases for tests: a migrated file with the cast is made once, each test gets a copy of it."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import redis
from flask import Flask
from sqlalchemy import create_engine, event, make_url

from admin_app import database, schema
from admin_app.factory import settings_of
from models.base import db
from models.people.passwords import hash_password
from models.scope import system_session
from models.transaction import unit_of_work
from tests import cast, kept

POSTGRES_URL = os.environ.get("CE_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("CE_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


def has_postgres() -> bool:
    """Tell whether a PostgreSQL server answers."""
    try:
        psycopg.connect(POSTGRES_URL.replace("postgresql+psycopg:", "postgresql:"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def has_redis() -> bool:
    """Tell whether a Redis server answers."""
    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=2) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


@contextmanager
def engine_of(app: Flask, url: str) -> Iterator[None]:
    """Let the application use another database for the block."""
    engine = create_engine(url, **database.engine_options(replace(settings_of(app), database_url=url)))
    database.prepare_engine(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _do_not_wait_for_the_disk)
    engines = db._app_engines[app]
    before = engines[None]
    engines[None] = engine
    try:
        yield
    finally:
        engines[None] = before
        engine.dispose()


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@dataclass
class Templates:
    """What is made once for each worker of the test run."""

    app: Flask
    folder: Path
    made: dict[str, str] = field(default_factory=dict)
    postgres_names: list[str] = field(default_factory=list)
    postgres_in_use: dict[str, str] = field(default_factory=dict)  # name -> of which template
    postgres_free: dict[str, list[str]] = field(default_factory=dict)  # template -> names
    cast: bytes = b""

    def fresh(self, kind: str, folder: Path, *, with_cast: bool = True) -> str:
        """Return the address of a new database of *kind* (sqlite, postgresql), with the fixed cast or empty."""
        name = f"{kind} {'cast' if with_cast else 'empty'}"
        if name not in self.made:
            self.made[name] = self._make(kind, with_cast=with_cast)
        if kind == "sqlite":
            copy = folder / "ce.sqlite3"
            shutil.copyfile(self.made[name], copy)
            return f"sqlite:///{copy}"
        template = make_url(self.made[name]).database or ""
        database = self._used_before(template) or self._create_postgres(template=template)
        self.postgres_in_use[database] = template
        return _address(database)

    def bare(self, kind: str, folder: Path) -> str:
        """Return the address of a new database without a table."""
        if kind == "sqlite":
            return f"sqlite:///{folder / 'bare.sqlite3'}"
        return _address(self._create_postgres(template="template1"))

    def copied(self, url: str, folder: Path) -> str:
        """Return the address of a copy of a database that nobody is connected to."""
        if not url.startswith("sqlite"):
            return _address(self._create_postgres(template=make_url(url).database or ""))
        copy = folder / f"{uuid.uuid4().hex}.sqlite3"
        with closing(sqlite3.connect(make_url(url).database or "")) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        """Give a PostgreSQL database that a test has used to the next one, or remove it; a file goes with its folder."""
        if not url.startswith("postgresql"):
            return
        name = make_url(url).database or ""
        template = self.postgres_in_use.pop(name, None)
        if template is None:
            self._drop_postgres(name)
        else:
            self.postgres_free.setdefault(template, []).append(name)

    def close(self) -> None:
        """Remove what is left on the PostgreSQL server."""
        for name in list(self.postgres_names):
            self._drop_postgres(name)

    def _make(self, kind: str, *, with_cast: bool) -> str:
        if kind == "sqlite":
            path = self.folder / f"{uuid.uuid4().hex}.sqlite3"
            url = f"sqlite:///{path}"
        else:
            url = _address(self._create_postgres(template="template1"))
        with engine_of(self.app, url), self.app.app_context():
            schema.upgrade()
            if with_cast:
                with system_session() as session, unit_of_work(session):
                    built = cast.build(session, password_hash=hash_password(cast.PASSWORD))
                self.cast = pickle.dumps(built)
            if kind == "sqlite":
                # One file without a journal beside it can be copied.
                with db.engine.connect() as connection:
                    connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if kind == "sqlite":
            return url.removeprefix("sqlite:///")
        with psycopg.connect(_plain(url)) as connection:
            kept.keep(connection)
        return url

    def _used_before(self, template: str) -> str | None:
        """Return a database that an earlier test has used, as it was before; None where there is none."""
        while self.postgres_free.get(template):
            name = self.postgres_free[template].pop()
            with psycopg.connect(_plain(_address(name))) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
                    [name],
                )
                if kept.put_back(connection):
                    return name
            self._drop_postgres(name)
        return None

    def _create_postgres(self, *, template: str) -> str:
        name = f"ce_test_{uuid.uuid4().hex}"
        with psycopg.connect(_plain(POSTGRES_URL), autocommit=True) as server:
            server.execute(f'create database "{name}" template "{template}"')
            server.execute(f'alter database "{name}" set synchronous_commit = off')  # no test cuts the server's power
        self.postgres_names.append(name)
        return name

    def _drop_postgres(self, name: str) -> None:
        with psycopg.connect(_plain(POSTGRES_URL), autocommit=True) as server:
            server.execute(f'drop database if exists "{name}" with (force)')
        self.postgres_names.remove(name)


def _address(name: str) -> str:
    return make_url(POSTGRES_URL).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:", 1)
