"""Which characters the certificate's typeface can draw: one that it lacks is refused at issue, never printed as a box."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from models.later import Later

fonts = Later("fontTools.ttLib")

FAMILY = "Noto Serif CJK SC"
"""Debian's fonts-noto-cjk, found by its name."""


def missing(text: str) -> list[str]:
    """Return the characters of *text* that the typeface lacks, each once, in their order."""
    rare = [c for c in dict.fromkeys(text) if ord(c) not in usual() and not c.isspace()]
    known = _known() if rare else frozenset()  # 40 MB to read: only for a character that the typeface may lack
    return [c for c in rare if known and ord(c) not in known]


@cache
def usual() -> frozenset[int]:
    """Return the code points of GB 2312 and ASCII, 7,500 in all: nearly every name, and every typeface for Chinese has them."""
    found = set(range(0x20, 0x7F))
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            for coding in ("gb2312", "gbk"):  # they differ in the dot of names and in the dash
                found.update(map(ord, bytes((high, low)).decode(coding, "ignore")))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Face:
    """Where one weight of the typeface is: the file, and which face of it."""

    file: Path
    index: int


@cache
def face(style: str) -> Face | None:
    """Return the face of a *style* (Regular, Bold); None where fontconfig does not know the typeface."""
    try:
        found = subprocess.run(  # noqa: S603 - a fixed command without a shell
            ["fc-match", "--format=%{family}\n%{file}\n%{index}", f"{FAMILY}:style={style}"],  # noqa: S607 - found on the path of the server
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return None
    family, file, index = found[0], found[1], int(found[2] or 0)
    # The upper half of the number would name an instance of a variable font.
    return Face(Path(file), index & 0xFFFF) if FAMILY in family.split(",") else None


@cache
def _known() -> frozenset[int]:
    """Return the code points of the typeface; empty where nobody knows it (then nothing is refused)."""
    regular = face("Regular")
    if regular is None:
        return frozenset()
    with opened(regular) as font:
        return frozenset(font.getBestCmap() or ())


@contextmanager
def opened(of: Face) -> Iterator[Any]:
    """Open one face of a font file, or of a collection of them."""
    if of.file.suffix.lower() in {".ttc", ".otc"}:
        with fonts.TTCollection(of.file, lazy=True) as collection:
            yield collection.fonts[of.index]
    else:
        with fonts.TTFont(of.file, lazy=True) as font:
            yield font
