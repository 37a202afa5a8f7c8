"""What a year demands of a person, and which organisation a year follows. Inherited rows: the nearest path holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row, or_, select, tuple_
from sqlalchemy.orm import Session

from models.base import today
from models.credits.carrying import STAYING, Moving
from models.credits.counting import DEFAULT_NEEDS, Needs
from models.credits.tables import OrganisationYear, Requirement
from models.org.tables import Organisation
from models.people import title_levels
from models.people.tables import Membership
from models.people.title_levels import TitleLevel
from models.scope import acting


@dataclass(frozen=True, slots=True)
class Demand:
    """What a year demands of everybody, instead of it of certain title levels, and where hours above it go."""

    base: Needs
    levels: Mapping[TitleLevel, Needs] = field(default_factory=dict)
    moving: Moving = STAYING


DEFAULT_DEMAND = Demand(DEFAULT_NEEDS)


def demand_of(row: Requirement) -> Demand:
    """Return what a row demands."""
    return Demand(
        Needs(row.total_tenths, row.public_tenths, row.professional_tenths),
        {level: Needs(*row.levels[level]) for level in TitleLevel if level in row.levels},
        Moving(row.carry_years, row.carries_public, row.carries_professional, row.carry_most_tenths, row.make_up_years),
    )


def prefixes(path: str) -> list[str]:
    """Return *path* and every path above it, the nearest first, the national ``/`` last."""
    parts = path.strip("/").split("/") if path.strip("/") else []
    return ["/" + "".join(f"{p}/" for p in parts[:n]) for n in range(len(parts), -1, -1)]


@dataclass(frozen=True, slots=True)
class Tried:
    """A demand that stands in place of the stored one of a path and year while it is tried; None: there is none."""

    path: str
    year: int
    demand: Demand | None


def requirement_of(session: Session, path: str, year: int) -> Demand:
    """Return what *year* demands at *path*: the nearest path's latest row up to that year, else 90/30/60."""
    return requirements_of(session, {(path, year)})[path, year]


def requirements_of(
    session: Session, wanted: Collection[tuple[str, int]], *, tried: Tried | None = None
) -> dict[tuple[str, int], Demand]:
    """Return what the years demand at the paths, all in one read."""
    above = {path: prefixes(path) for path, _ in wanted}
    rows = _rows(session, {p for paths in above.values() for p in paths})
    if tried is not None and tried.demand is not None:
        rows.setdefault(tried.path, {})[tried.year] = tried.demand
    elif tried is not None:
        rows.get(tried.path, {}).pop(tried.year, None)
    return {(path, year): _nearest(rows, above[path], year) for path, year in wanted}


def _rows(session: Session, paths: Iterable[str]) -> dict[str, dict[int, Demand]]:
    found: dict[str, dict[int, Demand]] = {}
    ordered = sorted(paths)
    for start in range(0, len(ordered), 2000):
        statement = select(Requirement).where(Requirement.path.in_(ordered[start : start + 2000]))
        for row in session.scalars(statement):
            found.setdefault(row.path, {})[row.year] = demand_of(row)
    return found


def _nearest(rows: Mapping[str, Mapping[int, Demand]], paths: Iterable[str], year: int) -> Demand:
    for path in paths:
        holding = [each for each in rows.get(path, ()) if each <= year]
        if holding:
            return rows[path][max(holding)]
    return DEFAULT_DEMAND


def is_any_moving(session: Session) -> bool:
    """Say whether any HR department lets hours of a year go to another one."""
    moving = or_(Requirement.carry_years > 0, Requirement.make_up_years > 0)
    return session.scalar(select(Requirement.id).where(moving).limit(1)) is not None


class Demanded(NamedTuple):
    """What a year demands of a person; ``level`` is her title level where it has figures of its own."""

    needs: Needs
    level: TitleLevel | None
    moving: Moving


def demanded_by(session: Session, demands: Mapping[tuple[int, int], Demand]) -> dict[tuple[int, int], Demanded]:
    """Return what is demanded of each person and year, by the title level that the year follows."""
    by_level: dict[int, list[int]] = {}
    for (person, year), demand in demands.items():
        if demand.levels:
            by_level.setdefault(person, []).append(year)
    levels = title_levels.of_years(session, by_level) if by_level else {}
    return {pair: _of_level(demand, levels.get(pair)) for pair, demand in demands.items()}


