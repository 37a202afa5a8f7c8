"""What each web process of the server loads."""

from __future__ import annotations

import multiprocessing
from typing import Any, cast

from a2wsgi.wsgi import WSGIMiddleware, WSGIResponder

from admin_app import database, logs
from admin_app.bodies import Application, WholeBodies
from admin_app.factory import create_app, settings_of
from admin_app.parent import end_with
from models.base import db


def load() -> Application:
    """Return the application of the environment's settings, in a process that ends with the one that started it."""
    logs.configure()
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    app = create_app()
    with app.app_context():
        database.leave_copying_to_the_worker(db.engine)
    threads = Threads(cast(Any, app), workers=settings_of(app).threads, send_queue_size=0)
    return WholeBodies(threads, most=app.config["MAX_CONTENT_LENGTH"])


class Threads(WSGIMiddleware):
    """The application's threads. A thread hands its answer over and goes on; it never waits for the other side."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request in a thread."""
        await _Responder(self.app, self.executor, self.send_queue_size)(scope, receive, send)


class _Responder(WSGIResponder):
    def send(self, message: Any) -> None:
        # The library waits here until the loop has taken the message: three changes of thread for each page.
        self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)
