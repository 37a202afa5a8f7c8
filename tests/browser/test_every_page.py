"""Every page that a role reaches by links: axe, structure, console, origin, width and language.

`make test` sees each role in one size and language, chosen by a fixed seed; `make test-hard` the whole grid.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.harness import SIZES, Watch, check, log_in, untranslated, window
from tests.cast import Cast

pytestmark = pytest.mark.browser

STARTS = {
    # somebody of the cast: (user type, first page)
    "": ("", "/"),
    "professional": ("professional", "/portal/"),
    "unit_clerk": ("employer", "/admin/"),
    "department_clerk": ("competent_department", "/admin/"),
    "county_officer": ("hr_department", "/admin/"),
    "base_clerk": ("training_base", "/admin/"),
}
NO_PAGES = re.compile(
    r"^/language/|/static/|/files/|/captcha|\.(png|jpg|pdf|xlsx|zip|json)$|/template|/download|/certificate"
    r"|^/verify/(?:offline|receipt)/file$|^/documents/"
)
AT_MOST = 60
GRID = [(size, language) for size in SIZES for language in ("zh", "en")]
ONE_EACH = {name: random.Random(f"2026-{name}").choice([("1366", "zh"), ("390", "en")]) for name in STARTS}


def pattern(address: str) -> str:
    """Return the page behind an address: its path without ids, and which parameters it takes."""
    parts = urlsplit(address)
    names = sorted({name for name, _ in parse_qsl(parts.query)} - {"url", "to"})
    return re.sub(r"/\d+", "/#", parts.path) + "?" + "&".join(names)


def walk(page: Page, start: str) -> Iterator[str]:
    """Open every page that links lead to, one for each pattern, and yield its pattern."""
    waiting, seen = [start], set()
    while waiting and len(seen) < AT_MOST:
        address = waiting.pop(0)
        if pattern(address) in seen or NO_PAGES.search(urlsplit(address).path):
            continue
        seen.add(pattern(address))
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"
        yield pattern(address)
        links: list[str] = page.eval_on_selector_all("a[href]", "links => links.map((link) => link.getAttribute('href'))")
        waiting += [a for a in links if a.startswith("/") and not a.startswith("//")]


def see_all(page: Page, watch: Watch, name: str, size: str, language: str, *, keeps_pictures: bool = False) -> int:
    """Check every page that *name* reaches; return how many there were."""
    number = 0
    for seen in walk(page, STARTS[name][1]):
        number += 1
        picture = re.sub(r"[^a-z0-9]+", "-", f"{name or 'visitor'}-{size}-{language}-{seen}".lower()).strip("-")
        try:
            check(page, watch, language=language, name=picture[:90] if keeps_pictures else "")
            if language == "zh":
                assert untranslated(page) == []
        except AssertionError as error:
            raise AssertionError(f"{seen} at {size} in {language}: {error}") from error
    return number


N_PAGES = {"": 6, "professional": 8, "unit_clerk": 12, "department_clerk": 14, "county_officer": 14, "base_clerk": 10}
"""So many pages at least: a walk that ends early has seen nothing."""


@pytest.mark.parametrize("name", STARTS)
def test_each_role_finds_every_page_in_order(browser: Browser, live_server: str, cast: Cast, busy_world: None, name: str) -> None:
    size, language = ONE_EACH[name]
    with window(browser, live_server, size=size, language=language) as (page, watch):
        if name:
            log_in(page.context, cast.accounts[name], STARTS[name][0])
        assert see_all(page, watch, name, size, language) >= N_PAGES[name]


@pytest.mark.hard
@pytest.mark.parametrize(("size", "language"), GRID)
@pytest.mark.parametrize("name", STARTS)
def test_each_role_finds_every_page_in_order_in_the_whole_grid(
    browser: Browser, live_server: str, cast: Cast, busy_world: None, name: str, size: str, language: str
) -> None:
    with window(browser, live_server, size=size, language=language) as (page, watch):
        if name:
            log_in(page.context, cast.accounts[name], STARTS[name][0])
        assert see_all(page, watch, name, size, language, keeps_pictures=True) >= N_PAGES[name]
