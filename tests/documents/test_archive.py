"""A zip and a PDF that grow part by part are what others read as one."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from flask import Flask
from pypdf import PdfReader

from tests.documents.conftest import a_certificate
from views.documents import archive
from views.documents.certificate import copies_pdf

MOMENT = (2026, 12, 15, 10, 0, 0)
NAMES = [f"张三·{n}-2026年度结业证书.pdf" for n in range(7)]


@pytest.mark.parametrize("sizes", [(7,), (3, 4), (1, 1, 5)])
def test_a_zip_of_parts_is_one_zip(sizes: tuple[int, ...]) -> None:
    contents = {name: random.Random(name).randbytes(1000) for name in NAMES}
    whole, entries = b"", []
    waiting = list(contents.items())
    for n in sizes:
        part, more = archive.zip_part(waiting[:n], at=len(whole), moment=MOMENT)
        whole, waiting = whole + part, waiting[n:]
        entries += more
    whole += archive.zip_end(entries, at=len(whole), moment=MOMENT)
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == contents
        assert read.infolist()[0].date_time == MOMENT
        # Nothing follows a file's content: readers that go from the front need no directory.
        assert not any(info.flag_bits & 8 for info in read.infolist())


def test_a_pdf_of_parts_is_one_pdf(app: Flask) -> None:
    people = [f"张三{n}" for n in range(5)]
    whole, places, pages = archive.PDF_HEAD, list[int](), list[int]()
    with app.test_request_context():
        for part in (people[:2], people[2:3], people[3:]):
            made = copies_pdf([a_certificate(name=name) for name in part])
            content, more, own = archive.pdf_part(made, at=len(whole), first=archive.FIRST + len(places))
            whole, places, pages = whole + content, places + more, pages + own
    whole += archive.pdf_end(places, pages, at=len(whole), title="年度结业证书打印件")
    read = PdfReader(io.BytesIO(whole), strict=True)
    assert read.metadata is not None
    assert read.metadata.title == "年度结业证书打印件"
    texts = ["".join(page.extract_text().split()) for page in read.pages]
    assert [name for text in texts for name in people if f"{name}同志" in text] == people
    assert all("打印件" in text and "未附电子签名" in text for text in texts)
    assert {round(float(page.mediabox.width) / 72 * 25.4) for page in read.pages} == {297}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("买买提·艾力", "买买提·艾力"),
        ("../../etc/passwd", "etc_passwd"),
        ('a\\b:c*?"<>|\x00d', "a_b_c_d"),
        ("张\u202e三\n", "张_三"),
        ("..", "_"),
        ("王" * 300, "王" * 80),
    ],
)
def test_a_name_is_safe_in_a_folder(text: str, name: str) -> None:
    assert archive.safe_name(text) == name
