"""What the benchmarks stand on: the application on scale data, officers who are logged in, a copy for what writes."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, make_url, select

from admin_app import database, garbage, schema
from admin_app.factory import create_app
from admin_app.settings import Settings
from models.access import Actor
from models.base import ScopedSession, db
from models.org.tables import Organisation, OrganisationKind
from models.people.positions import load_actor
from models.people.tables import Account, Post, Professional
from models.scope import attach, scope_of, system_session
from seed.scale import PASSWORD, seed_scale

COUNTY = 2
"""The id of the largest county of the scale data; the city is 1."""


@dataclass
class Officer:
    """Somebody at an own desk."""

    role: str
    actor: Actor
    number: str
    client: FlaskClient

    def get(self, address: str) -> Any:
        """Return the answer of a page of the administration."""
        return self.client.get(f"/admin/{address}")

    def post(self, address: str, **data: Any) -> Any:
        """Send a form of a page of the administration."""
        return self.client.post(f"/admin/{address}", data={"position": self.actor.position_key, **data})

    @contextmanager
    def session(self) -> Iterator[ScopedSession]:
        """Open a session in the officer's scope."""
        with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(self.actor))
            yield session


@dataclass
class Ground:
    """The application, the name of its database, how many people it holds, and the officers by role."""

    app: Flask
    database: str
    n_people: int = 0
    officers: dict[str, Officer] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)

    def officer(self, role: str) -> Officer:
        """Return the officer of a role: city, county, department, unit."""
        return self.officers[role]

    def close(self) -> None:
        """Close every connection: what is open cannot be copied."""
        with self.app.app_context():
            if self.database == "sqlite":
                with db.engine.connect() as connection:
                    connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
            db.engine.dispose()


def settings_of_bench() -> Settings:
    """Return the settings of the environment, on a database of the benchmarks' own unless one is named."""
    settings = Settings.from_environment(os.environ)
    if "CE_DATABASE_URL" not in os.environ:
        folder = settings.instance_path / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        settings = replace(settings, database_url=f"sqlite:///{folder / f'scale-{wanted()[0]}.sqlite3'}")
    return replace(settings, captcha=False)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment of a process of its own that works on the same database."""
    return os.environ | {
        "CE_DATABASE_URL": settings.database_url,
        "CE_INSTANCE": str(settings.instance_path),
        "CE_CAPTCHA": "off",
    }


def wanted() -> tuple[int, int, int]:
    """Return how many people, organisations and credit records an empty database is filled with."""
    n = int(os.environ.get("CE_BENCH_PROFESSIONALS", "100000"))
    n_organisations = int(os.environ.get("CE_BENCH_ORGANIZATIONS", str(max(60, n // 50))))
    return n, n_organisations, int(os.environ.get("CE_BENCH_CREDITS", str(3 * n)))


def open_app(settings: Settings) -> Flask:
    """Return the application as it is served, but for the captcha and the token of forms."""
    app = create_app(settings)
    app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    return app


def prepare(settings: Settings) -> Ground:
    """Fill an empty database and let the officers sit down."""
    app = open_app(settings)
    garbage.settle()
    ground = Ground(app, "postgresql" if not settings.is_sqlite else "sqlite")
    with app.app_context():
        database.leave_copying_to_the_worker(db.engine)
        schema.upgrade()
        with system_session() as session:
            is_empty = not session.scalar(select(func.count()).select_from(Organisation))
        if is_empty:
            n_people, n_organisations, n_credits = wanted()
            seed_scale(n_people=n_people, n_organisations=n_organisations, n_credits=n_credits, say=_say)
        with system_session() as session:
            ground.n_people = session.scalar(select(func.count()).select_from(Professional)) or 0
        _count_statements(ground)
    sit_down(ground)
    return ground


def _say(line: str) -> None:
    sys.stderr.write(f"\r{line:<60}")
    sys.stderr.flush()


def _count_statements(ground: Ground) -> None:
    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT")):
            ground.statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)


def sit_down(ground: Ground) -> None:
    """Log the officers of the city, a county, its busiest department and that one's largest employer in."""
    with ground.app.app_context(), system_session() as session:
        for role, organisation_id in _desks(session).items():
            post = session.scalars(select(Post).where(Post.organisation_id == organisation_id, Post.is_super)).one()
            actor = load_actor(post.account_id, f"post:{post.id}")
            number = session.get_one(Account, post.account_id).number
            assert actor is not None
            ground.officers[role] = Officer(role, actor, number, ground.app.test_client())
    for officer in ground.officers.values():
        assert log_in(officer).status_code == 303, officer.role


def log_in(officer: Officer) -> Any:
    """Send the login window as the officer."""
    data = {"document_type": "111", "number": officer.number, "password": PASSWORD, "kind": officer.actor.kind.value}
    return officer.client.post("/login", data=data)


def _desks(session: Any) -> dict[str, int]:
    county = session.get_one(Organisation, COUNTY)
    department = Organisation.__table__.alias("department")
    largest = session.execute(
        select(Organisation.id, Organisation.parent_id)
        .join(Professional, Professional.organisation_id == Organisation.id)
        .join(department, department.c.id == Organisation.parent_id)
        .where(
            Organisation.kind == OrganisationKind.EMPLOYER,
            Organisation.path.startswith(county.path),
            department.c.kind == OrganisationKind.COMPETENT_DEPARTMENT,
        )
        .group_by(Organisation.id, Organisation.parent_id)
        .order_by(func.count().desc(), Organisation.id)
        .limit(1)
    ).one()
    return {"city": 1, "county": COUNTY, "department": largest.parent_id, "unit": largest.id}


# --- a copy for what writes ------------------------------------------------------------------------------------------


@contextmanager
def copied(settings: Settings) -> Iterator[Settings]:
    """Give settings of a copy of the database; it is removed at the end."""
    url = make_url(settings.database_url)
    name = f"ce_bench_{uuid.uuid4().hex[:8]}"
    if settings.is_sqlite:
        copy = Path(url.database or "").with_name(f"{name}.sqlite3")
        shutil.copyfile(url.database or "", copy)
        try:
            yield replace(settings, database_url=f"sqlite:///{copy}")
        finally:
            for left in copy.parent.glob(f"{copy.name}*"):
                left.unlink()
        return
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{url.database}"')
        try:
            yield replace(settings, database_url=url.set(database=name).render_as_string(hide_password=False))
        finally:
            connection.execute(f'drop database "{name}" with (force)')
