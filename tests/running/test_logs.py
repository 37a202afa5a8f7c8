"""What the log says, and what it never says."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from admin_app import logs


@pytest.fixture(autouse=True)
def log(app: Flask) -> Iterator[io.StringIO]:
    """What the application writes from now on, when all is put together."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.configure(stream=written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_is_one_line_without_its_query_string(client: FlaskClient, log: io.StringIO) -> None:
    client.get("/healthz?number=379901197001011239")
    (line,) = _lines(log)
    assert {key: line[key] for key in ("event", "method", "path", "endpoint", "status")} == {
        "event": "request", "method": "GET", "path": "/healthz", "endpoint": "health.live", "status": 200,
    }  # fmt: skip
    assert isinstance(line["ms"], float)
    assert set(line) == {"event", "method", "path", "endpoint", "status", "ms", "level", "logger", "timestamp"}


def test_an_address_that_is_none_of_ours_is_not_repeated(client: FlaskClient, log: io.StringIO) -> None:
    client.get("/379901197001011239")
    text = log.getvalue()
    assert "379901197001011239" not in text
    assert json.loads(text.splitlines()[-1])["status"] == 404


def test_an_error_is_logged_by_its_place_and_not_by_its_words(app: Flask, log: io.StringIO) -> None:
    try:
        int("379901197001011239x")
    except ValueError:
        app.logger.exception("unexpected")
    (line,) = _lines(log)
    assert line["error"] == "builtins.ValueError"
    frames = line["frames"]
    assert isinstance(frames, list)
    assert frames[0].endswith("test_an_error_is_logged_by_its_place_and_not_by_its_words")
    assert "379901197001011239" not in json.dumps(line)
