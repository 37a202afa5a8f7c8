"""Why a person cannot change or submit a record, or declare at all, and who can help: shown before a button would refuse it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import POST, Actor
from models.credits import windows
from models.credits.declarers import DECLARED_FOR_HER, own_profile
from models.credits.tables import AuditState, Declaration, DeclarationState, Source
from models.errors import N_, DomainError, NotAllowed, WrongState
from models.org.tables import MoveState, Organisation
from models.people.tables import Post
from models.people.transfers import Transfer, open_transfer
from models.reviews import chain as chains
from models.reviews import queries as reviews
from models.reviews.reasons import WAITS_FOR, waits_for
from models.reviews.submission import ON_THE_WAY, UNIT_DISABLED, is_unit_disabled
from models.reviews.tables import Review, ReviewKind, ReviewState
from models.scope import acting
from models.text import with_phone

IN_REVIEW = N_("It is in review and cannot be changed; withdraw it first.")
NO_YEAR = N_("No year is open for declarations at present.")
GRANTED_STANDS = N_("Granted hours are not changed any more.")
CAN_HELP = N_("%(who)s can help.")
SETS_THE_DAYS = N_("%(who)s sets the days of declaration.")
DECLARED_IT = N_("It was declared by %(who)s.")
MOST = 3


def of_record(session: Session, actor: Actor, declaration: Declaration) -> list[DomainError]:
    """Return the rule that keeps the owner from changing or submitting a record now, then who can help; nothing where none does.

    The sentences of the rules are those of the refusal that the button would get.
    """
    if declaration.audit_state == AuditState.FAILED:
        return []
    if declaration.source != Source.PERSON:
        return [NotAllowed(DECLARED_FOR_HER), *_declarer(session, declaration)]
    if declaration.state == DeclarationState.PENDING:
        review = reviews.review_of(session, ReviewKind.DECLARATION, declaration.id)
        is_open = review is not None and review.state == ReviewState.OPEN
        return [WrongState(IN_REVIEW), *([waits_for(session, review)] if review is not None and is_open else [])]
    if declaration.state == DeclarationState.APPROVED:
        return [WrongState(GRANTED_STANDS), *hr_department(session, actor, CAN_HELP)]
    return of_declaring(session, actor, year=declaration.year)


def of_declaring(session: Session, actor: Actor, *, year: int | None = None) -> list[DomainError]:
    """Return why the actor can submit nothing now, of *year* or of any, then who can help."""
    try:
        person = own_profile(session, actor)
    except NotAllowed as refusal:
        return [refusal, *_own_unit(session, actor)]
    transfer = open_transfer(session, person.id)
    if transfer is not None:
        return [NotAllowed(ON_THE_WAY), *of_transfer(session, actor, transfer)]
    if is_unit_disabled(session, person.id):
        return [NotAllowed(UNIT_DISABLED), *hr_department(session, actor, CAN_HELP)]
    if year is None:
        closed = None if windows.open_years(session, actor.path) else NotAllowed(NO_YEAR)
    else:
        closed = windows.closed(session, actor.path, year)
    return [closed, *hr_department(session, actor, SETS_THE_DAYS)] if closed is not None else []


def of_transfer(session: Session, actor: Actor, transfer: Transfer) -> list[DomainError]:
    """Return whom an open transfer of the actor's waits for: the department that releases her, or the receiving unit."""
    if transfer.state == MoveState.WAITING_OUT:
        return hr_department(session, actor, WAITS_FOR)
    with acting(session, "build_chain"):
        phone = session.scalar(select(Organisation.phone).where(Organisation.id == transfer.to_organisation_id))
    return [DomainError(WAITS_FOR, who=with_phone(transfer.to_name, phone))]


def waiting(session: Session, person_id: int) -> list[DomainError]:
    """Return whom what is open of a person waits for, each organisation once."""
    rows = session.scalars(
        select(Review).where(Review.person_id == person_id, Review.state == ReviewState.OPEN).order_by(Review.id).limit(20)
    ).all()
    said = {str(each): each for each in (waits_for(session, row) for row in rows)}
    return list(said.values())[:MOST]


def hr_department(session: Session, actor: Actor, message_id: str) -> list[DomainError]:
    """Return the sentence about the first HR department above the actor, with its phone."""
    return [DomainError(message_id, who=with_phone(link.name, link.phone)) for link in chains.first_hr(_chain(session, actor))]


def _own_unit(session: Session, actor: Actor) -> list[DomainError]:
    return [DomainError(CAN_HELP, who=with_phone(link.name, link.phone)) for link in _chain(session, actor)[:1]]


def _chain(session: Session, actor: Actor) -> list[chains.Link]:
    return chains.links(session, actor.path)


def _declarer(session: Session, declaration: Declaration) -> list[DomainError]:
    """Return who declared a record for its person: the organisation of the post that drew it up."""
    made = [e for e in history.entries_of(session, "declaration", declaration.id, limit=500) if e.action == "create"]
    if not made:
        return []
    entry = made[-1]
    post_id = entry.position_key.removeprefix(POST)
    with acting(session, "build_chain"):
        phone = session.scalar(
            select(Organisation.phone)
            .join(Post, Post.organisation_id == Organisation.id)
            .where(Post.id == (int(post_id) if post_id.isdecimal() else 0))
        )
    return [DomainError(DECLARED_IT, who=with_phone(entry.organisation_name, phone))]
