"""The account of a year: whatever happens, in whatever order, its lines add up to the total that is shown."""

from __future__ import annotations

import random
import runpy
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_app.schema import MIGRATIONS
from models.access import SYSTEM
from models.credits import postings
from models.credits.counting import Counted
from models.credits.postings import AUDITED, CAP_USED_UP, OVER_CAP, TAKEN_BACK, Because, PostingKind, YearPosting, lines
from models.credits.recompute import recompute_all
from models.credits.recount import recount_years
from models.credits.tables import AuditState, Declaration, DeclarationState, YearSummary
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.test_recount import a_record

EARNED, CAPPED, WITHDRAWN = PostingKind.EARNED, PostingKind.CAPPED, PostingKind.WITHDRAWN


def shown(declaration_id: int | None = None) -> list[tuple[str, int, str]]:
    """Return kind, total and reason of the lines in their order."""
    with system_session() as session:
        statement = select(YearPosting).order_by(YearPosting.id)
        if declaration_id is not None:
            statement = statement.where(YearPosting.declaration_id == declaration_id)
        return [(p.kind, p.total_tenths, p.reason) for p in session.scalars(statement)]


def accounts() -> dict[tuple[int, int], tuple[int, int, int]]:
    """Add the lines up by person and year, without the code that is tested."""
    with system_session() as session:
        found: dict[tuple[int, int], tuple[int, int, int]] = {}
        for p in session.scalars(select(YearPosting)):
            total, public, professional = found.get((p.person_id, p.year), (0, 0, 0))
            found[p.person_id, p.year] = (
                total + p.total_tenths,
                public + p.public_tenths,
                professional + p.professional_tenths,
            )
        return found


def totals() -> dict[tuple[int, int], tuple[int, int, int]]:
    with system_session() as session:
        return {
            (s.person_id, s.year): (s.total_tenths, s.public_tenths, s.professional_tenths)
            for s in session.scalars(select(YearSummary))
        }


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(4))
def test_after_any_life_of_records_the_lines_add_up_to_the_total(cast: Cast, forms: dict[str, int], seed: int) -> None:
    chance = random.Random(seed)
    for _step in range(25):
        with system_session() as session, unit_of_work(session):
            records = list(session.scalars(select(Declaration)))
            pick = chance.random()
            if records and pick < 0.3:
                touched = chance.choice(records)
                touched.audit_state = AuditState.FAILED if touched.audit_state == AuditState.NONE else AuditState.NONE
            elif records and pick < 0.45:
                touched = chance.choice(records)
                touched.state, touched.granted_tenths, touched.granted_at = DeclarationState.PENDING, None, None
            else:
                touched = a_record(cast, forms, chance)
                session.add(touched)
            session.flush()
            recount_years(session, SYSTEM, [(touched.person_id or 0, touched.year)])
        added_up = accounts()
        assert {pair: added_up.get(pair, (0, 0, 0)) for pair in totals()} == totals()
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean


def test_a_record_is_earned_capped_withdrawn_and_earned_again(
    cast: Cast, declare: Callable[..., int], approve: Callable[..., None]
) -> None:
    one = declare(cast.professional, hours="100", submit=True)
    two = declare(cast.professional, hours="40", start_date="2026-05-01", end_date="2026-05-05", submit=True)
    approve(one)
    approve(two)
    assert shown(one) == [(EARNED, 1000, ""), (CAPPED, -100, OVER_CAP)]
    assert shown(two) == []  # the cap of 90 hours was used up: nothing to post

    def audit(state: AuditState) -> None:
        with system_session() as session, unit_of_work(session):
            session.get_one(Declaration, one).audit_state = state
            session.flush()
            recount_years(session, SYSTEM, [(cast.people["professional"].id, 2026)])

    audit(AuditState.FAILED)
    assert shown(one)[2:] == [(WITHDRAWN, -900, AUDITED)]
    assert shown(two) == [(EARNED, 400, "")]
    audit(AuditState.PASSED)
    assert shown(one)[3:] == [(EARNED, 1000, ""), (CAPPED, -100, OVER_CAP)]
    assert shown(two)[1:] == [(WITHDRAWN, -400, CAP_USED_UP)]
    assert accounts() == totals()


