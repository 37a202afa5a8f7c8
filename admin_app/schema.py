"""Migrations as the commands and the tests use them."""

from __future__ import annotations

import flask_migrate
from alembic.script import ScriptDirectory
from flask import current_app

from admin_app import database


def directory() -> str:
    """Return the folder of the migrations."""
    found: str = current_app.extensions["migrate"].directory
    return found


def head() -> str | None:
    """Return the newest migration of the code."""
    return ScriptDirectory(directory()).get_current_head()


def present() -> str | None:
    """Return the migration that the database stands at; None before the first."""
    return database.schema_revision()


def is_current() -> bool:
    """Tell whether the database stands at the newest migration."""
    return database.schema_revision() == head()


def upgrade(revision: str = "head") -> str | None:
    """Bring the database up to a migration, the newest if none is named, and return its name."""
    flask_migrate.upgrade(directory(), revision)
    return database.schema_revision()


def downgrade(revision: str) -> None:
    """Take the database back to an earlier migration; `base` leaves no table."""
    flask_migrate.downgrade(directory(), revision)
