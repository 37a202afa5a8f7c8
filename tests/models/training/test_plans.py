"""Plans of bases and units: what is checked, who decides, what can be taken back, and that refusals change nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.errors import DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.org.moving import move_below
from models.outbox import Notice
from models.reviews.tables import Review, ReviewLevel, ReviewState
from models.training import plans, public_subjects, subjects
from models.training.filings import FilingState
from models.training.plans import PlanData, PlanKind, TrainingPlan
from tests.cast import Cast
from tests.models.training.conftest import SINGLE, UNIT, YEARLY, anew

pytestmark = pytest.mark.both_databases
Run = Callable[..., Any]
Plan = Callable[..., TrainingPlan]


def state(system: Session, plan_id: int) -> str:
    return str(anew(system).get_one(TrainingPlan, plan_id).state)


def n_history(system: Session) -> int:
    return anew(system).scalar(select(func.count()).select_from(HistoryEntry)) or 0


@pytest.mark.parametrize(
    ("kind", "decider"),
    [(PlanKind.SINGLE, "county_officer"), (PlanKind.YEARLY, "county_officer"), (PlanKind.UNIT, "department_clerk")],
)
def test_a_plan_waits_for_the_organisation_above(kind: PlanKind, decider: str, plan: Plan, cast: Cast, system: Session) -> None:
    made = plan(kind)
    assert state(system, made.id) == FilingState.PENDING
    review = anew(system).scalars(select(Review).where(Review.subject_id == made.id)).one()
    assert review.deciding_organisation_id == cast.actors[decider].organisation_id
    assert (review.kind, review.path, review.person_id) == (plans.REVIEWED_AS[kind], made.path, None)


def test_a_plan_of_a_unit_goes_up_to_the_first_hr_department(
    plan: Plan, decide: Callable[..., None], cast: Cast, system: Session
) -> None:
    made = plan(PlanKind.UNIT)
    levels = anew(system).scalars(select(ReviewLevel.deciding_organisation_id).order_by(ReviewLevel.level)).all()
    assert levels == [cast.organisations["department"].id, cast.organisations["county"].id]
    decide(cast.department_clerk, made.id)
    assert state(system, made.id) == FilingState.PENDING
    decide(cast.county_officer, made.id)
    assert state(system, made.id) == FilingState.APPROVED
    assert [p.id for p in plans.approved(system, cast.organisations["unit"].id, PlanKind.UNIT)] == [made.id]


def test_a_rejected_plan_is_corrected_and_submitted_again(
    plan: Plan, decide: Callable[..., None], run: Run, cast: Cast, subject: int, system: Session
) -> None:
    made = plan()
    decide(cast.county_officer, made.id, reason="学时过多")
    assert (state(system, made.id), system.get_one(TrainingPlan, made.id).reason) == (FilingState.REJECTED, "学时过多")
    told = anew(system).scalars(select(Notice)).one()
    assert (told.account_id, told.params) == (cast.base_clerk.account_id, {"name": made.name, "reason": "学时过多"})
    run(plans.save, cast.base_clerk, replace(SINGLE, professional_subject_id=subject, hours=Decimal(16)), plan_id=made.id)
    run(plans.submit, cast.base_clerk, made.id)
    review = anew(system).scalars(select(Review)).one()
    assert (review.round, review.state) == (2, ReviewState.OPEN)
    decide(cast.county_officer, made.id)
    anew(system)
    kept = system.get_one(TrainingPlan, made.id)
    assert (kept.state, kept.hours_tenths, kept.reason) == (FilingState.APPROVED, 160, "")


def test_a_plan_is_withdrawn_changed_and_deleted_until_it_is_decided(
    plan: Plan, decide: Callable[..., None], run: Run, cast: Cast, system: Session
) -> None:
    made = plan()
    run(plans.withdraw, cast.base_clerk, made.id)
    assert state(system, made.id) == FilingState.DRAFT
    assert anew(system).scalars(select(Review.state)).one() == ReviewState.WITHDRAWN
    run(plans.submit, cast.base_clerk, made.id)
    decide(cast.county_officer, made.id)
    before = n_history(system)
    for operation, values in ((plans.withdraw, {}), (plans.remove, {}), (plans.submit, {})):
        with pytest.raises(WrongState):
            run(operation, cast.base_clerk, made.id, **values)
    with pytest.raises(WrongState):
        run(plans.save, cast.base_clerk, SINGLE, plan_id=made.id)
    assert (state(system, made.id), n_history(system)) == (FilingState.APPROVED, before)
    draft = plan(is_draft=True)
    run(plans.remove, cast.base_clerk, draft.id)
    assert anew(system).scalars(select(TrainingPlan.id)).all() == [made.id]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "name"),
    ({"name": "班" * 201}, "name"),
    ({"year": 2020}, "year"),
    ({"year": None}, "year"),
    ({"hours": Decimal(0)}, "hours"),
    ({"hours": Decimal("1.25")}, "hours"),
    ({"hours": Decimal("NaN")}, "hours"),
    ({"starts_on": None}, "starts_on"),
    ({"ends_on": dt.date(2026, 12, 1)}, "starts_on"),
    ({"starts_on": dt.date(2025, 12, 20)}, "starts_on"),
    ({"n_people": 0}, "n_people"),
    ({"n_people": 10**9}, "n_people"),
    ({"place": ""}, "place"),
    ({"content": "\0"}, "content"),
    ({"subject": "all"}, "subject"),
    ({"subject": "nonsense"}, "subject"),
    ({"subject": "public"}, "subject_id"),
    ({"professional_subject_id": 999}, "subject_id"),
    ({"elective": "maybe"}, "elective"),
]


@pytest.mark.parametrize(("values", "field"), WRONG)
def test_what_does_not_fit_is_told_at_its_field(
    values: dict[str, Any], field: str, run: Run, cast: Cast, subject: int, system: Session
) -> None:
    before = n_history(system)
    with pytest.raises(FieldErrors) as refused:
        run(plans.save, cast.base_clerk, replace(SINGLE, **{"professional_subject_id": subject} | values))
    assert set(refused.value.errors) == {field}
    assert (anew(system).scalar(select(func.count()).select_from(TrainingPlan)), n_history(system)) == (0, before)


def test_a_disabled_subject_is_chosen_by_no_plan_and_keeps_one_from_being_submitted(
    plan: Plan, run: Run, cast: Cast, subject: int, public_subject: int, system: Session
) -> None:
    draft = plan(is_draft=True)
    public = replace(SINGLE, subject="public", public_subject_id=public_subject)
    assert run(plans.save, cast.base_clerk, public).subject_name == "人工智能"
    run(subjects.set_enabled, cast.base_clerk, [subject], is_enabled=False)
    run(public_subjects.set_enabled, cast.county_officer, [public_subject], is_enabled=False)
    with pytest.raises(Invalid, match="enabled subject"):
        run(plans.submit, cast.base_clerk, draft.id)
    for data in (replace(SINGLE, professional_subject_id=subject), public):
        with pytest.raises(FieldErrors):
            run(plans.save, cast.base_clerk, data)
    assert state(system, draft.id) == FilingState.DRAFT


def test_a_public_subject_of_another_year_is_not_chosen(run: Run, cast: Cast, public_subject: int) -> None:
    data = replace(
        SINGLE,
        subject="public",
        public_subject_id=public_subject,
        year=2027,
        starts_on=dt.date(2027, 1, 4),
        ends_on=dt.date(2027, 1, 5),
    )
    with pytest.raises(FieldErrors):
        run(plans.save, cast.base_clerk, data)


@pytest.mark.parametrize(
    ("data", "actor"),
    [
        (UNIT, "base_clerk"),
        (SINGLE, "unit_clerk"),
        (YEARLY, "unit_clerk"),
        (SINGLE, "county_officer"),
        (YEARLY, "department_clerk"),
    ],
)
def test_each_kind_of_plan_is_written_by_its_kind_of_unit(
    data: PlanData, actor: str, run: Run, cast: Cast, system: Session
) -> None:
    with pytest.raises(NotAllowed):
        run(plans.save, cast.actors[actor], data)
    assert anew(system).scalars(select(TrainingPlan)).all() == []


@pytest.mark.parametrize("operation", [plans.submit, plans.withdraw, plans.remove])
@pytest.mark.parametrize("actor", ["unit_clerk", "foreign_officer", "county_officer"])
def test_nobody_else_touches_a_plan(
    operation: Callable[..., Any], actor: str, plan: Plan, run: Run, cast: Cast, system: Session
) -> None:
    made = plan(is_draft=True)
    with pytest.raises((NotFound, NotAllowed)):
        run(operation, cast.actors[actor], made.id)
    assert state(system, made.id) == FilingState.DRAFT


def test_the_same_form_twice_makes_one_plan(run: Run, cast: Cast, system: Session) -> None:
    first, second = (run(plans.save, cast.base_clerk, YEARLY, form_key="one-page") for _each in range(2))
    assert first.id == second.id
    assert anew(system).scalar(select(func.count()).select_from(TrainingPlan)) == 1


def test_a_plan_moves_with_its_base_and_waits_for_the_new_superior(plan: Plan, run: Run, cast: Cast, system: Session) -> None:
    made = plan()
    run(move_below, cast.city_officer, cast.organisations["base"].id, cast.organisations["other_county"].id)
    anew(system)
    moved = system.get_one(TrainingPlan, made.id)
    assert moved.path == f"{cast.organisations['other_county'].path}{cast.organisations['base'].id}/"
    review = anew(system).scalars(select(Review)).one()
    assert review.deciding_organisation_id == cast.organisations["other_county"].id


def test_a_withdrawn_plan_is_decided_by_nobody(
    plan: Plan, decide: Callable[..., None], run: Run, cast: Cast, system: Session
) -> None:
    made = plan()
    run(plans.withdraw, cast.base_clerk, made.id)
    with pytest.raises(DomainError, match="withdrawn"):
        decide(cast.county_officer, made.id)
    assert state(system, made.id) == FilingState.DRAFT
