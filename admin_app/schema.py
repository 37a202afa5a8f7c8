"""Migrations as the commands and the tests use them; Alembic is loaded only where the tables are looked at or changed."""

from __future__ import annotations

from typing import Any

from flask import current_app

from admin_app import database
from admin_app.settings import ROOT
from models.base import db
from models.later import Later

MIGRATIONS = ROOT / "admin_app" / "migrations"

flask_migrate = Later("flask_migrate")
script = Later("alembic.script")


def scripts() -> Any:
    """Return the migrations of the code, as Alembic's ScriptDirectory."""
    return script.ScriptDirectory(str(MIGRATIONS))


def head() -> str | None:
    """Return the newest migration of the code."""
    found: str | None = scripts().get_current_head()
    return found


def present() -> str | None:
    """Return the migration that the database stands at; None before the first."""
    return database.schema_revision()


def is_current() -> bool:
    """Tell whether the database stands at the newest migration."""
    return database.schema_revision() == head()


def upgrade(revision: str = "head") -> str | None:
    """Bring the database up to a migration, the newest if none is named, and return its name."""
    _equip()
    flask_migrate.upgrade(str(MIGRATIONS), revision)
    return database.schema_revision()


def downgrade(revision: str) -> None:
    """Take the database back to an earlier migration; `base` leaves no table."""
    _equip()
    flask_migrate.downgrade(str(MIGRATIONS), revision)


def _equip() -> None:
    """Let the application know Flask-Migrate, which takes the connection from it."""
    if "migrate" not in current_app.extensions:
        flask_migrate.Migrate(current_app, db, directory=str(MIGRATIONS), compare_server_default=True)
