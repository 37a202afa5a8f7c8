"""S135: 单位培训学时审核: trainings of units with all their participants, each decided as one item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask_babel import ngettext

from models.access import Permission
from models.errors import N_
from models.reviews.tables import Decision, Review, ReviewKind
from models.training import participants
from models.training.unit_hours import UNIT_TRAININGS, UnitTraining
from views.admin.actions import Section
from views.admin.decisions import WAITING_SORTS, decision_batches, review_tabs, subject_col
from views.admin.filters import choice_filter, flag_filter, part_filter, picker_filter
from views.admin.hours import in_organisation
from views.admin.pickers import organisation_address, organisation_words
from views.admin.screen import WITH_MEMBERS
from views.admin.training_reviews import FilingReviews, by_year, filing_name, filing_rows
from views.admin.unit_hours import participant_columns
from views.portal.words import ELECTIVE
from views.portal.words import SUBJECTS as COUNTED

MOST = 20
"""Trainings of one transaction: each carries up to some thousand participants."""
CANNED = (
    N_("The list of participants does not fit the plan."),
    N_("Hours and days do not fit each other."),
    N_("The proof of attendance is missing."),
)
_training = partial(subject_col, UnitTraining)
UNIT = _training("organisation_name", label=N_("Employer (unit)"))
COUNTS = _training("subject", choices=COUNTED)
COLUMNS = (
    _training("year"),
    _training("name", is_link=True),
    UNIT,
    COUNTS,
    _training("elective", choices=ELECTIVE),
    _training("submitted_at", label=N_("Time of declaration"), sort=WAITING_SORTS[0].name),
    _training("n_people", shown=False),
    _training("hours_tenths", shown=False),
    _training("plan_name", shown=False),
)
FILTERS = (
    by_year(N_("Training year")),
    part_filter("name", UnitTraining.name),
    choice_filter("subject", UnitTraining.subject, choices=COUNTED),
    picker_filter("organisation", N_("Employer (unit)"), in_organisation, address=organisation_address, shown=organisation_words),
    flag_filter("key", UnitTraining.is_key_review, is_quick=False),
)


class UnitHoursReviews(FilingReviews):
    """单位培训学时审核: along the chain above the unit."""

    permission = Permission.HOURS_REVIEW
    kinds = WITH_MEMBERS
    kind = ReviewKind.UNIT_HOURS
    joined_to = staticmethod(partial(filing_rows, UnitTraining))
    subject_kind = UNIT_TRAININGS.subject_kind
    name_id = N_("Review hours of unit trainings")
    group_id = N_("Review of hours")
    order = 35

    columns = COLUMNS
    filters = FILTERS
    batch_actions = tuple(replace(batch, most=MOST) for batch in decision_batches(Permission.HOURS_REVIEW, CANNED))
    tabs = review_tabs(
        ReviewKind.UNIT_HOURS,
        Permission.HOURS_REVIEW,
        waiting=partial(filing_rows, UnitTraining, Review),
        decided=partial(filing_rows, UnitTraining, Decision),
        columns=COLUMNS,
        name=filing_name,
        filters=FILTERS,
        can_undo=True,
    )
    details_template = "admin/unit_hours_review.html"
    details = (
        Section(
            N_("Training of the unit"),
            (
                _training("name"),
                UNIT,
                _training("year"),
                COUNTS,
                _training("elective", choices=ELECTIVE),
                _training("hours_tenths"),
                _training("starts_on"),
                _training("ends_on"),
                _training("plan_name"),
                _training("n_people"),
                _training("submitted_by"),
                _training("submitted_at"),
            ),
        ),
    )

    def details_context(self, row: Any) -> dict[str, Any]:
        """Return all participants as they are on the list now."""
        rows = participants.of(self.work, row[0].subject_id)
        return {"participants": rows, "participant_columns": participant_columns(rows)}

    def warnings(self, row: Any) -> Sequence[str]:
        """Say, too, how many participants deserve a closer look."""
        n = sum(bool(p.key_reasons) for p in participants.of(self.work, row[0].subject_id)) if row[1] is not None else 0
        told = ngettext("%(num)s participant deserves a closer look.", "%(num)s participants deserve a closer look.", n)
        return [*super().warnings(row), *([told] if n else [])]
