"""What is accepted as evidence, what is refused with which sentence, and what is kept of a picture."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from models import storage
from models.errors import Invalid
from models.uploads import MAX_BYTES, Upload, check, check_document, clean_name, looks_alike
from tests.models.credits.conftest import picture


def pdf(*, javascript: str = "", password: str = "", embedded: bool = False, pages: int = 1, owner: str | None = None) -> bytes:
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    if javascript:
        script = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(javascript)})
        names = DictionaryObject({NameObject("/Names"): ArrayObject([TextStringObject("run"), script])})
        writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): names})
    if embedded:
        writer.add_attachment("run.exe", b"MZ")
    if password or owner:
        writer.encrypt(password, owner, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """Return a PNG of a few kilobytes that says it is as large as it likes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "ending", "media_type"),
    [
        ("JPEG", "jpg", "image/jpeg"),
        ("JPEG", "jpeg", "image/jpeg"),
        ("PNG", "png", "image/png"),
        ("GIF", "gif", "image/gif"),
        ("BMP", "bmp", "image/bmp"),
        ("PNG", "JPG", "image/png"),
    ],
)
def test_pictures_are_told_by_their_content(kind: str, ending: str, media_type: str) -> None:
    content = picture(1, kind)
    found = check(Upload(f"证明.{ending}", content))
    assert (found.original_name, found.media_type) == (f"证明.{ending}", media_type)
    assert found.content_hash == hashlib.sha256(content).hexdigest()
    assert Image.open(io.BytesIO(found.content)).size == (32, 32)


def test_a_pdf_is_kept_as_it_came() -> None:
    content = pdf()
    found = check(Upload("通知.pdf", content))
    assert (found.media_type, found.content, found.picture_hash) == ("application/pdf", content, None)


def test_a_pdf_that_only_forbids_printing_is_accepted() -> None:
    assert check(Upload("成绩单.pdf", pdf(owner="owner"))).media_type == "application/pdf"


def test_place_camera_and_comment_are_dropped_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "CANARY-CAMERA"
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif, comment=b"CANARY-COMMENT")
    found = check(Upload("a.jpg", out.getvalue() + b"CANARY-TAIL"))
    assert b"CANARY" in out.getvalue()
    assert b"CANARY" not in found.content
    assert Image.open(io.BytesIO(found.content)).size == (20, 40)


def test_what_is_hidden_behind_a_picture_is_dropped() -> None:
    found = check(Upload("a.png", picture(1) + b"<script>alert(1)</script>"))
    assert b"<script>" not in found.content


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16", "CMYK"])
def test_pictures_of_every_mode_are_drawn_anew(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (20, 20)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert check(Upload("a.png", out.getvalue())).picture_hash == "0" * 16


def test_a_large_photo_is_read_at_half_its_size() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4200, 3100), "white").save(out, "JPEG")
    assert Image.open(io.BytesIO(check(Upload("a.jpg", out.getvalue())).content)).size == (2100, 1550)


REFUSED = {
    "empty": ("a.png", b"", "is empty"),
    "too large": ("a.pdf", b"%PDF-1.7" + b"0" * MAX_BYTES, "larger than 4 MB"),
    "ending": ("run.exe", picture(1), "has to end in"),
    "no ending": ("证明", picture(1), "has to end in"),
    "html": ("a.png", b"<html><script>alert(1)</script>", "neither a picture nor a PDF"),
    "svg": ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "neither a picture nor a PDF"),
    "zip": ("a.pdf", b"PK\x03\x04" + b"0" * 100, "neither a picture nor a PDF"),
    "cut jpeg": ("a.jpg", picture(1, "JPEG")[:400], "is damaged"),
    "png of nothing": ("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 50, "is damaged"),
    "bomb": ("a.png", png_of(4000, 3100), "more than 12 million dots"),
    "huge bomb": ("a.png", png_of(60_000, 60_000), "more than 12 million dots"),
    "odd size": ("a.png", png_of(0, 10), "is damaged"),
    "tiff as png": ("a.png", b"II*\x00" + b"0" * 100, "neither a picture nor a PDF"),
    "pdf of nothing": ("a.pdf", b"%PDF-1.7\n%%EOF", "is damaged"),
    "pdf in circles": (
        "a.pdf",
        b"%PDF-1.4\n1 0 obj\n<</Pages 1 0 R/Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>",
        "is damaged",
    ),
    "pdf script": ("a.pdf", pdf(javascript="app.alert(1)"), "holds a program"),
    "pdf with a file": ("a.pdf", pdf(embedded=True), "holds a program"),
    "pdf locked": ("a.pdf", pdf(password="geheim"), "asks for a password"),
    "pdf without pages": ("a.pdf", pdf(pages=0), "has no pages"),
    "pdf deep": ("a.pdf", b"%PDF-1.7\n1 0 obj " + b"[" * 50_000 + b" endobj trailer<</Root 1 0 R>>", "is damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_gets_a_sentence_that_names_it(case: str) -> None:
    name, content, sentence = REFUSED[case]
    with pytest.raises(Invalid, match=sentence) as caught:
        check(Upload(name, content))
    assert caught.value.params["name"] == clean_name(name)


def test_a_pdf_that_starts_a_program_when_it_opens_is_refused() -> None:
    writer = PdfWriter()
    writer.add_blank_page(width=100, height=100)
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")})
    writer.root_object[NameObject("/OpenAction")] = action
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(Invalid, match="holds a program"):
        check(Upload("a.pdf", out.getvalue()))


def _action(kind: str) -> DictionaryObject:
    return DictionaryObject({NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("cmd.exe")})


def _when_a_page_opens(writer: PdfWriter) -> None:
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): writer._add_object(_action("/Launch"))})


