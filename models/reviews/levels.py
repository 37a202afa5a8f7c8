"""The levels of a round: setting their state, many at once, and what comes after the present one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from models.among import among
from models.reviews.tables import LevelState, Review, ReviewLevel


def set_levels(session: Session, keys: Iterable[tuple[int, int, int]], state: LevelState) -> None:
    """Set the state of the levels named by (review, round, level), one statement for each (round, level)."""
    groups: dict[tuple[int, int], list[int]] = {}
    for review_id, number, level in keys:
        groups.setdefault((number, level), []).append(review_id)
    for (number, level), ids in groups.items():
        session.execute(
            update(ReviewLevel)
            .where(among(ReviewLevel.review_id, ids), ReviewLevel.round == number, ReviewLevel.level == level)
            .values(state=state),
            execution_options={"synchronize_session": False},
        )


def reopen_levels(session: Session, keys: Iterable[tuple[int, int, int]]) -> None:
    """Open the levels named by (review, round, level) again and let those after them wait, as before the decision."""
    groups: dict[tuple[int, int], list[int]] = {}
    for review_id, number, level in keys:
        groups.setdefault((number, level), []).append(review_id)
    for (number, level), ids in groups.items():
        of_round = (among(ReviewLevel.review_id, ids), ReviewLevel.round == number)
        for where, state in ((ReviewLevel.level == level, LevelState.OPEN), (ReviewLevel.level > level, LevelState.WAITING)):
            session.execute(
                update(ReviewLevel).where(*of_round, where).values(state=state),
                execution_options={"synchronize_session": False},
            )


def close_waiting(session: Session, rounds: Iterable[tuple[int, int]]) -> None:
    """Close the levels of the rounds, named by (review, round), that were never reached."""
    session.execute(
        update(ReviewLevel)
        .where(
            tuple_(ReviewLevel.review_id, ReviewLevel.round).in_(list(rounds)),
            ReviewLevel.state.in_([LevelState.WAITING, LevelState.OPEN]),
        )
        .values(state=LevelState.CLOSED),
        execution_options={"synchronize_session": False},
    )


@dataclass(frozen=True, slots=True)
class Later:
    """A level that waits its turn."""

    level: int
    organisation_id: int


def levels_after(session: Session, rows: Sequence[Review]) -> dict[int, list[Later]]:
    """Return the levels of each row's round that come after its present one; plain values, for thousands of rows."""
    present = {r.id: (r.round, r.level) for r in rows}
    found: dict[int, list[Later]] = {}
    columns = select(ReviewLevel.review_id, ReviewLevel.round, ReviewLevel.level, ReviewLevel.deciding_organisation_id)
    waiting = columns.where(among(ReviewLevel.review_id, present), ReviewLevel.state == LevelState.WAITING)
    for review_id, number, level, organisation_id in session.execute(waiting.order_by(ReviewLevel.review_id, ReviewLevel.level)):
        if number == present[review_id][0] and level > present[review_id][1]:
            found.setdefault(review_id, []).append(Later(level, organisation_id))
    return found
