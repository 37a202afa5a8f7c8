"""The platform's name, and the addresses of its static files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import current_app, request

from models.errors import N_

SITE_NAME = N_("Continuing Education Public Service Platform for Professional and Technical Personnel")
VERSION = "0.1.0"
"""Of the product, as in pyproject.toml; a test holds the two together."""
SITE_SHORT_NAME = N_("Continuing Education Platform")


@cache
def _asset(address: str, folder: str, name: str) -> str:
    return f"{address}/{name}?v={hashlib.sha256(Path(folder, name).read_bytes()).hexdigest()[:10]}"


def asset(name: str) -> str:
    """Return the address of a static file with the fingerprint of its content, so that it may be cached for long."""
    return f"{request.script_root}{_asset(current_app.static_url_path or '', str(current_app.static_folder), name)}"
