"""重复人员: one person who stands in the system twice; support finds, merges and parts them, and hours count once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission
from models.base import Base, BigId, utcnow
from models.errors import N_, Conflict, DomainError, Invalid, NotFound
from models.files import Attachment
from models.people import names
from models.people.tables import (
    AcademicTitle,
    EducationRecord,
    PersonChange,
    Post,
    PostState,
    Professional,
    ProfessionalState,
    Qualification,
)
from models.people.transfers import Transfer, open_transfer
from models.people.workflow import PROFESSIONALS
from models.reviews.standing_still import pending_of
from models.reviews.tables import Decision, Review, ReviewLevel
from models.scope import InSubtree, acting
from models.transaction import hold_tree

OF_SUPPORT = "/"
"""The place of a merger: no department's list shows it."""
MOST = 50
GOING_ALONG: list[Any] = [AcademicTitle, Attachment, EducationRecord, PersonChange, Qualification, Transfer]
"""What belongs to the person and goes along; ``credits`` adds the declarations. Certificates stay under the old document."""
_OF_REVIEWS: tuple[Any, ...] = (ReviewLevel, Decision, Review)  # the review last: the others are found through it
Follower = Callable[[Session, Actor, Collection[int]], object]
_followers: list[Follower] = []


class PersonMerge(InSubtree, Base):
    """Two profiles that were merged into one: whose, why, and which rows went along."""

    __tablename__ = "person_merges"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kept_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="RESTRICT"), index=True)
    gone_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    kept_number: Mapped[str] = mapped_column(String(40))
    gone_number: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(500))
    moved: Mapped[dict[str, Any]]  # table -> ids
    merged_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    undone_by: Mapped[str] = mapped_column(String(100), default="")
    undone_at: Mapped[dt.datetime | None]


@dataclass(frozen=True, slots=True)
class Group:
    """People with the same name, birth date and phone."""

    name: str
    people: tuple[Professional, ...]


def follow_with(call: Follower) -> None:
    """Call *call* with the two people whose rows were merged or parted; in the same transaction."""
    _followers.append(call)


def find(session: Session, actor: Actor) -> list[Group]:
    """Return groups of active people who agree in name, birth date and phone, at most ``MOST`` groups."""
    actor.require(Permission.SUPPORT_DOUBLES)
    key = (Professional.name, Professional.birth_on, Professional.phone)
    double = (
        select(*key)
        .where(Professional.state == ProfessionalState.ACTIVE, Professional.phone != "", Professional.birth_on.is_not(None))
        .group_by(*key)
        .having(func.count() > 1)
        .limit(MOST)
    )
    found = []
    for name, born, phone in session.execute(double).all():
        same = (Professional.name == name, Professional.birth_on == born, Professional.phone == phone)
        people = session.scalars(
            select(Professional).where(*same, Professional.state == ProfessionalState.ACTIVE).order_by(Professional.id)
        )
        found.append(Group(name, tuple(people)))
    return found


def obstacle(session: Session, kept: Professional, gone: Professional) -> DomainError | None:
    """Return what keeps two profiles from being merged, None when they can be."""
    active = ProfessionalState.ACTIVE
    if kept.id == gone.id or kept.account_id == gone.account_id:
        return Invalid(N_("These are not two profiles."))
    if kept.state != active or gone.state != active:
        return Invalid(N_("Both profiles have to be active."))
    if not names.same(kept.name, gone.name) or (kept.birth_on and gone.birth_on and kept.birth_on != gone.birth_on):
        return Invalid(N_("Names or birth dates differ; correct the name first."))
    if pending_of(session, gone.id) or open_transfer(session, gone.id):
        return Conflict(N_("Something of the profile that goes is pending; it is decided or withdrawn first."))
    held = select(Post.id).where(Post.account_id == gone.account_id, Post.state != PostState.ENDED).limit(1)
    if session.scalar(held) is not None:
        return Conflict(N_("The account that goes holds a post; it ends first."))
    return None


