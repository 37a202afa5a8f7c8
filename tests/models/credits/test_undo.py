"""Undo of a batch: every row back as it was, what something came of is kept with its reason, and nobody is counted twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import Base, db
from models.certificates import operations as certificates
from models.credits import audits, declarations
from models.credits.declarations import Draft
from models.credits.recompute import recompute_all
from models.credits.reviewing import GRANTED
from models.credits.tables import AuditState, Declaration, OrganisationYear, YearSummary
from models.errors import Conflict, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.outbox import Notice
from models.reviews import engine, undo
from models.reviews.tables import Decision, Review, ReviewKind, ReviewLevel, Verdict
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from models.workflow import Moved
from tests.cast import Cast

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
RECORDED = {"history_entries", "history_batches", "decisions", "notices", "year_postings"}
"""What tells the story and is never taken back."""
OFFICERS = ("unit_clerk", "department_clerk", "county_officer")


def batch(
    session_of: Open,
    actor: Actor,
    ids: list[int],
    *,
    verdict: Verdict = Verdict.PASS,
    granted: dict[int, int] | None = None,
    mark: str | None = "batch-1",
) -> list[int]:
    """Decide declarations in one batch and return the ids of its decisions, in the order of *ids*."""
    session = session_of(actor)
    with unit_of_work(session):
        rows = session.scalars(select(Review).where(Review.kind == ReviewKind.DECLARATION, Review.subject_id.in_(ids))).all()
        values = {r.id: {GRANTED: granted[r.subject_id]} for r in rows if granted and r.subject_id in granted}
        reason = "" if verdict is Verdict.PASS else "证明不足"
        moved = engine.decide_many(
            session, actor, [r.id for r in rows], verdict=verdict, reason=reason, batch=mark, values=values
        )
    assert not moved.refused
    with system_session() as look:
        newest = look.execute(select(Decision.subject_id, Decision.id).order_by(Decision.id.desc()).limit(len(ids))).all()
    by_subject = {row.subject_id: row.id for row in newest}
    return [by_subject[i] for i in ids]


def take_back(session_of: Open, actor: Actor, decision_ids: list[int]) -> Moved:
    session = session_of(actor)
    with unit_of_work(session):
        return undo.undo_many(session, actor, decision_ids)


def everything() -> dict[str, list[tuple[str, ...]]]:
    """Return every row of every table but those that only record; a year in which nothing counts is as good as none."""
    empty = (YearSummary.total_tenths == 0) & YearSummary.is_exempt.is_(False)
    but: dict[str, Any] = {"year_summaries": ~empty, "organisation_years": OrganisationYear.n_learning != 0}
    found = {}
    with system_session() as session:
        for mapper in Base.registry.mappers:
            table: Any = mapper.local_table
            if table.name in RECORDED:
                continue
            left_out = {("reviews", "attempt")} | {(name, "id") for name in but}
            columns = [c for c in table.columns if (table.name, c.name) not in left_out]
            statement = select(*columns).order_by(*columns[:3])
            if table.name in but:
                statement = statement.where(but[table.name])
            rows = session.execute(statement, execution_options={"scope_decided": True})
            found[table.name] = sorted(tuple(map(str, row)) for row in rows)
    return found


def counts() -> tuple[int, ...]:
    with system_session() as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (Decision, HistoryEntry, Notice))


@pytest.mark.parametrize("seed", range(6))
def test_undo_restores_every_row_of_every_table(cast: Cast, declare: Declare, session_of: Open, seed: int) -> None:
    chance = random.Random(seed)
    people = (cast.professional, cast.colleague)
    ids = [
        declare(
            chance.choice(people),
            form=chance.choice(["GWPX", "ZZXX"]),
            hours=str(chance.randint(1, 60)),
            submit=True,
            start_date=f"2026-03-{n + 1:02d}",
            end_date=f"2026-03-{n + 1:02d}",
        )
        for n in range(8)
    ]
    level = chance.randrange(3)
    for name in OFFICERS[:level]:
        batch(session_of, cast.actors[name], ids, granted={i: chance.randint(1, 10) for i in ids if chance.random() < 0.5})
    before = everything()
    verdict = chance.choice([Verdict.PASS, Verdict.PASS, Verdict.REJECT])
    decisions = batch(session_of, cast.actors[OFFICERS[level]], ids, verdict=verdict, mark="batch-2")
    assert everything() != before

    moved = take_back(session_of, cast.actors[OFFICERS[level]], decisions)

    assert (moved.done, moved.refused) == (tuple(sorted(decisions)), {})
    after = everything()
    assert {t: rows for t, rows in after.items() if rows != before[t]} == {}
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean
        assert len(session.scalars(select(Decision).where(Decision.verdict == Verdict.UNDONE)).all()) == len(ids)
    # The way goes on as if nothing had been decided.
    for name in OFFICERS[level:]:
        batch(session_of, cast.actors[name], ids, mark="batch-3")
    with system_session() as session:
        assert set(session.scalars(select(Declaration.state))) == {"approved"}


def test_the_hours_of_an_undone_level_are_forgotten(cast: Cast, declare: Declare, session_of: Open) -> None:
    one, two = declare(cast.professional, submit=True), declare(cast.colleague, submit=True)
    decisions = batch(session_of, cast.unit_clerk, [one, two], granted={one: 100, two: 100})
    take_back(session_of, cast.unit_clerk, decisions)
    for name in OFFICERS:
        batch(session_of, cast.actors[name], [one, two])
    with system_session() as session:
        assert set(session.scalars(select(Declaration.granted_tenths))) == {400}


def test_what_something_has_come_of_is_kept_with_its_reason(cast: Cast, declare: Declare, session_of: Open) -> None:
    ids = [
        declare(cast.professional, submit=True, hours="60"),
        declare(cast.colleague, submit=True),
        declare(cast.professional, submit=True, hours="10", form="ZZXX"),
        declare(cast.colleague, submit=True, hours="10", form="ZZXX"),
    ]
    public = declare(
        cast.professional, form="GXKPX", subject="public", hours="30", submit=True, class_hours="30", exam_score="90"
    )
    for name in OFFICERS[:2]:
        batch(session_of, cast.actors[name], [*ids, public])
    decisions = dict(zip(ids, batch(session_of, cast.county_officer, ids), strict=True))
    batch(session_of, cast.county_officer, [public], mark=None)
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        audits.audit_many(session, cast.county_officer, [ids[1]], verdict=AuditState.PASSED)
    person = session_of(cast.professional)
    with unit_of_work(person):
        certificates.issue(person, cast.professional, cast.people["professional"].id, 2026)

    before = counts()
    for actor in (cast.department_clerk, cast.city_officer, cast.other_county_officer):
        assert {type(e) for e in take_back(session_of, actor, list(decisions.values())).refused.values()} == {NotFound}
    with pytest.raises(NotAllowed):
        take_back(session_of, replace(cast.county_officer, permissions=frozenset()), [decisions[ids[3]]])
    assert counts() == before

    moved = take_back(session_of, cast.county_officer, list(decisions.values()))
    assert moved.done == (decisions[ids[3]],)
    assert {i: moved.refused[decisions[i]].message_id for i in ids[:3]} == {
        ids[0]: "The certificate of the year has been issued since.",
        ids[1]: "It has been audited since.",
        ids[2]: "The certificate of the year has been issued since.",
    }
    again = take_back(session_of, cast.county_officer, [decisions[ids[3]]])
    assert isinstance(again.refused[decisions[ids[3]]], WrongState)


def test_later_decisions_new_rounds_and_edits_keep_a_row(cast: Cast, declare: Declare, session_of: Open) -> None:
    ids = [declare(cast.professional, submit=True, hours=str(n)) for n in (10, 20, 30)]
    first = batch(session_of, cast.unit_clerk, ids[:1])
    alone = batch(session_of, cast.department_clerk, ids[:1], mark=None)
    assert isinstance(take_back(session_of, cast.unit_clerk, first).refused[first[0]], Conflict)
    assert isinstance(take_back(session_of, cast.department_clerk, alone).refused[alone[0]], WrongState)
    rejected = batch(session_of, cast.unit_clerk, ids[1:], verdict=Verdict.REJECT, mark="batch-2")
    person = session_of(cast.professional)
    with unit_of_work(person):
        declarations.submit(person, cast.professional, ids[1])
    with unit_of_work(person):
        row = person.get_one(Declaration, ids[2])
        draft = Draft(2026, row.subject, row.form_code, {**row.inputs, "score": "优秀"}, "30")
        declarations.save_draft(person, cast.professional, draft, declaration_id=ids[2])
    told = take_back(session_of, cast.unit_clerk, rejected).refused
    assert [told[d].message_id for d in rejected] == ["It has been submitted again since.", "It has been changed since."]


def test_after_half_an_hour_nothing_is_undone(
    cast: Cast, declare: Declare, session_of: Open, clock: Callable[[str], None]
) -> None:
    one = declare(cast.professional, submit=True)
    decisions = batch(session_of, cast.unit_clerk, [one])
    clock("2026-12-15 10:31")
    before = counts()
    assert isinstance(take_back(session_of, cast.unit_clerk, decisions).refused[decisions[0]], WrongState)
    assert counts() == before


def test_undo_and_the_next_level_at_once_end_in_one_of_the_two(
    app: Flask, cast: Cast, declare: Declare, session_of: Open
) -> None:
    ids = [declare(cast.professional, submit=True, hours=str(n + 1)) for n in range(6)]
    decisions = batch(session_of, cast.unit_clerk, ids)
    with system_session() as session:
        reviews = list(session.scalars(select(Review.id).where(Review.subject_id.in_(ids)).order_by(Review.id)))
    start = threading.Barrier(2)
    told: dict[str, Moved] = {}

    def run(name: str, actor: Actor, work: Callable[[Session], Moved]) -> None:
        with app.app_context(), ScopedSession(db) as session:
            attach(session, scope_of(actor))
            start.wait()
            with unit_of_work(session):
                told[name] = work(session)

    def go_on(session: Session) -> Moved:
        return engine.decide_many(session, cast.department_clerk, reviews, verdict=Verdict.PASS)

    threads = [
        threading.Thread(target=run, args=("undo", cast.unit_clerk, lambda s: undo.undo_many(s, cast.unit_clerk, decisions))),
        threading.Thread(target=run, args=("next", cast.department_clerk, go_on)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told["undo"].done) + len(told["next"].done) == len(ids)
    with system_session() as session:
        levels = {r.id: r.level for r in session.scalars(select(Review).where(Review.id.in_(reviews)))}
        is_open = select(ReviewLevel.review_id, ReviewLevel.level).where(ReviewLevel.state == "open")
        assert dict(session.execute(is_open).all()) == levels
    assert {levels[r] for r in told["next"].done} <= {3}
