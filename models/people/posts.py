"""The life of an administrator's post, and the answer of an account's holder to one that was offered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.errors import N_, NotFound
from models.people.tables import Post, PostState
from models.scope import acting
from models.workflow import Step, Workflow

OFFERED, ACTIVE, DISABLED, ENDED = PostState.OFFERED, PostState.ACTIVE, PostState.DISABLED, PostState.ENDED

POSTS = Workflow(
    Post,
    "post",
    PostState,
    [
        Step("accept", frozenset({OFFERED}), ACTIVE, N_("Accept")),
        Step("decline", frozenset({OFFERED}), ENDED, N_("Decline")),
        Step("disable", frozenset({ACTIVE}), DISABLED, N_("Disable"), needs_reason=True),
        Step("enable", frozenset({DISABLED}), ACTIVE, N_("Enable")),
        Step("end", frozenset({ACTIVE, DISABLED, OFFERED}), ENDED, N_("Delete")),
        Step("revive", frozenset({ENDED}), ACTIVE, N_("Undo")),  # of an ending that a change order had caused
    ],
)


Follower = Callable[[Session, Actor, Sequence[int]], object]
_followers: list[Follower] = []


def follow_with(call: Follower) -> None:
    """Call *call* with the organisations whose administrators, or their permissions, changed; in the same transaction."""
    _followers.append(call)


def tell(session: Session, actor: Actor, organisation_ids: Sequence[int]) -> None:
    """Say that who may decide in the organisations has changed."""
    session.flush()
    for call in _followers:
        call(session, actor, organisation_ids)


def _after_step(session: Session, actor: Actor, ids: Sequence[int]) -> None:
    with acting(session, "read_positions"):
        tell(session, actor, sorted(set(session.scalars(select(Post.organisation_id).where(Post.id.in_(ids))))))


for _step in ("accept", "disable", "enable", "end", "revive"):
    POSTS.on(_step, _after_step)


def answer_offer(session: Session, actor: Actor, post_id: int, *, is_accepted: bool) -> None:
    """Accept or decline a post that was offered to the actor's own account; raises NotFound and WrongState."""
    with acting(session, "add_existing_account"):
        own = session.scalar(select(Post.id).where(Post.id == post_id, Post.account_id == actor.account_id))
        if own is None:
            raise NotFound
        POSTS.move(session, actor, post_id, step="accept" if is_accepted else "decline")