def _of_level(demand: Demand, level: TitleLevel | None) -> Demanded:
    if level is None or level not in demand.levels:
        return Demanded(demand.base, None, demand.moving)
    return Demanded(demand.levels[level], level, demand.moving)


def organisations_of_years(
    session: Session, wanted: Mapping[int, Collection[int]], present: Mapping[int, int]
) -> dict[tuple[int, int], int]:
    """Return the organisation that each person's year follows.

    *wanted* maps a person to years, *present* to the present organisation. A closed year follows the organisation of
    its 31 December, or where there was none yet the first one afterwards; the running year the present one.
    """
    running = today().year
    closed = sorted(p for p, years in wanted.items() if any(y < running for y in years))
    dated: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for start in range(0, len(closed), 2000):
        columns = select(Membership.person_id, Membership.member_of_id, Membership.from_on, Membership.to_on)
        statement = columns.where(Membership.person_id.in_(closed[start : start + 2000]))
        for row in session.execute(statement.order_by(Membership.from_on, Membership.id)):
            dated.setdefault(row.person_id, []).append(row)
    return {
        (person, year): present[person] if year >= running else _member_of(dated.get(person, []), year, present[person])
        for person, years in wanted.items()
        for year in years
    }


def _member_of(memberships: Sequence[Row[*tuple[Any, ...]]], year: int, present: int) -> int:
    last_day = dt.date(year, 12, 31)
    on_the_day = [m for m in memberships if m.from_on <= last_day and (m.to_on is None or m.to_on >= last_day)]
    if on_the_day:
        return int(on_the_day[-1].member_of_id)
    afterwards = [m for m in memberships if m.from_on > last_day]
    return int(afterwards[0].member_of_id) if afterwards else present


def paths_of_years(session: Session, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Return where each organisation stood in each year: a closed year keeps its place, the others have the present one."""
    ids = {organisation_id for organisation_id, _ in wanted}
    present = dict(session.execute(select(Organisation.id, Organisation.path).where(Organisation.id.in_(ids))).all())
    closed = [pair for pair in wanted if pair[1] < today().year]
    kept: dict[tuple[int, int], str] = {}
    if closed:
        pair = tuple_(OrganisationYear.organisation_id, OrganisationYear.year)
        columns = select(OrganisationYear.organisation_id, OrganisationYear.year, OrganisationYear.path)
        kept = {(organisation_id, year): path for organisation_id, year, path in session.execute(columns.where(pair.in_(closed)))}
    return {pair: kept.get(pair) or present[pair[0]] for pair in wanted}


class Place(NamedTuple):
    """The organisation that a person's year follows, and what it demands."""

    organisation_id: int
    demand: Demand


def places_of_years(
    session: Session, wanted: Mapping[int, Collection[int]], present: Mapping[int, int], *, tried: Tried | None = None
) -> dict[tuple[int, int], Place]:
    """Return what each person's year follows; *wanted* and *present* are those of ``organisations_of_years``."""
    members = organisations_of_years(session, wanted, present)
    paths = paths_of_years(session, {(organisation, year) for (_, year), organisation in members.items()})
    demands = requirements_of(session, {(path, year) for (_, year), path in paths.items()}, tried=tried)
    return {
        (person, year): Place(organisation, demands[paths[organisation, year], year])
        for (person, year), organisation in members.items()
    }


def demanded_of(session: Session, year: int, members: Mapping[int, int]) -> dict[int, Demanded]:
    """Return what *year* demands of people, no exemption considered; *members* maps each to the present organisation."""
    found = demanded_of_years(session, dict.fromkeys(members, (year,)), members)
    return {person: found[person, year] for person in members}


def demanded_of_years(
    session: Session, wanted: Mapping[int, Collection[int]], members: Mapping[int, int]
) -> dict[tuple[int, int], Demanded]:
    """Return what years demand of people, no exemption considered; *members* maps each to the present organisation."""
    with acting(session, "read_needs"):
        places = places_of_years(session, wanted, members)
        return demanded_by(session, {pair: place.demand for pair, place in places.items()})
