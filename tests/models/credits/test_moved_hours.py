"""结转 and 补学: hours above a requirement stand in another year, each of them once, whatever happens to the records."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models.access import SYSTEM
from models.base import db, utcnow
from models.credits import carrying, exempting
from models.credits.carrying import Moved, Moving, Year
from models.credits.counting import Needs
from models.credits.exemptions import Exemption
from models.credits.moving_years import SWITCHED_OFF
from models.credits.postings import PostingKind, YearPosting
from models.credits.recompute import recompute_all
from models.credits.recount import recount_years
from models.credits.requirements import Demand
from models.credits.tables import AuditState, Declaration, DeclarationState, Requirement, YearMove, YearSummary
from models.credits.year_settings import set_demand, turning
from models.people.tables import Membership
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.test_postings import accounts, totals
from tests.models.credits.test_recount import a_record

USUAL = Needs(900, 300, 600)
CARRIES = Moving(carry_years=2, carries_public=True, carries_professional=True)
MAKES_UP = Moving(make_up_years=2)

KINDS = ("public", "professional")


class SingleTenths:
    """Moves one tenth after the other by the words of the decision note: another way to the same figures."""

    def __init__(self, years: Mapping[int, Year]) -> None:
        self.years = years
        # By year and kind the year of origin of each tenth.
        self.tenths = {y: {"public": [y] * v.public, "professional": [y] * v.professional} for y, v in years.items()}
        self.moved: dict[tuple[int, int], list[str]] = {}

    def needed(self, year: int, kind: str) -> int:
        needs = self.years[year].needs
        return needs.public_tenths if kind == "public" else needs.professional_tenths

    def is_met(self, year: int, *, without: str = "") -> bool:
        had = {kind: len(self.tenths[year][kind]) - (without == kind) for kind in KINDS}
        enough = all(had[kind] >= self.needed(year, kind) for kind in KINDS)
        return enough and sum(had.values()) >= max(self.years[year].needs.total_tenths, 0 if without else 1)

    def give(self, source: int, target: int, kind: str, *, since: int = 0) -> bool:
        """Let the youngest tenth of a kind that is not too old go; say whether one went."""
        young = [origin for origin in self.tenths[source][kind] if origin >= since]
        if not young or not self.is_met(source, without=kind):
            return False
        self.tenths[source][kind].remove(max(young))
        self.tenths[target][kind].append(max(young))
        self.moved.setdefault((source, target), []).append(kind)
        return True

    def make_up(self, source: int, earlier: int) -> None:
        for kind in KINDS:
            while len(self.tenths[earlier][kind]) < self.needed(earlier, kind) and self.give(source, earlier, kind):
                pass
        for kind in reversed(KINDS):
            while self.is_total_short(earlier) and self.give(source, earlier, kind):
                pass

    def is_total_short(self, year: int) -> bool:
        parts = sum(max(len(self.tenths[year][kind]), self.needed(year, kind)) for kind in KINDS)
        return parts < self.years[year].needs.total_tenths

    def carry(self, year: int) -> None:
        moving = self.years[year].moving
        left = moving.carry_most_tenths or 10**6
        for kind, goes in (("professional", moving.carries_professional), ("public", moving.carries_public)):
            while goes and left and self.give(year, year + 1, kind, since=year + 1 - moving.carry_years):
                left -= 1

    def run(self) -> dict[tuple[int, int], Moved]:
        for year in sorted(self.years):
            for earlier in sorted(self.years):
                other = self.years[earlier]
                if self.is_met(year) and other.is_due and earlier < year <= earlier + other.moving.make_up_years:
                    self.make_up(year, earlier)
            if self.is_met(year) and year + 1 in self.years:
                self.carry(year)
        return {pair: Moved(kinds.count("public"), kinds.count("professional")) for pair, kinds in sorted(self.moved.items())}


def some_moving(chance: random.Random) -> Moving:
    kinds = chance.choice([(False, False), (True, False), (False, True), (True, True)])
    return Moving(
        carry_years=chance.randint(1, 3) if any(kinds) else 0,
        carries_public=kinds[0],
        carries_professional=kinds[1],
        carry_most_tenths=chance.choice([0, 5, 20]),
        make_up_years=chance.randint(0, 3),
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_arithmetic_equals_moving_one_tenth_after_the_other(seed: int) -> None:
    chance = random.Random(seed)
    for _life in range(20):
        years = {
            year: Year(
                public=chance.choice([0, 0, 5, 15, 60]),
                professional=chance.choice([0, 10, 25, 70, 90]),
                needs=chance.choice([Needs(40, 10, 30), Needs(50, 10, 10), Needs(20, 0, 20), Needs(0, 0, 0)]),
                moving=some_moving(chance),
                is_due=chance.random() < 0.85,
            )
            for year in range(2023, 2023 + chance.randint(2, 5))
        }
        assert dict(sorted(carrying.moves(years).items())) == SingleTenths(years).run(), years


@pytest.mark.parametrize(
    ("years", "moved"),
    [
        ([(400, 700, CARRIES), (0, 0, CARRIES)], {(2024, 2025): (100, 100)}),
        ([(400, 700, replace(CARRIES, carry_most_tenths=150)), (0, 0, CARRIES)], {(2024, 2025): (50, 100)}),
        ([(400, 700, replace(CARRIES, carries_public=False)), (0, 0, CARRIES)], {(2024, 2025): (0, 100)}),
        ([(0, 1500, CARRIES), (0, 0, CARRIES)], {}),  # not complete: nothing is above
        ([(0, 300, MAKES_UP), (500, 1000, MAKES_UP)], {(2025, 2024): (200, 300)}),
        ([(0, 0, MAKES_UP), (300, 600, MAKES_UP)], {}),
        # The oldest hours are used up first, so that what goes on is of the year itself.
        ([(300, 800, CARRIES), (300, 600, CARRIES), (0, 0, CARRIES)], {(2024, 2025): (0, 200), (2025, 2026): (0, 200)}),
        # Hours of 2024 stand in 2025 at most.
        (
            [(300, 1400, replace(CARRIES, carry_years=1)), (300, 0, replace(CARRIES, carry_years=1)), (0, 0, CARRIES)],
            {(2024, 2025): (0, 800)},
        ),
    ],
)
def test_examples(years: Sequence[tuple[int, int, Moving]], moved: dict[tuple[int, int], tuple[int, int]]) -> None:
    of_years = {
        2024 + n: Year(public, professional, USUAL, moving, is_due=True) for n, (public, professional, moving) in enumerate(years)
    }
    assert {pair: (m.public, m.professional) for pair, m in carrying.moves(of_years).items()} == moved


# --- on the database ------------------------------------------------------------------------------------------------


def set_moving(path: str, organisation_id: int, year: int, moving: Moving, needs: Needs = USUAL) -> None:
    with system_session() as session, unit_of_work(session):
        row = session.scalars(select(Requirement).where(Requirement.path == path, Requirement.year == year)).first()
        row = row or Requirement(path=path, organisation_id=organisation_id, year=year)
        row.total_tenths, row.public_tenths, row.professional_tenths = (
            needs.total_tenths,
            needs.public_tenths,
            needs.professional_tenths,
        )
        row.carry_years, row.make_up_years = moving.carry_years, moving.make_up_years
        row.carries_public, row.carries_professional = moving.carries_public, moving.carries_professional
        row.carry_most_tenths = moving.carry_most_tenths
        session.add(row)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return the state that counting keeps, without what is nothing."""
    with system_session() as session:
        return {
            "years": sorted(
                (s.person_id, s.year, s.total_tenths, s.public_tenths, s.is_passed)
                for s in session.scalars(select(YearSummary))
                if s.total_tenths
            ),
            "moves": sorted(
                (m.person_id, m.from_year, m.to_year, m.public_tenths, m.professional_tenths)
                for m in session.scalars(select(YearMove))
                if m.total_tenths
            ),
        }


