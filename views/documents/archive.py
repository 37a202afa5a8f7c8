"""A zip and a PDF that grow part by part, so that neither stands in memory as a whole; what each part needs at the end is plain data."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from models.later import Later

pypdf = Later("pypdf")
generic = Later("pypdf.generic")

LONGEST_NAME = 80
_UNSAFE = re.compile(r"[^\w·（）()-]+")
Entry = tuple[str, int, int, int]
"""Name, CRC, length and place of one file of a zip."""


def safe_name(text: str) -> str:
    """Return *text* as a part of a file's name on any system: letters and digits of every script, no path, no control."""
    return _UNSAFE.sub("_", text).strip("_")[:LONGEST_NAME] or "_"


# --- zip --------------------------------------------------------------------------------------------------------------


class _After(io.BytesIO):
    """A file whose first *at* bytes were written elsewhere: places count from there."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def tell(self) -> int:
        return super().tell() + self.at

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        return super().seek(place - self.at if whence == io.SEEK_SET else place, whence) + self.at


def zip_part(
    contents: Iterable[tuple[str, bytes]], *, at: int, moment: tuple[int, int, int, int, int, int]
) -> tuple[bytes, list[Entry]]:
    """Return the bytes of files that a zip goes on with *at* its present length, and their entries."""
    file = _After(at)
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for name, content in contents:
            archive.writestr(ZipInfo(name, moment), content)
        entries = [(i.filename, i.CRC, i.file_size, i.header_offset) for i in archive.filelist]
        part = file.getvalue()[: archive.start_dir - at]
    return part, entries


def zip_end(entries: Iterable[Entry], *, at: int, moment: tuple[int, int, int, int, int, int]) -> bytes:
    """Return what ends a zip of *at* bytes: the directory of its files."""
    file = _After(at)
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for name, crc, length, place in entries:
            info = ZipInfo(name, moment)
            info.CRC, info.file_size, info.compress_size, info.header_offset = crc, length, length, place
            info.external_attr = 0o600 << 16
            archive.filelist.append(info)
    return file.getvalue()


# --- PDF --------------------------------------------------------------------------------------------------------------

PDF_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
CATALOG, PAGES = 1, 2
FIRST = 3
"""The number of the first object of the first part: those before it are written at the end."""


def pdf_part(pdf: bytes, *, at: int, first: int) -> tuple[bytes, list[int], list[int]]:
    """Return the objects of a whole PDF as a longer one goes on with them *at* its present length.

    They are numbered from *first*. With them come the place of each, 0 for a number that is free, and the numbers of the
    pages. The PDF must be as this platform makes it: its pages have all they need themselves.
    """
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    n_objects = max(reader.xref[0])
    kept = {page.indirect_reference.idnum: page for page in reader.pages if page.indirect_reference}
    pages = [first + number - 1 for number in kept]
    out, places = io.BytesIO(), [0] * n_objects
    for number, content in _reached(reader, kept):
        places[number - 1] = at + out.tell()
        _move(content, first - 1)
        if number in kept and isinstance(content, generic.DictionaryObject):
            content[generic.NameObject("/Parent")] = generic.IndirectObject(PAGES, 0, reader)
        out.write(f"{first + number - 1} 0 obj\n".encode())
        content.write_to_stream(out)
        out.write(b"\nendobj\n")
    return out.getvalue(), places, pages


def pdf_end(places: Sequence[int], pages: Sequence[int], *, at: int, title: str) -> bytes:
    """Return what ends a PDF of *at* bytes: its tree of pages, its catalogue and the *places* of its objects."""
    out = io.BytesIO()
    info = FIRST + len(places)
    kids = " ".join(f"{number} 0 R" for number in pages)
    own = {
        CATALOG: f"<</Type/Catalog/Pages {PAGES} 0 R/Lang(zh-Hans)>>",
        PAGES: f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
        info: f"<</Title<{(chr(0xFEFF) + title).encode('utf-16-be').hex()}>>>",
    }
    found = {}
    for number, content in own.items():
        found[number] = at + out.tell()
        out.write(f"{number} 0 obj\n{content}\nendobj\n".encode())
    table = at + out.tell()
    lines = [_line(0), _line(found[CATALOG]), _line(found[PAGES]), *map(_line, places), _line(found[info])]
    out.write(f"xref\n0 {len(lines)}\n".encode() + b"".join(lines))
    out.write(f"trailer\n<</Size {len(lines)}/Root {CATALOG} 0 R/Info {info} 0 R>>\nstartxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def _line(place: int) -> bytes:
    return f"{place:010d} 00000 n \n".encode() if place else b"0000000000 65535 f \n"


def _reached(reader: Any, pages: dict[int, Any]) -> Iterator[tuple[int, Any]]:
    """Yield what the pages need, each object once with its number: neither the old tree of pages nor an outline."""
    seen, waiting = set(pages), list(pages)
    while waiting:
        number = waiting.pop()
        content = reader.get_object(number)
        if content is None:
            continue
        following = set(_references(content)) - seen  # read before whoever takes it moves them
        seen |= following
        waiting += sorted(following)
        yield number, content


def _references(content: Any) -> Iterator[int]:
    if isinstance(content, generic.IndirectObject):
        yield content.idnum
    elif isinstance(content, generic.DictionaryObject):
        for key, value in content.items():
            if key != "/Parent":
                yield from _references(value)
    elif isinstance(content, generic.ArrayObject):
        for value in content:
            yield from _references(value)


def _move(content: Any, by: int) -> None:
    """Move each reference in *content* by so many numbers; a stream stays as it is encoded."""
    if not isinstance(content, generic.DictionaryObject | generic.ArrayObject):
        return
    items = list(content.items() if isinstance(content, generic.DictionaryObject) else enumerate(content))
    for place, value in items:
        if isinstance(value, generic.IndirectObject):
            content[place] = generic.IndirectObject(value.idnum + by, 0, value.pdf)
        else:
            _move(value, by)
