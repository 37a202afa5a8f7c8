"""Change orders: the figures shown are those of the effect, everything follows, and undoing puts everything back."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import Base
from models.credits.recompute import recompute_all
from models.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, WrongState
from models.org import directory, paths
from models.org.codes import temporary_code
from models.org.tables import ChangeOrder, Department, OrderKind, Organisation, OrganisationState
from models.people import moving
from models.people.tables import Post, PostState, Professional, Role
from models.reviews import orders, rerouting
from models.reviews.orders import Order
from models.reviews.tables import Review, ReviewState
from models.scope import system_session
from models.transaction import rehearsal, unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Decide = Callable[..., None]
pytestmark = pytest.mark.both_databases
LEFT_OUT = {"history_entries", "history_batches", "memberships", "change_orders", "review_levels", "notices"}
"""What keeps the memory of an order that was undone, and rows that are made anew with the same content."""


def give(session_of: Open, actor: Actor, kind: OrderKind, subject: int, target: int | None = None, name: str = "") -> int:
    session = session_of(actor)
    with unit_of_work(session):
        return orders.give(session, actor, Order(kind, subject, "机构改革", target, name)).id


def split(session_of: Open, actor: Actor, subject: int, **what: Any) -> int:
    session = session_of(actor)
    with unit_of_work(session):
        return orders.give(session, actor, Order(OrderKind.SPLIT, subject, "机构改革", **{"name": "新单位", **what})).id


def undo(session_of: Open, actor: Actor, order_id: int) -> int:
    session = session_of(actor)
    with unit_of_work(session):
        return orders.undo(session, actor, order_id)


def picture() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that a change order could touch."""
    found = {}
    with system_session() as session:
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            if table.name not in LEFT_OUT and "path" in table.c:
                rows = session.execute(select(mapper.class_.__table__), execution_options={"scope_decided": True}).all()
                found[table.name] = sorted(tuple(map(str, row)) for row in rows)
    # A counter that has come back to nothing is the same as none.
    found["organisation_years"] = [row for row in found["organisation_years"] if row[3:5] != ("0", "0")]
    return found


def is_right() -> bool:
    with system_session() as session:
        is_clean = recompute_all(session, check_only=True).is_clean
        session.rollback()
        found = paths.rebuild(session, check_only=True)
        return is_clean and not found.wrong and not found.n_strays


def one(cls: Any, row_id: int) -> Any:
    with system_session() as session:
        return session.get_one(cls, row_id)


@pytest.fixture
def busy(cast: Cast, declare: Declare, approve: Decide, system: Session) -> None:
    """Hours that count, hours that wait, a department and a role at the unit."""
    approve(declare(cast.professional, hours="60", submit=True))
    declare(cast.colleague, hours="8", submit=True)
    declare(cast.branch_worker, hours="8", submit=True)
    unit = cast.organisations["unit"]
    with unit_of_work(system):
        system.add(Department(id=50, organisation_id=unit.id, path=unit.path, place="/50/", name="办公室"))
        system.add(Role(organisation_id=unit.id, path=unit.path, name="审核员", permissions=["people.view"]))
        system.flush()
        system.execute(update(Professional).where(Professional.id == cast.people["professional"].id).values(department_id=50))


