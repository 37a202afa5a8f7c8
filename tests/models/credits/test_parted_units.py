"""A merger is undone only when roles and departments come apart: neither unit keeps what belongs to the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.errors import Conflict
from models.org.tables import Department, OrderKind, Organisation, OrganisationState
from models.people.tables import Post, PostState, Professional, Role
from models.reviews import orders
from models.reviews.orders import Order
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
pytestmark = pytest.mark.both_databases


def undo(session_of: Open, actor: Actor, order_id: int) -> None:
    session = session_of(actor)
    with unit_of_work(session):
        orders.undo(session, actor, order_id)


def one(cls: Any, row_id: int) -> Any:
    with system_session() as session:
        return session.get_one(cls, row_id)


def sit(system: Session, department_id: int | None, role_id: int) -> None:
    """Let the neighbour sit in a department, and administer the unit that took over with a role."""
    with unit_of_work(system):
        system.execute(update(Professional).where(Professional.name == "人员-neighbour").values(department_id=department_id))
        system.execute(update(Post).where(Post.id == 900).values(department_id=department_id, role_id=role_id))


def test_parted_units_share_neither_roles_nor_departments(cast: Cast, session_of: Open, system: Session) -> None:
    unit, sibling, neighbour = cast.organisations["unit"], cast.organisations["sibling_unit"], cast.people["neighbour"]
    place = {"organisation_id": sibling.id, "path": sibling.path}
    with unit_of_work(system):
        system.add(Department(id=50, organisation_id=unit.id, path=unit.path, place="/50/", name="办公室"))
        system.add(Role(organisation_id=unit.id, path=unit.path, name="审核员", permissions=["people.view"]))
        system.get_one(Professional, cast.people["professional"].id).department_id = 50
        system.add(Role(id=700, name="管理员", permissions=["people.view"], **place))
        system.flush()
        system.add(Post(id=900, account_id=neighbour.account_id, role_id=700, name="邻居", state=PostState.ACTIVE, **place))
    theirs = system.scalars(select(Role.id).where(Role.organisation_id == unit.id)).one()
    officer = cast.county_officer
    with unit_of_work(session_of(officer)) as session:
        order_id = orders.give(session, officer, Order(OrderKind.MERGE, unit.id, "机构改革", sibling.id)).id
    sit(system, 50, theirs)
    with pytest.raises(Conflict, match="邻居 would keep a role"):
        undo(session_of, officer, order_id)
    assert one(Organisation, unit.id).state == OrganisationState.MERGED
    sit(system, 50, 700)
    with unit_of_work(system):
        system.add(Department(id=51, parent_id=50, place="/50/51/", name="新科室", **place))
    with pytest.raises(Conflict, match="新科室 would stand below"):
        undo(session_of, officer, order_id)
    with unit_of_work(system):
        system.execute(update(Department).where(Department.id == 51).values(parent_id=None, place="/51/"))
    undo(session_of, officer, order_id)
    assert one(Department, 50).organisation_id == unit.id
    assert one(Professional, cast.people["professional"].id).department_id == 50
    assert (one(Professional, neighbour.id).department_id, one(Post, 900).department_id) == (None, None)
