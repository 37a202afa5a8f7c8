"""Numbers that are free again: all that their account ever was are registrations that were rejected."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import utcnow
from models.org.tables import Organisation, OrganisationState
from models.people import passwords
from models.people.accounts import NewAccount, make_uniquifier
from models.people.sessions import end_sessions
from models.people.tables import Account, Post, Professional, ProfessionalState


def is_free_again(session: Session, account: Account) -> bool:
    """Say whether all that an account ever was are registrations that were rejected."""
    live = select(Professional.id).where(Professional.account_id == account.id, Professional.state != ProfessionalState.REJECTED)
    held = (
        select(Post.id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.account_id == account.id, Organisation.state != OrganisationState.REJECTED)
    )
    tried = session.scalar(select(Post.id).where(Post.account_id == account.id).limit(1)) is not None
    tried = tried or session.scalar(select(Professional.id).where(Professional.account_id == account.id).limit(1)) is not None
    return tried and not account.is_support and session.scalar(live) is None and session.scalar(held) is None


def begin_anew(session: Session, account: Account, new: NewAccount) -> None:
    """Give an account whose number is free again to whoever registers now: nothing of the former holder works any more."""
    account.name, account.phone, account.email = new.name, new.phone, new.email
    account.password_hash = passwords.hash_password(new.password or "")
    account.first_password, account.first_password_until, account.must_change = None, None, False
    account.password_changed_at = utcnow()
    account.fs_uniquifier = make_uniquifier(account.password_changed_at)
    session.flush()
    end_sessions(session, account.id)
