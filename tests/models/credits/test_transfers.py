"""人员调转: guards at the start and at the acceptance, who decides, and that everything of a person goes along."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text, update
from sqlalchemy.orm import Session

from models import scope
from models.access import Actor
from models.base import Base, db
from models.credits.recompute import recompute_all
from models.credits.tables import OrganisationYear, YearSummary
from models.errors import Conflict, DomainError, FieldErrors, NotAllowed, NotFound, WrongState
from models.org.tables import MoveState, Organisation, OrganisationSetting, OrganisationState
from models.outbox import Notice
from models.people import moving
from models.people.tables import Membership, Post, PostState, Professional, ProfessionalState
from models.people.transfers import Transfer
from models.reviews import engine, queries, transfers
from models.reviews.tables import Decision, Review, ReviewKind, ReviewLevel, ReviewState, Verdict
from models.scope import CROSS_SUBTREE, system_session
from models.transaction import Intent, expect, unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Decide = Callable[..., None]
pytestmark = pytest.mark.both_databases
PHONE = "0599-7654321"


def start(session_of: Open, actor: Actor, cast: Cast, target: str = "cousin_unit", person: str = "professional") -> int:
    session = session_of(actor)
    with unit_of_work(session):
        asked = cast.people[person].id
        return transfers.start(session, actor, asked, to_organisation_id=cast.organisations[target].id, phone=PHONE).id


def answer(session_of: Open, actor: Actor, transfer_id: int, *, verdict: Verdict = Verdict.PASS, reason: str = "") -> None:
    session = session_of(actor)
    with unit_of_work(session):
        statement = select(Review.id).where(
            Review.subject_id == transfer_id,
            Review.kind.in_([ReviewKind.TRANSFER_IN, ReviewKind.TRANSFER_OUT]),
            Review.state == ReviewState.OPEN,
        )
        review_id = session.scalar(statement)
        engine.decide(session, actor, review_id or 0, verdict=verdict, reason=reason)


def state_of(transfer_id: int) -> str:
    with system_session() as session:
        return session.get_one(Transfer, transfer_id).state


def place_of(person_id: int) -> tuple[int, str]:
    with system_session() as session:
        found = session.get_one(Professional, person_id)
        return found.organisation_id, found.path


def release_first(system: Session, cast: Cast) -> None:
    with unit_of_work(system):
        county = cast.organisations["county"]
        system.add(OrganisationSetting(organisation_id=county.id, path=county.path, key="transfer_out_review", value="on"))


# --- the way ----------------------------------------------------------------------------------------------------------


def test_a_person_moves_with_everything_and_the_old_side_keeps_the_record_only(
    cast: Cast, session_of: Open, declare: Declare, approve: Decide, system: Session
) -> None:
    person, target = cast.people["professional"], cast.organisations["cousin_unit"]
    approve(declare(cast.professional, hours="40", submit=True))
    declare(cast.professional, hours="8")
    transfer_id = start(session_of, cast.professional, cast)
    assert state_of(transfer_id) == MoveState.WAITING_IN
    answer(session_of, cast.cousin_clerk, transfer_id)
    assert place_of(person.id) == (target.id, target.path)
    with system_session() as session:
        for cls in moving.owned_by_people():
            if cls not in {Review, ReviewLevel, Decision, Transfer}:
                paths = set(session.scalars(select(cls.path).where(cls.person_id == person.id)))
                assert paths <= {target.path}, cls
        assert set(session.scalars(select(Review.path).where(Review.person_id == person.id))) == {target.path}
        assert set(session.scalars(select(Decision.path).where(Decision.person_id == person.id))) == {target.path}
        assert set(session.scalars(select(ReviewLevel.path).where(ReviewLevel.person_id == person.id))) == {target.path}
        assert session.scalars(select(Transfer)).one().path == target.path
        counters = {(y.organisation_id, y.year): y.n_learning for y in session.scalars(select(OrganisationYear))}
        assert counters == {(cast.organisations["unit"].id, 2026): 0, (target.id, 2026): 1}
        assert recompute_all(session, check_only=True).is_clean
    old = session_of(cast.unit_clerk)
    assert old.scalars(select(Professional).where(Professional.id == person.id)).first() is None
    assert old.scalars(select(Transfer.name)).one() == person.name
    assert session_of(cast.cousin_clerk).scalars(select(YearSummary.total_tenths)).one() == 400
    assert session_of(cast.foreign_officer).scalars(select(Transfer)).all() == []


def test_where_the_setting_asks_for_it_the_hr_department_releases_first(cast: Cast, session_of: Open, system: Session) -> None:
    release_first(system, cast)
    transfer_id = start(session_of, cast.unit_clerk, cast)
    assert state_of(transfer_id) == MoveState.WAITING_OUT
    with pytest.raises(NotFound):
        answer(session_of, cast.cousin_clerk, transfer_id)
    answer(session_of, cast.county_officer, transfer_id)
    assert state_of(transfer_id) == MoveState.WAITING_IN
    answer(session_of, cast.cousin_clerk, transfer_id)
    assert place_of(cast.people["professional"].id)[0] == cast.organisations["cousin_unit"].id


def test_a_refusal_needs_a_reason_tells_both_and_leaves_the_person(cast: Cast, session_of: Open, system: Session) -> None:
    release_first(system, cast)
    out = start(session_of, cast.unit_clerk, cast)
    answer(session_of, cast.county_officer, out, verdict=Verdict.REJECT, reason="岗位需要")
    assert state_of(out) == MoveState.REFUSED_OUT
    back = start(session_of, cast.unit_clerk, cast)
    answer(session_of, cast.county_officer, back)
    answer(session_of, cast.cousin_clerk, back, verdict=Verdict.REJECT, reason="编制已满")
    assert state_of(back) == MoveState.REFUSED_IN
    assert place_of(cast.people["professional"].id)[0] == cast.organisations["unit"].id
    told = [
        (n.position_key, n.params["reason"]) for n in system.scalars(select(Notice).order_by(Notice.id)) if n.params["reason"]
    ]
    keys = [cast.unit_clerk.position_key, cast.professional.position_key]
    assert sorted(told) == sorted((key, reason) for reason in ("岗位需要", "编制已满") for key in keys)


def test_posts_at_the_old_unit_end_and_those_elsewhere_stay(cast: Cast, session_of: Open, system: Session) -> None:
    unit, branch = cast.organisations["unit"], cast.organisations["branch"]
    with unit_of_work(system):
        system.execute(update(Post).where(Post.id == cast.posts["inner_officer"].id).values(state=PostState.ENDED))
        for organisation in (unit, branch):
            system.add(
                Post(
                    account_id=cast.accounts["professional"].id,
                    organisation_id=organisation.id,
                    path=organisation.path,
                    role_id=cast.posts["inner_officer"].role_id,
                    name="x",
                )
            )
    answer(session_of, cast.cousin_clerk, start(session_of, cast.professional, cast))
    states = dict(
        system.execute(select(Post.organisation_id, Post.state).where(Post.account_id == cast.accounts["professional"].id)).all()
    )
    assert states == {unit.id: PostState.ENDED, branch.id: PostState.ACTIVE}


def test_a_closed_year_stays_with_the_old_unit(
    cast: Cast, session_of: Open, declare: Declare, approve: Decide, system: Session, clock: Callable[[str], None]
) -> None:
    unit, target = cast.organisations["unit"], cast.organisations["cousin_unit"]
    with unit_of_work(system):
        person = cast.people["professional"]
        first = person.created_at.date().replace(year=2020)
        system.add(Membership(person_id=person.id, path=person.path, member_of_id=unit.id, from_on=first))
    approve(declare(cast.professional, hours="40", submit=True))
    clock("2027-02-01 09:00")
    answer(session_of, cast.cousin_clerk, start(session_of, cast.professional, cast))
    with system_session() as session:
        assert session.scalars(select(YearSummary.year_organisation_id)).all() == [unit.id]
        assert recompute_all(session, check_only=True).is_clean
        dated = session.execute(select(Membership.member_of_id, Membership.to_on).order_by(Membership.id)).all()
        assert [(row.member_of_id, row.to_on is None) for row in dated] == [(unit.id, False), (target.id, True)]


# --- guards -----------------------------------------------------------------------------------------------------------


def test_what_is_pending_comes_first_at_the_start(cast: Cast, session_of: Open, declare: Declare) -> None:
    declare(cast.professional, hours="8", submit=True)
    with pytest.raises(NotAllowed, match="1 declarations or changes"):
        start(session_of, cast.professional, cast)


def test_while_a_transfer_waits_nothing_else_is_submitted_and_none_beside_it(
    cast: Cast, session_of: Open, declare: Declare
) -> None:
    start(session_of, cast.professional, cast)
    with pytest.raises(NotAllowed, match="A transfer to another unit waits"):
        declare(cast.professional, hours="8", submit=True)
    with pytest.raises(Conflict):
        start(session_of, cast.unit_clerk, cast, "sibling_unit")


@pytest.mark.parametrize(
    ("who", "person", "refusal"),
    [
        ("unit_clerk", "neighbour", NotFound),  # of the sister
        ("cousin_clerk", "professional", NotFound),  # the receiving side does not fetch anybody
        ("branch_clerk", "professional", NotFound),
        ("support", "professional", NotAllowed),
    ],
)
def test_only_the_own_side_lets_somebody_go(
    cast: Cast, session_of: Open, who: str, person: str, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        start(session_of, cast.actors[who], cast, "foreign_unit", person)


def test_a_person_only_ever_moves_herself(cast: Cast, session_of: Open) -> None:
    transfer_id = start(session_of, cast.professional, cast, person="colleague")
    with system_session() as session:
        assert session.get_one(Transfer, transfer_id).person_id == cast.people["professional"].id


@pytest.mark.parametrize("target", ["unit", "missing", "disabled"])
def test_the_target_is_another_active_unit(cast: Cast, session_of: Open, target: str, system: Session) -> None:
    wanted = {"unit": cast.organisations["unit"].id, "missing": 99_999, "disabled": cast.organisations["cousin_unit"].id}[target]
    with unit_of_work(system):
        system.execute(
            update(Organisation)
            .where(Organisation.id == cast.organisations["cousin_unit"].id)
            .values(state=OrganisationState.DISABLED)
        )
    session = session_of(cast.professional)
    with pytest.raises(FieldErrors) as refused, unit_of_work(session):
        transfers.start(session, cast.professional, None, to_organisation_id=wanted, phone="nonsense")
    assert set(refused.value.errors) == {"to_organisation_id", "contact_phone"}


def test_a_super_administrator_hands_over_first(cast: Cast, session_of: Open, system: Session) -> None:
    with unit_of_work(system):
        system.execute(
            update(Post).where(Post.id == cast.posts["unit_clerk"].id).values(account_id=cast.accounts["professional"].id)
        )
    with pytest.raises(NotAllowed, match="super administrator"):
        start(session_of, cast.professional, cast)


def test_the_guards_hold_at_the_acceptance_too(cast: Cast, session_of: Open, system: Session) -> None:
    transfer_id = start(session_of, cast.professional, cast)
    for values, refusal in (({"state": ProfessionalState.DISABLED}, NotAllowed), ({"organisation_id": 1}, Conflict)):
        before = {name: getattr(cast.people["professional"], name) for name in values}
        for present in (values, before):
            with unit_of_work(system):
                system.execute(update(Professional).where(Professional.name == "人员-professional").values(**present))
            if present is values:
                with pytest.raises(refusal):
                    answer(session_of, cast.cousin_clerk, transfer_id)
    assert state_of(transfer_id) == MoveState.WAITING_IN


# --- withdrawal -------------------------------------------------------------------------------------------------------


def test_whoever_started_it_withdraws_it_and_nobody_else(cast: Cast, session_of: Open) -> None:
    def take_back(actor: Actor, transfer_id: int) -> None:
        session = session_of(actor)
        with unit_of_work(session):
            transfers.withdraw(session, actor, transfer_id)

    by_unit = start(session_of, cast.unit_clerk, cast)
    for actor, refusal in ((cast.professional, NotAllowed), (cast.cousin_clerk, NotAllowed), (cast.foreign_officer, NotFound)):
        with pytest.raises(refusal):
            take_back(actor, by_unit)
    take_back(cast.unit_clerk, by_unit)
    by_person = start(session_of, cast.professional, cast)
    with pytest.raises(NotAllowed):
        take_back(cast.unit_clerk, by_person)
    take_back(cast.professional, by_person)
    with pytest.raises(WrongState):
        take_back(cast.professional, by_person)
    with pytest.raises(NotFound):  # nothing is open any more
        answer(session_of, cast.cousin_clerk, by_person)


def test_two_who_decide_at_once_move_the_person_once(app: Flask, cast: Cast, session_of: Open) -> None:
    transfer_id = start(session_of, cast.professional, cast)
    review = session_of(cast.cousin_clerk).scalars(select(Review)).one()
    outcomes: list[str] = []

    def decide(verdict: Verdict) -> None:
        with app.app_context():
            session = db.session()
            scope.attach(session, scope.scope_of(cast.cousin_clerk))
            expect(Intent.WRITE_ONCE)
            try:
                with unit_of_work(session):
                    engine.decide(session, cast.cousin_clerk, review.id, verdict=verdict, reason="x")
                outcomes.append("done")
            except DomainError as refusal:
                outcomes.append(type(refusal).__name__)
            db.session.remove()

    threads = [threading.Thread(target=decide, args=(v,)) for v in (Verdict.PASS, Verdict.REJECT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict", "done"]
    with system_session() as session:
        assert len(session.scalars(select(Decision)).all()) == 1
        moved = session.get_one(Professional, cast.people["professional"].id).organisation_id != cast.organisations["unit"].id
        assert (state_of(transfer_id) == MoveState.ACCEPTED) == moved


# --- the mechanism ----------------------------------------------------------------------------------------------------


def test_the_lists_of_tables_that_follow_are_those_of_the_mapped_classes(in_app: Any) -> None:
    with_person = {c.__tablename__ for c in moving.owned_by_people()} | {"professionals"}
    writes = CROSS_SUBTREE["take_over_person"].writes or {}
    assert with_person == set(writes) - {"posts"}
    every_path = {
        (m.local_table.name, c.name)
        for m in Base.registry.mappers
        for c in m.local_table.columns
        if c.name in {"path", "from_path", "to_path"}
    }
    moves = CROSS_SUBTREE["move_subtree"].writes or {}
    assert {(t, c) for t, columns in moves.items() for c in columns} - {("organisations", "parent_id")} == every_path


def test_moving_a_person_scans_no_table(in_app: Any, system: Session) -> None:
    if system.get_bind().dialect.name != "sqlite":
        return  # its planner scans small tables whatever indexes there are
    for cls in moving.owned_by_people():
        statement = update(cls).where(moving._whose(cls, [1])).values(path="/")
        words = str(statement.compile(system.connection(), compile_kwargs={"literal_binds": True}))
        asked = text(f"EXPLAIN QUERY PLAN {words}")
        plan = [row.detail for row in system.connection().execute(asked, execution_options={"scope_decided": True})]
        assert not [line for line in plan if line.startswith("SCAN")], (cls, plan)
        assert inspect(cls).local_table.name


def test_the_review_of_a_transfer_is_no_matter_of_the_persons_path(cast: Cast, session_of: Open) -> None:
    start(session_of, cast.unit_clerk, cast)
    assert queries.waiting_times(session_of(cast.cousin_clerk), cast.cousin_clerk, limit=9)[ReviewKind.TRANSFER_IN, ""]
    assert session_of(cast.unit_clerk).scalars(select(Review)).all() == []
