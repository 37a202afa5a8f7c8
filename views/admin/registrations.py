"""S070: the organisation reviews who registered with it (审核注册人员)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, select

from models.access import Permission
from models.errors import N_
from models.org.tables import Department
from models.people.tables import Professional
from models.reviews.tables import Decision, Review, ReviewKind
from views.admin.actions import Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import DecisionScreen, decision_batches, review_tabs, seen_at_decision, subject_col
from views.admin.people_filters import NAME_IN_REVIEWS
from views.admin.screen import WITH_MEMBERS
from views.words import words

KIND = ReviewKind.REGISTRATION
CANNED = (
    N_("The person does not work in this organisation."),
    N_("Name and number do not match the document."),
    N_("The department is wrong; please register again."),
)


_col = partial(subject_col, Professional)


def _department(row: Any) -> str:
    snapshot = getattr(row[0], "snapshot", None)
    if snapshot and "department" in snapshot:
        return str(snapshot["department"] or "")
    return row.department_name or ""


COLUMNS = (
    _col("name", is_link=True),
    _col("number_masked"),
    Col("department", label=N_("Work department"), value=_department),
    _col("title_series"),
    _col("created_at"),
)


def _rows(first: Any) -> Any:
    """Return the reviews or decisions with the person and the name of the department."""
    return (
        select(first, Professional, Department.name.label("department_name"))
        .join(Professional, Professional.id == first.subject_id)
        .outerjoin(Department, Department.id == Professional.department_id)
    )


def _name(row: Any) -> str:
    return str(seen_at_decision("name")(row))


class RegistrationsView(DecisionScreen, ScopedModelView):
    """Waiting and decided registrations of the organisation of the position in use."""

    permission = Permission.REGISTRATIONS_REVIEW
    kinds = WITH_MEMBERS
    kind = KIND
    name_id = N_("Review registered persons")
    group_id = N_("Account review")
    icon = "user"
    order = 20

    columns = COLUMNS
    filters = (NAME_IN_REVIEWS,)
    batch_actions = decision_batches(Permission.REGISTRATIONS_REVIEW, CANNED)
    tabs = review_tabs(
        KIND,
        Permission.REGISTRATIONS_REVIEW,
        waiting=partial(_rows, Review),
        decided=partial(_rows, Decision),
        columns=COLUMNS,
        name=_name,
        filters=(NAME_IN_REVIEWS,),
    )
    details = (
        Section(
            N_("Personal information"),
            (
                _col("name"),
                _col("document_type"),
                _col("number_masked"),
                _col("sex"),
                _col("birth_on"),
                _col("ethnic_group"),
                _col("phone"),
                _col("email"),
                _col("landline"),
                _col("organisation_name"),
                Col("department", label=N_("Work department"), value=_department),
                _col("admin_post"),
                _col("admin_rank"),
                _col("is_postdoc"),
            ),
        ),
        Section(
            N_("Education and title"),
            (
                _col("education_level"),
                _col("school"),
                _col("field_of_study"),
                _col("graduated_on"),
                _col("degree"),
                _col("title_series"),
                _col("title_level"),
                _col("title_qualification"),
                _col("title_effective_on"),
                _col("title_certificate_number"),
                _col("vocational_qualification"),
                _col("vocational_level"),
                _col("created_at"),
            ),
        ),
    )

    def rows(self) -> Select[Any]:
        """Return the registrations with the person; the tabs narrow them."""
        found: Select[Any] = _rows(Review)
        return found

    def row_name(self, row: Any) -> str:
        """Return the person's name as the reviewer sees it."""
        return _name(row)

    def warnings(self, row: Any) -> Sequence[str]:
        """Return what the check of the number noticed."""
        return [words(w["message_id"], w.get("params")) for w in (row[1].warnings or ()) if isinstance(w, dict)]

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nobody is waiting: who registers with your organisation appears here."))
