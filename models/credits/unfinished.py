"""未完成人员: who has not passed a year, nobody exempt among them, and what each misses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from models.base import today
from models.credits.counting import Needs
from models.credits.reminders import Reminder
from models.credits.requirements import demanded_of
from models.credits.tables import YearSummary
from models.people.tables import Membership, Professional, ProfessionalState


class Missing(NamedTuple):
    """What a person still misses of a year, in tenths; none is negative."""

    total: int
    public: int
    professional: int

    @property
    def at_least(self) -> int:
        """Return how many hours she has to gain at least: those of one subject do not fill the other."""
        return max(self.total, self.public + self.professional)


class Unfinished(NamedTuple):
    """One person of the list."""

    person: Professional
    summary: YearSummary | None  # None: nothing of the year was ever counted
    reminder: Reminder | None
    missing: Missing


def unfinished(year: int) -> Select[Any]:
    """Return who has not passed *year* (person, summary, reminder), within the scope of the session.

    Of a closed year that nothing was counted of, nobody who became a member after its 31 December.
    """
    statement: Any = (
        select(Professional, YearSummary, Reminder)
        .outerjoin(YearSummary, (YearSummary.person_id == Professional.id) & (YearSummary.year == year) & YearSummary.has_account)
        .outerjoin(Reminder, (Reminder.person_id == Professional.id) & (Reminder.year == year))
        .where(Professional.state == ProfessionalState.ACTIVE)
    )
    nothing: ColumnElement[bool] = YearSummary.id.is_(None)
    if year < today().year:
        by_then = _member(Membership.from_on <= dt.date(year, 12, 31))
        nothing = nothing & (by_then | ~_member(Membership.from_on > dt.date(year, 12, 31)))
    found: Select[Any] = statement.where(or_(YearSummary.is_passed.is_(False), nothing))
    return found


def _member(when: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Membership.id).where(Membership.person_id == Professional.id, when).exists()


def misses_at_most(tenths: int) -> ColumnElement[bool]:
    """Return the condition on ``unfinished`` that somebody of whom hours are counted misses no more than *tenths*."""
    total = YearSummary.required_total_tenths - YearSummary.total_tenths
    public = YearSummary.required_public_tenths - YearSummary.public_tenths
    professional = YearSummary.required_professional_tenths - YearSummary.professional_tenths
    # The greatest of sums that may be negative, without a function that the two databases name differently.
    return (total <= tenths) & (public <= tenths) & (professional <= tenths) & (public + professional <= tenths)


def with_missing(session: Session, year: int, rows: Iterable[Any]) -> list[Unfinished]:
    """Return rows of ``unfinished`` with what each misses; what is demanded of the others is read at once."""
    found = [tuple(row)[:3] for row in rows]
    new = {person.id: person.organisation_id for person, summary, _ in found if summary is None}
    demanded = demanded_of(session, year, new) if new else {}
    needs = {person: each.needs for person, each in demanded.items()}
    return [
        Unfinished(person, summary, reminder, missing_of(summary, needs.get(person.id))) for person, summary, reminder in found
    ]


def missing_of(summary: YearSummary | None, needs: Needs | None) -> Missing:
    """Return what is missing by the summary of a year, or of *needs* where there is none."""
    if summary is None:
        return Missing(needs.total_tenths, needs.public_tenths, needs.professional_tenths) if needs else Missing(0, 0, 0)
    return Missing(
        max(0, summary.required_total_tenths - summary.total_tenths),
        max(0, summary.required_public_tenths - summary.public_tenths),
        max(0, summary.required_professional_tenths - summary.professional_tenths),
    )
