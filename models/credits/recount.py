"""Keeps what counts equal to the records: each year that a change touches is counted anew in the same transaction.

Set-based: a chunk of 500 people takes the statements of one. People are locked in the order of their ids, so that two
officers who grant hours to the same person at once count one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.among import among
from models.credits.counting import Cap, Granted, Needs, YearCount, count_year, split
from models.credits.events import YearChange, year_changed
from models.credits.exemptions import Exemption, holding, left_of
from models.credits.organisation_years import Learner, move_learners
from models.credits.postings import AUDITED, NOTHING, TAKEN_BACK, Because, Figures, Line, Posted, lines, minus, post
from models.credits.requirements import organisations_of_years, paths_of_years, requirements_of
from models.credits.rules import caps_of
from models.credits.tables import (
    AuditState,
    Declaration,
    DeclarationState,
    YearSummary,
    counting_tenths,
    counting_version_id,
)
from models.loaded import show
from models.people.tables import Professional
from models.scope import acting, bulk_insert, bulk_update
from models.workflow import CHUNK

Pair = tuple[int, int]
"""A person and a year."""


@dataclass(frozen=True, slots=True)
class Counting:
    """One person's year as it should be, beside what is stored."""

    person_id: int
    year: int
    path: str
    organisation_id: int
    needs: Needs
    count: YearCount
    exemption: Exemption | None
    is_passed: bool
    wrong_records: Sequence[tuple[Any, Figures, Figures]]  # whose stored share differs: record, what is stored, what is right
    stored: Row[Any] | None  # of ``_STORED``
    summary: Mapping[str, Any]  # the columns of it that counting decides, in their order

    def is_summary_wrong(self) -> bool:
        """Say whether the stored summary differs, or is missing where there is something to sum up."""
        if self.stored is None:
            return bool(self.count.records) or self.exemption is not None
        return self.stored[_N_KEYS:] != tuple(self.summary.values())


def recount_years(session: Session, actor: Actor, pairs: Collection[Pair], *, because: Because | None = None) -> None:
    """Count the years of *pairs* anew, post what changes, and tell the subscribers of ``year_changed`` which of them turned.

    *because* names the reason of the change of certain records, of a recalculation by another rule version.
    """
    ordered = sorted({(person_id, year) for person_id, year in pairs})  # plain tuples: rows of a statement compare slowly
    for start in range(0, len(ordered), CHUNK):
        countings = counted(session, ordered[start : start + CHUNK])
        changes = store(session, countings)
        _post(session, actor, countings, because)
        year_changed.happen(session, actor, changes)


def recount_records(session: Session, actor: Actor, ids: Sequence[int]) -> None:
    """Count anew the years in which records count, or did."""
    for start in range(0, len(ids), CHUNK):
        pairs = session.execute(
            select(Declaration.person_id, Declaration.year).where(among(Declaration.id, ids[start : start + CHUNK])).distinct()
        ).all()
        recount_years(session, actor, pairs)


def _post(session: Session, actor: Actor, countings: Sequence[Counting], because: Because | None) -> None:
    details = because.details if because else {}
    posted = [
        Posted(counting.person_id, counting.year, counting.path, row.id, line, details.get(row.id))
        for counting in countings
        for row, stored, right in counting.wrong_records
        for line in _lines(counting, row, stored, right, because if row.id in details else None)
    ]
    with acting(session, "recount_year"):
        post(session, actor, posted)


