"""How a button without a page of its own ends: a sentence on the next page, that it is done or why nothing was changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash
from sqlalchemy.orm import Session

from models.errors import DomainError
from models.transaction import unit_of_work
from views.words import say


@contextmanager
def telling(done: str) -> Iterator[Session]:
    """Do what is inside in one transaction; flash *done* once it is committed, or the refusal when it changed nothing."""
    try:
        with unit_of_work() as session:
            yield session
    except DomainError as refusal:
        flash(say(refusal), "error")
    else:
        flash(done, "success")
