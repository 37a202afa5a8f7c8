"""更换上级部门: who decides, that the whole subtree moves, where open reviews go on, and that every summary stays right."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import scope
from models.access import Actor
from models.base import db
from models.credits.recompute import recompute_all
from models.credits.tables import OrganisationYear, Requirement, YearSummary
from models.errors import Conflict, DomainError, FieldErrors, Invalid, NotAllowed
from models.org import moving, paths
from models.org.tables import MoveState, Organisation, OrganisationKind, OrganisationSetting, OrganisationState, SuperiorChange
from models.people.tables import Professional
from models.reviews import engine, queries, superior_changes, transfers
from models.reviews.tables import LevelState, Review, ReviewKind, ReviewState, Verdict
from models.scope import system_session
from models.transaction import Intent, expect, unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Decide = Callable[..., None]
pytestmark = pytest.mark.both_databases


def ask(session_of: Open, actor: Actor, target: int | None) -> int:
    session = session_of(actor)
    with unit_of_work(session):
        return superior_changes.ask(session, actor, to_organisation_id=target).id


def answer(session_of: Open, actor: Actor, change_id: int, *, verdict: Verdict = Verdict.PASS, reason: str = "") -> None:
    session = session_of(actor)
    kinds = [ReviewKind.SUPERIOR_IN, ReviewKind.SUPERIOR_OUT]
    with unit_of_work(session):
        waiting = (Review.subject_id == change_id, Review.kind.in_(kinds), Review.state == ReviewState.OPEN)
        engine.decide(session, actor, session.scalar(select(Review.id).where(*waiting)) or 0, verdict=verdict, reason=reason)


def state_of(change_id: int) -> str:
    with system_session() as session:
        return session.get_one(SuperiorChange, change_id).state


def path_of(organisation_id: int) -> str:
    with system_session() as session:
        return session.get_one(Organisation, organisation_id).path


def is_right() -> bool:
    """Say whether every path follows from the parents and every summary from the records."""
    with system_session() as session:
        is_clean = recompute_all(session, check_only=True).is_clean
        session.rollback()
        found = paths.rebuild(session, check_only=True)
        return is_clean and not found.wrong and not found.n_strays


def requirement(session: Session, organisation: Organisation, total: int) -> Requirement:
    third = total // 3
    return Requirement(
        organisation_id=organisation.id,
        path=organisation.path,
        year=2026,
        total_tenths=total,
        public_tenths=third,
        professional_tenths=total - third,
    )


# --- the way ----------------------------------------------------------------------------------------------------------


def test_the_old_superior_lets_go_the_new_one_accepts_and_the_subtree_moves(cast: Cast, session_of: Open) -> None:
    unit, branch, target = (cast.organisations[n] for n in ("unit", "branch", "other_county"))
    change_id = ask(session_of, cast.unit_clerk, target.id)
    assert state_of(change_id) == MoveState.WAITING_OUT
    answer(session_of, cast.department_clerk, change_id)
    assert state_of(change_id) == MoveState.WAITING_IN
    answer(session_of, cast.other_county_officer, change_id)
    assert path_of(unit.id) == f"{target.path}{unit.id}/"
    assert path_of(branch.id) == f"{target.path}{unit.id}/{branch.id}/"
    assert is_right()
    old, new = session_of(cast.department_clerk), session_of(cast.other_county_officer)
    assert old.scalars(select(Professional).where(Professional.organisation_id == unit.id)).all() == []
    assert [c.state for c in old.scalars(select(SuperiorChange))] == [MoveState.ACCEPTED]
    names = set(new.scalars(select(Professional.name)))
    assert {"人员-professional", "人员-colleague", "人员-branch_worker"} < names


def test_an_employer_may_be_free_of_the_old_superior_by_the_setting(cast: Cast, session_of: Open, system: Session) -> None:
    with unit_of_work(system):
        county = cast.organisations["county"]
        system.add(OrganisationSetting(organisation_id=county.id, path=county.path, key="superior_change", value="new_only"))
    assert state_of(ask(session_of, cast.unit_clerk, cast.organisations["other_county"].id)) == MoveState.WAITING_IN
    session = session_of(cast.unit_clerk)
    with unit_of_work(session):
        superior_changes.withdraw(session, cast.unit_clerk)
    department = ask(session_of, cast.department_clerk, cast.organisations["other_county"].id)
    assert state_of(department) == MoveState.WAITING_OUT  # the setting is for employers


def test_a_refusal_of_either_side_leaves_everything(cast: Cast, session_of: Open) -> None:
    unit, target = cast.organisations["unit"], cast.organisations["other_county"]
    first = ask(session_of, cast.unit_clerk, target.id)
    answer(session_of, cast.department_clerk, first, verdict=Verdict.REJECT, reason="不同意")
    second = ask(session_of, cast.unit_clerk, target.id)
    answer(session_of, cast.department_clerk, second)
    answer(session_of, cast.other_county_officer, second, verdict=Verdict.REJECT, reason="不接收")
    assert (state_of(first), state_of(second)) == (MoveState.REFUSED_OUT, MoveState.REFUSED_IN)
    assert path_of(unit.id) == unit.path


def test_the_applicant_withdraws_and_it_leaves_the_lists(cast: Cast, session_of: Open) -> None:
    ask(session_of, cast.unit_clerk, cast.organisations["other_county"].id)
    session = session_of(cast.unit_clerk)
    with unit_of_work(session):
        superior_changes.withdraw(session, cast.unit_clerk)
    waiting = queries.waiting_times(session_of(cast.department_clerk), cast.department_clerk, limit=9)
    assert not waiting[ReviewKind.SUPERIOR_OUT, ""]


# --- what follows -----------------------------------------------------------------------------------------------------


def test_open_reviews_go_on_with_the_organisations_above_the_new_place(
    cast: Cast, session_of: Open, declare: Declare, decide: Decide, system: Session
) -> None:
    target, county = cast.organisations["other_county"], cast.organisations["county"]
    change_id = ask(session_of, cast.unit_clerk, target.id)
    answer(session_of, cast.department_clerk, change_id)
    fresh, begun = (declare(cast.professional, hours="8", submit=True) for _ in range(2))
    decide(cast.unit_clerk, [begun])
    answer(session_of, cast.other_county_officer, change_id)
    levels = {}
    for subject in (fresh, begun):
        mine = (Review.subject_id == subject, Review.kind == ReviewKind.DECLARATION)
        found = queries.levels_of(system, system.scalars(select(Review).where(*mine)).one())
        levels[subject] = [(level.deciding_organisation_id, level.state) for level in found]
    unit = cast.organisations["unit"].id
    assert levels[fresh] == [(unit, LevelState.OPEN), (target.id, LevelState.WAITING)]
    assert levels[begun] == [(unit, LevelState.PASSED), (target.id, LevelState.OPEN)]
    assert county.id not in {i for rows in levels.values() for i, _state in rows}
    decide(cast.other_county_officer, [begun])
    assert is_right()


def test_the_running_year_is_counted_by_the_new_requirement_and_a_closed_one_stays(
    cast: Cast, session_of: Open, declare: Declare, approve: Decide, system: Session, clock: Callable[[str], None]
) -> None:
    county, target = cast.organisations["county"], cast.organisations["other_county"]
    with unit_of_work(system):
        system.add_all([requirement(system, county, 300), requirement(system, target, 1200)])
    approve(declare(cast.professional, hours="60", submit=True))
    clock("2027-02-01 09:00")
    approve(declare(cast.professional, hours="60", year=2027, start_date="2027-01-04", end_date="2027-01-08", submit=True))
    change_id = ask(session_of, cast.unit_clerk, target.id)
    answer(session_of, cast.department_clerk, change_id)
    answer(session_of, cast.other_county_officer, change_id)
    with system_session() as session:
        required = dict(session.execute(select(YearSummary.year, YearSummary.required_total_tenths)).all())
        places = dict(session.execute(select(OrganisationYear.year, OrganisationYear.path)).all())
    assert required == {2026: 300, 2027: 1200}
    assert places == {2026: cast.organisations["unit"].path, 2027: path_of(cast.organisations["unit"].id)}
    assert is_right()


# --- guards -----------------------------------------------------------------------------------------------------------


def test_what_is_pending_in_the_subtree_comes_first(cast: Cast, session_of: Open, declare: Declare) -> None:
    session = session_of(cast.branch_worker)
    with unit_of_work(session):
        asked = {"to_organisation_id": cast.organisations["cousin_unit"].id, "phone": "0599-7654321"}
        transfers.start(session, cast.branch_worker, None, **asked)
    declare(cast.professional, hours="8", submit=True)
    with pytest.raises(NotAllowed, match="2 matters"):
        ask(session_of, cast.unit_clerk, cast.organisations["other_county"].id)


@pytest.mark.parametrize(
    ("who", "target", "refusal"),
    [
        ("unit_clerk", None, FieldErrors),
        ("unit_clerk", "department", FieldErrors),  # the superior already
        ("department_clerk", "sibling_unit", FieldErrors),  # inside
        ("department_clerk", "cousin_unit", FieldErrors),  # no department below an employer
        ("county_officer", "department", FieldErrors),
        ("city_officer", "foreign_city", NotAllowed),  # a root
        ("inner_officer", "foreign_city", NotAllowed),
    ],
)
def test_what_cannot_be_is_refused(
    cast: Cast, session_of: Open, who: str, target: str | None, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        ask(session_of, cast.actors[who], cast.organisations[target].id if target else None)


def test_what_has_become_impossible_is_refused_at_the_acceptance(cast: Cast, session_of: Open, system: Session) -> None:
    target = cast.organisations["other_county"]
    change_id = ask(session_of, cast.unit_clerk, target.id)
    answer(session_of, cast.department_clerk, change_id)
    with unit_of_work(system):
        system.execute(update(Organisation).where(Organisation.id == target.id).values(state=OrganisationState.DISABLED))
    with pytest.raises(Invalid):
        answer(session_of, cast.other_county_officer, change_id)
    with unit_of_work(system):
        system.execute(update(Organisation).where(Organisation.id == target.id).values(state=OrganisationState.ACTIVE))
        moving.move_below(system, cast.city_officer, cast.organisations["unit"].id, cast.organisations["county"].id)
    with pytest.raises(Conflict):
        answer(session_of, cast.other_county_officer, change_id)


def test_two_that_accept_each_other_make_no_circle(app: Flask, cast: Cast, session_of: Open, system: Session) -> None:
    """Two branches of one unit, each to go below the other, decided at the same moment."""
    ids = {}
    with unit_of_work(system):
        unit = cast.organisations["unit"]
        other = Organisation(
            id=90,
            parent_id=unit.id,
            path=f"{unit.path}90/",
            kind=OrganisationKind.EMPLOYER,
            name="乙",
            code="T90",
            region_code="371100",
            state=OrganisationState.ACTIVE,
        )
        system.add(other)
        ids = {"branch": cast.organisations["branch"].id, "other": 90}
    outcomes: list[str] = []

    def move(which: int, below: int) -> None:
        with app.app_context(), system_session() as session:
            expect(Intent.WRITE_ONCE)
            try:
                with unit_of_work(session):
                    moving.move_below(session, cast.unit_clerk, which, below)
                outcomes.append("done")
            except DomainError as refusal:
                outcomes.append(type(refusal).__name__)
            db.session.remove()

    threads = [threading.Thread(target=move, args=pair) for pair in ((ids["branch"], 90), (90, ids["branch"]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["Invalid", "done"], ["Conflict", "done"])
    assert is_right()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_moves_every_path_and_summary_stays_right(
    cast: Cast, session_of: Open, declare: Declare, approve: Decide, system: Session, seed: int
) -> None:
    chosen = random.Random(seed)
    with unit_of_work(system):
        system.add_all([requirement(system, cast.organisations[n], t) for n, t in (("county", 300), ("foreign_city", 1200))])
    approve(declare(cast.professional, hours="60", submit=True))
    declare(cast.colleague, hours="8", submit=True)
    n_moved = 0
    for _ in range(24):
        with unit_of_work(system):
            ids = sorted(system.scalars(select(Organisation.id)))
            which, below = chosen.sample(ids, 2)
            try:
                moving.move_below(system, cast.city_officer, which, below)
            except Invalid:
                continue
            n_moved += 1
    n_open = system.scalar(select(func.count()).where(Review.state == ReviewState.OPEN))
    assert n_moved
    assert n_open == 1
    assert is_right()
    assert scope.attached(system).kind is scope.ScopeKind.SYSTEM
