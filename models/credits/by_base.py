"""Hours that a training base declares for somebody: the declaration is the person's, its steps are the base's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor
from models.base import to_hours, today, utcnow
from models.credits import key_review, rules, windows
from models.credits.declarers import obstacle, unit_states
from models.credits.form_inputs import clean_inputs
from models.credits.rules import Offer
from models.credits.saving import Draft, fill
from models.credits.tables import Declaration, DeclarationState, Source
from models.credits.workflow import DECLARATIONS
from models.errors import N_, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, first_of
from models.people.tables import Professional
from models.people.transfers import on_the_way
from models.reviews import submission
from models.reviews.submission import Matter
from models.reviews.tables import ReviewKind

FORM = "JDPX"
"""The learning form of classes at a training base."""
TOPIC = f"{Source.BASE}:{FORM}"
"""The facet by which the list of base hours is told from that of what people declare themselves."""
OPERATION = "submit_grades"


@dataclass(frozen=True, slots=True)
class Posted:
    """One person's result as the base posts it; *inputs* are fields of the learning form."""

    person_id: int
    year: int
    subject: str
    elective: str
    hours_tenths: int
    inputs: Mapping[str, str]
    key: str  # the same twice makes no second declaration


def post_again(session: Session, actor: Actor, posted: Posted, declaration_id: int) -> None:
    """Submit a rejected declaration again, with the result as it is now.

    To be called while ``submit_grades`` acts. Raises NotAllowed for a closed window, a disabled organisation or person,
    and Invalid for what the rule of her place does not take.
    """
    people = _people(session, [posted.person_id])
    person = people.get(posted.person_id)
    refusal = obstacle(person, unit_states(session, people.values()))
    if person is None or refusal is not None:
        raise refusal or NotFound()
    declaration = _rejected(session, declaration_id)
    _write(session, person, declaration, posted, _offer(session, person.path, posted.year), None)
    DECLARATIONS.move(session, actor, declaration.id, step="resubmit", values={"submitted_at": utcnow()})
    submission.submit(
        session,
        actor,
        ReviewKind.DECLARATION,
        declaration.id,
        path=person.path,
        person_id=person.id,
        subject_account_id=person.account_id,
        operation=OPERATION,
        facets=_facets(posted),
    )


def post_new(session: Session, actor: Actor, posted: Sequence[Posted]) -> tuple[dict[str, int], dict[str, DomainError]]:
    """Declare and submit for many people at once, each at her own organisation; a chunk takes the statements of one.

    Return the declaration of each key, and why nothing was declared for each other one, as ``post_again`` raises it.
    To be called while ``submit_grades`` acts.
    """
    people = _people(session, {each.person_id for each in posted})
    states = unit_states(session, people.values())
    away = on_the_way(session, list(people))
    live = key_review.live_records(session, list(people))
    offers: dict[tuple[str, int], Offer | DomainError] = {}
    refused: dict[str, DomainError] = {}
    ready: list[tuple[Posted, Professional, Declaration]] = []
    for each in posted:
        person = people.get(each.person_id)
        refusal = obstacle(person, states)
        if person is None or refusal is not None:
            refused[each.key] = refusal or NotFound()
            continue
        try:
            if person.id in away:
                raise NotAllowed(submission.ON_THE_WAY)
            offer = _remembered(session, offers, person.path, each.year)
            declaration = Declaration(person_id=person.id, state=DeclarationState.DRAFT, source=Source.BASE, form_key=each.key)
            with session.no_autoflush:
                _write(session, person, declaration, each, offer, live[person.id])
        except DomainError as refusal_of_one:
            refused[each.key] = refusal_of_one
        else:
            # What was declared a moment ago for the same person counts as her other record.
            live[person.id].append(declaration)
            ready.append((each, person, declaration))
    _submit_new(session, actor, ready)
    return {each.key: declaration.id for each, _person, declaration in ready}, refused


