"""Forms that may act once: the answer of such a form, loaded again in the browser, must not act a second time."""

from __future__ import annotations

import secrets

from flask import request, session

FIELD = "once"
_KEPT = 10


def once_key() -> str:
    """Return a new key for a form; it goes into the hidden field of that name."""
    return secrets.token_urlsafe(9)


def was_sent_before() -> bool:
    """Say whether this very form has acted already in this login; ``note_sent`` remembers it."""
    return request.form.get(FIELD, "") in session.get(FIELD, ())


def note_sent() -> None:
    """Remember that the form of this request has acted."""
    key = request.form.get(FIELD, "")
    if key:
        session[FIELD] = [*session.get(FIELD, ()), key[:24]][-_KEPT:]
