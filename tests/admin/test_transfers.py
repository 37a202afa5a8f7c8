"""S021, S061, S073 to S076: people and units on their way, as their browsers show it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models.org.settings import SettingKey, set_setting
from models.org.tables import MoveState, Organisation, SuperiorChange
from models.people.tables import Professional
from models.people.transfers import Transfer
from tests.admin.conftest import Desk, names_in
from tests.cast import PASSWORD, Cast

Look = Callable[[], Any]
PHONE = "0599-7654321"


@pytest.fixture
def person(app: Flask, cast: Cast) -> Callable[..., FlaskClient]:
    """Log a professional of the cast in."""

    def log_in(name: str = "professional") -> FlaskClient:
        client = app.test_client()
        client.set_cookie("lang", "en")
        data = {"document_type": "111", "number": cast.accounts[name].number, "password": PASSWORD, "kind": "professional"}
        assert client.post("/login", data=data).status_code == 303
        return client

    return log_in


def ask(client: FlaskClient, cast: Cast, target: str = "cousin_unit", **more: str) -> str:
    data = {
        "position": cast.professional.position_key,
        "phone": "13800000001",
        "email": "new@example.com",
        "landline": "",
        "contact_phone": PHONE,
        "to_organisation_id": str(cast.organisations[target].id),
        **more,
    }
    return client.post("/portal/profile/transfer", data=data, follow_redirects=True).text


def waiting(answer_text: str) -> str:
    found = re.search(r"/details/\?[^\"]*?id=(\d+)", answer_text)
    assert found
    return found[1]


def test_a_person_asks_and_the_receiving_unit_confirms(
    desk: Callable[..., Desk], person: Callable[..., FlaskClient], cast: Cast, lists: None, look: Look
) -> None:
    own = person()
    assert "The transfer was submitted" in ask(own, cast)
    assert "Until then nothing else can be submitted" in own.get("/portal/profile/transfer").text
    clerk = desk("cousin_clerk")
    page = clerk.get("transfers-in/")
    assert names_in(page) == ["人员-professional"]
    row = waiting(page.text)
    assert "Handle the transfer" in page.text
    details = clerk.get(f"transfers-in/details/?id={row}").text
    assert PHONE in details
    assert "Confirm the transfer and next" in details
    clerk.post("transfers-in/decide", id=row, step="pass", url="/admin/transfers-in/")
    with look() as session:
        moved = session.get_one(Professional, cast.people["professional"].id)
        assert (moved.organisation_name, moved.phone) == ("单位-cousin_unit", "13800000001")
    assert names_in(desk("unit_clerk").get("transfer-log/?tab=out")) == ["人员-professional"]
    assert names_in(clerk.get("transfer-log/?tab=in")) == ["人员-professional"]
    assert "人员-professional belongs to 单位-cousin_unit now" in own.get("/portal/").text
    assert names_in(clerk.get("transfers-in/?tab=reviewed")) == ["人员-professional"]


def test_the_exact_name_of_a_unit_serves_without_script(person: Callable[..., FlaskClient], cast: Cast, look: Look) -> None:
    assert "The transfer was submitted" in ask(person(), cast, to_organisation_id="单位-cousin_unit")
    with look() as session:
        assert session.scalars(select(Transfer.to_organisation_id)).all() == [cast.organisations["cousin_unit"].id]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"to_organisation_id": ""}, "Please choose the receiving unit."),
        ({"to_organisation_id": "9999999"}, "Please choose the receiving unit."),
        ({"to_organisation_id": "unit"}, "The person belongs to this unit already."),
        ({"contact_phone": "x"}, "landline"),
        ({"phone": "12"}, "mobile"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    person: Callable[..., FlaskClient], cast: Cast, look: Look, given: dict[str, str], sentence: str
) -> None:
    if given.get("to_organisation_id") == "unit":
        given = {"to_organisation_id": str(cast.organisations["unit"].id)}
    answer = ask(person(), cast, **given)
    assert "Please correct the marked fields." in answer
    assert sentence.lower() in answer.lower()
    with look() as session:
        assert session.scalars(select(Transfer)).all() == []
        assert session.get_one(Professional, cast.people["professional"].id).email != "new@example.com"


def test_an_officer_chooses_the_person_and_the_unit(desk: Callable[..., Desk], cast: Cast, lists: None, look: Look) -> None:
    clerk = desk("unit_clerk")
    own = {"人员-professional", "人员-colleague", "人员-branch_worker"}
    assert {item["text"] for item in clerk.get("choices/transferable?q=人员").json["items"]} == own
    number = cast.accounts["professional"].number
    found = clerk.get(f"choices/transferable?q={number}").json["items"]
    assert [item["text"] for item in found] == ["人员-professional"]
    person_id = found[0]["id"]
    assert "Please choose the person first." in clerk.get("transfer-out/?id=").text
    page = clerk.get(f"transfer-out/?id={person_id}").text
    assert "Information of the releasing unit" in page
    target = str(cast.organisations["cousin_unit"].id)
    for n in range(2):  # the second press of the button finds the first one's work
        answer = clerk.post("transfer-out/", id=person_id, contact_phone=PHONE, to_organisation_id=target)
        assert answer.status_code == (303 if n == 0 else 200)
    assert "A transfer of this person waits already." in answer.text
    log = clerk.get("transfer-log/?tab=out")
    assert "Withdraw" in log.text
    clerk.post("transfer-log/action/run", action="withdraw", ids=waiting(log.text), list="tab=out")
    with look() as session:
        assert session.scalars(select(Transfer.state)).all() == [MoveState.WITHDRAWN]


def test_nobody_lets_the_people_of_others_go(desk: Callable[..., Desk], cast: Cast, lists: None, look: Look) -> None:
    clerk = desk("sibling_clerk")
    person_id = str(cast.people["professional"].id)
    assert clerk.get(f"transfer-out/?id={person_id}").status_code == 404
    target = str(cast.organisations["sibling_unit"].id)
    answer = clerk.post("transfer-out/", id=person_id, contact_phone=PHONE, to_organisation_id=target)
    assert answer.status_code == 404
    found = clerk.get("choices/transferable?q=人员").json["items"]
    assert {item["text"] for item in found} == {"人员-neighbour"}
    with look() as session:
        assert session.scalars(select(Transfer)).all() == []


def test_where_it_is_set_the_hr_department_releases_first(
    desk: Callable[..., Desk],
    person: Callable[..., FlaskClient],
    cast: Cast,
    acting_as: Callable[..., Any],
    look: Look,
    lists: None,
) -> None:
    county = cast.actors["county_officer"]
    with acting_as(county) as session:
        set_setting(session, county, session.get_one(Organisation, county.organisation_id), SettingKey.TRANSFER_OUT_REVIEW, "on")
    ask(person(), cast)
    assert names_in(desk("cousin_clerk").get("transfers-in/")) == []
    officer = desk("county_officer")
    row = waiting(officer.get("transfers-out/").text)
    officer.post("transfers-out/decide", id=row, step="reject", reason="服务期未满", url="/admin/transfers-out/")
    with look() as session:
        assert session.scalars(select(Transfer.state)).all() == [MoveState.REFUSED_OUT]
    assert "服务期未满" in person().get("/portal/profile/transfer").text


def test_an_officer_is_told_who_decides_first(
    desk: Callable[..., Desk], cast: Cast, acting_as: Callable[..., Any], lists: None
) -> None:
    county, clerk = cast.actors["county_officer"], desk("unit_clerk")
    with acting_as(county) as session:
        set_setting(session, county, session.get_one(Organisation, county.organisation_id), SettingKey.TRANSFER_OUT_REVIEW, "on")
    typed = {"contact_phone": PHONE, "to_organisation_id": str(cast.organisations["cousin_unit"].id)}
    answer = clerk.post("transfer-out/", id=cast.people["professional"].id, **typed)
    assert "the HR department releases it first" in clerk.follow(answer).text


def test_what_was_withdrawn_has_no_place_among_what_waits(
    desk: Callable[..., Desk], person: Callable[..., FlaskClient], cast: Cast, lists: None
) -> None:
    first, clerk = person(), desk("cousin_clerk")
    ask(first, cast)
    row = waiting(clerk.get("transfers-in/").text)
    ask(person("colleague"), cast, position=cast.colleague.position_key)
    assert "<strong>1</strong> / 2" in clerk.get(f"transfers-in/details/?id={row}").text
    first.post("/portal/profile/transfer/withdraw", data={"position": cast.professional.position_key})
    page = clerk.get(f"transfers-in/details/?id={row}").text
    assert "Withdrawn" in page
    assert "</strong> / " not in page


def test_a_person_takes_it_back(person: Callable[..., FlaskClient], cast: Cast, look: Look) -> None:
    own = person()
    ask(own, cast)
    data = {"position": cast.professional.position_key}
    assert "The transfer was withdrawn." in own.post("/portal/profile/transfer/withdraw", data=data, follow_redirects=True).text
    assert "Nothing waits here any more" in own.post("/portal/profile/transfer/withdraw", data=data, follow_redirects=True).text
    with look() as session:
        assert session.scalars(select(Transfer.state)).all() == [MoveState.WITHDRAWN]


# --- 更换上级部门 ------------------------------------------------------------------------------------------------------


def test_a_unit_changes_its_superior_and_both_superiors_decide(desk: Callable[..., Desk], cast: Cast, look: Look) -> None:
    clerk = desk("unit_clerk")
    target = cast.organisations["other_county"]
    found = clerk.client.get("/register/units?above=employer&q=other").json["items"]
    assert [item["id"] for item in found] == [str(target.id)]
    answer = clerk.follow(clerk.post("own-organisation/superior", to_organisation_id=str(target.id)))
    assert "This change waits" in answer.text
    for officer in ("department_clerk", "other_county_officer"):
        desk_of = desk(officer)
        row = waiting(desk_of.get("superior-changes/").text)
        desk_of.post("superior-changes/decide", id=row, step="pass", url="/admin/superior-changes/")
    with look() as session:
        assert session.get_one(Organisation, cast.organisations["unit"].id).parent_id == target.id
    assert "Your unit stands below 单位-other_county now." in clerk.get("").text
    assert "Unread" not in clerk.follow(clerk.post("notices")).text
    assert "单位-other_county" in clerk.get("own-organisation/superior").text
    assert names_in(desk("department_clerk").get("superior-changes/?tab=reviewed")) == ["单位-unit"]


def test_a_waiting_change_of_superior_is_withdrawn_and_leaves_the_list(desk: Callable[..., Desk], cast: Cast, look: Look) -> None:
    clerk, target = desk("unit_clerk"), str(cast.organisations["other_county"].id)
    clerk.post("own-organisation/superior", to_organisation_id=target)
    assert "A change waits" in clerk.post("own-organisation/superior", to_organisation_id=target).text
    clerk.post("own-organisation/superior/withdraw")
    assert names_in(desk("department_clerk").get("superior-changes/")) == []
    with look() as session:
        assert session.scalars(select(SuperiorChange.state)).all() == [MoveState.WITHDRAWN]


def test_what_is_pending_is_listed_before_a_change_of_superior(
    desk: Callable[..., Desk], declare: Callable[..., int], cast: Cast
) -> None:
    declare("professional")
    clerk = desk("unit_clerk")
    assert "Declarations of hours: 1" in clerk.get("own-organisation/superior").text
    target = str(cast.organisations["other_county"].id)
    answer = clerk.post("own-organisation/superior", to_organisation_id=target)
    assert "1 matters of the unit or its people are pending" in answer.text
