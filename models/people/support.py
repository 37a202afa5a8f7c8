"""The support desk: find an account by its exact number, check who asks, reset a password, lift a lock. All in the history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission, PositionKind
from models.base import utcnow
from models.errors import N_, Invalid, NotAllowed, NotFound
from models.history import HistoryEntry
from models.org.settings import SettingKey, setting
from models.people import names
from models.people.accounts import find_account, give_first_password
from models.people.positions import Position, positions_of
from models.people.tables import Account, FirstPassword, LoginFailure, NameToken, Post, Professional, ProfessionalState
from models.pinyin import name_tokens
from models.scope import acting, bulk_insert


class Check(StrEnum):
    """What support compares with the person on the phone before anything is done."""

    NAME = "name"
    ORGANISATION = "organisation"
    BIRTH = "birth"
    PHONE = "phone"


ENOUGH_CHECKS = 3
"""The name and two more."""


@dataclass(frozen=True, slots=True)
class Found:
    """One account as the support desk shows it: what the check list needs, nothing of the password."""

    account_id: int
    name: str
    document_type: str
    number_masked: str
    organisations: tuple[str, ...]
    birth_on: dt.date | None
    phone_tail: str
    email_hint: str
    positions: tuple[Position, ...]
    person_id: int | None
    person_state: ProfessionalState | None
    locked_until: dt.datetime | None
    must_change: bool
    last_login_at: dt.datetime | None
    is_active: bool

    @property
    def has_administration(self) -> bool:
        """Say whether the account holds a post or is support: it never gets the last six."""
        return any(p.kind is not PositionKind.PROFESSIONAL for p in self.positions)


def find_by_number(session: Session, actor: Actor, document_type: str, number: str) -> int:
    """Return the id of the account with exactly this number; raises NotFound."""
    actor.require(Permission.SUPPORT_FIND)
    with acting(session, "read_accounts"):
        account = find_account(session, document_type, number)
    if account is None:
        raise NotFound(N_("No account has this document type and number."))
    return account.id


def look_at(session: Session, actor: Actor, account_id: int) -> Found:
    """Return what support sees of an account that it has found by its number; raises NotFound."""
    actor.require(Permission.SUPPORT_FIND)
    account = _account(session, account_id)
    with acting(session, "read_accounts"):
        failure = session.get(LoginFailure, account.number_hash)
        positions = positions_of(session, account)
    person = session.scalars(
        select(Professional).where(Professional.account_id == account.id).order_by(Professional.id.desc()).limit(1)
    ).first()
    locked = failure.locked_until if failure is not None else None
    organisations = [p.actor.organisation_name for p in positions if p.actor.organisation_name]
    if person is not None and person.organisation_name:
        organisations.append(person.organisation_name)
    return Found(
        account_id=account.id,
        name=account.name,
        document_type=account.document_type,
        number_masked=account.number_masked,
        organisations=tuple(dict.fromkeys(organisations)),
        birth_on=person.birth_on if person else None,
        phone_tail=account.phone[-4:],
        email_hint=_hint(account.email),
        positions=tuple(positions),
        person_id=person.id if person else None,
        person_state=person.state if person else None,
        locked_until=locked if locked is not None and locked > utcnow() else None,
        must_change=account.must_change,
        last_login_at=account.last_login_at,
        is_active=account.active,
    )


def checks_for(found: Found) -> tuple[Check, ...]:
    """Return what can be compared: only what is known of the person."""
    known = {
        Check.NAME: True,
        Check.ORGANISATION: bool(found.organisations),
        Check.BIRTH: found.birth_on is not None,
        Check.PHONE: bool(found.phone_tail),
    }
    return tuple(check for check, is_known in known.items() if is_known)


def check_identity(found: Found, ticked: Collection[str]) -> None:
    """Raise NotAllowed unless the name and two more are confirmed, or all where less is known."""
    offered = checks_for(found)
    confirmed = {c for c in offered if c.value in set(ticked)}
    if Check.NAME not in confirmed or len(confirmed) < min(ENOUGH_CHECKS, len(offered)):
        raise NotAllowed(N_("Check the identity first: the name and two more of the list."))


def reset_password(session: Session, actor: Actor, found: Found, *, checks: Collection[str], reason: str) -> str | None:
    """Give an account a first password after the identity check; return a one-time password, to be shown once.

    Returns None where the last six of the number are the first password: professionals, by the setting of their HR
    department. Administrators and support always get a one-time one.
    """
    actor.require(Permission.SUPPORT_RESET)
    _may_act_on(actor, found)
    check_identity(found, checks)
    text = _reason(reason)
    account = _account(session, found.account_id)
    kind = _first_password(session, found)
    shown = give_first_password(session, account, kind)
    _record(session, actor, found, "reset_password", text, checks, {"first_password": [None, kind.value]})
    return shown


def _first_password(session: Session, found: Found) -> FirstPassword:
    place = next((p.actor.path for p in found.positions if p.kind is PositionKind.PROFESSIONAL), "")
    if found.has_administration or not place:
        return FirstPassword.ONE_TIME
    return FirstPassword(setting(session, place, SettingKey.RESET_PASSWORD))


def unlock(session: Session, actor: Actor, found: Found, *, checks: Collection[str], reason: str) -> None:
    """Lift the lock of five wrong passwords after the identity check; raises Invalid for an account that is not locked."""
    actor.require(Permission.SUPPORT_UNLOCK)
    _may_act_on(actor, found)
    check_identity(found, checks)
    text = _reason(reason)
    if found.locked_until is None:
        raise Invalid(N_("This account is not locked."))
    account = _account(session, found.account_id)
    with acting(session, "login_failures"):
        session.execute(
            delete(LoginFailure).where(LoginFailure.number_hash == account.number_hash),
            execution_options={"synchronize_session": False},
        )
    _record(session, actor, found, "unlock", text, checks, {})


def history_of(session: Session, actor: Actor, found: Found, *, limit: int = 100) -> Sequence[HistoryEntry]:
    """Return the newest entries of the account and of the profile that belongs to it."""
    actor.require(Permission.SUPPORT_HISTORY)
    mine: ColumnElement[bool] = (HistoryEntry.subject_kind == "account") & (HistoryEntry.subject_id == found.account_id)
    if found.person_id is not None:
        profile = (HistoryEntry.subject_kind == "professional") & (HistoryEntry.subject_id == found.person_id)
        # A corrected name is recorded of the account and of the profile; here it stands once.
        mine = or_(mine, profile & (HistoryEntry.action != "correct_name"))
    with acting(session, "read_history"):
        return session.scalars(select(HistoryEntry).where(mine).order_by(HistoryEntry.id.desc()).limit(limit)).all()


def _account(session: Session, account_id: int) -> Account:
    with acting(session, "read_accounts"):
        account = session.scalars(select(Account).where(Account.id == account_id)).first()
    if account is None:
        raise NotFound
    return account


def correct_name(session: Session, actor: Actor, found: Found, *, name: str, checks: Collection[str], reason: str) -> None:
    """Set a name right on the account, the profile and the posts; certificates keep theirs until they are replaced.

    Raises NotAllowed without the permission or the identity check, Invalid for the name and a missing reason.
    """
    actor.require(Permission.SUPPORT_NAMES)
    if found.account_id == actor.account_id:
        raise NotAllowed(N_("Your own name is corrected by another member of support."))
    check_identity(found, checks)
    text, plain = _reason(reason), names.check(name)
    account = _account(session, found.account_id)
    if plain == account.name:
        raise Invalid(N_("Nothing differs from what is stored."))
    before = account.name
    with acting(session, "correct_name"):
        account.name = plain
        people = session.scalars(
            select(Professional).where(Professional.account_id == account.id, Professional.state != ProfessionalState.REJECTED)
        ).all()
        for post in session.scalars(select(Post).where(Post.account_id == account.id)):
            post.name = plain
        for person in people:
            person.name = plain
            session.execute(
                delete(NameToken).where(NameToken.person_id == person.id), execution_options={"synchronize_session": False}
            )
            rows = [{"token": t, "path": person.path, "person_id": person.id} for t in sorted(name_tokens(plain))]
            bulk_insert(session, NameToken, rows)
    _record(session, actor, found, "correct_name", text, checks, {"name": [before, plain]})
    if people:
        ids = [person.id for person in people]
        history.record(session, actor, "professional", ids, "correct_name", reason=text, changes={"name": [before, plain]})


def _may_act_on(actor: Actor, found: Found) -> None:
    if found.account_id == actor.account_id:
        raise NotAllowed(N_("Your own password is changed under “Change password”."))


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise Invalid(N_("Please give a reason."))
    return reason[:500]


def _record(
    session: Session, actor: Actor, found: Found, action: str, reason: str, checks: Collection[str], changes: dict[str, object]
) -> None:
    compared = [c.value for c in checks_for(found) if c.value in set(checks)]
    history.record(
        session, actor, "account", [found.account_id], action, reason=reason, changes={**changes, "checked": [None, compared]}
    )


def _hint(email: str) -> str:
    """Return enough of an address to recognise it."""
    name, at, domain = email.partition("@")
    return f"{name[:2]}***{at}{domain}" if at else ""
