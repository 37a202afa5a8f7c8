"""S025 to S027: the year's completion, its records, its certificate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.certificates.tables import Certificate
from models.credits.tables import Requirement
from models.org.tables import CodeEntry
from models.people.tables import Membership, Professional
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.portal.conftest import Reader


@pytest.fixture
def passed(reader: Reader, declared: Callable[..., int], approve: Callable[..., None]) -> Reader:
    """A professional whose 2026 has passed: 60 hours of professional, 30 of public subjects."""
    declared("confirm", requested_hours="60")
    declared(
        "confirm",
        form_code="GXKPX",
        subject="public",
        requested_hours="30",
        f_exam_score="90",
        f_class_hours="30",
        f_class_name="公需课班",
    )
    approve(1)
    approve(2)
    return reader


def test_a_year_that_passed_offers_its_certificate(passed: Reader) -> None:
    page = passed.get("years").text
    for word in ("No.", "Year", "Public hours completed", "Professional hours completed", "Total hours completed", "Action"):
        assert f">{word}</th>" in page
    assert "90.0" in page
    assert 'href="/portal/years/2026/certificate"' in page
    assert "The required hours of the year are reached." in passed.get("").text


def test_a_year_that_has_not_passed_offers_none_and_prints_none(
    reader: Reader, declared: Callable[..., int], approve: Callable[..., None], look: Any
) -> None:
    declared("confirm", requested_hours="60")
    approve(1)
    assert "certificate" not in reader.get("years").text.replace("/certificate", "")
    assert 'href="/portal/years/2026/certificate"' not in reader.get("years").text
    assert reader.get("years/2026/certificate").status_code == 403
    answer = reader.client.post(
        "/documents/certificates", data={"person_id": "1", "year": "2026", "position": reader.actor.position_key}
    )
    assert answer.status_code == 403
    with look() as session:
        assert session.scalars(select(Certificate)).all() == []


def test_the_filter_keeps_the_years_between(passed: Reader) -> None:
    assert "60.0" in passed.get("years?from=2026&to=2026").text
    assert "60.0" in passed.get("years?from=2030&to=2020").text
    assert "No data" in passed.get("years?from=2027").text
    assert "60.0" in passed.get("years?from=abc&to=%00").text


def test_the_records_of_a_year_are_listed_with_what_counts(passed: Reader) -> None:
    page = passed.get("years/2026").text
    for word in ("No.", "Subject type", "Class / course name", "Hours declared", "Hours granted", "Date the hours were gained"):
        assert f">{word}</th>" in page
    assert "岗位培训班" in page
    assert "公需课班" in page
    assert "2026-12-15" in page


@pytest.mark.parametrize("address", ["years/2025", "years/0", "years/99999", "years/2025/certificate"])
def test_a_year_without_a_record_is_not_found(passed: Reader, address: str) -> None:
    assert passed.get(address).status_code == 404


def test_the_certificate_is_shown_before_and_after_its_first_print(passed: Reader, look: Any) -> None:
    before = passed.get("years/2026/certificate").text
    assert "The certificate number is given by the first print." in before
    answer = passed.client.post(
        "/documents/certificates", data={"person_id": "1", "year": "2026", "position": passed.actor.position_key}
    )
    assert answer.status_code == 303
    with look() as session:
        number = session.scalars(select(Certificate.number)).one()
    after = passed.get("years/2026/certificate").text
    assert number in after
    assert "data:image/svg+xml" in after
    assert "37110219800101" not in after


def test_another_persons_years_are_not_seen_and_not_printed(passed: Reader, log_in: Callable[..., Reader], look: Any) -> None:
    colleague = log_in("colleague")
    assert colleague.get("years/2026").status_code == 404
    assert colleague.get("years/2026/certificate").status_code == 404
    answer = colleague.client.post(
        "/documents/certificates", data={"person_id": "1", "year": "2026", "position": colleague.actor.position_key}
    )
    assert answer.status_code in (403, 404)
    with look() as session:
        assert session.scalars(select(Certificate)).all() == []


def test_the_account_of_a_year_adds_up_in_words(
    reader: Reader, declared: Callable[..., int], approve: Callable[..., None]
) -> None:
    declared("confirm", requested_hours="100")
    approve(1)
    page = reader.get("years/2026").text
    account = page[page.index("account-title") : page.index("records-title")]
    for word in ("Earned", "100.0", "Limited by the cap", "-10.0", "More than the yearly cap", "Sum", "90.0"):
        assert word in account
    rooms = page[page.index("rooms-title") : page.index("account-title")]
    assert "used up" in rooms
    assert "24 hours left this year" in rooms
    assert "at most 1 a year" in rooms


def test_the_year_tells_its_level_and_what_stands_in_another_year(
    reader: Reader, declared: Callable[..., int], approve: Callable[..., None], look: Any, cast: Cast
) -> None:
    with look() as session, unit_of_work(session):
        county = cast.organisations["county"]
        session.add(CodeEntry(list_name="title_level", code="420", name="中级", extra={"group": "intermediate"}))
        session.get_one(Professional, cast.people["professional"].id).title_level = "420"
        row = Requirement(path=county.path, organisation_id=county.id, year=2025, total_tenths=900, public_tenths=0)
        row.professional_tenths, row.levels = 900, {"intermediate": [400, 0, 400]}
        row.carry_years, row.carries_professional, row.carry_most_tenths, row.make_up_years = 1, True, 300, 2
        session.add(row)
        session.add(Membership(person_id=cast.people["professional"].id, path=cast.people["professional"].path,
            member_of_id=cast.people["professional"].organisation_id, from_on=dt.date(2025, 1, 1)))  # fmt: skip
    declared("confirm", requested_hours="90")
    approve(1)
    home = reader.get("").text
    assert "Your title level: Intermediate; required: 40 hours, 0 public and 40 professional." in home
    page = reader.get("years/2026").text
    for said in (
        "Your title level: Intermediate",
        "40 hours above the requirement make up for 2025.",
        "10 hours above the requirement are carried over to 2027.",
        "Carry-over: professional hours above the requirement count in the next year.",
    ):
        assert said in page
    account = page[page.index("account-title") : page.index("records-title")]
    for said in ("Moved to another year", "Year 2025", "-40.0", "Year 2027", "-10.0", "Sum", "40.0"):
        assert said in account
    earlier = reader.get("years/2025").text
    assert "40 hours of it are made up with hours of 2026." in earlier
    assert "Made up for this year" in earlier
    later = reader.get("years/2027").text
    assert "Not complete yet" in later
    assert "Not passed" not in later + reader.get("years").text  # 2025 is complete, and 2026; 2027 has not begun
    assert "10 hours of it are carried over from 2026." in later
    assert "Make-up: hours above the requirement of a later year, until 2029, count for what is missing here." in later
