"""What every template may call: assets, language, display, the position in use and the menus. Registers no page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request, url_for
from flask_babel import gettext

from models.access import Actor
from models.errors import N_
from views.actor import KIND_WORDS, current_actor, other_positions
from views.brand import SITE_NAME, SITE_SHORT_NAME, asset, icon
from views.forms import input_attributes
from views.once import once_key
from views.public.language import display_classes, page_lang, shows
from views.words import file_size, hours, local_time, words


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One link of a menu, ready to be shown."""

    label: str
    url: str
    icon: str = "right"
    is_current: bool = False
    badge: str = ""


@dataclass(frozen=True, slots=True)
class PortalItem:
    """One entry of the portal's bar: message id of the label, endpoint, icon, and the blueprint prefix that marks it current."""

    label: str
    endpoint: str
    icon: str


_PORTAL_KEY = "ce_portal_items"


def add_portal_items(app: Flask, *items: PortalItem) -> None:
    """Append entries to the portal's menu (bottom bar on the phone, top bar elsewhere), in this order."""
    app.extensions.setdefault(_PORTAL_KEY, []).extend(items)


def portal_menu() -> list[MenuEntry]:
    """Return the portal's entries; the current one is that whose address begins the request's."""
    items: list[PortalItem] = current_app.extensions.get(_PORTAL_KEY, [])
    entries = [(item, url_for(item.endpoint)) for item in items]
    best = max((url for _, url in entries if request.path.startswith(url)), key=len, default=None)
    return [MenuEntry(gettext(item.label), url, item.icon, url == best) for item, url in entries]


def here_path() -> str:
    """Return the address to come back to after a switch of language or display."""
    methods = request.url_rule.methods if request.url_rule else None
    if request.method in {"GET", "HEAD"} or "GET" in (methods or ()):
        return request.full_path.rstrip("?")
    # This page is the answer to a form and cannot be asked for: back to where the form stood.
    came_from = urlsplit(request.referrer or "")
    return f"{came_from.path}?{came_from.query}".rstrip("?") if came_from.path and came_from.netloc == request.host else "/"


def position_key() -> str:
    """Return the key of the position in use, which each form carries; empty before the login."""
    actor = current_actor()
    return actor.position_key if actor else ""


def position_word(actor: Actor) -> str:
    """Return user type and role of the position, as 人社部门 · 超级管理员."""
    parts = [gettext(KIND_WORDS[actor.kind])]
    if actor.post_id:
        parts.append(gettext(N_("Super administrator")) if actor.is_super else gettext(N_("Administrator")))
    if actor.is_inner:
        parts.append(gettext(N_("Internal account")))
    return " · ".join(parts)


def _site_name() -> str:
    return gettext(SITE_NAME)


def _site_short_name() -> str:
    return gettext(SITE_SHORT_NAME)


def install(app: Flask) -> None:
    """Give the templates of *app* their functions and filters."""
    names: dict[str, Any] = {
        "asset": asset,
        "icon": icon,
        "current_actor": current_actor,
        "display_classes": display_classes,
        "here_path": here_path,
        "input_attributes": input_attributes,
        "once_key": once_key,
        "other_positions": other_positions,
        "page_lang": page_lang,
        "portal_menu": portal_menu,
        "position_key": position_key,
        "position_word": position_word,
        "shows": shows,
        "site_name": _site_name,
        "site_short_name": _site_short_name,
        "words": words,
    }
    app.jinja_env.globals.update(names)
    app.jinja_env.filters.update(local_time=local_time, file_size=file_size, hours=hours)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