def _lines(counting: Counting, row: Any, stored: Figures, right: Figures, because: Because | None) -> list[Line]:
    if because is not None:
        return [Line(because.kind, minus(right, stored), because.reason)]
    granted = split(counting_tenths(row), row.subject, counting.needs) if row.id in counting.count.records else None
    return lines(stored, right, granted, gone=AUDITED if row.audit_state == AuditState.FAILED else TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class Instead:
    """Figures that stand in place of the stored ones while a rule is tried: the grants of certain records, under one cap."""

    granted: Mapping[int, int]
    cap: Cap


def counted(session: Session, pairs: Collection[Pair], *, lock: bool = True, instead: Instead | None = None) -> list[Counting]:
    """Count the years of *pairs* from the records, beside what is stored; changes nothing."""
    years: dict[int, set[int]] = {}
    for person_id, year in pairs:
        years.setdefault(person_id, set()).add(year)
    with acting(session, "recount_year"):
        people = _people(session, years, lock=lock)
        years = {p: y for p, y in years.items() if p in people}
        members = organisations_of_years(session, years, {p: row.organisation_id for p, row in people.items()})
        paths = paths_of_years(session, {(o, year) for (_, year), o in members.items()})
        needs = requirements_of(session, {(path, year) for (_, year), path in paths.items()})
        records = _records(session, pairs)
        caps = caps_of(session, {counting_version_id(r) for rows in records.values() for r in rows})
        stored = _summaries(session, pairs)
        exempt = {(p, year): row for year, ids in _by_year(pairs).items() for p, row in holding(session, year, ids).items()}
    return [
        _count(
            people[person_id],
            year,
            members[person_id, year],
            needs=needs[paths[members[person_id, year], year], year],
            rows=records.get((person_id, year), []),
            caps=caps,
            stored=stored.get((person_id, year)),
            instead=instead,
            exemption=exempt.get((person_id, year)),
        )
        for person_id in sorted(years)
        for year in sorted(years[person_id])
    ]


def _count(
    person: Any,
    year: int,
    organisation_id: int,
    *,
    needs: Needs,
    rows: Sequence[Any],
    caps: Mapping[int, Cap],
    stored: Row[Any] | None,
    instead: Instead | None = None,
    exemption: Exemption | None = None,
) -> Counting:
    needs = left_of(needs, exemption)
    approved, failed = DeclarationState.APPROVED.value, AuditState.FAILED.value
    granted = [
        Granted(r.id, r.form_code, r.subject, counting_tenths(r), r.granted_at, caps[counting_version_id(r)])
        for r in rows
        if r.state == approved and r.audit_state != failed
    ]
    if instead is not None:
        granted = [_replaced(each, instead) for each in granted]
    count = count_year(granted, needs)
    is_exempt = exemption is not None and exemption.is_whole
    is_passed = is_exempt or (count.is_met and bool(granted))
    return Counting(
        person.id,
        year,
        person.path,
        organisation_id,
        needs,
        count,
        exemption,
        is_passed,
        _wrong_records(rows, count),
        stored,
        {
            "year_organisation_id": organisation_id,
            "public_tenths": count.public,
            "professional_tenths": count.professional,
            "total_tenths": count.total,
            "required_public_tenths": needs.public_tenths,
            "required_professional_tenths": needs.professional_tenths,
            "required_total_tenths": needs.total_tenths,
            "is_passed": is_passed,
            "is_exempt": is_exempt,
            "exemption_reason": exemption.note if exemption else "",
        },
    )


def _wrong_records(rows: Sequence[Any], count: YearCount) -> list[tuple[Any, Figures, Figures]]:
    wrong = []
    for row in rows:
        right: Figures = count.records.get(row.id) or NOTHING
        stored = (row.counted_tenths, row.counted_public_tenths, row.counted_professional_tenths)
        if right != stored:
            wrong.append((row, stored, right))
    return wrong


def _replaced(granted: Granted, instead: Instead) -> Granted:
    if granted.id not in instead.granted:
        return granted
    return granted._replace(granted_tenths=instead.granted[granted.id], cap=instead.cap)


def _people(session: Session, ids: Iterable[int], *, lock: bool) -> dict[int, Any]:
    statement = select(Professional.id, Professional.path, Professional.organisation_id).where(among(Professional.id, ids))
    statement = statement.order_by(Professional.id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return {row.id: row for row in session.execute(statement)}


_COLUMNS = (
    Declaration.id,
    Declaration.person_id,
    Declaration.year,
    Declaration.form_code,
    Declaration.subject,
    Declaration.state,
    Declaration.audit_state,
    Declaration.granted_tenths,
    Declaration.recalculated_tenths,
    Declaration.recalculated_version_id,
    Declaration.granted_at,
    Declaration.rule_version_id,
    Declaration.counted_tenths,
    Declaration.counted_public_tenths,
    Declaration.counted_professional_tenths,
)


def _records(session: Session, pairs: Collection[Pair]) -> dict[Pair, list[Any]]:
    """Return every record that counts, or that is stored as counting, of each pair."""
    found: dict[Pair, list[Any]] = {}
    for year, ids in _by_year(pairs).items():
        statement = select(*_COLUMNS).where(
            among(Declaration.person_id, ids),
            Declaration.year == year,
            (Declaration.state == DeclarationState.APPROVED) | (Declaration.counted_tenths != 0),
        )
        for row in session.execute(statement):
            found.setdefault((row.person_id, year), []).append(row)
    return found


_STORED: tuple[Any, ...] = (
    YearSummary.id,
    YearSummary.person_id,
    YearSummary.year_organisation_id,
    YearSummary.public_tenths,
    YearSummary.professional_tenths,
    YearSummary.total_tenths,
    YearSummary.required_public_tenths,
    YearSummary.required_professional_tenths,
    YearSummary.required_total_tenths,
    YearSummary.is_passed,
    YearSummary.is_exempt,
    YearSummary.exemption_reason,
)
_N_KEYS = 2  # of them; the others are those of ``Counting.summary``


def _summaries(session: Session, pairs: Collection[Pair]) -> dict[Pair, Row[Any]]:
    found: dict[Pair, Row[Any]] = {}
    for year, ids in _by_year(pairs).items():
        statement = select(*_STORED).where(among(YearSummary.person_id, ids), YearSummary.year == year)
        found.update({(row.person_id, year): row for row in session.execute(statement)})
    return found


def _by_year(pairs: Collection[Pair]) -> dict[int, list[int]]:
    years: dict[int, list[int]] = {}
    for person_id, year in sorted(pairs):
        years.setdefault(year, []).append(person_id)
    return years


def store(session: Session, countings: Sequence[Counting]) -> list[YearChange]:
    """Write what differs from the stored figures and return the years that turned."""
    wrong = [c for c in countings if c.is_summary_wrong()]
    moved = [(_learner(c), Learner(c.organisation_id, c.year, c.count.total > 0, c.is_passed)) for c in wrong]
    changes = [
        YearChange(c.person_id, c.year, bool(c.stored and c.stored.is_passed), c.is_passed)
        for c in wrong
        if c.is_passed != bool(c.stored and c.stored.is_passed)
    ]
    with acting(session, "recount_year"):
        _write_records(session, [(row.id, right) for c in countings for row, _stored, right in c.wrong_records])
        stored = [{"id": c.stored.id, **c.summary} for c in wrong if c.stored]
        bulk_update(session, YearSummary, stored, locked=True)
        show(session, YearSummary, stored)
        bulk_insert(
            session,
            YearSummary,
            [
                {
                    "person_id": c.person_id,
                    "year": c.year,
                    "path": c.path,
                    **c.summary,
                }
                for c in wrong
                if c.stored is None
            ],
        )
    with acting(session, "recount_organisation"):
        move_learners(session, moved)
    return changes


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
