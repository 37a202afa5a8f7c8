"""Which learning forms a person may use and which version of a form's rule holds: the nearest path, then the latest."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import canonical_json, to_tenths
from models.credits import counting
from models.credits.forms import FieldSpec, FormSpec, parse_form
from models.credits.requirements import prefixes
from models.credits.tables import CapKind, Declaration, LearningForm, RuleState, RuleVersion
from models.errors import N_, NotFound
from models.org.tables import CodeEntry, Organisation, OrganisationKind, OrganisationState
from models.scope import acting

TRAINING_BASE = "training_base"


@dataclass(frozen=True, slots=True)
class Offer:
    """A learning form with the version of its rule that holds at a place in a year."""

    form: LearningForm
    version: RuleVersion
    spec: FormSpec

    @property
    def is_enabled(self) -> bool:
        """Say whether hours may be declared by it at all."""
        return self.form.is_enabled and self.spec.is_enabled

    @property
    def is_for_persons(self) -> bool:
        """Say whether a person may declare by it herself (在线学习 is written by the platform)."""
        return self.is_enabled and self.form.is_offered_to_persons and self.spec.is_offered_to_persons


def offered(session: Session, path: str, year: int) -> list[Offer]:
    """Return the forms that a person of *path* may declare by in *year*, in the order of the list."""
    return [o for o in _offers(session, path, year) if o.is_for_persons]


def offer(session: Session, path: str, form_code: str, year: int) -> Offer:
    """Return one form with the rule that holds at *path* in *year*; raises NotFound."""
    for found in _offers(session, path, year, form_code):
        return found
    raise NotFound(N_("There is no such learning form for the year %(year)s."), year=str(year))


def unusable(session: Session, path: str, form_code: str, year: int) -> Offer | None:
    """Return the form that a draft was written by if nobody can declare by it any more at *path*; None while it can be used."""
    try:
        found = offer(session, path, form_code if form_code.isalnum() else "", year)
    except NotFound:
        return None
    return None if found.is_for_persons else found


def all_forms(session: Session, path: str, year: int) -> list[Offer]:
    """Return every form with the rule that holds at *path* in *year*, those that nobody may use included."""
    return _offers(session, path, year)


def _offers(session: Session, path: str, year: int, form_code: str | None = None) -> list[Offer]:
    above = prefixes(path)
    forms = select(LearningForm).where(LearningForm.path.in_(above))
    versions = select(RuleVersion).where(
        RuleVersion.path.in_(above), RuleVersion.from_year <= year, RuleVersion.state == RuleState.PUBLISHED
    )
    if form_code is not None:
        forms = forms.where(LearningForm.code == form_code)
        versions = versions.where(RuleVersion.form_code == form_code)
    nearest = {f.code: f for f in sorted(session.scalars(forms), key=lambda f: len(f.path))}
    holding = {v.form_code: v for v in sorted(session.scalars(versions), key=lambda v: (len(v.path), v.from_year, v.version))}
    found = [Offer(f, holding[code], spec_of(holding[code])) for code, f in nearest.items() if code in holding]
    return sorted(found, key=lambda o: (o.form.position, o.form.code))


def spec_of(version: RuleVersion) -> FormSpec:
    """Return the parsed form of a rule version; parsed once in a process for the same content."""
    return _parsed(canonical_json(version.spec))


@lru_cache(maxsize=512)
def _parsed(text: str) -> FormSpec:
    return parse_form(json.loads(text))


def cap_of(spec: FormSpec) -> counting.Cap:
    """Return a form's cap as counting takes it."""
    if spec.cap.value is None:
        return counting.Cap()
    if spec.cap.kind is CapKind.COUNT_PER_YEAR:
        return counting.Cap(spec.cap.kind, int(spec.cap.value))
    return counting.Cap(spec.cap.kind, to_tenths(spec.cap.value))


def caps_of(session: Session, version_ids: Collection[int]) -> dict[int, counting.Cap]:
    """Return the caps of the rule versions that records were declared by."""
    with acting(session, "read_rule"):
        rows = session.scalars(select(RuleVersion).where(RuleVersion.id.in_(version_ids))).all()
    return {row.id: cap_of(spec_of(row)) for row in rows}


def version_of(session: Session, declaration: Declaration) -> RuleVersion:
    """Return the version that a record of the scope was computed by, wherever its person stands now."""
    with acting(session, "read_rule"):
        return session.get_one(RuleVersion, declaration.rule_version_id)


def known_in(session: Session) -> Callable[[FieldSpec, str], bool]:
    """Return a check of the codes that ``ref`` fields hold, for ``clean_inputs``."""

    def known(field: FieldSpec, value: str) -> bool:
        if field.list_name == TRAINING_BASE:
            return value.isascii() and value.isdigit() and len(value) < 19 and _is_base(session, int(value))
        if not value.isprintable():
            return False  # PostgreSQL takes no NUL
        statement = select(CodeEntry.id).where(CodeEntry.list_name == field.list_name, CodeEntry.code == value)
        return session.scalar(statement) is not None

    return known


def _is_base(session: Session, organisation_id: int) -> bool:
    with acting(session, "declare"):
        kind = session.execute(select(Organisation.kind, Organisation.state).where(Organisation.id == organisation_id)).first()
    return kind is not None and tuple(kind) == (OrganisationKind.TRAINING_BASE, OrganisationState.ACTIVE)


def ref_names(session: Session, spec: FormSpec, inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of the entry that each filled ``ref`` field holds."""
    names: dict[str, str] = {}
    for field in _refs(spec, inputs):
        code = str(inputs[field.name])
        if field.list_name == TRAINING_BASE:
            with acting(session, "declare"):
                name = session.scalar(select(Organisation.name).where(Organisation.id == int(code)))
        else:
            name = session.scalar(select(CodeEntry.name).where(CodeEntry.list_name == field.list_name, CodeEntry.code == code))
        names[field.name] = name or code
    return names


def _refs(spec: FormSpec, inputs: Mapping[str, Any]) -> Iterable[FieldSpec]:
    return (field for field in spec.fields if field.list_name and inputs.get(field.name) is not None)
