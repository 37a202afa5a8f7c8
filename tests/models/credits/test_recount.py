"""Whatever happens to records, and in whatever order: the stored year equals what a recomputation gives."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from models.access import SYSTEM, Actor
from models.base import db, utcnow
from models.credits.recompute import recompute_all
from models.credits.recount import recount_years
from models.credits.tables import AuditState, Declaration, DeclarationState, OrganisationYear, YearSummary
from models.reviews import engine
from models.reviews.tables import Review, Verdict
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import Cast

Declare = Callable[..., int]
FORMS = ("GWPX", "ZZXX", "KTXM", "GZDL")


def a_record(cast: Cast, forms: dict[str, int], chance: random.Random) -> Declaration:
    """Make an approved record as a bulk source writes it: random form, subject, figure and moment."""
    person = cast.people[chance.choice(["professional", "colleague", "branch_worker"])]
    form = chance.choice(FORMS)
    tenths = chance.randint(1, 900)
    return Declaration(
        person_id=person.id,
        organisation_id=person.organisation_id,
        path=person.path,
        person_name=person.name,
        organisation_name=person.organisation_name,
        year=chance.choice([2025, 2026]),
        subject=chance.choice(["public", "professional", "all"]),
        form_code=form,
        form_name=form,
        rule_version_id=forms[form],
        requested_tenths=tenths,
        granted_tenths=tenths,
        granted_at=utcnow(),
        state=DeclarationState.APPROVED,
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_random_life_of_records_always_recomputes_to_the_same(cast: Cast, forms: dict[str, int], seed: int) -> None:
    chance = random.Random(seed)
    for _step in range(12):
        with system_session() as session, unit_of_work(session):
            records = list(session.scalars(select(Declaration)))
            if records and chance.random() < 0.35:
                touched = chance.choice(records)
                touched.audit_state = AuditState.FAILED if touched.audit_state == AuditState.NONE else AuditState.NONE
            elif records and chance.random() < 0.15:
                touched = chance.choice(records)
                touched.state, touched.granted_tenths, touched.granted_at = DeclarationState.PENDING, None, None
            else:
                touched = a_record(cast, forms, chance)
                session.add(touched)
            session.flush()
            recount_years(session, SYSTEM, [(touched.person_id, touched.year)])
        with system_session() as session:
            found = recompute_all(session, check_only=True)
            assert found.is_clean, (seed, found)


def test_when_an_earlier_record_falls_away_the_later_one_counts_more(
    cast: Cast, declare: Declare, approve: Callable[..., None]
) -> None:
    one = declare(cast.professional, hours="80", submit=True)
    two = declare(cast.professional, hours="40", start_date="2026-05-01", end_date="2026-05-05", submit=True)
    approve(one)
    approve(two)
    with system_session() as session, unit_of_work(session):
        session.get_one(Declaration, one).audit_state = AuditState.FAILED
        session.flush()
        recount_years(session, SYSTEM, [(cast.people["professional"].id, 2026)])
    with system_session() as session:
        counted = {d.id: d.counted_tenths for d in session.scalars(select(Declaration))}
        assert counted == {one: 0, two: 400}
        assert session.scalars(select(YearSummary.total_tenths)).all() == [400]


def test_the_last_record_gone_the_year_stays_with_nothing(cast: Cast, declare: Declare, approve: Callable[..., None]) -> None:
    one = declare(cast.professional, hours="80", submit=True)
    approve(one)
    with system_session() as session, unit_of_work(session):
        session.get_one(Declaration, one).audit_state = AuditState.FAILED
        session.flush()
        recount_years(session, SYSTEM, [(cast.people["professional"].id, 2026)])
    with system_session() as session:
        summary = session.scalars(select(YearSummary)).one()
        assert (summary.total_tenths, summary.is_passed) == (0, False)
        counter = session.scalars(select(OrganisationYear)).one()
        assert (counter.n_learning, counter.n_passed) == (0, 0)


@pytest.mark.both_databases
def test_two_last_decisions_for_one_person_at_once_both_count(
    app: Flask, cast: Cast, declare: Declare, decide: Callable[..., None]
) -> None:
    ids = [
        declare(cast.professional, hours=str(10 + n), start_date=f"2026-0{n + 1}-02", end_date=f"2026-0{n + 1}-03", submit=True)
        for n in range(4)
    ]
    decide(cast.unit_clerk, ids)
    decide(cast.department_clerk, ids)
    gate = threading.Barrier(len(ids))

    def pass_one(actor: Actor, declaration_id: int) -> None:
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(actor))
            gate.wait()
            with unit_of_work(session):
                review = session.scalars(select(Review).where(Review.subject_id == declaration_id)).one()
                engine.decide(session, actor, review.id, verdict=Verdict.PASS)

    threads = [threading.Thread(target=pass_one, args=(cast.county_officer, i)) for i in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with system_session() as session:
        assert session.scalars(select(YearSummary.total_tenths)).all() == [460]
        counter = session.scalars(select(OrganisationYear)).one()
        assert (counter.n_learning, counter.n_passed) == (1, 0)
        assert recompute_all(session, check_only=True).is_clean
