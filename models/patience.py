"""A time limit for one question to the database: a search that no index serves is cut instead of holding up others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models.errors import N_, DomainError

_STEPS_BETWEEN_LOOKS = 20_000
"""SQLite asks after so many steps of its machine whether to go on: some tenths of a millisecond."""


class TooSlow(DomainError):
    """The question took longer than it may; nothing was changed and the session begins anew."""

    def __init__(self) -> None:
        super().__init__(N_("This search takes too long. Please narrow it, for example by year, name or unit."))


@contextmanager
def at_most(session: Session, seconds: float) -> Iterator[None]:
    """Cut what is asked inside after *seconds* and raise TooSlow; for reading only, since the transaction is rolled back.

    On PostgreSQL the limit stays for the rest of the transaction.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        end = time.monotonic() + seconds
        driver.set_progress_handler(lambda: int(time.monotonic() > end), _STEPS_BETWEEN_LOOKS)
    else:
        session.execute(select(func.set_config("statement_timeout", str(int(seconds * 1000)), True)))  # noqa: FBT003 - SQL's own order
    try:
        yield
    except OperationalError as error:
        session.rollback()
        if _was_cut(error):
            raise TooSlow from None
        raise
    finally:
        if is_sqlite:
            driver.set_progress_handler(None, 0)


def _was_cut(error: OperationalError) -> bool:
    return "interrupted" in str(error.orig) or type(error.orig).__name__ == "QueryCanceled"