def test_counting_the_same_again_posts_nothing(cast: Cast, declare: Callable[..., int], approve: Callable[..., None]) -> None:
    approve(declare(cast.professional, submit=True))
    before = shown()
    with system_session() as session, unit_of_work(session):
        recount_years(session, SYSTEM, [(cast.people["professional"].id, 2026)])
    assert shown() == before == [(EARNED, 400, "")]


def test_a_line_says_who_made_it_and_a_recalculation_what_it_was(
    cast: Cast, declare: Callable[..., int], approve: Callable[..., None]
) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    because = Because(PostingKind.RECALCULATED, "新规则", {one: {"old": 400, "new": 200, "version": 2}})
    with system_session() as session, unit_of_work(session):
        session.get_one(Declaration, one).granted_tenths = 200
        session.flush()
        recount_years(session, cast.city_officer, [(cast.people["professional"].id, 2026)], because=because)
    with system_session() as session:
        first, second = [line for line, _ in postings.account(session, cast.people["professional"].id, 2026)]
    assert first.by_name == cast.county_officer.name
    assert (second.kind, second.total_tenths, second.reason, second.details, second.by_name) == (
        PostingKind.RECALCULATED,
        -200,
        "新规则",
        {"old": 400, "new": 200, "version": 2},
        cast.city_officer.name,
    )
    assert accounts() == totals()


def test_a_changed_line_is_found_named_and_put_right(
    cast: Cast, declare: Callable[..., int], approve: Callable[..., None], system: Session
) -> None:
    approve(declare(cast.professional, submit=True))
    with unit_of_work(system):
        system.execute(update(YearPosting).values(total_tenths=390, professional_tenths=390))
    with system_session() as session:
        found = recompute_all(session, check_only=True)
    assert (found.n_wrong_accounts, found.n_wrong_years, found.is_clean) == (1, 0, False)
    assert found.first_wrong_account == (cast.people["professional"].id, 2026, 390, 400)
    with system_session() as session:
        recompute_all(session, check_only=False)
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean
    assert accounts() == totals()


@pytest.mark.both_databases
def test_the_migration_posts_what_counting_would_have_posted(cast: Cast, forms: dict[str, int], system: Session) -> None:
    chance = random.Random(3)
    with unit_of_work(system):
        for _ in range(60):
            system.add(a_record(cast, forms, chance))
        system.flush()
        recount_years(system, SYSTEM, [(p.id, y) for p in cast.people.values() for y in (2025, 2026)])
    written = _figures(system)
    assert len({kind for _id, kind, *_rest in written}) == 2
    steps = runpy.run_path(str(MIGRATIONS / "versions" / "0009_year_postings.py"))
    with unit_of_work(system):
        connection = system.connection()
        connection.exec_driver_sql("delete from year_postings")
        connection.exec_driver_sql(steps["EARNED"])
        connection.exec_driver_sql(steps["CAPPED"])
    assert _figures(system) == written


def _figures(session: Session) -> list[tuple[int | None, str, int, int, int]]:
    session.expire_all()
    return sorted(
        (p.declaration_id, p.kind, p.total_tenths, p.public_tenths, p.professional_tenths)
        for p in session.scalars(select(YearPosting))
    )


@pytest.mark.parametrize(
    ("before", "after", "granted", "kinds"),
    [
        ((0, 0, 0), (100, 0, 100), Counted(100, 0, 100), [EARNED]),
        ((0, 0, 0), (60, 0, 60), Counted(100, 0, 100), [EARNED, CAPPED]),
        ((60, 0, 60), (100, 0, 100), Counted(100, 0, 100), [CAPPED]),
        ((60, 0, 60), (0, 0, 0), Counted(100, 0, 100), [WITHDRAWN]),
        ((60, 20, 40), (60, 30, 30), Counted(60, 30, 30), [PostingKind.RECALCULATED]),
        ((60, 20, 40), (0, 0, 0), None, [WITHDRAWN]),
        ((60, 20, 40), (60, 20, 40), Counted(60, 20, 40), []),
    ],
)
def test_lines_add_up_to_the_difference(
    before: tuple[int, int, int], after: tuple[int, int, int], granted: Counted | None, kinds: list[PostingKind]
) -> None:
    found = lines(before, after, granted, gone=TAKEN_BACK)
    assert [line.kind for line in found] == kinds
    assert tuple(sum(part) for part in zip((0, 0, 0), *(line.figures for line in found), strict=True)) == tuple(
        a - b for a, b in zip(after, before, strict=True)
    )
