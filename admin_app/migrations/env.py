"""Run migrations with the application's connection: each one whole or not at all, on both databases."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from models.base import db
from models.transaction import Intent, intending


def render_item(kind: str, item: Any, _autogenerate: Any) -> str | bool:
    """Write our column types as the plain ones below them, so that an old migration does not import today's models."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def skip_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write no migration when nothing changed."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def migrate(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    arguments = dict(current_app.extensions["migrate"].configure_args)
    arguments["render_as_batch"] = connection.dialect.name == "sqlite"
    arguments.setdefault("process_revision_directives", skip_empty)
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        transaction_per_migration=True,
        transactional_ddl=True,  # SQLite can, too: our connections begin by themselves
        **arguments,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    """Open a connection and migrate; SQLite checks foreign keys only at the end, since batch mode rebuilds tables."""
    with intending(Intent.WRITE), db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            # A migration rewrites the rows of everybody: no scope is asked.
            migrate(connection.execution_options(scope_decided=True))
            if is_sqlite and (broken := driver.execute("PRAGMA foreign_key_check").fetchone()):
                raise RuntimeError(f"a migration left a broken foreign key in {broken[0]}")
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys = ON")


if context.is_offline_mode():
    raise RuntimeError("migrations run on a database, not to a file: SQLite's batch mode needs the tables")
run()
