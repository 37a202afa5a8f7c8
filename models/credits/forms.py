"""Learning forms as data: their fields, formula, cap and evidence, read from JSON and checked as a whole.

A form's JSON stands in its rule version, so an HR department's edit passes the same checks as the defaults.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from models.credits.formulas import ON_PAPER, Formula, Input, InputKind, compile_formula
from models.credits.tables import CapKind, DeclarationType, SubjectKind
from models.errors import N_, DomainError, Invalid

REQUESTED = "requested"
"""The input of a formula that is the declared figure itself (申请学时)."""


class FieldType(StrEnum):
    """Kinds of fields; a ``ref`` holds the code of a code list, or an id, named by ``list``."""

    TEXT = "text"
    DATE = "date"
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    ENUM = "enum"
    REF = "ref"


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a form; ``group`` is the label that fields stand under together (起止时间)."""

    name: str
    type: FieldType
    label: Words
    required: bool
    required_if: str | None = None
    choices: Mapping[str, Words] | None = None
    list_name: str | None = None
    group: Words | None = None
    max_length: int = 200
    least: Decimal | None = None
    most: Decimal | None = None
    is_past: bool = False  # a date that cannot lie after today

    @property
    def formula_input(self) -> Input | None:
        """Return what a formula sees of the field: figures, codes, yes or no; no dates and free texts."""
        optional = not self.required
        match self.type:
            case FieldType.INT | FieldType.DECIMAL:
                return Input(InputKind.NUMBER, optional)
            case FieldType.BOOL:
                return Input(InputKind.BOOLEAN)
            case FieldType.ENUM:
                return Input(InputKind.TEXT, optional, tuple(self.choices or ()))
            case FieldType.REF:
                return Input(InputKind.TEXT, optional)
        return None


