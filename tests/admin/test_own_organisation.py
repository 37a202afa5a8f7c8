"""S059, S060, S062, S077, S089, S103, S117: the data of the own unit, and its name and code by review."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.org.codes import mod31
from models.org.settings import SettingKey, set_setting
from models.org.tables import Organisation, OrganisationChange
from models.people.tables import Post, Professional
from models.reviews.tables import Review, ReviewKind
from tests.admin.conftest import Desk, names_in
from tests.cast import Cast

BODY = "12371102MB2864188"
CODE = BODY + mod31(BODY)
DATA = {"nature": "20", "unit_level": "3", "industry": "I", "phone": "0633-8123456", "address": "海州路 1 号"}


@pytest.fixture
def clerk(desk: Callable[..., Desk], lists: None) -> Desk:
    return desk("unit_clerk")


def unit(look: Any, cast: Cast, name: str = "unit") -> Organisation:
    with look() as session:
        return session.get_one(Organisation, cast.organisations[name].id)


def ask(clerk: Desk, name: str = "新名称中学", code: str = CODE) -> Any:
    return clerk.post("own-organisation/change", name=name, code=code)


def review_id(look: Any) -> int:
    with look() as session:
        wanted = select(Review.id).where(Review.kind == ReviewKind.ORGANISATION_CHANGE).order_by(Review.id.desc())
        return session.scalars(wanted).first() or 0


def decide(officer: Desk, look: Any, action: str) -> Any:
    return officer.post(
        "organisation-changes/action/run", action=action, ids=review_id(look), reason="与证书不符", list="tab=pending"
    )


def test_nature_phone_and_address_are_saved_at_once_and_stand_in_the_log(clerk: Desk, look: Any, cast: Cast) -> None:
    assert clerk.post("own-organisation/", **DATA).status_code == 303
    now = unit(look, cast)
    assert (now.nature, now.phone, now.address) == ("20", "0633-8123456", "海州路 1 号")
    log = clerk.get("own-organisation/log").text
    assert "海州路 1 号" in log
    assert "Saved at once" in log


@pytest.mark.parametrize("changed", [{"nature": "99"}, {"phone": "1"}, {"address": ""}, {"industry": ""}, {"address": "x" * 301}])
def test_a_wrong_value_saves_nothing(clerk: Desk, look: Any, cast: Cast, changed: dict[str, str]) -> None:
    before = unit(look, cast)
    assert clerk.post("own-organisation/", **{**DATA, **changed}).status_code == 200
    now = unit(look, cast)
    assert (now.nature, now.phone, now.address) == (before.nature, before.phone, before.address)


def test_the_superior_is_named_though_it_stands_beyond_the_scope(clerk: Desk, cast: Cast) -> None:
    assert cast.organisations["department"].name in clerk.get("own-organisation/").text


def test_forged_fields_change_nothing(clerk: Desk, look: Any, cast: Cast) -> None:
    clerk.post("own-organisation/", **DATA, name="别人", code=CODE, path="/1/", state="disabled", can_review_hours="0", id="1")
    now = unit(look, cast)
    assert (now.name, now.state, now.path) == (cast.organisations["unit"].name, "active", cast.organisations["unit"].path)


def test_a_new_name_waits_for_the_superior_and_reaches_the_people(
    clerk: Desk, desk: Callable[..., Desk], look: Any, cast: Cast
) -> None:
    above = desk("department_clerk")
    assert ask(clerk).status_code == 303
    assert unit(look, cast).name == "单位-unit"
    assert "waits for the review" in clerk.get("own-organisation/change").text
    assert names_in(above.get("organisation-changes/")) == ["单位-unit"]
    page = above.get(f"organisation-changes/details/?id={review_id(look)}").text
    assert "新名称中学" in page
    assert CODE in page
    decide(above, look, "approve")
    assert (unit(look, cast).name, unit(look, cast).code) == ("新名称中学", CODE)
    with look() as session:
        person = session.get_one(Professional, cast.people["professional"].id)
        assert person.organisation_name == "新名称中学"
    assert "Approved" in clerk.get("own-organisation/log").text


def test_a_rejected_change_leaves_all_as_it_was(clerk: Desk, desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    ask(clerk)
    decide(desk("department_clerk"), look, "reject")
    assert unit(look, cast).name == "单位-unit"
    assert "Rejected" in clerk.get("own-organisation/log").text
    assert ask(clerk).status_code == 303, "and may be asked for again"


def test_withdrawn_it_leaves_the_superiors_list(clerk: Desk, desk: Callable[..., Desk], look: Any) -> None:
    ask(clerk)
    assert clerk.post("own-organisation/withdraw").status_code == 303
    above = desk("department_clerk")
    assert names_in(above.get("organisation-changes/")) == []
    assert names_in(above.get("organisation-changes/?tab=reviewed")) == []
    decide(above, look, "approve")
    with look() as session:
        assert [c.state for c in session.scalars(select(OrganisationChange))] == ["withdrawn"]
    assert clerk.post("own-organisation/withdraw").status_code == 303, "a second click is told, not failed"


def test_effective_at_once_holds_now_and_is_put_back_by_a_rejection(
    clerk: Desk, desk: Callable[..., Desk], look: Any, cast: Cast, acting_as: Any
) -> None:
    county = cast.actors["county_officer"]
    with acting_as(county) as session:
        organisation = session.get_one(Organisation, cast.organisations["county"].id)
        set_setting(session, county, organisation, SettingKey.ORG_CHANGE, "effective_at_once")
    ask(clerk)
    assert unit(look, cast).name == "新名称中学"
    decide(desk("department_clerk"), look, "reject")
    assert (unit(look, cast).name, unit(look, cast).code) == ("单位-unit", cast.organisations["unit"].code)


def test_nothing_is_asked_while_something_waits(clerk: Desk, look: Any, declare: Callable[..., int]) -> None:
    declare("professional")
    page = clerk.get("own-organisation/change").text
    assert re.search(r'<a href="/admin/hours/[^"]*">Declarations of hours: 1</a>', page)
    assert "1 matters of the unit or its people are pending" in ask(clerk).text
    with look() as session:
        assert session.scalars(select(OrganisationChange)).all() == []


def test_only_one_change_waits_and_a_code_in_use_is_told(clerk: Desk, look: Any, cast: Cast) -> None:
    assert "Nothing differs" in ask(clerk, "单位-unit", cast.organisations["unit"].code).text
    assert "does not fit" in ask(clerk, "单位-unit", CODE[:-1] + ("0" if CODE[-1] != "0" else "1")).text
    ask(clerk)
    assert "waits for its review already" in ask(clerk, "另一个").text


def test_a_root_is_sent_to_support(desk: Callable[..., Desk], lists: None) -> None:
    assert "changed by support" in ask(desk("city_officer")).text


@pytest.mark.parametrize("name", ["county_officer", "sibling_clerk", "unit_clerk", "other_county_officer"])
def test_nobody_but_the_superior_decides(clerk: Desk, desk: Callable[..., Desk], look: Any, cast: Cast, name: str) -> None:
    ask(clerk)
    decide(desk(name), look, "approve")
    assert unit(look, cast).name == "单位-unit"


def test_the_officers_own_contact_is_saved(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    officer = desk("inner_officer")
    assert "A mobile number" in officer.post("own-account/", phone="1", email="a@example.com").text
    assert officer.post("own-account/", phone="13800000001", email="a@example.com", landline="").status_code == 303
    with look() as session:
        post = session.get_one(Post, cast.posts["inner_officer"].id)
        assert (post.phone, post.email) == ("13800000001", "a@example.com")
    assert officer.get("own-organisation/").status_code == 403
