"""A year that hours of another only passed through is nobody's failure: its row stays, and no list or page shows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import SYSTEM
from models.credits import queries
from models.credits.counting import Needs
from models.credits.recompute import recompute_all
from models.credits.recount import recount_years
from models.credits.requirements import Demand
from models.credits.tables import AuditState, Declaration, YearSummary
from models.credits.unfinished import unfinished
from models.credits.year_settings import set_demand
from models.people.tables import Membership
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.test_moved_hours import CARRIES, USUAL, add_record

pytestmark = pytest.mark.both_databases


def years_of(session: Session, person: int) -> list[tuple[int, int, bool]]:
    return [(s.year, s.total_tenths, s.is_passed) for s in queries.year_summaries_of(session, person)]


def rows_of(person: int) -> dict[int, tuple[int, bool]]:
    with system_session() as session:
        rows = session.scalars(select(YearSummary).where(YearSummary.person_id == person))
        return {s.year: (s.total_tenths, s.has_account) for s in rows}


def set_moving(session_of: Callable[..., Session], cast: Cast, demand: Demand) -> None:
    officer = cast.county_officer
    session = session_of(officer)
    with unit_of_work(session):
        assert set_demand(session, officer, 2025, demand) is None


def test_a_year_that_hours_only_passed_through_is_not_there_when_carrying_over_is_switched_off(
    session_of: Callable[..., Session], cast: Cast, forms: dict[str, int]
) -> None:
    person = cast.people["professional"].id
    with system_session() as session, unit_of_work(session):
        for membership in session.scalars(select(Membership).where(Membership.person_id == person)):
            membership.from_on = membership.from_on.replace(year=2020)
    set_moving(session_of, cast, Demand(USUAL, moving=CARRIES))
    add_record(cast, forms, "professional", 2025, "public", 500)
    add_record(cast, forms, "professional", 2025, "professional", 800)
    session = session_of(cast.county_officer)
    assert years_of(session, person) == [(2026, 400, False), (2025, 900, True)]
    set_moving(session_of, cast, Demand(USUAL))
    assert rows_of(person) == {2025: (1300, True), 2026: (0, False)}
    session = session_of(cast.county_officer)
    assert years_of(session, person) == [(2025, 1300, True)]
    assert queries.year_summary(session, person, 2026) is None
    assert [s for p, s, _ in session.execute(unfinished(2026)) if p.id == person] == [None]  # as anyone of whom nothing counts
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean
    set_moving(session_of, cast, Demand(USUAL, moving=CARRIES))
    assert rows_of(person) == {2025: (900, True), 2026: (400, True)}


@pytest.mark.parametrize(("demanded", "is_there"), [(USUAL, True), (Needs(0, 0, 0), False)])
def test_hours_that_failed_the_audit_fail_a_year_only_where_something_is_demanded(
    session_of: Callable[..., Session], cast: Cast, forms: dict[str, int], demanded: Needs, is_there: bool
) -> None:
    person = cast.people["professional"].id
    set_moving(session_of, cast, Demand(demanded))
    only = add_record(cast, forms, "professional", 2025, "public", 300)
    with system_session() as session, unit_of_work(session):
        session.get_one(Declaration, only).audit_state = AuditState.FAILED
        session.flush()
        recount_years(session, SYSTEM, [(person, 2025)])
    assert rows_of(person) == {2025: (0, is_there)}
    assert years_of(session_of(cast.county_officer), person) == ([(2025, 0, False)] if is_there else [])
