"""S069, second step: nobody is given by mistake the role that happens to stand first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.org.tables import Department
from models.people.tables import Post
from tests.admin.conftest import Desk
from tests.admin.test_administration import NEW, add_department, add_role, rows


def second_step(clerk: Desk, look: Any) -> str:
    """Fill in the first step; return the address of the second."""
    answer = clerk.post("administrators/new/", way="new", department_id=rows(look, Department)[-1].id, **NEW)
    return str(answer.headers["Location"]).removeprefix("/admin/")


def test_of_several_roles_one_is_chosen_and_of_one_it_stands_there(desk: Callable[..., Desk], lists: None, look: Any) -> None:
    clerk = desk("unit_clerk")
    add_department(clerk, "人事处")
    add_role(clerk, "审核员")
    assert "Please choose" not in clerk.get(second_step(clerk, look)).text
    add_role(clerk, "查询员")
    address = second_step(clerk, look)
    page = clerk.get(address).text
    assert page.index("Please choose") < page.index("审核员") < page.index("查询员")
    before = len(rows(look, Post))
    assert "Choose the role" in clerk.post(address, role_id="").text
    assert len(rows(look, Post)) == before
