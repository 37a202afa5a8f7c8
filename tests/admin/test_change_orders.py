"""Change orders by HR departments and by support, as their browsers show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from models.org.codes import temporary_code
from models.org.tables import ChangeOrder, Department, Organisation, OrganisationState
from models.people.tables import Professional, ProfessionalState
from models.transaction import unit_of_work
from tests.admin.conftest import Desk, names_in
from tests.cast import PASSWORD, Cast

Look = Callable[[], Any]


def order(cast: Cast, kind: str, subject: str, target: str = "", **more: str) -> dict[str, str]:
    target_id = str(cast.organisations[target].id) if target else ""
    subject_id = str(cast.organisations[subject].id)
    return {"kind": kind, "subject_id": subject_id, "target_id": target_id, "name": "", "reason": "机构改革", **more}


def test_the_figures_come_first_then_the_order_then_the_way_back(desk: Callable[..., Desk], cast: Cast, look: Look) -> None:
    officer, unit = desk("city_officer"), cast.organisations["unit"]
    asked = order(cast, "move", "unit", "other_county")
    page = officer.post("change-orders/order", step="show", **asked).text
    assert "What this order will do" in page
    assert "Units that are concerned: 2" in page
    assert "People who are concerned: 3" in page
    assert "Statistics count these people at the new place" in page
    renamed = officer.post("change-orders/order", step="show", **order(cast, "rename", "unit", name="新的名称")).text
    assert "People who are concerned: 3" in renamed
    assert "Statistics count" not in renamed
    with look() as session:
        assert session.get_one(Organisation, unit.id).path == unit.path
        assert session.scalars(select(ChangeOrder)).all() == []
    page = officer.follow(officer.post("change-orders/order", step="give", **asked))
    assert names_in(page) == ["单位-unit"]
    with look() as session:
        made = session.scalars(select(ChangeOrder)).one()
        assert session.get_one(Organisation, unit.id).parent_id == cast.organisations["other_county"].id
    assert "Units that are concerned: 2" in officer.get(f"change-orders/details/?id={made.id}").text
    officer.post("change-orders/action/run", action="undo", ids=made.id, list="")
    with look() as session:
        assert session.get_one(Organisation, unit.id).path == unit.path
        assert session.get_one(ChangeOrder, made.id).state == "undone"
    again = officer.post("change-orders/action/run", action="undo", ids=made.id, list="")
    assert "This step does not fit" in again.text


def test_a_rejected_registration_is_nobody_who_moves(desk: Callable[..., Desk], cast: Cast, look: Look) -> None:
    officer = desk("city_officer")
    with look() as session, unit_of_work(session):
        session.get_one(Professional, cast.people["colleague"].id).state = ProfessionalState.REJECTED
    page = officer.post("change-orders/order", step="show", **order(cast, "move", "unit", "other_county")).text
    assert "People who are concerned: 2" in page


def test_what_cannot_be_is_said_and_nothing_changes(desk: Callable[..., Desk], cast: Cast, look: Look) -> None:
    officer = desk("county_officer")
    for asked, sentence in (
        (order(cast, "move", "department", "unit"), "must not lie inside"),
        (order(cast, "merge", "unit", "cousin_unit"), "does not exist"),
        (order(cast, "rename", "unit"), "Please enter the unit name."),
        (order(cast, "disable", "unit", reason=" "), "Please give a reason."),
        (order(cast, "rename", "county", name="x"), "given by the one above"),
        (order(cast, "nonsense", "unit"), "does not exist"),
        ({"kind": "move", "subject_id": "x", "target_id": "", "reason": "r"}, "does not exist"),
    ):
        for step in ("show", "give"):
            assert sentence in officer.post("change-orders/order", step=step, **asked).text, asked
    with look() as session:
        assert session.scalars(select(ChangeOrder)).all() == []


def test_only_hr_departments_have_it(desk: Callable[..., Desk]) -> None:
    for name in ("unit_clerk", "department_clerk", "inner_officer"):
        assert desk(name).get("change-orders/").status_code == 403
        assert desk(name).get("change-orders/order").status_code == 403


def test_support_merges_units_of_different_cities_and_undoes_it(app: Flask, cast: Cast, look: Look) -> None:
    client = app.test_client()
    client.set_cookie("lang", "en")
    client.post("/support/login", data={"document_type": "111", "number": cast.accounts["support"].number, "password": PASSWORD})
    key = {"position": cast.support.position_key}
    found = client.get("/support/organisations?q=foreign_unit").json["items"]
    assert [item["text"] for item in found] == ["单位-foreign_unit"]
    asked = order(cast, "merge", "unit", "foreign_unit")
    assert "Posts of administrators that end" not in client.post("/support/orders", data={**key, **asked, "step": "show"}).text
    page = client.post("/support/orders", data={**key, **asked, "step": "give"}, follow_redirects=True).text
    assert "The order was carried out" in page
    with look() as session:
        assert session.get_one(Organisation, cast.organisations["unit"].id).state == OrganisationState.MERGED
        made = session.scalars(select(ChangeOrder.id)).one()
    page = client.post(f"/support/orders/{made}/undo", data=key, follow_redirects=True).text
    assert "The order was undone." in page
    with look() as session:
        assert session.get_one(Organisation, cast.organisations["unit"].id).state == OrganisationState.ACTIVE


def test_a_unit_is_split_with_what_is_ticked(desk: Callable[..., Desk], cast: Cast, look: Look) -> None:
    officer, unit, branch = desk("county_officer"), cast.organisations["unit"], cast.organisations["branch"]
    with look() as session, unit_of_work(session):
        session.add(Department(id=70, organisation_id=unit.id, path=unit.path, place="/70/", name="医务部"))
    asked = order(cast, "split", "unit", name="新单位", code=temporary_code("371100", 7))
    page = officer.post("change-orders/order", step="show", **asked).text
    assert "Choose the departments or the units below" in page
    assert "医务部" in page
    assert branch.name in page
    ticked: dict[str, Any] = {**asked, "departments": ["70"], "units": [str(branch.id)]}
    page = officer.post("change-orders/order", step="show", **ticked).text
    assert "Units that are concerned: 2" in page
    assert "Administrators who no longer see them: 1" in page
    for forged in ({"units": [str(cast.organisations["cousin_unit"].id)]}, {"departments": ["70", "71"]}, {"units": ["x"]}):
        assert "does not exist" in officer.post("change-orders/order", step="give", **{**ticked, **forged}).text
    with look() as session:
        assert session.scalars(select(ChangeOrder)).all() == []
    officer.post("change-orders/order", step="give", **ticked)
    again = officer.post("change-orders/order", step="give", **ticked).text  # pressed twice: nothing of it is there any more
    assert "Choose the departments or the units below" in again
    with look() as session:
        made = session.scalars(select(ChangeOrder)).one()
        assert session.get_one(Organisation, branch.id).parent_id == made.target_id
        assert session.get_one(Department, 70).organisation_id == made.target_id
    officer.post("change-orders/action/run", action="undo", ids=made.id, list="")
    with look() as session:
        assert session.get_one(Organisation, branch.id).path == branch.path
        assert session.get(Organisation, made.target_id) is None
