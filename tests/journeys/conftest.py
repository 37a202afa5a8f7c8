"""Desks of the people in the story: each has a window of her own, reads Chinese, and works by labels and buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from tests.admin.conftest import lists
from tests.browser.harness import Watch, window
from tests.cast import PASSWORD, Cast

__all__ = ["lists"]

USER_TYPES = {
    "professional": "专业技术人员",
    "employer": "用人单位",
    "competent_department": "主管部门",
    "hr_department": "人社部门",
}


@dataclass
class Desk:
    """A window with somebody in front of it."""

    page: Page
    watch: Watch

    def log_in(self, number: str, password: str, user_type: str) -> None:
        """Send the login window; support has one without user types."""
        self.page.goto("/login" if user_type else "/support/login")
        if user_type:
            self.page.get_by_label("用户类型").select_option(label=user_type)
        self.page.get_by_label("证件号").fill(number)
        self.page.get_by_label(re.compile(r"^密码\*?$")).fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()

    def change_password(self, old: str, new: str) -> None:
        """Fill in the form that a first password leads to."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text("修改密码")
        self.page.get_by_label("原密码").fill(old)
        self.page.get_by_label("新密码").fill(new)
        self.page.get_by_label("确认密码").fill(new)
        self.page.get_by_role("button", name="保存").click()
        expect(self.page.get_by_role("heading", level=1)).not_to_have_text("修改密码")

    def log_out(self) -> None:
        """Open the menu of the user's name and leave."""
        self.page.locator("header summary", has_text="人员-").click()
        self.page.get_by_role("button", name="退出登录").click()

    def open(self, word: str) -> None:
        """Follow a link of the menu."""
        self.page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{re.escape(word)}")).first.click()

    def search_for(self, label: str, text: str) -> None:
        """Take an option of a searched choice."""
        self.page.get_by_role("combobox", name=label).fill(text)
        self.page.get_by_role("option", name=re.compile(text)).first.click()

    def pick(self, label: str, text: str) -> None:
        """Take a row of the window that a field opens (弹窗)."""
        self.page.get_by_label(re.compile(rf"^{re.escape(label)}\*?$")).click()
        dialog: Locator = self.page.get_by_role("dialog")
        dialog.get_by_role("row").filter(has_text=text).get_by_role("link").first.click()
        expect(dialog).to_be_hidden()


@pytest.fixture(autouse=True)
def _quiet(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.fixture
def sit_down(browser: Browser, live_server: str, cast: Cast) -> Iterator[Callable[..., Desk]]:
    """Open a window: `sit_down("city_officer")` logs somebody of the cast in, `sit_down()` is a stranger."""
    with ExitStack() as windows:
        desks = []

        def open_desk(name: str = "", *, size: str = "1366") -> Desk:
            page, watch = windows.enter_context(window(browser, live_server, size=size))
            page.set_default_timeout(15_000)
            desks.append(Desk(page, watch))
            if name:
                kind = cast.actors[name].kind.value
                desks[-1].log_in(cast.accounts[name].number, PASSWORD, USER_TYPES.get(kind, ""))
                expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("首页|客服工作台"))
            return desks[-1]

        yield open_desk
        assert [found for desk in desks for found in desk.watch.found] == []
