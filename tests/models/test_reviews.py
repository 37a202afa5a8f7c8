"""The review engine: chain, levels, stand-ins, own matters, rounds, two at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission
from models.base import db
from models.errors import Conflict, Invalid, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.people.tables import Post, PostState
from models.reviews import chain, engine, queries, submission
from models.reviews.tables import Decision, LevelState, Review, ReviewKind, ReviewState, Verdict
from models.transaction import Intent, expect, unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
pytestmark = pytest.mark.both_databases
KIND = ReviewKind.DECLARATION
PART = 100


@pytest.fixture
def outcomes() -> Iterator[list[tuple[str, list[int]]]]:
    """Register a handler that only notes what it is told, and put the real one back."""
    told: list[tuple[str, list[int]]] = []

    def note(word: str) -> engine.Effect:
        return lambda _session, _actor, found: told.append((word, [o.review.subject_id for o in found]))

    before = dict(engine._handlers)
    engine.register(
        engine.Handler(
            KIND,
            Permission.HOURS_REVIEW,
            chain.up_to_first_hr,
            on_passed=note("passed"),
            on_rejected=note("rejected"),
            on_level=note("level"),
        )
    )
    yield told
    engine._handlers.clear()
    engine._handlers.update(before)


def submit(session_of: Open, cast: Cast, name: str = "professional", subject_id: int = 7) -> Review:
    actor, person = cast.actors[name], cast.people[name]
    session = session_of(actor)
    with unit_of_work(session):
        return submission.submit(
            session, actor, KIND, subject_id, path=person.path, person_id=person.id, subject_account_id=person.account_id
        )


def decide(session_of: Open, actor: Actor, review: Review, verdict: Verdict = Verdict.PASS, **how: object) -> None:
    session = session_of(actor)
    with unit_of_work(session):
        engine.decide(session, actor, review.id, verdict=verdict, **how)


def state_of(system: Session, review: Review) -> tuple[str, int, int, int | None]:
    system.expire_all()
    row = system.get_one(Review, review.id)
    state = row.state, row.round, row.level, row.deciding_organisation_id
    system.rollback()  # the next look must not see this one's snapshot
    return state


def test_the_chain_runs_up_to_the_first_hr_department(session_of: Open, cast: Cast, outcomes: object, system: Session) -> None:
    review = submit(session_of, cast)
    levels = queries.levels_of(system, review)
    ids = [cast.organisations[n].id for n in ("unit", "department", "county")]
    assert [level.deciding_organisation_id for level in levels] == ids
    assert [level.state for level in levels] == [LevelState.OPEN, LevelState.WAITING, LevelState.WAITING]
    assert levels[1].organisation_phone == cast.organisations["department"].phone


def test_a_member_of_an_hr_department_is_reviewed_there_alone(
    session_of: Open, cast: Cast, outcomes: object, system: Session
) -> None:
    review = submit(session_of, cast, "civil_servant")
    assert [level.deciding_organisation_id for level in queries.levels_of(system, review)] == [cast.organisations["county"].id]


def test_each_level_passes_in_turn_and_effects_follow(
    session_of: Open, cast: Cast, outcomes: list[object], system: Session
) -> None:
    review = submit(session_of, cast)
    for name in ("unit_clerk", "department_clerk", "county_officer"):
        decide(session_of, cast.actors[name], review)
    assert state_of(system, review) == (ReviewState.PASSED, 1, 3, None)
    assert outcomes == [("level", [7]), ("level", [7]), ("passed", [7])]
    assert [d.by_organisation_name for d in queries.decisions_of(system, review)] == [
        cast.organisations[n].name for n in ("unit", "department", "county")
    ]


def test_nobody_decides_out_of_turn(session_of: Open, cast: Cast, outcomes: object, system: Session) -> None:
    review = submit(session_of, cast)
    for name in ("department_clerk", "county_officer", "city_officer"):
        with pytest.raises(NotAllowed):
            decide(session_of, cast.actors[name], review)
    for name in ("sibling_clerk", "cousin_clerk", "foreign_officer", "branch_clerk"):
        with pytest.raises(NotFound):
            decide(session_of, cast.actors[name], review)
    assert state_of(system, review) == (ReviewState.OPEN, 1, 1, cast.organisations["unit"].id)
    assert system.scalars(select(Decision)).all() == []


def test_a_rejection_needs_a_reason_and_ends_the_round(
    session_of: Open, cast: Cast, outcomes: list[object], system: Session
) -> None:
    review = submit(session_of, cast)
    with pytest.raises(Invalid):
        decide(session_of, cast.unit_clerk, review, Verdict.REJECT, reason="  ")
    decide(session_of, cast.unit_clerk, review, Verdict.REJECT, reason="no evidence")
    assert state_of(system, review) == (ReviewState.REJECTED, 1, 1, None)
    assert [level.state for level in queries.levels_of(system, review)] == [
        LevelState.REJECTED,
        LevelState.CLOSED,
        LevelState.CLOSED,
    ]
    assert outcomes == [("rejected", [7])]


def test_a_resubmission_opens_the_next_round_from_the_first_level(
    session_of: Open, cast: Cast, outcomes: object, system: Session
) -> None:
    review = submit(session_of, cast)
    decide(session_of, cast.unit_clerk, review)
    decide(session_of, cast.department_clerk, review, Verdict.REJECT, reason="again")
    again = submit(session_of, cast)
    assert again.id == review.id
    assert state_of(system, review) == (ReviewState.OPEN, 2, 1, cast.organisations["unit"].id)
    every_round = queries.levels_of(system, system.get_one(Review, review.id), every_round=True)
    assert [(level.round, level.level) for level in every_round] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]


def test_an_open_round_is_not_submitted_twice(session_of: Open, cast: Cast, outcomes: object, system: Session) -> None:
    review = submit(session_of, cast)
    with pytest.raises(WrongState):
        submit(session_of, cast)
    assert state_of(system, review) == (ReviewState.OPEN, 1, 1, cast.organisations["unit"].id)


def test_the_applicant_withdraws_until_the_last_decision(session_of: Open, cast: Cast, outcomes: object, system: Session) -> None:
    review = submit(session_of, cast)
    decide(session_of, cast.unit_clerk, review)
    session = session_of(cast.professional)
    with unit_of_work(session):
        submission.withdraw(session, cast.professional, KIND, 7)
    assert state_of(system, review) == (ReviewState.WITHDRAWN, 1, 2, None)
    with pytest.raises(WrongState):
        decide(session_of, cast.department_clerk, review)
    with pytest.raises(WrongState), unit_of_work(session):
        submission.withdraw(session, cast.professional, KIND, 7)


def test_the_second_officer_is_told_who_was_first(session_of: Open, cast: Cast, outcomes: object) -> None:
    review = submit(session_of, cast)
    decide(session_of, cast.unit_clerk, review)
    with pytest.raises(Conflict) as told:
        decide(session_of, cast.unit_clerk, review)
    assert told.value.params["name"] == cast.unit_clerk.name


def test_a_level_that_moved_on_is_refused_where_the_same_organisation_decides_next(
    session_of: Open, cast: Cast, outcomes: object, system: Session
) -> None:
    post = system.get_one(Post, cast.posts["department_clerk"].id)
    post.state = PostState.ENDED
    system.commit()
    unit_post = system.get_one(Post, cast.posts["unit_clerk"].id)
    unit_post.state = PostState.DISABLED
    system.commit()
    review = submit(session_of, cast)
    seen = engine.version(review)
    decide(session_of, cast.county_officer, review, seen={review.id: seen})
    with pytest.raises(Conflict):
        decide(session_of, cast.county_officer, review, seen={review.id: seen})
    assert state_of(system, review)[2] == 2


def test_without_an_administrator_the_organisation_above_decides_and_both_are_named(
    session_of: Open, cast: Cast, outcomes: object, system: Session
) -> None:
    system.get_one(Post, cast.posts["unit_clerk"].id).state = PostState.DISABLED
    system.commit()
    review = submit(session_of, cast)
    assert state_of(system, review) == (ReviewState.OPEN, 1, 1, cast.organisations["department"].id)
    decide(session_of, cast.department_clerk, review)
    decision = queries.decisions_of(system, review)[0]
    assert (decision.by_organisation_name, decision.in_place_of) == (
        cast.organisations["department"].name,
        cast.organisations["unit"].name,
    )


def test_a_closed_right_is_skipped(session_of: Open, cast: Cast, outcomes: object, system: Session) -> None:
    system.merge(cast.organisations["department"]).can_review_hours = False
    system.commit()
    review = submit(session_of, cast)
    decide(session_of, cast.unit_clerk, review)
    assert state_of(system, review) == (ReviewState.OPEN, 1, 3, cast.organisations["county"].id)
    assert [level.state for level in queries.levels_of(system, review)] == [
        LevelState.PASSED,
        LevelState.SKIPPED,
        LevelState.OPEN,
    ]


def test_nobody_decides_an_own_matter(session_of: Open, cast: Cast, outcomes: object, system: Session) -> None:
    """The unit's only administrator is the applicant: the department decides in the unit's place."""
    clerk = cast.unit_clerk
    system.get_one(Post, cast.posts["unit_clerk"].id).account_id = cast.people["professional"].account_id
    system.commit()
    review = submit(session_of, cast)
    assert state_of(system, review)[3] == cast.organisations["department"].id
    own = Actor(**{**{f: getattr(clerk, f) for f in clerk.__slots__}, "account_id": cast.people["colleague"].account_id})
    other = submit(session_of, cast, "colleague", subject_id=8)
    with pytest.raises(NotAllowed):
        decide(session_of, own, other)


def test_every_decision_has_one_history_row_and_the_chain_verifies(
    session_of: Open, cast: Cast, outcomes: object, system: Session
) -> None:
    review = submit(session_of, cast)
    for name in ("unit_clerk", "department_clerk", "county_officer"):
        decide(session_of, cast.actors[name], review)
    with unit_of_work(system):
        history.seal(system)
    entries = system.scalars(
        select(HistoryEntry.action).where(HistoryEntry.subject_kind == "review").order_by(HistoryEntry.id)
    ).all()
    assert entries == ["pass_level", "pass_level", "pass"]
    assert history.verify(system).first_broken == ""


@pytest.mark.parametrize("n_runs", [1, pytest.param(20, marks=pytest.mark.hard)])
def test_eight_officers_at_once_decide_each_row_once(
    n_runs: int, app: Flask, session_of: Open, cast: Cast, outcomes: object, system: Session
) -> None:
    """A thousand rows a run, in parts that overlap; half of the officers pass, half reject."""
    for run in range(n_runs):
        ids = submit_many(session_of, cast, range(1000 * run + 100, 1000 * run + 1100))
        done, failures = race(app, cast, ids)
        assert failures == []
        assert sorted(i for i, _verdict in done) == sorted(ids)
        decided = select(Decision.review_id, Decision.verdict).where(Decision.review_id.in_(ids))
        assert sorted(system.execute(decided).all()) == sorted(done)
        told = select(HistoryEntry.subject_id).where(HistoryEntry.subject_kind == "review", HistoryEntry.subject_id.in_(ids))
        assert sorted(system.scalars(told)) == sorted(ids)
        system.rollback()


def submit_many(session_of: Open, cast: Cast, subject_ids: range) -> list[int]:
    actor, person = cast.professional, cast.people["professional"]
    session = session_of(actor)
    whose = {"path": person.path, "person_id": person.id, "subject_account_id": person.account_id}
    with unit_of_work(session):
        return [submission.submit(session, actor, KIND, subject_id, **whose).id for subject_id in subject_ids]


def race(app: Flask, cast: Cast, ids: list[int]) -> tuple[list[tuple[int, Verdict]], list[BaseException]]:
    """Let eight officers decide all of *ids*, each beginning elsewhere; return what was done and what went wrong."""
    done: list[tuple[int, Verdict]] = []
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def officer(n: int) -> None:
        verdict, reason = (Verdict.PASS, "") if n % 2 else (Verdict.REJECT, "证明不清晰")
        with app.app_context():
            expect(Intent.WRITE)
            start.wait()
            for first in range(0, len(ids), PART):
                at = (first + n * PART // 2) % len(ids)
                with scope.ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
                    scope.attach(session, scope.scope_of(cast.unit_clerk))
                    try:
                        with unit_of_work(session):
                            part = ids[at : at + PART]
                            moved = engine.decide_many(session, cast.unit_clerk, part, verdict=verdict, reason=reason)
                        done.extend((i, verdict) for i in moved.done)
                    except BaseException as error:  # noqa: BLE001 - told to the test
                        failures.append(error)

    threads = [threading.Thread(target=officer, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done, failures
