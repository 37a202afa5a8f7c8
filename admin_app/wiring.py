"""The one list of what views bring to an application: pages, template functions, error pages."""

from __future__ import annotations

from flask import Flask

from views import documents, files, gate, layout, portal, position, public, support
from views.admin import site
from views.arguments import IdConverter
from views.public import errors, language


def install_views(app: Flask) -> None:
    """Register every page; the gate first, so that each request has its scope before a page looks at it."""
    app.url_map.converters["int"] = IdConverter
    gate.install(app)
    position.install(app)
    layout.install(app)
    errors.install(app)
    app.register_blueprint(language.blueprint)
    public.register(app)
    support.register(app)
    app.register_blueprint(files.blueprint)
    documents.register(app)
    portal.install(app)
    site.install(app)
