"""What a load balancer and an operator ask: does it live, is it ready. Names parts, never causes."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from admin_app import database
from admin_app.job_queue import UNREACHABLE, Queue
from models import storage


def init_app(app: Flask, queue: Queue) -> None:
    """Serve `/healthz` and `/readyz`."""
    blueprint = Blueprint("health", __name__)
    parts: dict[str, Callable[[], bool]] = {
        "database": lambda: database.answers() and database.schema_revision() is not None,
        "storage": storage.answers,
        "jobs": queue.has_worker,
    }

    @blueprint.get("/healthz")
    def live() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def ready() -> tuple[Response, int]:
        states = {name: _state(check) for name, check in parts.items()}
        is_ready = all(state == "ok" for state in states.values())
        return jsonify(status="ok" if is_ready else "not ready", **states), 200 if is_ready else 503

    app.register_blueprint(blueprint)


def _state(check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "not ready"
    except (SQLAlchemyError, *UNREACHABLE):
        return "not reached"
