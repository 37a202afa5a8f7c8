"""Millions of rows for measuring: written in bulk with the types, the encryption and the derived rows of the product.

``recompute-years`` and ``verify-history`` find nothing wrong afterwards. Only for an empty database: whoever interrupts
it begins with a new one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import effects, history
from models.access import SYSTEM
from models.base import today, utcnow
from models.credits.requirements import requirement_of
from models.errors import N_, Conflict
from models.org.tables import Organisation, OrganisationKind, Region
from models.people.passwords import hash_password
from models.people.tables import NameToken
from models.scope import bulk_load, system_session
from models.transaction import unit_of_work
from seed import made_up
from seed.reference import seed_reference
from seed.scale import catalogue, indexes, tree
from seed.scale.columns import COLUMNS
from seed.scale.names import Names
from seed.scale.people import add_organisation
from seed.scale.processes import made_in_processes
from seed.scale.rows import Rows
from seed.scale.tree import CITY, NEW_REGIONS, Unit
from seed.scale.world import YEARS_BACK, World, random_of, titles

PASSWORD = "Demo-2026!"  # noqa: S105 - of made-up persons, printed at the end
TOKENS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class ScaleAccount:
    """One line of the list that is printed: who it is, the number to log in with, the user type."""

    title: str
    number: str
    kind: str
    organisation_id: int


def seed_scale(
    *, n_people: int, n_organisations: int, n_credits: int, say: Callable[[str], None] = lambda _line: None
) -> list[ScaleAccount]:
    """Fill an empty database and return the accounts to be printed; raises Conflict when it holds organisations."""
    with system_session() as session:
        if session.scalar(select(func.count()).select_from(Organisation)):
            raise Conflict(N_("The database holds organisations already; the scale data are built in an empty one."))
        world = _prepare(session, n_people=n_people, n_organisations=n_organisations, n_credits=n_credits)
        with indexes.set_aside(session, COLUMNS):
            _load_organisations(session, world)
            names = _load_people(session, world, say)
            _load_names(session, world, names)
            say("building indexes")
        with unit_of_work(session):
            while history.seal(session):
                session.flush()
    return list(_accounts(world))


def _prepare(session: Session, *, n_people: int, n_organisations: int, n_credits: int) -> World:
    with unit_of_work(session):
        seed_reference(session)
        session.add_all(
            Region(code=code, name=name, level="zone", parent_code=CITY, kind="zone", status="current")
            for code, name, _ in NEW_REGIONS
        )
    day, moment = today(), utcnow().replace(microsecond=0)
    years = range(day.year - YEARS_BACK, day.year + 1)
    return World(
        n_people=n_people,
        n_credits=n_credits,
        units=tree.build(random_of("tree"), n_organisations, n_people),
        numbers=made_up.NumberSpace(made_up.districts(), first=dt.date(1963, 1, 1), last=dt.date(2002, 12, 31)),
        titles=titles(),
        catalogue=catalogue.build(session, random_of("catalogue"), years, day),
        needs={year: requirement_of(session, "/1/", year).base for year in years},
        now=moment,
        today=day,
        password_hash=hash_password(PASSWORD),
    )


# --- loading --------------------------------------------------------------------------------------------------------


def _load_organisations(session: Session, world: World) -> None:
    rows = Rows()
    for unit in world.units:
        add_organisation(rows, world, unit)
    _write(session, rows, subject_id=1, n=len(world.units))


def _load_people(session: Session, world: World, say: Callable[[str], None]) -> Names:
    names, n = Names(), 0
    with made_in_processes(world, session.get_bind().dialect) as chunks:
        for rows, found, first in chunks:
            names.add(found)
            _write(session, rows, subject_id=first, n=len(found), is_prepared=True)
            n += len(found)
            say(f"{n} people")
    return names


def _load_names(session: Session, world: World, names: Names) -> None:
    rows = names.token_rows(world.units)
    while some := list(islice(rows, TOKENS_AT_ONCE)):
        with unit_of_work(session):
            bulk_load(session, NameToken, COLUMNS[NameToken], some)


def _write(session: Session, rows: Rows, *, subject_id: int, n: int, is_prepared: bool = False) -> None:
    """Write a chunk in one transaction, with one history row that names its first organisation."""
    with unit_of_work(session):
        for cls, columns in COLUMNS.items():
            bulk_load(session, cls, columns, rows.to(cls), is_prepared=is_prepared)
        history.record(session, SYSTEM, "organisation", [subject_id], "seed_scale", changes={"n": n})


# --- what is printed ------------------------------------------------------------------------------------------------


def _accounts(world: World) -> Iterable[ScaleAccount]:
    county = world.units[1]
    department, unit = _example(world.units, county)
    listed = (
        ("市人社局", world.units[0], "人社部门"),
        ("区人社局", county, "人社部门"),
        ("主管部门", department, "主管部门"),
        ("用人单位", unit, "用人单位"),
    )
    for title, each, kind in listed:
        yield ScaleAccount(f"{title}：{each.name}", world.numbers.number(each.id - 1).value, kind, each.id)
    number = world.numbers.number(len(world.units) + unit.first_person - 1)
    yield ScaleAccount(f"专业技术人员：{unit.name}", number.value, "专业技术人员", unit.id)


def _example(units: list[Unit] | Any, county: Unit) -> tuple[Unit, Unit]:
    """Return a department of the county and its largest employer: the busiest desk of each kind."""
    below = [u for u in units if u.kind is OrganisationKind.EMPLOYER and u.n_people and u.path.startswith(county.path)]
    under_department = [u for u in below if u.parent and u.parent.kind is OrganisationKind.COMPETENT_DEPARTMENT]
    unit = max(under_department, key=lambda u: (u.n_people, -u.id))
    assert unit.parent is not None
    return unit.parent, unit


__all__ = ["PASSWORD", "ScaleAccount", "effects", "seed_scale"]
