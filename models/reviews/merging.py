"""合并单位: one organisation takes over another's people, posts, roles, departments, units below and open reviews; and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from models.access import Actor
from models.errors import N_, Conflict, DomainError, Invalid
from models.org import moving as organisations
from models.org.operations import taken_codes
from models.org.tables import HAVE_MEMBERS, Department, Organisation, OrganisationState
from models.org.workflow import ORGANISATIONS
from models.people import moving as people
from models.people.posts import POSTS
from models.people.tables import Post, PostState, Professional, Role
from models.reviews import rerouting
from models.reviews.tables import Review, ReviewLevel, ReviewState
from models.scope import acting
from models.workflow import CHUNK

WITHOUT_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Carried:
    """How rows of an area above follow a merger, and go back when it is undone."""

    take: Callable[[Session, Actor, Organisation, Organisation], Any]  # of the source, for the target; returns what undoing needs
    give_back: Callable[[Session, Actor, Organisation, Organisation, Any], None]  # to the source, from the target


_carried: dict[str, Carried] = {}


def carry_with(name: str, carried: Carried) -> None:
    """Let what an area calls *name* go along with the unit that is merged; what ``take`` returns is kept as JSON."""
    _carried[name] = carried


def obstacle(session: Session, source: Organisation, target: Organisation | None) -> DomainError | None:
    """Return what keeps *source* from being merged into *target*, None when it can be."""
    if target is None or target.state != OrganisationState.ACTIVE:
        return Invalid(N_("The unit that takes over is not active."))
    if target.path.startswith(source.path):
        return Invalid(N_("A unit cannot be merged into itself or into a unit below it."))
    if source.parent_id is None or source.state not in {OrganisationState.ACTIVE, OrganisationState.DISABLED}:
        return Invalid(N_("This unit cannot be merged: it stands at the top, or is not in use."))
    has_people = session.scalar(select(Professional.id).where(Professional.organisation_id == source.id).limit(1)) is not None
    if has_people and target.kind not in HAVE_MEMBERS:
        return Invalid(N_("The unit that takes over has no people of its own, but this one has."))
    for child in _children(session, source.id):
        refusal = organisations.obstacle(child, target) if child.parent_id != target.id else None
        if refusal is not None:
            return refusal
    return None


def take_over(session: Session, actor: Actor, source: Organisation, target: Organisation) -> dict[str, Any]:
    """Carry a merger out that ``obstacle`` has nothing against; return what ``part`` needs to undo it."""
    source_id, target_id = source.id, target.id
    children = [child.id for child in _children(session, source_id)]
    for child in children:
        organisations.move_below(session, actor, child, target_id)
    source, target = _pair(session, source_id, target_id)
    roles, departments = _take(session, Role, source, target), _take(session, Department, source, target)
    filed = {name: carry.take(session, actor, source, target) for name, carry in _carried.items()}
    source, target = _pair(session, source_id, target_id)
    moved, ended = _posts(session, actor, source, target)
    persons = _people(session, source_id)
    move_people(session, actor, persons, target_id)
    matters = list(session.scalars(select(Review.id).where(Review.path == source.path, Review.state == ReviewState.OPEN)))
    _move_matters(session, actor, matters, target_id)
    rerouting.follow(session, actor, [source_id, target_id])
    source, _target = _pair(session, source_id, target_id)
    is_disabled = source.state == OrganisationState.DISABLED
    with acting(session, "merge_organisations"):
        source.merged_into_id = target_id
    ORGANISATIONS.move(session, actor, source_id, step="merge")
    return {
        "people": persons,
        "children": children,
        "roles": roles,
        "departments": departments,
        "posts": moved,
        "ended_posts": ended,
        "matters": matters,
        "carried": filed,
        "was_disabled": is_disabled,
    }


def part(session: Session, actor: Actor, source: Organisation, target: Organisation, before: Mapping[str, Any]) -> int:
    """Undo a merger: everything that is still at the target goes back. Return how many people have left it since.

    Raises Conflict when the code of the merged unit is in use by now, and where roles or departments of the two would mix.
    """
    if taken_codes([source.code]):
        raise Conflict(N_("The code of this unit is in use by another one now; the merger stays."))
    source_id, target_id = source.id, target.id
    ORGANISATIONS.move(session, actor, source_id, step="unmerge")
    if before["was_disabled"]:
        ORGANISATIONS.move(session, actor, source_id, step="disable", reason=str(N_("Undo")))
    source, _target = _pair(session, source_id, target_id)
    with acting(session, "merge_organisations"):
        source.merged_into_id = None
    for cls, kept in ((Role, "roles"), (Department, "departments"), (Post, "posts")):
        _give(session, cls, before[kept], source)
    for name, kept_rows in before.get("carried", {}).items():
        source, target = _pair(session, source_id, target_id)
        _carried[name].give_back(session, actor, source, target, kept_rows)
    source, _target = _pair(session, source_id, target_id)
    back = [i for i in before["ended_posts"] if may_revive(session, i)]
    POSTS.move_many(session, actor, back, step="revive").or_raise()
    there = set(_people(session, target_id, among=before["people"]))
    move_people(session, actor, [i for i in before["people"] if i in there], source_id)
    _move_matters(session, actor, before["matters"], source_id)
    for child in before["children"]:
        if session.get_one(Organisation, child).parent_id == target_id:
            organisations.move_below(session, actor, child, source_id)
    _disentangle(session, (source_id, target_id))
    rerouting.follow(session, actor, [source_id, target_id])
    return len(before["people"]) - len(there)


# --- inside -----------------------------------------------------------------------------------------------------------


def _children(session: Session, organisation_id: int) -> Sequence[Organisation]:
    statement = select(Organisation).where(Organisation.parent_id == organisation_id).order_by(Organisation.id)
    return session.scalars(statement.where(Organisation.state != OrganisationState.REJECTED)).all()


def _people(session: Session, organisation_id: int, *, among: Sequence[int] | None = None) -> list[int]:
    found = session.scalars(
        select(Professional.id).where(Professional.organisation_id == organisation_id).order_by(Professional.id)
    )
    wanted = set(among) if among is not None else None
    return [i for i in found if wanted is None or i in wanted]


def _pair(session: Session, source_id: int, target_id: int) -> tuple[Organisation, Organisation]:
    """Return both organisations anew: what was loaded before a move is out of date."""
    return session.get_one(Organisation, source_id), session.get_one(Organisation, target_id)


def move_people(session: Session, actor: Actor, ids: Sequence[int], target_id: int) -> None:
    """Move people by chunks; what waits of theirs goes on at the organisations above the new place."""
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        locked = select(Professional).where(Professional.id.in_(chunk)).order_by(Professional.id).with_for_update()
        rows = session.scalars(locked).all()
        people.move(session, actor, rows, session.get_one(Organisation, target_id), department_and_posts_stay=True)
        rerouting.follow_people(session, actor, chunk)


def _take(session: Session, cls: Any, source: Organisation, target: Organisation) -> list[int]:
    """Let rows of the source belong to the target; a role whose name is taken there carries the source's name, too."""
    ids = list(session.scalars(select(cls.id).where(cls.organisation_id == source.id).order_by(cls.id)))
    if cls is Role:
        there = set(session.scalars(select(Role.name).where(Role.organisation_id == target.id)))
        for role in session.scalars(select(Role).where(Role.id.in_(ids))):
            if role.name in there:
                with acting(session, "merge_organisations"):
                    role.name = f"{role.name[:20]}（{source.name[:30]}{source.id}）"
    _give(session, cls, ids, target)
    return ids


