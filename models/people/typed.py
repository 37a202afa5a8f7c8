"""What somebody typed into the fields of a form: one value at a time, every refusal collected at its field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from models.base import today
from models.errors import N_, DomainError, Invalid, WrongState

T = TypeVar("T")
EARLIEST = dt.date(1900, 1, 1)


def attempt(errors: dict[str, DomainError], field: str, call: Callable[[], T]) -> T | None:
    """Return what *call* gives; what it refuses goes into *errors*, and None is returned."""
    try:
        return call()
    except (Invalid, WrongState) as refusal:
        errors[field] = refusal
        return None


def text(value: str, length: int, *, is_required: bool = False) -> str:
    """Return a text of one line; raises Invalid when it is missing or too long."""
    line = " ".join(value.split())
    if is_required and not line:
        raise Invalid(N_("Please fill this in."))
    if len(line) > length:
        raise Invalid(N_("At most %(n)s characters fit here."), n=length)
    return line


def past(value: dt.date | None, *, is_required: bool = False) -> dt.date | None:
    """Return a date between 1900 and today, None for none; raises Invalid."""
    if value is None:
        if is_required:
            raise Invalid(N_("Please fill this in."))
        return None
    if not EARLIEST <= value <= today():
        raise Invalid(N_("The date lies in the future, or is too long ago."))
    return value


def past_date(typed: str, *, is_required: bool = False) -> dt.date | None:
    """Return a date of the past that was typed as ``2026-03-01``; raises Invalid."""
    try:
        value = dt.date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Invalid(N_("A date has the form 2026-03-01.")) from None
    return past(value, is_required=is_required)
