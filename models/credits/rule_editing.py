"""What an HR department may change of a learning form's rule: from what was typed to a checked description, place by place."""

from __future__ import annotations

import copy
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models.base import today
from models.credits.form_inputs import clean_inputs, stored
from models.credits.forms import CALENDAR_DAYS, MONTHS, REQUESTED, FieldType, FormSpec, Proposal, parse_form, propose
from models.credits.tables import CapKind, SubjectKind
from models.errors import N_, DomainError, FieldErrors, Invalid
from models.text import compact, decimal_of, line

MOST_FIELDS, MOST_CHOICES = 30, 60
MADE_TYPES = (FieldType.TEXT, FieldType.INT, FieldType.DECIMAL, FieldType.DATE, FieldType.BOOL, FieldType.ENUM)
"""What a field may be that an HR department adds; one of a code list comes with the form."""
TITLE_TYPES = (FieldType.TEXT, FieldType.REF)
"""What a record can be called by."""
LENGTHS = {"name": 60, "name_en": 100, "formula": 2000, "evidence": 500, "source": 500, "rule_text": 5000, "note": 500}
MOST_HOURS = Decimal("9999.9")
LONGEST_FIGURE = 8

_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_]{0,29}")
_TAKEN = {REQUESTED, CALENDAR_DAYS, MONTHS, "on_paper", "min", "max", "ceil", "floor", "given", "first", "lookup"}


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One row of the table of fields; ``choices`` has a line ``code = words`` for each."""

    name: str
    label: str
    label_en: str = ""
    type: str = "text"
    choices: str = ""
    required: bool = False
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class MadeOf:
    """The fields whose values become the period and the title of a record; empty: it is asked for none."""

    first_day: str = ""
    last_day: str = ""  # empty: the first day is the only one
    title: str = ""


@dataclass(frozen=True, slots=True)
class RuleEdit:
    """A whole rule as it was typed."""

    name: str
    name_en: str
    subject_kinds: Sequence[str]
    fields: Sequence[FieldEdit]
    formula: str
    cap_kind: str
    cap_value: str
    evidence: str
    demands_evidence: bool
    source: str
    rule_text: str
    is_enabled: bool = True
    is_offered: bool = True
    note: str = ""
    sample: Mapping[str, str] = field(default_factory=dict)
    sample_requested: str = ""
    made_of: MadeOf | None = None  # None: as in what is edited


def edited(base: Mapping[str, Any], edit: RuleEdit) -> dict[str, Any]:
    """Return the description that *edit* makes of *base*, as a rule version stores it.

    Raises FieldErrors with a sentence for each part that does not fit; a formula's names the place in characters.
    """
    errors = _lengths(edit)
    data = copy.deepcopy(dict(base))
    data |= {"zh": line(edit.name), "en": line(edit.name_en) or line(edit.name)}
    data |= {"enabled": edit.is_enabled, "offered_to_persons": edit.is_offered, "rule_text": _text(edit.rule_text)}
    data["subject_kinds"] = [kind.value for kind in SubjectKind if kind in edit.subject_kinds]
    data["formula"] = _text(edit.formula)
    data["evidence"] = _with_words(base["evidence"], edit.evidence) | {"required": edit.demands_evidence}
    data["source"] = _with_words(base["source"], edit.source)
    if not data["zh"]:
        errors["name"] = Invalid(N_("Please enter the name of the form."))
    if not data["subject_kinds"]:
        errors["subject_kinds"] = Invalid(N_("Choose at least one subject."))
    if edit.made_of is not None:
        wrong, made_of = _made_of(edit, edit.made_of, base)
        errors |= wrong
        data |= made_of
    for name, part in (("fields", _fields), ("cap", _cap)):
        try:
            data[name] = part(data if name == "fields" else base, edit)
        except Invalid as refusal:
            errors["cap_value" if name == "cap" else name] = refusal
    if errors:
        raise FieldErrors(errors)
    data["example"] = {"inputs": {}, "requested": "0", "hours": None}
    try:
        parse_form(data)
    except Invalid as refusal:
        # The other parts were checked before: what is left is the formula, whose refusal names the place.
        raise FieldErrors({"formula": refusal}) from None
    return data


def tried(data: Mapping[str, Any], edit: RuleEdit) -> tuple[dict[str, Any], Proposal | None]:
    """Return the description with the sample of *edit* as its example, and what the rule gives for it.

    Without any sample there is no result. Raises FieldErrors for values that do not fit their fields.
    """
    spec = parse_form(data)
    filled = {name: text for name, text in edit.sample.items() if text.strip()}
    if not filled and not edit.sample_requested.strip():
        return dict(data), None
    try:
        requested = figure(edit.sample_requested) if edit.sample_requested.strip() else None
    except Invalid as refusal:
        raise FieldErrors({"sample_requested": refusal}) from None
    try:
        inputs = clean_inputs(spec, edit.sample, today=today(), draft=True)
    except FieldErrors as wrong:
        raise FieldErrors({f"sample_{name}": error for name, error in wrong.errors.items()}) from None
    try:
        proposal = propose(spec, inputs, requested)
    except Invalid as refusal:
        raise FieldErrors({"formula": refusal}) from None
    example = {
        "inputs": stored(inputs),
        "requested": f"{requested or Decimal(0):f}",
        "hours": None if proposal.hours is None else f"{proposal.hours:f}",
    }
    return {**data, "example": example}, proposal


def missing_for(spec: FormSpec, edit: RuleEdit) -> list[str]:
    """Return the labels of the inputs that the formula needs and the sample lacks."""
    labels = spec.labels("zh")
    given = {name for name, text in edit.sample.items() if text.strip()}
    given |= {name for name in (REQUESTED,) if edit.sample_requested.strip()}
    given |= {f.name for f in spec.fields if f.type is FieldType.BOOL}
    if given.issuperset(spec.period):
        given |= set(spec.derived)
    needed = (name for name in sorted(spec.formula.used) if not spec.formula.inputs[name].optional)
    return [labels.get(name, name) for name in needed if name not in given]


def figure(text: str) -> Decimal:
    """Return hours that were typed; raises Invalid unless they lie above 0 and have at most one place."""
    typed = text.strip()
    value = decimal_of(typed if len(typed) <= LONGEST_FIGURE else "")
    if not value.is_finite() or not 0 < value <= MOST_HOURS or value * 10 != (value * 10).to_integral_value():
        raise Invalid(N_("Enter hours greater than 0 with at most one decimal place."))
    return value


def _lengths(edit: RuleEdit) -> dict[str, DomainError]:
    errors: dict[str, DomainError] = {}
    for name, longest in LENGTHS.items():
        value = getattr(edit, name)
        if len(value) > longest or "\0" in value:
            errors[name] = Invalid(N_("At most %(n)s characters."), n=longest)
    return errors


def _with_words(base: Mapping[str, Any], words: str) -> dict[str, Any]:
    """Return both languages of a text: the English one stays only while the Chinese one does."""
    zh = _text(words)
    return {**base, "zh": zh, "en": base["en"] if zh == base["zh"] else zh}


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _cap(_base: Mapping[str, Any], edit: RuleEdit) -> dict[str, Any]:
    if edit.cap_kind not in set(CapKind):
        raise Invalid(N_("Choose how the hours are limited."))
    if edit.cap_kind == CapKind.NONE:
        if edit.cap_value.strip():
            raise Invalid(N_("Choose what is limited, or leave the figure empty."))
        return {"kind": edit.cap_kind, "value": None}
    value = figure(edit.cap_value)
    if edit.cap_kind == CapKind.COUNT_PER_YEAR and value != value.to_integral_value():
        raise Invalid(N_("Enter a whole number."))
    return {"kind": edit.cap_kind, "value": f"{value.normalize():f}"}


def _made_of(edit: RuleEdit, made_of: MadeOf, base: Mapping[str, Any]) -> tuple[dict[str, DomainError], dict[str, Any]]:
    """Return what is wrong with the choice of period and title; else both, and what can be computed of the period."""
    errors: dict[str, DomainError] = {}
    known = {row["name"]: row["type"] for row in base["fields"]}
    types = {row.name.strip(): known.get(row.name.strip(), row.type) for row in edit.fields if not row.is_removed}
    first, last = made_of.first_day, made_of.last_day or made_of.first_day
    for place, name in (("first_day", first), ("last_day", last)):
        if name and types.get(name) != FieldType.DATE:
            errors[place] = Invalid(N_("Choose a date among the fields."))
    if last and not first:
        errors["first_day"] = Invalid(N_("Choose the first day, too."))
    if made_of.title and types.get(made_of.title, FieldType.BOOL) not in TITLE_TYPES:
        errors["title_field"] = Invalid(N_("Choose words or an entry of a list among the fields."))
    period = [first, last] if first else []
    computed = base["derived"] if period == list(base["period"]) else [CALENDAR_DAYS, MONTHS] if period else []
    if errors:
        return errors, {"period": [], "title_field": None}  # no field is missed for a choice that is refused anyway
    return errors, {"period": period, "derived": list(computed), "title_field": made_of.title or None}


def _fields(base: Mapping[str, Any], edit: RuleEdit) -> list[dict[str, Any]]:
    known = {row["name"]: row for row in base["fields"]}
    rows = [row for row in edit.fields if not row.is_removed and (row.name.strip() or row.label.strip())]
    if len(rows) > MOST_FIELDS:
        raise Invalid(N_("A form has at most %(n)s fields."), n=MOST_FIELDS)
    fields = [_field(known.get(row.name.strip()), row) for row in rows]
    names = [row["name"] for row in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Invalid(N_("The field %(name)s is there twice."), name=twice)
    same = _repeated([row["zh"] for row in fields])
    if same is not None:
        raise Invalid(N_("Two fields are called “%(name)s”: give each a label of its own."), name=same)
    needed = {*base["period"], base["title_field"], base["number_field"]} - {None}
    needed |= {row["required_if"] for row in fields if row.get("required_if")}
    gone = sorted(needed - set(names))
    if gone:
        raise Invalid(
            N_("The field %(name)s cannot be removed: period, title or another field is made of it."), name=known[gone[0]]["zh"]
        )
    return fields


def _repeated(texts: Sequence[str]) -> str | None:
    """Return the first text that reads like one before it."""
    seen: set[str] = set()
    for text in texts:
        if compact(text) in seen:
            return text
        seen.add(compact(text))
    return None


def _field(known: Mapping[str, Any] | None, row: FieldEdit) -> dict[str, Any]:
    name, label = row.name.strip(), line(row.label)
    if not label or len(label) > 60 or len(row.label_en) > 100 or "\0" in row.label + row.label_en:
        raise Invalid(N_("The field %(name)s needs a label of at most 60 characters."), name=name[:40])
    if known is not None:
        # Its kind stays: records declared before hold such values.
        made = {**known, "zh": label, "en": line(row.label_en) or label, "required": row.required}
        return made | ({"choices": _choices(row, known["choices"])} if known["type"] == FieldType.ENUM else {})
    if not _NAME.fullmatch(name) or name in _TAKEN or keyword.iskeyword(name):
        raise Invalid(
            N_("“%(name)s” cannot name a field: small letters, digits and _, beginning with a letter, no word of the formulas."),
            name=name[:40],
        )
    if row.type not in MADE_TYPES:
        raise Invalid(N_("Choose the kind of the field %(name)s."), name=label)
    made = {"name": name, "type": row.type, "zh": label, "en": line(row.label_en) or label, "required": row.required}
    return made | ({"choices": _choices(row, ())} if row.type == FieldType.ENUM else {})


def _choices(row: FieldEdit, known: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    english = {(c["code"], c["zh"]): c["en"] for c in known}
    found: dict[str, dict[str, str]] = {}
    for typed in filter(None, (line(text) for text in row.choices.splitlines())):
        code, sign, words = (part.strip() for part in typed.replace("\uff1d", "=").partition("="))
        if not sign or not _CODE.fullmatch(code) or not 0 < len(words) <= 60 or code in found:
            message_id = N_("Field %(name)s: write each choice as code = words, each code once; “%(line)s” is not.")
            raise Invalid(message_id, name=line(row.label), line=typed[:40])
        found[code] = {"code": code, "zh": words, "en": english.get((code, words), words)}
    same = _repeated([choice["zh"] for choice in found.values()])
    if same is not None:
        raise Invalid(N_("Field %(name)s: two choices read “%(words)s”."), name=line(row.label), words=same)
    if not 1 <= len(found) <= MOST_CHOICES:
        raise Invalid(N_("Field %(name)s: it has from 1 to %(n)s choices."), name=line(row.label), n=MOST_CHOICES)
    return list(found.values())
