"""The connections: SQLite's pragmas and locks, PostgreSQL's time limits. Holds no query of domain data."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, request
from sqlalchemy import Connection, Engine, event, make_url, text

from admin_app.settings import Settings
from models.base import db
from models.transaction import Intent, expect, intends_to_write

BUSY_SECONDS = 10
LOOK_SECONDS = 0.002
RARELY = 60_000
"""Pages of the log after which a web process copies them back itself."""
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # NORMAL loses acknowledged decisions when the power fails
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_SECONDS * 1000}",
    "cache_size = -16384",  # KiB for each connection
    "temp_store = MEMORY",
    "wal_autocheckpoint = 16000",  # pages: an import touches the same ones again and again, each is copied back less often
    "journal_size_limit = 67108864",
)
POSTGRES_OPTIONS = " ".join(
    (
        "-c timezone=UTC",
        f"-c lock_timeout={BUSY_SECONDS}s",
        "-c idle_in_transaction_session_timeout=10min",
    )
)


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return what Flask-SQLAlchemy hands to `create_engine`: as many connections as threads, and a few for their system reads."""
    pool: dict[str, Any] = {"pool_size": settings.threads, "max_overflow": settings.threads, "pool_timeout": 30}
    if settings.is_sqlite:
        return pool | {"connect_args": {"timeout": BUSY_SECONDS}}
    connect = {"options": POSTGRES_OPTIONS, "application_name": "ce", "connect_timeout": 5}
    return pool | {"pool_pre_ping": True, "pool_recycle": 1800, "connect_args": connect}


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the models to the database of the settings; nothing connects yet."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings)
    if settings.is_sqlite:
        Path(make_url(settings.database_url).database or "").parent.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    app.before_request(_expect_by_method)


def prepare_engine(engine: Engine) -> None:
    """Give every connection of a SQLite engine its pragmas and let each transaction begin by its intent."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)


def _set_pragmas(connection: Any, _record: object) -> None:
    # The driver must not begin or commit on its own: _begin does, also around DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def leave_copying_to_the_worker(engine: Engine) -> None:
    """Let this process copy the log back into a SQLite file only when nobody else has for long.

    Whoever commits when the log is full does the copying: with an import under way that would be some page's request.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _rarely_copy)


def _rarely_copy(connection: Any, _record: object) -> None:
    connection.execute(f"PRAGMA wal_autocheckpoint = {RARELY}")


def _begin(connection: Connection) -> None:
    if not intends_to_write():
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        _wait_for_the_lock(driver)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _wait_for_the_lock(driver: Any) -> None:
    """Try again and again for as long as a request waits; SQLite's own waiting sleeps 100 ms and misses a job's pauses."""
    deadline = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < deadline:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return  # the next attempt says what it is
            time.sleep(LOOK_SECONDS)
        else:
            return


def _expect_by_method() -> None:
    expect(Intent.READ if request.method in READING_METHODS else Intent.WRITE_ONCE)


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Yield whether this process may do what is named while no other does. SQLite has one worker anyway (its file lock)."""
    if db.engine.dialect.name != "postgresql":
        yield True
        return
    # The lock belongs to the connection: it ends with it, also when the process is killed.
    with db.engine.connect() as connection:
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        is_ours = connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": key}).scalar()
        connection.commit()
        try:
            yield bool(is_ours)
        finally:
            if is_ours:
                connection.execute(text("select pg_advisory_unlock(:key)"), {"key": key})
                connection.commit()


def answers() -> bool:
    """Tell whether the database takes a query; raises the driver's error when it cannot be reached."""
    with db.engine.connect() as connection:
        return bool(connection.execute(text("select 1")).scalar() == 1)


def schema_revision() -> str | None:
    """Return the migration that the database stands at; None before the first one."""
    with db.engine.connect() as connection:
        if not db.engine.dialect.has_table(connection, "alembic_version"):
            return None
        revision: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
        return revision
