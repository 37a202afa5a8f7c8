"""Logins on the server: a row for each, found by the hash of a random token, ended at once when something ends it."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import Session, load_only

from models import scope
from models.base import utcnow
from models.people.positions import Position, positions_of
from models.people.tables import Account, WebSession
from models.scope import system_session
from models.transaction import unit_of_work

IDLE = dt.timedelta(hours=2)
LONGEST = dt.timedelta(hours=12)
REMEMBERED_IDLE = dt.timedelta(days=14)
REMEMBERED_LONGEST = dt.timedelta(days=30)
SEEN_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Login:
    """One login as it stands at this moment: whose, in which position, and which others the person holds."""

    session_id: int
    account: Account  # detached, without its number
    position_key: str
    positions: tuple[Position, ...]
    last_seen_at: dt.datetime
    is_remembered: bool = False

    @property
    def position(self) -> Position | None:
        """Return the position in use, unless it was removed, disabled or never chosen."""
        return next((p for p in self.positions if p.key == self.position_key and p.is_usable), None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(session: Session, account_id: int, position_key: str, *, is_remembered: bool) -> str:
    """Write a new login in a system session and return its token; sweeps away the account's dead ones."""
    now = utcnow()
    dead = or_(WebSession.ended_at.is_not(None), WebSession.created_at < now - REMEMBERED_LONGEST)
    session.execute(
        delete(WebSession).where(WebSession.account_id == account_id, dead), execution_options={"synchronize_session": False}
    )
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=_hash(token),
            account_id=account_id,
            position_key=position_key,
            is_remembered=is_remembered,
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    return token


# Made once: every request asks it, and making a statement takes as long as its answer.
_LOGIN = (
    select(WebSession, Account)
    .join(Account, Account.id == WebSession.account_id)
    .where(WebSession.token_hash == bindparam("token_hash"), WebSession.ended_at.is_(None), Account.active)
    .options(
        load_only(
            Account.id,
            Account.document_type,
            Account.number_masked,
            Account.name,
            Account.fs_uniquifier,
            Account.active,
            Account.must_change,
            Account.is_support,
        )
    )
)


def find_login(token: str) -> Login | None:
    """Return the login of *token* as it stands now; None when it was ended, is too old, or its account is closed."""
    with system_session() as session:
        found = session.execute(_LOGIN, {"token_hash": _hash(token)}).first()
        if found is None or not _is_alive(found[0]):
            return None
        row, account = found
        positions = positions_of(session, account)
    return Login(row.id, account, row.position_key, tuple(positions), row.last_seen_at, row.is_remembered)


def _is_alive(row: WebSession) -> bool:
    now = utcnow()
    idle, longest = (REMEMBERED_IDLE, REMEMBERED_LONGEST) if row.is_remembered else (IDLE, LONGEST)
    return now - row.last_seen_at <= idle and now - row.created_at <= longest


def mark_seen(login: Login) -> None:
    """Note that the login is in use, at most once a minute, in a transaction of its own."""
    now = utcnow()
    if now - login.last_seen_at >= SEEN_EVERY:
        _update(login.session_id, last_seen_at=now)


def use_position(login: Login, position_key: str) -> None:
    """Keep the position that the login uses from now on, in a transaction of its own."""
    _update(login.session_id, position_key=position_key)


def renew(login: Login) -> tuple[str, Account]:
    """Open a new login in the same position after every other was ended; return its token and the account as it is now."""
    with system_session() as session, unit_of_work(session):
        token = open_session(session, login.account.id, login.position_key, is_remembered=login.is_remembered)
        account = session.scalars(select(Account).where(Account.id == login.account.id)).one()
    return token, account


def end_login(login: Login) -> None:
    """End one login (logout), in a transaction of its own."""
    _update(login.session_id, ended_at=utcnow())


def _update(session_id: int, **values: object) -> None:
    with system_session() as session, unit_of_work(session):
        session.execute(
            update(WebSession).where(WebSession.id == session_id).values(**values),
            execution_options={"synchronize_session": False},
        )


def end_sessions(session: Session, account_id: int) -> None:
    """End every login of an account in the running transaction (change of password, reset, closing)."""
    _end(session, WebSession.account_id == account_id)


def end_sessions_in(session: Session, position_keys: Collection[str]) -> None:
    """End the logins that use one of these positions in the running transaction (a post removed or disabled)."""
    _end(session, WebSession.position_key.in_(sorted(position_keys)))


def _end(session: Session, condition: object) -> None:
    with scope.acting(session, "end_sessions"):
        session.execute(
            update(WebSession).where(condition, WebSession.ended_at.is_(None)).values(ended_at=utcnow()),  # type: ignore[arg-type]
            execution_options={"synchronize_session": False},
        )
