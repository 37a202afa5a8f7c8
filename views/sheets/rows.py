"""The rows of an uploaded worksheet as the columns of its sheet: heading found, example known, each cell read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext
from openpyxl.utils import get_column_letter

from models.errors import N_, Invalid
from models.import_rows import CLEAR, CLEAR_WORD, ImportRow
from views.sheets.cells import Raw, Reader, clean, shown
from views.sheets.choices import all_words, choices_of, example_of, folded
from views.sheets.columns import Column, Kind, Sheet
from views.sheets.reading import RawRow, RawSheet
from views.sheets.template import REASON, REQUIRED_MARK


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: its row, and its cells in the order of the sheet's columns."""

    row: ImportRow
    cells: list[Raw]
    is_example: bool


class Layout:
    """Where each column of a sheet stands in one file; the order of the columns is free, headings in both languages."""

    def __init__(self, sheet: Sheet, head: RawRow, language: str) -> None:
        self.sheet = sheet
        self.readers = [Reader(c, choices_of(c, language) if c.kind is Kind.CODE else None) for c in sheet.columns]
        self.unknown: list[str] = []
        self.places = self._find(head)
        self._example = _example_words(self.readers)
        self._plainly = [
            (r.column.key, r.column.is_required, r.choices.by_word if r.choices else {}, r.plain_length, r) for r in self.readers
        ]
        self._identity = sheet.columns.index(sheet.column(sheet.identity))

    def _find(self, head: RawRow) -> list[int | None]:
        keys = {_heading(word): c.key for c in self.sheet.columns for word in (*all_words(c.label), *c.aliases)}
        known_besides = {_heading(word) for word in all_words(REASON)}
        at: dict[str, int] = {}
        for place, raw in enumerate(head.cells):
            word = _heading(str(shown(raw)))
            key = keys.get(word)
            if key in at:
                raise Invalid(N_("The heading %(name)s stands twice; delete one of the two columns."), name=str(shown(raw)))
            if key is not None:
                at[key] = place
            elif word and word not in known_besides:
                self.unknown.append(str(shown(raw))[:40])
        self._check_required(at)
        return [at.get(c.key) for c in self.sheet.columns]

    def _check_required(self, at: dict[str, int]) -> None:
        missing = [gettext(c.label) for c in self.sheet.columns if c.is_required and c.key not in at]
        if missing:
            raise Invalid(
                N_("The headings of the template are missing: %(names)s. Download the template and paste your rows into it."),
                names="、".join(missing),
            )

    def letter(self, key: str) -> str:
        """Return the letters of a column in the file, empty for one that the file lacks."""
        place = next((p for c, p in zip(self.sheet.columns, self.places, strict=True) if c.key == key), None)
        return "" if place is None else get_column_letter(place + 1)

    def line(self, raw: RawRow) -> Line | None:
        """Return a line with its cells read; None when it holds nothing but blanks."""
        n_cells = len(raw.cells)
        cells = [raw.cells[p] if p is not None and p < n_cells else None for p in self.places]
        if all(cell is None or cell == "" or (isinstance(cell, str) and not clean(cell)) for cell in cells):
            return None
        row = ImportRow(raw.number, {})
        has_example_identity = self._has_example_identity(cells)
        if has_example_identity and self._is_example(cells):
            return Line(row, cells, is_example=True)
        self._read(row, cells)
        if has_example_identity:
            row.errors[self.sheet.identity] = Invalid(
                N_("This is the number of the example row; enter the right one, or delete the row.")
            )
        return Line(row, cells, is_example=False)

    def _read(self, row: ImportRow, cells: Sequence[Raw]) -> None:
        """Read each cell; one that holds just what it should, as most do, is not looked at closely.

        What ends with 空 may be the word that clears.
        """
        values = row.values
        for (key, is_required, words, length, reader), cell in zip(self._plainly, cells, strict=True):
            if cell is None and not is_required:
                values[key] = None
            elif type(cell) is str and cell in words and words[cell]:
                values[key] = words[cell]
            elif type(cell) is str and 0 < len(cell) <= length and cell[-1] != "空" and " " not in cell and cell.isprintable():
                values[key] = cell
            else:
                self._read_closely(row, reader, cell)

    def _read_closely(self, row: ImportRow, reader: Reader, cell: Raw) -> None:
        if self.sheet.may_clear and _says_clear(cell):
            self._clear(row, reader.column)
            return
        try:
            row.values[reader.column.key] = reader.read(cell)
        except Invalid as refusal:
            row.errors[reader.column.key] = refusal

    def _clear(self, row: ImportRow, column: Column) -> None:
        if column.is_required or column.is_kept:
            row.errors[column.key] = Invalid(N_("This cannot be cleared."))
        else:
            row.values[column.key] = CLEAR

    def _has_example_identity(self, cells: Sequence[Raw]) -> bool:
        identity = cells[self._identity]
        return isinstance(identity, str) and folded(identity) in self._example[self._identity]

    def _is_example(self, cells: Sequence[Raw]) -> bool:
        return all(folded(str(shown(cell))) in words for cell, words in zip(cells, self._example, strict=True))


def _says_clear(cell: Raw) -> bool:
    return isinstance(cell, str) and folded(cell) == folded(CLEAR_WORD)


def _heading(text: str) -> str:
    return folded(text.replace(REQUIRED_MARK, "").replace("＊", ""))


def _example_words(readers: Sequence[Reader]) -> list[frozenset[str]]:
    """Return for each column what stands in the example row, in any language; nothing where it has no example."""
    found = []
    for reader in readers:
        column: Column = reader.column
        words = {folded(column.example)}
        if reader.choices is not None:
            shown_code = example_of(column, reader.choices)
            words |= {word for word, code in reader.choices.by_word.items() if code and code == shown_code}
        found.append(frozenset(words))
    return found


def lines_of(sheet: Sheet, raw: RawSheet, language: str) -> tuple[Layout, Iterator[Line]]:
    """Return the layout of a worksheet and its lines below the heading; raises Invalid when it has none."""
    rows = raw.rows()
    head = next(rows, None)
    if head is None:
        raise Invalid(N_("The first worksheet is empty; fill in the template and upload it."))
    layout = Layout(sheet, head, language)
    return layout, (line for row in rows if (line := layout.line(row)) is not None)
