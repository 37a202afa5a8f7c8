"""Certificates of last year that the city prints: a zip with the list of those who get none, a PDF for paper, a task taken back."""

from __future__ import annotations

from sqlalchemy import select

from models import jobs
from models.certificates import printing
from models.credits.queries import EARNS_CERTIFICATE
from models.credits.tables import YearSummary
from seed.demo.stage import Stage, acting_as


def build_printed(stage: Stage) -> None:
    """Order three tasks and cancel the last; whoever starts the demo lets the others run."""
    city = stage.officer("city")
    of_year = select(YearSummary.id).where(YearSummary.year == stage.year - 1, YearSummary.has_account).order_by(YearSummary.id)
    with acting_as(city) as session:
        passed = session.scalars(of_year.where(*EARNS_CERTIFICATE)).all()
        missed = session.scalars(of_year.where(YearSummary.is_passed.is_(False))).all()
        printing.order(session, city, [*passed[:8], *missed[:4]], how=printing.SIGNED)
        printing.order(session, city, passed[8:20], how=printing.PRINT)
        jobs.ask_cancel(session, printing.order(session, city, passed, how=printing.PRINT))