@pytest.mark.usefixtures("busy")
def test_a_merged_unit_hands_everything_over_and_its_code_answers_with_the_other_name(
    cast: Cast, session_of: Open, decide: Decide
) -> None:
    unit, sibling = cast.organisations["unit"], cast.organisations["sibling_unit"]
    order_id = give(session_of, cast.county_officer, OrderKind.MERGE, unit.id, sibling.id)
    assert (one(Organisation, unit.id).state, one(Organisation, unit.id).merged_into_id) == (OrganisationState.MERGED, sibling.id)
    person = one(Professional, cast.people["professional"].id)
    assert (person.organisation_id, person.organisation_name, person.department_id) == (sibling.id, sibling.name, 50)
    assert one(Organisation, cast.organisations["branch"].id).parent_id == sibling.id
    assert one(Department, 50).organisation_id == sibling.id
    assert one(Post, cast.posts["unit_clerk"].id).state == PostState.ENDED  # the other unit has a super administrator
    assert one(ChangeOrder, order_id).effect["n_posts_ended"] == 1
    with system_session() as session:
        waiting = session.scalars(select(Review).where(Review.state == ReviewState.OPEN)).all()
        assert {r.deciding_organisation_id for r in waiting} == {sibling.id, cast.organisations["branch"].id}
        mine = next(r.subject_id for r in waiting if r.deciding_organisation_id == sibling.id)
    decide(cast.sibling_clerk, [mine])
    assert [found.name for found in directory.find(unit.code)] == [sibling.name]
    assert is_right()


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    ("kind", "subject", "target", "name"),
    [
        (OrderKind.MOVE, "unit", "other_county", ""),
        (OrderKind.MOVE, "department", "other_county", ""),
        (OrderKind.MERGE, "unit", "sibling_unit", ""),
        (OrderKind.MERGE, "branch", "unit", ""),
        (OrderKind.MERGE, "unit", "cousin_unit", ""),
        (OrderKind.RENAME, "unit", None, "新的名称"),
        (OrderKind.DISABLE, "unit", None, ""),
    ],
)
def test_what_is_shown_is_what_is_done_and_undoing_puts_every_row_back(
    cast: Cast, session_of: Open, kind: OrderKind, subject: str, target: str | None, name: str
) -> None:
    before = picture()
    ids = cast.organisations[subject].id, cast.organisations[target].id if target else None
    session = session_of(cast.city_officer)
    with rehearsal(session):
        shown = orders.give(session, cast.city_officer, Order(kind, ids[0], "机构改革", ids[1], name)).effect
    assert picture() == before
    order_id = give(session_of, cast.city_officer, kind, *ids, name=name)
    assert one(ChangeOrder, order_id).effect == shown
    assert shown["n_organisations"] >= 1
    assert picture() != before
    assert is_right()
    assert undo(session_of, cast.city_officer, order_id) == 0
    assert picture() == before
    with pytest.raises(WrongState):
        undo(session_of, cast.city_officer, order_id)


def by_chance(system: Session, chosen: random.Random, order: Order, n: int) -> Order:
    """Return the order to split a unit, with some of its departments and of the units below it."""
    own = list(system.scalars(select(Department.id).where(Department.organisation_id == order.subject_id)))
    below = list(system.scalars(select(Organisation.id).where(Organisation.parent_id == order.subject_id)))
    system.rollback()
    some = {name: tuple(i for i in ids if chosen.random() < 0.7) for name, ids in (("departments", own), ("units", below))}
    return replace(order, target_id=None, name=f"新单位{n}", code=temporary_code("371100", 100 + n), **some)


@pytest.fixture
def departments(busy: None, cast: Cast, system: Session) -> dict[str, int]:
    """Departments of the unit with people, administrators and a tree below one."""
    unit = cast.organisations["unit"]
    own = {"organisation_id": unit.id, "path": unit.path}
    with unit_of_work(system):
        system.add(Department(id=60, place="/60/", name="医务部", **own))
        system.flush()
        system.add(Department(id=61, place="/60/61/", parent_id=60, name="内科", **own))
        system.add(Department(id=62, place="/60/61/62/", parent_id=61, name="心内科", **own))
        system.flush()
        system.execute(update(Professional).where(Professional.id == cast.people["colleague"].id).values(department_id=62))
        role = system.scalars(select(Role).where(Role.organisation_id == unit.id)).one()
        colleague = cast.accounts["colleague"]
        system.add(Post(account_id=colleague.id, role_id=role.id, name=colleague.name, state=PostState.ACTIVE, **own))
        system.get_one(Post, cast.posts["unit_clerk"].id).department_id = 61
    return {"医务部": 60, "内科": 61, "心内科": 62}


@pytest.mark.parametrize(
    ("parts", "units", "n_organisations", "n_people", "n_reviews"),
    [((61,), (), 1, 1, 1), ((50, 60), ("branch",), 2, 3, 1), ((), ("branch",), 2, 1, 0), ((60, 62), (), 1, 1, 1)],
)
def test_a_split_does_what_is_shown_and_undoing_puts_every_row_back(
    cast: Cast,
    session_of: Open,
    departments: dict[str, int],
    parts: tuple[int, ...],
    units: tuple[str, ...],
    n_organisations: int,
    n_people: int,
    n_reviews: int,
) -> None:
    before, unit = picture(), cast.organisations["unit"]
    what = {"code": temporary_code("371100", 99), "departments": parts, "units": tuple(cast.organisations[u].id for u in units)}
    session = session_of(cast.city_officer)
    with rehearsal(session):
        order = Order(OrderKind.SPLIT, unit.id, "机构改革", name="新单位", **what)
        shown = orders.give(session, cast.city_officer, order).effect
    assert picture() == before
    order_id = split(session_of, cast.city_officer, unit.id, **what)
    assert one(ChangeOrder, order_id).effect == shown
    assert (shown["n_organisations"], shown["n_people"], shown["n_reviews"]) == (n_organisations, n_people, n_reviews)
    assert (shown["n_gaining"], shown["n_posts_ended"]) == (0, int(bool(parts)))
    assert is_right()
    assert undo(session_of, cast.city_officer, order_id) == 0
    assert picture() == before
    assert is_right()
    assert (one(ChangeOrder, order_id).target_id, one(ChangeOrder, order_id).target_name) == (None, "新单位")
    assert split(session_of, cast.city_officer, unit.id, **what) > order_id


