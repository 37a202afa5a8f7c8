"""Write workbooks: openpyxl makes the package with its styles and lists, our rows are streamed into its first worksheet.

A writer that builds each cell as an object takes five seconds for 50,000 people; the package is small and the rows are
plain text, so they are written as text (``docs/decisions/`` has the figures). Every string is an inline string in a cell
formatted as text: it never becomes a formula, whatever it begins with.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import BinaryIO

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from models.base import LOCAL_ZONE

Value = str | int | float | Decimal | bool | dt.date | dt.datetime | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

assert openpyxl.DEFUSEDXML  # without it a hostile workbook could expand without end


class Look(IntEnum):
    """How a cell looks; the number is that of its style in the package."""

    TEXT = 1
    DATE = 2
    TIME = 3
    WHOLE = 4
    DECIMAL = 5
    HEAD = 6
    REQUIRED = 7
    BAD = 8
    BAD_DATE = 9
    REASON = 10
    EXAMPLE = 11


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with a look that is not the usual one of its type."""

    value: Value
    look: Look


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


def _font(*, bold: bool = False, color: str = "1F2937") -> Font:
    return Font(name="Calibri", size=11, bold=bold, color=color)


_HEAD = {"font": _font(bold=True), "fill": _fill("EAF0F8"), "alignment": Alignment(vertical="center", wrap_text=True)}
_STYLES: dict[Look, dict[str, object]] = {
    Look.TEXT: {"font": _font(), "number_format": "@"},
    Look.DATE: {"font": _font(), "number_format": "yyyy-mm-dd"},
    Look.TIME: {"font": _font(), "number_format": "yyyy-mm-dd hh:mm"},
    Look.WHOLE: {"font": _font(), "number_format": "0"},
    Look.DECIMAL: {"font": _font(), "number_format": "0.0"},
    Look.HEAD: {**_HEAD, "number_format": "@"},
    Look.REQUIRED: {**_HEAD, "font": _font(bold=True, color="A4161A"), "fill": _fill("FFF4DC"), "number_format": "@"},
    Look.BAD: {"fill": _fill("FDECEC"), "font": _font(color="A4161A"), "number_format": "@"},
    Look.BAD_DATE: {"fill": _fill("FDECEC"), "font": _font(color="A4161A"), "number_format": "yyyy-mm-dd"},
    Look.REASON: {"font": _font(color="A4161A"), "alignment": Alignment(wrap_text=True, vertical="top"), "number_format": "@"},
    Look.EXAMPLE: {"font": _font(color="5F6B7A"), "fill": _fill("EEF1F5"), "number_format": "@"},
}


