"""S023 and S024: where the declarations stand, what may be done with them, and what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from models.credits.tables import AuditState, Declaration
from models.files import Attachment
from models.history import HistoryEntry
from models.reviews.tables import Review
from models.scope import system_session
from models.transaction import unit_of_work
from tests.portal.conftest import TRAINING, Reader, state_of


@pytest.fixture
def four(reader: Reader, declared: Callable[..., int], decide: Callable[..., None], approve: Callable[..., None]) -> Reader:
    """A draft (1), a pending (2), an approved (3) and a rejected (4) declaration."""
    declared("save", f_class_name="草稿班")
    declared("confirm", f_class_name="在审班", requested_hours="10")
    declared("confirm", f_class_name="通过班", subject="public", requested_hours="12")
    declared("confirm", f_class_name="退回班")
    approve(3, "9.5")
    decide("unit_clerk", 4, reason="缺少签到表")
    return reader


def row_of(page: str, title: str) -> str:
    """Return the table row that holds *title*."""
    return next(row for row in page.split("<tr>") if title in row)


def test_the_list_has_tabs_with_counts_and_the_columns_of_the_screen(four: Reader) -> None:
    page = four.get("declarations").text
    for word in (
        "No.",
        "Counts toward year",
        "Subject type",
        "Learning form",
        "Hours declared",
        "Hours granted",
        "Organisation now reviewing",
        "Action",
    ):
        assert f">{word}</th>" in page
    assert page.count('<span class="small">(1)</span>') == 4
    assert '<span class="small">(4)</span>' in page


@pytest.mark.parametrize(
    ("tab", "title"), [("draft", "草稿班"), ("pending", "在审班"), ("approved", "通过班"), ("rejected", "退回班")]
)
def test_each_tab_shows_its_state_only(four: Reader, tab: str, title: str) -> None:
    page = four.get(f"declarations?tab={tab}").text
    assert [t for t in ("草稿班", "在审班", "通过班", "退回班") if t in page] == [title]


@pytest.mark.both_databases
def test_what_failed_the_audit_stands_with_what_did_not_pass(four: Reader, app: Flask) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.get_one(Declaration, 3).audit_state = AuditState.FAILED
    assert "通过班" not in four.get("declarations?tab=approved").text
    page = four.get("declarations?tab=rejected").text
    assert ("通过班" in page, "退回班" in page) == (True, True)
    assert page.count('<span class="small">(2)</span>') == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_filters_nothing_is_not_called_as_the_subject_of_both(log_in: Callable[..., Reader], language: str) -> None:
    page = log_in("professional", language).get("declarations").text
    choices = page.partition('<select id="subject"')[2].partition("</select>")[0]
    words = re.findall(r"<option[^>]*>([^<]+)</option>", choices)
    assert len(words) == 4
    assert len(set(words)) == len(words)


def test_each_state_offers_its_actions_only(four: Reader) -> None:
    page = four.get("declarations").text
    actions = {"draft": "草稿班", "pending": "在审班", "approved": "通过班", "rejected": "退回班"}
    offered = {
        state: [
            word
            for word in (">Edit declaration<", ">Delete<", ">Withdraw<", ">Edit and resubmit<")
            if word in row_of(page, title)
        ]
        for state, title in actions.items()
    }
    assert offered == {
        "draft": [">Edit declaration<", ">Delete<"],
        "pending": [">Withdraw<"],
        "approved": [],
        "rejected": [">Edit and resubmit<"],
    }


def test_the_list_says_who_reviews_now_with_the_phone(four: Reader) -> None:
    row = row_of(four.get("declarations").text, "在审班")
    assert "单位-unit" in row
    assert "0599-0000005" in row
    assert "10.0" in row


def test_filters_narrow_the_list_and_its_counts(four: Reader) -> None:
    page = four.get("declarations?subject=public").text
    assert [t for t in ("草稿班", "在审班", "通过班", "退回班") if t in page] == ["通过班"]
    assert "No data" in four.get("declarations?year=2025").text
    assert "Nothing fits the filter." in four.get("declarations?year=2025").text


@pytest.mark.parametrize(
    "query", ["tab=x", "year=abc", "year=99999", "subject=%00", "before=9" * 30, "before=-1", "year=２０２６"]
)
def test_a_strange_filter_is_no_filter(four: Reader, query: str) -> None:
    answer = four.get(f"declarations?{query}")
    assert answer.status_code == 200
    assert "草稿班" in answer.text


def test_more_than_a_page_is_turned_by_the_last_row(reader: Reader, declared: Callable[..., int]) -> None:
    for n in range(21):
        declared("save", f_class_name=f"班-{n:02d}-", attachments=[])
    first = reader.get("declarations").text
    assert "班-20-" in first
    assert "班-00-" not in first
    assert "before=2" in first
    second = reader.get("declarations?before=2").text
    assert "班-00-" in second
    assert "班-01-" not in second


def test_details_show_fields_hours_and_the_whole_course(four: Reader) -> None:
    page = four.get("declarations/3").text
    for word in (
        "School (unit) name",
        "海州职业技术学院",
        "Start and end date",
        "2026-03-02 to 2026-03-06",
        "12.0",
        "9.5",
        "Public subject course",
        "结业证书.png",
    ):
        assert word in page
    assert page.count("Hours granted: 9.5") == 3
    assert "单位-county" in page


def test_details_of_a_rejected_one_give_the_reason(four: Reader) -> None:
    page = four.get("declarations/4").text
    assert "缺少签到表" in page
    assert "Edit and resubmit" in page


def test_the_course_keeps_withdrawals_and_earlier_rounds(four: Reader, decide: Callable[..., None]) -> None:
    four.post("declarations/2/withdraw", answer="yes")
    four.post("declarations/2/edit", **{**TRAINING, "requested_hours": "10", "f_class_name": "在审班"}, step="confirm")
    page = four.get("declarations/2").text
    course = page[page.index("course-title") :]
    assert course.count("Submitted") == 2
    assert course.count("Withdrawn") == 1
    assert "Waiting for the review by 单位-unit（0599-0000005）" in course


# --- withdraw and delete --------------------------------------------------------------------------------------------


def test_withdrawing_asks_first_and_then_brings_it_back_to_the_drafts(four: Reader, look: Any) -> None:
    asked = four.post("declarations/2/withdraw")
    assert asked.status_code == 200
    assert "data-dialog-content" in asked.text
    with look() as session:
        assert state_of(session, 2) == "pending"
    answer = four.post("declarations/2/withdraw", answer="yes")
    assert answer.headers["Location"] == "/portal/declarations?tab=draft"
    with look() as session:
        assert state_of(session, 2) == "draft"
        assert session.scalars(select(Review.state).where(Review.subject_id == 2)).one() == "withdrawn"


def test_deleting_asks_first_and_takes_the_attachments_along(four: Reader, look: Any) -> None:
    assert four.post("declarations/1/delete").status_code == 200
    with look() as session:
        assert state_of(session, 1) == "draft"
    assert four.post("declarations/1/delete", answer="yes").status_code == 303
    with look() as session:
        assert session.scalars(select(Declaration.id).order_by(Declaration.id)).all() == [2, 3, 4]
        assert session.scalars(select(Attachment).where(Attachment.subject_id == 1)).all() == []
        assert session.scalars(
            select(HistoryEntry.action).where(HistoryEntry.subject_id == 1, HistoryEntry.action == "delete")
        ).all()


@pytest.mark.parametrize(
    ("step", "declaration_id"), [("withdraw", 1), ("withdraw", 3), ("withdraw", 4), ("delete", 2), ("delete", 3), ("delete", 4)]
)
def test_a_step_that_does_not_fit_the_state_changes_nothing(four: Reader, look: Any, step: str, declaration_id: int) -> None:
    with look() as session:
        before = (state_of(session, declaration_id), session.scalar(select(func.count()).select_from(HistoryEntry)))
    answer = four.post(f"declarations/{declaration_id}/{step}", answer="yes")
    assert answer.headers["Location"] == f"/portal/declarations/{declaration_id}"
    assert "nothing was changed." in four.get(f"declarations/{declaration_id}").text
    with look() as session:
        assert (state_of(session, declaration_id), session.scalar(select(func.count()).select_from(HistoryEntry))) == before


@pytest.mark.parametrize("address", ["declarations/2", "declarations/2/edit"])
def test_another_persons_declaration_cannot_be_read(four: Reader, log_in: Callable[..., Reader], address: str) -> None:
    answer = log_in("colleague").get(address)
    assert answer.status_code == 404
    assert "It does not exist, or is not within your jurisdiction." in answer.text
    assert "在审班" not in answer.text


@pytest.mark.parametrize(("step", "declaration_id"), [("withdraw", 2), ("delete", 1)])
def test_another_persons_declaration_cannot_be_withdrawn_or_deleted(
    four: Reader, log_in: Callable[..., Reader], look: Any, step: str, declaration_id: int
) -> None:
    with look() as session:
        before = (state_of(session, declaration_id), session.scalar(select(func.count()).select_from(HistoryEntry)))
    answer = log_in("colleague").post(f"declarations/{declaration_id}/{step}", answer="yes")
    assert answer.status_code == 404
    with look() as session:
        assert (state_of(session, declaration_id), session.scalar(select(func.count()).select_from(HistoryEntry))) == before


@pytest.mark.parametrize(
    "address", ["declarations/0", "declarations/99999999999999999999999", "declarations/9223372036854775808/edit"]
)
def test_an_impossible_number_is_not_found(reader: Reader, address: str) -> None:
    assert reader.get(address).status_code == 404
