"""Keeps what counts equal to the records: each year that a change touches is counted anew in the same transaction.

Set-based: a chunk of 500 people takes the statements of one. People are locked in the order of their ids, so that two
officers who grant hours to the same person at once count one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.among import among
from models.credits.counted_years import Counting, Pair, counted
from models.credits.counting import split
from models.credits.events import YearChange, year_changed
from models.credits.moving_years import postings_of, write_moves
from models.credits.organisation_years import Learner, move_learners
from models.credits.postings import AUDITED, NOTHING, TAKEN_BACK, Because, Figures, Line, Posted, lines, minus, post
from models.credits.tables import AuditState, Declaration, YearSummary, counting_tenths
from models.loaded import show
from models.scope import acting, bulk_insert, bulk_update
from models.workflow import CHUNK


def recount_years(
    session: Session, actor: Actor, pairs: Collection[Pair], *, because: Because | None = None, set_anew: str = ""
) -> None:
    """Count the years of *pairs* anew, post what changes, and tell ``year_changed`` which of them turned or lost hours.

    *because* names the reason of the change of certain records, of a recalculation by another rule version, and *set_anew* what
    was set otherwise and lets other hours move between years.
    """
    ordered = sorted({(person_id, year) for person_id, year in pairs})  # plain tuples: rows of a statement compare slowly
    for start in range(0, len(ordered), CHUNK):
        countings = counted(session, ordered[start : start + CHUNK])
        changes = store(session, countings)
        _post(session, actor, countings, because, set_anew)
        year_changed.happen(session, actor, changes)


def recount_records(session: Session, actor: Actor, ids: Sequence[int]) -> None:
    """Count anew the years in which records count, or did."""
    for start in range(0, len(ids), CHUNK):
        pairs = session.execute(
            select(Declaration.person_id, Declaration.year).where(among(Declaration.id, ids[start : start + CHUNK])).distinct()
        ).all()
        recount_years(session, actor, pairs)


def _post(session: Session, actor: Actor, countings: Sequence[Counting], because: Because | None, set_anew: str) -> None:
    details = because.details if because else {}
    posted = [
        Posted(counting.person_id, counting.year, counting.path, row.id, line, details.get(row.id))
        for counting in countings
        for row, stored, right in counting.wrong_records
        for line in _lines(counting, row, stored, right, because if row.id in details else None)
    ]
    posted += postings_of((wrong for counting in countings for wrong in counting.wrong_moves), set_anew=set_anew)
    with acting(session, "recount_year"):
        post(session, actor, posted)


def _lines(counting: Counting, row: Any, stored: Figures, right: Figures, because: Because | None) -> list[Line]:
    if because is not None:
        return [Line(because.kind, minus(right, stored), because.reason)]
    granted = split(counting_tenths(row), row.subject, counting.needs) if row.id in counting.count.records else None
    return lines(stored, right, granted, gone=AUDITED if row.audit_state == AuditState.FAILED else TAKEN_BACK)


def store(session: Session, countings: Sequence[Counting]) -> list[YearChange]:
    """Write what differs from the stored figures and return the years that turned or count fewer hours than before."""
    wrong = [c for c in countings if c.is_summary_wrong()]
    moved = [(_learner(c), Learner(c.organisation_id, c.year, c.figures[0] > 0, c.is_passed)) for c in wrong]
    changes = [change for c in wrong if (change := _change(c)) is not None]
    with acting(session, "recount_year"):
        write_moves(session, [w for c in countings for w in c.wrong_moves])
        _write_records(session, [(row.id, right) for c in countings for row, _stored, right in c.wrong_records])
        stored = [{"id": c.stored.id, **c.summary} for c in wrong if c.stored]
        bulk_update(session, YearSummary, stored, locked=True)
        show(session, YearSummary, stored)
        new = [{"person_id": c.person_id, "year": c.year, "path": c.path, **c.summary} for c in wrong if c.stored is None]
        bulk_insert(session, YearSummary, new)
    with acting(session, "recount_organisation"):
        move_learners(session, moved)
    return changes


def _change(counting: Counting) -> YearChange | None:
    stored = counting.stored
    was_passed, before = (stored.is_passed, _figures(stored)) if stored else (False, NOTHING)
    has_fewer_hours = any(now < then for now, then in zip(counting.figures, before, strict=True))
    if counting.is_passed == was_passed and not has_fewer_hours:
        return None
    return YearChange(counting.person_id, counting.year, was_passed, counting.is_passed, has_fewer_hours)


def _figures(stored: Row[Any]) -> Figures:
    return stored.total_tenths, stored.public_tenths, stored.professional_tenths


def _learner(counting: Counting) -> Learner | None:
    stored = counting.stored
    if stored is None:
        return None
    return Learner(stored.year_organisation_id, counting.year, stored.total_tenths > 0, stored.is_passed)


def _write_records(session: Session, rows: Sequence[tuple[int, Figures]]) -> None:
    names = ("counted_tenths", "counted_public_tenths", "counted_professional_tenths")
    bulk_update(session, Declaration, [{"id": i, **dict(zip(names, figures, strict=True))} for i, figures in rows], locked=True)
    ids = {i for i, _figures in rows}
    for thing in list(session.identity_map.values()):
        if isinstance(thing, Declaration) and thing.id in ids:
            session.expire(thing, names)
