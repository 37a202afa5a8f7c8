"""S070: the organisation reviews who registered with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from models.history import HistoryEntry
from models.people.tables import Professional
from models.reviews.tables import Decision, Review
from tests.admin.conftest import Desk
from tests.cast import Cast, made_up_number

COLUMNS = ["Name", "ID document number", "Work department", "Title series", "Time of registration", "Operation"]


def review_of(look: Any, person: Professional) -> int:
    with look() as session:
        return int(session.scalars(select(Review.id).where(Review.kind == "registration", Review.subject_id == person.id)).one())


def states_of(look: Any) -> list[str]:
    with look() as session:
        statement = select(Professional.state).where(Professional.name.like("单%") | Professional.name.like("曾%"))
        return [str(s) for s in session.scalars(statement.order_by(Professional.id))]


def run(desk: Desk, action: str, tab: str = "pending", **data: Any) -> str:
    answer = desk.post(
        "registrations/action/run", action=action, list=f"tab={tab}", url=f"/admin/registrations/?tab={tab}", **data
    )
    return desk.follow(answer).text if answer.status_code == 303 else answer.text


@pytest.mark.parametrize(
    ("officer", "organisation"),
    [
        ("unit_clerk", "unit"),
        ("department_clerk", "department"),
        ("county_officer", "county"),
        ("inner_officer", "county"),
    ],
)
def test_each_kind_of_organisation_reviews_its_own(
    desk: Callable[..., Desk], register: Callable[..., Professional], officer: str, organisation: str
) -> None:
    register(1, organisation=organisation)
    register(2, "曾小华", organisation="sibling_unit")
    page = desk(officer).get("registrations/").text
    assert "<h1>Review registered persons</h1>" in page
    assert "单小明" in page
    assert "曾小华" not in page


def test_the_columns_are_those_of_the_screens_list(desk: Callable[..., Desk], register: Callable[..., Professional]) -> None:
    register(1)
    page = desk("unit_clerk").get("registrations/").text
    head = page.split("<thead>")[1].split("</thead>")[0]
    shown = [re.sub("<[^>]+>", "", h).strip() for h in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', head)]
    assert [h for h in shown if h in COLUMNS] == COLUMNS
    assert made_up_number(101) not in page


def test_a_passed_person_is_active_and_the_list_keeps_what_was_seen(
    desk: Callable[..., Desk], register: Callable[..., Professional], look: Any
) -> None:
    person = register(1)
    clerk = desk("unit_clerk")
    assert "Pass: 1 row done." in run(clerk, "approve", row=review_of(look, person))
    assert states_of(look) == ["active"]
    with look() as session:
        session.get_one(Professional, person.id).name = "单大明"
        session.commit()
    page = clerk.get("registrations/?tab=reviewed").text
    assert "单小明" in page
    assert "单大明" not in page


def test_a_rejection_needs_a_reason_and_nothing_changes_without(
    desk: Callable[..., Desk], register: Callable[..., Professional], look: Any
) -> None:
    review_id = review_of(look, register(1))
    clerk = desk("unit_clerk")
    with look() as session:
        before = session.scalar(select(func.count()).select_from(HistoryEntry))
    assert "Please give a reason." in run(clerk, "reject", row=review_id, reason="  ")
    with look() as session:
        assert session.scalar(select(func.count()).select_from(HistoryEntry)) == before
        assert session.scalars(select(Decision)).all() == []
    assert states_of(look) == ["pending"]
    run(clerk, "reject", row=review_id, reason="不是本单位人员")
    assert states_of(look) == ["rejected"]


def test_all_of_the_filter_are_passed_and_the_others_stay(
    desk: Callable[..., Desk], register: Callable[..., Professional], look: Any
) -> None:
    register(1)
    register(2, "曾小华")
    clerk = desk("unit_clerk")
    listed = clerk.search("registrations", f_name="曾")
    assert "单小明" not in listed.text
    query = listed.request.query_string.decode()
    asked = clerk.post("registrations/action/", action="approve", all="1", list=query, url="/admin/registrations/")
    assert "1 of 1 can be passed." in asked.text
    (selection,) = set(re.findall(r'name="sel" value="([^"]+)"', asked.text))
    run(clerk, "approve", sel=selection)
    assert states_of(look) == ["pending", "active"]


@pytest.mark.parametrize("typed", ["单", "shan", "小明", "sxm", "ＳＨＡＮ"])
def test_a_name_is_found_by_characters_and_pinyin(
    desk: Callable[..., Desk], register: Callable[..., Professional], typed: str
) -> None:
    register(1)
    register(2, "曾小华")
    page = desk("unit_clerk").search("registrations", f_name=typed).text
    assert "单小明" in page
    assert "曾小华" not in page


def test_a_rejected_person_is_still_found_among_the_reviewed(
    desk: Callable[..., Desk], register: Callable[..., Professional], look: Any
) -> None:
    review_id = review_of(look, register(1))
    clerk = desk("unit_clerk")
    run(clerk, "reject", row=review_id, reason="不是本单位人员")
    assert "单小明" in clerk.search("registrations", tab="reviewed", f_name="单小").text


def test_the_details_show_what_was_registered_and_offer_the_decision(
    desk: Callable[..., Desk], register: Callable[..., Professional], look: Any
) -> None:
    page = desk("unit_clerk").get(f"registrations/details/?id={review_of(look, register(1))}").text
    for words in ("海州大学", "13800000001", "Pass and next", "Review opinion"):
        assert words in page


@pytest.mark.parametrize("officer", ["sibling_clerk", "branch_clerk", "cousin_clerk", "foreign_officer", "department_clerk"])
def test_nobody_else_decides_by_a_forged_id(
    desk: Callable[..., Desk], register: Callable[..., Professional], look: Any, officer: str
) -> None:
    review_id = review_of(look, register(1))
    stranger = desk(officer)
    run(stranger, "approve", row=review_id)
    run(stranger, "reject", row=review_id, reason="x")
    assert states_of(look) == ["pending"]
    if officer != "department_clerk":
        assert "单小明" not in stranger.get(f"registrations/details/?id={review_id}").text


def test_a_deleted_row_is_brought_back(desk: Callable[..., Desk], register: Callable[..., Professional], look: Any) -> None:
    review_id = review_of(look, register(1))
    clerk = desk("unit_clerk")
    run(clerk, "approve", row=review_id)
    with look() as session:
        decision_id = session.scalars(select(Decision.id)).one()
    run(clerk, "hide", "reviewed", row=decision_id)
    assert "单小明" not in clerk.get("registrations/?tab=reviewed").text
    assert "单小明" in clerk.get("registrations/?tab=reviewed&f_hidden=1").text
    run(clerk, "show", "reviewed", row=decision_id)
    assert "单小明" in clerk.get("registrations/?tab=reviewed").text


def test_a_position_that_was_switched_meanwhile_decides_nothing(
    desk: Callable[..., Desk], register: Callable[..., Professional], look: Any, cast: Cast
) -> None:
    review_id = review_of(look, register(1))
    clerk = desk("unit_clerk")
    form = {"action": "approve", "row": review_id, "list": "tab=pending", "url": "/admin/registrations/"}
    answer = clerk.client.post("/admin/registrations/action/run", data={**form, "position": cast.branch_clerk.position_key})
    assert answer.status_code == 409
    assert states_of(look) == ["pending"]
