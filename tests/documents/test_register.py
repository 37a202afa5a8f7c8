"""学时登记表 and the record sheet as PDF: who may print them, and that they say what was counted."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from models.credits.tables import Declaration, DeclarationState, YearSummary
from models.scope import system_session
from tests.admin.conftest import acting_as, decide, declare, lists
from tests.cast import Cast
from tests.documents.conftest import Reader

__all__ = ["acting_as", "decide", "declare", "lists"]

LogIn = Callable[[str], Reader]
OFFICERS = ("unit_clerk", "department_clerk", "county_officer")


def text_of(content: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


@pytest.fixture
def granted(declare: Callable[..., int], decide: Callable[..., None]) -> None:
    """A declaration of the professional that all levels passed."""
    decide(declare("professional"), *OFFICERS, granted=305)


def declaration_id(app: Flask) -> int:
    with app.app_context(), system_session() as session:
        return session.scalars(select(Declaration.id)).one()


def test_the_register_lists_what_was_counted(log_in: LogIn, granted: None, cast: Cast) -> None:
    person = cast.people["professional"]
    for name in ("professional", "unit_clerk", "county_officer"):
        answer = log_in(name).get(f"/documents/registers/{person.id}?year=2026")
        assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
            200,
            "application/pdf",
            "private, no-store",
        )
        text = text_of(answer.data)
        for part in (
            "继续教育学时登记表",
            "人员-professional",
            person.number_masked,
            "岗位培训班",
            "30.5",
            "2026-12-15",
            "认定结果未完成",
        ):
            assert part in text
        assert cast.accounts["professional"].number not in text


@pytest.mark.parametrize("name", ["foreign_officer", "sibling_clerk", "inner_officer"])
def test_nobody_outside_the_subtree_prints_a_register_or_a_sheet(
    app: Flask, log_in: LogIn, granted: None, cast: Cast, name: str
) -> None:
    reader = log_in(name)
    assert reader.get(f"/documents/registers/{cast.people['professional'].id}?year=2026").status_code == 404
    assert reader.get(f"/documents/declarations/{declaration_id(app)}").status_code == 404


def test_a_colleague_prints_neither(app: Flask, log_in: LogIn, granted: None, cast: Cast) -> None:
    reader = log_in("colleague")
    assert reader.get(f"/documents/registers/{cast.people['professional'].id}?year=2026").status_code == 403
    assert reader.get(f"/documents/declarations/{declaration_id(app)}").status_code == 404


@pytest.mark.parametrize("year", ["", "2019", "x", "99999", "²⁰²⁶"])
def test_a_year_of_which_nothing_was_counted_has_no_register(log_in: LogIn, granted: None, cast: Cast, year: str) -> None:
    answer = log_in("professional").client.get(
        f"/documents/registers/{cast.people['professional'].id}", query_string={"year": year}
    )
    assert answer.status_code == 404


def test_the_sheet_shows_one_declaration_with_its_course(app: Flask, log_in: LogIn, granted: None, cast: Cast) -> None:
    for name in ("professional", "unit_clerk"):
        text = text_of(log_in(name).get(f"/documents/declarations/{declaration_id(app)}").data)
        for part in ("学时申报记录", "岗位培训班", "30.5", "单位-unit", "单位-department", "单位-county"):
            assert part in text


def test_a_draft_is_shown_to_nobody_but_its_owner(app: Flask, log_in: LogIn, granted: None) -> None:
    with app.app_context(), system_session() as session:
        record = session.scalars(select(Declaration)).one()
        record.state, record.granted_tenths, record.granted_at = DeclarationState.DRAFT, None, None
        session.commit()
    address = f"/documents/declarations/{declaration_id(app)}"
    assert log_in("professional").get(address).status_code == 200
    assert log_in("unit_clerk").get(address).status_code == 404


def test_the_portal_offers_the_years_that_were_counted(log_in: LogIn, granted: None, cast: Cast) -> None:
    page = log_in("professional").get("/portal/registers").text
    assert f'action="/documents/registers/{cast.people["professional"].id}"' in page
    assert '<option value="2026">' in page
    assert "A register can be printed as soon as" in log_in("colleague").get("/portal/registers").text


def test_markup_in_a_title_stays_text(app: Flask, log_in: LogIn, granted: None, cast: Cast) -> None:
    with app.app_context(), system_session() as session:
        session.scalars(select(Declaration)).one().title = '<b>甲</b><img src="http://127.0.0.1:1/x">'
        session.commit()
    text = text_of(log_in("professional").get(f"/documents/registers/{cast.people['professional'].id}?year=2026").data)
    assert '<b>甲</b><imgsrc="http://127.0.0.1:1/x">' in text


def test_the_counted_hours_of_the_register_are_the_total_of_the_year(app: Flask, granted: None) -> None:
    with app.app_context(), system_session() as session:
        summary = session.scalars(select(YearSummary)).one()
        assert summary.total_tenths == session.scalars(select(Declaration.counted_tenths)).one() == 305
