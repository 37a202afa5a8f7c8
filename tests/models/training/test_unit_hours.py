"""Hours of a unit's own training: who may be named, the one decision, what arises for each participant, and what is taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import audits
from models.credits.tables import AuditState, Declaration, DeclarationWindow, YearSummary
from models.errors import Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.org.tables import Organisation
from models.outbox import Notice
from models.people.tables import Professional, ProfessionalState
from models.reviews import engine, undo
from models.reviews.tables import Decision, Review, ReviewKind, Verdict
from models.training import participants, plans, unit_granting, unit_hours
from models.training.filings import FilingState
from models.training.participants import Participant
from models.training.plans import PlanKind, TrainingPlan
from models.training.unit_hours import UnitHoursData, UnitTraining
from models.workflow import Moved
from tests.admin.conftest import lists
from tests.cast import Cast
from tests.models.training.conftest import anew

__all__ = ["lists"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("lists")]
Run = Callable[..., Any]
FIRST, LAST = dt.date(2026, 12, 20), dt.date(2026, 12, 21)
LEVELS = ("department_clerk", "county_officer")


@pytest.fixture
def passed_plan(plan: Callable[..., TrainingPlan], run: Run, cast: Cast, clock: Callable[[str], None]) -> TrainingPlan:
    """A plan of the unit that every level has passed; its training is over by now."""
    made = plan(PlanKind.UNIT)
    for name in LEVELS:
        run(
            engine.decide,
            cast.actors[name],
            review_of(run, cast.actors[name], ReviewKind.UNIT_PLAN, made.id),
            verdict=Verdict.PASS,
        )
    clock("2026-12-23 10:00")
    return made


def review_of(run: Run, actor: Actor, kind: ReviewKind, subject_id: int) -> int:
    wanted = (Review.kind == kind, Review.subject_id == subject_id)
    return int(run(lambda session, _actor: session.scalars(select(Review.id).where(*wanted)).one(), actor))


@pytest.fixture
def draft(run: Run, cast: Cast, passed_plan: TrainingPlan) -> UnitTraining:
    """A training with two people of the unit on its list."""
    made: UnitTraining = run(
        unit_hours.save, cast.unit_clerk, UnitHoursData(passed_plan.id, "护理第一期", FIRST, LAST, Decimal(12))
    )
    ids = [cast.people["professional"].id, cast.people["colleague"].id]
    assert run(participants.add_many, cast.unit_clerk, made.id, ids).done == tuple(sorted(ids))
    return made


@pytest.fixture
def submitted(run: Run, cast: Cast, draft: UnitTraining) -> UnitTraining:
    """The same, handed in."""
    run(unit_granting.submit, cast.unit_clerk, draft.id)
    return draft


@pytest.fixture
def decide_all(run: Run, cast: Cast) -> Callable[..., None]:
    """Let each level of the chain decide in a batch, or the first one reject."""

    def call(training: UnitTraining, *names: str, reason: str = "") -> None:
        for name in names or LEVELS:
            review = review_of(run, cast.actors[name], ReviewKind.UNIT_HOURS, training.id)
            verdict = Verdict.REJECT if reason else Verdict.PASS
            run(engine.decide, cast.actors[name], review, verdict=verdict, reason=reason, batch=str(uuid.uuid4()))

    return call


def undo_last(run: Run, actor: Actor, kind: ReviewKind = ReviewKind.UNIT_HOURS) -> Moved:
    def call(session: Session, by: Actor) -> Moved:
        mine = (Decision.kind == kind, Decision.by_organisation_id == by.organisation_id, Decision.verdict != Verdict.UNDONE)
        last = session.scalars(select(Decision.id).where(*mine).order_by(Decision.id.desc())).first()
        return undo.undo_many(session, by, [last or 0])

    moved: Moved = run(call, actor)
    return moved


def state(system: Session, training: UnitTraining) -> str:
    return str(anew(system).get_one(UnitTraining, training.id).state)


def records(system: Session) -> list[Declaration]:
    return list(anew(system).scalars(select(Declaration).order_by(Declaration.person_id)))


# --- the training -----------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_that_of_the_plan(run: Run, cast: Cast, passed_plan: TrainingPlan) -> None:
    made = run(unit_hours.save, cast.unit_clerk, UnitHoursData(passed_plan.id, " 第一期 "), form_key="k" * 43)
    again = run(unit_hours.save, cast.unit_clerk, UnitHoursData(passed_plan.id, "第一期"), form_key="k" * 43)
    assert made.id == again.id
    assert (made.name, made.subject, made.hours_tenths, made.year, made.starts_on) == ("第一期", "all", 245, 2026, FIRST)


def test_only_a_passed_plan_of_the_own_unit_carries_hours(
    run: Run, cast: Cast, plan: Callable[..., TrainingPlan], system: Session
) -> None:
    waiting = plan(PlanKind.UNIT)
    for actor, plan_id in ((cast.unit_clerk, waiting.id), (cast.unit_clerk, 987_654), (cast.unit_clerk, None)):
        with pytest.raises(FieldErrors) as refused:
            run(unit_hours.save, actor, UnitHoursData(plan_id, "第一期"))
        # Days and hours are those of the plan where they are left out: only the plan is wrong.
        assert {name: str(said) for name, said in refused.value.errors.items()} == {
            "plan_id": "Please choose a plan that was approved."
        }
    for name in ("base_clerk", "county_officer", "inner_officer"):
        with pytest.raises(NotAllowed):
            run(unit_hours.save, cast.actors[name], UnitHoursData(waiting.id, "第一期", FIRST, LAST))
    assert anew(system).scalar(select(func.count()).select_from(UnitTraining)) == 0


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "名" * 101}, "name"),
        ({"hours": Decimal("24.6")}, "hours"),
        ({"ends_on": dt.date(2026, 12, 19)}, "starts_on"),
        ({"starts_on": dt.date(2026, 12, 30), "ends_on": dt.date(2026, 12, 31)}, "starts_on"),
    ],
)
def test_what_a_training_cannot_be(
    run: Run, cast: Cast, passed_plan: TrainingPlan, system: Session, typed: Any, field: str
) -> None:
    with pytest.raises(FieldErrors) as refused:
        run(
            unit_hours.save,
            cast.unit_clerk,
            UnitHoursData(**({"plan_id": passed_plan.id, "name": "一", "starts_on": FIRST, "ends_on": LAST} | typed)),
        )
    assert set(refused.value.errors) == {field}
    assert anew(system).scalar(select(func.count()).select_from(UnitTraining)) == 0


# --- who took part ----------------------------------------------------------------------------------------------------


def test_only_active_people_of_the_subtree_are_named_and_each_once(
    run: Run, cast: Cast, draft: UnitTraining, system: Session
) -> None:
    person, stranger = cast.people["professional"].id, cast.people["foreigner"].id
    moved = run(participants.add_many, cast.unit_clerk, draft.id, [person, stranger, 987_654])
    assert moved.done == ()
    assert isinstance(moved.refused[person], Conflict)
    assert isinstance(moved.refused[stranger], NotFound)
    assert isinstance(moved.refused[987_654], NotFound)
    with pytest.raises(Invalid, match="Nobody active"):
        run(participants.add_by_number, cast.unit_clerk, draft.id, cast.accounts["foreigner"].number)
    with pytest.raises(Conflict):
        run(participants.add_by_number, cast.unit_clerk, draft.id, cast.accounts["professional"].number)
    with pytest.raises(NotFound):
        run(participants.add_many, cast.cousin_clerk, draft.id, [cast.people["cousin"].id] if "cousin" in cast.people else [1])
    assert anew(system).get_one(UnitTraining, draft.id).n_people == 2


def test_a_list_that_is_handed_in_stays_as_it_is(run: Run, cast: Cast, submitted: UnitTraining, system: Session) -> None:
    ids = list(anew(system).scalars(select(Participant.id)))
    moved = run(participants.remove_many, cast.unit_clerk, ids)
    assert moved.done == ()
    assert all(isinstance(refusal, WrongState) for refusal in moved.refused.values())
    for operation in (unit_granting.remove, unit_granting.submit):
        with pytest.raises(WrongState):
            run(operation, cast.unit_clerk, submitted.id)
    with pytest.raises(NotFound):
        run(unit_granting.withdraw, cast.cousin_clerk, submitted.id)


def test_a_draft_goes_with_its_list(run: Run, cast: Cast, draft: UnitTraining, system: Session) -> None:
    first = anew(system).scalars(select(Participant.id)).first()
    run(participants.remove_many, cast.unit_clerk, [first])
    assert anew(system).get_one(UnitTraining, draft.id).n_people == 1
    run(unit_granting.remove, cast.unit_clerk, draft.id)
    assert anew(system).scalars(select(Participant.id)).all() == []
    assert anew(system).scalars(select(UnitTraining.id)).all() == []


# --- handing in -------------------------------------------------------------------------------------------------------


def test_without_participants_or_with_one_who_left_nothing_is_handed_in(
    run: Run, cast: Cast, draft: UnitTraining, passed_plan: TrainingPlan, system: Session
) -> None:
    empty = run(unit_hours.save, cast.unit_clerk, UnitHoursData(passed_plan.id, "第二期", FIRST, LAST))
    with pytest.raises(Invalid, match="at least one"):
        run(unit_granting.submit, cast.unit_clerk, empty.id)
    with system.begin_nested() if system.in_transaction() else system.begin():
        system.get_one(Professional, cast.people["colleague"].id).state = ProfessionalState.DISABLED
    system.commit()
    with pytest.raises(Invalid, match="is not an active member"):
        run(unit_granting.submit, cast.unit_clerk, draft.id)
    assert state(system, draft) == FilingState.DRAFT


def test_a_closed_year_and_more_hours_than_the_plan_are_refused(
    run: Run, cast: Cast, draft: UnitTraining, passed_plan: TrainingPlan, system: Session
) -> None:
    run(unit_granting.submit, cast.unit_clerk, draft.id)
    second = run(unit_hours.save, cast.unit_clerk, UnitHoursData(passed_plan.id, "第二期", FIRST, LAST, Decimal(20)))
    run(participants.add_many, cast.unit_clerk, second.id, [cast.people["professional"].id])
    with pytest.raises(Invalid, match="fewer hours"):
        run(unit_granting.submit, cast.unit_clerk, second.id)
    run(unit_granting.withdraw, cast.unit_clerk, draft.id)
    city = anew(system).get_one(Organisation, cast.organisations["city"].id)
    system.add(
        DeclarationWindow(
            path=city.path, organisation_id=city.id, year=2026, opens_on=dt.date(2026, 1, 1), closes_on=dt.date(2026, 12, 1)
        )
    )
    system.commit()
    with pytest.raises(NotAllowed, match="cannot be declared now"):
        run(unit_granting.submit, cast.unit_clerk, draft.id)


# --- the decision -----------------------------------------------------------------------------------------------------


def test_the_last_pass_credits_everybody_at_once(
    cast: Cast, submitted: UnitTraining, decide_all: Callable[..., None], system: Session
) -> None:
    decide_all(submitted, "department_clerk")
    assert records(system) == []
    decide_all(submitted, "county_officer")
    made = records(system)
    people = sorted([cast.people["professional"].id, cast.people["colleague"].id])
    assert [(d.person_id, d.state, d.granted_tenths, d.form_code, d.source, d.title, d.year) for d in made] == [
        (p, "approved", 120, "DWPX", "organisation", "护理第一期", 2026) for p in people
    ]
    assert made[0].inputs["plan"] == "护理技能培训"
    assert dict(system.execute(select(Participant.person_id, Participant.declaration_id)).all()) == {
        d.person_id: d.id for d in made
    }
    totals = dict(system.execute(select(YearSummary.person_id, YearSummary.total_tenths)).all())
    assert totals == dict.fromkeys(people, 120)
    told = system.scalars(select(Notice.link).where(Notice.position_key.like("person:%")).order_by(Notice.link)).all()
    assert told == sorted(f"/portal/declarations/{d.id}" for d in made)
    assert state(system, submitted) == FilingState.APPROVED


def test_a_rejection_names_its_reason_and_is_handed_in_again(
    run: Run, cast: Cast, submitted: UnitTraining, decide_all: Callable[..., None], system: Session
) -> None:
    decide_all(submitted, "department_clerk", reason="缺少签到表")
    found = anew(system).get_one(UnitTraining, submitted.id)
    assert (found.state, found.reason) == (FilingState.REJECTED, "缺少签到表")
    run(participants.add_many, cast.unit_clerk, submitted.id, [cast.people["professional"].id])
    run(unit_granting.submit, cast.unit_clerk, submitted.id)
    decide_all(submitted)
    assert len(records(system)) == 2


def test_withdrawn_is_a_draft_and_decided_is_not_withdrawn(
    run: Run, cast: Cast, submitted: UnitTraining, decide_all: Callable[..., None], system: Session
) -> None:
    run(unit_granting.withdraw, cast.unit_clerk, submitted.id)
    assert state(system, submitted) == FilingState.DRAFT
    with pytest.raises(DomainError):
        decide_all(submitted, "department_clerk")
    run(unit_granting.submit, cast.unit_clerk, submitted.id)
    decide_all(submitted)
    with pytest.raises(WrongState):
        run(unit_granting.withdraw, cast.unit_clerk, submitted.id)
    assert len(records(system)) == 2


def test_undo_takes_the_records_back_and_a_second_pass_gives_them_again(
    run: Run, cast: Cast, submitted: UnitTraining, decide_all: Callable[..., None], system: Session
) -> None:
    decide_all(submitted)
    assert undo_last(run, cast.county_officer).refused == {}
    assert (records(system), state(system, submitted)) == ([], FilingState.PENDING)
    assert set(system.scalars(select(YearSummary.total_tenths))) == {0}
    assert set(system.scalars(select(Participant.declaration_id))) == {None}
    decide_all(submitted, "county_officer")
    assert [d.granted_tenths for d in records(system)] == [120, 120]
    assert set(system.scalars(select(YearSummary.total_tenths))) == {120}


def test_what_was_audited_since_is_not_undone(
    run: Run, cast: Cast, submitted: UnitTraining, decide_all: Callable[..., None], system: Session
) -> None:
    decide_all(submitted)
    run(audits.audit_many, cast.county_officer, [records(system)[0].id], verdict=AuditState.PASSED, reason="")
    moved = undo_last(run, cast.county_officer)
    assert [str(r) for r in moved.refused.values()] == ["It has been audited since."]
    assert len(records(system)) == 2


def test_the_pass_of_a_plan_stays_once_hours_were_entered(run: Run, cast: Cast, draft: UnitTraining, system: Session) -> None:
    moved = undo_last(run, cast.county_officer, ReviewKind.UNIT_PLAN)
    assert moved.done == ()
    assert state(system, draft) == FilingState.DRAFT


def test_nobody_credits_hours_to_herself(
    run: Run, cast: Cast, draft: UnitTraining, decide_all: Callable[..., None], system: Session
) -> None:
    anew(system).get_one(Professional, cast.people["colleague"].id).account_id = cast.department_clerk.account_id
    system.commit()
    run(unit_granting.submit, cast.unit_clerk, draft.id)
    with pytest.raises(NotAllowed, match="your own matter"):
        decide_all(draft, "department_clerk")


def test_a_class_that_overlaps_another_record_is_looked_at_closely(
    run: Run, cast: Cast, draft: UnitTraining, passed_plan: TrainingPlan, decide_all: Callable[..., None], system: Session
) -> None:
    run(unit_granting.submit, cast.unit_clerk, draft.id)
    assert anew(system).get_one(UnitTraining, draft.id).is_key_review is False
    decide_all(draft)
    second = run(unit_hours.save, cast.unit_clerk, UnitHoursData(passed_plan.id, "第二期", LAST, LAST, Decimal(4)))
    run(participants.add_many, cast.unit_clerk, second.id, [cast.people["professional"].id])
    run(unit_granting.submit, cast.unit_clerk, second.id)
    assert anew(system).get_one(UnitTraining, second.id).is_key_review is True
    reasons = anew(system).scalars(select(Participant.key_reasons).where(Participant.training_id == second.id)).one()
    assert [reason["message_id"].startswith("The period overlaps") for reason in reasons] == [True]
    assert plans.REVIEWED_AS[PlanKind.UNIT] == ReviewKind.UNIT_PLAN
