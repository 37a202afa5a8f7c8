"""S014: the home page of the professional."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models import outbox
from models.people.tables import Professional
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast
from tests.portal.conftest import Reader


def test_the_year_without_a_record_lacks_all_of_it_and_says_until_when(reader: Reader) -> None:
    page = reader.get("").text
    assert "90 hours still missing, declare until Mar 31, 2027." in page
    assert "Of these: Public subjects 30 hours, Professional subjects 60 hours" in page
    assert "0 of 90 hours" in page


def test_granted_hours_count_at_once_and_those_in_review_are_told(
    reader: Reader, declared: Callable[..., int], approve: Any
) -> None:
    approve(declared(requested_hours="40"))
    declared(requested_hours="8", f_start_date="2026-04-01", f_end_date="2026-04-01", f_class_name="另一个培训班")
    page = reader.get("").text
    assert "50 hours still missing, declare until Mar 31, 2027." in page
    assert "40 of 60 hours" in page
    assert "8 hours are being reviewed." in page


def test_a_person_who_was_imported_is_asked_for_what_is_empty(reader: Reader) -> None:
    page = reader.get("").text
    assert "Please complete your data" in page
    assert "Still empty: Mobile number, E-mail address, Ethnic group." in page


@pytest.mark.parametrize("address", ["", "profile", "declarations", "declarations/new", "declarations/1", "years", "years/2026"])
def test_a_visitor_is_led_to_the_login(app: Flask, address: str) -> None:
    visit = app.test_client().get(f"/portal/{address}")
    assert visit.status_code == 303
    assert visit.headers["Location"].startswith("/login")


@pytest.mark.parametrize("address", ["", "profile", "declarations", "declarations/new", "declarations/1", "years", "years/2026"])
def test_an_administrator_has_no_portal(app: Flask, cast: Cast, address: str) -> None:
    clerk = app.test_client()
    data = {"document_type": "111", "number": cast.accounts["unit_clerk"].number, "password": PASSWORD, "kind": "employer"}
    assert clerk.post("/login", data=data).headers["Location"] == "/admin/"
    assert clerk.get(f"/portal/{address}").status_code == 403


def test_notices_are_shown_and_marked_as_read(reader: Reader, look: Any) -> None:
    with look() as session, unit_of_work(session):
        outbox.add_notices(
            session,
            [
                {
                    "account_id": reader.actor.account_id,
                    "position_key": reader.actor.position_key,
                    "message_id": "Saved.",
                }
            ],
        )
    assert "Unread" in reader.get("").text
    assert reader.post("notices/read").status_code == 303
    page = reader.get("").text
    assert "Saved." in page
    assert "Mark all as read" not in page


def test_notices_of_another_account_are_not_shown(reader: Reader, look: Any, cast: Cast) -> None:
    other = cast.actors["colleague"]
    with look() as session, unit_of_work(session):
        outbox.add_notices(
            session,
            [
                {
                    "account_id": other.account_id,
                    "position_key": other.position_key,
                    "message_id": "Only for the colleague",
                }
            ],
        )
    assert "Only for the colleague" not in reader.get("").text
    reader.post("notices/read")
    with look() as session:
        assert session.scalars(select(outbox.Notice.read_at)).all() == [None]
        assert (
            session.scalars(select(Professional.name).where(Professional.id == reader.actor.person_id)).one()
            == "人员-professional"
        )
