"""Without a network the platform shows a page in words, and nothing of what was seen before."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


def test_a_page_in_words_stands_in_for_the_network(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, locale="zh-CN")
    page = context.new_page()
    try:
        page.goto("/")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        context.set_offline(True)
        page.goto("/verify")
        expect(page.get_by_role("heading", name="没有网络")).to_be_visible()
        kept = page.evaluate("caches.open('offline-1').then((cache) => cache.keys()).then((keys) => keys.map((key) => key.url))")
        assert kept == [f"{live_server}/offline"]
        context.set_offline(False)
        page.get_by_role("link", name="重试").click()
        expect(page.get_by_role("heading", name="没有网络")).to_have_count(0)
    finally:
        context.close()
