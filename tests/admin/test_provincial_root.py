"""S143 省厅管理员: a province stands above the city, with roles and administrators of its own, and sees through the whole tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models.access import SYSTEM, Permission
from models.org import moving
from models.org.codes import mod31
from models.org.operations import NewOrganisation, create_root
from models.org.tables import Department, OrganisationKind
from models.people.positions import load_actor
from models.people.tables import Account, Post, Role
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.conftest import Desk, names_in
from tests.cast import PASSWORD, Cast, made_up_number


@pytest.fixture
def province(app: Flask, cast: Cast, lists: None) -> Desk:
    """The city has come below a provincial root, whose super administrator sits at a desk."""
    with app.app_context(), system_session() as session, unit_of_work(session):
        new = NewOrganisation(
            None, OrganisationKind.HR_DEPARTMENT, "省人社厅", "12370000MB2864100" + mod31("12370000MB2864100"), "371100"
        )
        root = create_root(session, SYSTEM, new)
        account = cast.accounts["city_second"]
        post = Post(account_id=account.id, organisation_id=root.id, path=root.path, name=account.name, is_super=True)
        session.add(post)
        session.flush()
        moving.move_below(session, SYSTEM, cast.organisations["city"].id, root.id)
        key = f"post:{post.id}"
    client = app.test_client()
    client.set_cookie("lang", "en")
    data = {"document_type": "111", "number": account.number, "password": PASSWORD, "kind": "hr_department"}
    assert client.post("/login", data=data).status_code == 303
    with app.app_context():
        actor = load_actor(account.id, key)
    assert actor is not None
    return Desk(client, actor)


def test_it_sees_the_whole_tree_below_it_and_nothing_beside_it(province: Desk) -> None:
    assert {"单位-city", "单位-county"} <= set(names_in(province.get("organisations/?tab=hr_department")))
    people = set(names_in(province.get("people/")))
    assert {"人员-professional", "人员-cousin", "人员-civil_servant"} <= people
    assert "人员-foreigner" not in people


def test_a_role_comes_first_then_an_administrator_who_holds_no_more_than_it(
    province: Desk, app: Flask, look: Callable[[], Any], cast: Cast
) -> None:
    assert "role" in province.get("administrators/new/").text.lower()
    sent = province.post("roles/new/", name="省厅审核员", description="", permissions=["hours.view", "hours.review"])
    assert sent.status_code == 303
    assert names_in(province.get("roles/")) == ["省厅审核员"]
    typed = {
        "way": "new",
        "document_type": "111",
        "number": made_up_number(3000),
        "password": "Province-2026!",
        "again": "Province-2026!",
        "name": "省厅人员",
        "phone": "13900000009",
        "email": "province@example.com",
        "department_id": "",
    }
    province.post("departments/new/", name="专技处", phone="", parent_id="")
    with look() as session:
        typed["department_id"] = str(session.scalars(select(Department.id).where(Department.name == "专技处")).one())
    second = province.post("administrators/new/", **typed)
    assert second.status_code == 303, second.text
    with look() as session:
        role = session.scalars(select(Role.id).where(Role.name == "省厅审核员")).one()
    done = province.client.post(second.headers["Location"], data={"position": province.actor.position_key, "role_id": str(role)})
    assert done.status_code in {200, 303}
    with look() as session:
        account = session.scalars(select(Account).where(Account.name == "省厅人员")).one()
        post = session.scalars(select(Post).where(Post.account_id == account.id)).one()
    with app.app_context():
        made = load_actor(account.id, f"post:{post.id}")
    assert made is not None
    assert made.can(Permission.HOURS_REVIEW)
    assert not made.can(Permission.ROLES_MANAGE)
    assert made.path == province.actor.path
