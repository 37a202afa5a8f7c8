"""The administration as a whole: every screen is registered here, and none without a permission."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin

from models.jobs import Job
from views.admin import menu
from views.admin.base import THEME, ScopedModelView, add_views
from views.admin.home import HomePage
from views.admin.jobs import JobView
from views.admin.screen import ScopedPage

ADDRESS = "/admin"


def screens() -> list[ScopedModelView | ScopedPage]:
    """Return the screens of one application; their place in the menu is their ``group_id`` and ``order``."""
    return [JobView(Job, endpoint="jobs", url="jobs")]


def install(app: Flask) -> Admin:
    """Register the administration; raises UndeclaredPermission for a screen that nobody guarded."""
    admin = Admin(app, index_view=HomePage(endpoint="admin", url=ADDRESS), theme=THEME)
    add_views(admin, *screens())
    menu.install(app, admin)
    return admin
