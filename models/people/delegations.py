"""审核委托: an administrator lets another one of the same organisation review in her place while she is away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history, outbox
from models.access import DELEGABLE, SYSTEM, Actor, post_key
from models.base import Base, BigId, today, utcnow
from models.errors import N_, DomainError, FieldErrors, Invalid, NotAllowed, NotFound
from models.org import queries
from models.people.posts import tell
from models.people.tables import Post, PostState
from models.people.typed import attempt, text
from models.scope import InSubtree

LONGEST_DAYS = 366
LONGEST_REASON = 200
LONGEST_PAUSE_DAYS = 60
"""What ran out while no worker ran for longer is not told any more."""
SUBJECT_KIND = "delegation"
BEGUN = N_("%(name)s reviews for %(giver)s from today until %(last)s.")
OVER = N_("The delegation of %(giver)s to %(name)s ran out on %(last)s.")


class Delegation(InSubtree, Base):
    """Whose reviews another administrator may decide, and when; nothing here is changed but its early end."""

    __tablename__ = "delegations"
    __table_args__ = (
        Index("ix_delegations_organisation", "organisation_id", "to_on"),
        CheckConstraint("from_on <= to_on", name="begins_before_it_ends"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    from_post_id: Mapped[int] = mapped_column(BigId, ForeignKey("posts.id", ondelete="RESTRICT"))
    to_post_id: Mapped[int] = mapped_column(BigId, ForeignKey("posts.id", ondelete="RESTRICT"), index=True)
    from_name: Mapped[str] = mapped_column(String(100), info={"label": N_("Delegated by")})
    to_name: Mapped[str] = mapped_column(String(100), info={"label": N_("Delegated to")})
    from_on: Mapped[dt.date] = mapped_column(Date, info={"label": N_("First day")})
    to_on: Mapped[dt.date] = mapped_column(Date, info={"label": N_("Last day")})
    reason: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("Reason")})
    ended_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Ended at")})


def delegate(
    session: Session, actor: Actor, *, to_post_id: int | None, from_on: dt.date | None, to_on: dt.date | None, reason: str
) -> Delegation:
    """Let another administrator of the own organisation decide what the actor may review.

    Raises NotAllowed when the actor reviews nothing, FieldErrors for the administrator, the days and the reason.
    """
    if not actor.permissions & DELEGABLE or actor.post_id is None:
        raise NotAllowed(N_("Your role reviews nothing that could be delegated."))
    organisation = queries.own(session, actor, is_locked=True)
    errors: dict[str, DomainError] = {}
    post = attempt(errors, "to_post_id", lambda: _delegate(session, actor, to_post_id))
    days = attempt(errors, "to_on", lambda: _days(from_on, to_on))
    why = attempt(errors, "reason", lambda: text(reason, LONGEST_REASON))
    if errors or post is None or days is None:
        raise FieldErrors(errors)
    made = Delegation(
        organisation_id=organisation.id,
        path=organisation.path,
        from_post_id=actor.post_id,
        to_post_id=post.id,
        from_name=actor.name,
        to_name=post.name,
        from_on=days[0],
        to_on=days[1],
        reason=why or "",
    )
    session.add(made)
    session.flush()
    changes = {"to": [None, post.name], "days": [None, f"{days[0]} – {days[1]}"]}
    history.record(session, actor, "post", [actor.post_id, post.id], "delegate", reason=made.reason, changes=changes)
    tell(session, actor, [organisation.id])
    return made


def end(session: Session, actor: Actor, delegation_id: int) -> None:
    """End a delegation early, by who gave it or by the super administrator; raises NotFound and NotAllowed."""
    found = session.scalars(
        select(Delegation)
        .where(Delegation.id == delegation_id, Delegation.organisation_id == actor.organisation_id)
        .with_for_update()
    ).first()
    if found is None or found.ended_at is not None:
        raise NotFound
    if actor.post_id != found.from_post_id and not actor.is_super:
        raise NotAllowed(N_("Only who has delegated ends it, or the super administrator."))
    found.ended_at = utcnow()
    session.flush()
    history.record(session, actor, "post", [found.from_post_id, found.to_post_id], "end_delegation")
    tell(session, actor, [found.organisation_id])


def follow_days(session: Session) -> int:
    """Let what waits follow the delegations that began or ran out by their dates, in a system session; return how many.

    Each is followed once on its first day and once after its last (the history is the mark), also when nobody looked for
    weeks: open steps are looked at anew, and both administrators are told.
    """
    rows = session.scalars(
        select(Delegation)
        .where(
            Delegation.ended_at.is_(None),
            Delegation.from_on <= today(),
            Delegation.to_on >= today() - dt.timedelta(days=LONGEST_PAUSE_DAYS),
        )
        .order_by(Delegation.id)
    ).all()
    marks = history.actions_of(session, SUBJECT_KIND, [d.id for d in rows])
    begun = [d for d in rows if d.to_on >= today() and "begin" not in marks.get(d.id, ())]
    over = [d for d in rows if d.to_on < today() and "run_out" not in marks.get(d.id, ())]
    for action, found in (("begin", begun), ("run_out", over)):
        if found:
            history.record(session, SYSTEM, SUBJECT_KIND, [d.id for d in found], action)
    if begun or over:
        tell(session, SYSTEM, sorted({d.organisation_id for d in (*begun, *over)}))
        outbox.add_notices(session, [*_notices(session, begun, BEGUN), *_notices(session, over, OVER)])
    return len(begun) + len(over)


def _notices(session: Session, found: Sequence[Delegation], message_id: str) -> list[dict[str, Any]]:
    ids = {i for d in found for i in (d.from_post_id, d.to_post_id)}
    posts = select(Post.id, Post.account_id).where(Post.id.in_(ids), Post.state == PostState.ACTIVE)
    accounts: dict[int, int] = dict(session.execute(posts).all()) if ids else {}
    return [
        {
            "account_id": accounts[post_id],
            "position_key": post_key(post_id),
            "message_id": message_id,
            "params": {"giver": d.from_name, "name": d.to_name, "last": d.to_on.isoformat()},
            "link": "/admin/delegations/",
        }
        for d in found
        for post_id in (d.from_post_id, d.to_post_id)
        if post_id in accounts
    ]


def active(session: Session, organisation_ids: Collection[int]) -> Sequence[Delegation]:
    """Return the delegations of the organisations that hold today."""
    return session.scalars(
        select(Delegation).where(
            Delegation.organisation_id.in_(organisation_ids),
            Delegation.from_on <= today(),
            Delegation.to_on >= today(),
            Delegation.ended_at.is_(None),
        )
    ).all()


def candidates(session: Session, actor: Actor) -> Sequence[Post]:
    """Return the other active administrators of the own organisation."""
    others = (Post.organisation_id == actor.organisation_id, Post.state == PostState.ACTIVE, Post.id != actor.post_id)
    return session.scalars(select(Post).where(*others).order_by(Post.name, Post.id)).all()


def _delegate(session: Session, actor: Actor, post_id: int | None) -> Post:
    found = next((p for p in candidates(session, actor) if p.id == post_id), None)
    if found is None:
        raise Invalid(N_("Please choose another administrator of your unit."))
    return found


def _days(first: dt.date | None, last: dt.date | None) -> tuple[dt.date, dt.date]:
    if first is None or last is None:
        raise Invalid(N_("Please enter the first and the last day."))
    if last < max(first, today()):
        raise Invalid(N_("The last day lies before the first one, or in the past."))
    if (last - first).days >= LONGEST_DAYS:
        raise Invalid(N_("A delegation lasts a year at most."))
    return first, last
