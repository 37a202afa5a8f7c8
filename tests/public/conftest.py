"""Each test begins with fresh limits: they are counted in the process, not in the database."""

from __future__ import annotations

import pytest
from flask import Flask

from views.limits import limiter


@pytest.fixture(autouse=True)
def _forget_limits(app: Flask) -> None:
    limiter.reset()
