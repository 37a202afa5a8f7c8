"""The counters of one organisation's own members in one year: moved with each recount, never summed from people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, cast, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.credits.tables import OrganisationYear, YearSummary
from models.org.tables import Organisation
from models.scope import bulk_insert, bulk_update

Key = tuple[int, int]
"""An organisation and a year."""


@dataclass(frozen=True, slots=True)
class Learner:
    """How one person's year enters the counters of the organisation it follows."""

    organisation_id: int
    year: int
    is_learning: bool  # something counts
    is_passed: bool


def move_learners(session: Session, moved: Iterable[tuple[Learner | None, Learner]]) -> None:
    """Take each person's old state out of the counters and put the new one in; inside ``recount_organisation``."""
    steps: dict[Key, list[int]] = {}
    for before, after in moved:
        for learner, sign in ((before, -1), (after, 1)):
            if learner is not None:
                step = steps.setdefault((learner.organisation_id, learner.year), [0, 0])
                step[0] += sign * learner.is_learning
                step[1] += sign * learner.is_passed
    steps = {key: step for key, step in steps.items() if any(step)}
    if not steps:
        return
    rows = _locked(session, sorted(steps))
    bulk_update(
        session,
        OrganisationYear,
        [
            {"id": row.id, "n_learning": row.n_learning + steps[key][0], "n_passed": row.n_passed + steps[key][1]}
            for key, row in rows.items()
        ],
        locked=True,
    )
    for row in rows.values():
        session.expire(row)


def _locked(session: Session, keys: Sequence[Key]) -> dict[Key, OrganisationYear]:
    """Return the rows of *keys*, locked in one order; those that are missing are made first."""
    while True:
        found = {
            (row.organisation_id, row.year): row
            for row in session.scalars(
                select(OrganisationYear)
                .where(tuple_(OrganisationYear.organisation_id, OrganisationYear.year).in_(keys))
                .order_by(OrganisationYear.id)
                .with_for_update(),
                execution_options={"populate_existing": True},
            )
        }
        missing = [key for key in keys if key not in found]
        if not missing:
            return found
        try:
            with session.begin_nested():
                _make(session, missing)
        except IntegrityError:
            continue  # another transaction made one of them meanwhile: read again


def _make(session: Session, keys: Sequence[Key]) -> None:
    paths = dict(
        session.execute(
            select(Organisation.id, Organisation.path).where(Organisation.id.in_({organisation for organisation, _ in keys}))
        ).all()
    )
    bulk_insert(
        session,
        OrganisationYear,
        [
            {"organisation_id": organisation, "year": year, "path": paths[organisation], "n_learning": 0, "n_passed": 0}
            for organisation, year in keys
        ],
    )


def from_summaries(session: Session) -> dict[Key, tuple[int, int]]:
    """Return what the counters should be, from the summaries of everybody (a system session)."""
    rows = session.execute(
        select(
            YearSummary.year_organisation_id,
            YearSummary.year,
            func.sum(cast(YearSummary.total_tenths > 0, Integer)),
            func.sum(cast(YearSummary.is_passed, Integer)),
        ).group_by(YearSummary.year_organisation_id, YearSummary.year)
    )
    return {(organisation, year): (learning, passed) for organisation, year, learning, passed in rows if learning or passed}


def wrong_counters(session: Session) -> dict[Key, tuple[int, int]]:
    """Return the counters that differ from the summaries, with what they should be."""
    right = from_summaries(session)
    stored = {
        (row.organisation_id, row.year): (row.n_learning, row.n_passed) for row in session.scalars(select(OrganisationYear))
    }
    return {
        key: right.get(key, (0, 0))
        for key in sorted(right.keys() | stored.keys())
        if right.get(key, (0, 0)) != stored.get(key, (0, 0))
    }


def set_counters(session: Session, figures: dict[Key, tuple[int, int]]) -> None:
    """Set counters to the given figures (a system session)."""
    for start in range(0, len(figures), 500):
        keys = sorted(figures)[start : start + 500]
        rows = _locked(session, keys)
        bulk_update(
            session,
            OrganisationYear,
            [{"id": row.id, "n_learning": figures[key][0], "n_passed": figures[key][1]} for key, row in rows.items()],
            locked=True,
        )
        for row in rows.values():
            session.expire(row)