def _give(session: Session, cls: Any, ids: Sequence[int], organisation: Organisation) -> None:
    with acting(session, "merge_organisations"):
        session.execute(
            update(cls).where(cls.id.in_(ids)).values(organisation_id=organisation.id, path=organisation.path),
            execution_options=WITHOUT_SYNC,
        )
    session.expire_all()


def _posts(session: Session, actor: Actor, source: Organisation, target: Organisation) -> tuple[list[int], list[int]]:
    """Let the administrators go along: not whoever has a post there already, nor a second super administrator."""
    live = Post.state != PostState.ENDED
    there = list(session.scalars(select(Post).where(Post.organisation_id == target.id, live)))
    accounts, has_super = {p.account_id for p in there}, any(p.is_super for p in there)
    own = session.scalars(select(Post).where(Post.organisation_id == source.id, live).order_by(Post.id)).all()
    ended = [p.id for p in own if p.account_id in accounts or (p.is_super and has_super)]
    moved = [p.id for p in own if p.id not in ended]
    POSTS.move_many(session, actor, ended, step="end").or_raise()
    _give(session, Post, moved, target)
    return moved, ended


def _disentangle(session: Session, ids: Sequence[int]) -> None:
    """Let nobody sit in a department of the other unit; raises Conflict where a role or a department hangs on the other's."""
    session.flush()
    session.expire_all()
    own, above = Post.organisation_id.in_(ids), aliased(Department)
    mixed = select(Post).join(Role, Role.id == Post.role_id).where(own, Role.organisation_id != Post.organisation_id)
    for post in session.scalars(mixed.order_by(Post.id)):
        if post.state != PostState.ENDED:
            raise Conflict(
                N_("%(name)s would keep a role of the other unit; give this administrator another role first."), name=post.name
            )
        post.role_id = None  # what an ended post was allowed stands in the history
    hanging = select(Department).join(above, above.id == Department.parent_id)
    hanging = hanging.where(Department.organisation_id.in_(ids), above.organisation_id != Department.organisation_id)
    for department in session.scalars(hanging.order_by(Department.id).limit(1)):
        raise Conflict(
            N_("The department %(name)s would stand below one of the other unit; put it elsewhere first."), name=department.name
        )
    seated: tuple[Any, ...] = (Professional, Post)
    for cls in seated:
        strays = select(cls).join(Department, Department.id == cls.department_id)
        for row in session.scalars(strays.where(cls.organisation_id.in_(ids), Department.organisation_id != cls.organisation_id)):
            row.department_id = None
    session.flush()


def may_revive(session: Session, post_id: int) -> bool:
    """Say whether a post that an order has ended can be held again: neither person nor seat has another one."""
    post = session.get_one(Post, post_id)
    taken = (Post.account_id == post.account_id) | (Post.is_super if post.is_super else Post.id == 0)
    statement = select(Post.id).where(Post.organisation_id == post.organisation_id, Post.state != PostState.ENDED, taken)
    return session.scalar(statement.limit(1)) is None


def _move_matters(session: Session, actor: Actor, review_ids: Sequence[int], organisation_id: int) -> None:
    """Let what waits for one organisation itself, as people who want to come, wait for the other."""
    path = session.get_one(Organisation, organisation_id).path
    with acting(session, "merge_organisations"):
        for start in range(0, len(review_ids), CHUNK):
            chunk = list(review_ids[start : start + CHUNK])
            for statement in (
                update(Review).where(Review.id.in_(chunk)).values(path=path),
                update(ReviewLevel).where(ReviewLevel.review_id.in_(chunk)).values(path=path),
            ):
                session.execute(statement, execution_options=WITHOUT_SYNC)
    session.expire_all()
    rerouting.follow_reviews(session, actor, review_ids)
