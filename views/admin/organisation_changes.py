"""S077 审核机构信息修改: new names and codes of the units below, old beside new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from models.access import Permission, PositionKind
from models.errors import N_
from models.org.tables import Organisation, OrganisationChange
from models.reviews.tables import Decision, Review, ReviewKind
from views.admin.actions import Section, Tab
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import (
    DECIDE_ROW,
    DECIDED_ROW,
    DECIDED_SORTS,
    WAITING_SORTS,
    DecisionScreen,
    decided_by,
    decided_columns,
    decision_batches,
    hidden_filter,
    hiding_batches,
    waits_for,
)
from views.admin.filters import text_filter
from views.admin.own_organisation import label_of, words_of
from views.details import Change
from views.words import words

KIND = ReviewKind.ORGANISATION_CHANGE
CANNED = (N_("Name and code do not match the certificate."),)


def _types(row: Any) -> str:
    """Return what is to change: name, code or both."""
    return "、".join(label_of(name) for name in ("name", "code") if name in row[1].after)


COLUMNS = (
    Col("name", label=N_("Legal-person unit"), value=lambda row: row[1].before.get("name") or row[2].name, is_link=True),
    Col(
        "code",
        label=N_("Organisation code / unified social credit code"),
        value=lambda row: row[1].before.get("code") or row[2].code,
    ),
    Col("types", label=N_("Type of change"), value=_types),
    Col("asked_by", label=N_("Administrator"), value=lambda row: row[1].asked_by),
    Col("phone", label=N_("Contact phone"), value=lambda row: row[1].phone),
)


def _rows(model: Any) -> Any:
    def rows() -> Any:
        return (
            select(model, OrganisationChange, Organisation)
            .join(OrganisationChange, OrganisationChange.id == model.subject_id)
            .join(Organisation, Organisation.id == OrganisationChange.organisation_id)
        )

    return rows


def _named(statement: Select[Any], text: str) -> Select[Any]:
    return statement.where(Organisation.name.contains(text, autoescape=True))


def _name(row: Any) -> str:
    return str(row[1].before.get("name") or row[2].name)


NAME = text_filter("name", N_("Legal-person unit"), _named)


class OrganisationChangesView(DecisionScreen, ScopedModelView):
    """Waiting and decided changes of the units right below."""

    permission = Permission.CHANGES_REVIEW
    kinds = frozenset({PositionKind.EMPLOYER, PositionKind.COMPETENT_DEPARTMENT, PositionKind.HR_DEPARTMENT})
    kind = KIND
    name_id = N_("Review changes of unit data")
    group_id = N_("Account review")
    icon = "file"
    order = 30

    columns = COLUMNS
    filters = (NAME,)
    batch_actions = decision_batches(Permission.CHANGES_REVIEW, CANNED)
    tabs = (
        Tab(
            "pending",
            N_("Pending review"),
            rows=_rows(Review),
            where=lambda actor: waits_for(actor, KIND),
            sorts=WAITING_SORTS,
            row_actions=DECIDE_ROW,
            row_name=_name,
        ),
        Tab(
            "reviewed",
            N_("Reviewed"),
            model=Decision,
            rows=_rows(Decision),
            where=lambda actor: decided_by(actor, KIND),
            sorts=DECIDED_SORTS,
            columns=(*COLUMNS, *decided_columns()),
            filters=(NAME, hidden_filter),
            row_actions=DECIDED_ROW,
            batch_actions=hiding_batches(Permission.CHANGES_REVIEW),
            row_name=_name,
        ),
    )
    details = (Section(N_("Change"), COLUMNS),)

    def rows(self) -> Select[Any]:
        """Return the changes with their organisation; the tabs narrow them."""
        found: Select[Any] = _rows(Review)()
        return found

    def row_name(self, row: Any) -> str:
        """Return the name of the unit before the change."""
        return _name(row)

    def changes(self, row: Any) -> Sequence[Change] | None:
        """Return old beside new."""
        change = row[1]
        return [
            Change(label_of(name), words_of(name, change.before.get(name)), words_of(name, value))
            for name, value in change.after.items()
            if name in {"name", "code"}
        ]

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("When a unit withdraws its change, it leaves this list by itself."))
