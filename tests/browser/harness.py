"""What is checked on every page in a headless browser: axe, structure, console, origin, width; and a picture to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from models.people.tables import Account
from tests.cast import PASSWORD

SIZES = {"1366": (1366, 768), "390": (390, 844), "320": (320, 640)}
PICTURES = Path(".pytest_cache") / "pages"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
SITE_NAMES = {
    "zh": "专业技术人员继续教育公共服务平台",
    "en": "Continuing Education Public Service Platform for Professional and Technical Personnel",
}
# A sentence of the catalogue that stayed a message id: Latin words in a row on a Chinese page.
ENGLISH = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z']{2,}){1,}")


@dataclass
class Watch:
    """What went wrong while a page was open: console, errors, answers 500, requests that left the origin."""

    origin: str
    found: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to everything that *page* says."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"error {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        is_ours = "status of 4" not in message.text and "blocked by Playwright" not in message.text
        if message.type in {"error", "warning"} and is_ours:
            self.found.append(f"console {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.found.append(f"off the origin {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.found.append(f"answer {response.status} {urlsplit(response.url).path}")


@contextmanager
def window(
    browser: Browser, origin: str, *, size: str = "1366", language: str = "zh", **more: Any
) -> Iterator[tuple[Page, Watch]]:
    """Open a window of one size and language; *more* are options of the context."""
    width, height = SIZES[size]
    context = browser.new_context(
        service_workers="block",  # it would fetch beside what the harness watches; a test of its own lets it work
        base_url=origin,
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        **more,
    )
    context.add_cookies([{"name": "lang", "value": language, "url": origin}])
    page = context.new_page()
    watch = Watch(origin)
    watch.follow(page)
    try:
        yield page, watch
    finally:
        context.close()


def log_in(context: BrowserContext, account: Account, kind: str) -> None:
    """Log somebody in by the login form's own request; the cookies stay in the context."""
    page = context.new_page()
    page.goto("/login")
    token = page.locator("input[name=csrf_token]").first.input_value()
    data = {
        "csrf_token": token,
        "document_type": account.document_type,
        "number": account.number,
        "password": PASSWORD,
        "kind": kind,
    }
    answer = context.request.post("/login", form=data)
    assert answer.ok, answer.text()
    assert not urlsplit(answer.url).path.startswith("/login"), "the login was refused"
    page.close()


def violations(page: Page) -> list[str]:
    """Return what axe finds: rule and first element.

    Bars that stick to the window's edge are let go meanwhile: what lies under one at this moment is scrolled free by a
    reader, but axe measures only the part that can be seen.
    """
    page.evaluate("document.querySelectorAll('.bottombar, .savebar').forEach((bar) => (bar.style.position = 'static'))")
    found = Axe().run(page, options=RULES).response["violations"]
    page.evaluate("document.querySelectorAll('.bottombar, .savebar').forEach((bar) => (bar.style.position = ''))")
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]


def check(page: Page, watch: Watch, *, language: str = "zh", name: str = "") -> None:
    """Assert what holds on every page, and keep a picture under *name*."""
    if name:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-Hans", "en": "en"}[language]
    heading = page.locator("h1")
    assert heading.count() == 1
    assert page.title() == f"{heading.inner_text()} - {SITE_NAMES[language]}"
    for landmark in ("header", "main", ".skip"):
        assert page.locator(f"body > {landmark}, body > * > {landmark}").count() == 1, landmark
    assert violations(page) == []
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert watch.found == []


def untranslated(page: Page) -> list[str]:
    """Return English sentences of a Chinese page, without what people typed (marked by the test data's own words)."""
    words = page.locator("body").inner_text()
    return [m for m in ENGLISH.findall(words) if not m.startswith("English")]


def small_targets(page: Page) -> list[str]:
    """Return links and buttons smaller than 24 px, but links inside a sentence."""
    script = """() => [...document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden])")]
        .filter((e) => e.checkVisibility() && !e.closest("p, .sr, .skip") && !(e.matches("input") && e.closest("label")))
        .map((e) => [e, e.getBoundingClientRect()])
        .filter(([e, r]) => r.width > 1 && (r.height < 24 || r.width < 24))
        .map(([e, r]) => `${e.outerHTML.slice(0, 100)} ${Math.round(r.width)}x${Math.round(r.height)}`)"""
    found: list[str] = page.evaluate(script)
    return found
