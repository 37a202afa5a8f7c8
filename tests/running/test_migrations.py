"""The migrations make exactly the tables of the models, and take them back, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import CheckConstraint, inspect

from admin_app import schema
from admin_app.schema import MIGRATIONS
from models.base import db
from tests.databases import Templates, engine_of


@pytest.fixture
def bare_app(one_app: Flask, templates: Templates, database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table."""
    url = templates.bare(database_kind, tmp_path)
    with engine_of(one_app, url), one_app.app_context():
        yield one_app
    templates.drop(url)


@pytest.mark.both_databases
def test_up_down_and_up_again_ends_at_the_tables_of_the_models(bare_app: Flask) -> None:
    assert schema.upgrade() == schema.head()
    flask_migrate.check(bare_app.extensions["migrate"].directory)
    schema.downgrade("base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    assert schema.upgrade() == schema.head()
    assert schema.is_current()


@pytest.mark.both_databases
def test_every_check_of_the_models_is_in_the_database(bare_app: Flask) -> None:
    # Alembic's own comparison does not look at CHECK constraints.
    schema.upgrade()
    found = inspect(db.engine)
    for table in db.metadata.sorted_tables:
        declared = {str(check.name) for check in table.constraints if isinstance(check, CheckConstraint) and check.name}
        assert {check["name"] for check in found.get_check_constraints(table.name)} == declared, table.name


def test_every_migration_follows_one_other() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1
