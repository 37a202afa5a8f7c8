"""Reading declarations and years within the scope of the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from models import files
from models.base import to_hours
from models.credits import rules
from models.credits.form_inputs import from_stored, shown
from models.credits.forms import FieldType, FormSpec
from models.credits.tables import COUNTS, AuditState, Declaration, DeclarationState, SubjectKind, YearSummary
from models.errors import N_, NotFound
from models.files import Attachment
from models.reviews import queries as reviews
from models.reviews.tables import Decision, LevelState, Review, ReviewKind, ReviewLevel, ReviewState, Verdict

TABS = ("all", *DeclarationState)
MAX_ID = 2**63 - 1
_STANDS_AS = case((Declaration.audit_state == AuditState.FAILED, DeclarationState.REJECTED), else_=Declaration.state)
"""Under which tab its person finds a record: one that failed the audit counts no more, and may be declared anew."""


@dataclass(frozen=True, slots=True)
class DeclarationRow:
    """A line of a list with the organisation that it waits for (当前审核机构)."""

    declaration: Declaration
    waits_for: str = ""
    waits_for_phone: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a round and what was decided there."""

    number: int
    name: str
    phone: str
    state: LevelState
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One submission's way through its chain."""

    number: int
    levels: list[Level] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Progress:
    """The whole way of a declaration; empty for one that was never submitted."""

    rounds: list[Round] = field(default_factory=list)
    submitted_at: dt.datetime | None = None
    waits_for: str = ""
    waits_for_phone: str = ""
    taken_back: list[Decision] = field(default_factory=list)  # decisions that were undone, each followed by its undoing


@dataclass(frozen=True, slots=True)
class Shown:
    """One field of a learning form with the text of its value."""

    label: str
    value: str


def declaration(session: Session, declaration_id: int) -> Declaration:
    """Return a declaration of the scope; raises NotFound."""
    found = None
    if 0 < declaration_id <= MAX_ID:
        found = session.scalars(select(Declaration).where(Declaration.id == declaration_id)).first()
    if found is None:
        raise NotFound
    return found


def declarations_of(
    session: Session,
    person_id: int,
    *,
    tab: str = "all",
    year: int | None = None,
    subject: str | None = None,
    before_id: int | None = None,
    limit: int = 20,
) -> list[DeclarationRow]:
    """Return a person's declarations, the newest first, with the organisation that each waits for."""
    statement = select(Declaration).where(*_filter(person_id, tab, year, subject))
    if before_id is not None:
        statement = statement.where(Declaration.id < before_id)
    rows = session.scalars(statement.order_by(Declaration.id.desc()).limit(limit)).all()
    waiting = _waiting(session, [d.id for d in rows if d.state == DeclarationState.PENDING])
    return [DeclarationRow(d, *waiting.get(d.id, ("", ""))) for d in rows]


def tab_counts(session: Session, person_id: int, *, year: int | None = None, subject: str | None = None) -> dict[str, int]:
    """Return how many declarations stand under each tab."""
    rows = session.execute(
        select(_STANDS_AS, func.count()).where(*_filter(person_id, "all", year, subject)).group_by(_STANDS_AS)
    ).all()
    counts = {str(state): n for state, n in rows}
    return {"all": sum(counts.values()), **{str(state): counts.get(state, 0) for state in DeclarationState}}


def _filter(person_id: int, tab: str, year: int | None, subject: str | None) -> list[Any]:
    conditions: list[Any] = [Declaration.person_id == person_id]
    if tab in list(DeclarationState):
        conditions.append(tab == _STANDS_AS)
    if year is not None:
        conditions.append(Declaration.year == year)
    if subject in list(SubjectKind):
        conditions.append(Declaration.subject == subject)
    return conditions


