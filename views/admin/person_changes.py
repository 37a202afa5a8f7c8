"""S071 审核人员信息修改: titles, vocational qualifications and honours of the own people, old beside new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy import Select, or_, select

from models.access import Permission, PositionKind
from models.errors import N_
from models.people import queries as people
from models.people.tables import PersonChange, Professional
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
from views.details import Change
from views.portal.profile_parts import SECTION_WORDS, pairs_of
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


def _rows(model: Any) -> Any:
    def rows() -> Any:
        return (
            select(model, PersonChange, Professional)
            .join(PersonChange, PersonChange.id == model.subject_id)
            .join(Professional, Professional.id == PersonChange.person_id)
        )

    return rows


def _named(statement: Select[Any], text: str) -> Select[Any]:
    by_tokens = people.by_name(select(Professional.id), text, Professional.id, Professional.name)
    return statement.where(or_(Professional.id.in_(by_tokens), Professional.name.contains(text, autoescape=True)))


def _name(row: Any) -> str:
    return str(row[2].name)


NAME = text_filter("name", N_("Name"), _named, is_private=True, help=N_("Characters of the name, pinyin or initials."))


class PersonChangesView(DecisionScreen, ScopedModelView):
    """Waiting and decided changes of the people of the own organisation."""

    permission = Permission.CHANGES_REVIEW
    kinds = frozenset({PositionKind.EMPLOYER, PositionKind.COMPETENT_DEPARTMENT, PositionKind.HR_DEPARTMENT})
    kind = KIND
    name_id = N_("Review changes of personal data")
    group_id = N_("Account review")
    icon = "user"
    order = 29

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
    details = (Section(N_("Personal information"), COLUMNS),)

    def rows(self) -> Select[Any]:
        """Return the changes with their person; the tabs narrow them."""
        found: Select[Any] = _rows(Review)()
        return found

    def row_name(self, row: Any) -> str:
        """Return the person's name."""
        return _name(row)

    def changes(self, row: Any) -> Sequence[Change] | None:
        """Return old beside new."""
        return pairs_of(row[1])

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nobody is waiting: a new title or qualification of your people appears here."))
