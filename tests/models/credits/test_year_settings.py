"""What an HR department sets for a year: it holds below, the years follow, and nobody else's is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import jobs
from models.access import Actor
from models.credits import windows, year_settings
from models.credits.counting import Needs
from models.credits.recompute import recompute_all
from models.credits.requirements import Demand, requirement_of
from models.credits.standing import standings
from models.credits.tables import DeclarationWindow, Requirement, YearSummary
from models.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from models.jobs import Job, JobState
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Decide = Callable[..., None]
LITTLE = Needs(400, 0, 400)


def demand(session_of: Open, actor: Actor, year: int, needs: Needs | None) -> Job | None:
    session = session_of(actor)
    with unit_of_work(session):
        return year_settings.set_demand(session, actor, year, Demand(needs) if needs else None)


def passed() -> dict[tuple[int | None, int], bool]:
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean
        return {(s.person_id, s.year): s.is_passed for s in session.scalars(select(YearSummary))}


def rows() -> list[tuple[str, int, int]]:
    with system_session() as session:
        return sorted((r.path, r.year, r.total_tenths) for r in session.scalars(select(Requirement)))


@pytest.mark.both_databases
def test_a_lower_requirement_is_previewed_and_the_years_follow(
    session_of: Open, cast: Cast, declare: Declare, approve: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = cast.people["professional"].id
    approve(declare(cast.professional, hours="40", submit=True))
    assert passed() == {(person, 2026): False}
    session = session_of(cast.county_officer)
    found = year_settings.turning(session, cast.organisations["county"].path, 2026, Demand(LITTLE))
    assert (found.n_years, found.n_to_passed, found.n_to_failed) == (1, 1, 0)
    session.rollback()
    assert passed() == {(person, 2026): False}
    assert demand(session_of, cast.county_officer, 2026, LITTLE) is None
    assert passed() == {(person, 2026): True}
    assert year_settings.turning(session, cast.organisations["county"].path, 2026, Demand(Needs(900, 300, 600))).n_to_failed == 1
    session.rollback()
    for most in (year_settings.MOST_TRIED, 0):  # counted, and by the hours that count today
        monkeypatch.setattr(year_settings, "MOST_TRIED", most)
        found = year_settings.turning(session, cast.organisations["county"].path, 2026, None)
        assert (found.n_years, found.n_to_passed, found.n_to_failed) == (1, 0, 1)
        session.rollback()
    demand(session_of, cast.county_officer, 2026, None)
    assert passed() == {(person, 2026): False}
    assert rows() == []


def test_an_earlier_year_holds_until_another_has_its_own(session_of: Open, cast: Cast, declare: Declare, approve: Decide) -> None:
    person = cast.people["professional"].id
    approve(declare(cast.professional, hours="40", submit=True))
    demand(session_of, cast.county_officer, 2025, LITTLE)
    assert passed() == {(person, 2026): True}
    demand(session_of, cast.county_officer, 2026, Needs(900, 300, 600))
    assert passed() == {(person, 2026): False}
    shown = {
        s.year: (s.demand.base.total_tenths, s.has_own_demand)
        for s in year_settings.settings_of_years(session_of(cast.county_officer), cast.organisations["county"].path)
    }
    assert shown == {2027: (900, False), 2026: (900, True), 2025: (400, True), 2024: (900, False)}


def test_the_city_does_not_reach_what_a_county_has_set(session_of: Open, cast: Cast, declare: Declare, approve: Decide) -> None:
    person = cast.people["professional"].id
    approve(declare(cast.professional, hours="40", submit=True))
    demand(session_of, cast.county_officer, 2026, Needs(500, 0, 500))
    city = session_of(cast.city_officer)
    assert year_settings.turning(city, cast.organisations["city"].path, 2026, Demand(LITTLE)).n_years == 0
    city.rollback()
    demand(session_of, cast.city_officer, 2026, LITTLE)
    assert passed() == {(person, 2026): False}
    paths = {name: cast.organisations[name].path for name in ("city", "county")}
    assert rows() == sorted([(paths["city"], 2026, 400), (paths["county"], 2026, 500)])


@pytest.mark.parametrize("name", ["department_clerk", "unit_clerk", "professional"])
def test_only_an_hr_department_sets_anything(session_of: Open, cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        demand(session_of, cast.actors[name], 2026, LITTLE)
    session = session_of(cast.actors[name])
    with pytest.raises(NotAllowed), unit_of_work(session):
        year_settings.set_window(
            session, cast.actors[name], 2026, opens_on=dt.date(2026, 1, 1), closes_on=dt.date(2026, 2, 1), grace_days=0
        )
    assert rows() == []


@pytest.mark.parametrize(
    ("year", "needs", "refusal"),
    [
        (0, LITTLE, NotFound),
        (99999, LITTLE, NotFound),
        (2029, LITTLE, NotFound),
        (2026, Needs(-1, 0, 0), Invalid),
        (2026, Needs(10_001, 0, 0), Invalid),
        (2026, Needs(900, 400, 600), Invalid),
        (2026, None, Conflict),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    session_of: Open, cast: Cast, year: int, needs: Needs | None, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        demand(session_of, cast.county_officer, year, needs)
    assert rows() == []


def test_more_than_a_chunk_is_counted_by_a_job_that_goes_on_where_it_stopped(
    session_of: Open, cast: Cast, declare: Declare, approve: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(year_settings, "CHUNK", 1)
    approve(declare(cast.professional, hours="40", submit=True))
    approve(declare(cast.colleague, hours="40", submit=True))
    job = demand(session_of, cast.county_officer, 2026, LITTLE)
    assert job is not None
    assert job.n_total == 2
    assert jobs.run_job(job.id) is JobState.DONE
    with system_session() as session:
        assert session.get_one(Job, job.id).result == {"n": 2}
    assert set(passed().values()) == {True}


def test_a_window_holds_below_with_its_days_of_grace(
    session_of: Open, cast: Cast, forms: dict[str, int], clock: Callable[[str], None]
) -> None:
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        year_settings.set_window(
            session, cast.county_officer, 2026, opens_on=dt.date(2026, 3, 1), closes_on=dt.date(2026, 11, 30), grace_days=10
        )
    path = cast.professional.path
    person_id = cast.people["professional"].id
    for day, is_open, told in (
        ("2026-11-30", True, "2026-11-30"),
        ("2026-12-01", True, "2026-12-10"),  # a day that is over is no day to declare until
        ("2026-12-10", True, "2026-12-10"),
        ("2026-12-11", False, "2026-12-10"),
    ):
        clock(f"{day} 10:00")
        reading = session_of(cast.professional)
        assert (2026 in windows.open_years(reading, path)) is is_open, day
        assert str(standings(reading, person_id, path)[0].closes_on) == told, day
    with pytest.raises(NotAllowed), unit_of_work(reading):
        windows.require_open(reading, path, 2026)
    with unit_of_work(session):
        year_settings.clear_window(session, cast.county_officer, 2026)
    with system_session() as system:
        assert list(system.scalars(select(DeclarationWindow))) == []
        assert requirement_of(system, path, 2026).base == Needs(900, 300, 600)


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "grace"),
    [
        ("2026-03-01", "2026-02-01", 0),
        ("2025-12-31", "2026-12-31", 0),
        ("2026-01-01", "2029-01-01", 0),
        ("2026-01-01", "2026-12-31", -1),
        ("2026-01-01", "2026-12-31", 91),
        (None, "2026-12-31", 0),
    ],
)
def test_days_that_do_not_belong_to_the_year_are_refused(
    session_of: Open, cast: Cast, opens_on: str | None, closes_on: str, grace: int
) -> None:
    session = session_of(cast.county_officer)
    first = dt.date.fromisoformat(opens_on) if opens_on else None
    with pytest.raises(Invalid), unit_of_work(session):
        year_settings.set_window(
            session, cast.county_officer, 2026, opens_on=first, closes_on=dt.date.fromisoformat(closes_on), grace_days=grace
        )
    with system_session() as system:
        assert list(system.scalars(select(DeclarationWindow))) == []
