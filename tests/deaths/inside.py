"""A death as it looks from inside the process: nothing of ours runs any more, and what was held stays held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from models.jobs import Job
from models.transaction import unit_of_work


class Killed(BaseException):
    """The process dies here."""


def dying(at: int, original: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
    """Return *original*, whose call number *at* is the last thing that happens: it is not made, or with *after* it is."""
    calls = [0]

    def call(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == at and not after:
            raise Killed
        result = original(*args, **kwargs)
        if calls[0] == at:
            raise Killed
        return result

    return call


def let_leases_end(session: Session) -> None:
    """Let time pass until nobody holds a job any more."""
    with unit_of_work(session):
        session.execute(update(Job).values(lease_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
