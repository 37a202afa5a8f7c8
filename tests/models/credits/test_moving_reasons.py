"""The account says truly why hours that moved between years move otherwise now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import SYSTEM
from models.credits import year_settings
from models.credits.carrying import Moving
from models.credits.counting import Needs
from models.credits.moving_years import MADE_UP_LESS, MOVED_LESS, SWITCHED_OFF
from models.credits.postings import PostingKind, YearPosting
from models.credits.recount import recount_years
from models.credits.requirements import Demand
from models.credits.tables import AuditState, Declaration
from models.credits.year_settings import BOTH_SET, MOVING_SET, REQUIREMENT_SET, set_demand
from models.jobs import Job
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.test_moved_hours import CARRIES, MAKES_UP, USUAL, add_record

pytestmark = pytest.mark.both_databases
OUT, IN, UP = PostingKind.MOVED_OUT, PostingKind.MOVED_IN, PostingKind.MADE_UP
SetUp = Callable[[Needs, Moving], list[tuple[str, int, str]]]


def moved(after: int) -> list[tuple[str, int, str]]:
    with system_session() as session:
        rows = session.scalars(select(YearPosting).where(YearPosting.id > after).order_by(YearPosting.id))
        return [(p.kind, p.total_tenths, p.reason) for p in rows if p.kind in {OUT, IN, UP}]


def last_posting() -> int:
    with system_session() as session:
        return session.scalars(select(YearPosting.id).order_by(YearPosting.id.desc()).limit(1)).one()


@pytest.fixture
def set_up(session_of: Callable[..., Session], cast: Cast) -> SetUp:
    """Let the county demand something of 2025; return what moved by it."""

    def demand(needs: Needs, moving: Moving) -> list[tuple[str, int, str]]:
        before, session = last_posting(), session_of(cast.county_officer)
        with unit_of_work(session):
            assert set_demand(session, cast.county_officer, 2025, Demand(needs, moving=moving)) is None
        return moved(before)

    return demand


def fail(cast: Cast, record_id: int, year: int) -> list[tuple[str, int, str]]:
    before = last_posting()
    with system_session() as session, unit_of_work(session):
        session.get_one(Declaration, record_id).audit_state = AuditState.FAILED
        session.flush()
        recount_years(session, SYSTEM, [(cast.people["professional"].id, year)])
    return moved(before)


def test_another_kind_or_limit_of_carry_over_is_the_reason(cast: Cast, forms: dict[str, int], set_up: SetUp) -> None:
    add_record(cast, forms, "professional", 2025, "public", 500)
    add_record(cast, forms, "professional", 2025, "professional", 800)
    more = add_record(cast, forms, "professional", 2025, "professional", 100)
    assert set_up(USUAL, CARRIES) == [(OUT, -500, ""), (IN, 500, "")]
    assert set_up(USUAL, replace(CARRIES, carries_public=False)) == [(OUT, 200, MOVING_SET), (IN, -200, MOVING_SET)]
    assert set_up(USUAL, replace(CARRIES, carry_most_tenths=400)) == [(OUT, -100, MOVING_SET), (IN, 100, MOVING_SET)]
    assert set_up(USUAL, replace(CARRIES, carry_most_tenths=350)) == [(OUT, 50, MOVING_SET), (IN, -50, MOVING_SET)]
    dearer = Needs(1100, 300, 800)
    assert set_up(dearer, replace(CARRIES, carry_most_tenths=350)) == [(OUT, 50, REQUIREMENT_SET), (IN, -50, REQUIREMENT_SET)]
    assert set_up(USUAL, CARRIES) == [(OUT, -200, BOTH_SET), (IN, 200, BOTH_SET)]
    assert fail(cast, more, 2025) == [(OUT, 100, MOVED_LESS), (IN, -100, MOVED_LESS)]
    assert set_up(USUAL, Moving()) == [(OUT, 400, SWITCHED_OFF), (IN, -400, SWITCHED_OFF)]
    assert set_up(USUAL, CARRIES) == [(OUT, -400, ""), (IN, 400, "")]


def test_less_is_made_up_because_less_is_missing_or_above(cast: Cast, forms: dict[str, int], set_up: SetUp) -> None:
    add_record(cast, forms, "professional", 2025, "public", 300)
    add_record(cast, forms, "professional", 2025, "professional", 400)
    add_record(cast, forms, "professional", 2026, "public", 300)
    add_record(cast, forms, "professional", 2026, "professional", 700)
    more = add_record(cast, forms, "professional", 2026, "professional", 60)
    assert set_up(USUAL, MAKES_UP) == [(OUT, -160, ""), (UP, 160, "")]
    assert fail(cast, more, 2026) == [(OUT, 60, MADE_UP_LESS), (UP, -60, MADE_UP_LESS)]


def test_a_task_of_many_people_tells_it_as_well(
    cast: Cast,
    forms: dict[str, int],
    set_up: SetUp,
    run_jobs: Callable[[], int],
    session_of: Callable[..., Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_record(cast, forms, "professional", 2025, "public", 500)
    add_record(cast, forms, "professional", 2025, "professional", 800)
    set_up(USUAL, CARRIES)
    monkeypatch.setattr(year_settings, "CHUNK", 0)
    before, session = last_posting(), session_of(cast.county_officer)
    with unit_of_work(session):
        less = Demand(USUAL, moving=replace(CARRIES, carries_public=False))
        assert isinstance(set_demand(session, cast.county_officer, 2025, less), Job)
    monkeypatch.undo()
    assert run_jobs() == 1
    assert moved(before) == [(OUT, 200, MOVING_SET), (IN, -200, MOVING_SET)]
