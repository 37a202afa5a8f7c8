"""What waits for an organisation, what it decided, and a subject's way so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnClause, CompoundSelect, String, bindparam, func, literal_column, select, union_all
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import BigId
from models.errors import N_, Conflict, DomainError
from models.reviews.tables import Decision, Review, ReviewKind, ReviewLevel, ReviewState, Verdict

COUNT_AT_MOST = 10_001


@dataclass(frozen=True, slots=True)
class Todo:
    """What waits for the actor's organisation, of one kind."""

    kind: ReviewKind
    n_waiting: int  # at most COUNT_AT_MOST
    oldest_at: dt.datetime | None


def todo(session: Session, actor: Actor) -> list[Todo]:
    """Return what waits for the organisation of the position in use, kind by kind, counts capped."""
    found = []
    for kind in ReviewKind:
        mine = (Review.deciding_organisation_id == actor.organisation_id, Review.kind == kind, Review.state == ReviewState.OPEN)
        ids = select(Review.id).where(*mine).limit(COUNT_AT_MOST).subquery()
        n_waiting = session.scalar(select(func.count()).select_from(ids)) or 0
        oldest = session.scalar(select(Review.submitted_at).where(*mine).order_by(Review.submitted_at, Review.id).limit(1))
        found.append(Todo(kind, n_waiting, oldest))
    return found


def review_of(session: Session, kind: ReviewKind, subject_id: int) -> Review | None:
    """Return the review of a subject within the scope, if there is one."""
    return session.scalars(select(Review).where(Review.kind == kind, Review.subject_id == subject_id)).first()


def levels_of(session: Session, review: Review, *, every_round: bool = False) -> Sequence[ReviewLevel]:
    """Return the levels of the present round, or of all rounds, in order."""
    statement = select(ReviewLevel).where(ReviewLevel.review_id == review.id)
    if not every_round:
        statement = statement.where(ReviewLevel.round == review.round)
    return session.scalars(statement.order_by(ReviewLevel.round, ReviewLevel.level)).all()


def decisions_of(session: Session, review: Review) -> Sequence[Decision]:
    """Return every decision of all rounds, the oldest first."""
    return session.scalars(
        select(Decision).where(Decision.review_id == review.id).order_by(Decision.round, Decision.level, Decision.id)
    ).all()


def waiting_times(
    session: Session, actor: Actor, *, limit: int, apart: Sequence[tuple[ReviewKind, str]] = ()
) -> dict[tuple[ReviewKind, str], list[dt.datetime]]:
    """Return of each kind when the oldest reviews that wait for the actor's organisation were submitted, at most *limit*.

    The key is the kind with a topic: one of *apart*, or the empty one for everything else of the kind.
    """
    found: dict[tuple[ReviewKind, str], list[dt.datetime]] = {key: [] for key in _keys(tuple(apart))}
    oldest = session.execute(_oldest(limit, tuple(apart)), {"organisation_id": actor.organisation_id})
    for kind, topic, submitted_at in oldest:
        found[(ReviewKind(kind), topic)].append(submitted_at)
    return {key: sorted(times) for key, times in found.items()}


def _keys(apart: tuple[tuple[ReviewKind, str], ...]) -> list[tuple[ReviewKind, str]]:
    return [*((kind, "") for kind in ReviewKind), *apart]


def _word(word: str) -> ColumnClause[str]:
    """Return a value of ours, never a reader's, as it stands in the text of a statement."""
    return literal_column(f"'{word}'", String)


@cache
def _oldest(limit: int, apart: tuple[tuple[ReviewKind, str], ...]) -> CompoundSelect[Any]:
    """Return the statement of the menu: every page of an officer asks it, and making it takes longer than its answer."""
    # Values of ours stand in the text, and the organisation once: every parameter more costs as much as a row.
    asking = select(bindparam("organisation_id", type_=BigId).label("id")).cte("asking")
    parts = []
    for kind, topic in _keys(apart):
        others = [Review.topic.is_distinct_from(_word(t)) for k, t in apart if k == kind]
        mine = (Review.topic == _word(topic),) if topic else tuple(others)
        oldest = (
            select(Review.kind, _word(topic).label("apart"), Review.submitted_at)
            .where(
                Review.deciding_organisation_id == select(asking.c.id).scalar_subquery(),
                Review.kind == _word(kind),
                Review.state == _word(ReviewState.OPEN),
                *mine,
            )
            .order_by(Review.submitted_at, Review.id)
            .limit(literal_column(str(limit)))
            .subquery()
        )
        parts.append(select(oldest.c.kind, oldest.c.apart, oldest.c.submitted_at))
    return union_all(*parts)


def decided_since(session: Session, actor: Actor, review_ids: Sequence[int], since: dt.datetime) -> dict[int, DomainError]:
    """Return the reviews whose present round the actor's own organisation has decided after *since*, each with its refusal.

    A page that was made then does not know of it: sent twice, it would decide the level after the one it showed.
    """
    rows = session.execute(
        select(Decision.review_id, Decision.actor_name, Decision.decided_at)
        .join(Review, (Review.id == Decision.review_id) & (Review.round == Decision.round))
        .where(
            Decision.review_id.in_(review_ids),
            Decision.by_organisation_id == actor.organisation_id,
            Decision.decided_at > since,
            Decision.verdict != Verdict.UNDONE,
            Decision.undone_at.is_(None),
        )
        .order_by(Decision.id)
    )
    return {
        row.review_id: Conflict(N_("Already handled by %(name)s at %(time)s."), name=row.actor_name, time=row.decided_at)
        for row in rows
    }
