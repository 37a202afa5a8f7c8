"""Counts years of people from the records, beside what is stored: a chunk of 500 people takes the statements of one.

Where hours may stand in another year (``models.credits.carrying``) a person's years are counted together, from the first on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.among import among
from models.credits import carrying
from models.credits.counting import Cap, Granted, Needs, YearCount, count_year
from models.credits.exemptions import Exemption, holding, left_of
from models.credits.moving_years import Life, Move, WrongMove, balance, lives, stored_moves, wrong_moves
from models.credits.postings import NOTHING, Figures
from models.credits.requirements import Demanded, Place, Tried, demanded_by, is_any_moving, places_of_years
from models.credits.rules import caps_of
from models.credits.tables import (
    AuditState,
    Declaration,
    DeclarationState,
    YearSummary,
    counting_tenths,
    counting_version_id,
)
from models.people.tables import Professional
from models.scope import acting

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
    count: YearCount  # of the records alone
    figures: Figures  # with what came from other years and without what went there
    exemption: Exemption | None
    is_passed: bool
    wrong_records: Sequence[tuple[Any, Figures, Figures]]  # whose stored share differs: record, what is stored, what is right
    wrong_moves: Sequence[WrongMove]  # of hours that leave the year
    stored: Row[Any] | None  # of ``_STORED``
    summary: Mapping[str, Any]  # the columns of it that counting decides, in their order

    def is_summary_wrong(self) -> bool:
        """Say whether the stored summary differs, or is missing where there is something to sum up."""
        if self.stored is None:
            return bool(self.count.records) or self.figures[0] > 0 or self.exemption is not None
        return self.stored[_N_KEYS:] != tuple(self.summary.values())


@dataclass(frozen=True, slots=True)
class Instead:
    """Figures that stand in place of the stored ones while a rule is tried: the grants of certain records, under one cap."""

    granted: Mapping[int, int]
    cap: Cap


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a chunk of people to count their years from."""

    demanded: Mapping[Pair, Demanded]
    places: Mapping[Pair, Place]
    records: Mapping[Pair, list[Any]]
    caps: Mapping[int, Cap]
    exemptions: Mapping[Pair, Exemption]
    summaries: Mapping[Pair, Row[Any]]
    moves: Mapping[int, Mapping[carrying.Between, Move]]
    instead: Instead | None

    def needs_left(self, pair: Pair) -> Needs:
        return left_of(self.demanded[pair].needs, self.exemptions.get(pair))

    def granted(self, pair: Pair) -> list[Granted]:
        approved, failed = DeclarationState.APPROVED.value, AuditState.FAILED.value
        granted = [
            Granted(r.id, r.form_code, r.subject, counting_tenths(r), r.granted_at, self.caps[counting_version_id(r)])
            for r in self.records.get(pair, ())
            if r.state == approved and r.audit_state != failed
        ]
        return granted if self.instead is None else [_replaced(each, self.instead) for each in granted]


def counted(
    session: Session,
    pairs: Collection[Pair],
    *,
    lock: bool = True,
    instead: Instead | None = None,
    tried: Tried | None = None,
) -> list[Counting]:
    """Count the years of *pairs* from the records, beside what is stored; changes nothing.

    Where hours may stand in another year, all years of the person that can give or take any are counted.
    """
    years: dict[int, list[int]] = {}
    for person_id, year in sorted(pairs):
        years.setdefault(person_id, []).append(year)
    with acting(session, "recount_year"):
        people = _people(session, years, lock=lock)
        years = {p: y for p, y in years.items() if p in people}
        moves = stored_moves(session, years)
        found: dict[int, Life] = {}
        if moves or is_any_moving(session) or (tried and tried.demand and tried.demand.moving.is_on):
            found = lives(session, years, moves)
        present = {p: people[p].organisation_id for p in years}
        places = places_of_years(session, {p: life.years for p, life in found.items()} or years, present, tried=tried)
        moving = _moving(found, places, moves)
        years |= {p: sorted(life.years) for p, life in moving.items()}
        pairs = [(p, year) for p, of_person in years.items() for year in of_person]
        places = {pair: places[pair] for pair in pairs}
        records = _records(session, pairs)
        read = _Read(
            demanded=demanded_by(session, {pair: place.demand for pair, place in places.items()}),
            places=places,
            records=records,
            caps=caps_of(session, {counting_version_id(r) for rows in records.values() for r in rows}),
            exemptions={
                (p, year): row for year, ids in _by_year(pairs).items() for p, row in holding(session, year, ids).items()
            },
            summaries=_summaries(session, pairs),
            moves=moves,
            instead=instead,
        )
    return [
        counting
        for person_id in sorted(years)
        for counting in _count(people[person_id], sorted(years[person_id]), read, moving.get(person_id))
    ]