def new_workbook(title: str) -> tuple[openpyxl.Workbook, Worksheet]:
    """Return a workbook whose styles have the numbers of ``Look``, and its first worksheet, into which rows are streamed."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title[:31]
    for look, parts in _STYLES.items():
        style = NamedStyle(name=look.name.lower(), **parts)  # type: ignore[arg-type]
        book.add_named_style(style)
        cell = WriteOnlyCell(sheet)
        cell.style = style.name
        assert cell.style_id == look
    return book, sheet


def styled(sheet: Worksheet, row: int, column: int, value: Value, look: Look) -> None:
    """Put a value into a worksheet that openpyxl writes; a string stays a string."""
    cell = sheet.cell(row=row, column=column)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    cell.style = look.name.lower()


def set_columns(sheet: Worksheet, looks: Sequence[tuple[int, Look]]) -> None:
    """Give the columns their width and the format that cells which are filled in later take."""
    for number, (width, look) in enumerate(looks, start=1):
        letter = get_column_letter(number)
        dimension = sheet.column_dimensions[letter]
        dimension.width = width
        dimension.number_format = str(_STYLES[look]["number_format"])


def save(book: openpyxl.Workbook, rows: Iterable[Sequence[Value | Cell]], out: BinaryIO) -> int:
    """Write the workbook with *rows* in its first worksheet; return how many there were. Memory does not grow with them."""
    package = io.BytesIO()
    book.save(package)
    with zipfile.ZipFile(package) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for member in made.infolist():
            if member.filename != "xl/worksheets/sheet1.xml":
                target.writestr(member.filename, made.read(member))
        before, after = _around_rows(made.read("xl/worksheets/sheet1.xml"))
        with target.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(before)
            n_rows = 0
            for n_rows, piece in _pieces(rows):  # noqa: B007 - the last one counts
                sheet.write(piece.encode())
            sheet.write(after)
    return n_rows


def _around_rows(xml: bytes) -> tuple[bytes, bytes]:
    """Split the worksheet where its rows belong; the stated dimension goes, some readers would drop rows beyond it."""
    xml = re.sub(rb"<dimension [^>]*/>", b"", xml, count=1)
    before, mark, after = xml.partition(b"<sheetData/>")
    if not mark:
        before, mark, after = xml.partition(b"<sheetData></sheetData>")
    assert mark, "the first worksheet holds rows already"
    return before + b"<sheetData>", b"</sheetData>" + after


def _pieces(rows: Iterable[Sequence[Value | Cell]]) -> Iterator[tuple[int, str]]:
    letters: list[str] = []
    piece: list[str] = []
    number = 0
    for number, row in enumerate(rows, start=1):
        while len(letters) < len(row):
            letters.append(get_column_letter(len(letters) + 1))
        piece.append(f'<row r="{number}">')
        piece += [_cell(f"{letter}{number}", value) for letter, value in zip(letters, row, strict=False)]
        piece.append("</row>")
        if number % 200 == 0:
            yield number, "".join(piece)
            piece.clear()
    yield number, "".join(piece)


_ESCAPED = re.compile(r"[&<>\x00-\x1f\ufffe\uffff\ud800-\udfff]")
_EPOCH = dt.date(1899, 12, 30).toordinal()
_FIRST_DAY = dt.date(1900, 3, 1)  # earlier days are counted wrongly by Excel
_LONGEST = 32_767
_EXACT = 10**15


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\t": "\t", "\n": "\n", "\r": "&#13;"}
    return named.get(character, "")


def _text(place: str, value: str, look: Look) -> str:
    if len(value) > _LONGEST:
        value = value[:_LONGEST]
    if _ESCAPED.search(value):
        value = _ESCAPED.sub(_escape, value)
    space = "" if value and not value[0].isspace() and not value[-1].isspace() else ' xml:space="preserve"'
    return f'<c r="{place}" s="{look:d}" t="inlineStr"><is><t{space}>{value}</t></is></c>'


def _cell(place: str, cell: Value | Cell) -> str:
    value, look = (cell.value, cell.look) if isinstance(cell, Cell) else (cell, None)
    if isinstance(value, str):
        return _text(place, value, look or Look.TEXT) if value or look else ""
    if value is None:
        return f'<c r="{place}" s="{look:d}"/>' if look else ""
    if isinstance(value, bool):
        return f'<c r="{place}" s="{look or Look.TEXT:d}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, dt.date):
        return _day(place, value, look)
    return _figure(place, value, look)


def _day(place: str, value: dt.date, look: Look | None) -> str:
    seconds = None
    if isinstance(value, dt.datetime):
        local = value.astimezone(LOCAL_ZONE) if value.tzinfo else value
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        value = local.date()
    if value < _FIRST_DAY:
        return _text(place, value.isoformat(), look or Look.TEXT)
    days = value.toordinal() - _EPOCH
    if seconds is None:
        return f'<c r="{place}" s="{look or Look.DATE:d}"><v>{days}</v></c>'
    return f'<c r="{place}" s="{look or Look.TIME:d}"><v>{days + seconds / 86400:.10f}</v></c>'


def _figure(place: str, value: float | Decimal, look: Look | None) -> str:
    # What Excel cannot hold exactly, or at all, stays readable as text.
    if not -_EXACT < value < _EXACT:
        return _text(place, str(value), look or Look.TEXT)
    usual = Look.WHOLE if isinstance(value, int) else Look.DECIMAL
    return f'<c r="{place}" s="{look or usual:d}"><v>{value}</v></c>'
