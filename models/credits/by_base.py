"""Hours that a training base declares for somebody: the declaration is the person's, its steps are the base's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor
from models.base import to_hours, today, utcnow
from models.credits import key_review, rules, windows
from models.credits.form_inputs import clean_inputs
from models.credits.saving import Draft, fill
from models.credits.tables import Declaration, DeclarationState, Source
from models.credits.workflow import DECLARATIONS
from models.errors import N_, FieldErrors, Invalid, NotAllowed, NotFound
from models.org.tables import Organisation, OrganisationState
from models.people.tables import Professional, ProfessionalState
from models.reviews import submission
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


def post(session: Session, actor: Actor, posted: Posted, *, declaration_id: int | None = None) -> Declaration:
    """Declare and submit for the person at her own organisation, or submit a rejected declaration again.

    To be called while ``submit_grades`` acts. Raises NotAllowed for a closed window, a disabled organisation or person,
    and Invalid for what the rule of her place does not take.
    """
    person = _person(session, posted.person_id)
    windows.require_open(session, person.path, posted.year)
    try:
        offer = rules.offer(session, person.path, FORM, posted.year)
        if posted.subject not in offer.spec.subject_kinds:
            raise Invalid(N_("This learning form does not count toward the chosen subject."))
        inputs = clean_inputs(offer.spec, posted.inputs, today=today(), known=rules.known_in(session))
        declaration = _of(session, declaration_id, person)
        hours = Decimal(to_hours(posted.hours_tenths))
        draft = Draft(posted.year, posted.subject, FORM, posted.inputs, hours, posted.elective)
        fill(session, person, declaration, offer=offer, draft=draft, inputs=inputs, requested=hours)
    except FieldErrors as refusal:
        raise next(iter(refusal.errors.values())) from None
    declaration.key_reasons = key_review.reasons(session, declaration, ())
    declaration.is_key_review = bool(declaration.key_reasons)
    step = "submit" if declaration_id is None else "resubmit"
    if declaration_id is None:
        declaration.form_key = posted.key
        session.add(declaration)
        session.flush()
        history.record(session, actor, "declaration", [declaration.id], "create", changes={"source": [None, Source.BASE.value]})
    DECLARATIONS.move(session, actor, declaration.id, step=step, values={"submitted_at": utcnow()})
    submission.submit(
        session,
        actor,
        ReviewKind.DECLARATION,
        declaration.id,
        path=person.path,
        person_id=person.id,
        subject_account_id=person.account_id,
        operation=OPERATION,
        facets={"year": posted.year, "topic": TOPIC, "part": posted.subject},
    )
    return declaration


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


def _person(session: Session, person_id: int) -> Professional:
    person = session.scalars(select(Professional).where(Professional.id == person_id)).first()
    if person is None or person.state != ProfessionalState.ACTIVE:
        raise NotAllowed(N_("This person is not registered any more, or is disabled."))
    state = session.scalar(select(Organisation.state).where(Organisation.id == person.organisation_id))
    if state != OrganisationState.ACTIVE:
        raise NotAllowed(N_("The unit of this person is disabled; nothing can be submitted to it."))
    return person


def _of(session: Session, declaration_id: int | None, person: Professional) -> Declaration:
    if declaration_id is None:
        return Declaration(person_id=person.id, state=DeclarationState.DRAFT, source=Source.BASE)
    found = session.scalars(
        select(Declaration).where(Declaration.id == declaration_id, Declaration.source == Source.BASE).with_for_update(),
        execution_options={"populate_existing": True},
    ).first()
    if found is None:
        raise NotFound
    return found
