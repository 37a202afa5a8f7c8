"""The settings of an HR department: set by its super administrator, inherited below, out of everybody else's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models.org.settings import SettingKey, setting
from tests.admin.conftest import Desk
from tests.cast import Cast


def value(look: Any, cast: Cast, name: str, key: SettingKey = SettingKey.ORG_CHANGE) -> str:
    with look() as session:
        return setting(session, cast.organisations[name].path, key)


def test_a_setting_holds_below_until_another_is_set_there(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    assert desk("city_officer").post("settings/", org_change="effective_at_once").status_code == 303
    assert value(look, cast, "unit") == "effective_at_once"
    county = desk("county_officer")
    assert "Inherited." in county.get("settings/").text
    county.post("settings/", org_change="approve_first")
    assert (value(look, cast, "unit"), value(look, cast, "cousin_unit")) == ("approve_first", "effective_at_once")
    assert "Set here." in county.get("settings/").text
    assert value(look, cast, "foreign_unit") == "approve_first"


def test_an_unknown_value_changes_nothing(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    officer = desk("county_officer")
    answer = officer.follow(officer.post("settings/", org_change="never", scan="required"))
    assert "not one of the values" in answer.text
    assert value(look, cast, "county", SettingKey.SCAN) == "optional"


@pytest.mark.parametrize("name", ["unit_clerk", "department_clerk", "inner_officer"])
def test_nobody_else_has_the_page(desk: Callable[..., Desk], name: str) -> None:
    assert desk(name).get("settings/").status_code == 403
