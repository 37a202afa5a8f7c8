"""单位培训学时 on their way: handing in a training with its participants, and what its one decision does to their records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import today
from models.credits import by_unit
from models.credits.audits import GRANTED_BY, audits_of
from models.credits.by_unit import Entry, Held
from models.errors import N_, DomainError, Invalid, WrongState
from models.people.tables import Professional, ProfessionalState
from models.reviews import engine, undo
from models.reviews.tables import Decision, Review, ReviewKind, Verdict
from models.reviews.undo import Undone
from models.scope import acting, bulk_update
from models.training import filings, participants, typed, unit_hours
from models.training.filings import FilingState
from models.training.participants import NOT_ACTIVE, Participant
from models.training.plans import TrainingPlan
from models.training.unit_hours import UNIT_TRAININGS, UnitTraining

KIND = ReviewKind.UNIT_HOURS
NAMED = 5


def submit(session: Session, actor: Actor, training_id: int) -> UnitTraining:
    """Hand a training with its participants to whoever decides it; caps and reasons for a closer look are noted as of now.

    Raises NotFound, NotAllowed, WrongState, and Invalid that says what is not right: the plan, the year, a participant.
    """
    unit_hours.require_unit(actor)
    training = filings.editable(session, actor, UnitTraining, training_id)
    plan = unit_hours.require_passed_plan(session, training)
    typed.year(training.year)
    if training.starts_on > today():
        raise Invalid(N_("This training has not begun yet."))
    rows = participants.of(session, training.id)
    if not rows:
        raise Invalid(N_("Please put at least one participant on the list."))
    people = _people(session, rows)
    _check_plan_hours(session, training, plan, rows)
    noted = {entry.person_id: entry for entry in by_unit.prepare(session, people, held_of(training, plan))}
    _note(session, training, rows, noted)
    filings.submit(session, actor, UNIT_TRAININGS, training, KIND)
    return training


def withdraw(session: Session, actor: Actor, training_id: int) -> None:
    """Take a submitted training back before its last decision; raises NotFound, NotAllowed and WrongState."""
    filings.withdraw(session, actor, UNIT_TRAININGS, filings.own(session, actor, UnitTraining, training_id), KIND)


def remove(session: Session, actor: Actor, training_id: int) -> None:
    """Delete a draft with its list; raises NotFound, NotAllowed and WrongState."""
    training = filings.own(session, actor, UnitTraining, training_id)
    if training.state == filings.DRAFT:
        participants.take_off(session, [row.id for row in participants.of(session, training.id)])
    filings.remove(session, actor, UNIT_TRAININGS, training)


def held_of(training: UnitTraining, plan: TrainingPlan) -> Held:
    """Return a training as the record of each participant holds it: its plan is the evidence."""
    inputs = {
        "school_unit": training.organisation_name[:100],
        "class_name": training.name,
        "plan": plan.name,
        "content": " ".join(plan.content.split())[:500],
        "start_date": training.starts_on.isoformat(),
        "end_date": training.ends_on.isoformat(),
    }
    return Held(training.year, training.subject, training.elective, training.hours_tenths, inputs)


# --- handing in ---------------------------------------------------------------------------------------------------------


def _people(session: Session, rows: Sequence[Participant]) -> list[Professional]:
    """Return the participants as they are now; raises Invalid that names the first who left the unit or is disabled."""
    found: dict[int, Professional] = {}
    ids = [row.person_id or 0 for row in rows]
    for start in range(0, len(ids), 500):
        mine = (Professional.id.in_(ids[start : start + 500]), Professional.state == ProfessionalState.ACTIVE)
        found |= {person.id: person for person in session.scalars(select(Professional).where(*mine))}
    gone = [row.name for row in rows if row.person_id not in found]
    if gone:
        raise Invalid(NOT_ACTIVE, name="、".join(gone[:NAMED]))
    return [found[i] for i in dict.fromkeys(ids)]


def _check_plan_hours(session: Session, training: UnitTraining, plan: TrainingPlan, rows: Sequence[Participant]) -> None:
    """Raise Invalid where somebody would get more hours of the plan, all its trainings together, than it was approved for."""
    live = [FilingState.PENDING, FilingState.APPROVED]
    others = (UnitTraining.plan_id == plan.id, UnitTraining.id != training.id, UnitTraining.state.in_(live))
    statement = (
        select(Participant.person_id, func.sum(UnitTraining.hours_tenths))
        .join(UnitTraining, UnitTraining.id == Participant.training_id)
        .where(*others)
        .group_by(Participant.person_id)
    )
    had = dict(session.execute(statement).all())
    over = [row.name for row in rows if had.get(row.person_id, 0) + training.hours_tenths > plan.hours_tenths]
    if over:
        message_id = N_("The plan was approved for fewer hours than %(names)s would get from all its classes.")
        raise Invalid(message_id, names="、".join(over[:NAMED]))


def _note(session: Session, training: UnitTraining, rows: Sequence[Participant], noted: Mapping[int, Entry]) -> None:
    """Keep on which rule each participant's hours were handed in, and why to look closely."""
    values = [
        {
            "id": row.id,
            "rule_version_id": noted[row.person_id or 0].version_id,
            "key_reasons": list(noted[row.person_id or 0].key_reasons),
        }
        for row in rows
    ]
    bulk_update(session, Participant, values, locked=True)
    for row in rows:
        session.expire(row)
    training.is_key_review = any(entry.key_reasons for entry in noted.values())
    session.flush()


