"""The forgotten password: a link by e-mail that works once, for half an hour. The answer never tells who is registered."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import crypto
from models.access import Actor, PositionKind
from models.base import utcnow
from models.errors import N_, Invalid
from models.outbox import OutboxMail
from models.people.accounts import check_twice, find_account, number_hash, set_own_password, typed_number
from models.people.login import count_attempt, forgive
from models.people.tables import Account
from models.scope import system_session
from models.transaction import unit_of_work

VALID = dt.timedelta(minutes=30)
MAIL = N_("Somebody asked for a new password for your account. The link works once, for 30 minutes: %(link)s")
BAD_LINK = N_("This link has been used or has expired; please ask for a new one.")


def send_link(document_type: str, number: str, email: str, *, address: str, language: str) -> None:
    """Write the mail with the link when number and e-mail address belong together; do nothing visible otherwise."""
    # Counted for known and unknown numbers, so that both cost a write and nobody's mailbox is flooded.
    if not count_attempt(crypto.keyed_hash(f"forgotten:{typed_number(document_type, number)}")):
        return
    with system_session() as session, unit_of_work(session):
        account = find_account(session, document_type, number)
        if account is None or not account.active or not _same_address(account.email, email):
            return
        link = f"{address}?k={_token(account)}"
        session.add(OutboxMail(to_address=account.email, message_id=MAIL, params={"link": link}, language=language))


def _same_address(stored: str, typed: str) -> bool:
    known, given = stored.strip().casefold(), typed.strip().casefold()
    return bool(known) and hmac.compare_digest(known.encode(), given.encode())


@dataclass(frozen=True, slots=True)
class _Link:
    account_id: int
    uniquifier: str
    until: dt.datetime


def _token(account: Account) -> str:
    content = json.dumps([account.id, account.fs_uniquifier, (utcnow() + VALID).timestamp()])
    return base64.urlsafe_b64encode(crypto.encrypt(content).encode()).decode().rstrip("=")


def _read(token: str) -> _Link:
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        account_id, uniquifier, until = json.loads(crypto.decrypt(sealed))
    except (ValueError, crypto.CryptoError):
        raise Invalid(BAD_LINK) from None
    return _Link(account_id, uniquifier, dt.datetime.fromtimestamp(until, dt.UTC))


def _account_of(session: Session, token: str) -> Account:
    link = _read(token)
    account = session.scalars(select(Account).where(Account.id == link.account_id).with_for_update()).first()
    if account is None or not account.active or account.fs_uniquifier != link.uniquifier or link.until < utcnow():
        raise Invalid(BAD_LINK)
    return account


def check_link(token: str) -> None:
    """Raise Invalid unless the link can still be used."""
    with system_session() as session:
        _account_of(session, token)


def set_password(token: str, *, new: str, again: str) -> None:
    """Set the password of the link's account, use the link up and end every session; raises Invalid or FieldErrors."""
    with system_session() as session, unit_of_work(session):
        account = _account_of(session, token)
        check_twice(account.number, new=new, again=again)
        actor = Actor(account.id, account.name, PositionKind.PROFESSIONAL, "")
        set_own_password(session, actor, account, new)
        hashed = number_hash(account.number)
    forgive(hashed)
