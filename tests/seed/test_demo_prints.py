"""The demo's tasks of certificates: two are ready and one is taken back, the same ones in every demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models.credits.tables import YearSummary
from models.jobs import Job
from models.scope import system_session
from models.transaction import unit_of_work
from seed.demo.printed import build_printed
from seed.demo.stage import new_stage
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


def test_two_tasks_are_ready_and_one_is_taken_back(app: Flask, cast: Cast, run_jobs: Callable[[], int]) -> None:
    with app.app_context():
        with system_session() as session, unit_of_work(session):
            for n, person in enumerate(cast.people.values()):
                passes = {"total_tenths": 900, "public_tenths": 300, "professional_tenths": 600, "is_passed": True}
                session.add(
                    YearSummary(
                        person_id=person.id,
                        path=person.path,
                        year=2025,
                        year_organisation_id=person.organisation_id,
                        **(passes if n else {}),
                    )
                )
        stage = new_stage()
        stage.organisations = {"city": cast.organisations["city"]}
        stage.officers = {cast.organisations["city"].id: cast.city_officer}
        build_printed(stage)
        assert run_jobs() == 2
        with system_session() as session:
            found: list[Any] = [
                (job.state, job.params["how"], job.result.get("skipped"), sorted(job.result.keys() & {"file", "list"}))
                for job in session.scalars(select(Job).order_by(Job.id))
            ]
    assert found == [("done", "signed", 1, ["file", "list"]), ("done", "print", 0, []), ("cancelled", "print", None, [])]