def add_record(cast: Cast, forms: dict[str, int], name: str, year: int, subject: str, tenths: int) -> int:
    person = cast.people[name]
    with system_session() as session, unit_of_work(session):
        record = a_record(cast, forms, random.Random(1))
        record.person_id, record.organisation_id, record.path = person.id, person.organisation_id, person.path
        record.form_code, record.rule_version_id = "QT", forms["QT"]
        record.year, record.subject = year, subject
        record.requested_tenths = record.granted_tenths = tenths
        session.add(record)
        session.flush()
        recount_years(session, SYSTEM, [(person.id, year)])
        return record.id


def figures(name: str, cast: Cast) -> dict[int, tuple[int, bool]]:
    with system_session() as session:
        rows = session.scalars(select(YearSummary).where(YearSummary.person_id == cast.people[name].id))
        return {s.year: (s.total_tenths, s.is_passed) for s in rows}


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(4))
def test_any_life_of_records_and_settings_keeps_every_hour_once(cast: Cast, forms: dict[str, int], seed: int) -> None:
    chance = random.Random(seed)
    city, county = cast.organisations["city"], cast.organisations["county"]
    names = ("professional", "colleague", "branch_worker")
    with system_session() as session, unit_of_work(session):
        for membership in session.scalars(select(Membership)):
            session.delete(membership)
    for _step in range(14):
        pick = chance.random()
        place = chance.choice([city, county])
        if pick < 0.25:
            set_moving(place.path, place.id, chance.choice([2023, 2024, 2025, 2026]), some_moving(chance), Needs(300, 100, 200))
        with system_session() as session, unit_of_work(session):
            records = list(session.scalars(select(Declaration)))
            if records and 0.25 < pick < 0.5:
                touched = chance.choice(records)
                touched.audit_state = AuditState.FAILED if touched.audit_state == AuditState.NONE else AuditState.NONE
            elif records and 0.5 < pick < 0.6:
                touched = chance.choice(records)
                touched.state, touched.granted_tenths, touched.granted_at = DeclarationState.PENDING, None, None
            else:
                touched = a_record(cast, forms, chance)
                touched.year = chance.choice([2023, 2024, 2025, 2026])
                session.add(touched)
            session.flush()
            pairs = {(touched.person_id, touched.year)}
            if pick < 0.25:  # whoever changes a requirement counts everybody anew
                pairs |= {(cast.people[name].id, year) for name in names for year in (2023, 2024, 2025, 2026)}
            recount_years(session, SYSTEM, pairs)
        added_up = accounts()
        assert {pair: added_up.get(pair, (0, 0, 0)) for pair in totals()} == totals()
        with system_session() as session:
            counted: dict[int, int] = {}
            for record in session.scalars(select(Declaration)):
                counted[record.person_id or 0] = counted.get(record.person_id or 0, 0) + record.counted_tenths
        of_people: dict[int, int] = {}
        for (person, _year), (total, _public, _professional) in totals().items():
            of_people[person] = of_people.get(person, 0) + total
        assert {p: n for p, n in of_people.items() if n} == {p: n for p, n in counted.items() if n}
        with system_session() as session:
            assert recompute_all(session, check_only=True).is_clean
        before = everything(), _n_postings()
        with system_session() as session, unit_of_work(session):
            recount_years(session, SYSTEM, [(p, y) for p, y in totals()])
        assert (everything(), _n_postings()) == before


