"""The professional's self-service: home, own data, declarations of hours, the year's completion, the certificate."""

from __future__ import annotations

from flask import Flask

from models.errors import N_
from views.layout import PortalItem, add_portal_items
from views.portal import declarations, declare, home, profile, profile_parts, registers, steps, transfer, years
from views.portal.reader import blueprint

PAGES = (home, declare, declarations, steps, years, registers, profile, profile_parts, transfer)
"""Importing a page's module gives the blueprint its addresses."""

ITEMS = (
    PortalItem(N_("Home"), "portal.home", "home"),
    PortalItem(N_("Declare hours"), "portal.declare", "pen"),
    PortalItem(N_("My progress"), "portal.declarations", "clock"),
    PortalItem(N_("My years"), "portal.years", "award"),
    PortalItem(N_("My data"), "portal.profile", "user"),
)


def install(app: Flask) -> None:
    """Register the portal's pages and the entries of its bar."""
    app.register_blueprint(blueprint)
    add_portal_items(app, *ITEMS)
