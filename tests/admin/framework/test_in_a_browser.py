"""The list screen as a clerk uses it: ticking, dialogs, keyboard, phone, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from models.people.tables import Professional
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.framework.conftest import add_people
from tests.browser.harness import Watch, check, log_in, small_targets, violations, window
from tests.cast import Cast

pytestmark = pytest.mark.browser
LIST = "/trial/people/"
People = Callable[[], dict[str, Professional]]


@pytest.fixture
def forgery_checked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tokens be needed, as in the product."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.fixture
def desk(browser: Browser, live_server: str, cast: Cast, forgery_checked: None) -> Iterator[tuple[Page, Watch]]:
    """A unit clerk at a small laptop, reading English, the language of the trial screen."""
    with window(browser, live_server, language="en") as (page, watch):
        log_in(page.context, cast.accounts["unit_clerk"], "employer")
        page.goto(LIST)
        yield page, watch


@pytest.fixture
def phone(browser: Browser, live_server: str, cast: Cast, forgery_checked: None) -> Iterator[tuple[Page, Watch]]:
    """The same on a phone."""
    with window(browser, live_server, size="390", language="en") as (page, watch):
        log_in(page.context, cast.accounts["unit_clerk"], "employer")
        page.goto(LIST)
        yield page, watch


def boxes(page: Page) -> list[bool]:
    return [box.is_checked() for box in page.locator("input[name=ids]").all()]


def test_ticking_counts_ranges_and_shows_the_third_state(desk: tuple[Page, Watch]) -> None:
    page, watch = desk
    button = page.get_by_role("button", name="Batch disable")
    expect(button).to_be_disabled()
    ticks = page.locator("input[name=ids]")
    ticks.nth(2).click()
    ticks.nth(6).click(modifiers=["Shift"])
    expect(page.locator("[data-selected-count]")).to_have_text("5 selected")
    assert boxes(page) == [2 <= i <= 6 for i in range(20)]
    assert page.locator("#tick-all").evaluate("box => [box.checked, box.indeterminate]") == [False, True]
    expect(button).to_be_enabled()
    assert violations(page) == []
    page.locator("#tick-all").click()
    expect(page.locator("[data-selected-count]")).to_have_text("20 selected")
    page.locator("#tick-all").click()
    expect(button).to_be_disabled()
    check(page, watch, language="en", name="list-1366-en")


def test_all_of_the_filter_stays_selected_over_pages_without_the_excluded(desk: tuple[Page, Watch], people: People) -> None:
    page, watch = desk
    page.locator("#tick-all").click()
    page.get_by_role("button", name="Select all 53 rows").click()
    count = page.locator("[data-selected-count]")
    expect(count).to_have_text("53 selected")
    page.locator("input[name=ids]").nth(2).click()
    expect(count).to_have_text("52 selected")
    page.get_by_role("link", name="Next page").click()
    expect(count).to_have_text("52 selected")
    page.get_by_role("button", name="Batch disable").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("52 rows")
    dialog.get_by_role("button", name="Left.").click()
    assert dialog.get_by_label("Reason").input_value() == "Left."
    dialog.get_by_role("button", name="Batch disable").click()
    expect(page.locator("h1")).to_have_text("Result: Batch disable")
    mine = [p for p in people().values() if re.match("王|人员-(professional|colleague|branch_worker)", p.name)]
    done = {p.name for p in mine if p.id % 7} - {"王000"}
    assert {p.name for p in people().values() if p.state == "disabled"} == done
    check(page, watch, language="en")


def test_a_dialog_asks_closes_by_escape_and_gives_the_focus_back(desk: tuple[Page, Watch], people: People) -> None:
    page, watch = desk
    row = page.get_by_role("button", name="Disable", exact=True).first
    row.click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("1 row: 人员-professional")
    assert violations(page) == []
    dialog.get_by_role("button", name="Batch disable").click()
    assert dialog.get_by_label("Reason").evaluate("field => field.validity.valueMissing") is True
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row).to_be_focused()
    assert {p.state for p in people().values()} == {"active"}
    check(page, watch, language="en")


def test_a_menu_of_a_row_is_not_cut_off_and_closes_by_escape(desk: tuple[Page, Watch]) -> None:
    page, watch = desk
    menu = page.locator("td.ops details.menu").nth(8)
    menu.locator("summary").click()
    edit = menu.get_by_role("link", name="Edit")
    box, view = edit.bounding_box(), page.viewport_size
    assert box is not None
    assert view is not None
    assert box["y"] + box["height"] <= view["height"]
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(edit).to_be_hidden()
    assert watch.found == []


def test_the_head_and_the_first_column_stay_while_the_table_scrolls(desk: tuple[Page, Watch]) -> None:
    page, _ = desk
    page.set_viewport_size({"width": 800, "height": 600})
    wrap = page.locator(".table-wrap")
    top = page.locator("thead th").nth(2).bounding_box()
    wrap.evaluate("box => box.scrollTo(120, 150)")
    assert wrap.evaluate("box => [box.scrollLeft, box.scrollTop]") == [120, 150]
    moved, frame = page.locator("thead th").nth(2).bounding_box(), wrap.bounding_box()
    assert top is not None
    assert moved is not None
    assert frame is not None
    assert moved["y"] == top["y"]
    # The ticks stand 40 px wide at the left edge, the first column beside them.
    first = page.locator("tbody th").nth(8).bounding_box()
    assert first is not None
    assert round(first["x"] - frame["x"]) == 41


def test_density_and_columns_survive_a_reload(desk: tuple[Page, Watch]) -> None:
    page, watch = desk
    heights = {}
    for name, word in (("normal", None), ("dense", "Compact"), ("roomy", "Roomy")):
        if word:
            page.locator("summary", has_text="Density").click()
            page.get_by_role("button", name=word).click()
            expect(page.locator("html")).to_have_class(re.compile(rf"\b{name}\b"))
            page.reload()
        heights[name] = page.locator("tbody tr").first.evaluate("row => row.getBoundingClientRect().height")
    assert [round(h) for h in heights.values()] == [40, 32, 52]
    page.get_by_role("link", name="Column settings").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("checkbox", name="Sex").uncheck()
    dialog.get_by_role("button", name="Move Name down").click()
    assert violations(page) == []
    dialog.get_by_role("button", name="Save").click()
    page.goto(LIST)
    heads = [h.strip() for h in page.locator("thead th").all_inner_texts()]
    assert heads == ["", "No.", "ID document number", "Name", "Status", "Time of registration", "Operation"]
    assert watch.found == []


def test_a_search_by_name_leaves_no_name_in_the_address_and_clear_empties_it(desk: tuple[Page, Watch]) -> None:
    page, watch = desk
    page.get_by_label("Name", exact=True).fill("王00")
    page.get_by_label("Sex").select_option("Male")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    assert re.fullmatch(r"tab=active&f_sex=male&k=[\w-]{24}", page.url.split("?")[1])
    check(page, watch, language="en", name="list-filtered-en")
    page.get_by_role("link", name=re.compile("^Sex: Male")).click()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("button", name=re.compile("^Name: 王00")).click()
    expect(page.locator(".pager")).to_contain_text("53 rows")
    page.get_by_label("Sex").select_option("Male")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Clear", exact=True).click()
    assert page.url.split("?")[1] == "tab=active"


def test_an_empty_result_and_an_empty_list_pass_axe(desk: tuple[Page, Watch]) -> None:
    page, watch = desk
    for query in ("?f_registered_from=2199-01-01", "?tab=disabled", "?f_sex=evil"):
        page.goto(LIST + query)
        check(page, watch, language="en")


def test_errors_of_a_form_take_the_focus_and_lead_to_their_field(desk: tuple[Page, Watch]) -> None:
    page, watch = desk
    page.goto(f"{LIST}new/")
    page.get_by_label("Name").fill("x")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.get_by_role("link", name="Phone: Please give a reason.").click()
    expect(page.get_by_label("Phone")).to_be_focused()
    assert page.get_by_label("Phone").get_attribute("aria-describedby") == "phone-help phone-error"
    check(page, watch, language="en", name="form-errors-en")


def test_on_a_phone_rows_are_cards_and_everything_can_be_hit(phone: tuple[Page, Watch]) -> None:
    page, watch = phone
    check(page, watch, language="en", name="list-390-en")
    assert small_targets(page) == []
    first = page.locator("tbody tr").first
    assert first.evaluate("row => getComputedStyle(row).display") == "block"
    assert first.locator("td").nth(2).evaluate("cell => getComputedStyle(cell, '::before').content") == '"ID document number"'
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.get_by_role("navigation", name="Functions")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("switch", ["Large print", "High contrast"])
def test_with_large_print_or_high_contrast_nothing_is_clipped(phone: tuple[Page, Watch], switch: str) -> None:
    page, watch = phone
    page.locator("summary", has_text="Display").click()
    page.get_by_role("button", name=switch).click()
    page.goto(LIST)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == ("20px" if switch == "Large print" else "14px")
    check(page, watch, language="en", name=f"list-390-{switch.split(maxsplit=1)[0].lower()}-en")
    for address in (f"{LIST}new/", "/trial/", "/admin/jobs/"):
        page.goto(address)
        check(page, watch, language="en")


def test_without_scripts_search_batch_and_delete_work_and_ask(
    browser: Browser, live_server: str, cast: Cast, forgery_checked: None, people: People
) -> None:
    with window(browser, live_server, language="en", java_script_enabled=False) as (page, _):
        log_in(page.context, cast.accounts["unit_clerk"], "employer")
        page.goto(LIST)
        page.get_by_label("Name", exact=True).fill("王00")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("tbody tr")).to_have_count(10)
        page.locator("input[name=ids]").nth(1).check()
        page.get_by_role("button", name="Batch disable").click()
        expect(page.locator("main")).to_contain_text("1 row: 王001")
        assert people()["王001"].state == "active"
        page.get_by_label("Reason").fill("left")
        page.locator("main").get_by_role("button", name="Batch disable").click()
        expect(page.get_by_role("status").filter(has_text="Batch disable: 1 row done.")).to_be_visible()
        assert people()["王001"].state == "disabled"
        page.locator("td.ops summary").nth(1).click()
        page.get_by_role("link", name="Delete").click()
        expect(page.locator("main")).to_contain_text("Delete 王002? This cannot be undone.")
        assert "王002" in people()
        page.locator("main").get_by_role("button", name="Delete").click()
        expect(page.get_by_text("Deleted.")).to_be_visible()
        assert "王002" not in people()


def test_a_job_shows_its_progress_and_survives_a_reload(desk: tuple[Page, Watch], app: Flask, cast: Cast, people: People) -> None:
    page, watch = desk
    with app.app_context(), system_session() as session, unit_of_work(session):
        add_people(session, cast, 500, start=50)
    page.reload()
    page.get_by_role("button", name="Disable all").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Reason").fill("moved")
    dialog.get_by_role("button", name="Batch disable").click()
    expect(page.locator("h1")).to_have_text("Batch disable")
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=20_000)
    page.reload()
    expect(page.locator("[data-job-count]")).to_have_text("553 of 553")
    check(page, watch, language="en", name="job-1366-en")
