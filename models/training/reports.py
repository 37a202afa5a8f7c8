"""年度报告: what a training base reports of its year; covers this year's work and the next year's plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor, Permission, PositionKind
from models.base import Base, BigId, binary_string
from models.errors import N_, DomainError, FieldErrors, Invalid, NotAllowed
from models.org import queries
from models.people.typed import attempt, text
from models.reviews.tables import ReviewKind
from models.scope import InSubtree
from models.training import attachments, filings, typed
from models.training.filings import Filed, FilingState, filing_rules, filing_steps
from models.uploads import Checked
from models.workflow import Workflow

LONGEST_NAME = 200
LONGEST_NOTE = 2000


class YearlyReport(Filed, InSubtree, Base):
    """One report (年度报告, 年度工作总结) with its attachments; one that was submitted is never deleted."""

    __tablename__ = "yearly_reports"
    __table_args__ = (
        *filing_rules(),
        UniqueConstraint("organisation_id", "form_key"),
        Index("ix_yearly_reports_organisation", "organisation_id", "id"),
        Index("ix_yearly_reports_path", "path", "id"),
        {"sqlite_autoincrement": True},  # reviews and history name a report by its id: a deleted draft's is never used again
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info={"label": N_("Report name")})
    note: Mapped[str] = mapped_column(LongText, default="", info={"label": N_("Remarks")})
    form_key: Mapped[str | None] = mapped_column(binary_string(43))  # a second click makes no second draft


REPORTS = Workflow(YearlyReport, "yearly_report", FilingState, filing_steps())


@dataclass(frozen=True, slots=True)
class ReportData:
    """What is typed of a report."""

    year: int | None
    name: str
    note: str = ""


def save(
    session: Session,
    actor: Actor,
    data: ReportData,
    *,
    report_id: int | None = None,
    form_key: str = "",
    added: Sequence[Checked] = (),
    removed: Sequence[str] = (),
) -> YearlyReport:
    """Write a draft of the actor's own base, or change one that is not submitted or was rejected.

    *added* were checked before the transaction began, *removed* are keys of attachments to take off. The same *form_key*
    again gives the draft that it made. Raises NotAllowed, NotFound, WrongState and FieldErrors.
    """
    actor.require(Permission.TRAINING_MANAGE)
    if actor.kind is not PositionKind.TRAINING_BASE:
        raise NotAllowed(N_("Only training bases report on their year."))
    organisation = queries.own(session, actor, is_locked=True)
    if report_id is None:
        made = filings.made_by(session, YearlyReport, organisation.id, form_key)
        if made is not None:
            return made
        report: YearlyReport = filings.create(
            session, actor, REPORTS, organisation, {"form_key": form_key or None, **_checked(data)}
        )
    else:
        report = filings.editable(session, actor, YearlyReport, report_id)
        filings.rewrite(session, actor, REPORTS, report, _checked(data))
    attachments.change(session, actor, REPORTS.subject_kind, report.id, path=report.path, added=added, removed=removed)
    return report


def submit(session: Session, actor: Actor, report_id: int) -> YearlyReport:
    """Hand a report to whoever decides it; raises NotFound, NotAllowed, WrongState, and Invalid without an attachment."""
    report = filings.editable(session, actor, YearlyReport, report_id)
    if not attachments.of(session, "yearly_report", report.id):
        raise Invalid(N_("Please attach the report before you submit it."))
    filings.submit(session, actor, REPORTS, report, ReviewKind.YEARLY_REPORT)
    return report


def withdraw(session: Session, actor: Actor, report_id: int) -> None:
    """Take a submitted report back before its decision; raises NotFound, NotAllowed and WrongState."""
    report = filings.own(session, actor, YearlyReport, report_id)
    filings.withdraw(session, actor, REPORTS, report, ReviewKind.YEARLY_REPORT)


def remove(session: Session, actor: Actor, report_id: int) -> None:
    """Delete a draft; raises NotFound, NotAllowed and WrongState (已申报的年度报告不可删除)."""
    filings.remove(session, actor, REPORTS, filings.own(session, actor, YearlyReport, report_id))


def _checked(data: ReportData) -> dict[str, Any]:
    errors: dict[str, DomainError] = {}
    values = {
        "year": attempt(errors, "year", lambda: typed.year(data.year)),
        "name": attempt(errors, "name", lambda: text(data.name, LONGEST_NAME, is_required=True)),
        "note": attempt(errors, "note", lambda: typed.long_text(data.note, LONGEST_NOTE)),
    }
    if errors:
        raise FieldErrors(errors)
    return values