@dataclass(frozen=True, slots=True)
class Cap:
    """What of a form's hours counts: at most ``value`` hours, or ``value`` records a year."""

    kind: CapKind
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Example:
    """A worked case of a form: shown to editors of the rule, and a test."""

    inputs: Mapping[str, str]
    requested: Decimal
    hours: Decimal | None


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A learning form (学习形式)."""

    code: str
    label: Words
    declaration_type: DeclarationType
    subject_kinds: tuple[SubjectKind, ...]
    fields: tuple[FieldSpec, ...]
    period: tuple[str, ...]  # the fields that hold its first and last day; twice the same for a single day; none: not asked
    title_field: str | None  # what a record is called by; None: as its form
    number_field: str | None  # the number of the evidence, which may be used once
    derived: tuple[str, ...]
    formula: Formula
    cap: Cap
    evidence: Words
    demands_evidence: bool
    source: Words
    is_verified: bool
    is_offered_to_persons: bool
    example: Example
    is_enabled: bool = True
    rule_text: str = ""  # the words of the regulation, quoted

    def field(self, name: str) -> FieldSpec:
        return next(field for field in self.fields if field.name == name)

    def days(self, inputs: Mapping[str, Any]) -> tuple[date | None, date | None]:
        """Return the first and the last day of what *inputs* tell of."""
        if not self.period:
            return None, None
        first, last = self.period
        return inputs.get(first), inputs.get(last)

    @property
    def is_on_paper(self) -> bool:
        """Say whether the hours always stand on a document, so that nothing is proposed."""
        return self.formula.text.strip() == ON_PAPER

    def labels(self, language: str) -> dict[str, str]:
        """Return the labels of the formula's inputs, choices and functions, as ``Formula.explain`` takes them."""
        labels = {name: words.of(language) for name, words in (_DERIVED_LABELS | _FUNCTION_LABELS).items()}
        for field in self.fields:
            labels[field.name] = field.label.of(language)
            for code, words in (field.choices or {}).items():
                labels[f"{field.name}={code}"] = words.of(language)
        return labels


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a rule proposes: the hours (None: they stand on paper) and the arithmetic, line by line."""

    hours: Decimal | None
    arithmetic: tuple[str, ...]


CALENDAR_DAYS, MONTHS = "calendar_days", "months"
_DERIVED_LABELS = {
    CALENDAR_DAYS: Words("天数", "Days"),
    MONTHS: Words("月数", "Months"),
    REQUESTED: Words("申请学时", "Hours declared"),
}
_FUNCTION_LABELS = {
    "min()": Words("较小者", "the smaller of"),
    "max()": Words("较大者", "the larger of"),
    "ceil()": Words("向上取整", "rounded up"),
    "floor()": Words("向下取整", "rounded down"),
}


def derived(spec: FormSpec, inputs: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """Return the derived inputs: calendar days inclusive, and whole months with a rest of 15 days as one."""
    first, last = spec.days(inputs)
    if first is None or last is None or last < first:
        return dict.fromkeys(spec.derived)
    values = {CALENDAR_DAYS: Decimal((last - first).days + 1), MONTHS: Decimal(whole_months(first, last))}
    return {name: values[name] for name in spec.derived}


def whole_months(first: date, last: date) -> int:
    """Return the months from *first* to *last* inclusive: whole ones, a rest of 15 days or more counting as one."""
    end = last + timedelta(days=1)
    months = (end.year - first.year) * 12 + end.month - first.month
    if _months_later(first, months) > end:
        months -= 1
    return months + ((end - _months_later(first, months)).days >= 15)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def propose(spec: FormSpec, inputs: Mapping[str, Any], requested: Decimal | None, *, language: str = "zh") -> Proposal:
    """Return the hours that the form's rule gives for cleaned inputs, limited by a cap per record.

    Nothing is proposed while a needed value is missing, as in a draft.
    """
    values = {**inputs, **derived(spec, inputs), REQUESTED: requested}
    if any(values.get(name) is None for name in spec.formula.used if not spec.formula.inputs[name].optional):
        return Proposal(None, ())
    hours = spec.formula.hours(values)
    if hours is None:
        return Proposal(None, ())
    labels = spec.labels(language)
    lines = spec.formula.explain(values, labels)
    if spec.cap.kind is CapKind.PER_RECORD and spec.cap.value is not None and hours > spec.cap.value:
        lines = [*lines, f"{labels['min()']}({hours:f}, {spec.cap.value:f}) = {spec.cap.value:f}"]
        hours = spec.cap.value.quantize(hours)
    return Proposal(hours, tuple(lines))


def parse_form(data: Mapping[str, Any]) -> FormSpec:
    """Return the form that a JSON object describes; raises Invalid that names the form and what is wrong."""
    try:
        return _parse_form(data)
    except DomainError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        message_id = N_("The learning form %(code)s is not complete or not well formed (%(detail)s).")
        raise Invalid(message_id, code=str(data.get("code", "?")), detail=f"{type(error).__name__}: {error}") from error


def formula_inputs(fields: tuple[FieldSpec, ...], derived_names: tuple[str, ...]) -> dict[str, Input]:
    """Return what a formula over these fields may name."""
    inputs = {field.name: field.formula_input for field in fields}
    inputs |= dict.fromkeys((*derived_names, REQUESTED), Input(InputKind.NUMBER))
    return {name: declared for name, declared in inputs.items() if declared is not None}


def _parse_form(data: Mapping[str, Any]) -> FormSpec:
    fields = tuple(_parse_field(field) for field in data["fields"])
    derived_names = tuple(data["derived"])
    spec = FormSpec(
        code=data["code"],
        label=Words(data["zh"], data["en"]),
        declaration_type=DeclarationType(data["declaration_type"]),
        subject_kinds=tuple(SubjectKind(kind) for kind in data["subject_kinds"]),
        fields=fields,
        period=tuple(data["period"]),
        title_field=data["title_field"],
        number_field=data["number_field"],
        derived=derived_names,
        formula=compile_formula(data["formula"], formula_inputs(fields, derived_names)),
        cap=_parse_cap(data["cap"]),
        evidence=Words(data["evidence"]["zh"], data["evidence"]["en"]),
        demands_evidence=bool(data["evidence"]["required"]),
        source=Words(data["source"]["zh"], data["source"]["en"]),
        is_verified=bool(data["source"]["verified"]),
        is_offered_to_persons=bool(data["offered_to_persons"]),
        example=_parse_example(data["example"]),
        is_enabled=bool(data.get("enabled", True)),
        rule_text=str(data.get("rule_text", "")),
    )
    _check_names(spec)
    return spec


def _parse_field(data: Mapping[str, Any]) -> FieldSpec:
    kind = FieldType(data["type"])
    choices = {row["code"]: Words(row["zh"], row["en"]) for row in data["choices"]} if kind is FieldType.ENUM else None
    return FieldSpec(
        name=data["name"],
        type=kind,
        label=Words(data["zh"], data["en"]),
        required=bool(data["required"]),
        required_if=data.get("required_if"),
        choices=choices,
        list_name=data["list"] if kind is FieldType.REF else None,
        group=Words(data["group_zh"], data["group_en"]) if "group_zh" in data else None,
        max_length=int(data.get("max_length", 200)),
        least=Decimal(data["min"]) if "min" in data else None,
        most=Decimal(data["max"]) if "max" in data else None,
        is_past=bool(data.get("past", False)),
    )


def _parse_cap(data: Mapping[str, Any]) -> Cap:
    kind = CapKind(data["kind"])
    value = None if kind is CapKind.NONE else Decimal(data["value"])
    if value is not None and value <= 0:
        raise Invalid(N_("A cap is greater than 0."))
    return Cap(kind, value)


def _parse_example(data: Mapping[str, Any]) -> Example:
    hours = data["hours"]
    return Example(dict(data["inputs"]), Decimal(data["requested"]), None if hours is None else Decimal(hours))


def _check_names(spec: FormSpec) -> None:
    names = [field.name for field in spec.fields]
    wanted = {*spec.period, spec.title_field, spec.number_field, *(field.required_if for field in spec.fields)} - {None}
    if len(set(names)) != len(names) or set(names) & {REQUESTED, CALENDAR_DAYS, MONTHS}:
        raise ValueError("a field's name is there twice")
    if not spec.subject_kinds or not wanted <= set(names) or not set(spec.derived) <= {CALENDAR_DAYS, MONTHS}:
        raise ValueError("a name is not that of a field")
    if len(spec.period) not in {0, 2} or any(spec.field(name).type is not FieldType.DATE for name in spec.period):
        raise ValueError("the period is not made of dates")
