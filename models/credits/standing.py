"""How a person's years stand: what each demands, what is done, in review and missing, and until when it may be declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import today
from models.credits import windows
from models.credits.counting import Needs
from models.credits.queries import year_summaries_of
from models.credits.requirements import Demanded, demanded_by, requirements_of
from models.credits.tables import Declaration, DeclarationState, YearSummary


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a year's requirement, in tenths."""

    done: int
    needed: int

    @property
    def missing(self) -> int:
        """Return what is still missing; more than needed is no less than nothing."""
        return max(0, self.needed - self.done)


@dataclass(frozen=True, slots=True)
class YearStanding:
    """One year of a person."""

    year: int
    public: Part
    professional: Part
    total: Part
    is_passed: bool
    is_exempt: bool
    exemption_reason: str
    in_review_tenths: int
    closes_on: dt.date
    is_open: bool  # whether hours of the year may be declared today
    demanded: Demanded  # no exemption considered

    @property
    def missing_tenths(self) -> int:
        """Return what is missing at least: hours of one subject do not fill the other."""
        return max(self.total.missing, self.public.missing + self.professional.missing)


def standings(session: Session, person_id: int, path: str) -> list[YearStanding]:
    """Return the running year first, then each other year that may be declared today and has not passed."""
    running = today().year
    windows_of = windows.windows(session, path)
    is_open = [w.year for w in windows_of.values() if w.is_open(today())]
    years = [running, *sorted((y for y in is_open if y != running), reverse=True)]
    summaries = {s.year: s for s in year_summaries_of(session, person_id, from_year=min(years), to_year=max(years))}
    demands = requirements_of(session, {(path, y) for y in years})
    demanded = demanded_by(session, {(person_id, y): demands[path, y] for y in years})
    in_review = _in_review(session, person_id)
    found = [
        _standing(y, summaries.get(y), demanded[person_id, y], in_review.get(y, 0), windows_of.get(y, windows.default_window(y)))
        for y in years
    ]
    return [s for s in found if s.year == running or (not s.is_passed and (s.year in summaries or s.in_review_tenths))]


def _standing(year: int, summary: YearSummary | None, demanded: Demanded, in_review: int, window: windows.Window) -> YearStanding:
    needs = demanded.needs
    if summary is not None:
        needs = Needs(summary.required_total_tenths, summary.required_public_tenths, summary.required_professional_tenths)
    done = (summary.public_tenths, summary.professional_tenths, summary.total_tenths) if summary else (0, 0, 0)
    return YearStanding(
        year=year,
        public=Part(done[0], needs.public_tenths),
        professional=Part(done[1], needs.professional_tenths),
        total=Part(done[2], needs.total_tenths),
        demanded=demanded,
        is_passed=bool(summary and summary.is_passed),
        is_exempt=bool(summary and summary.is_exempt),
        exemption_reason=summary.exemption_reason if summary else "",
        in_review_tenths=in_review,
        closes_on=window.told_on(today()),
        is_open=window.is_open(today()),
    )


def _in_review(session: Session, person_id: int) -> dict[int, int]:
    """Return by year how many tenths wait for a decision."""
    rows = session.execute(
        select(Declaration.year, func.sum(Declaration.requested_tenths))
        .where(Declaration.person_id == person_id, Declaration.state == DeclarationState.PENDING)
        .group_by(Declaration.year)
    )
    return {year: int(tenths) for year, tenths in rows}


def declared_years(session: Session, person_id: int) -> list[int]:
    """Return the years that a person has declarations of, the newest first."""
    statement = select(Declaration.year).where(Declaration.person_id == person_id).distinct().order_by(Declaration.year.desc())
    return list(session.scalars(statement))
