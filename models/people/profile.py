"""What a professional changes of herself at once, without a review (维护个人基本信息)."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission
from models.base import today
from models.errors import N_, DomainError, FieldErrors, Invalid, NotFound
from models.org.tables import CodeEntry
from models.people import contacts
from models.people.numbers import DocumentType, Sex
from models.people.tables import Account, Professional
from models.people.typed import attempt

# Documents whose number holds the date of birth: it is read from there and not typed.
_TELL_BIRTH = frozenset(
    {
        DocumentType.ID_CARD,
        DocumentType.TEMPORARY_ID_CARD,
        DocumentType.HOUSEHOLD_REGISTER,
        DocumentType.HONG_KONG_MACAO_RESIDENT,
        DocumentType.TAIWAN_RESIDENT,
    }
)
_EARLIEST_BIRTH = dt.date(1900, 1, 1)
_SHOULD_HAVE = ("phone", "email", "ethnic_group")


@dataclass(frozen=True, slots=True)
class BasicData:
    """What the form 基本信息修改 sends, as it was typed; ``birth_on`` None leaves it as it is."""

    sex: str
    phone: str
    email: str
    birth_on: dt.date | None = None
    ethnic_group: str = ""
    landline: str = ""
    field_of_work: str = ""
    admin_post: str = ""
    admin_rank: str = ""
    is_postdoc: bool = False


def own_profile(session: Session, actor: Actor) -> Professional:
    """Return the professional that the actor is; raises NotFound."""
    found = session.scalars(select(Professional).where(Professional.id == (actor.person_id or 0))).first()
    if found is None:
        raise NotFound
    return found


def may_set_birth(person: Professional) -> bool:
    """Say whether the date of birth is typed: only where the document's number does not hold it."""
    return person.document_type not in _TELL_BIRTH


def missing(person: Professional) -> list[str]:
    """Name the columns that a person who was imported should still fill in."""
    return [name for name in _SHOULD_HAVE if not getattr(person, name)]


def update_basic(session: Session, actor: Actor, data: BasicData) -> Professional:
    """Save the person's own basic data at once, with history; the account's phone and e-mail follow.

    Raises FieldErrors, keys as in ``BasicData``; nothing is changed then.
    """
    actor.require(Permission.PORTAL)
    person = own_profile(session, actor)
    return _save(session, actor, person, _checked(session, person, data))


def update_contact(session: Session, actor: Actor, *, phone: str, email: str, landline: str) -> Professional:
    """Save the person's own contact at once, as ``update_basic`` does with the rest; raises FieldErrors."""
    actor.require(Permission.PORTAL)
    checks: dict[str, Callable[[], Any]] = {
        "phone": lambda: contacts.check_mobile(phone),
        "email": lambda: contacts.check_email(email),
        "landline": lambda: contacts.check_landline(landline),
    }
    return _save(session, actor, own_profile(session, actor), _all_of(checks))


def _save(session: Session, actor: Actor, person: Professional, values: Mapping[str, Any]) -> Professional:
    changes = {
        name: [plain(getattr(person, name)), plain(value)] for name, value in values.items() if getattr(person, name) != value
    }
    if not changes:
        return person
    for name in changes:
        setattr(person, name, values[name])
    session.flush()
    history.record(session, actor, "professional", [person.id], "edit_basic", changes=changes)
    if changes.keys() & {"phone", "email"}:
        _set_contact(session, person)
    return person


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _set_contact(session: Session, person: Professional) -> None:
    """Let the account, by which a forgotten password is reset, have the same phone and e-mail."""
    with scope.acting(session, "set_contact"):
        account = session.scalars(select(Account).where(Account.id == person.account_id)).one()
        account.phone, account.email = person.phone, person.email


def _checked(session: Session, person: Professional, data: BasicData) -> Mapping[str, Any]:
    """Return the columns to set, each in its normal form; raises FieldErrors."""
    checks: dict[str, Callable[[], Any]] = {
        "sex": lambda: _sex(data.sex),
        "phone": lambda: contacts.check_mobile(data.phone),
        "email": lambda: contacts.check_email(data.email),
        "landline": lambda: contacts.check_landline(data.landline),
        "field_of_work": lambda: _short(data.field_of_work, 100),
        "admin_post": lambda: _short(data.admin_post, 100),
        "ethnic_group": lambda: _code(session, "nationality", data.ethnic_group),
        "admin_rank": lambda: _code(session, "admin_rank", data.admin_rank),
    }
    if may_set_birth(person):
        checks["birth_on"] = lambda: _birth(data.birth_on)
    return {"is_postdoc": data.is_postdoc} | _all_of(checks)


def _all_of(checks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what each check gives; raises FieldErrors with everything that one of them refused."""
    errors: dict[str, DomainError] = {}
    values = {name: attempt(errors, name, check) for name, check in checks.items()}
    if errors:
        raise FieldErrors(errors)
    return values


def _sex(value: str) -> str:
    if value not in set(Sex):
        raise Invalid(N_("Choose the sex."))
    return value


def _birth(value: dt.date | None) -> dt.date | None:
    if value is not None and not _EARLIEST_BIRTH <= value <= today():
        raise Invalid(N_("The date of birth lies in the future, or is too long ago."))
    return value


def _short(text: str, length: int) -> str:
    value = " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text).split())
    if len(value) > length:
        raise Invalid(N_("At most %(n)s characters fit here."), n=length)
    return value


def _code(session: Session, list_name: str, code: str) -> str | None:
    """Return a code of a list, None for nothing chosen; raises Invalid."""
    if not code:
        return None
    if not code.isalnum():
        raise Invalid(N_("Choose an entry of the list."))
    found = session.scalar(select(CodeEntry.code).where(CodeEntry.list_name == list_name, CodeEntry.code == code))
    if found is None:
        raise Invalid(N_("Choose an entry of the list."))
    return found
