"""为什么: why a record counts what it counts, as sentences: the rule's arithmetic, then what the cap left of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import to_hours
from models.credits import rules
from models.credits.counting import Cap, Granted, Taken, take_in_order
from models.credits.form_inputs import from_stored
from models.credits.forms import FieldType, FormSpec
from models.credits.tables import (
    COUNTS,
    CapKind,
    Declaration,
    DeclarationState,
    RuleVersion,
    counting_tenths,
    counting_version_id,
)
from models.errors import N_
from models.scope import acting

Sentence = tuple[str, dict[str, str]]
"""A message id with its parameters."""

_COUNTED = {
    CapKind.NONE: N_("%(what)s: %(granted)s hours, no cap, %(counted)s count"),
    CapKind.PER_RECORD: N_("%(what)s: %(granted)s hours, cap for each declaration %(cap)s, %(counted)s count"),
    CapKind.PER_YEAR: N_("%(what)s: %(granted)s hours, yearly cap %(cap)s, used before %(used)s, %(counted)s count"),
    CapKind.COUNT_PER_YEAR: N_(
        "%(what)s: %(granted)s hours, at most %(cap)s declarations a year, counted before %(used)s, %(counted)s count"
    ),
}
_LEFT = {
    CapKind.PER_YEAR: N_("%(what)s: yearly cap %(cap)s, used by approved ones %(used)s, at most %(left)s can still count"),
    CapKind.COUNT_PER_YEAR: N_("%(what)s: at most %(cap)s declarations a year, approved are %(used)s"),
}


@dataclass(frozen=True, slots=True)
class Why:
    """What is said of one record: by which version it was computed, and what counting made of it."""

    version: RuleVersion
    counted: Sentence | None = None


def why(session: Session, declaration: Declaration, *, language: str = "zh", with_left: bool = True) -> Why:
    """Return why one record counts as it does, or *with_left* what the cap leaves for it while it is in review."""
    version = rules.version_of(session, declaration)
    if declaration.state == DeclarationState.APPROVED:
        found = of_year(session, declaration.person_id or 0, declaration.year, form_code=declaration.form_code, language=language)
        return Why(version, found.get(declaration.id))
    if declaration.state == DeclarationState.PENDING and with_left:
        return Why(version, _left(session, declaration, version, language))
    return Why(version)


def of_year(
    session: Session, person_id: int, year: int, *, form_code: str | None = None, language: str = "zh"
) -> dict[int, Sentence]:
    """Return for each record of a person's year that counts, or of one form of it, what the cap left of its hours."""
    rows = _granted(session, person_id, year, form_code)
    specs = _specs(session, rows)
    taken = _taken(rows, specs)
    return {row.id: _sentence(row, specs[counting_version_id(row)], taken[row.id], language) for row in rows}


def _granted(session: Session, person_id: int, year: int, form_code: str | None) -> Sequence[Declaration]:
    statement = select(Declaration).where(
        Declaration.person_id == person_id,
        Declaration.year == year,
        *COUNTS,
    )
    if form_code is not None:
        statement = statement.where(Declaration.form_code == form_code)
    return session.scalars(statement).all()


def _specs(session: Session, rows: Sequence[Declaration]) -> dict[int, FormSpec]:
    ids = {counting_version_id(row) for row in rows}
    with acting(session, "read_rule"):
        versions = session.scalars(select(RuleVersion).where(RuleVersion.id.in_(ids))).all() if ids else ()
    return {version.id: rules.spec_of(version) for version in versions}


def _taken(rows: Sequence[Declaration], specs: dict[int, FormSpec]) -> dict[int, Taken]:
    granted = [
        Granted(r.id, r.form_code, r.subject, counting_tenths(r), r.granted_at, rules.cap_of(specs[counting_version_id(r)]))
        for r in rows
        if r.granted_at is not None
    ]
    return take_in_order(granted)


def _sentence(row: Declaration, spec: FormSpec, taken: Taken, language: str) -> Sentence:
    return _COUNTED[taken.cap.kind], {
        "what": _what(row, spec, language),
        "granted": _hours(counting_tenths(row)),
        "counted": _hours(taken.counted_tenths),
        **_figures(taken.cap, taken.used_tenths, taken.n_used),
    }


def _left(session: Session, declaration: Declaration, version: RuleVersion, language: str) -> Sentence | None:
    spec = rules.spec_of(version)
    cap = rules.cap_of(spec)
    if cap.kind not in _LEFT:
        return None
    rows = _granted(session, declaration.person_id or 0, declaration.year, declaration.form_code)
    used = sum(t.counted_tenths for t in _taken(rows, _specs(session, rows)).values())
    said = {"what": _what(declaration, spec, language), "left": _hours(max(0, cap.limit - used))}
    return _LEFT[cap.kind], {**said, **_figures(cap, used, len(rows))}


def _figures(cap: Cap, used_tenths: int, n_used: int) -> dict[str, str]:
    if cap.kind is CapKind.COUNT_PER_YEAR:
        return {"cap": str(cap.limit), "used": str(n_used)}
    return {"cap": _hours(cap.limit), "used": _hours(used_tenths)}


def _what(row: Declaration, spec: FormSpec, language: str) -> str:
    """Return the form with the choices that its formula looked at: 出版著作（独著）."""
    inputs: dict[str, Any] = from_stored(spec, row.inputs)
    chosen = [
        field.choices[inputs[field.name]].of(language)
        for field in spec.fields
        if field.type is FieldType.ENUM and field.choices and field.name in spec.formula.used and inputs.get(field.name)
    ]
    name = spec.label.of(language)
    return f"{name}（{'，'.join(chosen)}）" if chosen else name


def _hours(tenths: int) -> str:
    return f"{to_hours(tenths).normalize():f}"
