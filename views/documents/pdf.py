"""HTML to PDF. Nothing is fetched but ``data:`` addresses and the own fonts; one font configuration serves the whole process."""

from __future__ import annotations

import atexit
import threading
from functools import cache
from typing import Any

from flask import current_app

from models.later import Later
from views.documents import fonts

weasyprint = Later("weasyprint")
configurations = Later("weasyprint.text.fonts")
urls = Later("weasyprint.urls")

_lock = threading.Lock()
"""Pango is not made for several threads at once, and a second configuration would leak its fonts."""


@cache
def _fonts() -> Any:
    atexit.register(_forget)
    return configurations.FontConfiguration()


def _forget() -> None:
    """Let the configuration remove its copies of the own fonts while there still is somebody to do so."""
    _style.cache_clear()
    _fonts.cache_clear()


@cache
def _fetcher() -> Any:
    class Fetcher(urls.URLFetcher):  # type: ignore[name-defined]
        def fetch(self, url: str, headers: Any = None) -> Any:
            """Answer the address of an own font here; no other but ``data:`` is let through."""
            scheme, _, name = url.partition(":")
            if scheme != fonts.SCHEME:
                return super().fetch(url, headers)
            return urls.URLFetcherResponse(url, fonts.content(name), {"Content-Type": "font/otf"})

    return Fetcher(allowed_protocols=("data", fonts.SCHEME), allow_redirects=False)


@cache
def _style(source: str) -> Any:
    return weasyprint.CSS(string=source, font_config=_fonts(), url_fetcher=_fetcher())


def style_sheet(name: str) -> str:
    """Return the text of a style sheet that stands beside the templates of the documents."""
    loader: Any = current_app.jinja_env.loader
    source, _, _ = loader.get_source(current_app.jinja_env, f"documents/{name}")
    return str(source)


def render(html: str, *, style: str) -> bytes:
    """Return the PDF of *html* under the style sheet *style*, a file of templates/documents."""
    with _lock:
        sheet = fonts.rules() + style_sheet(style)
        document = weasyprint.HTML(string=html, url_fetcher=_fetcher())
        pdf: bytes = document.write_pdf(stylesheets=[_style(sheet)], font_config=_fonts())
    return pdf
