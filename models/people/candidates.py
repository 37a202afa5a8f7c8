"""Who is to become an administrator, in one of three ways: checked and proved before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import scope
from models.access import Actor, Permission
from models.base import today
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid
from models.org.tables import Department
from models.people import contacts, names, numbers, passwords
from models.people.accounts import NUMBER_REGISTERED, find_account
from models.people.login import WrongCredentials, prove
from models.people.tables import Post, PostState, Professional, ProfessionalState
from models.people.typed import attempt

HAS_POST = N_("This person is an administrator of the organisation already.")


class Way(StrEnum):
    """How somebody becomes an administrator."""

    OWN = "own"  # 选择成为管理员: one of the organisation's people
    NEW = "new"  # 注册成为管理员: a new account
    EXISTING = "existing"  # 添加成为管理员: an account whose password is typed


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who is to become an administrator, as typed; ``person_id`` for one of the own people."""

    way: Way
    department_id: int | None
    person_id: int | None = None
    document_type: str = ""
    number: str = ""
    password: str = ""
    again: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    landline: str = ""
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A candidate that was found good: what the second step keeps on the server; of a password only its hash."""

    way: Way
    department_id: int | None
    account_id: int = 0
    document_type: str = ""
    number: str = ""
    password_hash: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    landline: str = ""
    is_inner: bool = False


def check(session: Session, actor: Actor, candidate: Candidate) -> Checked:
    """Return a candidate of the actor's own organisation, proved; raises NotAllowed and FieldErrors.

    To be called before a writing transaction: wrong passwords are counted in transactions of their own.
    """
    actor.require(Permission.ADMINISTRATORS_MANAGE)
    errors: dict[str, DomainError] = {}
    if department_of(session, actor, candidate.department_id) is None:
        errors["department_id"] = Invalid(N_("Choose the department."))
    look = {Way.OWN: _own, Way.NEW: _new, Way.EXISTING: _existing}[candidate.way]
    found = look(session, actor, candidate, errors)
    if errors or found is None:
        raise FieldErrors(errors)
    return found


def department_of(session: Session, actor: Actor, department_id: int | None) -> Department | None:
    """Return an enabled department of the actor's own organisation."""
    return session.scalars(
        select(Department).where(
            Department.id == (department_id or 0), Department.organisation_id == actor.organisation_id, Department.is_enabled
        )
    ).first()


def has_post(session: Session, actor: Actor, account_id: int) -> bool:
    """Say whether an account administers the actor's own organisation."""
    live = select(Post.id).where(
        Post.account_id == account_id, Post.organisation_id == actor.organisation_id, Post.state != PostState.ENDED
    )
    return session.scalar(live) is not None


def _own(session: Session, actor: Actor, candidate: Candidate, errors: dict[str, DomainError]) -> Checked | None:
    person = session.scalars(
        select(Professional).where(
            Professional.id == (candidate.person_id or 0),
            Professional.organisation_id == actor.organisation_id,
            Professional.state == ProfessionalState.ACTIVE,
        )
    ).first()
    if person is None:
        errors["person_id"] = Invalid(N_("Choose one of the people of your organisation."))
        return None
    if has_post(session, actor, person.account_id):
        errors["person_id"] = Conflict(HAS_POST)
    return Checked(
        Way.OWN,
        candidate.department_id,
        account_id=person.account_id,
        name=person.name,
        phone=person.phone,
        email=person.email,
        landline=person.landline,
        is_inner=candidate.is_inner,
    )


def _new(session: Session, _actor: Actor, candidate: Candidate, errors: dict[str, DomainError]) -> Checked | None:
    value = ""
    try:
        value = numbers.check(candidate.document_type, candidate.number, today=today()).value
        passwords.check_new(candidate.password, number=value)
    except Invalid as refusal:
        errors["password" if value else "number"] = refusal
    if candidate.password != candidate.again:
        errors["again"] = Invalid(N_("The two passwords differ."))
    name = attempt(errors, "name", lambda: names.given(candidate.name))
    reached = contacts.checked(errors, phone=candidate.phone, email=candidate.email, landline=candidate.landline)
    with scope.acting(session, "read_accounts"):
        if value and find_account(session, candidate.document_type, value) is not None:
            errors["number"] = Conflict(NUMBER_REGISTERED)
    if errors or name is None:
        return None
    return Checked(
        Way.NEW,
        candidate.department_id,
        document_type=candidate.document_type,
        number=value,
        password_hash=passwords.hash_password(candidate.password),
        name=name,
        phone=reached["phone"] or "",
        email=reached["email"] or "",
        landline=reached["landline"] or "",
        is_inner=candidate.is_inner,
    )


def _existing(session: Session, actor: Actor, candidate: Candidate, errors: dict[str, DomainError]) -> Checked | None:
    try:
        account = prove(candidate.document_type, candidate.number, candidate.password)
    except WrongCredentials as refusal:
        errors["number"] = refusal
        return None
    if account.must_change:
        errors["number"] = Invalid(N_("The holder changes the first password before becoming an administrator."))
    elif has_post(session, actor, account.id):
        errors["number"] = Conflict(HAS_POST)
    return Checked(
        Way.EXISTING,
        candidate.department_id,
        account_id=account.id,
        name=account.name,
        phone=account.phone,
        email=account.email,
        is_inner=candidate.is_inner,
    )
