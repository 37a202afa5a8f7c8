"""`recompute-years --check` in several processes finds what one process finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select, update

from admin_app import commands
from admin_app.commands import root, years
from models.base import db
from models.credits.tables import YearSummary
from models.scope import system_session
from models.transaction import unit_of_work
from seed.scale import seed_scale

Check = Callable[..., Result]


@pytest.fixture
def check(empty_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Check:
    """Compare the years of 600 people, of which a process is given 300 at once."""
    with empty_app.app_context():
        seed_scale(n_people=600, n_organisations=60, n_credits=1800)
        url = db.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(root, "create_app", lambda: empty_app)
    monkeypatch.setattr(root.logs, "configure", lambda: None)
    monkeypatch.setattr(years.garbage, "settle", lambda: None)
    monkeypatch.setattr(years, "SHARE", 300)
    monkeypatch.setenv("CE_DATABASE_URL", url)
    monkeypatch.setenv("CE_INSTANCE", str(tmp_path / "processes"))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(commands.main, ["recompute-years", *arguments], catch_exceptions=False)

    return run


@pytest.mark.both_databases
def test_two_processes_find_what_one_finds(check: Check, empty_app: Flask) -> None:
    alone = check("--check", "--processes", "1")
    assert (alone.exit_code, check("--check", "--processes", "2").output) == (0, alone.output)
    with empty_app.app_context(), system_session() as session, unit_of_work(session):
        wrong = list(session.scalars(select(YearSummary.id).order_by(YearSummary.id)))
        session.execute(update(YearSummary).where(YearSummary.id.in_([wrong[0], wrong[-1]])).values(total_tenths=12_345))
    alone = check("--check", "--processes", "1")
    assert "years counted: 2 years, 0 records and 0 counters" in alone.output
    both = check("--check", "--processes", "2")
    assert (both.exit_code, both.output) == (1, alone.output)
    assert "years counted: 2 years, 0 records and 0 counters" in check().output
    assert check("--check", "--processes", "2").exit_code == 0
