"""Filters of a list: what may be asked, how it is read, and how it narrows the statement.

Filters on names, numbers and phones are private: they are posted, kept on the server under a random key, and never stand
in an address or a log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlalchemy import Select

from models.base import LOCAL_ZONE, UtcDateTime, today
from models.errors import N_, DomainError, Invalid
from views.codes import code_choices, code_name

MAX_LENGTH = 100
Statement = Select[Any]
Choices = Mapping[str, str] | Callable[[], Iterable[tuple[str, str]]]


@dataclass(frozen=True)
class Filter:
    """One question of the filter card. ``apply`` gets the statement and the parsed value and returns the narrower one."""

    name: str
    label: str
    apply: Callable[[Statement, Any], Statement]
    kind: str = "text"  # text, choice, picker, date, flag, year
    choices: Choices | None = None  # mapping to message ids, or a function that gives finished words
    address: Callable[[], str] | None = None  # JSON source of a picker
    shown: Callable[[str], str] | None = None  # words of a picker's value
    is_private: bool = False
    is_quick: bool = True
    help: str = ""

    @property
    def title(self) -> str:
        """Return the label in the reader's language."""
        return gettext(self.label)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of its inputs."""
        return (f"f_{self.name}_from", f"f_{self.name}_to") if self.kind == "date" else (f"f_{self.name}",)

    def options(self) -> list[tuple[str, str]]:
        """Return (value, words) of a choice in the reader's language."""
        if self.kind == "flag":
            return [("1", gettext(N_("Yes"))), ("0", gettext(N_("No")))]
        if self.choices is None:
            return []
        if callable(self.choices):
            return list(self.choices())
        return [(value, gettext(word)) for value, word in self.choices.items()]

    def parse(self, texts: Sequence[str]) -> Any:
        """Return the value of its inputs; raises Invalid with a sentence for one that does not fit."""
        return _PARSERS[self.kind](self, texts)

    def words(self, texts: Sequence[str]) -> str:
        """Return what the pill says about the value."""
        if self.kind == "date":
            return f"{texts[0] or '…'} – {texts[1] or '…'}"
        if self.shown is not None:
            return self.shown(texts[0])
        return dict(self.options()).get(texts[0], texts[0])


def _parse_text(_filter: Filter, texts: Sequence[str]) -> str:
    text = texts[0].strip()
    if len(text) > MAX_LENGTH or "\0" in text:
        raise Invalid(N_("At most %(n)s characters may be searched for."), n=MAX_LENGTH)
    return text


def _parse_choice(chosen: Filter, texts: Sequence[str]) -> str:
    if texts[0] not in {value for value, _ in chosen.options()}:
        raise Invalid(N_("Please choose one of the listed values."))
    return texts[0]


def _parse_flag(chosen: Filter, texts: Sequence[str]) -> bool:
    return _parse_choice(chosen, texts) == "1"


def _parse_year(_filter: Filter, texts: Sequence[str]) -> int:
    text = texts[0].strip()
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise Invalid(N_("A year has four digits."))
    return int(text)


def _parse_id(_filter: Filter, texts: Sequence[str]) -> str:
    text = texts[0].strip()
    if len(text) > 40:
        raise Invalid(N_("Please choose one of the listed values."))
    return text


def _parse_dates(_filter: Filter, texts: Sequence[str]) -> tuple[dt.date | None, dt.date | None]:
    first, last = (_date(t) for t in texts)
    if first and last and first > last:
        raise Invalid(N_("The first day is after the last one."))
    return first, last


def _date(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("Write a date as year-month-day, like 2026-03-31.")) from None
    if not 1900 <= day.year <= 2200:
        raise Invalid(N_("A date lies between the years 1900 and 2200."))
    return day


