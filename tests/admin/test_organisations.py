"""The organisations below and 新增 with the first administrator: new account or an offer to an existing one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from models.history import HistoryEntry
from models.org.tables import Organisation
from models.people.tables import Account, Post, PostState
from tests.admin.conftest import Desk, names_in
from tests.cast import Cast, made_up_number

pytestmark = pytest.mark.usefixtures("lists")
CODE = "91371102MA3T0X9Y4U"
TABS = {
    "city_officer": [
        "Competent department management",
        "Employer management",
        "HR department management",
        "Training base management",
    ],
    "department_clerk": ["Competent department management", "Employer management", "Training base management"],
}


@pytest.fixture
def asked(cast: Cast) -> dict[str, Any]:
    """A new employer below the cast's department, with an administrator who has no account."""
    return {
        "kind": "employer",
        "name": "海州市第九中学",
        "code": CODE,
        "parent_id": cast.organisations["department"].id,
        "region_code": "371100",
        "nature": "20",
        "unit_level": "3",
        "industry": "I",
        "phone": "0633-1234567",
        "address": "海州路 1 号",
        "administrator_document_type": "111",
        "administrator_number": made_up_number(300),
        "administrator_name": "单小明",
        "administrator_phone": "13800000300",
        "administrator_email": "",
    }


def counts(look: Any) -> tuple[int, ...]:
    with look() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(t)) or 0 for t in (Organisation, Account, Post, HistoryEntry)
        )


def created(look: Any) -> tuple[Organisation, Post, Account]:
    with look() as session:
        organisation = session.scalars(select(Organisation).order_by(Organisation.id.desc()).limit(1)).one()
        post = session.scalars(select(Post).where(Post.organisation_id == organisation.id)).one()
        return organisation, post, session.get_one(Account, post.account_id)


# --- the lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABS)
def test_there_is_a_tab_for_each_kind_that_may_stand_below(desk: Callable[..., Desk], name: str) -> None:
    page = desk(name).get("organisations/").text
    nav = page.split('<nav class="tabs"')[1].split("</nav>")[0]
    assert re.findall(r"<a [^>]*>([^<]+?)</a>", nav) == TABS[name]


@pytest.mark.parametrize(
    ("name", "tab", "expected"),
    [
        ("county_officer", "employer", ["unit", "branch", "sibling_unit"]),
        ("county_officer", "competent_department", ["department"]),
        ("city_officer", "hr_department", ["county", "other_county"]),
        ("department_clerk", "employer", ["unit", "branch", "sibling_unit"]),
        ("department_clerk", "competent_department", []),
    ],
)
def test_each_position_sees_what_lies_below(desk: Callable[..., Desk], name: str, tab: str, expected: list[str]) -> None:
    assert names_in(desk(name).get(f"organisations/?tab={tab}")) == [f"单位-{n}" for n in expected]


def test_inner_accounts_have_no_such_screen_and_employers_add_nothing(desk: Callable[..., Desk]) -> None:
    inner, clerk = desk("inner_officer"), desk("unit_clerk")
    for address in ("organisations/", "organisations/new/", "organisations/details/?id=6"):
        assert inner.get(address).status_code == 403
    assert names_in(clerk.get("organisations/")) == ["单位-branch"]
    assert clerk.get("organisations/new/").status_code == 403


# --- organisations below: administrators, rights, disabled ------------------------------------------------------------


def test_the_administrators_of_an_organisation_below_are_shown_and_one_is_removed(
    desk: Callable[..., Desk], look: Any, cast: Cast
) -> None:
    clerk, branch, post = desk("unit_clerk"), cast.organisations["branch"], cast.posts["branch_clerk"]
    below = desk("branch_clerk")
    page = clerk.get(f"organisations/administrators/?id={branch.id}&tab=employer").text
    assert "人员-branch_clerk" in page
    assert "Remove the right" in page
    asked = {"id": branch.id, "post": post.id}
    assert "give a reason" in clerk.post("organisations/revoke/", **asked).text
    assert clerk.post("organisations/revoke/", reason="离职", **asked).status_code == 303
    assert below.get("people/").status_code == 303, "the login in this position has ended"
    with look() as session:
        assert session.get_one(Post, post.id).state == "ended"
    assert "has no administrator" in clerk.get(f"organisations/details/?id={branch.id}&tab=employer").text


