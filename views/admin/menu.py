"""The side menu: the registered views that the position in use may open, by group, in its own words."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask, request
from flask_admin import Admin
from flask_babel import gettext

from models.access import Actor
from views.actor import current_actor
from views.admin.screen import Screen
from views.layout import MenuEntry


@dataclass(slots=True)
class MenuGroup:
    """A headed part of the menu."""

    label: str
    entries: list[MenuEntry] = field(default_factory=list)


def screens(admin: Admin) -> list[Screen]:
    """Return the registered views in the order of the menu."""
    found = [v for v in admin._views if isinstance(v, Screen)]  # noqa: SLF001 - there is no public list
    return sorted(found, key=lambda v: v.order)


def groups_for(admin: Admin, actor: Actor) -> list[MenuGroup]:
    """Return the menu of *actor*'s position in its own words."""
    groups: dict[str, MenuGroup] = {}
    current = (request.endpoint or "").partition(".")[0]
    for view in screens(admin):
        if view.in_menu and view.is_for(actor):
            group = groups.setdefault(view.group_id, MenuGroup(gettext(view.group_id) if view.group_id else ""))
            todo = view.todo(actor)
            badge = todo.word if todo and todo.n else ""
            group.entries.append(MenuEntry(view.word_for(actor.kind), view.start_url, view.icon, view.endpoint == current, badge))
    return list(groups.values())


def install(app: Flask, admin: Admin) -> None:
    """Give the templates of *app* the menu of *admin*."""

    def admin_menu() -> list[MenuGroup]:
        actor = current_actor()
        return groups_for(admin, actor) if actor is not None else []

    app.jinja_env.globals["admin_menu"] = admin_menu
