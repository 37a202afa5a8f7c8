"""The check of what somebody uploads as evidence: pictures are drawn anew, PDFs are looked at but never rendered."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

from models.errors import N_, Invalid
from models.later import Later

pypdf = Later("pypdf")
objects = Later("pypdf.generic")

MAX_BYTES = 4 * 1024 * 1024
"""附件必须为4M以内."""
MAX_PIXELS = 25_000_000
"""Of a JPEG; each dot of another kind is decoded whole, so those may have half as many."""
MAX_PAGES = 500
LOOK_AT_HALF_SIZE = 12_000_000
ENDINGS = ("jpg", "jpeg", "gif", "bmp", "png", "pdf")
PDF = "application/pdf"

_DRAWING = threading.Semaphore(1)
"""One picture at a time: its dots take 50 MB."""

# Pillow itself refuses twice as many before it decodes anything.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
)
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = {
    "docx": (_ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": (_ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "doc": (_OLE, "application/msword"),
    "xls": (_OLE, "application/vnd.ms-excel"),
}
_ACTIVE = frozenset(
    {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/GoToR", "/GoToE", "/Movie", "/Sound"}
)
_CARRIERS = frozenset({"/RichMedia", "/FileAttachment", "/Movie", "/Screen", "/Sound", "/3D"})
MOST_OBJECTS = 50_000
"""So many of a PDF are looked at; a scan of 500 pages has some thousand."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: the name is data, never a path."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be stored; the hash is that of the upload, the content what is kept."""

    original_name: str
    media_type: str
    content: bytes
    content_hash: str
    picture_hash: str | None = None


def check(upload: Upload) -> Checked:
    """Return what is to be stored; raises Invalid with a sentence for a file that is not accepted."""
    name = clean_name(upload.filename)
    if not upload.content:
        raise Invalid(N_("The file %(name)s is empty; choose it again."), name=name)
    if len(upload.content) > MAX_BYTES:
        raise Invalid(
            N_("The file %(name)s is larger than 4 MB; make it smaller, or scan it with fewer dots per inch."), name=name
        )
    if name.rpartition(".")[2].lower() not in ENDINGS:
        raise Invalid(N_("The file %(name)s is not accepted: it has to end in .jpg .jpeg .gif .bmp .png or .pdf."), name=name)
    content_hash = hashlib.sha256(upload.content).hexdigest()
    if b"%PDF-" in upload.content[:1024]:
        _check_pdf(upload.content, name)
        return Checked(name, PDF, upload.content, content_hash)
    for start, kind in _STARTS:
        if upload.content.startswith(start):
            drawn, picture_hash = _draw_anew(upload.content, kind, name)
            return Checked(name, _MEDIA_TYPES[kind], drawn, content_hash, picture_hash)
    raise Invalid(N_("The file %(name)s is neither a picture nor a PDF, whatever its name says."), name=name)


def check_document(upload: Upload) -> Checked:
    """Return a file that an office hands out, a form or a notice, as it is to be stored; raises Invalid with a sentence.

    Office files are given out as downloads only and never opened here; macros are not accepted.
    """
    name = clean_name(upload.filename)
    ending = name.rpartition(".")[2].lower()
    if ending not in _OFFICE:
        return check(upload)
    start, media_type = _OFFICE[ending]
    if len(upload.content) > MAX_BYTES:
        raise Invalid(
            N_("The file %(name)s is larger than 4 MB; make it smaller, or scan it with fewer dots per inch."), name=name
        )
    if not upload.content.startswith(start) or b"vbaProject.bin" in upload.content:
        raise Invalid(N_("The file %(name)s is not what its ending says, or holds macros; save it anew."), name=name)
    return Checked(name, media_type, upload.content, hashlib.sha256(upload.content).hexdigest())


def clean_name(filename: str) -> str:
    """Return the last part of a name without control characters, at most 200 characters; Chinese letters stay."""
    last = re.split(r"[/\\]", filename)[-1]
    shown = "".join(
        c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp", "Cs"}
    )
    stem, dot, ending = shown.strip().rpartition(".")
    return f"{stem[:190] or '-'}.{ending[:9]}" if dot else shown.strip()[:200] or "-"


def looks_alike(one: str, other: str) -> bool:
    """Say whether two picture hashes differ in at most 2 of 64 places."""
    return (int(one, 16) ^ int(other, 16)).bit_count() <= 2


def _draw_anew(content: bytes, kind: str, name: str) -> tuple[bytes, str]:
    try:
        with _DRAWING:
            picture = _open_picture(content, kind)
            return _encode(picture, kind), _difference_hash(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid(
            N_("The picture %(name)s has more than %(n)s million dots; scan or photograph it smaller."),
            name=name,
            n=_most_pixels(kind) // 1_000_000,
        ) from None
    except Exception as error:
        # A decoder meets hostile bytes here and may raise anything: each means the same to the reader.
        raise Invalid(N_("The picture %(name)s is damaged; open it, save it anew and upload it again."), name=name) from error


def _most_pixels(kind: str) -> int:
    return MAX_PIXELS if kind == "JPEG" else LOOK_AT_HALF_SIZE


def _open_picture(content: bytes, kind: str) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=(kind,))
    n_pixels = picture.width * picture.height
    if n_pixels > _most_pixels(kind):
        raise Image.DecompressionBombError
    if kind == "JPEG" and n_pixels > LOOK_AT_HALF_SIZE:
        # A quarter of the dots is still enough to read by, and of the memory to decode them.
        picture.draft("RGB", (picture.width // 2, picture.height // 2))
    picture.load()
    return picture


def _encode(picture: Image.Image, kind: str) -> bytes:
    """Return the picture upright, without place, camera, comment or anything hidden behind its last dot."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode not in {"L", "RGB", "RGBA"}:
        upright = upright.convert("RGBA" if "transparency" in upright.info or upright.mode in {"LA", "PA"} else "RGB")
    if kind in {"JPEG", "BMP"} and upright.mode == "RGBA":
        upright = upright.convert("RGB")
    upright.info.clear()
    out = io.BytesIO()
    options: dict[str, Any] = {"JPEG": {"quality": 88}, "PNG": {"compress_level": 1}}.get(kind, {})
    upright.save(out, kind, **options)
    return out.getvalue()


