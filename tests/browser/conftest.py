"""What the browser's tests share: the clock of a December day, and something to see on every list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.admin.conftest import acting_as, decide, declare, lists, register

__all__ = ["acting_as", "decide", "declare", "lists", "register"]


@pytest.fixture(autouse=True)
def _quiet(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.fixture
def busy_world(declare: Callable[..., int], decide: Callable[..., None], register: Callable[..., Any]) -> None:
    """Declarations in several states and registrations, so that each list of the cast has a row."""
    year = {"start_date": "2026-04-01", "end_date": "2026-04-03"}
    declare("professional")
    decide(declare("colleague", **year), "unit_clerk")
    decide(declare("branch_worker", **year), "branch_clerk", "unit_clerk", "department_clerk")
    decide(declare("neighbour", **year), "sibling_clerk", reason="结业证书看不清")
    register(1)
    register(2, name="曾小红", organisation="unit")