def take_back(session: Session, actor: Actor, declaration_id: int) -> None:
    """Withdraw a declaration of the base before its last decision; raises WrongState and NotFound.

    To be called while ``submit_grades`` acts.
    """
    DECLARATIONS.move(session, actor, declaration_id, step="withdraw")
    submission.withdraw(session, actor, ReviewKind.DECLARATION, declaration_id, operation=OPERATION)


def discard(session: Session, actor: Actor, declaration_id: int) -> None:
    """Delete what was taken back, once nobody points to it: a draft of a base is nobody's. Its history and review stay."""
    declaration = session.get_one(Declaration, declaration_id)
    history.record(session, actor, "declaration", [declaration_id], "delete", changes={"title": [declaration.title, None]})
    session.delete(declaration)
    session.flush()


# --- inside -----------------------------------------------------------------------------------------------------------


def _people(session: Session, person_ids: Collection[int]) -> dict[int, Professional]:
    """Return the people by id, locked: a transfer that begins at this moment comes before, or after."""
    locked = select(Professional).where(Professional.id.in_(person_ids)).order_by(Professional.id)
    rows = session.scalars(locked.with_for_update(key_share=True), execution_options={"populate_existing": True})
    return {person.id: person for person in rows}


def _offer(session: Session, path: str, year: int) -> Offer:
    windows.require_open(session, path, year)
    return rules.offer(session, path, FORM, year)


def _remembered(session: Session, offers: dict[tuple[str, int], Offer | DomainError], path: str, year: int) -> Offer:
    """Return the rule of a place, read once for all who stand there; raises what stands in its way each time."""
    if (path, year) not in offers:
        try:
            offers[path, year] = _offer(session, path, year)
        except DomainError as refusal:
            offers[path, year] = refusal
    found = offers[path, year]
    if isinstance(found, DomainError):
        raise found
    return found


def _write(
    session: Session,
    person: Professional,
    declaration: Declaration,
    posted: Posted,
    offer: Offer,
    live: Sequence[Declaration] | None,
) -> None:
    """Write what was posted, and what follows from it, into the record; raises Invalid and NotAllowed."""
    if posted.subject not in offer.spec.subject_kinds:
        raise Invalid(N_("This learning form does not count toward the chosen subject."))
    try:
        inputs = clean_inputs(offer.spec, posted.inputs, today=today(), known=rules.known_in(session))
        hours = Decimal(to_hours(posted.hours_tenths))
        draft = Draft(posted.year, posted.subject, FORM, posted.inputs, hours, posted.elective)
        fill(session, person, declaration, offer=offer, draft=draft, inputs=inputs, requested=hours, live=live)
    except FieldErrors as refusal:
        raise first_of(refusal) from None
    declaration.key_reasons = key_review.reasons(session, declaration, (), live)
    declaration.is_key_review = bool(declaration.key_reasons)


def _submit_new(session: Session, actor: Actor, ready: Sequence[tuple[Posted, Professional, Declaration]]) -> None:
    if not ready:
        return
    declarations = [declaration for _posted, _person, declaration in ready]
    session.add_all(declarations)
    session.flush()
    ids = [declaration.id for declaration in declarations]
    history.record(session, actor, "declaration", ids, "create", changes={"source": [None, Source.BASE.value]})
    DECLARATIONS.move_many(session, actor, ids, step="submit", values={"submitted_at": utcnow()}).or_raise()
    matters = [Matter(d.id, person.path, person.id, person.account_id, _facets(posted)) for posted, person, d in ready]
    submission.submit_new(session, actor, ReviewKind.DECLARATION, matters, operation=OPERATION)


def _facets(posted: Posted) -> dict[str, object]:
    return {"year": posted.year, "topic": TOPIC, "part": posted.subject}


def _rejected(session: Session, declaration_id: int) -> Declaration:
    found = session.scalars(
        select(Declaration).where(Declaration.id == declaration_id, Declaration.source == Source.BASE).with_for_update(),
        execution_options={"populate_existing": True},
    ).first()
    if found is None:
        raise NotFound
    return found
