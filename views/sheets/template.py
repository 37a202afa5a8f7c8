"""The blank template of a sheet, and the workbook of rejected rows: the same template, filled, with a column of reasons."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import openpyxl
from flask_babel import force_locale, gettext
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from models.errors import N_
from models.import_rows import CLEAR_WORD
from views.sheets.cells import Raw, shown
from views.sheets.choices import Choices, choices_of, example_of
from views.sheets.columns import Column, Kind, Sheet
from views.sheets.intake import MAX_ROWS
from views.sheets.workbook import Cell, Look, Value, new_workbook, save, set_columns, styled

INSTRUCTIONS = N_("Instructions for filling in")  # 填写说明
REASON = N_("Reason of failure")  # 失败原因
REQUIRED_MARK = "*"
_LISTS = "lists"
_KIND_HELP = {
    Kind.TEXT: N_("Text, at most %(n)s characters."),
    Kind.NUMBER: N_("Text: the cells are formatted as text, so that no digit is lost."),
    Kind.DATE: N_("A date, as 2026-03-31."),
    Kind.CODE: N_("Choose from the drop-down list of the cell."),
}


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not taken in: its cells in the order of the sheet's columns, the bad ones, and why."""

    cells: Sequence[Raw]
    bad: frozenset[str]  # keys of columns
    reason: str


def template(sheet: Sheet, language: str) -> bytes:
    """Return the blank template in the reader's language, with one example row."""
    with force_locale(language):
        book, coded = _prepared(sheet, language)
        return _written(book, [_head(sheet), _example(sheet, coded)])


def rejected(sheet: Sheet, language: str, rows: Iterable[RejectedRow]) -> bytes:
    """Return the rejected rows in the same template: 失败原因 in the last column, the bad cells marked."""
    with force_locale(language):
        book, _ = _prepared(sheet, language, more=((50, Look.REASON),))
        return _written(book, _with_head(sheet, rows))


def heading(column: Column) -> str:
    """Return the heading of a column in the reader's language, a required one with its mark."""
    mark = REQUIRED_MARK if column.is_required else ""
    return f"{gettext(column.label)}{mark}"


def _with_head(sheet: Sheet, rows: Iterable[RejectedRow]) -> Iterable[Sequence[Value | Cell]]:
    yield [*_head(sheet), Cell(gettext(REASON), Look.HEAD)]
    for row in rows:
        yield [*_cells(sheet, row), Cell(row.reason, Look.REASON)]


def _cells(sheet: Sheet, row: RejectedRow) -> Iterable[Cell]:
    for column, raw in zip(sheet.columns, row.cells, strict=True):
        value = shown(raw)
        is_text = isinstance(value, str)
        is_bad = column.key in row.bad
        usual, bad = (Look.TEXT, Look.BAD) if is_text else (Look.DATE, Look.BAD_DATE)
        yield Cell(value or None, bad if is_bad else usual)


def _written(book: openpyxl.Workbook, rows: Iterable[Sequence[Value | Cell]]) -> bytes:
    out = io.BytesIO()
    save(book, rows, out)
    return out.getvalue()


def _head(sheet: Sheet) -> list[Value | Cell]:
    return [Cell(heading(c), Look.REQUIRED if c.is_required else Look.HEAD) for c in sheet.columns]


def _example(sheet: Sheet, coded: dict[str, Choices]) -> list[Value | Cell]:
    words = (_example_word(c, coded) for c in sheet.columns)
    return [Cell(word, Look.EXAMPLE) if word else None for word in words]


def _example_word(column: Column, coded: dict[str, Choices]) -> str:
    if column.key not in coded:
        return column.example
    code = example_of(column, coded[column.key])
    return coded[column.key].by_code.get(code, code)


def _prepared(sheet: Sheet, language: str, more: Sequence[tuple[int, Look]] = ()) -> tuple[openpyxl.Workbook, dict[str, Choices]]:
    coded = {c.key: choices_of(c, language) for c in sheet.columns if c.kind is Kind.CODE}
    book, first = new_workbook(gettext(sheet.name))
    set_columns(first, [(c.width, Look.DATE if c.kind is Kind.DATE else Look.TEXT) for c in sheet.columns] + list(more))
    first.freeze_panes = "A2"
    _explain(book.create_sheet(gettext(INSTRUCTIONS)), sheet, coded)
    _offer(book, first, sheet, coded)
    return book, coded


def _explain(page: Worksheet, sheet: Sheet, coded: dict[str, Choices]) -> None:
    row = 1
    for note in (*sheet.notes, N_("Columns marked with * must be filled in; the grey row is an example and is not imported.")):
        styled(page, row, 1, gettext(note), Look.TEXT)
        row += 1
    words = (N_("Column"), N_("Required"), N_("How to fill it in"), N_("Example"))
    for number, word in enumerate(words, start=1):
        styled(page, row + 1, number, gettext(word), Look.HEAD)
    for offset, column in enumerate(sheet.columns, start=row + 2):
        styled(page, offset, 1, gettext(column.label), Look.REQUIRED if column.is_required else Look.HEAD)
        styled(page, offset, 2, gettext(N_("Yes") if column.is_required else N_("No")), Look.TEXT)
        styled(page, offset, 3, _help(column), Look.TEXT)
        styled(page, offset, 4, _example_word(column, coded), Look.EXAMPLE)
    for letter, width in zip("ABCD", (24, 10, 90, 28), strict=True):
        page.column_dimensions[letter].width = width


def _help(column: Column) -> str:
    general = gettext(_KIND_HELP[column.kind], n=column.length) if column.kind is Kind.TEXT else gettext(_KIND_HELP[column.kind])
    return f"{general} {gettext(column.help)}" if column.help else general


def _offer(book: openpyxl.Workbook, first: Worksheet, sheet: Sheet, coded: dict[str, Choices]) -> None:
    """Put the words of each list on a hidden worksheet under a defined name: longer lists than 255 characters stay whole."""
    lists = book.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    at = 0
    for number, column in enumerate(sheet.columns, start=1):
        options = _options(sheet, column, coded)
        if not options:
            continue
        at += 1
        letter = get_column_letter(at)
        for row, word in enumerate(options, start=1):
            styled(lists, row, at, word, Look.TEXT)
        name = f"list_{column.key}"
        book.defined_names[name] = DefinedName(name, attr_text=f"{_LISTS}!${letter}$1:${letter}${len(options)}")
        place = get_column_letter(number)
        is_closed = column.key in coded
        first.add_data_validation(_validation(name, f"{place}2:{place}{MAX_ROWS}", is_closed=is_closed))


def _options(sheet: Sheet, column: Column, coded: dict[str, Choices]) -> tuple[str, ...]:
    """Return the words of a column's drop-down list; where a sheet may clear, the word that does it stands among them."""
    if column.key not in coded:
        return column.offers
    clears = (CLEAR_WORD,) if sheet.may_clear and not (column.is_required or column.is_kept) else ()
    return (*coded[column.key].options, *clears)


def _validation(name: str, cells: str, *, is_closed: bool) -> DataValidation:
    validation = DataValidation(type="list", formula1=name, allow_blank=True, showErrorMessage=is_closed, sqref=cells)
    validation.errorTitle = gettext(N_("Not in the list"))
    validation.error = gettext(N_("Please choose one of the listed values."))
    return validation