# --- deciding -----------------------------------------------------------------------------------------------------------


def not_own(
    session: Session, actor: Actor, reviews: Sequence[Review], _values: Mapping[int, Mapping[str, Any]]
) -> dict[int, DomainError]:
    """Refuse whoever would credit hours to herself."""
    with acting(session, by_unit.OPERATION):
        mine = (
            select(Participant.training_id)
            .join(Professional, Professional.id == Participant.person_id)
            .where(Participant.training_id.in_([r.subject_id for r in reviews]), Professional.account_id == actor.account_id)
        )
        own = set(session.scalars(mine))
    return {r.id: engine.own_matter() for r in reviews if r.subject_id in own}


def _grant(session: Session, actor: Actor, ids: Sequence[int]) -> None:
    """Credit each training that passed its last level to its participants."""
    for training in session.scalars(select(UnitTraining).where(UnitTraining.id.in_(ids)).order_by(UnitTraining.id)):
        plan = session.get_one(TrainingPlan, training.plan_id)
        rows = {row.person_id: row for row in reversed(participants.of(session, training.id)) if row.person_id}
        entries = [
            Entry(person_id, row.rule_version_id or 0, row.key_reasons, f"participant:{row.id}")
            for person_id, row in rows.items()
        ]
        made = by_unit.grant(session, actor, held_of(training, plan), entries)
        _link(session, {rows[person_id].id: declaration_id for person_id, declaration_id in made.items()})


def _take_back(session: Session, actor: Actor, ids: Sequence[int]) -> None:
    """Take back what a decision that is undone had credited."""
    rows = _credited(session, ids)
    declaration_ids = [row.declaration_id for row in rows]
    if declaration_ids:
        by_unit.take_back(session, actor, declaration_ids)
        _link(session, {row.id: None for row in rows})
        by_unit.discard(session, actor, declaration_ids)


def _link(session: Session, declaration_ids: Mapping[int, int | None]) -> None:
    with acting(session, by_unit.OPERATION):
        values = [{"id": i, "declaration_id": declaration_id} for i, declaration_id in declaration_ids.items()]
        for start in range(0, len(values), 500):
            bulk_update(session, Participant, values[start : start + 500], locked=True)
    for thing in list(session.identity_map.values()):
        if isinstance(thing, Participant) and thing.id in declaration_ids:
            session.expire(thing)


def _credited(session: Session, training_ids: Iterable[int]) -> Sequence[Any]:
    mine = (Participant.training_id.in_(list(training_ids)), Participant.declaration_id.is_not(None))
    columns = (Participant.id, Participant.training_id, Participant.person_id, Participant.declaration_id)
    return session.execute(select(*columns).where(*mine).order_by(Participant.id)).all()


# --- undoing ------------------------------------------------------------------------------------------------------------


def credited_people(session: Session, undone: Sequence[Undone]) -> dict[int, set[int]]:
    """Return whom each of the decisions credited hours that are there still, by the id of the decision."""
    found: dict[int, set[int]] = {}
    for row in _credited(session, {u.decision.subject_id for u in undone if u.was_last}):
        found.setdefault(row.training_id, set()).add(row.person_id)
    return {u.decision.id: found.get(u.decision.subject_id, set()) for u in undone}


def _audited_since(session: Session, undone: Sequence[Undone]) -> dict[int, DomainError]:
    rows = _credited(session, {u.decision.subject_id for u in undone if u.was_last})
    with acting(session, by_unit.OPERATION):
        audited = audits_of(session, [row.declaration_id for row in rows])
    trainings = {row.training_id for row in rows if row.declaration_id in audited}
    return {u.decision.id: WrongState(N_("It has been audited since.")) for u in undone if u.decision.subject_id in trainings}


def _used_since(session: Session, undone: Sequence[Undone]) -> dict[int, DomainError]:
    """Keep the pass of a plan by which hours have been entered."""
    used = set(
        session.scalars(select(UnitTraining.plan_id).where(UnitTraining.plan_id.in_([u.decision.subject_id for u in undone])))
    )
    return {
        u.decision.id: WrongState(N_("Hours of trainings have been entered by this plan since."))
        for u in undone
        if u.was_last and u.decision.subject_id in used
    }


def _granted_by(session: Session, declaration_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Return which organisation's pass credited each record of a participant."""
    rows = session.execute(
        select(Participant.declaration_id, Decision.by_organisation_id, Decision.by_organisation_name)
        .join(Decision, Decision.subject_id == Participant.training_id)
        .where(
            Participant.declaration_id.in_(list(declaration_ids)),
            Decision.kind == KIND,
            Decision.verdict == Verdict.PASS,
            Decision.undone_at.is_(None),
        )
        .order_by(Decision.id)
    )
    return {declaration_id: (by_id, name) for declaration_id, by_id, name in rows if declaration_id is not None}


GRANTED_BY.append(_granted_by)
undo.keep_where(KIND, _audited_since)
undo.keep_where(ReviewKind.UNIT_PLAN, _used_since)
UNIT_TRAININGS.on("pass", _grant)
UNIT_TRAININGS.on("undo", _take_back)
