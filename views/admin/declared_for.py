"""S079 学时申报记录: what the own organisation declared for people, how far each record is, and what may be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import anew, applicants, declarations, declarers
from models.credits import queries as credit_queries
from models.credits.forewarning import forewarned_again
from models.credits.tables import Declaration, DeclarationState, Source
from models.errors import N_
from models.reviews.tables import Review, ReviewKind, ReviewLevel, ReviewState
from views import states
from views.admin.actions import BatchAction, PageAction, RowAction, Section, Tab, ids_only
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import joined
from views.admin.declaring import DECLARE, GROUP, warning_words
from views.admin.filters import choice_filter, text_filter, year_filter
from views.admin.hours import by_person_name, key_review_words, learning_forms
from views.admin.keyset import Sort
from views.admin.screen import WITH_MEMBERS
from views.details import Attachment, TimelineEntry, attachment_of
from views.portal.course import course_of
from views.portal.words import ELECTIVE, SUBJECTS
from views.public.language import words_language
from views.why import lines_of
from views.words import words

LOOKED_AT = 500
"""So many records are looked at for reasons before they are submitted again: about two seconds."""


def _col(name: str, **how: Any) -> Col:
    return joined(Declaration, 0, Col(name, **how))


def _waits_for() -> Any:
    """Return the organisation whose turn it is (当前处理人)."""
    return (
        select(ReviewLevel.organisation_name)
        .join(Review, (Review.id == ReviewLevel.review_id) & (Review.round == ReviewLevel.round))
        .where(Review.kind == ReviewKind.DECLARATION, Review.subject_id == Declaration.id, Review.state == ReviewState.OPEN)
        .where(ReviewLevel.level == Review.level)
        .limit(1)
        .correlate(Declaration)
        .scalar_subquery()
        .label("waits_for")
    )


STATE = _col("state", label=N_("Result of recognition"), status=states.DECLARATION)
COLUMNS = (
    _col("person_name", is_link=True),
    _col("year", label=N_("Year of recognition"), sort="id"),
    _col("subject", label=N_("Subject type"), choices=SUBJECTS),
    _col("form_name"),
    _col("requested_tenths", label=N_("Hours filed")),
    _col("granted_tenths"),
    Col("waits_for", label=N_("Present handler"), value=lambda row: row.waits_for),
    STATE,
    _col("organisation_name", shown=False),
    _col("title", shown=False),
    _col("submitted_at", shown=False),
)


def _tab(state: DeclarationState, label: str) -> Tab:
    return Tab(state.value, label, where=lambda _actor: (Declaration.state == state,))


def _closer_looks(session: Session, actor: Actor, ids: Sequence[int]) -> list[str]:
    """Say what reviewers will be asked to look at closely, as the form of one record does; of very many only the first."""
    said = warning_words(forewarned_again(session, actor, ids[:LOOKED_AT]))
    if len(ids) > LOOKED_AT:
        said.append(gettext("Only the first %(n)s records were looked at.", n=LOOKED_AT))
    return said


def _can(step: str) -> Any:
    return lambda record: step in declarations.what_can(record, Source.ORGANISATION)


class DeclaredForView(ScopedModelView):
    """单位申报记录: the list, and of each record its progress and why it counts what it counts."""

    permission = DECLARE
    kinds = WITH_MEMBERS
    name_id = N_("View declarations")
    group_id = GROUP
    icon = "file"
    order = 27

    columns = COLUMNS
    sorts = (Sort("id", (Declaration.id,), is_descending=True),)
    filters = (
        text_filter(
            "name",
            N_("Name"),
            by_person_name,
            is_private=True,
            help=N_("Characters of the name, pinyin or initials."),
        ),
        year_filter("year", Declaration.year, N_("Year of recognition")),
        choice_filter("form", Declaration.form_code, choices=learning_forms),
        choice_filter("subject", Declaration.subject, choices=SUBJECTS, label=N_("Subject type"), is_quick=False),
    )
    tabs = (
        Tab("all", N_("All")),
        _tab(DeclarationState.PENDING, N_("Pending review")),
        _tab(DeclarationState.APPROVED, N_("Approved")),
        _tab(DeclarationState.REJECTED, N_("Rejected")),
        _tab(DeclarationState.DRAFT, N_("To be submitted")),
    )
    page_actions = (
        PageAction("new", N_("Declare hours for people"), url=lambda _view: url_for("declare_for.index"), is_primary=True),
    )
    batch_actions = (
        BatchAction(
            "withdraw",
            N_("Batch withdraw"),
            ids_only(applicants.withdraw_many),
            row_label=N_("Withdraw"),
            permission=DECLARE,
            is_danger=True,
        ),
        BatchAction("submit", N_("Submit again"), ids_only(applicants.submit_many), permission=DECLARE, warnings=_closer_looks),
        BatchAction(
            "remove",
            N_("Batch delete"),
            ids_only(applicants.delete_many),
            row_label=N_("Delete"),
            permission=DECLARE,
            is_danger=True,
        ),
    )
    row_actions = (
        RowAction("details", N_("Details")),
        RowAction("withdraw", N_("Withdraw"), batch="withdraw", when=_can("withdraw"), is_danger=True),
        RowAction(
            "change",
            N_("Edit and resubmit"),
            url=lambda _view, row: url_for("declare_for.record", id=row[0].id),
            when=_can("edit"),
        ),
        RowAction("remove", N_("Delete"), batch="remove", when=_can("delete"), is_danger=True),
    )
    details = (
        Section(
            N_("Declaration"),
            (
                _col("person_name"),
                _col("organisation_name"),
                _col("declared_by_name"),
                _col("year", label=N_("Year of recognition")),
                _col("subject", choices=SUBJECTS),
                _col("elective", choices=ELECTIVE),
                _col("form_name"),
                _col("title"),
                _col("submitted_at"),
                _col("requested_tenths", label=N_("Hours filed")),
                _col("granted_tenths"),
                STATE,
            ),
        ),
    )
    details_template = "admin/declared_for.html"

    @property
    def title(self) -> str:
        """Return the heading, which the menu leads to by another word."""
        return gettext(N_("Declarations by the unit"))

    def rows(self) -> Select[Any]:
        """Return the records with the organisation that each waits for."""
        return select(Declaration, _waits_for())

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """List what the own organisation declared."""
        return (Declaration.declared_by_id.in_(declarers.declaring_ids(self.work, actor)),)

    def row_name(self, row: Any) -> str:
        """Return whom the record is of."""
        return str(row[0].person_name)

    def attachments(self, row: Any) -> Sequence[Attachment]:
        """Return the evidence."""
        return [attachment_of(a) for a in credit_queries.evidence_of(self.work, row[0].id)]

    def timeline(self, row: Any) -> Sequence[TimelineEntry]:
        """Return the whole way of the record, the audit included."""
        audit, _instead_of = anew.renewed(self.work, row[0].id)
        return course_of(self.work, row[0], audit)

    def details_context(self, row: Any) -> dict[str, Any]:
        """Return the fields of the learning form, why a closer look is due, and why so many hours count."""
        found = credit_queries.field_values(self.work, row[0], language=words_language())
        return {
            "fields": [(s.label, s.value) for s in found],
            "why": lines_of(self.work, row[0]),
            "warnings": key_review_words(row[0].key_reasons),
        }

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("What your unit declares for people appears here, with how far each declaration is."))
