"""The support desk through the client: look-up, check list, reset, unlock, history, and who stays out."""

from __future__ import annotations

import ast
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from admin_app.settings import ROOT
from models.access import Actor
from models.people.tables import NameToken, Post, Professional
from models.pinyin import name_tokens
from models.scope import system_session
from tests.cast import Cast
from tests.visits import english, enter, log_in, send
from views.changes import SECTION_WORDS
from views.support.desk import ACTION_WORDS

CHECKS = ["name", "organisation", "birth"]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    return english(app)


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> Actor:
    """Support, logged in with this client."""
    return enter(client, cast, "support")


def look_up(client: FlaskClient, desk: Actor, cast: Cast, name: str) -> str:
    answer = send(client, "/support/", desk, document_type="111", number=cast.accounts[name].number)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_number_is_looked_up_without_standing_in_an_address(client: FlaskClient, desk: Actor, cast: Cast) -> None:
    address = look_up(client, desk, cast, "professional")
    assert re.fullmatch(r"/support/accounts/[\w-]{24}", address)
    page = client.get(address).text
    number = cast.accounts["professional"].number
    assert "Account of 人员-professional" in page
    assert number not in page
    assert f"{number[:6]}********{number[-4:]}" in page


def test_an_unknown_number_is_answered_in_words(client: FlaskClient, desk: Actor) -> None:
    answer = send(client, "/support/", desk, document_type="111", number="371102199001019965")
    assert "No account has this document type and number." in answer.text


def test_an_invented_key_finds_nothing(client: FlaskClient, desk: Actor) -> None:
    for key in ("1", "x" * 24, "../1", "%00"):
        assert client.get(f"/support/accounts/{key}").status_code == 404


def test_a_reset_needs_check_list_and_reason_and_stands_in_the_history(client: FlaskClient, desk: Actor, cast: Cast) -> None:
    address = look_up(client, desk, cast, "professional")
    none = send(client, f"{address}/reset", desk, reason="核实")
    assert none.status_code == 400
    assert "Check the identity first: the name and two more of the list." in none.text
    no_reason = send(client, f"{address}/reset", desk, checks=CHECKS)
    assert "Please give a reason." in no_reason.text
    done = send(client, f"{address}/reset", desk, checks=CHECKS, reason="电话核实本人")
    assert "The first password is the last six characters of the ID document number" in done.text
    page = client.get(address).text
    assert "电话核实本人" in page
    assert "Password reset" in page
    client.post("/logout")
    number = cast.accounts["professional"].number
    assert log_in(client, cast, "professional", password=number[-6:]).headers["Location"] == "/password/change"


def test_a_one_time_password_is_shown_once(client: FlaskClient, desk: Actor, cast: Cast) -> None:
    address = look_up(client, desk, cast, "city_officer")
    done = send(client, f"{address}/reset", desk, checks=["name", "organisation"], reason="核实")
    shown = re.search(r"<code>(\w{10})</code>", done.text)
    assert shown is not None
    assert done.headers["Cache-Control"] == "no-store"
    assert shown[1] not in client.get(address).text
    client.post("/logout")
    assert log_in(client, cast, "city_officer", password=shown[1]).headers["Location"] == "/password/change"


def test_a_locked_account_is_unlocked(client: FlaskClient, app: Flask, cast: Cast) -> None:
    for _ in range(5):
        log_in(client, cast, "professional", password="Wrong-2026")
    assert log_in(client, cast, "professional").status_code == 200
    desk = enter(client, cast, "support")
    address = look_up(client, desk, cast, "professional")
    assert "Locked until" in client.get(address).text
    assert send(client, f"{address}/unlock", desk, checks=CHECKS, reason="核实").status_code == 303
    assert "Locked until" not in client.get(address).text
    assert log_in(english(app), cast, "professional").status_code == 303


@pytest.mark.parametrize("name", ["city_officer", "unit_clerk", "professional"])
def test_nobody_else_enters_the_desk(client: FlaskClient, app: Flask, cast: Cast, name: str) -> None:
    supports = english(app)
    address = look_up(supports, enter(supports, cast, "support"), cast, "professional")
    actor = enter(client, cast, name)
    assert client.get("/support/").status_code == 403
    assert client.get(address).status_code == 403
    assert send(client, f"{address}/reset", actor, checks=CHECKS, reason="x").status_code == 403
    assert send(client, f"{address}/unlock", actor, checks=CHECKS, reason="x").status_code == 403
    assert send(client, "/support/", actor, document_type="111", number=cast.accounts["professional"].number).status_code == 403


def test_a_visitor_is_led_to_the_login_of_the_desk(client: FlaskClient) -> None:
    assert client.get("/support/").headers["Location"] == "/support/login?next=/support/"
    assert "User type" not in client.get("/support/login").text


def test_a_name_is_corrected_everywhere_it_stands_and_found_by_the_new_one(
    client: FlaskClient, desk: Actor, cast: Cast, app: Flask
) -> None:
    address = look_up(client, desk, cast, "unit_clerk")
    assert send(client, f"{address}/name", desk, name="李明", reason="户口簿").status_code == 400
    ticked = {"checks": ["name", "organisation"]}
    assert "Nothing differs" in send(client, f"{address}/name", desk, name="人员-unit_clerk", reason="x", **ticked).text
    assert send(client, f"{address}/name", desk, name="李明", reason="户口簿更正", **ticked).status_code == 303
    page = client.get(address).text
    assert "Account of 李明" in page
    assert "户口簿更正" in page
    assert "Name corrected" in page
    address = look_up(client, desk, cast, "professional")
    done = send(client, f"{address}/name", desk, name="王小明", reason="改名", checks=CHECKS)
    assert done.status_code == 303
    assert client.get(address).text.count("Name corrected") == 1
    with app.app_context(), system_session() as session:
        assert session.get_one(Post, cast.posts["unit_clerk"].id).name == "李明"
        person = session.get_one(Professional, cast.people["professional"].id)
        assert person.name == "王小明"
        tokens = set(session.scalars(select(NameToken.token).where(NameToken.person_id == person.id)))
    assert tokens == set(name_tokens("王小明"))


def test_everything_that_is_recorded_of_an_account_or_a_profile_has_a_word() -> None:
    actions = set()
    for path in (ROOT / "models").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "history.record":
                kind, action = call.args[2], call.args[4]
                if getattr(kind, "value", "") in {"account", "professional"} and isinstance(action, ast.Constant):
                    actions.add(action.value)
    actions |= {f"set_{section}" for section in SECTION_WORDS} | {"exempt", "end_exemption", "merge_people", "part_people"}
    assert "import_update" in actions
    assert actions - ACTION_WORDS.keys() == set()