def test_what_is_split_off_stands_beside_and_the_superior_decides_for_it(
    cast: Cast, session_of: Open, departments: dict[str, int], decide: Decide
) -> None:
    unit = cast.organisations["unit"]
    order_id = split(session_of, cast.county_officer, unit.id, code=temporary_code("371100", 99), departments=(61,))
    new = one(Organisation, one(ChangeOrder, order_id).target_id)
    assert (new.parent_id, new.kind, new.name, new.state) == (unit.parent_id, unit.kind, "新单位", OrganisationState.ACTIVE)
    person = one(Professional, cast.people["colleague"].id)
    assert (person.organisation_id, person.organisation_name, person.path, person.department_id) == (
        new.id,
        "新单位",
        new.path,
        62,
    )
    placed = {d.id: (d.organisation_id, d.path, d.parent_id, d.place) for d in (one(Department, i) for i in (60, 61, 62))}
    assert placed == {
        60: (unit.id, unit.path, None, "/60/"),
        61: (new.id, new.path, None, "/61/"),
        62: (new.id, new.path, 61, "/61/62/"),
    }
    assert one(Post, cast.posts["unit_clerk"].id).department_id is None
    with system_session() as session:
        waiting = session.scalars(select(Review).where(Review.person_id == person.id, Review.state == ReviewState.OPEN)).one()
        department = cast.organisations["department"].id
        assert (waiting.deciding_organisation_id, waiting.in_place_of_id) == (department, new.id)
        subject_id = waiting.subject_id
    decide(cast.department_clerk, [subject_id])
    # The superior has decided in the new unit's place: the split is built upon.
    after = picture()
    with pytest.raises(Conflict, match="builds on the split"):
        undo(session_of, cast.county_officer, order_id)
    assert picture() == after


@pytest.mark.parametrize(
    ("who", "subject", "what", "refusal"),
    [
        ("unit_clerk", "unit", {"departments": (60,)}, NotAllowed),
        ("department_clerk", "unit", {"departments": (60,)}, NotAllowed),
        ("inner_officer", "unit", {"departments": (60,)}, NotAllowed),
        ("county_officer", "unit", {}, Invalid),
        ("county_officer", "unit", {"departments": (60, 999)}, NotFound),
        ("county_officer", "sibling_unit", {"departments": (60,)}, NotFound),
        ("county_officer", "unit", {"units": ("cousin_unit",)}, NotFound),
        ("county_officer", "unit", {"units": ("unit",)}, NotFound),
        ("county_officer", "cousin_unit", {"departments": (60,)}, NotFound),
        ("other_county_officer", "unit", {"departments": (60,)}, NotFound),
        ("county_officer", "unit", {"departments": (60,), "name": "  "}, Invalid),
        ("county_officer", "unit", {"departments": (60,), "name": "长" * 201}, Invalid),
        ("county_officer", "unit", {"departments": (60,), "code": "123"}, Invalid),
        ("county_officer", "unit", {"departments": (60,), "code": "taken"}, Conflict),
        ("city_officer", "city", {"departments": (60,)}, NotAllowed),
        ("support", "city", {"units": ("county",)}, Invalid),
    ],
)
def test_who_may_split_what_and_nothing_changes_where_not(
    cast: Cast,
    session_of: Open,
    departments: dict[str, int],
    who: str,
    subject: str,
    what: dict[str, Any],
    refusal: type[DomainError],
) -> None:
    before = picture()
    sent = {"code": temporary_code("371100", 99), **what}
    sent["units"] = tuple(cast.organisations[u].id for u in what.get("units", ()))
    if sent["code"] == "taken":
        with system_session() as session, unit_of_work(session):
            session.get_one(Organisation, cast.organisations["foreign_unit"].id).code = temporary_code("371100", 98)
        sent["code"], before = temporary_code("371100", 98), picture()
    with pytest.raises(refusal):
        split(session_of, cast.actors[who], cast.organisations[subject].id, **sent)
    assert picture() == before


