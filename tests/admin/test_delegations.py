"""审核委托 as the browser shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models.people.delegations import Delegation
from models.people.tables import Post, Role
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.conftest import Desk, names_in
from tests.cast import Cast


@pytest.fixture
def second(app: Flask, cast: Cast) -> int:
    """Another administrator of the unit."""
    unit = cast.organisations["unit"]
    with app.app_context(), system_session() as session, unit_of_work(session):
        role = Role(organisation_id=unit.id, path=unit.path, name="查看", permissions=["people.view"])
        session.add(role)
        session.flush()
        account_id = cast.accounts["unit_second"].id
        post = Post(account_id=account_id, organisation_id=unit.id, path=unit.path, role_id=role.id, name="副手")
        session.add(post)
        session.flush()
        return post.id


def test_an_administrator_delegates_and_ends_it(desk: Callable[..., Desk], second: int, look: Callable[[], Any]) -> None:
    clerk = desk("unit_clerk")
    assert "副手" in clerk.get("delegations/new/").text
    wrong = clerk.post("delegations/new/", to_post_id="", from_on="2026-12-15", to_on="2026-12-01", reason="")
    assert "Please choose another administrator of your unit." in wrong.text
    assert "The last day lies before the first one, or in the past." in wrong.text
    sent = clerk.post("delegations/new/", to_post_id=str(second), from_on="2026-12-15", to_on="2026-12-20", reason="出差")
    page = clerk.follow(sent)
    assert names_in(page) == ["人员-unit_clerk"]
    assert "Holds now" in page.text
    with look() as session:
        made = session.scalars(select(Delegation)).one()
    for other in ("sibling_clerk", "department_clerk"):
        assert names_in(desk(other).get("delegations/")) == []
        desk(other).post("delegations/action/run", action="end", ids=made.id, list="")
    with look() as session:
        assert session.get_one(Delegation, made.id).ended_at is None
    clerk.post("delegations/action/run", action="end", ids=made.id, list="")
    with look() as session:
        assert session.get_one(Delegation, made.id).ended_at is not None
