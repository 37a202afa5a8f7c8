"""What each web process of the server loads."""

from __future__ import annotations

import multiprocessing

from flask import Flask

from admin_app import database, logs
from admin_app.factory import create_app
from admin_app.parent import end_with
from models.base import db


def load() -> Flask:
    """Return the application of the environment's settings, in a process that ends with the one that started it."""
    logs.configure()
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    app = create_app()
    with app.app_context():
        database.leave_copying_to_the_worker(db.engine)
    return app
