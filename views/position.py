"""Refuses a form that was made in another position than the one in use now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request

from views.actor import current_actor
from views.public.errors import PositionChanged

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK = "_any_position"
ABOUT_THE_PAGE = frozenset({"language.display"})
"""What changes nothing but the reader's own page, whatever the position."""

F = TypeVar("F", bound=Callable[..., object])


def any_position(view: F) -> F:
    """Mark an endpoint that may be posted from any position: log in, log out, switch, display."""
    setattr(view, _MARK, True)
    return view


def check_position() -> None:
    """Raise PositionChanged when a logged-in reader posts a form without the position in use."""
    if request.method in SAFE_METHODS or request.endpoint is None or request.endpoint in ABOUT_THE_PAGE:
        return
    if getattr(current_app.view_functions.get(request.endpoint), _MARK, False):
        return
    actor = current_actor()
    if actor is None or not actor.position_key:
        return
    sent = request.form.get("position") or request.headers.get("X-Position", "")
    if sent != actor.position_key:
        raise PositionChanged


def install(app: Flask) -> None:
    """Check every posted form of *app*; register after CSRFProtect, which refuses forged ones first."""
    app.before_request(check_position)
