"""An export: chosen columns with real types, strings that stay strings, a frozen heading. Memory does not grow with its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, BinaryIO

from flask_babel import gettext

from models.base import to_hours, today
from views.admin.columns import Col, words_of
from views.sheets.workbook import Cell, Look, Value, new_workbook, save, set_columns

MOST_ROWS = 1_000_000
_WIDTHS = {"number": 10, "hours": 10, "date": 12, "time": 17, "flag": 8, "status": 12}
_LOOKS = {"number": Look.WHOLE, "hours": Look.DECIMAL, "date": Look.DATE, "time": Look.TIME}


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: its finished heading, and how a row's value is found: text, number, date, aware time or nothing."""

    label: str
    value: Callable[[Any], Any]
    width: int = 18
    look: Look = Look.TEXT


def export_columns(columns: Sequence[Col]) -> list[ExportColumn]:
    """Return the columns of a list as an export shows them: codes, choices and states in words, hours as numbers."""
    return [ExportColumn(c.title, _reader(c), _WIDTHS.get(c.kind, 18), _LOOKS.get(c.kind, Look.TEXT)) for c in columns]


def _reader(col: Col) -> Callable[[Any], Any]:
    if col.kind == "hours":
        return lambda row: None if (tenths := col.raw(row)) is None else to_hours(int(tenths))
    if col.kind in {"code", "choice", "flag", "status"}:
        return _words(col)
    get = col.value or attrgetter(col.name)

    def plain(row: Any) -> Value:
        value = get(row)
        return value if type(value) is str else _plain(col, value)

    return plain


def _words(col: Col) -> Callable[[Any], str]:
    """Return the reader of a column that has few different values: each is put into words once."""
    known: dict[Any, str] = {}

    def word(row: Any) -> str:
        value = col.raw(row)
        if value not in known:
            known[value] = col.text(row)
        return known[value]

    return word


def _plain(col: Col, value: Any) -> Value:
    if value is None:
        return None
    if isinstance(value, bool):
        return words_of(col, value)
    return value if isinstance(value, int | float | dt.date) else str(value)


def write_export(out: BinaryIO, title: str, columns: Sequence[ExportColumn], rows: Iterable[Any]) -> int:
    """Write *rows* under the headings of *columns*; return how many there were."""
    book, sheet = new_workbook(_sheet_title(title))
    sheet.freeze_panes = "A2"
    set_columns(sheet, [(c.width, c.look) for c in columns])
    return save(book, _lines(columns, rows), out) - 1


def _lines(columns: Sequence[ExportColumn], rows: Iterable[Any]) -> Iterator[list[Value | Cell]]:
    yield [Cell(c.label, Look.HEAD) for c in columns]
    readers = [c.value for c in columns]
    for row in rows:
        yield [read(row) for read in readers]


def _sheet_title(title: str) -> str:
    return "".join(" " if c in "[]:*?/\\" else c for c in title).strip("' ")[:31] or gettext("List")


def export_name(title: str) -> str:
    """Return the file's name: the list's word and the day."""
    return f"{title}-{today():%Y%m%d}.xlsx"
