"""The typeface of documents cut down to what nearly all of them need: a subset is quick to embed, and the PDF is half as large.

HarfBuzz makes it once out of the installed typeface and it stays in the instance folder. A character beyond it is drawn
by the typeface itself; without HarfBuzz, or without a folder to write to, everything is.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app

from models.certificates import glyphs

log = logging.getLogger(__name__)

SCHEME = "ce-font"
STYLES = {"Regular": 400, "Bold": 700}
FOLDER = "fonts"
_VERSION = 1
"""Of what a subset holds: another number makes it anew."""
_LIBRARIES = ("libharfbuzz.so.0", "libharfbuzz-subset.so.0")


def rules() -> str:
    """Return the rules that declare the subset to a style sheet under its family's name, nothing where there is none."""
    return "".join(
        f'@font-face{{font-family:"CE Serif";font-weight:{weight};src:url({SCHEME}:{style})}}'
        for style, weight in STYLES.items()
        if _file(style) is not None
    )


def content(style: str) -> bytes:
    """Return the subset of a *style* for whoever reads the rules; raises FileNotFoundError for any other name."""
    found = _file(style) if style in STYLES else None
    if found is None:
        raise FileNotFoundError(style)
    return found.read_bytes()


@cache
def _file(style: str) -> Path | None:
    face = glyphs.face(style)
    if face is None:
        return None
    try:
        state = face.file.stat()
        of = f"{face.file}:{face.index}:{state.st_size}:{state.st_mtime_ns}:{_VERSION}"
        path = Path(current_app.instance_path) / FOLDER / f"{style}-{hashlib.sha256(of.encode()).hexdigest()[:16]}.otf"
        if not path.exists():
            _write(path, subset(face, glyphs.usual()))
    except (OSError, ValueError) as error:
        log.warning("documents use the whole typeface", extra={"style": style, "error": str(error)})
        return None
    return path


def _write(path: Path, made: bytes) -> None:
    """Put the file in its place as a whole: several processes may make it at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_suffix(f".{secrets.token_hex(4)}")
    own.write_bytes(made)
    own.replace(path)


# --- HarfBuzz ---------------------------------------------------------------------------------------------------------

_P, _N = ctypes.c_void_p, ctypes.c_uint
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "hb_blob_create_from_file": (_P, (ctypes.c_char_p,)),
    "hb_blob_get_data": (_P, (_P, ctypes.POINTER(_N))),
    "hb_blob_destroy": (None, (_P,)),
    "hb_face_create": (_P, (_P, _N)),
    "hb_face_reference_blob": (_P, (_P,)),
    "hb_face_destroy": (None, (_P,)),
    "hb_set_add": (None, (_P, _N)),
    "hb_subset_input_create_or_fail": (_P, ()),
    "hb_subset_input_unicode_set": (_P, (_P,)),
    "hb_subset_input_destroy": (None, (_P,)),
    "hb_subset_or_fail": (_P, (_P, _P)),
}


@cache
def _harfbuzz() -> dict[str, Any]:
    """Return HarfBuzz's functions by name, out of the libraries that WeasyPrint draws with; raises OSError without them."""
    libraries = [ctypes.CDLL(name) for name in _LIBRARIES]
    found: dict[str, Any] = {}
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(libraries["subset" in name], name)
        function.restype, function.argtypes = result, arguments
        found[name] = function
    return found


def subset(face: glyphs.Face, wanted: frozenset[int]) -> bytes:
    """Return a font with the *wanted* code points of a face; raises OSError without HarfBuzz, ValueError when it cannot."""
    hb = _harfbuzz()
    blob = hb["hb_blob_create_from_file"](os.fsencode(face.file))
    whole = hb["hb_face_create"](blob, face.index)
    asked = hb["hb_subset_input_create_or_fail"]()
    characters_asked = hb["hb_subset_input_unicode_set"](asked)
    for character in wanted:
        hb["hb_set_add"](characters_asked, character)
    part = hb["hb_subset_or_fail"](whole, asked)
    hb["hb_subset_input_destroy"](asked)
    hb["hb_face_destroy"](whole)
    hb["hb_blob_destroy"](blob)
    if not part:
        raise ValueError("HarfBuzz made no subset")
    made, length = hb["hb_face_reference_blob"](part), _N()
    font = ctypes.string_at(hb["hb_blob_get_data"](made, ctypes.byref(length)), length.value)
    hb["hb_blob_destroy"](made)
    hb["hb_face_destroy"](part)
    return font
