"""S112, S113: the yearly reports of a training base."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField, TextAreaField

from models.access import Actor, PositionKind
from models.errors import N_
from models.reviews.tables import ReviewKind
from models.training import reports, typed
from models.training.attachments import TrainingFile
from models.training.reports import ReportData, YearlyReport
from views import states
from views.admin.actions import PageAction, Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import joined
from views.admin.filings import MANAGE, FilingForm, FilingScreen, filing_batches, filing_words
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.arguments import read_id
from views.forms import PlainForm
from views.words import words

_col = partial(joined, YearlyReport, 0)
STATE = _col(Col("state", status=states.REPORT))


OF_REPORT = (
    *(_col(Col(name)) for name in ("name", "year", "note")),
    STATE,
    *(_col(Col(name)) for name in ("submitted_by", "submitted_at", "decided_at", "reason")),
)


class ReportForm(FilingForm):
    """Name, year, attachments and remarks; the operation checks them."""

    name = StringField(_l("Report name"), render_kw={"maxlength": reports.LONGEST_NAME})
    year = SelectField(_l("Year"), validate_choice=False)
    note = TextAreaField(_l("Remarks"), render_kw={"rows": 5, "maxlength": reports.LONGEST_NOTE})


class YearlyReportsView(FilingScreen, ScopedModelView):
    """年审报告管理: this year's work and the next year's plan, for the department or HR department above."""

    permission = MANAGE
    kinds = frozenset({PositionKind.TRAINING_BASE})
    name_id = N_("Annual review report management")
    group_id = N_("Training management")
    icon = "file"
    order = 48
    subject_kind = "yearly_report"
    reviewed_as = staticmethod(lambda _report: ReviewKind.YEARLY_REPORT)
    new_word = N_("Add yearly report")
    save_word = N_("Confirm")
    submit_word = N_("File the report")

    columns = (
        _col(Col("name", is_link=True)),
        _col(Col("year")),
        Col("n_files", label=N_("Attachments"), value=lambda row: row[1], kind="number"),
        STATE,
        _col(Col("submitted_at", shown=False)),
    )
    sorts = (Sort("id", (YearlyReport.id,), is_descending=True),)
    filters = (part_filter("name", YearlyReport.name, N_("Report name")),)
    batch_actions = filing_batches(reports, N_("File the report"))
    row_actions = filing_words(N_("View"), N_("File the report"))
    page_actions = (
        PageAction(
            "new",
            N_("Add yearly report"),
            url=lambda view: url_for("yearly_reports.create_view", url=view.list_url()),
            is_primary=True,
        ),
    )
    details = (Section(N_("Yearly report"), OF_REPORT),)
    create_form_class: ClassVar[type[PlainForm] | None] = ReportForm
    create_permission = MANAGE
    edit_form_class: ClassVar[type[PlainForm] | None] = ReportForm
    edit_permission = MANAGE

    def rows(self) -> Select[Any]:
        """Return the reports with the number of their attachments."""
        n_files = (
            select(func.count())
            .where(TrainingFile.subject_kind == "yearly_report", TrainingFile.subject_id == YearlyReport.id)
            .correlate(YearlyReport)
            .scalar_subquery()
        )
        return select(YearlyReport, n_files)

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the years that are reported on."""
        report = self.filed(row)
        form: Any = form_class(obj=report)
        form.year.choices = [(str(y), str(y)) for y in typed.years()]
        form.name.flags.required = form.year.flags.required = form.files.flags.required = True
        return self.with_files(form, report)

    def create_row(self, session: Session, actor: Actor, form: Any) -> YearlyReport:
        """Write a draft; file it, too, when that was asked for."""
        row = reports.save(session, actor, _data(form), form_key=form.form_key.data or "", **self.file_values(form))
        return self.then_submit(session, actor, row, reports.submit)

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change what is not filed, or was rejected; file it, too, when that was asked for."""
        changed = reports.save(session, actor, _data(form), report_id=row[0].id, **self.file_values(form))
        self.then_submit(session, actor, changed, reports.submit)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("A report covers the year's work and the plan of the next year."))


def _data(form: Any) -> ReportData:
    return ReportData(read_id(form.year.data or ""), form.name.data or "", form.note.data or "")
