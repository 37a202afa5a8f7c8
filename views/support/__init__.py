"""The support desk: its own login, the look-up by exact number, the page of one account."""

from flask import Flask

from views.support import codes, desk, doubles, login, orders

__all__ = ["codes", "doubles", "orders", "register"]


def register(app: Flask) -> None:
    """Register the pages of the support desk; ``codes``, ``doubles`` and ``orders`` add their pages to those of the desk."""
    app.register_blueprint(login.blueprint)
    app.register_blueprint(desk.blueprint)
