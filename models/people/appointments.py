"""The first administrator of an organisation: a new account with a one-time password, or an offer to an existing one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission
from models.base import today
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound
from models.org.operations import NewOrganisation, create_organisation
from models.org.tables import Organisation
from models.people import names, numbers
from models.people.accounts import NewAccount, create_with_one_time, find_account
from models.people.candidates import HAS_POST
from models.people.numbers import Number
from models.people.posts import tell
from models.people.roles import exceeds
from models.people.tables import Account, Post, PostState, Professional, ProfessionalState, Role
from models.people.typed import attempt

NOBODY_FITS = N_("No account has this document type, number and name.")


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who is to administer: document and name as typed; ``is_existing`` when the person has an account already."""

    document_type: str
    number: str
    name: str
    phone: str = ""
    email: str = ""
    is_existing: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """As what somebody administers: the super administrator without a role, anybody else with one."""

    role: Role | None = None
    department_id: int | None = None
    is_inner: bool = False


SUPER = Seat()


@dataclass(frozen=True, slots=True)
class Appointed:
    """An organisation with its first administrator; ``one_time`` is the password to be shown once, None for an offer."""

    organisation: Organisation
    post: Post
    one_time: str | None


def create_with_administrator(session: Session, actor: Actor, new: NewOrganisation, who: FirstAdministrator) -> Appointed:
    """Create an organisation of the actor's subtree together with its first administrator, or neither.

    Raises what ``create_organisation`` raises; FieldErrors name the fields of both, those of the person with the
    prefix ``administrator_``.
    """
    errors: dict[str, DomainError] = {}
    number: Number | None = None
    try:
        number = check(who)
    except FieldErrors as refusal:
        errors.update(refusal.errors)
    try:
        organisation = create_organisation(session, actor, new)
    except FieldErrors as refusal:
        raise FieldErrors({**refusal.errors, **errors}) from None
    if errors or number is None:
        raise FieldErrors(errors)
    return _appoint(session, actor, organisation, who, number, SUPER)


def appoint_first(session: Session, actor: Actor, organisation: Organisation, who: FirstAdministrator) -> Appointed:
    """Appoint the super administrator of an organisation of the scope that has none.

    A new account gets a one-time password; an existing one gets the post once its holder confirms at the next login.
    Raises NotAllowed, Conflict for an organisation that has one, and FieldErrors with the prefix ``administrator_``.
    """
    number = check(who)
    actor.require(Permission.ORGANISATIONS_MANAGE)
    if session.scalars(
        select(Post.id).where(Post.organisation_id == organisation.id, Post.is_super, Post.state != PostState.ENDED)
    ).first():
        raise Conflict(N_("This organisation has a super administrator already."))
    return _appoint(session, actor, organisation, who, number, SUPER)


def appoint_with_role(
    session: Session, actor: Actor, organisation: Organisation, who: FirstAdministrator, seat: Seat
) -> Appointed:
    """Appoint an administrator with a role of an organisation of the scope: the own one, or one below.

    A new account gets a one-time password; an existing one gets the post once its holder confirms at the next login.
    Raises NotAllowed, also for a role that holds more than the actor's own, and FieldErrors with the prefix ``administrator_``.
    """
    number = check(who)
    is_own = organisation.id == actor.organisation_id
    actor.require(Permission.ADMINISTRATORS_MANAGE if is_own else Permission.ORGANISATIONS_MANAGE)
    if seat.role is None or seat.role.organisation_id != organisation.id:
        raise NotFound
    if exceeds(actor, seat.role) or (actor.is_inner and not seat.is_inner):
        raise NotAllowed(N_("You can only grant what your own role holds."))
    return _appoint(session, actor, organisation, who, number, seat)


def check(who: FirstAdministrator) -> Number:
    """Return the checked number of a person; raises FieldErrors with the prefix ``administrator_``."""
    errors: dict[str, DomainError] = {}
    number: Number | None = None
    attempt(errors, "administrator_name", lambda: names.given(who.name))
    try:
        number = numbers.check(who.document_type, who.number, today=today())
    except Invalid as refusal:
        errors["administrator_number"] = refusal
    if errors or number is None:
        raise FieldErrors(errors)
    return number


def _appoint(
    session: Session, actor: Actor, organisation: Organisation, who: FirstAdministrator, number: Number, seat: Seat
) -> Appointed:
    shown: str | None = None
    if who.is_existing:
        account = _existing(session, who, number)
        live = (Post.account_id == account.id, Post.organisation_id == organisation.id, Post.state != PostState.ENDED)
        if session.scalar(select(Post.id).where(*live)) is not None:
            raise FieldErrors({"administrator_number": Conflict(HAS_POST)})
    else:
        account, shown = _created(session, actor, who, number)
    post = Post(
        account_id=account.id,
        organisation_id=organisation.id,
        path=organisation.path,
        name=account.name,
        number_masked=account.number_masked,
        phone=who.phone.strip() or account.phone,
        email=who.email.strip(),
        role_id=seat.role.id if seat.role else None,
        department_id=seat.department_id,
        is_super=seat.role is None,
        is_inner=seat.is_inner,
        state=PostState.OFFERED if who.is_existing else PostState.ACTIVE,
    )
    session.add(post)
    tell(session, actor, [organisation.id])
    history.record(
        session,
        actor,
        "organisation",
        [organisation.id],
        "offer_post" if who.is_existing else "appoint",
        changes={"administrator": [None, account.name], **({"role": [None, seat.role.name]} if seat.role else {})},
    )
    return Appointed(organisation, post, shown)


def _created(session: Session, actor: Actor, who: FirstAdministrator, number: Number) -> tuple[Account, str]:
    new = NewAccount(who.document_type, number, names.given(who.name), who.phone.strip(), who.email.strip())
    try:
        return create_with_one_time(session, actor, new)
    except Conflict as refusal:
        raise FieldErrors({"administrator_number": refusal}) from None


def _existing(session: Session, who: FirstAdministrator, number: Number) -> Account:
    with scope.acting(session, "read_accounts"):
        account = find_account(session, who.document_type, number.value)
    if account is None or not fits(session, account, who):
        raise FieldErrors({"administrator_number": Invalid(NOBODY_FITS)})
    return account


def fits(session: Session, account: Account, who: FirstAdministrator) -> bool:
    """Say whether an existing account is the one that is named; for nobody else may more be told than that it is not."""
    # One answer for another's name and somebody whom no organisation has verified yet (a registration that waits proves
    # nothing): neither form nor sheet must tell whose number it is.
    return account.active and _is_verified(session, account) and names.same(account.name, who.name)


def _is_verified(session: Session, account: Account) -> bool:
    """Say whether the account's holder acts in a position already: as a professional, an administrator or support."""
    with scope.acting(session, "read_positions"):
        post = select(Post.id).where(Post.account_id == account.id, Post.state == PostState.ACTIVE)
        profile = select(Professional.id).where(
            Professional.account_id == account.id, Professional.state == ProfessionalState.ACTIVE
        )
        return account.is_support or any(session.scalar(found.limit(1)) is not None for found in (post, profile))
