"""人员调转: started by the person or the unit, released where the setting asks for it, accepted by the receiving unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission, PositionKind, person_key
from models.base import utcnow
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.org.settings import SettingKey, setting
from models.org.tables import HAVE_MEMBERS, MoveState, Organisation, OrganisationState
from models.outbox import add_notices
from models.people import contacts, moving
from models.people.profile import own_profile
from models.people.tables import Post, PostState, Professional, ProfessionalState
from models.people.transfers import TRANSFERS, Transfer, open_transfer
from models.people.typed import attempt, text
from models.reviews import chain, engine, submission
from models.reviews.engine import Handler, Outcome
from models.reviews.standing_still import pending_of
from models.reviews.tables import Review, ReviewKind
from models.scope import acting

OUT, IN = ReviewKind.TRANSFER_OUT, ReviewKind.TRANSFER_IN
GONE = N_("This unit does not take anybody: it does not exist or is disabled.")
LONGEST_PHONE = 40


def candidate(session: Session, actor: Actor, person_id: int, *, is_locked: bool = False) -> Professional:
    """Return an active person whom the actor's unit may let go: her own, or of a unit below; raises NotFound."""
    actor.require(Permission.TRANSFERS)
    statement = select(Professional).where(Professional.id == person_id, Professional.state == ProfessionalState.ACTIVE)
    found = session.scalars(statement.with_for_update() if is_locked else statement).first()
    if found is None:
        raise NotFound
    return found


def obstacle(session: Session, person: Professional) -> DomainError | None:
    """Return what keeps a person where she is, None when she may go."""
    if person.state != ProfessionalState.ACTIVE:
        return NotAllowed(N_("Only an active person can be transferred."))
    with acting(session, "take_over_person"):
        waiting = sum(pending_of(session, person.id).values())
        holds_last_word = session.scalar(
            select(func.count()).where(
                Post.account_id == person.account_id,
                Post.organisation_id == person.organisation_id,
                Post.is_super,
                Post.state != PostState.ENDED,
            )
        )
    if waiting:
        return NotAllowed(N_("%(n)s declarations or changes of this person are pending; they come first."), n=waiting)
    if holds_last_word:
        return NotAllowed(N_("This person is the super administrator of the unit and hands that over first."))
    return None


def start(session: Session, actor: Actor, person_id: int | None, *, to_organisation_id: int | None, phone: str) -> Transfer:
    """Ask for the transfer of a person: the actor herself, or one of the actor's unit or below.

    *phone* is that of the present unit, for questions. Raises NotFound, NotAllowed for what stands in the way,
    Conflict while another transfer waits, FieldErrors (``to_organisation_id``, ``contact_phone``).
    """
    is_by_person = actor.kind is PositionKind.PROFESSIONAL
    if is_by_person:
        actor.require(Permission.PORTAL)
        person = own_profile(session, actor)
        session.refresh(person, with_for_update=True)
    else:
        person = candidate(session, actor, person_id or 0, is_locked=True)
    if open_transfer(session, person.id) is not None:
        raise Conflict(N_("A transfer of this person waits already."))
    refusal = obstacle(session, person)
    if refusal is not None:
        raise refusal
    errors: dict[str, DomainError] = {}
    plain = attempt(errors, "contact_phone", lambda: contacts.check_landline(text(phone, LONGEST_PHONE, is_required=True)))
    with acting(session, "start_transfer"):
        target = attempt(errors, "to_organisation_id", lambda: _target(session, person, to_organisation_id))
        origin = session.get_one(Organisation, person.organisation_id)
        if errors or target is None:
            raise FieldErrors(errors)
        needs_release = setting(session, person.path, SettingKey.TRANSFER_OUT_REVIEW) == "on"
        transfer = Transfer(
            person_id=person.id,
            path=person.path,
            from_path=person.path,
            to_path=target.path,
            state=MoveState.WAITING_OUT if needs_release else MoveState.WAITING_IN,
            is_by_person=is_by_person,
            started_by=actor.name,
            started_by_id=actor.account_id,
            started_in=actor.position_key,
            subject_account_id=person.account_id,
            contact_phone=plain or "",
            from_organisation_id=origin.id,
            from_name=origin.name,
            to_organisation_id=target.id,
            to_name=target.name,
            **{n: getattr(person, n) for n in ("name", "number_masked", "field_of_work", "title_series", "title_qualification")},
        )
        session.add(transfer)
        session.flush()
    changes = {"organisation": [transfer.from_name, transfer.to_name]}
    history.record(session, actor, "transfer", [transfer.id], "create", changes=changes)
    history.record(session, actor, "professional", [person.id], "start_transfer", changes=changes)
    _ask(session, actor, transfer, OUT if needs_release else IN)
    if not is_by_person:
        _tell(session, transfer, N_("The transfer of %(name)s to %(to)s was started."))
    return transfer


def withdraw(session: Session, actor: Actor, transfer_id: int) -> None:
    """Take a transfer back before its last decision, by whoever started it; raises NotFound, NotAllowed and WrongState."""
    found = session.scalars(select(Transfer).where(Transfer.id == transfer_id).with_for_update()).first()
    if found is None:
        raise NotFound
    is_theirs = found.is_by_person if actor.kind is PositionKind.PROFESSIONAL else not found.is_by_person
    if not is_theirs or not found.from_path.startswith(actor.path):
        raise NotAllowed(N_("Only the side that started the transfer withdraws it."))
    actor.require(Permission.PORTAL if found.is_by_person else Permission.TRANSFERS)
    state = found.state
    TRANSFERS.move(session, actor, found.id, step="withdraw", values={"decided_at": utcnow()})
    submission.withdraw(session, actor, OUT if state == MoveState.WAITING_OUT else IN, found.id)
    if not found.is_by_person:
        _tell(session, found, N_("The transfer of %(name)s to %(to)s was withdrawn."))


