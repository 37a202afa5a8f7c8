"""The values of a learning form's fields: from what was typed or imported to checked values, and to storage and back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from models.credits.forms import FieldSpec, FieldType, FormSpec
from models.errors import N_, DomainError, FieldErrors, Invalid
from models.text import compact

_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:00:00:00)?")
_SHORT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_INTEGER = re.compile(r"[0-9]{1,9}")
_SIGNED = re.compile(r"-?[0-9]+(?:\.0*)?")
_MOST = Decimal(999_999_999)
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2}0*)?")
_YES = frozenset({"1", "TRUE", "YES", "ON", "Y", "是", "√", "✓"})
_NO = frozenset({"", "0", "FALSE", "NO", "OFF", "N", "否", "×"})
_EARLIEST = date(1950, 1, 1)


def clean_inputs(
    spec: FormSpec,
    raw: Mapping[str, str],
    *,
    today: date,
    draft: bool = False,
    known: Callable[[FieldSpec, str], bool] | None = None,
) -> dict[str, Any]:
    """Return the checked value of each field; what is empty is None.

    A *draft* may leave out what is required. *known* says whether a code or id of a ``ref`` field exists.
    Raises FieldErrors with one error per field.
    """
    values: dict[str, Any] = {}
    errors: dict[str, DomainError] = {}
    for field in spec.fields:
        try:
            values[field.name] = _clean(field, raw.get(field.name) or "", today=today, known=known)
        except Invalid as error:
            values[field.name] = None
            errors[field.name] = error
    if not draft:
        errors = {**_missing(spec, values), **errors}
    first, last = spec.days(values)
    if first and last and last < first:
        errors.setdefault(spec.period[1], Invalid(N_("The end lies before the start.")))
    if errors:
        raise FieldErrors({field.name: errors[field.name] for field in spec.fields if field.name in errors})
    return values


def stored(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return cleaned inputs as JSON texts; ``from_stored`` gives them back."""
    return {name: _as_text(value) for name, value in inputs.items() if value is not None}


def from_stored(spec: FormSpec, data: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that ``stored`` wrote, without judging them by today's rules."""
    return {field.name: _PARSERS[field.type](field, data.get(field.name) or "") for field in spec.fields}


def shown(spec: FormSpec, inputs: Mapping[str, Any], *, language: str = "zh") -> list[tuple[str, str]]:
    """Return label and text of each filled field, in the form's order; a ``ref`` shows its code."""
    rows = []
    for field in spec.fields:
        value = inputs.get(field.name)
        if value is None:
            continue
        text = _as_text(value)
        if field.choices is not None:
            text = field.choices[text].of(language) if text in field.choices else text
        elif field.type is FieldType.BOOL:
            text = {"zh": "是", "en": "Yes"}[language] if value else {"zh": "否", "en": "No"}[language]
        rows.append((field.label.of(language), text))
    return rows


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _missing(spec: FormSpec, values: Mapping[str, Any]) -> dict[str, DomainError]:
    empty = (field for field in spec.fields if values[field.name] is None)
    return {
        field.name: Invalid(N_("Fill in this field."))
        for field in empty
        if field.required or (field.required_if and values[field.required_if])
    }


def _clean(field: FieldSpec, text: str, *, today: date, known: Callable[[FieldSpec, str], bool] | None) -> object:
    value = _PARSERS[field.type](field, text)
    if value is None:
        return None
    if isinstance(value, date):
        _check_date(field, value, today=today)
    if isinstance(value, Decimal):
        _check_bounds(field, value)
    if field.type is FieldType.REF and known is not None and not known(field, str(value)):
        raise Invalid(N_("Choose an entry of the list."))
    return value


def _check_date(field: FieldSpec, value: date, *, today: date) -> None:
    if value < _EARLIEST or value.year > today.year + 10:
        raise Invalid(N_("The date %(date)s cannot be right."), date=value.isoformat())
    if field.is_past and value > today:
        raise Invalid(N_("The date lies in the future."))


def _check_bounds(field: FieldSpec, value: Decimal) -> None:
    if field.least is not None and value < field.least:
        raise Invalid(N_("At least %(least)s."), least=field.least)
    if field.most is not None and value > field.most:
        raise Invalid(N_("At most %(most)s."), most=field.most)


def _text(field: FieldSpec, text: str) -> str | None:
    kept = "".join(" " if unicodedata.category(c) == "Cc" else c for c in unicodedata.normalize("NFC", text))
    value = " ".join(kept.split())
    if len(value) > field.max_length:
        raise Invalid(N_("At most %(n)s characters, here are %(given)s."), n=field.max_length, given=len(value))
    return value or None


def _date(_field: FieldSpec, text: str) -> date | None:
    value = compact(text)
    if not value:
        return None
    parts = _DATE.fullmatch(value) or _SHORT_DATE.fullmatch(value)
    try:
        year, month, day = (int(part) for part in parts.groups()) if parts else (0, 0, 0)
        return date(year, month, day)
    except ValueError:
        raise Invalid(N_("This is not a date; write it as 2026-03-15.")) from None


def _int(field: FieldSpec, text: str) -> Decimal | None:
    value = compact(text).replace(",", "")
    if value and not _INTEGER.fullmatch(value):
        if _SIGNED.fullmatch(value):
            least, most = _range(field)
            raise Invalid(N_("Enter a whole number from %(least)s to %(most)s."), least=least, most=most)
        raise Invalid(N_("Enter a whole number."))
    return Decimal(value) if value else None


def _range(field: FieldSpec) -> tuple[str, str]:
    """Return what a figure has to lie between, also where its form says nothing."""
    least, most = field.least or Decimal(0), _MOST if field.most is None else field.most
    return f"{least:f}", f"{most:f}"


def _decimal(field: FieldSpec, text: str) -> Decimal | None:
    value = compact(text).replace(",", "")
    if value and not _DECIMAL.fullmatch(value):
        if _SIGNED.fullmatch(value):
            least, most = _range(field)
            raise Invalid(N_("Enter a number from %(least)s to %(most)s."), least=least, most=most)
        raise Invalid(N_("Enter a number with at most two decimal places."))
    return Decimal(value) if value else None


def _bool(_field: FieldSpec, text: str) -> bool:
    value = compact(text)
    if value not in _YES | _NO:
        raise Invalid(N_("Enter yes or no."))
    return value in _YES


def _enum(field: FieldSpec, text: str) -> str | None:
    value = compact(text)
    if not value:
        return None
    for code, words in (field.choices or {}).items():
        if value in (compact(code), compact(words.zh), compact(words.en)):
            return code
    raise Invalid(N_("Choose one of: %(choices)s."), choices="、".join(w.zh for w in (field.choices or {}).values()))


def _ref(_field: FieldSpec, text: str) -> str | None:
    value = text.strip()
    if len(value) > 40:
        raise Invalid(N_("Choose an entry of the list."))
    return value or None


_PARSERS: dict[FieldType, Callable[[FieldSpec, str], Any]] = {
    FieldType.TEXT: _text,
    FieldType.DATE: _date,
    FieldType.INT: _int,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOL: _bool,
    FieldType.ENUM: _enum,
    FieldType.REF: _ref,
}
