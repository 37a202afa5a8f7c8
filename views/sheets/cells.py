"""One cell: from what stands in the workbook to a value, or to a sentence that says what is wrong and how to cure it."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.errors import N_, Invalid
from views.sheets.choices import Choices
from views.sheets.columns import Column, Kind

Raw = str | float | bool | list[str] | None
"""A cell as the parser gives it: text, figure, truth value, or a list of a letter and its text: ``d`` date, ``t`` time of a
day, ``h`` hours, ``f`` formula, ``e`` error value."""

EXACT = 1e15
"""Above it a figure of Excel no longer holds every digit."""

_ERROR_VALUE = N_("This cell holds an error value (%(value)s); enter the value itself.")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_SERIALS = range(10_000, 80_000)  # days since 1900 that are a day of 1927 to 2119
_UNWANTED = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_BLANKS = re.compile(r"[\s\u3000]+")


@dataclass(frozen=True, slots=True)
class Reader:
    """A column with its choices, ready to read its cells."""

    column: Column
    choices: Choices | None

    def read(self, raw: Raw) -> Any:
        """Return the value of a cell, None for an empty one; raises Invalid."""
        if isinstance(raw, str):
            text = clean(raw) if raw else ""
            value = _FROM_TEXT[self.column.kind](self, text) if text else None
        elif raw is None:
            value = None
        elif isinstance(raw, list):
            value = _from_special(self, raw)
        else:
            value = _from_figure(self, raw)
        if value is None and self.column.is_required:
            raise Invalid(N_("This cell must be filled in."))
        return value

    @property
    def plain_length(self) -> int:
        """Return up to which length a printable text without blanks is the value as it stands; 0 for none."""
        return 0 if self.choices is not None or self.column.kind is Kind.DATE else self.column.length


def clean(text: str) -> str:
    """Return *text* on one line, without invisible characters and without blanks at its ends."""
    if text.isprintable() and " " not in text:
        return text  # only the ASCII blank is a printable blank
    return _BLANKS.sub(" ", _UNWANTED.sub(" ", text)).strip()


def _text(reader: Reader, text: str) -> str:
    if len(text) > reader.column.length:
        raise Invalid(
            N_("The text has %(n)s characters, at most %(most)s fit; shorten it."), n=len(text), most=reader.column.length
        )
    return text


def _code(reader: Reader, text: str) -> str:
    assert reader.choices is not None
    code = reader.choices.find(text)
    if code is None:
        raise Invalid(N_("This is not one of the choices; choose from the drop-down list of the cell."))
    return code


def _date(_reader: Reader, text: str) -> dt.date:
    match = _DATE.fullmatch(text.replace(" ", ""))
    if match:
        year, month, day = (int(g) for g in match.groups() if g)
        try:
            return dt.date(year, month, day)
        except ValueError:
            pass
    raise Invalid(N_("This is not a date; write it as 2026-03-31."))


_FROM_TEXT: dict[Kind, Callable[[Reader, str], Any]] = {Kind.TEXT: _text, Kind.NUMBER: _text, Kind.CODE: _code, Kind.DATE: _date}


def _from_figure(reader: Reader, figure: float) -> Any:
    if isinstance(figure, bool):
        raise Invalid(N_("This cell holds TRUE or FALSE; enter the value as text."))
    if not math.isfinite(figure):
        raise Invalid(_ERROR_VALUE, value=str(figure))
    kind = reader.column.kind
    if kind is Kind.DATE:
        return _date_of_figure(reader, figure)
    if abs(figure) >= EXACT:
        raise Invalid(N_("This was stored as a number and has lost digits; format the cell as text and enter all digits again."))
    return _FROM_TEXT[kind](reader, plain(figure))


def _date_of_figure(reader: Reader, figure: float) -> dt.date:
    if figure.is_integer() and int(figure) in _SERIALS:
        raise Invalid(N_("This is a date stored as a bare number; format the cell as a date."))
    return _date(reader, plain(figure))


def plain(figure: float) -> str:
    """Return a figure as somebody would have typed it."""
    return str(int(figure)) if float(figure).is_integer() else repr(float(figure))


def _from_special(reader: Reader, raw: list[str]) -> Any:
    mark, text = raw
    if mark == "f":
        raise Invalid(N_("This cell holds a formula; enter the value itself (copy, then paste as values)."))
    if mark == "e":
        raise Invalid(_ERROR_VALUE, value=text[:20])
    if reader.column.kind is Kind.DATE and mark in {"d", "t"}:
        return dt.date.fromisoformat(text[:10])
    if reader.column.kind is Kind.DATE:
        raise Invalid(N_("This is not a date; write it as 2026-03-31."))
    raise Invalid(N_("This cell holds a date or a time; format it as text and enter the value again."))


def shown(raw: Raw) -> str | dt.date:
    """Return what stood in the cell, to be written back into the workbook of rejected rows."""
    if raw is None or isinstance(raw, str):
        return raw or ""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float | int):
        return plain(raw) if math.isfinite(raw) and abs(raw) < EXACT else repr(float(raw))
    mark, text = raw
    if mark == "d":
        return dt.date.fromisoformat(text)
    return f"={text}" if mark == "f" else text