def test_where_no_super_administrator_is_left_the_superior_appoints_one(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    clerk, branch = desk("unit_clerk"), cast.organisations["branch"]
    typed = {"administrator_document_type": "111", "administrator_number": made_up_number(310), "administrator_name": "新主管"}
    address = f"organisations/appoint/?id={branch.id}&tab=employer"
    assert "has a super administrator already" in clerk.post(address, **typed).text
    clerk.post("organisations/revoke/", id=branch.id, post=cast.posts["branch_clerk"].id, reason="离职")
    assert "Please enter the name" in clerk.post(address, **{**typed, "administrator_name": ""}).text
    page = clerk.post(address, once="k", **typed).text
    assert re.search(r"<code>\S+</code>", page)
    with look() as session:
        held = session.scalars(select(Post).where(Post.organisation_id == branch.id, Post.state == "active")).one()
        assert (held.name, held.is_super) == ("新主管", True)
    assert clerk.post(address, once="k", **typed).status_code == 303


@pytest.mark.parametrize("who", ["unit_clerk", "sibling_clerk", "other_county_officer", "branch_clerk"])
def test_nobody_beside_or_below_removes_or_appoints(desk: Callable[..., Desk], look: Any, cast: Cast, who: str) -> None:
    clerk, unit = desk(who), cast.organisations["unit"]
    asked = {"id": unit.id, "post": cast.posts["unit_clerk"].id, "reason": "x"}
    assert clerk.post("organisations/revoke/?tab=employer", **asked).status_code == 404
    assert clerk.post(f"organisations/appoint/?tab=employer&id={unit.id}", administrator_name="x").status_code == 404
    clerk.post("organisations/action/run?tab=employer", action="disable", ids=unit.id, reason="x", list="tab=employer")
    clerk.post("organisations/action/run?tab=employer", action="close_right", ids=unit.id, list="tab=employer")
    with look() as session:
        found = session.get_one(Organisation, unit.id)
        assert (found.state, found.can_review_hours) == ("active", True)
        assert session.get_one(Post, cast.posts["unit_clerk"].id).state == "active"


def test_a_disabled_organisation_cannot_be_logged_in_to(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    officer, clerk, unit = desk("county_officer"), desk("unit_clerk"), cast.organisations["unit"]
    officer.post("organisations/action/run", action="disable", ids=unit.id, reason="撤并", list="tab=employer")
    assert clerk.get("people/").status_code == 303
    officer.post("organisations/action/run", action="enable", ids=unit.id, list="tab=employer")
    with look() as session:
        assert session.get_one(Organisation, unit.id).state == "active"


def test_the_right_to_review_is_closed_and_opened_again(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    officer, unit = desk("department_clerk"), cast.organisations["unit"]
    page = officer.get("organisations/?tab=employer").text
    assert "Close the right to review" in page
    officer.post("organisations/action/run", action="close_right", ids=unit.id, list="tab=employer")
    assert "Open the right to review" in officer.get("organisations/?tab=employer").text
    with look() as session:
        assert not session.get_one(Organisation, unit.id).can_review_hours


def test_filters_by_name_code_and_superior(desk: Callable[..., Desk], cast: Cast) -> None:
    officer = desk("city_officer")
    assert names_in(officer.search("organisations", tab="employer", f_name="bran")) == ["单位-branch"]
    code = cast.organisations["cousin_unit"].code
    assert names_in(officer.search("organisations", tab="employer", f_code=code.lower())) == ["单位-cousin_unit"]
    above = cast.organisations["unit"].id
    assert names_in(officer.search("organisations", tab="employer", f_above=above)) == ["单位-branch"]
    assert names_in(officer.search("organisations", tab="employer", f_name="%")) == []


def test_the_details_name_superior_and_administrators(desk: Callable[..., Desk], cast: Cast) -> None:
    page = desk("county_officer").get(f"organisations/details/?id={cast.organisations['unit'].id}").text
    for words in ("单位-unit", "单位-department", "人员-unit_clerk", "Super administrator"):
        assert words in page
    assert cast.accounts["unit_clerk"].number not in page
    assert desk("county_officer").get(f"organisations/details/?id={cast.organisations['cousin_unit'].id}").status_code == 404


# --- 新增 -------------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_new_organisation_is_active_and_its_administrator_logs_in_once(
    desk: Callable[..., Desk], asked: dict[str, Any], look: Any, cast: Cast, app: Flask
) -> None:
    officer = desk("county_officer")
    answer = officer.post("organisations/new/", **asked)
    (shown,) = re.findall(r"<code>(\w{10})</code>", answer.text)
    organisation, post, account = created(look)
    assert (organisation.state, organisation.path) == ("active", f"{cast.organisations['department'].path}{organisation.id}/")
    assert (post.state, post.is_super, post.path, account.must_change) == (PostState.ACTIVE, True, organisation.path, True)
    with look() as session:
        told = session.execute(
            select(HistoryEntry.action, HistoryEntry.actor_name).where(HistoryEntry.subject_kind == "organisation")
        )
        assert set(told) == {("create", "人员-county_officer"), ("appoint", "人员-county_officer")}
    data = {"document_type": "111", "number": asked["administrator_number"], "password": shown, "kind": "employer"}
    assert [app.test_client().post("/login", data=data).status_code for _ in range(2)] == [303, 200]
    assert "海州市第九中学" in desk("department_clerk").get("organisations/?tab=employer").text
    assert shown not in desk("county_officer").get(f"organisations/details/?id={organisation.id}").text


def test_an_existing_account_is_offered_the_post(desk: Callable[..., Desk], asked: dict[str, Any], look: Any, cast: Cast) -> None:
    number, name = cast.accounts["foreigner"].number, "人员-foreigner"
    asked |= {"administrator_is_existing": "y", "administrator_number": number, "administrator_name": name}
    answer = desk("county_officer").post("organisations/new/", **asked)
    assert "<code>" not in answer.text
    assert "confirms it at the next login" in answer.text
    _, post, account = created(look)
    assert (post.state, account.id, account.must_change) == (PostState.OFFERED, cast.accounts["foreigner"].id, False)


@pytest.mark.parametrize(("number", "name"), [("known", "别人"), ("unknown", "人员-foreigner")])
def test_the_form_tells_nothing_about_who_has_an_account(
    desk: Callable[..., Desk], asked: dict[str, Any], look: Any, cast: Cast, number: str, name: str
) -> None:
    typed = cast.accounts["foreigner"].number if number == "known" else made_up_number(400)
    before = counts(look)
    answer = desk("county_officer").post(
        "organisations/new/",
        **asked | {"administrator_is_existing": "y", "administrator_number": typed, "administrator_name": name},
    )
    assert "No account has this document type, number and name." in answer.text
    assert counts(look) == before


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": " "}, "name", "Please enter the unit name."),
        ({"code": "91371102MA3T0X9Y40"}, "code", "The last character does not fit"),
        ({"region_code": "000000"}, "region_code", "This region is not in the list."),
        ({"administrator_number": "371102198001019999"}, "administrator_number", ""),
        ({"administrator_name": ""}, "administrator_name", "Please enter the name."),
        ({"kind": "hr_department"}, "parent_id", "cannot stand below the chosen superior"),
        ({"administrator_document_type": "zzz"}, "administrator_number", "Choose the type"),
    ],
)
def test_each_wrong_value_is_told_at_its_field_and_nothing_is_written(
    desk: Callable[..., Desk], asked: dict[str, Any], look: Any, changed: dict[str, str], field: str, sentence: str
) -> None:
    before = counts(look)
    answer = desk("county_officer").post("organisations/new/", **asked | changed)
    assert answer.status_code == 200
    assert f'id="{field}-error"' in answer.text
    assert sentence in answer.text
    assert counts(look) == before