def _n_postings() -> int:
    with system_session() as session:
        return len(session.scalars(select(YearPosting.id)).all())


def test_hours_carried_over_leave_one_year_stand_in_the_next_and_go_back(cast: Cast, forms: dict[str, int]) -> None:
    county, person = cast.organisations["county"], cast.people["professional"].id
    set_moving(county.path, county.id, 2025, CARRIES)
    add_record(cast, forms, "professional", 2025, "public", 300)
    more = add_record(cast, forms, "professional", 2025, "professional", 800)
    assert figures("professional", cast) == {2025: (900, True), 2026: (200, False)}
    with system_session() as session:
        lines = [
            (p.year, p.kind, p.total_tenths, p.details) for p in session.scalars(select(YearPosting).order_by(YearPosting.id))
        ]
    assert lines[-2:] == [
        (2025, PostingKind.MOVED_OUT, -200, {"year": 2026}),
        (2026, PostingKind.MOVED_IN, 200, {"year": 2025}),
    ]
    before = everything()
    for state in (AuditState.FAILED, AuditState.PASSED):
        with system_session() as session, unit_of_work(session):
            session.get_one(Declaration, more).audit_state = state
            session.flush()
            recount_years(session, SYSTEM, [(person, 2025)])
        if state is AuditState.FAILED:
            assert figures("professional", cast) == {2025: (300, False), 2026: (0, False)}
    assert everything() == before
    assert accounts() == totals()


