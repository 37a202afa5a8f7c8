"""A person's declarations: drafts, evidence, submission, withdrawal, rejection and the next round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import files
from models.access import Actor
from models.credits import declarations
from models.credits.declarations import Draft
from models.credits.tables import Declaration, DeclarationState
from models.transaction import unit_of_work
from tests.cast import Cast

def test_smoke(cast: Cast, declare: Callable[..., int], approve: Callable[..., None], stored: Callable[[int], Declaration]) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    found = stored(one)
    assert (found.state, found.granted_tenths, found.counted_tenths) == (DeclarationState.APPROVED, 400, 400)