def unite(session: Session, actor: Actor, kept_id: int, gone_id: int, *, reason: str) -> PersonMerge:
    """Let everything of *gone* belong to *kept*, whose profile stays; the other one is disabled.

    Raises NotAllowed, NotFound, Invalid without a reason and for what ``obstacle`` names.
    """
    actor.require(Permission.SUPPORT_DOUBLES)
    why = reason.strip()[:500]
    if not why:
        raise Invalid(N_("Please give a reason."))
    hold_tree(session)
    kept, gone = _both(session, kept_id, gone_id)
    refusal = obstacle(session, kept, gone)
    if refusal is not None:
        raise refusal
    moved = {cls.__tablename__: _ids(session, cls, gone.id) for cls in (*GOING_ALONG, *_OF_REVIEWS)}
    made = PersonMerge(
        path=OF_SUPPORT,
        kept_id=kept.id,
        gone_id=gone.id,
        name=kept.name,
        kept_number=kept.number_masked,
        gone_number=gone.number_masked,
        reason=why,
        moved=moved,
        merged_by=actor.name,
    )
    session.add(made)
    session.flush()
    _give(session, moved, gone.id, kept)
    PROFESSIONALS.move(session, actor, gone_id, step="disable", reason=why)
    _tell(session, actor, "merge_people", kept_id, gone_id, why)
    session.refresh(made)
    return made


def part(session: Session, actor: Actor, merge_id: int) -> None:
    """Take a merger back: what went along goes back, the other profile is active again; raises NotFound and Conflict."""
    actor.require(Permission.SUPPORT_DOUBLES)
    hold_tree(session)
    made = session.scalars(select(PersonMerge).where(PersonMerge.id == merge_id).with_for_update()).first()
    if made is None:
        raise NotFound
    if made.undone_at is not None:
        raise Conflict(N_("This merger has been undone already."))
    kept, gone = _both(session, made.kept_id, made.gone_id)
    made.undone_at, made.undone_by = utcnow(), actor.name
    session.flush()
    _give(session, made.moved, kept.id, gone)
    PROFESSIONALS.move(session, actor, made.gone_id, step="enable")
    _tell(session, actor, "part_people", made.kept_id, made.gone_id, made.reason)


def _both(session: Session, kept_id: int, gone_id: int) -> tuple[Professional, Professional]:
    locked = select(Professional).where(Professional.id.in_([kept_id, gone_id])).order_by(Professional.id).with_for_update()
    found = {p.id: p for p in session.scalars(locked, execution_options={"populate_existing": True})}
    if {kept_id, gone_id} - found.keys():
        raise NotFound
    return found[kept_id], found[gone_id]


def _ids(session: Session, cls: Any, person_id: int) -> list[int]:
    if cls in {ReviewLevel, Decision}:
        mine = cls.review_id.in_(select(Review.id).where(Review.person_id == person_id))
    else:
        mine = cls.person_id == person_id
    return list(session.scalars(select(cls.id).where(mine).order_by(cls.id)))


def _give(session: Session, moved: dict[str, Any], from_id: int, to: Professional) -> None:
    """Let the listed rows that still belong to the one belong to the other."""
    session.flush()
    person_id, path, account_id = to.id, to.path, to.account_id
    with acting(session, "merge_people"):
        for cls in (*GOING_ALONG, *_OF_REVIEWS):
            values: dict[str, Any] = {"person_id": person_id, "path": path}
            if cls is Review:
                values["subject_account_id"] = account_id
            ids = moved.get(cls.__tablename__, [])
            for start in range(0, len(ids), 500):
                rows = (cls.id.in_(ids[start : start + 500]), cls.person_id == from_id)
                session.execute(update(cls).where(*rows).values(values), execution_options={"synchronize_session": False})
    session.expire_all()


def _tell(session: Session, actor: Actor, action: str, kept_id: int, gone_id: int, reason: str) -> None:
    history.record(session, actor, "professional", [kept_id, gone_id], action, reason=reason)
    for call in _followers:
        call(session, actor, [kept_id, gone_id])