def test_a_code_in_use_elsewhere_is_told_in_one_sentence(
    desk: Callable[..., Desk], asked: dict[str, Any], look: Any, cast: Cast
) -> None:
    before = counts(look)
    answer = desk("county_officer").post("organisations/new/", **asked | {"code": cast.organisations["foreign_unit"].code})
    assert "单位-foreign_unit" not in answer.text
    assert counts(look) == before
    desk("county_officer").post("organisations/new/", **asked)
    again = desk("county_officer").post("organisations/new/", **asked | {"administrator_number": made_up_number(301)})
    assert "This code is already in use." in again.text


def test_a_registered_number_is_told_in_the_sentence_for_it(
    desk: Callable[..., Desk], asked: dict[str, Any], look: Any, cast: Cast
) -> None:
    before = counts(look)
    answer = desk("county_officer").post(
        "organisations/new/", **asked | {"administrator_number": cast.accounts["foreigner"].number}
    )
    assert "This number is registered; please tick" in answer.text
    assert "人员-foreigner" not in answer.text
    assert counts(look) == before


@pytest.mark.parametrize("parent", ["city", "cousin_unit", "foreign_city", 999_999, "", "x"])
def test_a_superior_outside_the_subtree_is_refused(
    desk: Callable[..., Desk], asked: dict[str, Any], look: Any, cast: Cast, parent: Any
) -> None:
    before = counts(look)
    organisation = cast.organisations.get(str(parent))
    answer = desk("county_officer").post(
        "organisations/new/", **asked | {"parent_id": organisation.id if organisation else parent}
    )
    assert "It does not exist, or is not within your jurisdiction." in answer.text
    assert counts(look) == before


