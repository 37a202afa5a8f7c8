"""What each web process of the server loads."""

from __future__ import annotations

from flask import Flask

from admin_app import logs
from admin_app.factory import create_app
from admin_app.parent import end_with_parent


def load() -> Flask:
    """Return the application of the environment's settings, in a process that ends with the one that started it."""
    logs.configure()
    end_with_parent()
    return create_app()