def _difference_hash(picture: Image.Image) -> str:
    """Return 64 bits as 16 hex digits: whether each of 8 x 8 fields is brighter than its right neighbour."""
    small = picture.convert("L").resize((9, 8))
    dots: Any = small.get_flattened_data()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (dots[row * 9 + column] > dots[row * 9 + column + 1])
    return f"{bits:016x}"


def _check_pdf(content: bytes, name: str) -> None:
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        is_locked = reader.is_encrypted and not reader.decrypt("")
        n_pages = 0 if is_locked else _n_pages(reader.root_object)
        is_active = not is_locked and _does_something(reader)
    except Exception as error:
        # As above: whatever the parser stumbles over, the file is no usable PDF.
        raise Invalid(N_("The PDF %(name)s is damaged; save or scan it anew and upload it again."), name=name) from error
    if is_locked:
        raise Invalid(N_("The PDF %(name)s asks for a password; save it without one and upload it again."), name=name)
    if not 1 <= n_pages <= MAX_PAGES:
        raise Invalid(N_("The PDF %(name)s has no pages, or more than %(n)s."), name=name, n=MAX_PAGES)
    if is_active:
        raise Invalid(N_("The PDF %(name)s holds a program or another file; print it into a new PDF and upload that."), name=name)


def _n_pages(root: Mapping[Any, Any]) -> int:
    """Return the number of pages as the document states it: walking them is what hostile files wait for."""
    return int(_dictionary(root, "/Pages")["/Count"])


def _does_something(reader: Any) -> bool:
    """Say whether anything that the document reaches from its catalogue is an action that acts, a script or a file."""
    root = reader.root_object
    names = _dictionary(root, "/Names")
    if "/JavaScript" in names or "/EmbeddedFiles" in names or "/AF" in root or "/XFA" in _dictionary(root, "/AcroForm"):
        return True
    waiting: list[Any] = [root]
    seen: set[tuple[int, int]] = set()
    n_looked_at = 0
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, objects.IndirectObject):
            address = (thing.idnum, thing.generation)
            if address in seen:
                continue
            seen.add(address)
            thing = thing.get_object()
        if not isinstance(thing, objects.DictionaryObject | objects.ArrayObject):
            continue
        n_looked_at += 1
        if n_looked_at > MOST_OBJECTS or (isinstance(thing, objects.DictionaryObject) and _acts(thing)):
            return True
        # The tags of a text are many and start nothing.
        is_dictionary = isinstance(thing, objects.DictionaryObject)
        waiting += [v for k, v in thing.items() if k != "/StructTreeRoot"] if is_dictionary else thing
    return False


def _acts(thing: Mapping[Any, Any]) -> bool:
    """Say whether this very object is an action, an annotation or a file that does not belong into a scan."""
    action, kind = thing.get("/S"), thing.get("/Subtype")
    is_action = isinstance(action, objects.NameObject) and action in _ACTIVE
    return is_action or (isinstance(kind, objects.NameObject) and kind in _CARRIERS) or "/EF" in thing or "/JS" in thing


def _dictionary(holder: Mapping[Any, Any], key: str) -> Mapping[Any, Any]:
    value: Any = holder.get(key)
    value = value.get_object() if hasattr(value, "get_object") else value
    return value if isinstance(value, objects.DictionaryObject) else {}
