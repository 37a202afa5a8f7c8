"""S094, S095, S129-S131, S134: plans and reports that wait for the organisation, and those that it decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import select

from models.access import Permission, PositionKind
from models.errors import N_
from models.reviews.tables import Decision, Review, ReviewKind
from models.training.plans import TrainingPlan
from models.training.reports import YearlyReport
from views.admin.actions import Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import WAITING_SORTS, JoinedReviews, decision_batches, review_tabs, seen_at_decision, subject_col
from views.admin.filings import shown_files
from views.admin.filters import Filter, choice_filter, part_filter, picker_filter, with_next_year
from views.admin.hours import facet_filter, in_organisation
from views.admin.pickers import organisation_address, organisation_words
from views.admin.screen import WITH_MEMBERS
from views.admin.training_plans import SUBJECTS
from views.details import Attachment
from views.portal.words import ELECTIVE
from views.portal.words import SUBJECTS as COUNTED
from views.words import words

DECIDERS = frozenset({PositionKind.COMPETENT_DEPARTMENT, PositionKind.HR_DEPARTMENT})
REVIEW = Permission.TRAINING_REVIEW
PLAN_CANNED = (
    N_("The plan does not say what is taught."),
    N_("Hours and days do not fit each other."),
    N_("The plan of the year does not provide for it."),
)
REPORT_CANNED = (N_("The attachment is missing or cannot be read."), N_("The report does not cover the whole year."))

_plan = partial(subject_col, TrainingPlan)
_report = partial(subject_col, YearlyReport)


def filing_rows(model: Any, first: Any) -> Any:
    # A plan that was rejected may be withdrawn in its next round and deleted: the decision stays.
    return select(first, model).outerjoin(model, model.id == first.subject_id)


def filing_name(row: Any) -> str:
    return str(seen_at_decision("name")(row) or "")


def _by_unit(model: Any) -> Filter:
    return part_filter("unit", model.organisation_name, N_("Training base"))


def by_year(label: str) -> Filter:
    return facet_filter("year", "year", label, with_next_year, value_of=int)


class FilingReviews(JoinedReviews, ScopedModelView):
    """What the four lists share."""

    named = staticmethod(filing_name)
    subject_kind: ClassVar[str] = "training_plan"
    group_id = N_("Account review")
    icon = "file"

    def attachments(self, row: Any) -> Sequence[Attachment] | None:
        """Return the files; none of a draft that was withdrawn and deleted."""
        return shown_files(self.work, self.subject_kind, row[1].id) if row[1] is not None else []

    def warnings(self, row: Any) -> Sequence[str]:
        """Say that what was decided is gone, or was changed since."""
        if row[1] is None:
            return [words(N_("It was withdrawn and deleted after this decision."))]
        snapshot: Mapping[str, Any] = getattr(row[0], "snapshot", None) or {}
        if any(getattr(row[1], name) != value for name, value in snapshot.items()):
            return [words(N_("It was changed after this decision; the list shows it as it was decided."))]
        return ()

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nothing waits for your organisation."))


BASE = _plan("organisation_name", label=N_("Training base"))
SUBMITTED = _plan("submitted_at", label=N_("Time of declaration"), sort=WAITING_SORTS[0].name)
OF_TRAINING = (
    _plan("name", is_link=True),
    BASE,
    _plan("year"),
    _plan("subject", choices=SUBJECTS, shown=False),
    _plan("subject_name"),
    _plan("hours_tenths"),
    _plan("n_people", shown=False),
    SUBMITTED,
)
OF_YEAR = (_plan("name", is_link=True), BASE, _plan("year"), _plan("n_people", shown=False), SUBMITTED)
DETAILS = (
    _plan("elective", choices=ELECTIVE),
    _plan("hours_tenths"),
    _plan("starts_on"),
    _plan("ends_on"),
    _plan("n_people"),
    _plan("place"),
    _plan("content"),
    _plan("submitted_by"),
    _plan("submitted_at"),
)


def _lists(
    kind: ReviewKind,
    permission: Permission,
    model: Any,
    columns: tuple[Col, ...],
    filters: tuple[Filter, ...],
    *,
    can_undo: bool = False,
) -> Any:
    return review_tabs(
        kind,
        permission,
        waiting=partial(filing_rows, model, Review),
        decided=partial(filing_rows, model, Decision),
        columns=columns,
        name=filing_name,
        filters=filters,
        can_undo=can_undo,
    )


PLAN_FILTERS = (part_filter("name", TrainingPlan.name), by_year(N_("Year")), _by_unit(TrainingPlan))


class TrainingPlanReviews(FilingReviews):
    """审核培训计划申报: plans of single trainings of the bases right below."""

    permission = REVIEW
    kinds = DECIDERS
    kind = ReviewKind.TRAINING_PLAN
    joined_to = staticmethod(partial(filing_rows, TrainingPlan))
    name_id = N_("Review training plan filings")
    order = 36

    columns = OF_TRAINING
    filters = PLAN_FILTERS
    batch_actions = decision_batches(REVIEW, PLAN_CANNED)
    tabs = _lists(ReviewKind.TRAINING_PLAN, REVIEW, TrainingPlan, OF_TRAINING, PLAN_FILTERS)
    details = (
        Section(
            N_("Training plan"),
            (_plan("name"), BASE, _plan("year"), _plan("subject", choices=SUBJECTS), _plan("subject_name"), *DETAILS),
        ),
    )


class YearlyPlanReviews(FilingReviews):
    """审核继教机构年度培训计划: the plans of a whole year."""

    permission = REVIEW
    kinds = DECIDERS
    kind = ReviewKind.YEARLY_PLAN
    joined_to = staticmethod(partial(filing_rows, TrainingPlan))
    name_id = N_("Review yearly training plans")
    order = 37

    columns = OF_YEAR
    filters = PLAN_FILTERS
    batch_actions = decision_batches(REVIEW, PLAN_CANNED)
    tabs = _lists(ReviewKind.YEARLY_PLAN, REVIEW, TrainingPlan, OF_YEAR, PLAN_FILTERS)
    details = (
        Section(
            N_("Yearly training plan"),
            (
                _plan("name"),
                BASE,
                _plan("year"),
                _plan("n_people"),
                _plan("content"),
                _plan("submitted_by"),
                _plan("submitted_at"),
            ),
        ),
    )


REPORT_COLUMNS = (
    _report("name", is_link=True),
    _report("organisation_name", label=N_("Training base")),
    _report("year"),
    _report("submitted_at", label=N_("Time of declaration"), sort=WAITING_SORTS[0].name),
)
REPORT_FILTERS = (part_filter("name", YearlyReport.name), by_year(N_("Year")), _by_unit(YearlyReport))


class YearlyReportReviews(FilingReviews):
    """审核继续教育基地年度报告."""

    permission = REVIEW
    kinds = DECIDERS
    kind = ReviewKind.YEARLY_REPORT
    joined_to = staticmethod(partial(filing_rows, YearlyReport))
    subject_kind = "yearly_report"
    name_id = N_("Review yearly reports of training bases")
    names: ClassVar[Mapping[PositionKind, str]] = {PositionKind.COMPETENT_DEPARTMENT: N_("Review yearly reports of bases")}
    order = 38

    columns = REPORT_COLUMNS
    filters = REPORT_FILTERS
    batch_actions = decision_batches(REVIEW, REPORT_CANNED)
    tabs = _lists(ReviewKind.YEARLY_REPORT, REVIEW, YearlyReport, REPORT_COLUMNS, REPORT_FILTERS)
    details = (
        Section(N_("Yearly report"), (*REPORT_COLUMNS[:3], _report("note"), _report("submitted_by"), _report("submitted_at"))),
    )


UNIT = _plan("organisation_name", label=N_("Employer (unit)"))
COUNTS = _plan("subject", label=N_("Counts toward subject"), choices=COUNTED)
UNIT_COLUMNS = (
    _plan("year"),
    _plan("name", label=N_("Name of the class"), is_link=True),
    UNIT,
    COUNTS,
    _plan("elective", choices=ELECTIVE),
    SUBMITTED,
    _plan("hours_tenths", shown=False),
    _plan("n_people", shown=False),
)
UNIT_FILTERS = (
    by_year(N_("Training year")),
    part_filter("name", TrainingPlan.name, N_("Name of the class")),
    choice_filter("subject", TrainingPlan.subject, choices=COUNTED, label=N_("Counts toward subject")),
    picker_filter("organisation", N_("Employer (unit)"), in_organisation, address=organisation_address, shown=organisation_words),
)


class UnitPlanReviews(FilingReviews):
    """单位培训计划审核: along the chain above the unit."""

    permission = Permission.HOURS_REVIEW
    kinds = WITH_MEMBERS
    kind = ReviewKind.UNIT_PLAN
    joined_to = staticmethod(partial(filing_rows, TrainingPlan))
    name_id = N_("Review unit training plans")
    group_id = N_("Review of hours")
    order = 34

    columns = UNIT_COLUMNS
    filters = UNIT_FILTERS
    batch_actions = decision_batches(Permission.HOURS_REVIEW, PLAN_CANNED[:2])
    tabs = _lists(ReviewKind.UNIT_PLAN, Permission.HOURS_REVIEW, TrainingPlan, UNIT_COLUMNS, UNIT_FILTERS, can_undo=True)
    details = (
        Section(
            N_("Training plan"),
            (_plan("name", label=N_("Name of the class")), UNIT, _plan("year"), COUNTS, _plan("subject_name"), *DETAILS),
        ),
    )
