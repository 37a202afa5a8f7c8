"""The check of a receipt saved as one file: without a network it finds what the platform finds, and says it in its words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from models import daily_roots, receipts
from models.credits import receipts as credit_receipts
from models.credits.tables import Declaration
from models.errors import Invalid
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.conftest import acting_as, decide, declare, lists
from tests.browser.harness import Watch, window

__all__ = ["acting_as", "decide", "declare", "lists"]
pytestmark = pytest.mark.browser
Receipt = dict[str, Any]
HOLDS, BROKEN, WAITS = "The receipt holds", "The receipt does not hold", "Not yet to be checked in full"


@pytest.fixture
def record(app: Flask, declare: Callable[..., int], decide: Callable[..., None], clock: Callable[[str], None]) -> int:
    """A record that its unit and its department passed, yesterday; the day is published."""
    clock("2026-12-15 10:00")
    review_id = declare("professional")
    decide(review_id, "unit_clerk", "department_clerk", granted=305)
    clock("2026-12-16 00:05")
    with app.app_context(), system_session() as session, unit_of_work(session):
        daily_roots.publish(session)
        return session.scalars(select(Declaration.id)).one()


@pytest.fixture
def receipt(app: Flask, record: int) -> Receipt:
    with app.app_context(), system_session() as session:
        made = credit_receipts.receipt_of(session, session.get_one(Declaration, record), platform="https://ce.example.cn")
        return json.loads(json.dumps(made))  # type: ignore[no-any-return]


@pytest.fixture
def saved(browser: Browser, live_server: str, record: int, tmp_path: Path) -> Iterator[tuple[Page, Watch]]:
    """The page as it was saved, opened from the disk without a network."""
    with window(browser, live_server, size="390", language="en") as (page, watch):
        page.goto("/verify/receipt")
        with page.expect_download() as download:
            page.get_by_role("link", name="Save as one file").click()
        kept = tmp_path / "check.html"
        download.value.save_as(kept)
        page.context.set_offline(True)
        watch.origin = kept.as_uri()
        page.goto(kept.as_uri())
        yield page, watch


def put_in(page: Page, text: str) -> str:
    page.get_by_label("Or paste what stands in the file").fill(text)
    page.get_by_role("button", name="Check").click()
    box = page.locator("[data-receipt]")
    expect(box).to_be_visible()
    return box.inner_text()


def test_a_receipt_is_checked_from_its_file_without_a_network(
    saved: tuple[Page, Watch], receipt: Receipt, tmp_path: Path
) -> None:
    page, watch = saved
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt, ensure_ascii=False), encoding="utf-8")
    page.get_by_label("Receipt (file ending in .json)").set_input_files(file)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text(HOLDS)).to_be_visible()
    shown = page.locator("[data-receipt]").inner_text()
    for part in ("人员-professional", "Hours granted: 30.5", "2026-12-15 10:00 · 人员-unit_clerk", "Root of 2026-12-15", "40.0"):
        assert part in shown, part
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert watch.found == []


def changed(receipt: Receipt) -> Iterator[Receipt]:
    """Yield receipts that were changed in one place each."""
    for old, new in (("人员-professional", "另一人"), ('"year":2026', '"year":2027')):
        assert old in receipt["head"]
        yield {**receipt, "head": receipt["head"].replace(old, new)}
    yield {**receipt, "signature": receipt["signature"][:-6] + "AAAA=="}
    yield {**receipt, "signature": "00000000." + receipt["signature"].partition(".")[2]}
    yield {**receipt, "rows": receipt["rows"][:-1]}
    yield {**receipt, "rows": [*receipt["rows"][:-2], receipt["rows"][-1], receipt["rows"][-2]]}
    row, path = receipt["rows"][1], receipt["rows"][1]["path"]
    flipped = ("0" if path[0][0] != "0" else "1") + path[0][1:]
    for values in (
        {"text": row["text"].replace("2026-12-15", "2026-12-14")},
        {"text": row["text"] + " "},
        {"path": [flipped, *path[1:]]},
        {"path": path[:-1]},
        {"path": [*path, path[0]]},
        {"place": row["place"] + 1},
        {"place": 2**40},
        {"batch": None},
    ):
        yield {**receipt, "rows": [receipt["rows"][0], {**row, **values}, *receipt["rows"][2:]]}
    batch = receipt["batches"][0]
    for values in ({"root": "0" * 64}, {"previous": "0" * 64}, {"rows": batch["rows"] + 1}, {"size": 7}, {"day": ""}):
        yield {**receipt, "batches": [{**batch, **values}]}


def test_the_page_finds_in_each_changed_receipt_what_the_platform_finds(
    app: Flask, saved: tuple[Page, Watch], receipt: Receipt
) -> None:
    page, watch = saved
    with app.app_context(), system_session() as session:
        roots = daily_roots.roots_here(session)
    assert HOLDS in put_in(page, json.dumps(receipt))
    for each in changed(receipt):
        found = receipts.check(json.dumps(each).encode(), roots)
        shown = put_in(page, json.dumps(each))
        assert [str(s) for s in found.broken] == page.locator("[data-broken] li").all_inner_texts()
        assert (BROKEN in shown, WAITS in shown, HOLDS in shown) == (bool(found.broken), not found.broken, False)
        assert all(str(s) in shown for s in found.waiting)
    other_day = {**receipt, "batches": [{**receipt["batches"][0], "day": "2026-12-14"}]}
    assert "This page holds no root of 2026-12-14, which batch 1 names" in put_in(page, json.dumps(other_day))
    assert HOLDS in put_in(page, json.dumps(receipt))
    assert watch.found == []


@pytest.mark.parametrize("value", [None, -1, 1.5, 2**60, "x", [], ["x"], {"a": 1}])
def test_parts_of_another_type_and_odd_texts_hold_in_no_case(
    app: Flask, saved: tuple[Page, Watch], receipt: Receipt, value: Any
) -> None:
    page, watch = saved
    with app.app_context(), system_session() as session:
        roots = daily_roots.roots_here(session)
    for part in ("rows", "batches"):
        for name in receipt[part][0]:
            if receipt[part][0][name] == value:
                continue
            each = json.dumps({**receipt, part: [{**receipt[part][0], name: value}, *receipt[part][1:]]})
            try:
                expected = [str(s) for s in receipts.check(each.encode(), roots).broken]
            except Invalid:
                expected = ["This is not a receipt"]
            shown = put_in(page, each)
            assert HOLDS not in shown, (part, name)
            assert all(sentence in shown for sentence in expected[:1] if "No root is" not in sentence), (part, name)
    for text in ("", "x", "null", "[]", "[" * 50_000, '{"kind":"ce-receipt","version":1}', "<img src=x onerror=alert(1)>"):
        assert "This is not a receipt" in put_in(page, text)
    assert watch.found == []


def test_markup_in_a_receipt_stays_text(saved: tuple[Page, Watch], receipt: Receipt) -> None:
    page, watch = saved
    text = json.dumps(receipt, ensure_ascii=False).replace("人员-unit_clerk", "<img src=x onerror=alert(1)>")
    assert "<img src=x onerror=alert(1)>" in put_in(page, text)
    assert page.locator("[data-receipt] img").count() == 0
    assert watch.found == []
