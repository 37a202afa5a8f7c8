"""S071 审核人员信息修改: titles, vocational qualifications and honours of the own people, old beside new."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from models.access import Permission
from models.errors import N_
from models.people.tables import PersonChange, Professional
from models.reviews.tables import Decision, Review, ReviewKind
from views.admin.actions import Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import JoinedReviews, decision_batches, review_tabs
from views.admin.people_filters import NAME_IN_REVIEWS
from views.admin.screen import WITH_MEMBERS
from views.changes import SECTION_WORDS, pairs_of_person
from views.details import Change
from views.words import words

KIND = ReviewKind.PERSON_CHANGE
CANNED = (
    N_("The certificate number does not fit the title."),
    N_("Please hand in the certificate first."),
)


def _types(row: Any) -> str:
    return gettext(SECTION_WORDS[row[1].section])


COLUMNS = (
    Col("name", label=N_("Name"), value=lambda row: row[2].name, is_link=True),
    Col("number_masked", label=N_("ID document number"), value=lambda row: row[2].number_masked),
    Col("types", label=N_("Type of change"), value=_types),
    Col("created_at", label=N_("Time of submission"), value=lambda row: row[1].created_at, kind="time"),
)


def _rows(first: Any) -> Any:
    """Return the reviews or decisions with the change and whose it is."""
    return (
        select(first, PersonChange, Professional)
        .join(PersonChange, PersonChange.id == first.subject_id)
        .join(Professional, Professional.id == PersonChange.person_id)
    )


def _name(row: Any) -> str:
    return str(row[2].name)


class PersonChangesView(JoinedReviews, ScopedModelView):
    """Waiting and decided changes of the people of the own organisation."""

    permission = Permission.CHANGES_REVIEW
    kinds = WITH_MEMBERS
    kind = KIND
    joined_to = staticmethod(_rows)
    named = staticmethod(_name)
    name_id = N_("Review changes of personal data")
    group_id = N_("Account review")
    icon = "user"
    order = 29

    columns = COLUMNS
    filters = (NAME_IN_REVIEWS,)
    batch_actions = decision_batches(Permission.CHANGES_REVIEW, CANNED)
    tabs = review_tabs(
        KIND,
        Permission.CHANGES_REVIEW,
        waiting=partial(_rows, Review),
        decided=partial(_rows, Decision),
        columns=COLUMNS,
        name=_name,
        filters=(NAME_IN_REVIEWS,),
    )
    details = (Section(N_("Personal information"), COLUMNS),)

    def changes(self, row: Any) -> Sequence[Change] | None:
        """Return old beside new."""
        return pairs_of_person(row[1])

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nobody is waiting: a new title or qualification of your people appears here."))
