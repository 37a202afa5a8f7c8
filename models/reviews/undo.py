"""Undo of a batch of decisions: each row back as it was, as far as nothing has come of it since. Sets of 500 rows.

The decision stays in the record; one of the kind ``undone`` is written beside it and raises the review's attempt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.base import utcnow
from models.errors import N_, Conflict, DomainError, NotFound, WrongState
from models.reviews.engine import handler_of
from models.reviews.levels import reopen_levels
from models.reviews.tables import Decision, LevelState, Review, ReviewKind, ReviewLevel, ReviewState, Verdict
from models.reviews.workflow import REVIEWS
from models.scope import bulk_insert, bulk_update
from models.workflow import CHUNK, Moved

UNDO_WITHIN = dt.timedelta(minutes=30)
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Undone:
    """One decision that is taken back: what an area needs to know."""

    review: Review
    decision: Decision
    was_last: bool  # it had closed the round: passed by the last level, or rejected


Effect = Callable[[Session, Actor, Sequence[Undone]], None]
Obstacle = Callable[[Session, Sequence[Undone]], Mapping[int, DomainError]]
"""Returns the decisions that something has come of since, by id; changes nothing."""


_effects: dict[ReviewKind, Effect] = {}
_obstacles: dict[ReviewKind, list[Obstacle]] = {}


def register(kind: ReviewKind, effect: Effect) -> None:
    """Let batches of *kind* be undone; areas do it once, when they are imported."""
    _effects[kind] = effect


def keep_where(kind: ReviewKind, obstacle: Obstacle) -> None:
    """Leave out of every undo what *obstacle* names."""
    _obstacles.setdefault(kind, []).append(obstacle)


def undo_many(session: Session, actor: Actor, decision_ids: Collection[int]) -> Moved:
    """Take back decisions that the actor's organisation made in a batch; refuse each other with its own sentence.

    Kept are what is older than ``UNDO_WITHIN``, what was decided, withdrawn or changed since, and what an area names:
    audits, issued certificates. Raises NotAllowed without the permission that the decision itself needed.
    """
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    wanted = sorted(set(decision_ids))
    for start in range(0, len(wanted), CHUNK):
        moved = _undo_chunk(session, actor, wanted[start : start + CHUNK])
        done.extend(moved.done)
        refused.update(moved.refused)
    return Moved(tuple(sorted(done)), refused)


def _undo_chunk(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    decisions = _own_decisions(session, actor, ids)
    locked = select(Review).where(Review.id.in_({d.review_id for d in decisions.values()})).order_by(Review.id).with_for_update()
    reviews = {r.id: r for r in session.scalars(locked, execution_options={"populate_existing": True})}
    latest = _latest(session, reviews)
    refused: dict[int, DomainError] = {i: NotFound() for i in ids if i not in decisions}
    by_kind: dict[ReviewKind, list[Undone]] = {}
    for decision in decisions.values():
        review = reviews.get(decision.review_id)
        refusal = _refusal(decision, review, latest.get(decision.review_id, 0))
        if refusal is None and review is not None:
            was_last = review.state != ReviewState.OPEN
            by_kind.setdefault(ReviewKind(decision.kind), []).append(Undone(review, decision, was_last))
        elif refusal is not None:
            refused[decision.id] = refusal
    done: list[int] = []
    for kind, found in by_kind.items():
        actor.require(handler_of(kind).permission)
        kept = _changed(session, kind, found)
        for obstacle in _obstacles.get(kind, ()):
            kept.update(obstacle(session, [u for u in found if u.decision.id not in kept]))
        taken = [u for u in found if u.decision.id not in kept]
        refused.update(kept)
        if taken:
            _take_back(session, actor.on_behalf(handler_of(kind).permission), taken)
            _effects[kind](session, actor, taken)
        done.extend(u.decision.id for u in taken)
    return Moved(tuple(done), refused)


def _own_decisions(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, Decision]:
    session.flush()
    statement = select(Decision).where(
        Decision.id.in_(ids),
        Decision.by_organisation_id == actor.organisation_id,
        Decision.kind.in_(list(_effects)),
        Decision.verdict != Verdict.UNDONE,
    )
    rows = session.scalars(statement.order_by(Decision.id), execution_options={"populate_existing": True})
    return {d.id: d for d in rows}


def _latest(session: Session, review_ids: Collection[int]) -> dict[int, int]:
    statement = select(Decision.review_id, func.max(Decision.id)).where(Decision.review_id.in_(review_ids))
    return dict(session.execute(statement.group_by(Decision.review_id)).all())


def _refusal(decision: Decision, review: Review | None, latest: int) -> DomainError | None:
    if review is None:
        return NotFound()
    if latest != decision.id and decision.undone_at is None:
        return Conflict(N_("A later decision has been made since."))
    return _too_late(decision) or _gone_on(decision, review)


def _too_late(decision: Decision) -> DomainError | None:
    if decision.batch is None:
        return WrongState(N_("Only decisions of a batch can be undone."))
    if decision.undone_at is not None:
        return WrongState(N_("It has been undone already."))
    if utcnow() - decision.decided_at > UNDO_WITHIN:
        return WrongState(N_("It was decided more than %(n)s minutes ago."), n=UNDO_WITHIN.seconds // 60)
    return None


def _gone_on(decision: Decision, review: Review) -> DomainError | None:
    if review.state == ReviewState.WITHDRAWN:
        return WrongState(N_("The applicant has withdrawn it."))
    if review.round != decision.round:
        return WrongState(N_("It has been submitted again since."))
    return None


def _changed(session: Session, kind: ReviewKind, undone: Sequence[Undone]) -> dict[int, DomainError]:
    """Return what its applicant has edited since it was rejected: it is no longer what was submitted."""
    rejected = [u for u in undone if u.decision.verdict == Verdict.REJECT and u.decision.snapshot is not None]
    snapshot = handler_of(kind).snapshot
    if not rejected or snapshot is None:
        return {}
    present = snapshot(session, [u.review for u in rejected])
    return {
        u.decision.id: WrongState(N_("It has been changed since."))
        for u in rejected
        if present.get(u.review.id) != u.decision.snapshot
    }


def _take_back(session: Session, actor: Actor, undone: Sequence[Undone]) -> None:
    now = utcnow()
    own = _level_owners(session, undone)
    bulk_insert(session, Decision, [_record(u, actor, now) for u in undone])
    # What stood in 已审核 leaves it: nothing was decided there any more.
    gone = [{"id": u.decision.id, "undone_at": now, "is_hidden": True} for u in undone]
    bulk_update(session, Decision, gone, locked=True)
    keys = [(u.review.id, u.decision.round, u.decision.level) for u in undone]
    each = {
        u.review.id: {
            "level": u.decision.level,
            "attempt": u.review.attempt + 2,
            "deciding_organisation_id": u.decision.by_organisation_id,
            "in_place_of_id": own[u.review.id] if own[u.review.id] != u.decision.by_organisation_id else None,
            "decided_at": None,
        }
        for u in undone
    }
    REVIEWS.move_many(session, actor, list(each), step="undo", each=each).or_raise()
    reopen_levels(session, keys)
    for each_undone in undone:
        session.expire(each_undone.decision)


def _level_owners(session: Session, undone: Sequence[Undone]) -> dict[int, int]:
    """Return whose level each decision was of: another organisation may have stood in."""
    wanted = {u.review.id: (u.decision.round, u.decision.level) for u in undone}
    rows = session.execute(
        select(ReviewLevel.review_id, ReviewLevel.round, ReviewLevel.level, ReviewLevel.deciding_organisation_id).where(
            ReviewLevel.review_id.in_(wanted), ReviewLevel.state.in_([LevelState.PASSED, LevelState.REJECTED])
        )
    )
    return {review_id: owner for review_id, number, level, owner in rows if wanted[review_id] == (number, level)}


_SAME = (
    "review_id",
    "kind",
    "subject_id",
    "round",
    "level",
    "by_organisation_id",
    "by_organisation_name",
    "in_place_of",
    "path",
    "person_id",
    "year",
    "topic",
    "part",
)


def _record(undone: Undone, actor: Actor, now: dt.datetime) -> dict[str, object]:
    return {
        **{name: getattr(undone.decision, name) for name in _SAME},
        "attempt": undone.review.attempt + 1,
        "verdict": Verdict.UNDONE,
        "reason": "",
        "values": None,
        "account_id": actor.account_id,
        "actor_name": actor.name,
        "batch": undone.decision.batch,
        "is_hidden": True,
        "undone_at": None,
        "snapshot": None,
        "decided_at": now,
    }


# --- which ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that may still be undone."""

    mark: str
    n: int
    verdict: Verdict
    decided_at: dt.datetime


def recent_batches(session: Session, actor: Actor, kind: ReviewKind) -> list[Batch]:
    """Return the batches of the actor's organisation that may still be undone, the newest first."""
    if kind not in _effects or not actor.can(permission_of(kind)):
        return []
    latest = func.max(Decision.decided_at)
    rows = session.execute(
        select(Decision.batch, func.count(), func.max(Decision.verdict), latest)
        .where(
            Decision.by_organisation_id == actor.organisation_id,
            Decision.kind == kind,
            Decision.is_hidden.is_(False),
            Decision.decided_at >= utcnow() - UNDO_WITHIN,
            Decision.batch.is_not(None),
        )
        .group_by(Decision.batch)
        .order_by(latest.desc())
        .limit(SHOWN)
    )
    return [Batch(mark, n, Verdict(verdict), at) for mark, n, verdict, at in rows if mark]


def permission_of(kind: ReviewKind) -> Permission:
    """Return what a decision of *kind* needs."""
    return handler_of(kind).permission
