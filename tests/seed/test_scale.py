"""The data for measuring is true: counted right, sealed, complete, and the same on every run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from models import history
from models.access import PositionKind
from models.base import db
from models.credits.recompute import recompute_all
from models.credits.tables import Declaration, DeclarationState, YearSummary
from models.errors import Conflict, NotFound
from models.org.tables import Organisation, OrganisationKind
from models.people import queries as people
from models.people.accounts import find_account, is_right_password
from models.people.positions import positions_of
from models.people.tables import Account, Membership, NameToken, Professional
from models.pinyin import name_tokens
from models.reviews import engine
from models.reviews.tables import Decision, LevelState, Review, ReviewKind, ReviewLevel, ReviewState, Verdict
from models.scope import ScopedSession, attach, bulk_load, scope_of, system_session
from models.transaction import unit_of_work
from seed.scale import PASSWORD, ScaleAccount, seed_scale
from seed.scale.columns import COLUMNS
from tests.databases import Templates, engine_of

SIZE = {"n_people": 600, "n_organisations": 60, "n_credits": 1800}


@dataclasses.dataclass
class Made:
    """A small database of the scale data and the accounts that were printed."""

    accounts: list[ScaleAccount]


@pytest.fixture
def made(empty_app: Flask, clock: Callable[[str], None]) -> Any:
    clock("2026-11-20 10:00")
    with empty_app.app_context():
        yield Made(seed_scale(**SIZE))


def _count(session: Session, cls: Any, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(cls).where(*where)) or 0


@pytest.mark.both_databases
def test_as_many_rows_come_in_as_were_asked_for_and_every_figure_is_right(made: Made) -> None:
    with system_session() as session:
        assert [_count(session, cls) for cls in (Professional, Organisation, Declaration)] == [600, 60, 1800]
        assert _count(session, Account) == 660
        assert _count(session, Membership) == 600
        found = recompute_all(session, check_only=True)
    assert found.is_clean
    with system_session() as session:
        assert found.n_pairs == _count(session, YearSummary)
        verified = history.verify(session)
        actions = set(session.scalars(select(history.HistoryEntry.action)))
    assert (verified.first_broken, verified.n_unsealed) == ("", 0)
    assert actions == {"seed_scale"}


@pytest.mark.both_databases
def test_indexes_constraints_and_numbering_are_what_they_were(made: Made) -> None:
    inspector = inspect(db.engine)
    for cls in COLUMNS:
        table = cls.__table__
        assert {i["name"] for i in inspector.get_indexes(table.name)} >= {i.name for i in table.indexes}
        n_keys = len([c for c in table.constraints if type(c).__name__ == "ForeignKeyConstraint"])
        assert len(inspector.get_foreign_keys(table.name)) == n_keys
    with system_session() as session, unit_of_work(session):
        last = session.scalar(select(func.max(Organisation.id))) or 0
        row = Organisation(
            parent_id=1, path="/1/0/", kind=OrganisationKind.EMPLOYER, name="新单位", code="T3799000000019", region_code="379900"
        )
        session.add(row)
        session.flush()
        assert row.id == last + 1


def test_reviews_stand_as_the_engine_would_have_left_them(made: Made) -> None:
    with system_session() as session:
        states = dict(session.execute(select(Declaration.state, func.count()).group_by(Declaration.state)).all())
        assert set(states) == {s.value for s in DeclarationState}
        waiting = session.scalars(select(Review).where(Review.state == ReviewState.OPEN)).all()
        for review in waiting:
            level = session.scalars(
                select(ReviewLevel).where(ReviewLevel.review_id == review.id, ReviewLevel.state == LevelState.OPEN)
            ).one()
            assert (level.round, level.level, level.deciding_organisation_id) == (
                review.round,
                review.level,
                review.deciding_organisation_id,
            )
        passed = session.scalars(select(Review).where(Review.state == ReviewState.PASSED, Review.round == 1)).all()
        n_decisions = _count(session, Decision, Decision.review_id.in_([r.id for r in passed]), Decision.verdict == Verdict.PASS)
        assert n_decisions == sum(r.n_levels for r in passed)


def test_whoever_is_printed_logs_in_and_decides_what_waits_for_her(made: Made) -> None:
    unit = made.accounts[3]
    with system_session() as session:
        account = find_account(session, "111", unit.number)
        assert is_right_password(account, PASSWORD)
        assert account is not None
        actor = positions_of(session, account)[0].actor
        ids = list(
            session.scalars(
                select(Review.id).where(
                    Review.deciding_organisation_id == unit.organisation_id, Review.kind == ReviewKind.DECLARATION
                )
            )
        )
    assert (actor.kind, actor.organisation_id) == (PositionKind.EMPLOYER, unit.organisation_id)
    with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, scope_of(actor))
        with unit_of_work(session):
            moved = engine.decide_many(session, actor, ids, verdict=Verdict.PASS)
    assert (set(moved.done), moved.refused) == (set(ids), {})


def test_names_are_found_by_their_tokens_and_numbers_stand_encrypted(made: Made) -> None:
    with system_session() as session:
        person = session.scalars(select(Professional).where(Professional.state == "active").limit(1)).one()
        found = session.scalars(people.by_name(select(Professional), person.name, Professional.id, Professional.name)).all()
        assert person.id in {p.id for p in found}
        wanted = set(name_tokens(person.name))
        assert set(session.scalars(select(NameToken.token).where(NameToken.person_id == person.id))) == wanted
        account = session.get_one(Account, person.account_id)
        stored = session.connection().exec_driver_sql(f"select number from accounts where id = {account.id}").scalar_one()
    assert account.number not in stored
    assert account.number_hash == person.number_hash


def test_a_second_run_makes_the_same_and_only_in_an_empty_database(
    made: Made, templates: Templates, empty_app: Flask, tmp_path: Path
) -> None:
    columns = (Declaration.id, Declaration.person_name, Declaration.form_code, Declaration.counted_tenths)
    with system_session() as session:
        before = session.execute(select(*columns).order_by(Declaration.id)).all()
    with pytest.raises(Conflict):
        seed_scale(**SIZE)
    (tmp_path / "second").mkdir()
    with engine_of(empty_app, templates.fresh("sqlite", tmp_path / "second", with_cast=False)):
        assert seed_scale(**SIZE) == made.accounts
        with system_session() as session:
            assert session.execute(select(*columns).order_by(Declaration.id)).all() == before


def test_a_row_under_another_organisation_is_refused_even_to_the_system(empty_app: Flask) -> None:
    with empty_app.app_context(), system_session() as session, pytest.raises(NotFound):
        bulk_load(session, Declaration, ("path", "organisation_id"), [("/1/2/", 3)])
