"""Public verification: what a stranger is told, and what never."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models.certificates.content import content_of
from models.certificates.tables import Certificate, CertificateState
from models.certificates.tokens import public_keys, token_of
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.documents.conftest import Issued, Reader

CONTENT = ("单位-unit", "94.5", "单位-county")
UNKNOWN = "371100202600000023"


def shows_content(text: str) -> bool:
    found = {part in text for part in CONTENT}
    assert len(found) == 1
    return found.pop()


def test_the_qr_code_leads_to_everything_but_the_number(visitor: FlaskClient, issued: Issued, cast: Cast) -> None:
    answer = visitor.get(f"/verify/{issued.number}?c={issued.code}")
    assert answer.status_code == 200
    assert shows_content(answer.text)
    assert "人员-professional" in answer.text
    assert cast.people["professional"].number_masked in answer.text
    assert cast.accounts["professional"].number not in answer.text
    assert ">Valid</span>" in answer.text


def test_the_number_alone_tells_the_state_and_asks_for_the_name(visitor: FlaskClient, issued: Issued) -> None:
    answer = visitor.get(f"/verify/{issued.number}")
    assert ">Valid</span>" in answer.text
    assert not shows_content(answer.text)
    assert "人员-professional" not in answer.text
    assert '<label for="name">' in answer.text


@pytest.mark.parametrize("code", ["", "x", "AAAAAAAAAAAA", "%00", "密码"])
def test_a_wrong_code_is_as_good_as_none(visitor: FlaskClient, issued: Issued, code: str) -> None:
    answer = visitor.get(f"/verify/{issued.number}", query_string={"c": code})
    assert answer.status_code == 200
    assert not shows_content(answer.text)


def test_the_right_name_shows_the_content_and_a_wrong_one_only_the_state(visitor: FlaskClient, issued: Issued) -> None:
    right = visitor.post(f"/verify/{issued.number}", data={"name": "人员-professional"})
    assert shows_content(right.text)
    wrong = visitor.post(f"/verify/{issued.number}", data={"name": "王五"})
    assert not shows_content(wrong.text)
    assert ">Valid</span>" in wrong.text
    assert "The name does not fit this number" in wrong.text


def test_number_and_name_in_one_form(visitor: FlaskClient, issued: Issued) -> None:
    spaced = f"{issued.number[:6]} {issued.number[6:10]} {issued.number[10:]}"
    answer = visitor.post("/verify", data={"number": spaced, "name": "人员-professional"})
    assert shows_content(answer.text)
    assert not shows_content(visitor.post("/verify", data={"number": spaced, "name": "王五"}).text)


def test_the_empty_form_asks(visitor: FlaskClient, app: Flask) -> None:
    page = visitor.get("/verify")
    assert page.status_code == 200
    assert '<label for="number">' in page.text
    empty = visitor.post("/verify", data={"number": " ", "name": ""})
    assert empty.status_code == 200
    assert empty.text.count("Please fill this in.") == 4


@pytest.mark.parametrize("number", [UNKNOWN, "371100202600000019", "abc", "1" * 400, "%E8%AF%81", "..%2f..%2fetc"])
def test_an_unknown_number_is_not_found_with_any_name(visitor: FlaskClient, issued: Issued, number: str) -> None:
    for answer in (
        visitor.get(f"/verify/{number}?c={issued.code}"),
        visitor.post(f"/verify/{number}", data={"name": "人员-professional"}),
    ):
        if "%2f" in number:
            assert answer.status_code == 404
            continue
        assert answer.status_code == 200
        assert ">Not found</span>" in answer.text
        assert not shows_content(answer.text)


@pytest.mark.parametrize(("state", "word"), [(CertificateState.REVOKED, "Revoked"), (CertificateState.REPLACED, "Replaced")])
def test_the_state_is_told(app: Flask, visitor: FlaskClient, issued: Issued, state: CertificateState, word: str) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.scalars(select(Certificate)).one().state = state
    for address in (f"/verify/{issued.number}", f"/verify/{issued.number}?c={issued.code}"):
        answer = visitor.get(address)
        assert f">{word}</span>" in answer.text
        assert ">Valid</span>" not in answer.text


def test_a_number_typed_with_blanks_leads_to_the_plain_address(visitor: FlaskClient, issued: Issued) -> None:
    answer = visitor.get(f"/verify/{issued.number[:6]}%20{issued.number[6:]}?c={issued.code}")
    assert answer.headers["Location"] == f"/verify/{issued.number}?c={issued.code}"


def test_the_words_of_the_states_in_chinese(app: Flask, issued: Issued) -> None:
    client = app.test_client()
    assert "有效" in client.get(f"/verify/{issued.number}").text
    assert "未找到" in client.get(f"/verify/{UNKNOWN}").text


def test_it_is_the_same_for_somebody_who_is_logged_in(log_in: object, issued: Issued) -> None:
    reader: Reader = log_in("foreign_officer")  # type: ignore[operator]
    answer = reader.client.post(f"/verify/{issued.number}", data={"name": "人员-professional"})
    assert shows_content(answer.text)


def test_guessing_is_slowed_down(visitor: FlaskClient, issued: Issued) -> None:
    answers = [visitor.post(f"/verify/{issued.number}", data={"name": f"王{n}"}).status_code for n in range(61)]
    assert answers == [200] * 60 + [429]


def test_a_name_never_stands_in_an_address(visitor: FlaskClient, issued: Issued) -> None:
    answer = visitor.get(f"/verify/{issued.number}?name=人员-professional")
    assert not shows_content(answer.text)


def test_the_state_alone_is_told_to_a_page_that_has_checked_the_signature(visitor: FlaskClient, issued: Issued) -> None:
    answer = visitor.get(f"/verify/{issued.number}/state")
    assert answer.json == {"word": "Valid", "kind": "approved"}
    assert visitor.get(f"/verify/{UNKNOWN}/state").json == {"word": "Not found", "kind": "draft"}
    codes = [visitor.get(f"/verify/{UNKNOWN}/state").status_code for _ in range(60)]
    assert codes == [200] * 58 + [429] * 2


@pytest.mark.parametrize("address", ["/verify/offline/file", "/verify/receipt/file"])
def test_the_page_to_keep_may_ask_nobody_and_holds_no_private_key(visitor: FlaskClient, address: str) -> None:
    answer = visitor.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    page = answer.text
    assert re.findall(r"<(?:link|img|iframe)\b|\bsrc=", page) == []
    script, style = (re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("script", "style"))
    assert len(script) == len(style) == 1
    for text in (*script, *style):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def test_a_signature_covers_the_content_and_the_key(app: Flask, issued: Issued) -> None:
    with app.app_context(), system_session() as session:
        content = content_of(session.scalars(select(Certificate)).one().content)
    token = token_of(content)
    signed, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    key = base64.urlsafe_b64decode(public_keys()[token.split(".")[1]] + "=")
    Ed25519PublicKey.from_public_bytes(key).verify(raw, b"ce-certificate:" + signed.encode())
    said = json.loads(base64.urlsafe_b64decode(token.split(".")[2] + "=="))
    assert said == [issued.number, 2026, "人员-professional", 945, "单位-county", "2026-12-15"]