def _a_link(writer: PdfWriter) -> None:
    link = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): _action("/GoToR")})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])


def _after_another(writer: PdfWriter) -> None:
    first = DictionaryObject({NameObject("/S"): NameObject("/GoTo"), NameObject("/Next"): ArrayObject([_action("/SubmitForm")])})
    writer.root_object[NameObject("/OpenAction")] = first


def _an_attached_file(writer: PdfWriter) -> None:
    note = DictionaryObject({NameObject("/Subtype"): NameObject("/FileAttachment")})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])


def _a_form_of_its_own(writer: PdfWriter) -> None:
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): TextStringObject("<xfa/>")})


@pytest.mark.parametrize("hide", [_when_a_page_opens, _a_link, _after_another, _an_attached_file, _a_form_of_its_own])
def test_what_acts_is_found_wherever_it_hides(hide: Callable[[PdfWriter], None]) -> None:
    writer = PdfWriter()
    writer.add_blank_page(width=100, height=100)
    hide(writer)
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(Invalid, match="holds a program"):
        check(Upload("a.pdf", out.getvalue()))


def test_a_pdf_whose_count_lies_is_refused() -> None:
    writer = PdfWriter()
    writer.add_blank_page(width=100, height=100)
    pages = writer.root_object["/Pages"].get_object()
    pages[NameObject("/Count")] = NumberObject(10**9)
    stream = DecodedStreamObject()
    stream.set_data(b"")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(Invalid, match="more than 500"):
        check(Upload("a.pdf", out.getvalue()))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("证明.jpg", "证明.jpg"),
        ("身份证.jpg", "身份证.jpg"),
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\secret\\证明.PDF", "证明.PDF"),
        ("a\u202egpj.exe\x00.png", "agpj.exe.png"),
        ("  .png", "-.png"),
        ("", "-"),
        ("x" * 300 + ".png", "x" * 190 + ".png"),
    ],
)
def test_a_name_is_data_and_never_a_path(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


def test_hashes_that_differ_in_two_places_look_alike() -> None:
    assert looks_alike("f" * 16, "f" * 15 + "c")
    assert not looks_alike("f" * 16, "f" * 15 + "8")


@pytest.fixture
def _own_storage() -> Iterator[None]:
    """Let a test configure the storage as it likes."""
    before = storage._Configured.filesystem, storage._Configured.root
    yield
    storage._Configured.filesystem, storage._Configured.root = before


def test_an_office_file_that_is_handed_out_has_at_most_4_mb() -> None:
    with pytest.raises(Invalid, match="larger than 4 MB"):
        check_document(Upload("表.docx", b"PK\x03\x04" + bytes(MAX_BYTES)))
    assert check_document(Upload("表.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")).media_type == "application/msword"


# --- storage --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_own_storage")
def test_what_is_stored_is_read_again_and_deleted_once(tmp_path: Path) -> None:
    storage.configure((tmp_path / "dépôt 文件").as_uri())
    storage.write("ab-key", b"\x00bytes")
    assert storage.read("ab-key") == b"\x00bytes"
    storage.delete("ab-key")
    storage.delete("ab-key")
    with pytest.raises(FileNotFoundError):
        storage.read("ab-key")


@pytest.mark.usefixtures("_own_storage")
def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.configure(tmp_path.as_uri())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("models.storage.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.write("ab-key", b"bytes")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.usefixtures("_own_storage")
def test_readiness_writes_reads_and_removes_a_file(tmp_path: Path) -> None:
    storage.configure(tmp_path.as_uri())
    assert storage.answers()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    storage.configure("memory://nowhere")
    assert storage.answers()
