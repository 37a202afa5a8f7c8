"""What each web process of the server loads."""

from __future__ import annotations

import asyncio
import multiprocessing
from typing import Any, cast

from a2wsgi.wsgi import WSGIMiddleware, WSGIResponder

from admin_app import database, garbage, logs
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
    garbage.settle()
    threads = Threads(cast(Any, app), workers=settings_of(app).threads, send_queue_size=0)
    return WholeBodies(threads, most=app.config["MAX_CONTENT_LENGTH"])


MOST_AHEAD = 8_000_000
"""Bytes of an answer that its thread may be ahead of what was sent: a page is less, a large file in pieces waits."""


class Threads(WSGIMiddleware):
    """The application's threads. A thread hands a page over and goes on; only with a large file does it wait for the other side."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request in a thread."""
        await _Responder(self.app, self.executor, self.send_queue_size)(scope, receive, send)


class _Responder(WSGIResponder):
    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self._n_ahead = 0
        self._is_over = asyncio.Event()

    def send(self, message: Any) -> None:
        # The library waits here until the loop has taken the message: three changes of thread for each page.
        self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)
        self._n_ahead += len(message.get("body", b""))
        if self._n_ahead > MOST_AHEAD:
            asyncio.run_coroutine_threadsafe(self._all_sent(), self.loop).result()
            self._n_ahead = 0

    async def sender(self, send: Any) -> None:
        try:
            await super().sender(send)
        finally:
            self._is_over.set()

    async def _all_sent(self) -> None:
        ways = {asyncio.ensure_future(self.send_queue.join()), asyncio.ensure_future(self._is_over.wait())}
        _, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in waiting:
            way.cancel()
