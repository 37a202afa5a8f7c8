"""S058, S088, S114, S115: the home page of each role, its functions and what waits for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, url_for

from tests.admin.conftest import Desk
from views.admin.menu import screens

COMMON = ["Review registered persons", "Learner information"]
FUNCTIONS = {
    "unit_clerk": [*COMMON, "Manage subordinate units", "Review subordinate units", "Approve hours"],
    "department_clerk": ["Manage subordinate units", "Review employers", *COMMON, "Approve hours"],
    "county_officer": ["Management of subordinate organisations", "Review employers", *COMMON, "Review hours (credits)"],
    "inner_officer": [*COMMON, "Review hours (credits)"],
}


def functions_of(page: str) -> set[str]:
    return set(re.findall(r'<a class="tile"[^>]*>.*?<span>(.*?)</span>', page))


def todo_of(page: str) -> dict[str, tuple[str, str]]:
    """Return type -> (number, longest wait) of the to-do list."""
    body = page.split('id="part-todo"')[1].split("</table>", maxsplit=1)[0]
    rows = re.findall(
        r'data-label="Type">(.*?)</th>.*?data-label="Number">(.*?)</td>.*?data-label="Longest wait">(.*?)</td>', body, re.DOTALL
    )
    return {kind: (number, re.sub("<[^>]+>", "", wait)) for kind, number, wait in rows}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_role_sees_the_functions_it_has(desk: Callable[..., Desk], name: str) -> None:
    page = desk(name).get("").text
    assert functions_of(page) >= set(FUNCTIONS[name])
    missing = {f for names in FUNCTIONS.values() for f in names} - set(FUNCTIONS[name])
    assert not functions_of(page) & missing


@pytest.mark.both_databases
def test_the_to_do_list_counts_what_waits_and_for_how_long(
    desk: Callable[..., Desk], declare: Callable[..., int], register: Callable[..., Any], clock: Callable[[str], None]
) -> None:
    declare("professional")
    declare("colleague", start_date="2026-04-01", end_date="2026-04-03")
    register(1)
    clock("2026-12-18 09:00")
    page = desk("unit_clerk").get("").text
    waiting = {what: told for what, told in todo_of(page).items() if told[0] != "0"}
    assert waiting == {"Review registered persons": ("1", "3 days"), "Approve hours": ("2", "3 days")}


def test_the_badge_in_the_menu_equals_the_to_do_count(desk: Callable[..., Desk], declare: Callable[..., int]) -> None:
    declare("professional")
    page = desk("unit_clerk").get("people/").text
    assert re.findall(r"<span>Approve hours</span>.*?<span class=\"badge\"[^>]*>(\d+)", page, re.DOTALL) == ["1"]
    assert "badge" not in desk("department_clerk").get("people/").text


def test_nothing_waits_for_an_organisation_whose_turn_it_is_not(desk: Callable[..., Desk], declare: Callable[..., int]) -> None:
    declare("professional")
    for name in ("department_clerk", "county_officer", "sibling_clerk"):
        assert {number for number, _ in todo_of(desk(name).get("").text).values()} == {"0"}


def test_the_menu_leads_to_each_view_also_below_a_prefix(app: Flask) -> None:
    """The addresses are put together; the map of addresses would say the same."""
    (admin,) = app.extensions["admin"]
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/ce"}):
        said = {view.endpoint: view.start_url for view in screens(admin)}
        assert said == {view.endpoint: url_for(f"{view.endpoint}.{view._default_view}") for view in screens(admin)}
    assert {address.split("/")[1] for address in said.values()} == {"ce"}
