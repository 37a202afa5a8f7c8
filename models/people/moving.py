"""Moves people with everything of theirs to another organisation: rows, memberships, posts. Areas above follow by ``follow_with``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import Base, today
from models.org.tables import Organisation
from models.people.posts import POSTS
from models.people.tables import Membership, Post, PostState, Professional
from models.scope import acting, bulk_insert

Follower = Callable[[Session, Actor, Collection[int]], object]
_followers: list[Follower] = []


def follow_with(call: Follower) -> None:
    """Call *call* with the ids of people who have moved; in the same transaction."""
    _followers.append(call)


def move(
    session: Session,
    actor: Actor,
    people: Sequence[Professional],
    target: Organisation,
    *,
    department_and_posts_stay: bool = False,
) -> None:
    """Let locked *people* of one organisation belong to *target* from today on, with all that is theirs.

    Departments are cleared and posts at the old organisation end, unless they go along by other means. The membership of the
    past stays: a closed year follows it. The caller has checked that nobody of them holds the last word there (a super
    administrator).
    """
    ids = [p.id for p in people]
    accounts = {} if department_and_posts_stay else {p.account_id: p.organisation_id for p in people}
    cleared = {} if department_and_posts_stay else {"department_id": None}
    with acting(session, "take_over_person"):
        for cls in owned_by_people():
            session.execute(
                update(cls).where(_whose(cls, ids)).values(path=target.path), execution_options={"synchronize_session": False}
            )
        session.execute(
            update(Professional)
            .where(Professional.id.in_(ids))
            .values(organisation_id=target.id, organisation_name=target.name, path=target.path, **cleared),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(Membership).where(Membership.person_id.in_(ids), Membership.to_on.is_(None)).values(to_on=today()),
            execution_options={"synchronize_session": False},
        )
        dated = {"member_of_id": target.id, "path": target.path, "from_on": today(), "to_on": None}
        bulk_insert(session, Membership, [{"person_id": i, **dated} for i in ids])
        held = session.execute(
            select(Post.id, Post.account_id, Post.organisation_id).where(
                Post.account_id.in_(accounts), Post.state != PostState.ENDED
            )
        )
        leaving = [row.id for row in held if row.organisation_id == accounts[row.account_id]]
        POSTS.move_many(session, actor, leaving, step="end").or_raise()
        for person in people:
            session.expire(person)
    for call in _followers:
        call(session, actor, ids)


def owned_by_people() -> list[Any]:
    """Return every class whose rows go along with their person, but the person's own."""
    classes: list[Any] = [m.class_ for m in Base.registry.mappers]
    with_person = [c for c in classes if c.__scope__ in {"owned_by_person", "either_side"} and c is not Professional]
    return sorted(with_person, key=lambda c: str(c.__tablename__))


def _whose(cls: Any, ids: Collection[int]) -> Any:
    through = getattr(cls, "__moves_with__", None)
    if through is None:
        return cls.person_id.in_(ids)
    column, parent = through
    return getattr(cls, column).in_(select(parent.id).where(parent.person_id.in_(ids)))
