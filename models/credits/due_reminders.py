"""The reminders that an HR department has set: so many days before the last day, once a day, each person once for each of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from models.access import SYSTEM
from models.base import LOCAL_ZONE, today, utcnow
from models.credits.reminders import ReminderRun
from models.credits.reminding import is_of_late, tell
from models.credits.unfinished import unfinished, with_missing
from models.credits.windows import Window, windows_of
from models.org.settings import SettingKey, ancestors
from models.org.tables import OrganisationSetting
from models.people.tables import Professional
from models.scope import path_range
from models.workflow import CHUNK

STAGES: dict[str, tuple[int, ...]] = {"off": (), "d7": (7,), "d30_7": (30, 7), "d60_30_7": (60, 30, 7)}
"""The values of the setting: how many days before the last day of the window people are reminded, the most first."""
EARLIEST_HOUR = 8


def write_due_reminders(session: Session) -> bool:
    """Look at the next 500 people whom a setting may remind today, in a system session; return whether more wait.

    How far it came stands in the same transaction, so that a worker that dies doubles nothing and leaves nobody out.
    """
    if utcnow().astimezone(LOCAL_ZONE).hour < EARLIEST_HOUR:
        return False
    settings = _settings(session)
    for path in sorted(settings):
        if not STAGES[settings[path][1]]:
            continue
        for year in _years():
            run = _run(session, path, settings[path][0], year)
            if not run.is_done:
                _go_on(session, run, settings)
                return True
    return False


def _settings(session: Session) -> dict[str, tuple[int, str]]:
    """Return by path the organisation and the value of each setting."""
    rows = session.scalars(select(OrganisationSetting).where(OrganisationSetting.key == SettingKey.REMINDERS))
    return {row.path: (row.organisation_id, row.value) for row in rows if row.organisation_id is not None}


def _years() -> tuple[int, int]:
    return today().year - 1, today().year


def _run(session: Session, path: str, organisation_id: int, year: int) -> ReminderRun:
    found = session.scalars(
        select(ReminderRun).where(ReminderRun.organisation_id == organisation_id, ReminderRun.year == year).with_for_update()
    ).first()
    if found is None:
        found = ReminderRun(organisation_id=organisation_id, path=path, year=year, on_day=today())
        session.add(found)
        session.flush()
    if found.on_day != today():
        found.on_day, found.last_path, found.last_person_id, found.is_done = today(), "", 0, False
    return found


def _go_on(session: Session, run: ReminderRun, settings: Mapping[str, tuple[int, str]]) -> None:
    """Remind of the next people of a run those for whom a day that is set has come."""
    low, high = path_range(run.path)
    statement = unfinished(run.year).where(
        tuple_(Professional.path, Professional.id) > tuple_(run.last_path, run.last_person_id),
        Professional.path >= low,
        Professional.path < high,
    )
    found = session.execute(statement.order_by(Professional.path, Professional.id).limit(CHUNK)).all()
    _remind(session, run, found, settings)
    run.is_done = len(found) < CHUNK
    if found:
        run.last_path, run.last_person_id = found[-1][0].path, found[-1][0].id
    session.flush()


def _remind(session: Session, run: ReminderRun, found: Sequence[Any], settings: Mapping[str, tuple[int, str]]) -> None:
    paths = {row[0].path for row in found}
    windows = {path: each.get(run.year) for path, each in windows_of(session, paths).items()}
    due = {path: _day_of(path, run, windows[path], settings) for path in paths}
    by_day: dict[int, list[Any]] = {}
    for row in found:
        day, reminder = due[row[0].path], row[2]
        was_told = reminder is not None and reminder.days_ahead is not None and day is not None and reminder.days_ahead <= day
        if day is not None and not was_told and not is_of_late(reminder):
            by_day.setdefault(day, []).append(row)
    open_windows = {path: window for path, window in windows.items() if window is not None}
    for day, rows in sorted(by_day.items()):
        tell(session, SYSTEM, run.year, with_missing(session, run.year, rows), open_windows, days_ahead=day)


def _day_of(path: str, run: ReminderRun, window: Window | None, settings: Mapping[str, tuple[int, str]]) -> int | None:
    """Return which of the days that are set has come at *path*; None where another setting holds, or none has come."""
    nearest = max((p for p in ancestors(path) if p in settings), key=len, default="/")
    if nearest != run.path or window is None or not window.is_open(today()):
        return None
    left = (window.closes_on - today()) // dt.timedelta(days=1)
    return min((day for day in STAGES[settings[nearest][1]] if left <= day), default=None)
