"""Migrations as the commands and the tests use them."""

from __future__ import annotations

import flask_migrate
from alembic.script import ScriptDirectory
from flask import current_app

from admin_app import database


def _directory() -> str:
    directory: str = current_app.extensions["migrate"].directory
    return directory


def head() -> str | None:
    """Return the newest migration of the code."""
    return ScriptDirectory(_directory()).get_current_head()


def is_current() -> bool:
    """Tell whether the database stands at the newest migration."""
    return database.schema_revision() == head()


def upgrade() -> str | None:
    """Bring the database to the newest migration and return its name."""
    flask_migrate.upgrade(_directory())
    return database.schema_revision()


def downgrade(revision: str) -> None:
    """Take the database back to an earlier migration; `base` leaves no table."""
    flask_migrate.downgrade(_directory(), revision)
