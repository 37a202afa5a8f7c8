"""Logging in: what is counted, what is locked, what is answered. Every failure answers the same sentence.

The attempt is counted before the password is hashed and forgotten when the password was right, so that many attempts
at once cannot pass the lock. Each transaction here is one of its own: it must outlive whatever the request does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.access import PositionKind
from models.base import utcnow
from models.errors import N_, DomainError
from models.org.tables import Organisation, OrganisationState
from models.people import passwords
from models.people.accounts import find_account, is_right_password, number_hash, typed_number
from models.people.positions import Position, Standing, positions_of
from models.people.sessions import open_session
from models.people.tables import Account, FirstPassword, LoginFailure, Post, Professional, ProfessionalState
from models.scope import system_session
from models.transaction import unit_of_work

MOST_FAILURES = 5
LOCK = dt.timedelta(minutes=15)
FORGET_AFTER = dt.timedelta(days=1)
NOT_REVIEWED = N_("This account has not been reviewed yet.")


class WrongCredentials(DomainError):
    """Number or password do not fit, or the number is locked: the three are never told apart."""

    def __init__(self) -> None:
        super().__init__(N_("Wrong account or password."))


class PositionRefused(DomainError):
    """The password was right, but the position asked for cannot be used."""


class NoSuchPosition(PositionRefused):
    """The account holds no position of the user type; ``kinds`` are those that it holds."""

    def __init__(self, kinds: Sequence[PositionKind]) -> None:
        super().__init__(N_("You do not hold this user type."))
        self.kinds = tuple(kinds)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was typed into the login window."""

    document_type: str
    number: str
    password: str
    kind: PositionKind
    is_remembered: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A login that succeeded: the token goes into the cookie, the key is empty where a choice must follow."""

    token: str
    account: Account  # detached
    position_key: str


def log_in(attempt: Attempt) -> Entry:
    """Prove the password and open a session on the server; raises WrongCredentials or PositionRefused."""
    account = prove(attempt.document_type, attempt.number, attempt.password)
    with system_session() as session:
        position_key = _choose(session, account, attempt.kind)
    with system_session() as session, unit_of_work(session):
        row = session.scalars(select(Account).where(Account.id == account.id).with_for_update()).one()
        if not _spend(row, attempt.password):
            raise WrongCredentials
        row.last_login_at = utcnow()
        token = open_session(session, row.id, position_key, is_remembered=attempt.is_remembered)
    return Entry(token, row, position_key)


def prove(document_type: str, number: str, password: str) -> Account:
    """Return the detached account whose password this is; raises WrongCredentials and counts the failure."""
    hashed = number_hash(typed_number(document_type, number))
    if not count_attempt(hashed):
        raise WrongCredentials
    with system_session() as session:
        account = find_account(session, document_type, number)
    if not is_right_password(account, password) or account is None:
        raise WrongCredentials
    forgive(hashed)
    return account


def count_attempt(hashed: str) -> bool:
    """Count an attempt on a number, known or not, in a transaction of its own; False when it is locked."""
    try:
        return _count_once(hashed)
    except IntegrityError:  # two first attempts at once: now the row is there
        return _count_once(hashed)


def _count_once(hashed: str) -> bool:
    now = utcnow()
    with system_session() as session, unit_of_work(session):
        row = session.get(LoginFailure, hashed, with_for_update=True)
        if row is None:
            session.execute(
                delete(LoginFailure).where(LoginFailure.first_at < now - FORGET_AFTER),
                execution_options={"synchronize_session": False},
            )
            row = LoginFailure(number_hash=hashed, n_failures=0, first_at=now)
            session.add(row)
        if row.locked_until is not None and row.locked_until > now:
            return False
        if row.locked_until is not None or now - row.first_at > LOCK:
            row.n_failures, row.first_at, row.locked_until = 0, now, None
        row.n_failures += 1
        if row.n_failures >= MOST_FAILURES:
            row.locked_until = now + LOCK
    return True


def forgive(hashed: str) -> None:
    """Forget the failures of a number, and with them its lock."""
    with system_session() as session, unit_of_work(session):
        session.execute(
            delete(LoginFailure).where(LoginFailure.number_hash == hashed), execution_options={"synchronize_session": False}
        )


def _spend(account: Account, password: str) -> bool:
    """Use up a one-time password, and bring an old hash up to date; False when somebody spent it a moment ago."""
    if account.first_password == FirstPassword.ONE_TIME:
        now = utcnow()
        if account.first_password_until is None or account.first_password_until <= now:
            return False
        account.first_password_until = now
    elif account.password_hash and passwords.needs_rehash(account.password_hash):
        account.password_hash = passwords.hash_password(password)
    return True


def _choose(session: Session, account: Account, kind: PositionKind) -> str:
    """Return the position's key, empty where several fit or an offer must be confirmed first; raises PositionRefused."""
    held = positions_of(session, account)
    of_kind = [p for p in held if p.kind is kind]
    usable = [p for p in of_kind if p.is_usable]
    if len(usable) == 1:
        return usable[0].key
    if not usable and not any(p.standing is Standing.OFFERED for p in of_kind):
        raise _refusal(session, account, kind, held)
    return ""


def _refusal(session: Session, account: Account, kind: PositionKind, held: Sequence[Position]) -> PositionRefused:
    standings = {p.standing for p in held if p.kind is kind}
    if Standing.PENDING in standings:
        return PositionRefused(NOT_REVIEWED)
    if Standing.DISABLED in standings:
        return PositionRefused(N_("This position has been disabled; please contact the superior administrator."))
    reason = _rejection(session, account.id) if kind is PositionKind.PROFESSIONAL else _refused_unit(session, account.id, kind)
    if reason is not None:
        return PositionRefused(N_("Your registration was rejected: %(reason)s"), reason=reason)
    return NoSuchPosition(list(dict.fromkeys(p.kind for p in held if p.is_usable)))


def _rejection(session: Session, account_id: int) -> str | None:
    latest = select(Professional.state, Professional.rejection_reason).where(Professional.account_id == account_id)
    row = session.execute(latest.order_by(Professional.id.desc()).limit(1)).first()
    return row.rejection_reason if row is not None and row.state == ProfessionalState.REJECTED else None


def _refused_unit(session: Session, account_id: int, kind: PositionKind) -> str | None:
    """Return why the organisation that the account registered last was rejected, None when it was not."""
    latest = (
        select(Organisation.state, Organisation.rejection_reason)
        .join(Post, Post.organisation_id == Organisation.id)
        .where(Post.account_id == account_id, Organisation.kind == kind.value)
    )
    row = session.execute(latest.order_by(Post.id.desc()).limit(1)).first()
    return row.rejection_reason if row is not None and row.state == OrganisationState.REJECTED else None
