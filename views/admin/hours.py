"""S080, S081, S132: declarations of hours that wait for the organisation, and those that it decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from flask import g
from flask_babel import gettext
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from wtforms import DecimalField, HiddenField, ValidationError
from wtforms.validators import Optional

from models.access import Actor, Permission, PositionKind
from models.base import db, to_hours, to_tenths
from models.credits import queries as credit_queries
from models.credits.by_base import TOPIC
from models.credits.reviewing import GRANTED
from models.credits.tables import Declaration, LearningForm, RuleState, RuleVersion
from models.errors import N_
from models.people.name_search import narrowed_by_name
from models.reviews import engine
from models.reviews.tables import Decision, Review, ReviewKind, Verdict
from models.workflow import CHUNK
from views.admin.actions import PageAction, Section, Tab
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import (
    WAITING_SORTS,
    DecisionScreen,
    decided_columns,
    decision_batches,
    review_tabs,
    seen_at_decision,
    subject_col,
)
from views.admin.exports import export_action
from views.admin.filters import Choices, Filter, flag_filter, last_years, picker_filter, text_filter
from views.admin.people_filters import chosen_organisation
from views.admin.pickers import organisation_address, organisation_words
from views.admin.screen import WITH_MEMBERS
from views.details import Attachment, attachment_of
from views.forms import PlainForm
from views.portal.words import ELECTIVE, SUBJECTS
from views.public.language import words_language
from views.why import lines_of
from views.words import hours, words

KIND = ReviewKind.DECLARATION
CANNED = (
    N_("The evidence is missing or cannot be read."),
    N_("The evidence does not show the hours declared."),
    N_("The same learning was declared before."),
    N_("The learning form does not fit the evidence."),
)


def _granted(row: Any) -> int | None:
    """Return the hours as far as they are granted: by this decision, or by the level before the reader's."""
    values = row[0].values if isinstance(row[0], Decision) else row.so_far
    return (values or {}).get(GRANTED)


declared_col = partial(subject_col, Declaration)
_col = declared_col
GRANTED_COL = Col("granted_tenths", label=N_("Hours granted"), kind="hours", value=_granted)
SUBMITTED = _col("submitted_at", sort=WAITING_SORTS[0].name)
COLUMNS = (
    _col("person_name", is_link=True),
    _col("year", label=N_("Year")),
    _col("requested_tenths"),
    GRANTED_COL,
    _col("form_name"),
    _col("organisation_name"),
    _col("subject", label=N_("Subject type"), choices=SUBJECTS),
    _col("elective", choices=ELECTIVE),
    SUBMITTED,
    _col("title", shown=False),
    _col("is_key_review", shown=False),
)


def _without_submission(columns: tuple[Col, ...]) -> tuple[Col, ...]:
    """Leave the time of declaration to 列设置, where the time of the decision stands."""
    return tuple(replace(c, shown=False) if c.name == "submitted_at" else c for c in columns)


def learning_forms() -> list[tuple[str, str]]:
    """Return code and name of the learning forms, read once for a page: its filter is parsed, shown and named by them."""
    if "ce_forms" not in g:
        g.ce_forms = _read_forms()
    forms: list[tuple[str, str]] = g.ce_forms
    return forms


def _read_forms() -> list[tuple[str, str]]:
    published = select(RuleVersion.form_code).where(RuleVersion.state == RuleState.PUBLISHED)
    named = select(LearningForm.code, LearningForm.name, LearningForm.name_en).where(LearningForm.code.in_(published))
    rows = db.session.execute(named.order_by(LearningForm.position, LearningForm.code))
    return list({row.code: (row.code, row.name_en if words_language() == "en" else row.name) for row in rows}.values())


def by_person_name(statement: Select[Any], text: str) -> Select[Any]:
    """Narrow a list of records by a part of the person's name, or of its pinyin."""
    return narrowed_by_name(db.session(), statement, text, Declaration.person_name)


def matter_of(statement: Select[Any]) -> Any:
    """Return the review or the decision that a list is of: it carries what the list is narrowed by."""
    return statement.column_descriptions[0]["entity"]


def in_organisation(statement: Select[Any], value: str) -> Select[Any]:
    """Narrow reviews or decisions to those of one organisation that was picked."""
    return statement.where(matter_of(statement).path == chosen_organisation(value).path)


def facet_filter(name: str, facet: str, label: str, choices: Choices, *, value_of: Callable[[str], Any] = str) -> Filter:
    """Return a filter by what the review and each decision carry of the declaration: no declaration is read for it."""
    return Filter(
        name,
        label,
        lambda statement, value: statement.where(getattr(matter_of(statement), facet) == value_of(value)),
        kind="choice",
        choices=choices,
    )


