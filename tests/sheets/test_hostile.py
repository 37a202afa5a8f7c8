"""Hostile and broken workbooks: a sentence that says what to do, in little time and memory, and a parser that may die alone."""

from __future__ import annotations

import io
import re
import resource
import time
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from models.errors import Invalid
from tests.cast import Cast
from tests.sheets.files import saved
from views.sheets import intake
from views.sheets.reading import opened
from views.sheets.workbook import new_workbook, save

KIND = "import_people"


def plain(rows: int = 3) -> bytes:
    book, _ = new_workbook("a")
    out = io.BytesIO()
    save(book, [["姓名", "证件号"], *(["某人", str(n)] for n in range(rows))], out)
    return out.getvalue()


def changed(member: str, change: Callable[[bytes], bytes], content: bytes | None = None) -> bytes:
    """Return a workbook with one member changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content or plain())) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(source.read(name)) if name == member else source.read(name))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def bomb() -> bytes:
    return changed(SHEET, lambda xml: xml.replace(b"</sheetData>", b" " * 200_000_000 + b"</sheetData>"))


def many_members() -> bytes:
    out = io.BytesIO(plain())
    with zipfile.ZipFile(out, "a") as package:
        for n in range(2000):
            package.writestr(f"x/{n}", "")
    return out.getvalue()


def far_cell() -> bytes:
    cell = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    return changed(SHEET, lambda xml: xml.replace(b"</sheetData>", cell))


def wide() -> bytes:
    book, _ = new_workbook("a")
    out = io.BytesIO()
    save(book, [[str(n) for n in range(300)]], out)
    return out.getvalue()


def entities() -> bytes:
    declared = (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(8))
        + b"]>"
    )
    return changed(
        "xl/workbook.xml", lambda xml: declared + re.sub(rb"<\?xml[^>]*\?>", b"", xml).replace(b'name="a"', b'name="&i;"')
    )


def double_member() -> bytes:
    out = io.BytesIO(plain())
    with zipfile.ZipFile(out, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr(SHEET, "<worksheet/>")
    return out.getvalue()


def encrypted() -> bytes:
    content = bytearray(plain())
    for start in (m.start() for m in re.finditer(b"PK\x01\x02", content)):
        content[start + 8] |= 1
    for start in (m.start() for m in re.finditer(b"PK\x03\x04", content)):
        content[start + 6] |= 1
    return bytes(content)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb of blanks": (bomb, "The workbook is too large to be read"),
    "thousands of members": (many_members, "The workbook is too large to be read"),
    "a cell at the far corner": (far_cell, "The worksheet is too large"),
    "too many columns": (wide, "The worksheet is too large"),
    "too many rows": (lambda: plain(intake.MAX_ROWS + 1), "The worksheet is too large"),
    "expanding entities": (entities, "The workbook cannot be read"),
    "the same member twice": (double_member, "This is no Excel workbook"),
    "cut in the middle": (lambda: plain()[:2000], "The file is damaged"),
    "without its end": (lambda: plain()[:-30], "The file is damaged"),
    "encrypted members": (encrypted, "The file is damaged"),
    "no worksheet": (lambda: changed("xl/workbook.xml", lambda _: b"<workbook/>"), "The workbook cannot be read"),
    "no xml": (lambda: changed(SHEET, lambda _: b"\x00\x01\x02"), "The workbook cannot be read"),
    "macros": (
        lambda: changed(
            "[Content_Types].xml", lambda xml: xml.replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main")
        ),
        "This workbook holds macros",
    ),
    "another kind of zip": (
        lambda: changed("xl/workbook.xml", lambda xml: xml)[:0] + _zip({"mimetype": b"x"}),
        "This is no Excel workbook",
    ),
    "twenty-one megabytes": (lambda: b"PK\x03\x04" + bytes(21 << 20), "The file is larger than 20 MB"),
}


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_workbook_gets_a_sentence(name: str) -> None:
    make, sentence = HOSTILE[name]
    content = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with pytest.raises(Invalid, match=re.escape(sentence)), opened(content, "a"):
        pass
    assert time.process_time() - start < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_failed_job_tells_the_sentence_and_the_worker_lives(importing: Any, cast: Cast) -> None:
    refused = importing(cast.unit_clerk, KIND, far_cell())
    assert refused["error"].startswith("The worksheet is too large")
    assert refused["params"] == {"rows": "60000", "columns": "200"}


def test_empty_and_strange_worksheets_are_named(importing: Any, cast: Cast) -> None:
    assert importing(cast.unit_clerk, KIND, saved(openpyxl.Workbook()))["error"].startswith("The first worksheet is empty")
    missing = importing(cast.unit_clerk, KIND, saved(_headed("Name")))
    assert missing["error"].startswith("The headings of the template are missing")
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Name", "Name", "ID document number"])
    assert importing(cast.unit_clerk, KIND, saved(book))["error"].startswith("The heading %(name)s stands twice")


def _headed(*words: str) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.worksheets[0].append(list(words))
    return book
