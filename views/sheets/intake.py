"""The first look at an uploaded workbook, before anything is unpacked: is it an .xlsx, and of a size that can be read?"""

from __future__ import annotations

import io
import struct
import zipfile

from models.errors import N_, Invalid

MAX_BYTES = 20 * 1024 * 1024
MAX_MEMBERS = 300
MAX_UNPACKED = 80 * 1024 * 1024
MAX_RATIO = 120
MAX_ROWS = 60_000
"""Of one file, heading and example included."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_AGAIN = N_("This is no Excel workbook (.xlsx); download the template, fill it in and save it as .xlsx.")
_TOO_LARGE = N_("The workbook is too large to be read; delete empty sheets and formats, or split it into several files.")


def check_workbook(content: bytes) -> None:
    """Raise Invalid with a sentence that says what to do, unless *content* is an .xlsx that can be read safely."""
    if not content:
        raise Invalid(N_("The file is empty; choose it again."))
    if len(content) > MAX_BYTES:
        raise Invalid(N_("The file is larger than %(n)s MB; split it into several files."), n=MAX_BYTES >> 20)
    if content.startswith(_OLE):
        raise Invalid(
            N_(
                "This is an old .xls file or one with a password; open it in Excel or WPS and save it as .xlsx without a password."
            )
        )
    if not content.startswith(b"PK\x03\x04"):
        raise Invalid(_not_zip(content))
    _check_directory(content)
    _check_members(content)


def _not_zip(content: bytes) -> str:
    start = content[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        return N_("This is a web page or an XML file with an Excel name; open it in Excel or WPS and save it as .xlsx.")
    if b"\0" not in content[:1000] and (b"," in content[:1000] or b"\t" in content[:1000]):
        return N_(
            "This is a text file (.csv); open it in Excel or WPS and save it as .xlsx, or paste its rows into the template."
        )
    return _AGAIN


def _check_directory(content: bytes) -> None:
    """Look at the end record alone: a directory with a million members is refused before it is read."""
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if at < 0 or at + _END_OF_DIRECTORY.size > len(content):
        raise Invalid(N_("The file is damaged or not complete; open it in Excel or WPS, save it anew and upload it again."))
    _, _, _, _, members, size, _, _ = _END_OF_DIRECTORY.unpack_from(content, at)
    if members > MAX_MEMBERS or size > MAX_MEMBERS * 300:
        raise Invalid(_TOO_LARGE)


def _check_members(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            names = {m.filename for m in members}
            _check_sizes(members)
            if len(names) != len(members) or not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
                raise Invalid(_AGAIN)
            types = package.read("[Content_Types].xml")
            package.read("xl/workbook.xml")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError, struct.error) as error:
        raise Invalid(
            N_("The file is damaged or not complete; open it in Excel or WPS, save it anew and upload it again.")
        ) from error
    if _XLSX.encode() not in types:
        raise Invalid(N_("This workbook holds macros or is of another kind; save it as .xlsx (Excel workbook without macros)."))


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(m.file_size for m in members)
    squeezed = [m for m in members if m.file_size > 1024 * 1024 and m.file_size > MAX_RATIO * max(1, m.compress_size)]
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or squeezed:
        raise Invalid(_TOO_LARGE)
