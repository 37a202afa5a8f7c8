"""kill -9 in the middle of an import, a batch of decisions, an export, a printing: no half row, nothing lost, the same in the end."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select

from models import files, history, jobs
from models.access import Actor
from models.base import db
from models.certificates.tables import Certificate
from models.credits.recompute import recompute_all
from models.credits.tables import YearSummary
from models.jobs import Job, JobState
from models.people.tables import Professional
from models.reviews.tables import Decision
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.deaths.points import Deaths
from tests.sheets.conftest import Importing
from tests.sheets.files import add_lists, texts
from tests.sheets.test_import_people import row, workbook
from tests.years import passed_year
from views.admin import batch

pytestmark = pytest.mark.both_databases
MOST_DIE = 0.9  # who is to be killed near its end may get there first
NUMBERS = [pytest.param(3, id="some"), pytest.param(63, id="many", marks=pytest.mark.hard)]
points = pytest.mark.parametrize("n_points", NUMBERS)


def whole_job() -> dict[str, Any]:
    """Return the result of the one job, which is done, without the random names of files."""
    with system_session() as session:
        job = session.scalars(select(Job)).one()
        assert job.state == JobState.DONE, job.error
        return {name: value for name, value in job.result.items() if not name.endswith("file")}


@points
def test_a_killed_import_goes_on_to_the_same_people(n_points: int, deaths: Deaths, in_app: Flask, cast: Cast) -> None:
    with system_session() as session, unit_of_work(session):
        add_lists(session)
    rows = [row(i, phone="12" if i % 9 == 0 else "13800000000") for i in range(30)]
    Importing(cast.actors).start(cast.unit_clerk, "import_people", workbook(cast.unit_clerk, *rows, row(0), row(1)))

    def look() -> object:
        with system_session() as session:
            names = session.scalars(select(Professional.number_masked).order_by(Professional.number_masked)).all()
        return whole_job(), names

    assert deaths.at(n_points, look) >= MOST_DIE * n_points


@points
def test_a_killed_batch_of_decisions_goes_on_and_decides_each_once(
    n_points: int, deaths: Deaths, in_app: Flask, cast: Cast, declare: Callable[..., int], decide: Callable[..., None]
) -> None:
    names = ("professional", "colleague")
    reviews = [declare(name, hours=str(5 + n)) for n in range(11) for name in names]
    for review in reviews:
        decide(review, "unit_clerk", "department_clerk")
    enqueue_batch(cast.county_officer, "hours.pending.approve", reviews)

    def look() -> object:
        with system_session() as session:
            assert recompute_all(session, check_only=True).is_clean
            with unit_of_work(session):
                history.seal(session)
            assert history.verify(session).first_broken == ""
            years = session.execute(select(YearSummary.person_id, YearSummary.total_tenths).order_by(YearSummary.person_id))
            decided = session.execute(select(Decision.review_id, func.count()).group_by(Decision.review_id))
            return whole_job(), years.all(), dict(decided.all())

    assert deaths.at(n_points, look) >= MOST_DIE * n_points


@points
def test_a_killed_export_writes_its_workbook_and_is_noted_once(
    n_points: int, deaths: Deaths, in_app: Flask, cast: Cast, lists: None
) -> None:
    ids = [person.id for person in cast.people.values()]
    params = {"view": "people", "tab": "", "ids": ids, "columns": ["name", "organisation_name"], "is_unmasked": False}
    enqueue(cast.county_officer, "export_people", {**params, "title": "学习人员信息"})

    def look() -> object:
        with system_session() as session:
            job = session.scalars(select(Job)).one()
            key = job.result["file"]
            content = files.read(files.job_file(session, key))
        return whole_job(), sorted(texts(content))

    assert deaths.at(n_points, look) >= MOST_DIE * n_points


@points
def test_a_killed_printing_of_certificates_makes_the_same_sheets_and_numbers(
    n_points: int, deaths: Deaths, in_app: Flask, cast: Cast
) -> None:
    with system_session() as session, unit_of_work(session):
        for person in cast.people.values():
            session.add(passed_year(person))
    with system_session() as session:
        within = YearSummary.path.startswith(cast.county_officer.path)
        ids = sorted(session.scalars(select(YearSummary.id).where(within)))
    enqueue(cast.county_officer, "certificates", {"ids": ids, "how": "print"})

    def look() -> object:
        with system_session() as session:
            key = session.scalars(select(Job)).one().result["file"]
            sheets = PdfReader(io.BytesIO(files.read(files.job_file(session, key)))).pages
            numbers = session.execute(select(Certificate.person_id, Certificate.number).order_by(Certificate.person_id))
            return whole_job(), len(sheets), numbers.all()

    assert deaths.at(n_points, look) >= MOST_DIE * n_points


def enqueue(actor: Actor, kind: str, params: dict[str, Any]) -> None:
    with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, scope_of(actor))
        with unit_of_work(session):
            jobs.enqueue(session, actor, kind, params)


def enqueue_batch(actor: Actor, name: str, ids: list[int]) -> None:
    _view, _listing, action = batch._registered(name)
    values = {batch.BATCH: "one"}
    enqueue(actor, batch.JOB_KIND, {"batch": name, "ids": sorted(ids), "reason": "", "values": values, "title": action.label})
