"""Which characters the certificate's typeface can draw: one that it lacks is refused at issue, never printed as a box."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from models.later import Later

fonts = Later("fontTools.ttLib")

FAMILY = "Noto Serif CJK SC"
"""Debian's fonts-noto-cjk, found by its name."""


def missing(text: str) -> list[str]:
    """Return the characters of *text* that the typeface lacks, each once, in their order."""
    known = _known()
    return [c for c in dict.fromkeys(text) if known and ord(c) not in known and not c.isspace()]


@cache
def _known() -> frozenset[int]:
    """Return the code points of the typeface; empty where fontconfig does not know it (then nothing is refused)."""
    try:
        found = subprocess.run(  # noqa: S603 - a fixed command without a shell
            ["fc-match", "--format=%{family}\n%{file}\n%{index}", f"{FAMILY}:style=Regular"],  # noqa: S607 - found on the path of the server
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    family, file, index = found[0], found[1], int(found[2] or 0)
    if FAMILY not in family.split(","):
        return frozenset()
    with _opened(file, index) as face:
        return frozenset(face.getBestCmap() or ())


@contextmanager
def _opened(file: str, index: int) -> Iterator[Any]:
    """Open one face of a font file, or of a collection of them."""
    if file.lower().endswith((".ttc", ".otc")):
        with fonts.TTCollection(file, lazy=True) as collection:
            yield collection.fonts[index & 0xFFFF]
    else:
        with fonts.TTFont(file, lazy=True) as face:
            yield face
