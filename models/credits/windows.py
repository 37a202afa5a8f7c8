"""Which years may be declared now: the windows of an HR department, inherited down the tree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import today
from models.credits.requirements import prefixes
from models.credits.tables import DeclarationWindow
from models.errors import N_, NotAllowed


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when hours of a year may be declared, both days included."""

    year: int
    opens_on: dt.date
    closes_on: dt.date
    grace_days: int = 0  # after the last day declarations are still taken for so long

    @property
    def last_day(self) -> dt.date:
        """Return the last day of grace."""
        return self.closes_on + dt.timedelta(days=self.grace_days)

    def told_on(self, day: dt.date) -> dt.date:
        """Return the last day as it is told on *day*: the regular one, and once that is over the last day of grace."""
        return self.closes_on if day <= self.closes_on else self.last_day

    def is_open(self, day: dt.date) -> bool:
        """Say whether *day* lies in the window or its days of grace."""
        return self.opens_on <= day <= self.last_day


def default_window(year: int) -> Window:
    """Return the window of a year for which no HR department set one: until 31 March of the next year."""
    return Window(year, dt.date(year, 1, 1), dt.date(year + 1, 3, 31))


def windows(session: Session, path: str) -> dict[int, Window]:
    """Return the window of each year that could be open: those that are set, the running and the last year."""
    return windows_of(session, {path})[path]


def windows_of(session: Session, paths: Collection[str]) -> dict[str, dict[int, Window]]:
    """Return the windows at each of the paths, all in one read."""
    above = {path: prefixes(path) for path in paths}
    wanted = sorted({p for each in above.values() for p in each})
    rows: dict[str, list[DeclarationWindow]] = {}
    for start in range(0, len(wanted), 2000):
        for row in session.scalars(select(DeclarationWindow).where(DeclarationWindow.path.in_(wanted[start : start + 2000]))):
            rows.setdefault(row.path, []).append(row)
    defaults = {year: default_window(year) for year in (today().year, today().year - 1)}
    return {
        path: defaults
        | {
            row.year: Window(row.year, row.opens_on, row.closes_on, row.grace_days)
            for each in reversed(above[path])
            for row in rows.get(each, ())
        }
        for path in paths
    }


def open_years(session: Session, path: str) -> list[int]:
    """Return the years that may be declared today, the newest first."""
    return sorted((w.year for w in windows(session, path).values() if w.is_open(today())), reverse=True)


def is_unfinished(year: int, open_years: Collection[int]) -> bool:
    """Say whether what *year* lacks is not failed yet: it is not over, or hours of it may still be declared."""
    return year >= today().year or year in open_years


def closed(session: Session, path: str, year: int) -> NotAllowed | None:
    """Return the refusal that names the open years, None where *year* may be declared today."""
    years = open_years(session, path)
    if year in years:
        return None
    return NotAllowed(
        N_("Hours of %(year)s cannot be declared now; open: %(years)s."),
        year=str(year),
        years=", ".join(str(y) for y in years) or "-",
    )


def require_open(session: Session, path: str, year: int) -> None:
    """Raise NotAllowed, naming the open years, unless *year* may be declared today."""
    refusal = closed(session, path, year)
    if refusal is not None:
        raise refusal
