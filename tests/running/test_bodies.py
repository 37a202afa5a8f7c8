"""Bodies of requests: taken in whole, in time and within bounds, before the application sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from admin_app import bodies
from admin_app.bodies import WholeBodies

MOST = 1000


class Seen:
    """An application that notes what reaches it."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.query = b""
        self.body: bytes | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.headers, self.query, self.body = dict(scope["headers"]), scope["query_string"], b""
        while True:
            message = await receive()
            self.body += message["body"]
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})


def asked(
    parts: Iterable[bytes], *, headers: list[tuple[bytes, bytes]], query: bytes = b"", is_whole: bool = True
) -> tuple[int, Seen, WholeBodies]:
    """Send *parts*; without the last one being marked as such the sender falls silent."""
    seen = Seen()
    layer = WholeBodies(seen, most=MOST, start_seconds=0.0)
    waiting = list(parts)
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting) or not is_whole}

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "headers": headers, "query_string": query}
    # In a thread of its own: a browser of another test keeps a loop running in this one.
    with ThreadPoolExecutor(1) as alone:
        alone.submit(asyncio.run, layer(scope, receive, send)).result()
    return answers[0]["status"], seen, layer


def test_a_body_comes_whole() -> None:
    status, seen, layer = asked([b"ab", b"c" * 100], headers=[(b"content-length", b"102")])
    assert (status, seen.body) == (200, b"ab" + b"c" * 100)
    assert layer.n_held == 0


def test_a_silent_sender_is_refused() -> None:
    status, seen, layer = asked([b"ab"], headers=[(b"content-length", b"102")], is_whole=False)
    assert (status, seen.body, layer.n_held) == (408, None, 0)


def test_a_body_that_is_announced_too_large_is_not_read() -> None:
    status, seen, _layer = asked([b"a" * 5000], headers=[(b"content-length", b"5000")])
    assert (status, seen.body, seen.headers[b"content-length"]) == (200, b"", b"5000")


@pytest.mark.parametrize(("n_parts", "length"), [(3, b"300"), (20, b"1100")])
def test_a_body_in_chunks_gets_its_length(n_parts: int, length: bytes) -> None:
    """Beyond the bound reading stops; the length tells the application that there was too much."""
    status, seen, _layer = asked([b"a" * 100] * n_parts, headers=[(b"transfer-encoding", b"chunked")])
    assert (status, seen.headers) == (200, {b"content-length": length})


def test_all_bodies_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "AT_ONCE", 50)
    status, seen, layer = asked([b"a" * 100], headers=[(b"content-length", b"100")])
    assert (status, seen.body, layer.n_held) == (503, None, 0)


def test_raw_letters_in_an_address_are_written_out() -> None:
    _status, seen, _layer = asked([], headers=[], query="q=王&a=%41+b".encode())
    assert seen.query == b"q=%E7%8E%8B&a=%41+b"
