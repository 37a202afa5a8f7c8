"""One JSON line per event on standard error. Never a query string, a body, a name or a number of a person."""

from __future__ import annotations

import logging
import sys
import time
from typing import TextIO

import structlog
from flask import Flask, Response, g, request
from flask.logging import default_handler

log = structlog.stdlib.get_logger("access")

MAX_PATH = 200


def configure(*, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send the records of structlog and of the standard library through one JSON renderer."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _name_the_place_of_an_error,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # The engine's own log would print statements with their parameters.
    logging.getLogger("sqlalchemy.engine").setLevel(logging.CRITICAL)
    # The reader of PDFs repeats what stands in the file.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    for talkative in ("alembic", "huey", "weasyprint", "fontTools"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def _name_the_place_of_an_error(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by its type and frames: its message may quote the parameters of a statement."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, BaseException):
        raised = (type(raised), raised, raised.__traceback__)
    if raised and raised[0] is not None:
        event["error"] = f"{raised[0].__module__}.{raised[0].__qualname__}"
        event["frames"] = _frames(raised[2])
    return event


def _frames(traceback: object) -> list[str]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code  # type: ignore[attr-defined]
        frames.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")  # type: ignore[attr-defined]
        traceback = traceback.tb_next  # type: ignore[attr-defined]
    return frames[-25:]


def init_app(app: Flask) -> None:
    """Write one line for each request: what was asked, what was answered, how long it took."""
    # Flask's own handler would write a second line, with the words of the exception.
    app.logger.removeHandler(default_handler)

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def write_line(response: Response) -> Response:
        started = g.get("started")
        log.info(
            "request",
            method=request.method,
            # An address that is none of ours may hold anything, as a number typed into the wrong field.
            path=request.path[:MAX_PATH] if request.endpoint else None,
            endpoint=request.endpoint,
            status=response.status_code,
            ms=None if started is None else round((time.perf_counter() - started) * 1000, 1),
        )
        return response