def test_a_year_without_any_hours_is_completed_by_a_later_one(cast: Cast, forms: dict[str, int]) -> None:
    county, person = cast.organisations["county"], cast.people["professional"]
    set_moving(county.path, county.id, 2024, MAKES_UP)
    with system_session() as session, unit_of_work(session):
        for membership in session.scalars(select(Membership).where(Membership.person_id == person.id)):
            session.delete(membership)
        session.flush()
        joined = utcnow().date().replace(year=2025, month=3, day=1)
        session.add(Membership(person_id=person.id, path=person.path, member_of_id=person.organisation_id, from_on=joined))
    add_record(cast, forms, "professional", 2026, "public", 600)
    add_record(cast, forms, "professional", 2026, "professional", 1300)
    # 2024 was before she belonged anywhere, 2025 is complete, and 100 hours have no place to go to.
    assert figures("professional", cast) == {2025: (900, True), 2026: (1000, True)}
    with system_session() as session, unit_of_work(session):
        granted = exempting.exempt_many(
            session, replace(cast.county_officer), [person.id], year=2025, kind="leave", months=12, note="产假"
        )
        assert granted.refused == {}
    assert figures("professional", cast) == {2025: (0, True), 2026: (1900, True)}
    with system_session() as session, unit_of_work(session):
        exempting.end_many(session, cast.county_officer, list(session.scalars(select(Exemption.id))))
    assert figures("professional", cast) == {2025: (900, True), 2026: (1000, True)}
    assert accounts() == totals()


def test_the_preview_says_what_saving_does(session_of: Callable[..., Session], cast: Cast, forms: dict[str, int]) -> None:
    add_record(cast, forms, "professional", 2025, "public", 100)
    add_record(cast, forms, "professional", 2025, "professional", 600)
    add_record(cast, forms, "professional", 2026, "public", 600)
    add_record(cast, forms, "professional", 2026, "professional", 600)
    session, path = session_of(cast.county_officer), cast.organisations["county"].path
    demand = Demand(USUAL, moving=MAKES_UP)
    found = turning(session, path, 2025, demand)
    session.rollback()
    assert (found.n_to_passed, found.n_to_failed) == (1, 0)
    with unit_of_work(session):
        set_demand(session, cast.county_officer, 2025, demand)
    assert figures("professional", cast) == {2025: (900, True), 2026: (1000, True)}
    with unit_of_work(session):
        set_demand(session, cast.county_officer, 2025, None)
    assert figures("professional", cast) == {2025: (700, False), 2026: (1200, True)}
    assert accounts() == totals()
    with system_session() as system:
        back = system.scalars(select(YearPosting).order_by(YearPosting.id.desc()).limit(2)).all()
        assert [(p.total_tenths, p.reason) for p in back] == [(-200, SWITCHED_OFF), (200, SWITCHED_OFF)]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements that are sent."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_many_people_take_the_statements_of_one(cast: Cast, forms: dict[str, int]) -> None:
    city = cast.organisations["city"]
    set_moving(city.path, city.id, 2024, replace(CARRIES, make_up_years=2))
    names = ("professional", "colleague", "branch_worker", "neighbour", "cousin")
    counts = []
    for some in (names[:1], names[1:]):
        for name in some:
            person = cast.people[name]
            with system_session() as session, unit_of_work(session):
                for year, subject, tenths in ((2024, "public", 400), (2024, "professional", 800), (2025, "public", 100)):
                    record = a_record(cast, forms, random.Random(1))
                    record.person_id, record.organisation_id, record.path = person.id, person.organisation_id, person.path
                    record.form_code, record.rule_version_id, record.year, record.subject = "QT", forms["QT"], year, subject
                    record.requested_tenths = record.granted_tenths = tenths
                    session.add(record)
        with system_session() as session, unit_of_work(session), statements() as seen:
            recount_years(session, SYSTEM, [(cast.people[name].id, 2024) for name in some])
        counts.append(len(seen))
    assert {figures(name, cast)[2025] for name in names} == {(400, False)}
    assert counts[0] >= counts[1] - 1, counts  # the organisations' counters of another unit are made
