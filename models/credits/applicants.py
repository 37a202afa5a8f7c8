"""Whom an organisation declares for: picking people, and one record for each of them, row by row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import files, history
from models.access import Actor, Permission
from models.among import among
from models.base import to_hours, utcnow
from models.credits import batches, declarations
from models.credits.batches import BatchApplicant, DeclarationBatch
from models.credits.declarers import obstacle, unit_states
from models.credits.forms import FieldSpec, FormSpec
from models.credits.saving import Applicant, Draft, save_draft
from models.credits.tables import Declaration
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound, WrongState
from models.people.notices import Told, tell_people
from models.people.tables import Professional
from models.workflow import Moved, one_by_one

MOST = 5_000
"""So many people one form declares for."""
TOO_MANY = N_("One form declares for at most %(n)s people.")
CHUNK = 50
"""So many records are made in one transaction: each has a review with its levels, and others wait meanwhile."""
_SCORES = ("score", "exam_score")


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a form is: how many records it has made, how many were refused, how many wait."""

    n_declared: int = 0
    n_refused: int = 0
    n_waiting: int = 0

    @property
    def n_all(self) -> int:
        """Return how many people it is for."""
        return self.n_declared + self.n_refused + self.n_waiting


@dataclass(frozen=True, slots=True)
class Row:
    """An applicant with the person as she is now, and the record that was made."""

    applicant: BatchApplicant
    person: Professional
    declaration: Declaration | None


@dataclass(frozen=True, slots=True)
class Own:
    """What differs for one person from the form: tenths of hours (None: the form's), and the score (empty: the form's)."""

    requested_tenths: int | None = None
    score: str = ""


def score_field(spec: FormSpec) -> FieldSpec | None:
    """Return the field of a learning form that may differ from person to person (学习成绩), None for a form without any."""
    return next((field for field in spec.fields if field.name in _SCORES), None)


# --- picking ----------------------------------------------------------------------------------------------------------


def add_many(
    session: Session,
    actor: Actor,
    batch_id: int | None,
    person_ids: Collection[int],
    *,
    own: Mapping[int, Own] | None = None,
) -> Moved:
    """Add people of the subtree to a form that is not submitted; each other one is refused with its own sentence.

    *own* says by the id of the person what differs for her, checked before.
    Raises NotAllowed, NotFound, and WrongState for a form that was submitted.
    """
    batch = batches.own_open(session, actor, batch_id)
    wanted = sorted(set(person_ids))
    there = set(session.scalars(select(BatchApplicant.person_id).where(BatchApplicant.batch_id == batch.id)))
    people = {p.id: p for p in session.scalars(select(Professional).where(among(Professional.id, wanted)))}
    states = unit_states(session, people.values())
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    for person_id in wanted:
        try:
            person = _addable(people.get(person_id), states, there)
        except DomainError as refusal:
            refused[person_id] = refusal
            continue
        differs = (own or {}).get(person.id, Own())
        applicant = BatchApplicant(batch_id=batch.id, person_id=person.id, path=person.path)
        applicant.requested_tenths, applicant.score = differs.requested_tenths, differs.score
        session.add(applicant)
        there.add(person.id)
        done.append(person.id)
    session.flush()
    if done:
        history.record(
            session, actor, batches.SUBJECT_KIND, [batch.id], "add_people", changes={"n": [len(there) - len(done), len(there)]}
        )
    return Moved(tuple(done), refused)


def _addable(person: Professional | None, states: Mapping[int, str], there: Collection[int]) -> Professional:
    if person is None:
        raise NotFound
    if person.id in there:
        raise Conflict(N_("This person is an applicant already."))
    refusal = obstacle(person, states)
    if refusal is not None:
        raise refusal
    if len(there) >= MOST:
        raise Invalid(TOO_MANY, n=MOST)
    return person


