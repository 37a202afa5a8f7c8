"""Receipts by HTTP and by command: handed out within the scope, checked by anybody."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from admin_app import commands
from admin_app.commands import root
from models import daily_roots
from models.credits.tables import Declaration
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.conftest import acting_as, decide, declare, lists
from tests.documents.conftest import Reader
from views.limits import limiter

__all__ = ["acting_as", "decide", "declare", "lists"]

LogIn = Callable[[str], Reader]


@pytest.fixture
def record(app: Flask, declare: Callable[..., int], decide: Callable[..., None], clock: Callable[[str], None]) -> int:
    """A record that its unit passed, yesterday."""
    review_id = declare("professional")
    decide(review_id, "unit_clerk", granted=305)
    clock("2026-12-16 00:05")
    with app.app_context(), system_session() as session:
        return session.scalars(select(Declaration.id)).one()


@pytest.fixture
def published(app: Flask, record: int) -> int:
    """The same, its day published."""
    with app.app_context(), system_session() as session, unit_of_work(session):
        daily_roots.publish(session)
    return record


def downloaded(reader: Reader, record: int) -> bytes:
    answer = reader.get(f"/documents/receipts/{record}.json")
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def put_in(visitor: FlaskClient, content: bytes) -> str:
    page = visitor.get("/verify/receipt")
    assert page.status_code == 200
    data = {"file": (io.BytesIO(content), "receipt.json")}
    return visitor.post("/verify/receipt", data=data, content_type="multipart/form-data").text


def test_a_receipt_is_handed_out_within_the_scope_only(log_in: LogIn, published: int) -> None:
    for name in ("professional", "unit_clerk", "department_clerk", "county_officer", "city_officer"):
        for kind in ("json", "pdf"):
            assert log_in(name).get(f"/documents/receipts/{published}.{kind}").status_code == 200, name
    for name in ("colleague", "sibling_clerk", "other_county_officer", "base_clerk"):
        for kind in ("json", "pdf"):
            assert log_in(name).get(f"/documents/receipts/{published}.{kind}").status_code == 404, name


def test_anybody_checks_a_receipt_and_a_changed_one_is_named(log_in: LogIn, visitor: FlaskClient, published: int) -> None:
    content = downloaded(log_in("professional"), published)
    page = put_in(visitor, content)
    assert "The receipt holds" in page
    assert "人员-unit_clerk" in page
    pasted = visitor.post("/verify/receipt", data={"text": content.decode()}).text
    assert "The receipt holds" in pasted
    page = put_in(visitor, content.replace("人员-unit_clerk".encode(), "某人".encode()))
    assert "The receipt does not hold" in page
    assert re.search(r"Row \d was changed: its person, time, verdict or reason is not what was sealed\.", page)


def test_what_waits_for_its_day_says_so(log_in: LogIn, visitor: FlaskClient, record: int) -> None:
    page = put_in(visitor, downloaded(log_in("professional"), record))
    assert "Not yet to be checked in full" in page
    assert "they can be checked from tomorrow" in page


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000, b"\xff", b"<script>alert(1)</script>"])
def test_hostile_files_meet_one_sentence(visitor: FlaskClient, app: Flask, content: bytes) -> None:
    page = put_in(visitor, content)
    assert re.search("This is not a receipt|Please choose a receipt", page)
    assert "<script>alert" not in page


def test_markup_in_a_receipt_is_shown_as_text(log_in: LogIn, visitor: FlaskClient, published: int) -> None:
    content = downloaded(log_in("professional"), published)
    page = put_in(visitor, content.replace("人员-unit_clerk".encode(), b"<img src=x onerror=alert(1)>"))
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_checks_are_limited_by_address(visitor: FlaskClient) -> None:
    limiter.reset()
    codes = [visitor.post("/verify/receipt", data={"text": "x"}).status_code for _ in range(62)]
    limiter.reset()
    assert codes[59:61] == [200, 429]


def test_roots_are_public_and_the_file_holds_them_all(visitor: FlaskClient, published: int) -> None:
    page, file = visitor.get("/verify/roots"), visitor.get("/verify/roots.json")
    (day,) = json.loads(file.data)["days"]
    assert day["day"] == "2026-12-15"
    assert day["root"] in page.text
    assert visitor.get("/verify/roots?before=nonsense").status_code == 200
    assert day["root"] not in visitor.get("/verify/roots?before=2026-12-15").text


def test_the_command_checks_with_the_roots_alone(
    app: Flask, log_in: LogIn, visitor: FlaskClient, published: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt, roots, bad = tmp_path / "receipt.json", tmp_path / "roots.json", tmp_path / "bad.json"
    content = downloaded(log_in("unit_clerk"), published)
    receipt.write_bytes(content)
    bad.write_bytes(content.replace("人员-unit_clerk".encode(), b"\\\\u001b[31m"))
    roots.write_bytes(visitor.get("/verify/roots.json").data)
    monkeypatch.setattr(root.logs, "configure", lambda: None)

    def run(*arguments: Any) -> Any:
        return CliRunner().invoke(commands.main, ["verify-receipt", *map(str, arguments)], catch_exceptions=False)

    monkeypatch.setattr(root, "create_app", lambda: pytest.fail("no application is needed"))
    done = run(receipt, "--roots", roots)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "All 4 rows and the head hold against 1 published days.")
    done = run(bad, "--roots", roots)
    assert done.exit_code == 1
    assert "DOES NOT HOLD" in done.output
    assert "\x1b" not in done.output
    roots.write_text(roots.read_text(encoding="utf-8").replace('"rows": ', '"rows": 1'), encoding="utf-8")
    done = run(receipt, "--roots", roots)
    assert (done.exit_code, done.output) == (1, "The file of daily roots was changed: the chain does not fit at 2026-12-15.\n")
    assert run(receipt, "--roots", receipt).exit_code == 1
    monkeypatch.setattr(root, "create_app", lambda: app)
    assert run(receipt).exit_code == 0
    assert run(bad).exit_code == 1


def test_the_page_of_a_record_offers_its_receipt(log_in: LogIn, published: int) -> None:
    page = log_in("professional").get(f"/portal/declarations/{published}").text
    assert f"/documents/receipts/{published}.json" in page
    page = log_in("city_officer").get("/verify/receipt").text
    assert "Check a receipt" in page
