"""Who decides plans and reports, and what their unit is told: the department or HR department above, or the unit's chain."""

from __future__ import annotations

from collections.abc import Sequence

from models.access import Permission
from models.errors import N_
from models.reviews import chain
from models.reviews.chain import Link
from models.reviews.tables import ReviewKind
from models.training import filings, unit_granting
from models.training.filings import Answers
from models.training.plans import PLANS
from models.training.reports import REPORTS
from models.training.unit_hours import UNIT_TRAININGS

OF_PLAN = ("name", "year", "subject", "subject_name", "elective", "hours_tenths", "n_people", "organisation_name")
OF_TRAINING = (
    "name",
    "year",
    "subject",
    "elective",
    "hours_tenths",
    "starts_on",
    "ends_on",
    "plan_name",
    "n_people",
    "edition",
    "organisation_name",
)
OF_REPORT = ("name", "year", "organisation_name")


def above_up_to_first_hr(links: Sequence[Link]) -> list[Link]:
    """Let every organisation above the unit decide, up to and including the first HR department: the unit itself has filed."""
    return chain.up_to_first_hr(links[1:])


def _answers(link: str) -> Answers:
    return Answers(N_("“%(name)s” was approved."), N_("“%(name)s” was rejected: %(reason)s"), link)


filings.register(
    PLANS,
    ReviewKind.YEARLY_PLAN,
    Permission.TRAINING_REVIEW,
    chain.superior_only,
    _answers("/admin/training-plans/?tab=yearly"),
    OF_PLAN,
)
filings.register(
    PLANS, ReviewKind.TRAINING_PLAN, Permission.TRAINING_REVIEW, chain.superior_only, _answers("/admin/training-plans/"), OF_PLAN
)
filings.register(
    PLANS,
    ReviewKind.UNIT_PLAN,
    Permission.HOURS_REVIEW,
    above_up_to_first_hr,
    _answers("/admin/unit-plans/"),
    OF_PLAN,
    can_undo=True,
)
filings.register(
    UNIT_TRAININGS,
    ReviewKind.UNIT_HOURS,
    Permission.HOURS_REVIEW,
    above_up_to_first_hr,
    _answers("/admin/unit-hours/"),
    OF_TRAINING,
    check=unit_granting.not_own,
    can_undo=True,
)
filings.register(
    REPORTS,
    ReviewKind.YEARLY_REPORT,
    Permission.TRAINING_REVIEW,
    chain.superior_only,
    _answers("/admin/yearly-reports/"),
    OF_REPORT,
)
