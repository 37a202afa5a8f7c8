"""What somebody typed into the forms of training: years, hours, figures and days; every refusal is a sentence."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from models.base import to_tenths, today
from models.credits.saving import MAX_REQUESTED
from models.errors import N_, Invalid

MOST_HOURS = MAX_REQUESTED
"""A record of the hours has to take them."""
MOST = 10_000_000


def years() -> list[int]:
    """Return the years that plans, subjects and reports are written for: the last one, this one and the next."""
    return [today().year + n for n in (0, 1, -1)]


def year(value: int | None) -> int:
    """Return a year of ``years``; raises Invalid."""
    if value not in years():
        raise Invalid(N_("Please choose one of the listed years."))
    return value or 0


def hours(value: Decimal | None) -> int:
    """Return hours as tenths, from 0.1 to 999.9 with one decimal place; raises Invalid."""
    if value is None or not value.is_finite() or not Decimal("0.1") <= value <= MOST_HOURS:
        raise Invalid(N_("Hours lie between 0.1 and %(most)s."), most=MOST_HOURS)
    if value != value.quantize(Decimal("0.1")):
        raise Invalid(N_("Hours have at most one decimal place."))
    return to_tenths(value)


def number(value: int | None, *, is_required: bool = False) -> int | None:
    """Return a count of things or people, None where nothing was typed; raises Invalid."""
    if value is None:
        if is_required:
            raise Invalid(N_("Please fill this in."))
        return None
    if not (1 if is_required else 0) <= value <= MOST:
        raise Invalid(N_("This figure is not possible."))
    return value


def days(first: dt.date | None, last: dt.date | None, *, of_year: int | None) -> tuple[dt.date, dt.date]:
    """Return first and last day of a training that begins in *of_year*; raises Invalid."""
    if first is None or last is None:
        raise Invalid(N_("Please enter the first and the last day."))
    if last < first:
        raise Invalid(N_("The first day is after the last one."))
    if of_year is not None and first.year != of_year:
        raise Invalid(N_("The training begins in the year of the plan."))
    if (last - first).days > 366:
        raise Invalid(N_("A training lasts a year at most."))
    return first, last


def long_text(value: str, longest: int, *, is_required: bool = False) -> str:
    """Return a text of several lines; raises Invalid when it is missing, too long or holds what no text holds."""
    plain = value.replace("\r\n", "\n").strip()
    if is_required and not plain:
        raise Invalid(N_("Please fill this in."))
    if len(plain) > longest or "\0" in plain:
        raise Invalid(N_("At most %(n)s characters."), n=longest)
    return plain