def test_undeclared_fields_are_not_taken(desk: Callable[..., Desk], asked: dict[str, Any], look: Any) -> None:
    desk("county_officer").post(
        "organisations/new/", **asked, state="pending", path="/9/", id="77", can_review_hours="0", is_inner="1"
    )
    organisation, post, _ = created(look)
    assert (organisation.state, organisation.can_review_hours, post.is_inner) == ("active", True, False)
    assert organisation.path.endswith(f"/{organisation.id}/")


def test_the_holder_of_a_role_without_the_permission_creates_nothing(
    desk: Callable[..., Desk], asked: dict[str, Any], look: Any
) -> None:
    before = counts(look)
    for name in ("unit_clerk", "inner_officer"):
        assert desk(name).post("organisations/new/", **asked).status_code == 403
    assert counts(look) == before


# --- choices --------------------------------------------------------------------------------------------------------


def texts(answer: Any) -> list[str]:
    return [item["text"] for item in answer.json["items"]]


def test_superiors_are_those_of_the_subtree_that_may_stand_above(desk: Callable[..., Desk]) -> None:
    officer = desk("county_officer")
    assert texts(officer.get("choices/organisations?use=superior&kind=training_base&q=")) == ["单位-county", "单位-department"]
    assert texts(officer.get("choices/organisations?use=superior&kind=employer&q=unit")) == ["单位-unit", "单位-sibling_unit"]
    assert officer.get("choices/organisations?kind=nothing").status_code == 404
    assert texts(desk("unit_clerk").get("choices/organisations?q=单位")) == ["单位-unit", "单位-branch"]


def test_choices_never_give_more_than_twenty(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    with look() as session:
        for n in range(100, 140):
            session.add(
                Organisation(
                    id=n,
                    parent_id=cast.organisations["unit"].id,
                    path=f"{cast.organisations['unit'].path}{n}/",
                    kind="employer",
                    state="active",
                    name=f"多-{n}",
                    code=f"M{n:013d}",
                    code_kind="temporary_code",
                    region_code="371100",
                )
            )
        session.commit()
    assert len(texts(desk("unit_clerk").get("choices/organisations?q=多&limit=1000"))) == 20


def test_regions_and_codes_are_searched_by_name_and_code(desk: Callable[..., Desk]) -> None:
    officer = desk("county_officer")
    assert texts(officer.get("choices/regions?q=测试")) == ["测试市"]
    assert texts(officer.get("choices/regions?q=3711")) == ["测试市"]
    assert texts(officer.get("choices/codes?list=industry&q=软件")) == ["信息传输、软件和信息技术服务业/en"]
    assert officer.get("choices/codes?list=accounts&q=").status_code == 404
    assert texts(officer.get("choices/regions?q=%25")) == []
