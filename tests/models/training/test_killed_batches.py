"""Filing grades and passing trainings of units as tasks: killed anywhere they go on, and two at once make nothing twice."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import jobs, scope
from models.access import Actor
from models.base import db
from models.credits.tables import Declaration, YearSummary
from models.jobs import Job, JobState
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, Verdict
from models.scope import system_session
from models.training import classes, grades, participants, unit_granting, unit_hours
from models.training.classes import ClassData
from models.training.grades import Grade, GradeData
from models.training.plans import PlanKind, TrainingPlan
from models.training.unit_hours import UnitHoursData
from models.transaction import Intent, expect, unit_of_work
from tests.admin.conftest import lists
from tests.cast import Cast
from tests.deaths.inside import Killed, dying, let_leases_end
from tests.models.training.conftest import anew
from views.admin import batch

__all__ = ["lists"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("lists")]
Run = Callable[..., Any]
FIRST = dt.date(2026, 12, 20)
LEARNERS = ("professional", "colleague", "neighbour", "foreigner")
PLACES = ("inside the second chunk", "after the second chunk", "at the end")


@pytest.fixture
def waiting_grades(
    run: Run, plan: Callable[..., TrainingPlan], cast: Cast, clock: Callable[[str], None], decide: Callable[..., None]
) -> list[int]:
    """Passed grades of four people of several units."""
    made = plan()
    decide(cast.county_officer, made.id)
    held = run(classes.add, cast.base_clerk, ClassData(made.id, "第一期", FIRST, FIRST)).id
    clock("2026-12-23 10:00")
    numbers = [cast.accounts[name].number for name in LEARNERS]
    return [run(grades.add, cast.base_clerk, GradeData(held, n, Decimal(80)), grades.look_up(n)).id for n in numbers]


@pytest.fixture
def waiting_trainings(run: Run, plan: Callable[..., TrainingPlan], cast: Cast, clock: Callable[[str], None]) -> list[int]:
    """Reviews of three trainings that wait for the county, each with two participants."""
    made = plan(PlanKind.UNIT)
    pass_one(run, ReviewKind.UNIT_PLAN, made.id, cast.department_clerk, cast.county_officer)
    clock("2026-12-23 10:00")
    reviews = []
    for n in range(3):
        data = UnitHoursData(made.id, f"第{n}期", FIRST, FIRST, Decimal(4))
        training = run(unit_hours.save, cast.unit_clerk, data).id
        run(participants.add_many, cast.unit_clerk, training, [cast.people[name].id for name in LEARNERS[:2]])
        run(unit_granting.submit, cast.unit_clerk, training)
        reviews.append(pass_one(run, ReviewKind.UNIT_HOURS, training, cast.department_clerk))
    return reviews


def pass_one(run: Run, kind: ReviewKind, subject_id: int, *actors: Actor) -> int:
    with system_session() as session:
        review = session.scalars(select(Review.id).where(Review.kind == kind, Review.subject_id == subject_id)).one()
    for actor in actors:
        run(engine.decide, actor, review, verdict=Verdict.PASS)
    return int(review)


def survive(
    name: str, ids: list[int], actor: Actor, place: str, cast: Cast, run: Run, patch: pytest.MonkeyPatch, system: Session
) -> dict[str, Any]:
    """Run a batch as a task of one row for each transaction, let it die at *place*, and run it again to its end."""
    _view, _listing, action = batch._registered(name)
    patch.setattr(batch, "CHUNK", 1)
    by_key = {a.position_key: a for a in cast.actors.values()}
    patch.setattr(jobs, "_actor_loader", [lambda _account_id, key: by_key.get(key)])
    params = {"batch": name, "ids": sorted(ids), "reason": "", "values": {"batch": "one"}, "title": action.label}
    job_id = run(jobs.enqueue, actor, batch.JOB_KIND, params).id
    with patch.context() as once:
        if place == "at the end":
            once.setattr(jobs, "_end", dying(1, jobs._end))
        else:
            once.setattr(jobs.Run, "commit", dying(2, jobs.Run.commit, after=place.startswith("after")))
        with pytest.raises(Killed):
            jobs.run_job(job_id)
    let_leases_end(anew(system))
    assert jobs.run_job(job_id) == JobState.DONE
    return dict(anew(system).get_one(Job, job_id).result)


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_filing_of_grades_goes_on_and_declares_each_once(
    place: str, waiting_grades: list[int], run: Run, cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = survive(_batch("grades", "submit"), waiting_grades, cast.base_clerk, place, cast, run, monkeypatch, system)
    assert (result["done"], result["skipped"]) == (len(LEARNERS), 0)
    assert set(system.scalars(select(Grade.state))) == {"pending"}
    assert system.scalar(select(func.count()).select_from(Declaration)) == len(LEARNERS)
    of_declarations = Review.kind == ReviewKind.DECLARATION
    assert system.scalar(select(func.count()).select_from(Review).where(of_declarations)) == len(LEARNERS)


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_decision_on_trainings_goes_on_and_credits_each_once(
    place: str, waiting_trainings: list[int], run: Run, cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = _batch("unit_hours_reviews", "approve")
    result = survive(name, waiting_trainings, cast.county_officer, place, cast, run, monkeypatch, system)
    assert (result["done"], result["skipped"]) == (3, 0)
    assert [d.granted_tenths for d in system.scalars(select(Declaration))] == [40] * 6
    assert set(system.scalars(select(YearSummary.total_tenths))) == {120}


def _batch(endpoint: str, name: str) -> str:
    tabs = batch._views[endpoint].listings.values()
    return next(f"{endpoint}.{tab.name}.{name}" for tab in tabs if name in tab.batches)


def test_two_who_file_the_same_grades_at_once_declare_each_once(
    app: Flask, waiting_grades: list[int], cast: Cast, system: Session
) -> None:
    done: list[int] = []
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def clerk() -> None:
        with app.app_context():
            expect(Intent.WRITE)
            start.wait()
            with scope.ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
                scope.attach(session, scope.scope_of(cast.base_clerk))
                try:
                    with unit_of_work(session):
                        moved = grades.submit_many(session, cast.base_clerk, waiting_grades)
                    done.extend(moved.done)
                except BaseException as error:  # noqa: BLE001 - told to the test below
                    failures.append(error)

    threads = [threading.Thread(target=clerk) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(done) == sorted(waiting_grades)
    assert anew(system).scalar(select(func.count()).select_from(Declaration)) == len(LEARNERS)
