"""An administrator resets the password of somebody of the own subtree (重置密码)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission
from models.errors import N_, Invalid, NotAllowed
from models.org.settings import SettingKey, setting
from models.people.accounts import give_first_password
from models.people.tables import Account, FirstPassword, Post, PostState, Professional

ONLY_SUPPORT = N_("This password can only be reset by support.")


@dataclass(frozen=True, slots=True)
class _Holder:
    """The account of a person with what else it holds."""

    account: Account
    posts: Sequence[Post]


def kind_of_first_password(session: Session, actor: Actor, person: Professional) -> FirstPassword:
    """Return how a person gets in after a reset: by the setting of her HR department; who administers by a one-time password.

    Raises NotAllowed where the actor may not reset it, so that a screen can say so before anything is asked.
    """
    actor.require(Permission.PEOPLE_RESET_PASSWORD)
    if person.account_id == actor.account_id:
        raise NotAllowed(N_("Your own password is changed under “Change password”."))
    holder = _holder(session, person)
    if holder.account.is_support or any(not is_below(actor, post) for post in holder.posts):
        raise NotAllowed(ONLY_SUPPORT)
    if holder.posts or setting(session, person.path, SettingKey.RESET_PASSWORD) == FirstPassword.ONE_TIME:
        return FirstPassword.ONE_TIME
    return FirstPassword.LAST_SIX


def reset_password(session: Session, actor: Actor, person: Professional, *, reason: str) -> str | None:
    """Give a person of the scope a first password and end her logins; return a one-time password to be shown once.

    Returns None where the last six characters of the number are the first password. Raises NotAllowed as
    ``kind_of_first_password`` does, and Invalid without a reason.
    """
    kind = kind_of_first_password(session, actor, person)
    if not reason.strip():
        raise Invalid(N_("Please give a reason."))
    shown = give_first_password(session, _holder(session, person).account, kind)
    history.record(
        session,
        actor,
        "professional",
        [person.id],
        "reset_password",
        reason=reason.strip()[:500],
        changes={"first_password": [None, kind]},
    )
    return shown


def _holder(session: Session, person: Professional) -> _Holder:
    with scope.acting(session, "read_positions"):
        account = session.scalars(select(Account).where(Account.id == person.account_id)).one()
        posts = session.scalars(select(Post).where(Post.account_id == account.id, Post.state != PostState.ENDED)).all()
    return _Holder(account, posts)


def is_below(actor: Actor, post: Post) -> bool:
    """Say whether a post lies below the actor: who shows a password to somebody shows all positions that it opens."""
    if post.organisation_id == actor.organisation_id:
        return actor.is_super and not post.is_super
    is_above = bool(actor.path) and post.path.startswith(actor.path) and not actor.is_inner
    # A role alone does not open what a super administrator holds.
    return is_above and (actor.is_super or not post.is_super)
