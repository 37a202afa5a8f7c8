"""The portal in a browser: what scripts add to the form, and pages that everybody can use on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from models.credits.tables import Declaration
from tests.cast import PASSWORD, Cast
from tests.portal.conftest import Reader, picture

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(autouse=True)
def _december() -> None:
    """The browser keeps its own time: no clock stands still here."""


@pytest.fixture(params=[(390, 844), (1366, 768)], ids=["phone", "desk"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """A phone and a desk."""
    found: tuple[int, int] = request.param
    return found


@pytest.fixture
def portal(forms: None, cast: Cast, context: BrowserContext, page: Page) -> Iterator[Page]:
    """A browser in which the professional is logged in; nothing may go wrong in its console."""
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto("/language/en")
    page.goto("/login")
    data = {"document_type": "111", "number": cast.accounts["professional"].number, "password": PASSWORD, "kind": "professional"}
    token = page.locator('input[name="csrf_token"]').first.get_attribute("value")
    context.request.post("/login", form={**data, "csrf_token": token or ""})
    page.goto("/portal/")
    yield page
    assert wrong == []


def check(page: Page, width: int) -> None:
    """Nothing that axe finds, and no scrolling sideways.

    The window is as high as the page: the bar at its foot lies over what one would scroll to.
    """
    page.set_viewport_size({"width": width, "height": max(700, page.evaluate("document.documentElement.scrollHeight"))})
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def choose(page: Page, code: str, kind: str = "training") -> None:
    page.goto("/portal/declarations/new")
    page.select_option("#declaration_type", kind)
    page.select_option("#form_code", code)
    page.wait_for_selector("#requested_hours")


def test_every_page_can_be_used_by_everybody(
    portal: Page,
    size: tuple[int, int],
    reader: Reader,
    declared: Callable[..., int],
    decide: Callable[..., None],
    approve: Callable[..., None],
) -> None:
    declared("confirm", requested_hours="60")
    declared("confirm", form_code="GXKPX", subject="public", requested_hours="30", f_exam_score="90", f_class_hours="30")
    declared("confirm", requested_hours="8", f_class_name="急救知识培训班")
    declared("confirm", requested_hours="8", f_class_name="信息安全培训班")
    approve(1)
    approve(2)
    decide("unit_clerk", 3, reason="结业证书看不清")
    portal.set_viewport_size({"width": size[0], "height": size[1]})
    addresses = (
        "",
        "profile",
        "declarations",
        "declarations/3",
        "declarations/4",
        "declarations/3/edit",
        "declarations/new",
        "years",
        "years/2026",
        "years/2026/certificate",
    )
    for address in addresses:
        portal.goto(f"/portal/{address}")
        check(portal, size[0])


def test_fields_come_with_the_learning_form_and_the_rule_fills_the_hours(portal: Page) -> None:
    choose(portal, "JZMS")
    portal.fill("#f_start_date", "2026-05-11")
    portal.fill("#f_end_date", "2026-05-13")
    expect(portal.locator("#requested_hours")).to_have_value("24")
    portal.fill("#requested_hours", "10")
    portal.fill("#f_end_date", "2026-05-14")
    expect(portal.locator("#proposal [data-fill]")).to_have_attribute("data-text", "32")
    assert portal.input_value("#requested_hours") == "10"  # a figure of her own stays
    portal.click("#proposal [data-fill]")
    assert portal.input_value("#requested_hours") == "32"
    options = portal.eval_on_selector_all("#form_code option[data-type]", "found => found.map(o => o.dataset.type)")
    assert set(options) == {"training"}


def test_fields_that_depend_on_a_tick_are_asked_only_then(portal: Page) -> None:
    choose(portal, "XSHY")
    assert not portal.is_visible("#f_paper_title")
    portal.check("#f_paper_read")
    assert portal.is_visible("#f_paper_title")


def test_evidence_is_uploaded_while_the_form_is_filled_in_and_errors_keep_it(portal: Page, look: Any) -> None:
    portal.set_viewport_size({"width": 390, "height": 844})
    choose(portal, "GWPX")
    portal.fill("#f_class_name", "岗位培训班")
    portal.set_input_files(
        "#attachments",
        files=[
            {"name": "证书.png", "mimeType": "image/png", "buffer": picture(1)},
            {"name": "说明.txt", "mimeType": "text/plain", "buffer": b"text"},
        ],
    )
    portal.wait_for_selector("#attachments-block .files li")
    expect(portal.locator("#upload-note")).to_contain_text("说明.txt")
    assert portal.url.endswith("/portal/declarations/1/edit")
    assert portal.input_value("#f_class_name") == "岗位培训班"
    portal.click("button[value=submit]")
    portal.wait_for_selector("[data-error-summary]")
    check(portal, 390)
    assert portal.locator("#attachments-block .files li").count() == 1
    portal.click("[data-error-summary] a >> nth=0")
    assert portal.evaluate("document.activeElement.id") == "f_school_unit"
    portal.click("#attachments-block button[name=remove]")
    expect(portal.locator("#attachments-block .files")).to_have_count(0)
    with look() as session:
        assert session.scalars(select(Declaration.state)).all() == ["draft"]


def test_a_large_photo_is_made_smaller_in_the_browser(portal: Page, look: Any) -> None:
    choose(portal, "GWPX")
    portal.fill("#f_class_name", "岗位培训班")
    large = picture(3, "BMP", (1500, 1000))
    assert len(large) > 4 * 1024 * 1024
    portal.set_input_files("#attachments", files=[{"name": "照片.bmp", "mimeType": "image/bmp", "buffer": large}])
    portal.wait_for_selector("#attachments-block .files li")
    assert "照片.jpg" in portal.inner_text("#attachments-block .files")


def test_withdrawing_asks_in_a_dialog(portal: Page, reader: Reader, declared: Callable[..., int], look: Any) -> None:
    declared()
    portal.goto("/portal/declarations")
    portal.click("td.ops button.link")
    portal.wait_for_selector("dialog[open]")
    check(portal, 1366)
    portal.keyboard.press("Escape")
    assert portal.evaluate("document.activeElement.tagName") == "BUTTON"
    portal.click("td.ops button.link")
    portal.click("dialog[open] button[value=yes]")
    portal.wait_for_url("**/portal/declarations?tab=draft")
    with look() as session:
        assert session.scalars(select(Declaration.state)).all() == ["draft"]


def test_a_second_click_submits_once(portal: Page, look: Any) -> None:
    choose(portal, "GWPX")
    for name, value in (
        ("school_unit", "学校"),
        ("class_name", "班"),
        ("score", "合格"),
        ("start_date", "2026-03-02"),
        ("end_date", "2026-03-06"),
    ):
        portal.fill(f"#f_{name}", value)
    portal.check("input[name=subject][value=professional]")
    portal.fill("#requested_hours", "40")
    portal.set_input_files("#attachments", files=[{"name": "证书.png", "mimeType": "image/png", "buffer": picture(1)}])
    portal.wait_for_selector("#attachments-block .files li")
    portal.dblclick("button[value=submit]")
    portal.wait_for_url("**/portal/declarations/1")
    with look() as session:
        assert session.scalars(select(Declaration.state)).all() == ["pending"]
