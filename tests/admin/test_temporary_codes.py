"""Temporary codes: issued by an HR department or support, and only issued ones let a unit register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models.errors import FieldErrors
from models.org import codes, temporary_codes
from models.org.temporary_codes import TemporaryCode
from tests.admin.conftest import Desk, names_in
from tests.cast import PASSWORD, Cast
from tests.visits import english


def issued(look: Any) -> list[str]:
    with look() as session:
        return list(session.scalars(select(TemporaryCode.code).order_by(TemporaryCode.id)))


def test_an_hr_department_issues_codes_of_its_region_one_after_the_other(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    assert "Please enter the unit name" in officer.post("temporary-codes/new/", name="").text
    for name in ("甲合作社", "乙合作社"):
        assert officer.post("temporary-codes/new/", name=name).status_code == 303
    assert issued(look) == [codes.temporary_code("371100", 1), codes.temporary_code("371100", 2)]
    assert names_in(officer.get("temporary-codes/")) == list(reversed(issued(look)))
    assert names_in(desk("city_officer").get("temporary-codes/")) == []
    assert desk("city_officer").post("temporary-codes/new/", name="丙").status_code == 303
    assert issued(look)[-1] == codes.temporary_code("371100", 3)


@pytest.mark.parametrize("name", ["unit_clerk", "department_clerk", "inner_officer"])
def test_nobody_else_issues_them(desk: Callable[..., Desk], look: Any, name: str) -> None:
    assert desk(name).post("temporary-codes/new/", name="甲").status_code == 403
    assert issued(look) == []


def test_support_issues_them_for_any_region(app: Flask, look: Any, cast: Cast) -> None:
    client = english(app)
    login = {"document_type": "111", "number": cast.accounts["support"].number, "password": PASSWORD}
    assert client.post("/support/login", data=login).status_code == 303
    data = {"position": cast.actors["support"].position_key, "name": "甲合作社", "region_code": "371100"}
    assert "not in the list" in client.post("/support/codes", data={**data, "region_code": "999999"}).text
    assert client.post("/support/codes", data=data).status_code == 303
    assert issued(look)[0] in client.get("/support/codes").text


def test_only_an_issued_code_counts(app: Flask, desk: Callable[..., Desk], look: Any) -> None:
    desk("county_officer").post("temporary-codes/new/", name="甲合作社")
    with app.app_context():
        temporary_codes.check_issued(codes.check(issued(look)[0]))
        with pytest.raises(FieldErrors):
            temporary_codes.check_issued(codes.check(codes.temporary_code("371100", 77)))