def test_a_split_stays_once_somebody_has_come_or_an_administrator_was_appointed(
    cast: Cast, session_of: Open, departments: dict[str, int], system: Session
) -> None:
    unit, code = cast.organisations["unit"], temporary_code("371100", 99)
    order_id = split(session_of, cast.county_officer, unit.id, code=code, departments=(61,))
    new_id = one(ChangeOrder, order_id).target_id
    path = one(Organisation, new_id).path
    with unit_of_work(system):
        clerk = cast.accounts["cousin_clerk"]
        made = Post(
            account_id=clerk.id, organisation_id=new_id, path=path, name=clerk.name, is_super=True, state=PostState.ACTIVE
        )
        system.add(made)
    after = picture()
    with pytest.raises(Conflict, match="builds on the split"):
        undo(session_of, cast.county_officer, order_id)
    assert picture() == after
    with unit_of_work(system):
        system.delete(system.get_one(Post, made.id))
        colleague = system.get_one(Professional, cast.people["colleague"].id)
        moving.move(system, cast.city_officer, [colleague], system.get_one(Organisation, cast.organisations["cousin_unit"].id))
        rerouting.follow_people(system, cast.city_officer, [colleague.id])
    assert undo(session_of, cast.county_officer, order_id) == 1
    assert one(Professional, cast.people["colleague"].id).organisation_id == cast.organisations["cousin_unit"].id


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("seed", range(5))
def test_on_trees_by_chance_the_figures_hold_and_everything_comes_back(
    cast: Cast, session_of: Open, system: Session, seed: int
) -> None:
    chosen = random.Random(seed)
    ids = sorted(system.scalars(select(Organisation.id)))
    system.rollback()
    before, given = picture(), []
    for _ in range(12):
        kind = chosen.choice([OrderKind.MOVE, OrderKind.MERGE, OrderKind.SPLIT])
        order = Order(kind, *chosen.sample(ids, 1), "随机", chosen.choice(ids))
        if kind is OrderKind.SPLIT:
            order = by_chance(system, chosen, order, len(given))
        session = session_of(cast.support)
        try:
            with rehearsal(session):
                shown = orders.give(session, cast.support, order).effect
        except DomainError:
            continue
        session = session_of(cast.support)
        with unit_of_work(session):
            given.append(orders.give(session, cast.support, order).id)
        assert one(ChangeOrder, given[-1]).effect == shown
        assert is_right()
    assert given
    for order_id in reversed(given):
        undo(session_of, cast.support, order_id)
    assert picture() == before


@pytest.mark.parametrize(
    ("who", "subject", "target", "refusal"),
    [
        ("unit_clerk", "branch", "unit", NotAllowed),
        ("department_clerk", "unit", "sibling_unit", NotAllowed),
        ("county_officer", "unit", "cousin_unit", NotFound),
        ("county_officer", "cousin_unit", "unit", NotFound),
        ("county_officer", "county", "unit", Invalid),
        ("city_officer", "department", "unit", Invalid),  # into a unit below it
        ("city_officer", "county", "other_county", None),
        ("inner_officer", "unit", "sibling_unit", NotAllowed),
        ("professional", "unit", "sibling_unit", NotAllowed),
    ],
)
def test_who_may_merge_what(
    cast: Cast, session_of: Open, who: str, subject: str, target: str, refusal: type[DomainError] | None
) -> None:
    ids = cast.organisations[subject].id, cast.organisations[target].id
    if refusal is None:
        assert give(session_of, cast.actors[who], OrderKind.MERGE, *ids)
        return
    with pytest.raises((refusal, NotAllowed)):
        give(session_of, cast.actors[who], OrderKind.MERGE, *ids)


@pytest.mark.usefixtures("busy")
def test_an_order_that_others_build_on_stays(cast: Cast, session_of: Open) -> None:
    unit, other = cast.organisations["unit"].id, cast.organisations["other_county"].id
    first = give(session_of, cast.city_officer, OrderKind.MOVE, unit, other)
    second = give(session_of, cast.city_officer, OrderKind.RENAME, unit, name="新的名称")
    with pytest.raises(Conflict, match="builds on this one"):
        undo(session_of, cast.city_officer, first)
    undo(session_of, cast.city_officer, second)
    undo(session_of, cast.city_officer, first)


@pytest.mark.usefixtures("busy")
def test_whoever_has_left_since_stays_where_she_is(cast: Cast, session_of: Open, system: Session) -> None:
    unit, sibling, cousin = (cast.organisations[n] for n in ("unit", "sibling_unit", "cousin_unit"))
    order_id = give(session_of, cast.county_officer, OrderKind.MERGE, unit.id, sibling.id)
    with unit_of_work(system):
        values = {"organisation_id": cousin.id, "path": cousin.path}
        system.execute(update(Professional).where(Professional.id == cast.people["professional"].id).values(values))
    assert undo(session_of, cast.county_officer, order_id) == 1
    assert one(Professional, cast.people["professional"].id).organisation_id == cousin.id
    assert one(Professional, cast.people["colleague"].id).organisation_id == unit.id
