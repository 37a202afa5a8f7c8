"""Who acts in this request: the only place that sees Flask-Security's current user."""

from __future__ import annotations

from flask import g
from flask_babel import gettext
from flask_security import current_user
from werkzeug.exceptions import Unauthorized

from models.access import Actor, Permission, PositionKind
from models.errors import N_
from models.people.positions import Position
from views import session as web_session

KIND_WORDS: dict[PositionKind, str] = {
    PositionKind.PROFESSIONAL: N_("Professional"),
    PositionKind.EMPLOYER: N_("Employer"),
    PositionKind.COMPETENT_DEPARTMENT: N_("Competent department"),
    PositionKind.HR_DEPARTMENT: N_("HR department"),
    PositionKind.TRAINING_BASE: N_("Training base"),
    PositionKind.SUPPORT: N_("Support"),
}


class LoginNeeded(Unauthorized):
    """A page of a position was asked for without one; the reader is led to the login and back."""


def current_actor() -> Actor | None:
    """Return who acts in this request, None for a visitor; read afresh for each request."""
    if "ce_actor" not in g:
        g.ce_actor = web_session.acting() if current_user.is_authenticated else None
    actor: Actor | None = g.ce_actor
    return actor


def required_actor(permission: Permission | None = None) -> Actor:
    """Return who acts; raises LoginNeeded for a visitor and NotAllowed for a position without *permission*."""
    actor = current_actor()
    if actor is None:
        raise LoginNeeded
    actor.require(permission or Permission.HOME)
    return actor


def other_positions() -> list[tuple[str, str]]:
    """Return key and words of the positions that the reader could switch to."""
    found = web_session.login()
    if found is None or found.account.must_change:
        return []
    return [(p.key, position_label(p)) for p in found.positions if p.is_usable and p.key != found.position_key]


def position_label(position: Position) -> str:
    """Return the words of a position: organisation and user type."""
    word = gettext(KIND_WORDS[position.kind])
    if position.actor.is_inner:
        word = f"{word} · {gettext(N_('Internal account'))}"
    return f"{position.actor.organisation_name}（{word}）" if position.actor.organisation_name else word
