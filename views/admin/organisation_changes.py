"""S077 审核机构信息修改: new names and codes of the units below, old beside new."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from models.access import Permission
from models.errors import N_
from models.org.tables import Organisation, OrganisationChange
from models.reviews.tables import Decision, Review, ReviewKind
from views.admin.actions import Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import JoinedReviews, decision_batches, review_tabs
from views.admin.filters import part_filter
from views.admin.screen import WITH_MEMBERS
from views.changes import label_of, pairs_of_organisation
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


def _rows(first: Any) -> Any:
    """Return the reviews or decisions with the change and whose it is."""
    return (
        select(first, OrganisationChange, Organisation)
        .join(OrganisationChange, OrganisationChange.id == first.subject_id)
        .join(Organisation, Organisation.id == OrganisationChange.organisation_id)
    )


def _name(row: Any) -> str:
    return str(row[1].before.get("name") or row[2].name)


NAME = part_filter("name", Organisation.name, N_("Legal-person unit"))


class OrganisationChangesView(JoinedReviews, ScopedModelView):
    """Waiting and decided changes of the units right below."""

    permission = Permission.CHANGES_REVIEW
    kinds = WITH_MEMBERS
    kind = KIND
    joined_to = staticmethod(_rows)
    named = staticmethod(_name)
    name_id = N_("Review changes of unit data")
    group_id = N_("Account review")
    icon = "file"
    order = 30

    columns = COLUMNS
    filters = (NAME,)
    batch_actions = decision_batches(Permission.CHANGES_REVIEW, CANNED)
    tabs = review_tabs(
        KIND,
        Permission.CHANGES_REVIEW,
        waiting=partial(_rows, Review),
        decided=partial(_rows, Decision),
        columns=COLUMNS,
        name=_name,
        filters=(NAME,),
    )
    details = (Section(N_("Change"), COLUMNS),)

    def changes(self, row: Any) -> Sequence[Change] | None:
        """Return old beside new."""
        return pairs_of_organisation(row[1])

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("When a unit withdraws its change, it leaves this list by itself."))
