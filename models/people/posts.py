"""The life of an administrator's post, and the answer of an account's holder to one that was offered."""

from __future__ import annotations

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
    ],
)


def answer_offer(session: Session, actor: Actor, post_id: int, *, is_accepted: bool) -> None:
    """Accept or decline a post that was offered to the actor's own account; raises NotFound and WrongState."""
    with acting(session, "add_existing_account"):
        own = session.scalar(select(Post.id).where(Post.id == post_id, Post.account_id == actor.account_id))
        if own is None:
            raise NotFound
        POSTS.move(session, actor, post_id, step="accept" if is_accepted else "decline")