FILTERS: tuple[Filter, ...] = (
    facet_filter("year", "year", N_("Year"), last_years, value_of=int),
    text_filter("name", N_("Name"), by_person_name, is_private=True, help=N_("Characters of the name, pinyin or initials.")),
    facet_filter("subject", "part", N_("Subject type"), SUBJECTS),
    facet_filter("form", "topic", N_("Learning form"), learning_forms),
    picker_filter(
        "organisation",
        N_("Employer (unit)"),
        in_organisation,
        address=organisation_address,
        shown=organisation_words,
        is_quick=False,
    ),
    flag_filter("key", Declaration.is_key_review, label=N_("Key review (yes/no)"), is_quick=False),
)


def _so_far() -> Any:
    """Return the values of the latest level that passed in the present round."""
    return (
        select(Decision.values)
        .where(Decision.review_id == Review.id, Decision.round == Review.round)
        .where(Decision.verdict == Verdict.PASS, Decision.undone_at.is_(None))
        .order_by(Decision.level.desc(), Decision.attempt.desc())
        .limit(1)
        .correlate(Review)
        .scalar_subquery()
        .label("so_far")
    )


def waiting_rows() -> Any:
    """Return the reviews with their declaration and what was granted so far."""
    return select(Review, Declaration, _so_far()).outerjoin(Declaration, Declaration.id == Review.subject_id)


def decided_rows() -> Any:
    """Return the decisions with their declaration."""
    return select(Decision, Declaration).outerjoin(Declaration, Declaration.id == Decision.subject_id)


def name_of(row: Any) -> str:
    """Return the person's name as it was declared."""
    return str(seen_at_decision("person_name")(row))


def _decision_values(values: Mapping[str, Any]) -> Mapping[str, Any]:
    granted = values.get("granted")
    return {GRANTED: to_tenths(granted)} if granted is not None else {}


def _key_reviews(session: Session, ids: Sequence[int]) -> list[str]:
    n = 0
    for start in range(0, len(ids), CHUNK):
        n += (
            session.scalar(
                select(func.count())
                .select_from(Review)
                .join(Declaration, Declaration.id == Review.subject_id)
                .where(Review.id.in_(ids[start : start + CHUNK]), Review.kind == KIND, Declaration.is_key_review)
            )
            or 0
        )
    return [words(N_("%(n)s of them are marked for key review."), {"n": n})] if n else []


