"""The screens as officers use them: the queue by keyboard, a new organisation, a reset, batches, on a laptop and a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from models.org.tables import Organisation
from models.reviews.tables import Decision, Review
from tests.browser.harness import Watch, check, log_in, small_targets, violations, window
from tests.cast import Cast, made_up_number

pytestmark = pytest.mark.browser
CODE = "91371102MA3T0X9Y4U"


@pytest.fixture(autouse=True)
def _forgery_checked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.fixture
def at(browser: Browser, live_server: str, cast: Cast) -> Callable[..., Any]:
    """Open a window where somebody is logged in: `with at("unit_clerk", size="390") as (page, watch)`."""

    @contextmanager
    def open_at(name: str, *, size: str = "1366", language: str = "en") -> Iterator[tuple[Page, Watch]]:
        with window(browser, live_server, size=size, language=language) as (page, watch):
            log_in(page.context, cast.accounts[name], cast.actors[name].kind.value)
            yield page, watch

    return open_at


def choose(page: Page, label: str, text: str, option: str) -> None:
    """Search a picker and take one of its options."""
    box = page.get_by_role("combobox", name=label)
    box.fill(text)
    page.get_by_role("option", name=re.compile(option)).click()


def test_a_queue_is_worked_by_keyboard(at: Callable[..., Any], declare: Callable[..., int], look: Any) -> None:
    first, second, third = (
        declare("professional"),
        declare("colleague"),
        declare("professional", start_date="2026-05-04", end_date="2026-05-08"),
    )
    with at("unit_clerk") as (page, watch):
        page.goto("/admin/hours/")
        page.get_by_role("link", name="Details").first.click()
        expect(page.get_by_text("1 / 3")).to_be_visible()
        check(page, watch, language="en", name="hours-details-1366")
        page.keyboard.press("j")
        expect(page.get_by_text("2 / 3")).to_be_visible()
        page.keyboard.press("k")
        expect(page.get_by_text("1 / 3")).to_be_visible()
        page.get_by_label("Hours granted").fill("12.5")
        page.locator("h1").click()
        page.keyboard.press("a")
        expect(page.get_by_text("1 / 2")).to_be_visible()
        page.keyboard.press("r")
        expect(page.get_by_label("Review opinion")).to_be_focused()
    with look() as session:
        decisions = session.scalars(select(Decision)).all()
        assert [(d.review_id, (d.values or {})["granted_tenths"]) for d in decisions] == [(first, 125)]
        assert {r.level for r in session.scalars(select(Review).where(Review.id.in_([second, third])))} == {1}


@pytest.mark.parametrize("size", ["1366", "390"])
def test_a_batch_asks_in_a_dialog_and_tells_what_became_of_it(
    at: Callable[..., Any], register: Callable[..., Any], size: str
) -> None:
    register(1)
    register(2, "曾小华")
    with at("unit_clerk", size=size) as (page, watch):
        page.goto("/admin/registrations/")
        check(page, watch, language="en", name=f"registrations-{size}")
        assert small_targets(page) == []
        for tick in page.locator("input[name=ids]").all():
            tick.check()
        page.get_by_role("button", name="Batch reject").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("2 of 2 can be rejected.")
        assert violations(page) == []
        dialog.get_by_role("button", name="The person does not work in this organisation.").click()
        dialog.get_by_role("button", name="Reject", exact=True).click()
        expect(page.get_by_text("Reject: 2 rows done.")).to_be_visible()
        expect(page.get_by_text("No data")).to_be_visible()
        check(page, watch, language="en")


def test_a_new_organisation_is_made_with_the_searched_choices(at: Callable[..., Any], lists: None, look: Any, cast: Cast) -> None:
    with at("county_officer") as (page, watch):
        page.goto("/admin/organisations/?tab=employer")
        page.get_by_role("link", name="Add").click()
        check(page, watch, language="en", name="organisation-new-1366")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("Please enter the unit name.")
        check(page, watch, language="en", name="organisation-errors-1366")
        page.get_by_label("Unit name").fill("海州市第九中学")
        page.get_by_label("Organisation code / unified social credit code").fill(CODE)
        choose(page, "Superior unit", "department", "单位-department")
        choose(page, "Region", "测试", "测试市")
        page.get_by_label("ID document number").fill(made_up_number(300))
        page.get_by_label("Name", exact=False).last.fill("单小明")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Created")).to_be_visible()
        expect(page.locator("code")).to_have_text(re.compile(r"^\w{10}$"))
        check(page, watch, language="en", name="organisation-created-1366")
    with look() as session:
        found = session.scalars(select(Organisation).where(Organisation.code == CODE)).one()
        assert found.parent_id == cast.organisations["department"].id


@pytest.mark.parametrize("size", ["1366", "390"])
def test_a_person_is_found_read_and_reset(at: Callable[..., Any], lists: None, cast: Cast, size: str) -> None:
    with at("unit_clerk", size=size) as (page, watch):
        page.goto("/admin/people/")
        page.get_by_label("ID document number").fill(cast.accounts["colleague"].number.lower())
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("link", name="人员-colleague")).to_be_visible()
        expect(page.get_by_role("link", name="人员-professional")).to_have_count(0)
        check(page, watch, language="en", name=f"people-{size}")
        page.get_by_role("link", name="人员-colleague").click()
        check(page, watch, language="en", name=f"person-{size}")
        page.get_by_role("link", name="Reset password").click()
        check(page, watch, language="en", name=f"reset-{size}")
        page.get_by_role("button", name="The person forgot the password and asked for it.").click()
        page.get_by_role("button", name="Reset password").click()
        expect(page.get_by_text("The first password is now the last six characters")).to_be_visible()
        check(page, watch, language="en")


@pytest.mark.parametrize("size", ["1366", "390"])
@pytest.mark.parametrize("name", ["unit_clerk", "department_clerk", "county_officer"])
def test_every_screen_of_each_role_is_accessible(
    at: Callable[..., Any], declare: Callable[..., int], decide: Any, cast: Cast, name: str, size: str
) -> None:
    decide(declare("professional"), "unit_clerk", "department_clerk", "county_officer")
    person = cast.people["professional"].id
    addresses = [
        "",
        "registrations/",
        "registrations/?tab=reviewed",
        "hours/",
        "hours/?tab=reviewed",
        "people/",
        f"learning-record/?id={person}",
    ]
    if name != "unit_clerk":
        addresses += ["organisations/?tab=employer", f"organisations/details/?id={cast.organisations['unit'].id}"]
    with at(name, size=size, language="zh") as (page, watch):
        for address in addresses:
            page.goto(f"/admin/{address}")
            check(page, watch, name=f"{name}-{size}-{re.sub('[^a-z]+', '-', address)}")
            assert small_targets(page) == []