def withdraw_own(session: Session, actor: Actor) -> None:
    """Take the actor's own waiting transfer back; raises WrongState where none waits, and NotAllowed for one that the unit started."""
    actor.require(Permission.PORTAL)
    found = open_transfer(session, own_profile(session, actor).id)
    if found is None:
        raise WrongState(submission.NOTHING_WAITS)
    withdraw(session, actor, found.id)


# --- inside -----------------------------------------------------------------------------------------------------------


def _target(session: Session, person: Professional, organisation_id: int | None) -> Organisation:
    if organisation_id is None:
        raise Invalid(N_("Please choose the receiving unit."))
    target = session.get(Organisation, organisation_id)
    if target is None or target.kind not in HAVE_MEMBERS or target.state != OrganisationState.ACTIVE:
        raise Invalid(GONE)
    if target.id == person.organisation_id:
        raise Invalid(N_("The person belongs to this unit already."))
    return target


def _ask(session: Session, actor: Actor, transfer: Transfer, kind: ReviewKind) -> None:
    """Open the step that comes now: the old side's release, or the receiving unit's word. It is no matter of the person's path."""
    review = submission.submit(
        session,
        actor,
        kind,
        transfer.id,
        path=transfer.from_path if kind is OUT else transfer.to_path,
        person_id=None,
        subject_account_id=transfer.subject_account_id,
        submitted_by_id=transfer.started_by_id,
    )
    session.expunge(review)  # it may lie beyond the scope of the one who asked


def _tell(session: Session, transfer: Transfer, message_id: str, reason: str = "") -> None:
    """Tell the person, and whoever started it for her."""
    params = {"name": transfer.name, "from": transfer.from_name, "to": transfer.to_name, "reason": reason}
    told = {(transfer.subject_account_id, person_key(transfer.person_id)), (transfer.started_by_id, transfer.started_in)}
    notices = [
        {"account_id": account_id, "position_key": key, "message_id": message_id, "params": params}
        for account_id, key in sorted(told)
    ]
    add_notices(session, notices)


def _subjects(session: Session, reviews: Sequence[Review]) -> dict[int, Transfer]:
    """Return the transfer of each review, by the review's id."""
    rows = session.scalars(select(Transfer).where(Transfer.id.in_([r.subject_id for r in reviews])).order_by(Transfer.id))
    found = {t.id: t for t in rows}
    return {r.id: found[r.subject_id] for r in reviews}


def _check(
    session: Session, _actor: Actor, reviews: Sequence[Review], _given: Mapping[int, Mapping[str, Any]]
) -> Mapping[int, DomainError]:
    """Hold every guard of the start once more before the person leaves, or arrives."""
    refused: dict[int, DomainError] = {}
    for review_id, transfer in _subjects(session, reviews).items():
        with acting(session, "take_over_person"):
            locked = select(Professional).where(Professional.id == transfer.person_id).with_for_update()
            person = session.scalars(locked, execution_options={"populate_existing": True}).one()
            target = session.get_one(Organisation, transfer.to_organisation_id)
            is_open = target.state == OrganisationState.ACTIVE
        if person.organisation_id != transfer.from_organisation_id:
            refused[review_id] = Conflict(N_("The person does not belong to the former unit any more."))
        elif not is_open:
            refused[review_id] = Conflict(GONE)
        elif (refusal := obstacle(session, person)) is not None:
            refused[review_id] = refusal
    return refused


def _released(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    for transfer in _subjects(session, [o.review for o in outcomes]).values():
        TRANSFERS.move(session, actor, transfer.id, step="release")
        _ask(session, actor, transfer, IN)
        _tell(session, transfer, N_("The transfer of %(name)s was released; %(to)s decides now."))


def _not_released(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    _refuse(session, actor, outcomes, "refuse_release", N_("The transfer of %(name)s was not released: %(reason)s"))


def _accepted(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    for transfer in _subjects(session, [o.review for o in outcomes]).values():
        TRANSFERS.move(session, actor, transfer.id, step="accept", values={"decided_at": utcnow()})
        with acting(session, "take_over_person"):
            person = session.get_one(Professional, transfer.person_id)
            target = session.get_one(Organisation, transfer.to_organisation_id)
        moving.move(session, actor, [person], target)
        changes = {"organisation": [transfer.from_name, transfer.to_name]}
        history.record(session, actor, "professional", [transfer.person_id], "transfer", changes=changes)
        _tell(session, transfer, N_("%(name)s belongs to %(to)s now; the hours have gone along."))


def _refused(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    _refuse(session, actor, outcomes, "refuse", N_("%(to)s has refused the transfer of %(name)s: %(reason)s"))


def _refuse(session: Session, actor: Actor, outcomes: Sequence[Outcome], step: str, message_id: str) -> None:
    transfers = _subjects(session, [o.review for o in outcomes])
    for outcome in outcomes:
        transfer = transfers[outcome.review.id]
        values = {"reason": outcome.reason, "decided_at": utcnow()}
        TRANSFERS.move(session, actor, transfer.id, step=step, reason=outcome.reason, values=values)
        _tell(session, transfer, message_id, outcome.reason)


engine.register(
    Handler(
        kind=OUT,
        permission=Permission.TRANSFERS,
        links=chain.first_hr,
        on_passed=_released,
        on_rejected=_not_released,
        check=_check,
    )
)
engine.register(
    Handler(
        kind=IN, permission=Permission.TRANSFERS, links=chain.own_only, on_passed=_accepted, on_rejected=_refused, check=_check
    )
)
