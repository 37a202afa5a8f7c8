"""Where a redirect may lead: only to a path of this site. Every target that a reader can set passes here."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import redirect
from werkzeug.wrappers import Response

_FORBIDDEN = frozenset("\\\r\n\t\0")


def is_own(target: str | None) -> bool:
    """Say whether *target* is an absolute path of this site, without scheme, host or control characters."""
    if not target or not target.startswith("/") or target.startswith("//") or _FORBIDDEN & set(target):
        return False
    if any(ord(character) < 32 for character in target):
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc


def own_or(target: str | None, default: str) -> str:
    """Return *target* when it is of this site, else *default*."""
    return target if target is not None and is_own(target) else default


def redirect_own(target: str | None, default: str) -> Response:
    """Redirect (303) to *target* when it is of this site, else to *default*."""
    return redirect(own_or(target, default), code=303)
