"""Delegation of reviews: who may give it, what it lets do, that both names are recorded, and that it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.errors import FieldErrors, NotAllowed, NotFound
from models.history import HistoryEntry
from models.outbox import Notice, OutboxMail
from models.people import delegations
from models.people.positions import load_actor
from models.people.tables import Post, Role
from models.reviews.digests import write_digests
from models.reviews.tables import Decision
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.test_reviews import decide, outcomes, state_of, submit  # noqa: F401 - a fixture

Open = Callable[[Actor], Session]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("outcomes")]
FIRST, LAST = dt.date(2026, 12, 15), dt.date(2026, 12, 20)


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def second(cast: Cast, system: Session) -> Post:
    """Another administrator of the unit, who may only look at people."""
    unit = cast.organisations["unit"]
    with unit_of_work(system):
        role = Role(organisation_id=unit.id, path=unit.path, name="查看", permissions=["people.view"])
        system.add(role)
        system.flush()
        post = Post(
            account_id=cast.accounts["unit_second"].id, organisation_id=unit.id, path=unit.path, role_id=role.id, name="副手"
        )
        system.add(post)
    return post


def actor_of(post: Post) -> Actor:
    found = load_actor(post.account_id, f"post:{post.id}")
    assert found is not None
    return found


def give(session_of: Open, actor: Actor, to: int | None, first: dt.date | None = FIRST, last: dt.date | None = LAST) -> int:
    session = session_of(actor)
    with unit_of_work(session):
        return delegations.delegate(session, actor, to_post_id=to, from_on=first, to_on=last, reason="出差").id


def test_the_delegate_reviews_for_those_days_and_both_names_are_recorded(
    session_of: Open, cast: Cast, second: Post, system: Session, clock: Callable[[str], None]
) -> None:
    assert not actor_of(second).can(Permission.HOURS_REVIEW)
    give(session_of, cast.unit_clerk, second.id)
    delegate = actor_of(second)
    assert delegate.can(Permission.HOURS_REVIEW)
    assert not delegate.can(Permission.ADMINISTRATORS_MANAGE)
    review = submit(session_of, cast)
    decide(session_of, delegate, review)
    both = "人员-unit_second（代 人员-unit_clerk）"
    with system_session() as session:
        assert session.scalars(select(Decision.actor_name)).all() == [both]
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "pass_level")).one()
        assert entry.actor_name == both
    clock("2026-12-21 00:01")
    assert not actor_of(second).can(Permission.HOURS_REVIEW)
    clock("2026-12-14 23:59")
    assert not actor_of(second).can(Permission.HOURS_REVIEW)


def test_own_permissions_are_used_in_the_own_name(session_of: Open, cast: Cast, second: Post, system: Session) -> None:
    with unit_of_work(system):
        role = system.get_one(Role, second.role_id)
        role.permissions = ["hours.review"]
    give(session_of, cast.unit_clerk, second.id)
    assert actor_of(second).on_behalf(Permission.HOURS_REVIEW).name == "人员-unit_second"
    assert "代" in actor_of(second).on_behalf(Permission.CHANGES_REVIEW).name


def test_the_delegate_keeps_the_step_at_the_unit_when_it_is_the_delegators_own_matter(
    session_of: Open, cast: Cast, second: Post, system: Session
) -> None:
    with unit_of_work(system):
        post = system.get_one(Post, cast.posts["unit_clerk"].id)
        post.account_id = cast.accounts["professional"].id
    clerk, delegate_id = actor_of(post), second.id  # now: a look at an expired row would begin a snapshot
    before = submit(session_of, cast)
    assert state_of(system, before)[3] == cast.organisations["department"].id
    give(session_of, clerk, delegate_id)
    assert state_of(system, before)[3] == cast.organisations["unit"].id  # the open step came back
    assert state_of(system, submit(session_of, cast, subject_id=8))[3] == cast.organisations["unit"].id


def test_it_ends_early_by_the_giver_or_the_super_administrator_alone(session_of: Open, cast: Cast, second: Post) -> None:
    given = give(session_of, cast.unit_clerk, second.id)

    def finish(actor: Actor) -> None:
        session = session_of(actor)
        with unit_of_work(session):
            delegations.end(session, actor, given)

    with pytest.raises(NotAllowed):
        finish(actor_of(second))
    for stranger in (cast.department_clerk, cast.sibling_clerk):
        with pytest.raises(NotFound):
            finish(stranger)
    finish(cast.unit_clerk)
    assert not actor_of(second).can(Permission.HOURS_REVIEW)
    with pytest.raises(NotFound):
        finish(cast.unit_clerk)


@pytest.mark.parametrize(
    ("first", "last"),
    [(None, LAST), (FIRST, None), (LAST, FIRST), (dt.date(2026, 1, 1), dt.date(2026, 2, 1)), (FIRST, dt.date(2028, 1, 1))],
)
def test_the_days_make_sense(session_of: Open, cast: Cast, second: Post, first: dt.date | None, last: dt.date | None) -> None:
    with pytest.raises(FieldErrors) as refused:
        give(session_of, cast.unit_clerk, second.id, first, last)
    assert set(refused.value.errors) == {"to_on"}


def test_only_another_active_administrator_of_the_same_unit_can_be_chosen(session_of: Open, cast: Cast, second: Post) -> None:
    for wrong in (None, cast.posts["unit_clerk"].id, cast.posts["branch_clerk"].id, 9_999):
        with pytest.raises(FieldErrors):
            give(session_of, cast.unit_clerk, wrong)
    with pytest.raises(NotAllowed):
        give(session_of, actor_of(second), cast.posts["unit_clerk"].id)
    with pytest.raises(NotAllowed):
        give(session_of, cast.professional, second.id)


def test_a_delegation_that_begins_and_ends_by_its_date_takes_the_open_step_along(
    session_of: Open, cast: Cast, second: Post, system: Session, clock: Callable[[str], None]
) -> None:
    """The only reviewer's own matter stands above, comes back on the first day, and goes up again after the last."""
    with unit_of_work(system):
        post = system.get_one(Post, cast.posts["unit_clerk"].id)
        post.account_id = cast.accounts["professional"].id
    clerk, delegate_id = actor_of(post), second.id
    unit, department = cast.organisations["unit"].id, cast.organisations["department"].id
    give(session_of, clerk, delegate_id, dt.date(2026, 12, 17), dt.date(2026, 12, 18))
    review = submit(session_of, cast)
    told = [(cast.accounts["professional"].id, post.id), (cast.accounts["unit_second"].id, delegate_id)]

    def followed(moment: str) -> tuple[int, int | None, list[tuple[int, int]]]:
        clock(moment)
        with system_session() as session, unit_of_work(session):
            before = session.scalar(select(func.max(Notice.id))) or 0
            n = delegations.follow_days(session)
            rows = session.scalars(select(Notice).where(Notice.id > before).order_by(Notice.id)).all()
            notices = [(r.account_id, int(r.position_key.removeprefix("post:"))) for r in rows if "giver" in r.params]
        system.expire_all()
        return n, state_of(system, review)[3], notices

    assert followed("2026-12-16 23:59") == (0, department, [])
    assert followed("2026-12-17 00:01") == (1, unit, told)
    assert followed("2026-12-17 12:00") == (0, unit, [])
    assert followed("2026-12-18 23:59") == (0, unit, [])
    assert followed("2026-12-19 00:01") == (1, department, told)
    assert followed("2026-12-19 00:06") == (0, department, [])