def remove(session: Session, actor: Actor, batch_id: int, applicant_id: int | None) -> None:
    """Take one applicant, or with None all of them, off a form that is not submitted; raises NotFound and WrongState."""
    batch = batches.own_open(session, actor, batch_id)
    statement = select(BatchApplicant).where(BatchApplicant.batch_id == batch.id)
    if applicant_id is not None:
        statement = statement.where(BatchApplicant.id == applicant_id)
    found = session.scalars(statement).all()
    if applicant_id is not None and not found:
        raise NotFound
    for applicant in found:
        session.delete(applicant)
    session.flush()


def rows_of(session: Session, batch_id: int, *, limit: int, is_refused: bool = False) -> Sequence[Row]:
    """Return the first applicants of a form, or of those that were refused, as far as the scope still covers them."""
    statement = (
        select(BatchApplicant, Professional, Declaration)
        .join(Professional, Professional.id == BatchApplicant.person_id)
        .outerjoin(Declaration, Declaration.id == BatchApplicant.declaration_id)
        .where(BatchApplicant.batch_id == batch_id)
    )
    if is_refused:
        statement = statement.where(BatchApplicant.refusal.is_not(None), BatchApplicant.declaration_id.is_(None))
    return [Row(*row) for row in session.execute(statement.order_by(BatchApplicant.id).limit(limit))]


def tally(session: Session, batch_id: int) -> Tally:
    """Return how many people of a form have a record, were refused, or wait."""
    is_declared = BatchApplicant.declaration_id.is_not(None)
    is_refused = BatchApplicant.refusal.is_not(None)
    rows = session.execute(
        select(is_declared, is_refused, func.count()).where(BatchApplicant.batch_id == batch_id).group_by(is_declared, is_refused)
    ).all()
    n = {"declared": 0, "refused": 0, "waiting": 0}
    for declared, refused, count in rows:
        n["declared" if declared else "refused" if refused else "waiting"] += count
    return Tally(n["declared"], n["refused"], n["waiting"])


# --- declaring --------------------------------------------------------------------------------------------------------


def check(session: Session, actor: Actor, batch: DeclarationBatch) -> None:
    """Check a form as a whole, its people included, before it is submitted; raises FieldErrors."""
    errors: dict[str, DomainError] = {}
    try:
        batches.check_whole(session, actor, batch)
    except FieldErrors as wrong:
        errors = dict(wrong.errors)
    if not tally(session, batch.id).n_all:
        errors["applicants"] = Invalid(N_("Add the people whom you declare for."))
    if errors:
        raise FieldErrors(errors)


def begin(session: Session, actor: Actor, batch_id: int) -> DeclarationBatch:
    """Check the form as a whole and close it; the records are then made by ``declare_next``, chunk by chunk.

    Raises FieldErrors, WrongState for one that was submitted already, NotFound.
    """
    batch = batches.own_open(session, actor, batch_id)
    check(session, actor, batch)
    batch.submitted_at = utcnow()
    session.flush()
    history.record(session, actor, batches.SUBJECT_KIND, [batch.id], "submit")
    return batch


def begin_again(session: Session, actor: Actor, batch_id: int) -> DeclarationBatch:
    """Let those who were refused wait for another attempt: a window has opened, a transfer has ended. Raises WrongState."""
    batch = batches.own(session, actor, batch_id, is_locked=True)
    refused = session.scalars(
        select(BatchApplicant).where(
            BatchApplicant.batch_id == batch.id, BatchApplicant.declaration_id.is_(None), BatchApplicant.refusal.is_not(None)
        )
    ).all()
    if batch.submitted_at is None or not refused:
        raise WrongState(N_("Nobody of this form was refused."))
    for applicant in refused:
        applicant.refusal = None
    session.flush()
    return batch


