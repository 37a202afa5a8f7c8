"""Documents to print: the year's certificate as PDF. Each is made of a stored content, never of what changes later."""

from flask import Flask

from views.documents import certificate

__all__ = ["register"]


def register(app: Flask) -> None:
    """Register the pages of the documents."""
    app.register_blueprint(certificate.blueprint)
