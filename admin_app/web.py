"""What each web process of the server loads."""

from __future__ import annotations

import multiprocessing

from flask import Flask

from admin_app import logs
from admin_app.factory import create_app
from admin_app.parent import end_with


def load() -> Flask:
    """Return the application of the environment's settings, in a process that ends with the one that started it."""
    logs.configure()
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    return create_app()