def declare_next(session: Session, actor: Actor, batch_id: int) -> int:
    """Make and submit the records of the next people of a form that was begun; return how many were looked at.

    Who cannot be declared for keeps the reason. The form is locked, so that two at once make nothing twice. Raises NotFound.
    """
    batch = batches.own(session, actor, batch_id, is_locked=True)
    if batch.submitted_at is None:
        return 0
    waiting = (
        BatchApplicant.batch_id == batch.id,
        BatchApplicant.declaration_id.is_(None),
        BatchApplicant.refusal.is_(None),
    )
    chunk = session.scalars(select(BatchApplicant).where(*waiting).order_by(BatchApplicant.id).limit(CHUNK)).all()
    applicants = {applicant.id: applicant for applicant in chunk}
    made: dict[int, Declaration] = {}

    def declare(applicant_id: int) -> None:
        made[applicant_id] = _declare(session, actor, batch, applicants[applicant_id])

    moved = one_by_one(session, applicants, declare)
    for i in moved.done:
        applicants[i].declaration_id = made[i].id
    for i, refusal in moved.refused.items():
        applicants[i].refusal = _plain(refusal)
    session.flush()
    _tell(session, actor, [made[i] for i in moved.done])
    return len(chunk)


def finish(session: Session, actor: Actor, batch_id: int) -> Tally:
    """Return what became of a form; one of which nothing came is open again, so that it can be corrected."""
    batch = batches.own(session, actor, batch_id, is_locked=True)
    found = tally(session, batch.id)
    if batch.submitted_at is not None and found.n_refused and not found.n_declared and not found.n_waiting:
        batch.submitted_at = None
        session.flush()
    return found


def draft_for(batch: DeclarationBatch, applicant: BatchApplicant) -> Draft:
    """Return what a form declares for one of its applicants."""
    draft = batches.draft_of(batch)
    inputs, hours = dict(draft.inputs), draft.requested_hours
    if applicant.requested_tenths is not None:
        hours = to_hours(applicant.requested_tenths)
    if applicant.score:
        inputs |= dict.fromkeys(_SCORES, applicant.score)  # a form knows one of the names, and leaves the other out
    return Draft(draft.year, draft.subject, draft.form_code, inputs, hours, draft.elective)


def _declare(session: Session, actor: Actor, batch: DeclarationBatch, applicant: BatchApplicant) -> Declaration:
    draft = draft_for(batch, applicant)
    made = save_draft(session, actor, draft, applicant=Applicant(applicant.person_id, batch.id))
    for each in batches.files_of(session, batch.id):
        files.share(session, each, subject_kind="declaration", subject_id=made.id, person_id=applicant.person_id, path=made.path)
    return declarations.submit(session, actor, made.id)


def _plain(refusal: DomainError) -> dict[str, object]:
    """Return a refusal as plain values."""
    return {"message_id": refusal.message_id, "params": {name: str(value) for name, value in refusal.params.items()}}


def _tell(session: Session, actor: Actor, made: Sequence[Declaration]) -> None:
    """Write a notice to each person that was declared for."""
    message_id = N_("%(organisation)s declared “%(title)s” for you with %(hours)s hours.")
    told = []
    for d in made:
        said = {
            "organisation": actor.organisation_name,
            "title": d.title or d.form_name,
            "hours": str(to_hours(d.requested_tenths)),
        }
        told.append(Told(d.person_id, message_id, said, f"/portal/declarations/{d.id}"))
    tell_people(session, told)


# --- many records at once -----------------------------------------------------------------------------------------------


def withdraw_many(session: Session, actor: Actor, declaration_ids: Collection[int]) -> Moved:
    """Take records back that the actor's organisation declared, before the last decision; each other one keeps its reason."""
    return _each(session, actor, declaration_ids, declarations.withdraw)


def submit_many(session: Session, actor: Actor, declaration_ids: Collection[int]) -> Moved:
    """Submit records again that were rejected or taken back; each other one keeps its reason."""
    return _each(session, actor, declaration_ids, declarations.submit)


def delete_many(session: Session, actor: Actor, declaration_ids: Collection[int]) -> Moved:
    """Delete records that were taken back; each other one keeps its reason."""
    return _each(session, actor, declaration_ids, declarations.delete_draft)


def _each(session: Session, actor: Actor, ids: Collection[int], step: Callable[[Session, Actor, int], object]) -> Moved:
    actor.require(Permission.HOURS_DECLARE)
    return one_by_one(session, ids, lambda declaration_id: step(session, actor, declaration_id))
