"""The work that dies: `deaths` kills what waits in the test's database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from models.base import LOCAL_ZONE
from tests.admin.conftest import acting_as, decide, declare, lists
from tests.databases import Templates
from tests.deaths.points import Deaths

__all__ = ["acting_as", "decide", "declare", "lists"]
NOW = dt.datetime(2026, 12, 15, 10, tzinfo=LOCAL_ZONE)


@pytest.fixture
def deaths(app: Flask, templates: Templates, tmp_path: Path, clock: Callable[[str], None]) -> Deaths:
    """Kill what waits in this test's database; it is the 15th of December, 2026."""
    clock(f"{NOW:%Y-%m-%d %H:%M}")
    return Deaths(app, templates, tmp_path, NOW)
