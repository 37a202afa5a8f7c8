"""Attachments on their way out: the right people, the right headers."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from pypdf import PdfWriter

from models import files, storage
from models.scope import system_session
from models.transaction import unit_of_work
from models.uploads import Upload, check
from tests.cast import Cast
from tests.documents.conftest import Reader
from views.downloads import content_disposition

LogIn = Callable[[str], Reader]
Keep = Callable[..., str]


@pytest.fixture
def keep(app: Flask, cast: Cast) -> Keep:
    """Store an attachment of the professional and return its key."""

    def keep_file(name: str, kind: str) -> str:
        out = io.BytesIO()
        if kind == "PDF":
            writer = PdfWriter()
            writer.add_blank_page(width=100, height=100)
            writer.write(out)
        else:
            Image.new("RGB", (20, 20), "red").save(out, kind)
        person = cast.people["professional"]
        with app.app_context(), system_session() as session, unit_of_work(session):
            return files.keep(
                session,
                check(Upload(name, out.getvalue())),
                subject_kind="declaration",
                subject_id=1,
                person_id=person.id,
                path=person.path,
            ).key

    return keep_file


def test_a_picture_is_shown_in_the_page_and_runs_nothing(log_in: LogIn, keep: Keep) -> None:
    answer = log_in("professional").get(f"/files/{keep('证明.jpg', 'JPEG')}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.headers["Content-Disposition"] == "inline; filename=\"__.jpg\"; filename*=UTF-8''%E8%AF%81%E6%98%8E.jpg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert Image.open(io.BytesIO(answer.data)).size == (20, 20)


def test_a_pdf_is_saved_and_never_shown(log_in: LogIn, keep: Keep) -> None:
    answer = log_in("unit_clerk").get(f"/files/{keep('通知.pdf', 'PDF')}")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize("name", ["professional", "unit_clerk", "department_clerk", "county_officer", "city_officer"])
def test_the_person_and_the_offices_above_read_it(log_in: LogIn, keep: Keep, name: str) -> None:
    assert log_in(name).get(f"/files/{keep('证明.png', 'PNG')}").status_code == 200


@pytest.mark.parametrize(
    "name", ["colleague", "branch_clerk", "sibling_clerk", "other_county_officer", "inner_officer", "foreign_officer", "support"]
)
def test_everybody_else_gets_the_same_answer_as_for_nothing(log_in: LogIn, keep: Keep, name: str) -> None:
    reader, key = log_in(name), keep("证明.png", "PNG")
    found, absent = reader.get(f"/files/{key}"), reader.get("/files/" + "A" * 43)
    assert found.status_code == absent.status_code == 404
    assert found.text.replace(key, "") == absent.text.replace("A" * 43, "")


def test_a_visitor_is_led_to_the_login(visitor: Reader, keep: Keep) -> None:
    assert visitor.get(f"/files/{keep('证明.png', 'PNG')}").status_code == 303


@pytest.mark.parametrize("key", ["x", "..%2f..%2fetc%2fpasswd", "%00", "' or 1=1 --", "a" * 5000])
def test_odd_keys_are_not_found(log_in: LogIn, keep: Keep, key: str) -> None:
    assert log_in("professional").get(f"/files/{key}").status_code == 404


def test_a_file_that_the_storage_lost_is_a_page_and_no_crash(log_in: LogIn, keep: Keep) -> None:
    key = keep("证明.png", "PNG")
    storage.delete(key)
    assert log_in("professional").get(f"/files/{key}").status_code == 404


@pytest.mark.parametrize(
    ("name", "plain"),
    [('a"b\\c.png', "a_b_c.png"), ("a\r\nSet-Cookie: x.png", "a__Set-Cookie: x.png"), ("100%;.pdf", "100__.pdf")],
)
def test_a_name_cannot_break_out_of_its_header(name: str, plain: str) -> None:
    header = content_disposition(name, inline=False)
    assert header.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")
    assert "\r" not in header
