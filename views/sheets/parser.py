"""Read one workbook and print its rows: a program of its own, run in a limited child process.

It must not import anything of the product. Usage: ``python -I parser.py <file> <name of the worksheet> <most rows>``.
The first line is ``{"height": rows}``; then each row that holds anything is ``[number, [cells]]``. Exit status 3 means
that the file is no workbook, 4 that it has too many rows or columns.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

MEMORY = 420 * 1024 * 1024
CPU_SECONDS = 12
MOST_COLUMNS = 200
NO_WORKBOOK, TOO_LARGE = 3, 4
UNREADABLE = (
    python_calamine.CalamineError,
    zipfile.BadZipFile,
    ParseError,
    DefusedXmlException,
    KeyError,
    StopIteration,
    IndexError,
    OSError,
)

_ODD = (b"<f>", b"<f ", b":f>", b":f ", b't="e"')
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"(?:^|\s)r=\"([A-Z]{1,3})(\d{1,7})\"")
_FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*?)?(?:/>|>(.*?)</(?:\w+:)?f>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*?)?>(.*?)</(?:\w+:)?v>", re.DOTALL)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def limit() -> None:
    """Take from this process what a parser does not need."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def odd_cells(path: str, sheet_name: str) -> dict[int, dict[int, list[str]]]:
    """Return row -> column -> the cells that calamine hands over empty or as their last result: formulas and errors."""
    with zipfile.ZipFile(path) as package:
        member = _member_of(package, sheet_name)
        data = package.read(member) if _is_odd(package, member) else b""
    found: dict[int, dict[int, list[str]]] = {}
    for cell in _CELL.finditer(data):
        place, mark = _PLACE.search(cell[1]), _oddity(cell[1], cell[2])
        if place and mark:
            found.setdefault(int(place[2]), {})[_column(place[1])] = mark
    return found


def _is_odd(package: zipfile.ZipFile, member: str) -> bool:
    with package.open(member) as stream:
        before = b""
        while piece := stream.read(1 << 20):
            if any(odd in before + piece for odd in _ODD):
                return True
            before = piece[-8:]
    return False


def _oddity(attributes: bytes, content: bytes) -> list[str] | None:
    formula = _FORMULA.search(content)
    if formula:
        return ["f", (formula[1] or b"").decode("utf-8", "replace")[:200]]
    if b't="e"' in attributes:
        value = _VALUE.search(content)
        return ["e", value[1].decode("utf-8", "replace")[:20] if value else ""]
    return None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _member_of(package: zipfile.ZipFile, sheet_name: str) -> str:
    book = fromstring(package.read("xl/workbook.xml"))
    relation = next(s.get(_RELATION) for s in book.iter() if s.tag.endswith("}sheet") and s.get("name") == sheet_name)
    relations = fromstring(package.read("xl/_rels/workbook.xml.rels"))
    target = next(str(r.get("Target")) for r in relations if r.get("Id") == relation)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def as_json(value: Any) -> list[str]:
    """Return a date or time as JSON can hold it."""
    if isinstance(value, dt.datetime):
        is_day = value.time() == dt.time()
        return ["d" if is_day else "t", value.date().isoformat() if is_day else str(value)]
    return ["d", value.isoformat()] if isinstance(value, dt.date) else ["h", str(value)]


def rows(path: str, wanted: str, most_rows: int) -> Iterator[Any]:
    """Yield the height and then each row that holds anything."""
    with Path(path).open("rb") as file, python_calamine.load_workbook(file) as book:
        visible = [s.name for s in book.sheets_metadata if s.visible == python_calamine.SheetVisibleEnum.Visible]
        name = wanted if wanted in visible else visible[0]
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height + 1 > most_rows or sheet.total_width + 1 > MOST_COLUMNS:
            raise SystemExit(TOO_LARGE)
        odd = odd_cells(path, name)
        yield {"height": max(sheet.total_height + 1, *odd, 0)}
        first = sheet.start[1] if sheet.start else 0
        number = 0
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield _row(number, [None] * first + cells if first else cells, odd.pop(number, {}))
        yield from (_row(left, [], odd[left]) for left in sorted(odd) if left > number)


def _row(number: int, values: list[Any], odd: dict[int, list[str]]) -> Any:
    for column, mark in odd.items():
        values.extend([None] * (column + 1 - len(values)))
        values[column] = mark
    while values and (values[-1] is None or values[-1] == ""):
        values.pop()
    return [number, values] if values else None


def main() -> None:
    """Print the rows of the workbook named on the command line."""
    path, wanted, most_rows = sys.argv[1:4]
    limit()
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=as_json).encode
    out = sys.stdout.buffer
    try:
        for row in rows(path, wanted, int(most_rows)):
            if row is not None:
                out.write(encode(row).encode() + b"\n")
    except UNREADABLE as error:
        sys.stderr.write(f"{type(error).__name__}: {error}"[:300])
        raise SystemExit(NO_WORKBOOK) from None
    except MemoryError:
        raise SystemExit(TOO_LARGE) from None


if __name__ == "__main__":
    main()
