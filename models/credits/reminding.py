"""Reminds people of a year that is not finished: in the site, and by mail where the HR department has set mails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, outbox
from models.access import Actor, Permission, person_key
from models.base import local_date, today, utcnow
from models.credits.reminders import DAYS_BETWEEN, Reminder
from models.credits.unfinished import Unfinished, unfinished, with_missing
from models.credits.windows import Window, windows_of
from models.errors import N_, Conflict, DomainError, NotAllowed, NotFound
from models.people.tables import Professional, ProfessionalState
from models.scope import bulk_insert, bulk_update
from models.workflow import Moved

MESSAGE = N_(
    "%(year)s is not finished: %(hours)s hours are missing (in total %(total)s, public %(public)s, professional "
    "%(professional)s). Hours of the year are taken until %(day)s."
)


def remind_many(session: Session, actor: Actor, person_ids: Collection[int], *, year: int) -> Moved:
    """Remind people of the subtree of *year*; each who passed, was reminded of late or may declare no more is refused.

    Raises NotAllowed without the permission to review hours.
    """
    actor.require(Permission.HOURS_REVIEW)
    locked = select(Professional).where(Professional.id.in_(person_ids)).order_by(Professional.id)
    people = {p.id: p for p in session.scalars(locked.with_for_update(), execution_options={"populate_existing": True})}
    rows = with_missing(session, year, _rows(session, year, people))
    waiting = {row.person.id: row for row in rows}
    windows = closing(session, year, rows)
    refused: dict[int, DomainError] = {}
    done: list[int] = []
    for person_id in sorted(set(person_ids)):
        refusal = _obstacle(people.get(person_id), waiting.get(person_id), windows, year)
        if refusal is not None:
            refused[person_id] = refusal
        else:
            done.append(person_id)
    tell(session, actor, year, [waiting[i] for i in done], windows)
    return Moved(tuple(done), refused)


def _rows(session: Session, year: int, person_ids: Collection[int]) -> Sequence[Any]:
    statement = unfinished(year).where(Professional.id.in_(person_ids)).order_by(Professional.id)
    return session.execute(statement, execution_options={"populate_existing": True}).all()


def closing(session: Session, year: int, rows: Sequence[Unfinished]) -> dict[str, Window]:
    """Return the window of *year* at the path of each person; none where hours of it are not taken now."""
    known = windows_of(session, {row.person.path for row in rows})
    found = {path: windows.get(year) for path, windows in known.items()}
    return {path: window for path, window in found.items() if window is not None and window.is_open(today())}


def is_of_late(reminder: Reminder | None) -> bool:
    """Say whether the last reminder is so young that no other may follow."""
    return reminder is not None and local_date(reminder.last_at) > today() - dt.timedelta(days=DAYS_BETWEEN)


def _obstacle(
    person: Professional | None, row: Unfinished | None, windows: Mapping[str, Window], year: int
) -> DomainError | None:
    if person is None:
        return NotFound()
    if person.state != ProfessionalState.ACTIVE:
        return Conflict(N_("The person's account is not in use."))
    if row is None:
        return Conflict(N_("%(year)s has passed; there is nothing to remind of."), year=str(year))
    if person.path not in windows:
        return NotAllowed(N_("Hours of %(year)s cannot be declared now: a reminder would help nobody."), year=str(year))
    if is_of_late(row.reminder):
        last = local_date(row.reminder.last_at) if row.reminder else today()
        return Conflict(N_("Reminded on %(day)s; once in %(n)s days is enough."), day=str(last), n=DAYS_BETWEEN)
    return None


def tell(
    session: Session,
    actor: Actor,
    year: int,
    rows: Sequence[Unfinished],
    windows: Mapping[str, Window],
    *,
    days_ahead: int | None = None,
) -> None:
    """Write notices, the rows that say when, and history; *days_ahead* names the day of an automatic reminder."""
    now, by = utcnow(), "" if days_ahead is not None else actor.name
    new = [row for row in rows if row.reminder is None]
    bulk_insert(
        session,
        Reminder,
        [
            {
                "person_id": row.person.id,
                "path": row.person.path,
                "year": year,
                "n_sent": 1,
                "last_at": now,
                "last_by": by,
                "days_ahead": days_ahead,
            }
            for row in new
        ],
    )
    again = [row.reminder for row in rows if row.reminder is not None]
    bulk_update(
        session,
        Reminder,
        [
            {
                "id": reminder.id,
                "n_sent": reminder.n_sent + 1,
                "last_at": now,
                "last_by": by,
                "days_ahead": days_ahead if days_ahead is not None else reminder.days_ahead,
            }
            for reminder in again
        ],
    )
    for reminder in again:
        session.expire(reminder)
    outbox.add_notices(session, [_notice(year, row, windows[row.person.path]) for row in rows])
    ids = [row.person.id for row in rows]
    if ids:
        history.record(session, actor, "professional", ids, "remind", changes={"year": [None, year]})


def _notice(year: int, row: Unfinished, window: Window) -> dict[str, Any]:
    missing = row.missing
    return {
        "account_id": row.person.account_id,
        "position_key": person_key(row.person.id),
        "message_id": MESSAGE,
        "link": "/portal/years",
        "params": {
            "year": str(year),
            "hours": f"{missing.at_least / 10:g}",
            "total": f"{missing.total / 10:g}",
            "public": f"{missing.public / 10:g}",
            "professional": f"{missing.professional / 10:g}",
            "day": str(window.last_day),
        },
    }