_PARSERS: dict[str, Callable[[Filter, Sequence[str]], Any]] = {
    "text": _parse_text,
    "choice": _parse_choice,
    "picker": _parse_id,
    "flag": _parse_flag,
    "year": _parse_year,
    "date": _parse_dates,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter with the texts that were sent for it: a pill."""

    filter: Filter
    texts: tuple[str, ...]
    error: DomainError | None = None

    @property
    def words(self) -> str:
        """Return label and value."""
        return f"{self.filter.title}{gettext(N_(': '))}{self.filter.words(self.texts)}"


def asked(filters: Iterable[Filter], values: Mapping[str, str]) -> list[Asked]:
    """Return the filters that *values* fill in, each with its error if it has one."""
    found = []
    for each in filters:
        texts = tuple(values.get(p, "").strip() for p in each.parameters)
        if any(texts):
            try:
                each.parse(texts)
            except DomainError as error:
                found.append(Asked(each, texts, error))
            else:
                found.append(Asked(each, texts))
    return found


def text_filter(
    name: str,
    label: str,
    apply: Callable[[Statement, str], Statement],
    *,
    is_private: bool = False,
    is_quick: bool = True,
    help: str = "",  # noqa: A002 - what templates call it
) -> Filter:
    """Return a filter on a text that *apply* looks up by an index."""
    return Filter(name, label, apply, is_private=is_private, is_quick=is_quick, help=help)


def part_filter(name: str, column: Any, label: str = "", *, is_private: bool = False, is_quick: bool = True) -> Filter:
    """Return a filter by a part of a text, for short lists: no index serves it. The column has the label when it is left out."""
    return Filter(
        name,
        label or str(column.property.columns[0].info["label"]),
        lambda statement, text: statement.where(column.contains(text, autoescape=True)),
        is_private=is_private,
        is_quick=is_quick,
    )


def last_years(n: int = 6, *, ahead: int = 0) -> list[tuple[str, str]]:
    """Return the running year and those before it, *n* of them, and *ahead* later ones; the newest first."""
    return [(str(y), str(y)) for y in range(today().year + ahead, today().year - n, -1)]


def with_next_year() -> list[tuple[str, str]]:
    """Return the last years and the next one: what is planned, or counts late."""
    return last_years(ahead=1)


def year_filter(name: str, column: Any, label: str = "", *, choices: Callable[[], list[tuple[str, str]]] = last_years) -> Filter:
    """Return a filter by one of the last years."""
    return Filter(
        name,
        label or str(column.property.columns[0].info["label"]),
        lambda statement, value: statement.where(column == int(value)),
        kind="choice",
        choices=choices,
    )


def choice_filter(name: str, column: Any, *, choices: Choices | None = None, label: str = "", is_quick: bool = True) -> Filter:
    """Return a filter by equality on a coded column; label and choices come from its ``info`` when left out."""
    info = column.property.columns[0].info
    return Filter(
        name,
        label or str(info["label"]),
        lambda statement, value: statement.where(column == value),
        kind="choice",
        choices=choices or info["choices"],
        is_quick=is_quick,
    )


def code_filter(name: str, column: Any, *, codes: str = "", label: str = "", is_quick: bool = True) -> Filter:
    """Return a filter by equality on a column of a code list, with a searchable choice."""
    info = column.property.columns[0].info
    list_name = codes or str(info["codes"])
    return Filter(
        name,
        label or str(info["label"]),
        lambda statement, value: statement.where(column == value),
        kind="choice",
        choices=lambda: code_choices(list_name),
        shown=lambda code: code_name(list_name, code),
        is_quick=is_quick,
    )


def flag_filter(name: str, column: Any, *, label: str = "", is_quick: bool = True) -> Filter:
    """Return a filter by yes or no."""
    info = column.property.columns[0].info
    return Filter(
        name,
        label or str(info["label"]),
        lambda statement, value: statement.where(column.is_(value)),
        kind="flag",
        is_quick=is_quick,
    )


def date_filter(name: str, column: Any, *, label: str = "", is_quick: bool = False) -> Filter:
    """Return a filter by first and last day (both included, Asia/Shanghai) on a date or a time."""
    prop = column.property.columns[0]
    is_time = isinstance(prop.type, UtcDateTime)

    def narrow(statement: Statement, days: tuple[dt.date | None, dt.date | None]) -> Statement:
        first, last = days
        if first:
            statement = statement.where(column >= (_midnight(first) if is_time else first))
        if last:
            statement = statement.where(column < _midnight(last + dt.timedelta(days=1)) if is_time else column <= last)
        return statement

    return Filter(name, label or str(prop.info["label"]), narrow, kind="date", is_quick=is_quick)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=LOCAL_ZONE).astimezone(dt.UTC)


def picker_filter(
    name: str,
    label: str,
    apply: Callable[[Statement, str], Statement],
    *,
    address: Callable[[], str],
    shown: Callable[[str], str],
    is_quick: bool = True,
) -> Filter:
    """Return a filter by a searched thing: *address* answers the search, *shown* gives the words of a chosen id."""
    return Filter(name, label, apply, kind="picker", address=address, shown=shown, is_quick=is_quick)
