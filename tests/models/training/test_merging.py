"""A unit that is merged takes along what it filed, what was decided on it and what waits; undoing puts every row back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits.tables import Declaration
from models.org.tables import OrderKind, Organisation, OrganisationKind, OrganisationState
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from models.scope import reserve_ids, system_session
from models.training import classes, grades, participants, plans, reports, unit_granting, unit_hours
from models.training.classes import ClassData, TrainingClass
from models.training.filings import FilingState
from models.training.grades import Grade, GradeData
from models.training.participants import Participant
from models.training.plans import PlanKind, TrainingPlan
from models.training.reports import ReportData
from models.training.subjects import ProfessionalSubject
from models.training.unit_hours import UnitHoursData, UnitTraining
from models.transaction import unit_of_work
from models.uploads import Upload, check
from tests.admin.conftest import lists
from tests.cast import Cast
from tests.models.credits.conftest import picture as scan
from tests.models.credits.test_orders import give, picture, undo
from tests.models.training.conftest import UNIT, anew

__all__ = ["lists"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("lists")]
Run = Callable[..., Any]
Open = Callable[[Actor], Session]
FIRST, LAST = dt.date(2026, 12, 20), dt.date(2026, 12, 21)


def passes(run: Run, kind: ReviewKind, subject_id: int, *actors: Actor, reason: str = "") -> None:
    with system_session() as session:
        review = session.scalars(select(Review.id).where(Review.kind == kind, Review.subject_id == subject_id)).one()
    for actor in actors:
        run(engine.decide, actor, review, verdict=Verdict.REJECT if reason else Verdict.PASS, reason=reason)


@pytest.fixture
def filed(run: Run, plan: Callable[..., TrainingPlan], cast: Cast, clock: Callable[[str], None]) -> dict[str, int]:
    """Trainings of the unit: one waits for the department, one was rejected; and a plan that waits."""
    chain = (cast.department_clerk, cast.county_officer)
    passed = plan(PlanKind.UNIT)
    passes(run, ReviewKind.UNIT_PLAN, passed.id, *chain)
    waiting = run(plans.save, cast.unit_clerk, replace(UNIT, name="待审核的计划"))
    run(plans.submit, cast.unit_clerk, waiting.id)
    clock("2026-12-23 10:00")
    ids = {"plan": waiting.id}
    for name in ("waiting", "rejected", "granted"):
        made = run(unit_hours.save, cast.unit_clerk, UnitHoursData(passed.id, name, FIRST, LAST, Decimal(4))).id
        run(participants.add_many, cast.unit_clerk, made, [cast.people["professional"].id])
        run(unit_granting.submit, cast.unit_clerk, made)
        ids[name] = made
    passes(run, ReviewKind.UNIT_HOURS, ids["rejected"], chain[0], reason="名单不全")
    passes(run, ReviewKind.UNIT_HOURS, ids["granted"], *chain)
    return ids


@pytest.mark.parametrize("target", ["sibling_unit", "cousin_unit"])
def test_the_other_unit_goes_on_with_what_the_merged_one_filed(
    target: str, run: Run, cast: Cast, filed: dict[str, int], session_of: Open, system: Session
) -> None:
    clerk = cast.sibling_clerk if target == "sibling_unit" else cast.cousin_clerk
    give(session_of, cast.city_officer, OrderKind.MERGE, cast.organisations["unit"].id, cast.organisations[target].id)
    to = anew(system).get_one(Organisation, cast.organisations[target].id)
    for cls in (TrainingPlan, UnitTraining):
        assert {(row.organisation_id, row.path) for row in system.scalars(select(cls))} == {(to.id, to.path)}
    assert {row.from_path for row in system.scalars(select(Participant))} == {to.path}
    run(unit_granting.submit, clerk, filed["rejected"])
    with system_session() as session:
        waits = session.scalars(select(Review).where(Review.state == ReviewState.OPEN).order_by(Review.id)).all()
        above = session.get_one(Organisation, to.parent_id or 0)
        assert {r.deciding_organisation_id for r in waits} == {above.id}
    officers = {actor.organisation_id: actor for name, actor in cast.actors.items() if "officer" in name or "clerk" in name}
    decider = officers.get(above.id, cast.city_officer)
    for kind, subject_id in ((ReviewKind.UNIT_HOURS, filed["waiting"]), (ReviewKind.UNIT_PLAN, filed["plan"])):
        passes(run, kind, subject_id, decider)
    assert anew(system).get_one(TrainingPlan, filed["plan"]).organisation_id == to.id


def test_undoing_the_merger_puts_every_row_back(cast: Cast, filed: dict[str, int], session_of: Open, system: Session) -> None:
    before = picture()
    order = give(
        session_of, cast.city_officer, OrderKind.MERGE, cast.organisations["unit"].id, cast.organisations["cousin_unit"].id
    )
    assert picture() != before
    assert undo(session_of, cast.city_officer, order) == 0
    assert picture() == before
    assert anew(system).get_one(UnitTraining, filed["granted"]).state == FilingState.APPROVED
    assert system.scalars(select(Declaration.state)).all() == ["approved"]


def test_a_base_takes_over_subjects_plans_reports_classes_and_grades(
    run: Run, plan: Callable[..., TrainingPlan], cast: Cast, session_of: Open, system: Session, clock: Callable[[str], None]
) -> None:
    of_plan = plan()
    passes(run, ReviewKind.TRAINING_PLAN, of_plan.id, cast.county_officer)
    report = run(reports.save, cast.base_clerk, ReportData(2026, "年度报告"), added=[check(Upload("报告.png", scan(7)))])
    run(reports.submit, cast.base_clerk, report.id)
    held = run(classes.add, cast.base_clerk, ClassData(of_plan.id, "第一期", FIRST, LAST)).id
    clock("2026-12-23 10:00")
    number = cast.accounts["professional"].number
    grade = run(grades.add, cast.base_clerk, GradeData(held, number, Decimal(80)), grades.look_up(number)).id
    run(grades.submit_many, cast.base_clerk, [grade])
    county = cast.organisations["county"]
    with system_session() as session, unit_of_work(session):
        (base_id,) = reserve_ids(session, Organisation, 1)
        path = f"{session.get_one(Organisation, county.id).path}{base_id}/"
        other = {"kind": OrganisationKind.TRAINING_BASE, "state": OrganisationState.ACTIVE, "code_kind": "temporary_code"}
        session.add(
            Organisation(
                id=base_id, parent_id=county.id, path=path, name="另一基地", code="T9000000000001", region_code="371100", **other
            )
        )
        session.flush()
        session.add(ProfessionalSubject(organisation_id=base_id, path=path, name="数字技术", is_enabled=True))
    before = picture()
    order = give(session_of, cast.city_officer, OrderKind.MERGE, cast.organisations["base"].id, base_id)
    names = sorted(anew(system).scalars(select(ProfessionalSubject.name).where(ProfessionalSubject.organisation_id == base_id)))
    assert len(names) == 2
    assert names[1].startswith("数字技术（")
    assert system.scalars(select(TrainingClass.organisation_id)).all() == [base_id]
    assert system.scalars(select(Grade.from_path)).all() == [path]
    assert undo(session_of, cast.city_officer, order) == 0
    assert picture() == before