def _moving(
    found: Mapping[int, Life], places: Mapping[Pair, Place], moves: Mapping[int, Mapping[carrying.Between, Move]]
) -> dict[int, Life]:
    """Return of whom hours may move, or have moved, between which years."""
    return {p: life for p, life in found.items() if p in moves or any(places[p, y].demand.moving.is_on for y in life.years)}


def _count(person: Any, years: Sequence[int], read: _Read, life: Life | None) -> list[Counting]:
    """Count the years of one person; *life* is there if hours may move between them."""
    needs = {year: read.needs_left((person.id, year)) for year in years}
    counts = {year: count_year(read.granted((person.id, year)), needs[year]) for year in years}
    if life is None:
        return [_counting(person, year, needs[year], counts[year], read) for year in years]
    moved = _moves(person.id, needs, counts, read, life)
    net = balance(moved)
    wrong: dict[int, list[WrongMove]] = {}
    moving = {year: read.places[person.id, year].demand.moving for year in years}
    for each in wrong_moves(person.id, person.path, moved, read.moves.get(person.id, {}), moving):
        wrong.setdefault(each.between[0], []).append(each)
    return [
        _counting(person, year, needs[year], counts[year], read, net=net.get(year, (0, 0)), wrong=wrong.get(year, ()))
        for year in years
    ]


def _moves(
    person_id: int, needs: Mapping[int, Needs], counts: Mapping[int, YearCount], read: _Read, life: Life
) -> dict[carrying.Between, carrying.Moved]:
    def is_due(year: int) -> bool:
        exemption = read.exemptions.get((person_id, year))
        return year in life.due and not (exemption is not None and exemption.is_whole)

    return carrying.moves(
        {
            year: carrying.Year(
                count.public, count.professional, needs[year], read.places[person_id, year].demand.moving, is_due(year)
            )
            for year, count in counts.items()
        }
    )


def _counting(
    person: Any,
    year: int,
    needs: Needs,
    count: YearCount,
    read: _Read,
    *,
    net: tuple[int, int] = (0, 0),
    wrong: Sequence[WrongMove] = (),
) -> Counting:
    pair = (person.id, year)
    place, exemption = read.places[pair], read.exemptions.get(pair)
    public, professional = count.public + net[0], count.professional + net[1]
    total = public + professional
    is_exempt = exemption is not None and exemption.is_whole
    is_passed = is_exempt or (needs.are_met_by(total, public, professional) and bool(count.records or total))
    records = read.records.get(pair, ())
    is_missed = needs.total_tenths > 0 and any(r.state == DeclarationState.APPROVED for r in records)
    return Counting(
        person.id,
        year,
        person.path,
        place.organisation_id,
        needs,
        count,
        (total, public, professional),
        exemption,
        is_passed,
        _wrong_records(records, count),
        wrong,
        read.summaries.get(pair),
        {
            "year_organisation_id": place.organisation_id,
            "public_tenths": public,
            "professional_tenths": professional,
            "total_tenths": total,
            "required_public_tenths": needs.public_tenths,
            "required_professional_tenths": needs.professional_tenths,
            "required_total_tenths": needs.total_tenths,
            "is_passed": is_passed,
            "is_exempt": is_exempt,
            "exemption_reason": exemption.note if exemption else "",
            "has_account": total > 0 or is_passed or exemption is not None or is_missed,
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
    YearSummary.has_account,
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
