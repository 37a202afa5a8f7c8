"""Limits of an address. Only failures are counted: a right password costs nothing, so one office behind one address can work."""

from __future__ import annotations

from flask import Flask, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

LIMIT = "30 per minute"
LOOKUPS = "60 per minute"

limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True)

failures_limited = limiter.shared_limit(
    LIMIT, scope="failures", methods=["POST"], deduct_when=lambda _response: bool(g.get("ce_failed"))
)
"""Refuses an address after thirty failures in a minute, over every form that proves a password or tells of a number."""


def note_failure() -> None:
    """Count this request as a failure of the reader's address."""
    g.ce_failed = True


def install(app: Flask) -> None:
    """Keep the counts where the settings say: in this process, or in Redis for several."""
    limiter.init_app(app)
