"""Accounts: made once for a person, found by number, proved by password; their passwords set, changed and reset."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import crypto, history, scope
from models.access import Actor
from models.base import utcnow
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid
from models.people import numbers, passwords
from models.people.numbers import DocumentType, Number
from models.people.sessions import end_sessions
from models.people.tables import Account, FirstPassword

LAST_SIX_DAYS = 30
NUMBER_REGISTERED = N_("This number is registered; please tick “Already a user of this system”.")
_CITIZEN_TYPES = frozenset(
    {
        DocumentType.ID_CARD,
        DocumentType.TEMPORARY_ID_CARD,
        DocumentType.HOUSEHOLD_REGISTER,
        DocumentType.HONG_KONG_MACAO_RESIDENT,
        DocumentType.TAIWAN_RESIDENT,
    }
)


def number_hash(value: str) -> str:
    """Return the keyed hash by which a normalised number is found."""
    return crypto.keyed_hash(value)


def typed_number(document_type: str, text: str) -> str:
    """Return what somebody typed as it is stored and searched; checks nothing, so that look-ups tell nothing."""
    value = numbers.normalise(text)
    is_old = len(value) == 15 and value.isascii() and value.isdigit()
    return numbers.from_old_form(value) if is_old and document_type in _CITIZEN_TYPES else value


def make_uniquifier(now: dt.datetime) -> str:
    """Return what a login's cookie must name: 128 random bits, behind the time.

    The index on it then grows at its end: with the bits alone an import of 500 people touched 500 more pages of it.
    """
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(16)}"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of; ``first`` None means that ``password`` is the holder's own."""

    document_type: str
    number: Number
    name: str
    phone: str = ""
    email: str = ""
    password: str | None = None
    first: FirstPassword | None = None
    hashed: str = ""  # the number, where that has been done already


def account_row(new: NewAccount) -> dict[str, Any]:
    """Return the columns of a new account, as ``scope.bulk_insert`` takes them; hashes only where there is a password."""
    value = new.number.value
    now = utcnow()
    return {
        "document_type": new.document_type,
        "number": value,
        "number_hash": new.hashed or number_hash(value),
        "number_masked": numbers.masked(value),
        "name": new.name,
        "phone": new.phone,
        "email": new.email,
        "password_hash": passwords.hash_password(new.password) if new.password is not None else None,
        "first_password": new.first.value if new.first else None,
        "first_password_until": now + dt.timedelta(days=LAST_SIX_DAYS) if new.first else None,
        "must_change": new.first is not None,
        "password_changed_at": None if new.first else now,
        "fs_uniquifier": make_uniquifier(now),
        "active": True,
        "is_support": False,
        "created_at": now,
    }


def create_account(session: Session, actor: Actor, new: NewAccount) -> Account:
    """Create the account of a person; raises Conflict when the document type and number have one already."""
    with scope.acting(session, "create_account"):
        if find_account(session, new.document_type, new.number.value) is not None:
            raise Conflict(NUMBER_REGISTERED)
        account = Account(**account_row(new))
        session.add(account)
        session.flush()
    history.record(session, actor, "account", [account.id], "create")
    return account


def create_with_one_time(session: Session, actor: Actor, new: NewAccount) -> tuple[Account, str]:
    """Create the account of an administrator or of support; return it and its one-time password, to be shown once."""
    shown = passwords.make_one_time()
    first = FirstPassword.ONE_TIME
    account = create_account(
        session, actor, NewAccount(new.document_type, new.number, new.name, new.phone, new.email, shown, first)
    )
    return account, shown


def find_account(session: Session, document_type: str, text: str) -> Account | None:
    """Return the account of a number in a system session or inside an operation that reads accounts."""
    hashed = number_hash(typed_number(document_type, text))
    statement = select(Account).where(Account.document_type == document_type, Account.number_hash == hashed)
    return session.scalars(statement).first()


def is_right_password(account: Account | None, password: str) -> bool:
    """Say whether *password* is the account's, its own or a first one still valid; costs one hash in every case."""
    stored = account.password_hash if account else None
    fits = passwords.matches_hash(password, stored)
    if account is None or not account.active:
        return False
    if account.first_password is None:
        return fits
    if account.first_password_until is None or account.first_password_until <= utcnow():
        return False
    return passwords.matches_last_six(password, account.number) if account.first_password == FirstPassword.LAST_SIX else fits


def is_present_password(account: Account, password: str) -> bool:
    """Say whether *password* is what the holder, who is logged in, uses now: a one-time one counts though it was used."""
    fits = passwords.matches_hash(password, account.password_hash)
    return passwords.matches_last_six(password, account.number) if account.first_password == FirstPassword.LAST_SIX else fits


def change_password(session: Session, actor: Actor, *, old: str, new: str, again: str) -> None:
    """Set the actor's own new password after the old one is proved; ends every session of the account.

    Raises FieldErrors for the fields ``old``, ``new`` and ``again``.
    """
    with scope.acting(session, "read_accounts"):
        account = session.scalars(select(Account).where(Account.id == actor.account_id)).one()
    if not is_present_password(account, old):
        raise FieldErrors({"old": Invalid(N_("The current password is wrong."))})
    check_twice(account.number, new=new, again=again, old=old)
    set_own_password(session, actor, account, new)


def check_twice(number: str, *, new: str, again: str, old: str | None = None) -> None:
    """Raise FieldErrors for the fields ``new`` and ``again`` unless a password may be set that was typed twice."""
    errors: dict[str, DomainError] = {}
    try:
        passwords.check_new(new, number=number)
    except Invalid as refusal:
        errors["new"] = refusal
    if new == old and not errors:
        errors["new"] = Invalid(N_("The new password must differ from the current one."))
    if new != again:
        errors["again"] = Invalid(N_("The two passwords differ."))
    if errors:
        raise FieldErrors(errors)


def set_own_password(session: Session, actor: Actor, account: Account, new: str) -> None:
    """Store a password that its holder chose, and end every session of the account."""
    _set(
        session,
        account,
        {
            "password_hash": passwords.hash_password(new),
            "first_password": None,
            "first_password_until": None,
            "must_change": False,
            "password_changed_at": utcnow(),
        },
    )
    end_sessions(session, account.id)
    history.record(session, actor, "account", [account.id], "change_password")


def give_first_password(session: Session, account: Account, kind: FirstPassword) -> str | None:
    """Replace the password by a first one and end every session; return a one-time password, None for the last six."""
    shown = passwords.make_one_time() if kind is FirstPassword.ONE_TIME else None
    _set(
        session,
        account,
        {
            "password_hash": passwords.hash_password(shown) if shown else None,
            "first_password": kind,
            "first_password_until": utcnow() + dt.timedelta(days=LAST_SIX_DAYS),
            "must_change": True,
        },
    )
    end_sessions(session, account.id)
    return shown


def _set(session: Session, account: Account, values: Mapping[str, Any]) -> None:
    with scope.acting(session, "set_password"):
        for name, value in values.items():
            setattr(account, name, value)
        account.fs_uniquifier = make_uniquifier(utcnow())
        session.flush()
