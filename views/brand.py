"""The platform's name, the addresses of its static files, and its icons."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import current_app, request
from markupsafe import Markup

from models.errors import N_

SITE_NAME = N_("Continuing Education Public Service Platform for Professional and Technical Personnel")
VERSION = "0.1.0"
"""Of the product, as in pyproject.toml; a test holds the two together."""
SITE_SHORT_NAME = N_("Continuing Education Platform")


def asset(name: str) -> str:
    """Return the address of a static file with the fingerprint of its content, so that it may be cached for long."""
    known: dict[str, str] = current_app.extensions.setdefault("ce_assets", {})  # a list page asks a hundred times
    if name not in known:
        content = Path(str(current_app.static_folder), name).read_bytes()
        known[name] = f"{current_app.static_url_path}/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"
    return request.script_root + known[name]


@cache
def _icon(file: str, name: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(file, name)


def icon(name: str) -> Markup:
    """Return a picture of the icon sheet, for a page that says in words what it means."""
    return _icon(asset("img/icons.svg"), name)
