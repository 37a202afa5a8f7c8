"""What somebody sends is taken in before a thread of the application is asked: a slow sender holds memory, never a thread."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractContextManager
from typing import IO, Any
from urllib.parse import quote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

START_SECONDS = 15.0
"""How long a sender may be silent at first; each 4,096 bytes that came earn one second more."""
SLOWEST = 4096
IN_MEMORY = 256 * 1024
AT_ONCE = 512 * 1024 * 1024
"""What all unfinished bodies of one process may hold together, in bytes."""
_DIGITS = re.compile(rb"[0-9]{1,18}")


class Refused(Exception):
    """A body that is not taken; the status says why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class WholeBodies:
    """Give *application* each body whole. The server underneath knows no deadline for bodies, and WSGI would wait in a thread.

    A body above *most* bytes is not read at all: the application sees its length and refuses it in words.
    """

    def __init__(self, application: Application, *, most: int, start_seconds: float = START_SECONDS) -> None:
        self.application = application
        self.most = most
        self.start_seconds = start_seconds
        self.n_held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse its body."""
        if scope["type"] != "http":
            return
        # Raw letters beyond ASCII are not allowed in an address; some programs send them all the same.
        scope["query_string"] = quote(scope["query_string"], safe="".join(map(chr, range(33, 127)))).encode("ascii")
        length = _length(scope)
        if length == 0 or (length is not None and length > self.most):
            await self.application(scope, _nothing, send)
            return
        with _spool() as body:
            n_bytes = 0
            try:
                async for part in self._parts(receive):
                    n_bytes += len(part)
                    self._hold(len(part))
                    if n_bytes > self.most:
                        break
                    body.write(part)
                if length is None:
                    scope["headers"] = [*_without_length(scope), (b"content-length", str(n_bytes).encode())]
                body.seek(0)
                await self.application(scope, _reader(body, n_bytes), send)
            except Refused as refusal:
                await _answer(send, refusal)
            finally:
                self.n_held -= n_bytes

    def _hold(self, n_bytes: int) -> None:
        self.n_held += n_bytes
        if self.n_held > AT_ONCE:
            raise Refused(503, "Too much is being sent at this moment; try again in a minute.")

    async def _parts(self, receive: Receive) -> Any:
        """Yield the parts as they come; raise Refused when they come too slowly or the sender is gone."""
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self.start_seconds
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise Refused(408, "The request did not arrive in time; send it again.") from None
            if message["type"] != "http.request":
                raise Refused(400, "The request was broken off.")
            part: bytes = message.get("body", b"")
            deadline += len(part) / SLOWEST
            if part:
                yield part
            if not message.get("more_body", False):
                return


def _spool() -> AbstractContextManager[IO[bytes]]:
    return tempfile.SpooledTemporaryFile(IN_MEMORY)


def _length(scope: Scope) -> int | None:
    """Return the number of bytes that the headers announce; None: they come in chunks, and nobody knows how many."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    text = headers.get(b"content-length", b"0").strip()
    return int(text) if _DIGITS.fullmatch(text) else 0


def _without_length(scope: Scope) -> list[tuple[bytes, bytes]]:
    return [(n, v) for n, v in scope["headers"] if n not in {b"content-length", b"transfer-encoding"}]


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _reader(body: IO[bytes], n_bytes: int) -> Receive:
    async def receive() -> Message:
        part = body.read(IN_MEMORY)
        return {"type": "http.request", "body": part, "more_body": body.tell() < n_bytes and bool(part)}

    return receive


async def _answer(send: Send, refusal: Refused) -> None:
    words = f"{refusal.words}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(words)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": words, "more_body": False})