def _waiting(session: Session, declaration_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    if not declaration_ids:
        return {}
    rows = session.execute(
        select(Review.subject_id, ReviewLevel.organisation_name, ReviewLevel.organisation_phone)
        .join(
            ReviewLevel,
            (ReviewLevel.review_id == Review.id) & (ReviewLevel.round == Review.round) & (ReviewLevel.level == Review.level),
        )
        .where(Review.kind == ReviewKind.DECLARATION, Review.subject_id.in_(declaration_ids), Review.state == ReviewState.OPEN)
    )
    return {row.subject_id: (row.organisation_name, row.organisation_phone) for row in rows}


def evidence_of(session: Session, declaration_id: int) -> Sequence[Attachment]:
    """Return the attachments of a declaration in the order they were added."""
    return files.attachments_of(session, "declaration", declaration_id)


def progress(session: Session, of: Declaration) -> Progress:
    """Return each round's levels with names, phones and decisions, the first round first."""
    review = reviews.review_of(session, ReviewKind.DECLARATION, of.id)
    if review is None:
        return Progress()
    decisions = reviews.decisions_of(session, review)
    decided = {(d.round, d.level): d for d in decisions if d.verdict != Verdict.UNDONE and d.undone_at is None}
    taken_back = [d for d in decisions if d.verdict == Verdict.UNDONE or d.undone_at is not None]
    rounds: dict[int, Round] = {}
    waits_for = waits_for_phone = ""
    for row in reviews.levels_of(session, review, every_round=True):
        level = Level(
            row.level, row.organisation_name, row.organisation_phone, LevelState(row.state), decided.get((row.round, row.level))
        )
        rounds.setdefault(row.round, Round(row.round)).levels.append(level)
        if row.state == LevelState.OPEN and review.state == ReviewState.OPEN:
            waits_for, waits_for_phone = row.organisation_name, row.organisation_phone
    return Progress([rounds[n] for n in sorted(rounds)], review.submitted_at, waits_for, waits_for_phone, taken_back)


def field_values(session: Session, of: Declaration, *, language: str = "zh") -> list[Shown]:
    """Return the filled fields of the record's learning form, as its rule version named them."""
    spec = rules.spec_of(rules.version_of(session, of))
    inputs = from_stored(spec, of.inputs)
    inputs.update(rules.ref_names(session, spec, inputs))
    return [Shown(label, value) for label, value in shown(spec, inputs, language=language)]


def entered_values(session: Session, spec: FormSpec, inputs: Mapping[str, str], *, language: str = "zh") -> list[Shown]:
    """Return what is stored of a form's fields by the words of *spec*, whatever that rule says of it today."""
    ticks = {field.name for field in spec.fields if field.type is FieldType.BOOL}
    values: dict[str, Any] = {name: text == "1" if name in ticks else text for name, text in inputs.items()}
    values.update(rules.ref_names(session, spec, values))
    return [Shown(label, value) for label, value in shown(spec, values, language=language)]


def year_summaries_of(
    session: Session, person_id: int, *, from_year: int | None = None, to_year: int | None = None
) -> Sequence[YearSummary]:
    """Return a person's years, the newest first."""
    statement = select(YearSummary).where(YearSummary.person_id == person_id, YearSummary.has_account)
    if from_year is not None:
        statement = statement.where(YearSummary.year >= from_year)
    if to_year is not None:
        statement = statement.where(YearSummary.year <= to_year)
    return session.scalars(statement.order_by(YearSummary.year.desc())).all()


def year_summary(session: Session, person_id: int, year: int) -> YearSummary | None:
    """Return one year of a person, None where nothing was ever counted."""
    of_year = (YearSummary.person_id == person_id, YearSummary.year == year, YearSummary.has_account)
    return session.scalars(select(YearSummary).where(*of_year)).first()


def learning_record(session: Session, person_id: int, year: int) -> Sequence[Declaration]:
    """Return what was approved for a year in the order it counts; ``counted_tenths`` says how much of it did."""
    return session.scalars(
        select(Declaration)
        .where(
            Declaration.person_id == person_id,
            Declaration.year == year,
            *COUNTS,
        )
        .order_by(Declaration.granted_at, Declaration.id)
    ).all()


def earns_certificate(summary: YearSummary) -> bool:
    """Say whether a certificate can be printed: a year that passed, and not by an exemption of the whole year alone."""
    reached = (
        summary.total_tenths >= summary.required_total_tenths
        and summary.public_tenths >= summary.required_public_tenths
        and summary.professional_tenths >= summary.required_professional_tenths
    )
    return summary.is_passed and (not summary.is_exempt or (reached and summary.total_tenths > 0))


EARNS_CERTIFICATE = (
    YearSummary.is_passed,
    or_(
        YearSummary.is_exempt.is_(False),
        (YearSummary.total_tenths > 0)
        & (YearSummary.total_tenths >= YearSummary.required_total_tenths)
        & (YearSummary.public_tenths >= YearSummary.required_public_tenths)
        & (YearSummary.professional_tenths >= YearSummary.required_professional_tenths),
    ),
)
"""The years for which ``earns_certificate`` says yes, as a condition of lists."""


def year_needs(summary: YearSummary) -> list[tuple[str, dict[str, str]]]:
    """Return what is still missing of a year as message ids with parameters; nothing for a year that passed."""
    if summary.is_passed:
        return []
    parts = (
        (N_("%(hours)s hours are missing in total."), summary.required_total_tenths - summary.total_tenths),
        (N_("%(hours)s hours of public subjects are missing."), summary.required_public_tenths - summary.public_tenths),
        (
            N_("%(hours)s hours of professional subjects are missing."),
            summary.required_professional_tenths - summary.professional_tenths,
        ),
    )
    return [(message_id, {"hours": str(to_hours(tenths))}) for message_id, tenths in parts if tenths > 0]
