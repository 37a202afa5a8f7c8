"""What a year demands of a person, and which organisation a year follows. Inherited rows: the nearest path holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from models.base import today
from models.credits.counting import DEFAULT_NEEDS, Needs
from models.credits.tables import OrganisationYear, Requirement
from models.org.tables import Organisation
from models.people.tables import Membership
from models.scope import acting


def prefixes(path: str) -> list[str]:
    """Return *path* and every path above it, the nearest first, the national ``/`` last."""
    parts = path.strip("/").split("/") if path.strip("/") else []
    return ["/" + "".join(f"{p}/" for p in parts[:n]) for n in range(len(parts), -1, -1)]


def requirement_of(session: Session, path: str, year: int) -> Needs:
    """Return what *year* demands at *path*: the nearest path's latest row up to that year, else 90/30/60."""
    return requirements_of(session, {(path, year)})[path, year]


def requirements_of(session: Session, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Needs]:
    """Return what the years demand at the paths, all in one read."""
    above = {path: prefixes(path) for path, _ in wanted}
    rows = _rows(session, {p for paths in above.values() for p in paths})
    return {(path, year): _nearest(rows, above[path], year) for path, year in wanted}


def _rows(session: Session, paths: Iterable[str]) -> Mapping[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    ordered = sorted(paths)
    for start in range(0, len(ordered), 2000):
        statement = select(Requirement).where(Requirement.path.in_(ordered[start : start + 2000])).order_by(Requirement.year)
        for row in session.scalars(statement):
            found.setdefault(row.path, []).append(row)
    return found


def _nearest(rows: Mapping[str, list[Requirement]], paths: Iterable[str], year: int) -> Needs:
    for path in paths:
        holding = [r for r in rows.get(path, ()) if r.year <= year]
        if holding:
            last = holding[-1]
            return Needs(last.total_tenths, last.public_tenths, last.professional_tenths)
    return DEFAULT_NEEDS


def organisations_of_years(
    session: Session, wanted: Mapping[int, Collection[int]], present: Mapping[int, int]
) -> dict[tuple[int, int], int]:
    """Return the organisation that each person's year follows.

    *wanted* maps a person to years, *present* to the present organisation. A closed year follows the organisation of
    its 31 December, or where there was none yet the first one afterwards; the running year the present one.
    """
    running = today().year
    closed = sorted(p for p, years in wanted.items() if any(y < running for y in years))
    dated: dict[int, list[Membership]] = {}
    for start in range(0, len(closed), 2000):
        statement = select(Membership).where(Membership.person_id.in_(closed[start : start + 2000]))
        for row in session.scalars(statement.order_by(Membership.from_on, Membership.id)):
            dated.setdefault(row.person_id, []).append(row)
    return {
        (person, year): present[person] if year >= running else _member_of(dated.get(person, []), year, present[person])
        for person, years in wanted.items()
        for year in years
    }


def _member_of(memberships: Iterable[Membership], year: int, present: int) -> int:
    last_day = dt.date(year, 12, 31)
    on_the_day = [m for m in memberships if m.from_on <= last_day and (m.to_on is None or m.to_on >= last_day)]
    if on_the_day:
        return on_the_day[-1].member_of_id
    afterwards = [m for m in memberships if m.from_on > last_day]
    return afterwards[0].member_of_id if afterwards else present


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


def demanded_of(session: Session, year: int, members: Mapping[int, int]) -> dict[int, Needs]:
    """Return what *year* demands of people of whom nothing is counted yet; *members* maps each to the present organisation."""
    with acting(session, "read_needs"):
        followed = organisations_of_years(session, dict.fromkeys(members, (year,)), members)
        paths = paths_of_years(session, {(organisation, year) for organisation in followed.values()})
        needs = requirements_of(session, {(path, year) for path in paths.values()})
    return {person: needs[paths[followed[person, year], year], year] for person in members}