def key_review_words(reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return why a closer look is due, in words."""
    return [words(N_("Key review: %(reason)s"), {"reason": words(r["message_id"], r.get("params"))}) for r in reasons]


def narrowed(tabs: Sequence[Tab], conditions: Callable[[Any, Actor], Sequence[Any]]) -> tuple[Tab, ...]:
    """Return both tabs with conditions on what the review, or the decision, carries; no declaration is read for them."""

    def one(tab: Tab) -> Tab:
        matter: Any = tab.model or Review
        before = tab.where
        return replace(tab, where=lambda actor: (*(before(actor) if before else ()), *conditions(matter, actor)))

    return tuple(one(tab) for tab in tabs)


def _but_of_bases(matter: Any, actor: Actor) -> Sequence[Any]:
    """Leave to an HR department's own list what bases declared; the others have but one list."""
    return (matter.topic.is_distinct_from(TOPIC),) if actor.kind is PositionKind.HR_DEPARTMENT else ()


class DecisionForm(PlainForm):
    """What the officer sets: the hours granted. ``version`` says which step the page showed."""

    granted = DecimalField(places=1, validators=[Optional()])
    version = HiddenField()
    most: int = 0

    def validate_granted(self, field: DecimalField) -> None:
        """Refuse what does not lie between 0.1 and the hours declared, or is finer than a tenth."""
        value = field.data
        if value is None:
            return
        if not value.is_finite() or not Decimal("0.1") <= value <= to_hours(self.most):
            raise ValidationError(
                words(N_("The hours granted lie between 0.1 and the hours declared (%(most)s)."), {"most": to_hours(self.most)})
            )
        if value != value.quantize(Decimal("0.1")):
            raise ValidationError(words(N_("Hours have at most one decimal place.")))


class HoursView(DecisionScreen, ScopedModelView):
    """Waiting and decided declarations; the details page is the reviewer's desk (S081)."""

    permission = Permission.HOURS_REVIEW
    kinds = WITH_MEMBERS
    kind = KIND
    name_id = N_("Approve hours")
    names: ClassVar[Mapping[PositionKind, str]] = {PositionKind.HR_DEPARTMENT: N_("Review hours (credits)")}
    group_id = N_("Review of hours")
    icon = "check"
    order = 30

    columns: ClassVar[tuple[Col, ...]] = COLUMNS
    filters: ClassVar[tuple[Filter, ...]] = FILTERS
    export_permission: ClassVar[Permission | None] = Permission.HOURS_EXPORT
    export_kind = "export_declarations"
    page_actions: ClassVar[tuple[PageAction, ...]] = (export_action(Permission.HOURS_EXPORT),)
    batch_actions = decision_batches(Permission.HOURS_REVIEW, CANNED, given=_decision_values, more=_key_reviews)
    tabs: ClassVar[tuple[Tab, ...]] = narrowed(
        review_tabs(
            KIND,
            Permission.HOURS_REVIEW,
            waiting=waiting_rows,
            decided=decided_rows,
            columns=COLUMNS,
            decided_shown=(*COLUMNS[:4], *decided_columns(), *_without_submission(COLUMNS[4:])),
            name=name_of,
            filters=FILTERS,
            can_undo=True,
        ),
        _but_of_bases,
    )
    details: ClassVar[tuple[Section, ...]] = (
        Section(
            N_("Declaration"),
            (
                _col("person_name"),
                _col("organisation_name"),
                _col("year"),
                _col("subject", choices=SUBJECTS),
                _col("elective", choices=ELECTIVE),
                _col("form_name"),
                _col("title"),
                _col("submitted_at"),
                _col("requested_tenths"),
                GRANTED_COL,
            ),
        ),
    )

    def topics(self, actor: Actor) -> tuple[str, ...]:
        """Count what is in the list: an HR department has one of its own for what bases declared."""
        return ("",) if actor.kind is PositionKind.HR_DEPARTMENT else ("", TOPIC)

    def rows(self) -> Select[Any]:
        """Return the reviews of declarations with the declaration; the tabs narrow them."""
        return waiting_rows()

    def row_name(self, row: Any) -> str:
        """Return the person's name as it was declared."""
        return name_of(row)

    def review_form(self, row: Any) -> PlainForm | None:
        """Return the form of the decision with the hours that the level before left."""
        review, declaration = row[0], row[1]
        so_far = _granted(row) or declaration.requested_tenths
        form = DecisionForm(data={"granted": to_hours(so_far), "version": engine.version(review)})
        form.most = declaration.requested_tenths
        form.granted.label.text = gettext(N_("Hours granted"))
        form.granted.description = words(
            N_("From 0.1 to %(most)s; so far %(granted)s."),
            {"most": hours(declaration.requested_tenths), "granted": hours(so_far)},
        )
        return form

    def attachments(self, row: Any) -> Sequence[Attachment] | None:
        """Return the evidence; none of a declaration that its owner has withdrawn and deleted."""
        if row[1] is None:
            return []
        return [attachment_of(a) for a in credit_queries.evidence_of(self.work, row[1].id)]

    def details_context(self, row: Any) -> dict[str, Any]:
        """Offer the receipt of the record beside its course."""
        return {**super().details_context(row), "receipt_of": row[1].id if row[1] is not None else None}

    def warnings(self, row: Any) -> Sequence[str]:
        """Return why a closer look is due, in words, and whether the record was changed after the decision."""
        snapshot = getattr(row[0], "snapshot", None) or {}
        if row[1] is None:
            return [words(N_("The declaration was withdrawn and deleted after this decision."))]
        reasons = snapshot.get("key_reasons", row[1].key_reasons) or ()
        found = key_review_words(reasons)
        if "inputs" in snapshot and snapshot["inputs"] != row[1].inputs:
            found.append(
                words(N_("The declaration was changed after this decision; the fields of the form are the present ones."))
            )
        return found

    def more_pairs(self, row: Any) -> Sequence[tuple[str, str]]:
        """Return the fields of the learning form and how the rule computed its proposal."""
        declaration = row[1]
        if declaration is None:
            return []
        pairs = [(s.label, s.value) for s in credit_queries.field_values(self.work, declaration, language=words_language())]
        lines = lines_of(self.work, declaration, with_left=False)
        if lines:
            pairs.append((gettext(N_("Computed by the rule")), gettext(N_("; ")).join(lines)))
        return pairs

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nothing waits for your organisation: declarations appear here when it is your turn."))
