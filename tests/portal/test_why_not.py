"""Why something cannot be done on the portal's pages: the rule, and who can help, before and after the button."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from models.base import db
from models.credits.tables import Declaration, DeclarationWindow, Source, YearSummary
from models.org.tables import Organisation
from models.reviews import transfers
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.portal.conftest import Reader

PHONE = "0592-7654321"


@pytest.fixture(autouse=True)
def _phones(app: Flask, cast: Cast) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        for name in ("unit", "county"):
            session.get_one(Organisation, cast.organisations[name].id).phone = f"{PHONE}-{name}"


def change(app: Flask, cls: Any, row_id: int, **values: Any) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        row = session.get_one(cls, row_id)
        for name, value in values.items():
            setattr(row, name, value)


def page(reader: Reader, address: str) -> str:
    answer = reader.get(address)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_a_record_in_review_says_that_it_is_and_whom_it_waits_for(
    reader: Reader, declared: Callable[..., int], cast: Cast
) -> None:
    record = declared()
    text = page(reader, f"declarations/{record}")
    assert "It is in review and cannot be changed; withdraw it first." in text
    assert f"It waits for {cast.organisations['unit'].name}（{PHONE}-unit） to decide." in text


def test_granted_hours_name_the_department_that_can_help(
    reader: Reader, declared: Callable[..., int], approve: Callable[..., None], cast: Cast
) -> None:
    record = declared()
    approve(record)
    text = page(reader, f"declarations/{record}")
    assert "Granted hours are not changed any more." in text
    assert f"{cast.organisations['county'].name}（{PHONE}-county） can help." in text


def test_a_record_that_was_declared_for_her_says_by_whom(app: Flask, reader: Reader, declared: Callable[..., int]) -> None:
    record = declared()
    change(app, Declaration, record, source=Source.ORGANISATION)
    text = page(reader, f"declarations/{record}")
    assert "This record was declared for you; only whoever declared it can change or withdraw it." in text
    assert "It was declared by" in text
    assert reader.post(f"declarations/{record}/withdraw").status_code in {303, 403}


def test_a_closed_window_names_the_department_that_sets_it(
    app: Flask, reader: Reader, declared: Callable[..., int], cast: Cast
) -> None:
    record = declared("save")
    assert "sets the days" not in page(reader, f"declarations/{record}")
    with app.app_context(), system_session() as session, unit_of_work(session):
        county = cast.organisations["county"]
        for year in (2025, 2026):
            days = {"opens_on": dt.date(year, 1, 1), "closes_on": dt.date(year, 6, 30)}
            session.add(DeclarationWindow(organisation_id=county.id, path=county.path, year=year, grace_days=0, **days))
    for address in (f"declarations/{record}", "declarations/new"):
        text = page(reader, address)
        assert f"{cast.organisations['county'].name}（{PHONE}-county） sets the days of declaration." in text
    assert "Hours of 2026 cannot be declared now; open: -." in page(reader, f"declarations/{record}")
    assert "No year is open for declarations at present." in page(reader, "declarations/new")


def test_an_open_transfer_is_named_where_it_bars_something(
    app: Flask, reader: Reader, declared: Callable[..., int], cast: Cast
) -> None:
    record = declared("save")
    with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, scope_of(cast.professional))
        with unit_of_work(session):
            target = cast.organisations["sibling_unit"].id
            transfers.start(session, cast.professional, None, to_organisation_id=target, phone="0535-6221234")
    for address in (f"declarations/{record}", "declarations/new"):
        text = page(reader, address)
        assert "A transfer to another unit waits; nothing else can be submitted" in text
        assert "It waits for" in text
    assert "It waits for" in page(reader, "profile/transfer")


def test_what_is_pending_keeps_from_a_transfer_and_says_whom_it_waits_for(reader: Reader, declared: Callable[..., int]) -> None:
    declared()
    text = page(reader, "profile/transfer")
    assert "1 declarations or changes of this person are pending; they come first." in text
    assert f"（{PHONE}-unit） to decide." in text


def test_a_refusal_page_names_the_own_unit(app: Flask, reader: Reader, declared: Callable[..., int], cast: Cast) -> None:
    record = declared()
    change(app, Declaration, record, source=Source.ORGANISATION)
    answer = reader.client.get("/admin/people/")
    assert answer.status_code == 403
    assert f"{cast.organisations['unit'].name}（{PHONE}-unit） can help." in html.unescape(answer.text)


def test_an_exempt_year_says_why_it_has_no_certificate_and_who_can_help(app: Flask, reader: Reader, cast: Cast) -> None:
    person = cast.people["professional"]
    with app.app_context(), system_session() as session, unit_of_work(session):
        whose = {"person_id": person.id, "path": person.path, "year_organisation_id": person.organisation_id}
        session.add(YearSummary(year=2025, is_exempt=True, is_passed=True, **whose))
    text = page(reader, "years/2025")
    assert "The year 2025 is exempt: without the required hours there is no certificate." in text
    assert f"{cast.organisations['county'].name}（{PHONE}-county） can help." in text
