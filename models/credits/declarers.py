"""Who declares hours: a person for herself, or an organisation for people of its subtree (代申报); whose a record is then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.access import Actor, Permission, PositionKind
from models.credits.tables import Declaration, Source
from models.errors import N_, NotAllowed, NotFound
from models.org.tables import Organisation, OrganisationState
from models.people.tables import Professional, ProfessionalState
from models.scope import acting

DECLARED_FOR_HER = N_("This record was declared for you; only whoever declared it can change or withdraw it.")


def source_of(actor: Actor) -> Source:
    """Return the source of what an actor declares; a training base declares by ``by_base`` alone."""
    return Source.PERSON if actor.kind is PositionKind.PROFESSIONAL else Source.ORGANISATION


def require(actor: Actor) -> None:
    """Raise NotAllowed unless the actor may declare: herself, or for people of the subtree."""
    actor.require(Permission.PORTAL if source_of(actor) is Source.PERSON else Permission.HOURS_DECLARE)


def profile(session: Session, actor: Actor, person_id: int | None = None) -> Professional:
    """Return whom the actor declares for: herself, or the person named; raises NotFound, and NotAllowed for a disabled one."""
    if source_of(actor) is Source.PERSON:
        return own_profile(session, actor)
    if person_id is None:
        raise NotFound
    found = session.scalars(select(Professional).where(Professional.id == person_id)).first()
    if found is None:
        raise NotFound
    require_active(session, found)
    return found


def own_profile(session: Session, actor: Actor) -> Professional:
    """Return the actor's own profile; raises NotAllowed unless it is active."""
    person = session.scalars(select(Professional).where(Professional.id == (actor.person_id or 0))).first()
    if person is None:
        raise NotFound
    if person.state != ProfessionalState.ACTIVE:
        raise NotAllowed(N_("Your registration has not been approved, or your account is disabled."))
    return person


def require_active(session: Session, person: Professional) -> None:
    """Raise NotAllowed unless person and unit are in use: nothing is submitted for them otherwise."""
    refusal = obstacle(person, unit_states(session, [person]))
    if refusal is not None:
        raise refusal


def unit_states(session: Session, people: Iterable[Professional]) -> dict[int, str]:
    """Return the state of each person's unit, by the id of the unit."""
    ids = {person.organisation_id for person in people}
    return dict(session.execute(select(Organisation.id, Organisation.state).where(Organisation.id.in_(ids))).all())


def obstacle(person: Professional | None, states: Mapping[int, str]) -> NotAllowed | None:
    """Return why nothing can be submitted for a person; *states* are those that ``unit_states`` gave."""
    if person is None or person.state != ProfessionalState.ACTIVE:
        return NotAllowed(N_("This person is not registered any more, or is disabled."))
    if states.get(person.organisation_id) != OrganisationState.ACTIVE:
        return NotAllowed(N_("The unit of this person is disabled; nothing can be submitted to it."))
    return None


def mark(actor: Actor) -> dict[str, Any]:
    """Return what a new record says of who declares it."""
    if source_of(actor) is Source.PERSON:
        return {"source": Source.PERSON}
    return {
        "source": Source.ORGANISATION,
        "declared_by_id": actor.organisation_id,
        "declared_by_name": actor.organisation_name,
    }


def declaring_ids(session: Session, actor: Actor) -> Sequence[int]:
    """Return the organisations whose declarations are the actor's: the own one, and those that were merged into it."""
    with acting(session, "declare"):
        own = or_(Organisation.id == actor.organisation_id, Organisation.merged_into_id == actor.organisation_id)
        return session.scalars(select(Organisation.id).where(own)).all()


def own_record(session: Session, actor: Actor, declaration_id: int) -> Declaration:
    """Return a record that the actor declared, locked; raises NotFound, and NotAllowed for one that others declared for her."""
    if source_of(actor) is Source.ORGANISATION:
        mine = Declaration.declared_by_id.in_(declaring_ids(session, actor))
        return _locked(session, declaration_id, mine)
    declaration = personal_record(session, actor, declaration_id)
    if declaration.source != Source.PERSON:
        raise NotAllowed(DECLARED_FOR_HER)
    return declaration


def personal_record(session: Session, actor: Actor, declaration_id: int) -> Declaration:
    """Return a record of the actor's, whoever declared it, locked: an officer may be deciding it at this moment."""
    return _locked(session, declaration_id, Declaration.person_id == (actor.person_id or 0))


def _locked(session: Session, declaration_id: int, whose: Any) -> Declaration:
    found = session.scalars(
        select(Declaration).where(Declaration.id == declaration_id, whose).with_for_update(),
        execution_options={"populate_existing": True},
    ).first()
    if found is None:
        raise NotFound
    return found
