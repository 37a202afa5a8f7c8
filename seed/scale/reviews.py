"""The way of one declaration or registration through its chain, as the engine would have left it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from models.reviews.tables import Decision, LevelState, Review, ReviewKind, ReviewLevel, ReviewState, Verdict
from seed.scale.people import Person, admin_name
from seed.scale.rows import Rows
from seed.scale.tree import Unit

PASSED, REJECTED, OPEN, WAITING, CLOSED = (
    s.value for s in (LevelState.PASSED, LevelState.REJECTED, LevelState.OPEN, LevelState.WAITING, LevelState.CLOSED)
)


@dataclass(frozen=True, slots=True)
class Course:
    """One round: ``n_passed`` levels passed, then it is rejected, or waits; with every level passed it is done."""

    n_passed: int
    is_rejected: bool = False


@dataclass(slots=True)
class Matter:
    """What is decided, by whom, and what each decision carries."""

    review_id: int
    kind: ReviewKind
    subject_id: int
    person: Person
    chain: Sequence[Unit]
    submitted_at: dt.datetime
    now: dt.datetime
    values: dict[str, Any] | None
    snapshot: dict[str, Any] | None
    reason: str
    facets: tuple[int | None, str | None, str | None] = (None, None, None)  # year, topic, part


def add(rows: Rows, rng: Random, matter: Matter, rounds: Sequence[Course]) -> dt.datetime | None:
    """Add the review with the levels and decisions of its rounds; return when it was decided, None while it is open."""
    at = matter.submitted_at
    for number, course in enumerate(rounds, start=1):
        if number > 1:
            at = _later(rng, at, matter.now)
            matter.submitted_at = at
        at = _round(rows, rng, matter, number, course, at)
    last = rounds[-1]
    n = len(matter.chain)
    is_open = not last.is_rejected and last.n_passed < n
    state = ReviewState.OPEN if is_open else ReviewState.REJECTED if last.is_rejected else ReviewState.PASSED
    level = min(last.n_passed + 1, n)
    rows.to(Review).append(
        (
            matter.review_id,
            matter.person.unit.path,
            matter.person.id,
            matter.kind.value,
            matter.subject_id,
            state.value,
            len(rounds),
            level,
            n,
            matter.chain[level - 1].id if is_open else None,
            matter.submitted_at,
            matter.person.account_id,
            matter.person.account_id,
            None if is_open else at,
            *matter.facets,
        )
    )
    return None if is_open else at


def _round(rows: Rows, rng: Random, matter: Matter, number: int, course: Course, at: dt.datetime) -> dt.datetime:
    levels, path, person_id = rows.to(ReviewLevel), matter.person.unit.path, matter.person.id
    for level, unit in enumerate(matter.chain, start=1):
        state = _state_of(level, course)
        levels.append((matter.review_id, number, level, path, person_id, unit.id, unit.name, unit.phone, state))
        if state in {PASSED, REJECTED}:
            at = _later(rng, at, matter.now)
            _decide(rows, matter, number, level, unit, at, is_rejection=state == REJECTED)
    return at


def _state_of(level: int, course: Course) -> str:
    if level <= course.n_passed:
        return PASSED
    if level == course.n_passed + 1:
        return REJECTED if course.is_rejected else OPEN
    return CLOSED if course.is_rejected else WAITING


def _decide(rows: Rows, matter: Matter, number: int, level: int, unit: Unit, at: dt.datetime, *, is_rejection: bool) -> None:
    rows.to(Decision).append(
        (
            matter.person.unit.path,
            matter.person.id,
            matter.review_id,
            matter.kind.value,
            matter.subject_id,
            number,
            level,
            0,
            (Verdict.REJECT if is_rejection else Verdict.PASS).value,
            matter.reason if is_rejection else "",
            None if is_rejection else matter.values,
            unit.id,
            unit.name,
            unit.id,
            admin_name(unit),
            matter.snapshot,
            at,
            *matter.facets,
        )
    )


def _later(rng: Random, at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Return a moment up to a week later, but not after now."""
    return min(at + dt.timedelta(minutes=rng.randrange(20, 7 * 24 * 60)), now)
