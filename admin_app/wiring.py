"""The one list of what views bring to an application: pages, template functions, error pages."""

from __future__ import annotations

from flask import Flask

from views import layout
from views.public import errors, language


def install_views(app: Flask) -> None:
    """Register every page."""
    layout.install(app)
    errors.install(app)
    app.register_blueprint(language.blueprint)