def test_one_that_ran_out_while_no_worker_ran_is_followed_once_and_one_ended_early_never(
    session_of: Open, cast: Cast, second: Post, clock: Callable[[str], None]
) -> None:
    give(session_of, cast.unit_clerk, second.id, FIRST, LAST)
    ended = give(session_of, cast.unit_clerk, second.id, LAST, LAST)
    session = session_of(cast.unit_clerk)
    with unit_of_work(session):
        delegations.end(session, cast.unit_clerk, ended)
    clock("2027-01-10 09:00")
    for expected in (1, 0):
        with system_session() as system, unit_of_work(system):
            assert delegations.follow_days(system) == expected


def test_the_digest_goes_to_the_delegate_for_those_days(
    session_of: Open, cast: Cast, second: Post, system: Session, clock: Callable[[str], None]
) -> None:
    with unit_of_work(system):
        system.get_one(Post, second.id).email = "second@example.cn"
    submit(session_of, cast)
    give(session_of, cast.unit_clerk, second.id, FIRST + dt.timedelta(days=1), dt.date(2026, 12, 24))

    def mailed(moment: str) -> bool:
        clock(moment)
        with system_session() as session, unit_of_work(session):
            before = session.scalar(select(func.max(OutboxMail.id))) or 0
            write_digests(session)
            addresses = session.scalars(select(OutboxMail.to_address).where(OutboxMail.id > before)).all()
        return "second@example.cn" in addresses

    assert [mailed(f"2026-12-{day} 11:00") for day in (15, 16, 23, 31)] == [False, True, True, False]
