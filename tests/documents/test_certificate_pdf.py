"""The certificate as PDF: who may print it, what it says, and that everybody gets the same."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select

from models.certificates import glyphs
from models.certificates.content import content_of
from models.certificates.tables import Certificate, CertificateState
from models.certificates.tokens import token_of
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.documents.conftest import Issued, Reader, a_certificate
from views.documents import figures, fonts, pdf
from views.documents.certificate import as_pdf

LogIn = Callable[[str], Reader]


def text_of(content: bytes) -> str:
    return re.sub(r"\s", "", PdfReader(io.BytesIO(content)).pages[0].extract_text())


def issue(reader: Reader, person_id: int, year: int = 2026) -> str:
    answer = reader.post("/documents/certificates", person_id=person_id, year=year)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_the_person_prints_her_certificate(log_in: LogIn, passed: int, cast: Cast) -> None:
    reader = log_in("professional")
    address = issue(reader, passed)
    assert address == "/documents/certificates/371100202600000015.pdf"
    answer = reader.get(address)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "application/pdf", "private, no-store")
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    assert "filename*=UTF-8''%E4%BA%BA%E5%91%98-professional-2026%E5%B9%B4%E5%BA%A6" in answer.headers["Content-Disposition"]
    text = text_of(answer.data)
    for part in (
        "年度结业证书",
        "人员-professional",
        cast.people["professional"].number_masked,
        "单位-unit",
        "94.5",
        "单位-county",
        "371100202600000015",
        "2026年12月15日",
    ):
        assert part in text
    assert cast.accounts["professional"].number not in text


def test_every_print_is_the_same_certificate(log_in: LogIn, passed: int) -> None:
    own, clerk = log_in("professional"), log_in("unit_clerk")
    assert issue(own, passed) == issue(clerk, passed) == issue(own, passed)
    address = issue(own, passed)
    assert text_of(own.get(address).data) == text_of(clerk.get(address).data)


def test_it_can_be_downloaded(log_in: LogIn, passed: int) -> None:
    reader = log_in("professional")
    answer = reader.post("/documents/certificates", person_id=passed, year=2026, download="1")
    assert answer.headers["Location"].endswith(".pdf?download=1")
    assert reader.get(answer.headers["Location"]).headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize("name", ["foreign_officer", "sibling_clerk", "inner_officer"])
def test_nobody_outside_the_subtree_prints_or_sees_it(log_in: LogIn, issued: Issued, passed: int, name: str) -> None:
    reader = log_in(name)
    assert reader.post("/documents/certificates", person_id=passed, year=2026).status_code == 404
    seen = reader.get(f"/documents/certificates/{issued.number}.pdf")
    absent = reader.get("/documents/certificates/371100202600000023.pdf")
    assert seen.status_code == absent.status_code == 404
    assert seen.text.replace(issued.number, "") == absent.text.replace("371100202600000023", "")


def test_a_colleague_sees_nothing(log_in: LogIn, issued: Issued, passed: int) -> None:
    reader = log_in("colleague")
    assert reader.post("/documents/certificates", person_id=passed, year=2026).status_code == 403
    assert reader.get(f"/documents/certificates/{issued.number}.pdf").status_code == 404


def test_a_visitor_is_led_to_the_login(issued: Issued, visitor: Reader) -> None:
    answer = visitor.get(f"/documents/certificates/{issued.number}.pdf")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/login")


def test_a_year_that_is_not_passed_gets_a_sentence(log_in: LogIn, passed: int) -> None:
    answer = log_in("professional").post("/documents/certificates", person_id=passed, year=2025)
    assert answer.status_code == 403
    assert "The year 2025 does not meet the requirement yet" in answer.text


@pytest.mark.parametrize("person_id", ["", "x", "-1", "1e9", "９", "1" * 40])
def test_odd_ids_get_a_sentence(log_in: LogIn, passed: int, person_id: str) -> None:
    answer = log_in("professional").post("/documents/certificates", person_id=person_id, year=2026)
    assert answer.status_code == 400
    assert "The form is not complete" in answer.text
    assert log_in("professional").post("/documents/certificates", person_id=passed, year=10**12).status_code == 400


def test_a_revoked_certificate_is_not_printed(app: Flask, log_in: LogIn, issued: Issued) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.scalars(select(Certificate)).one().state = CertificateState.REVOKED
    answer = log_in("professional").get(f"/documents/certificates/{issued.number}.pdf")
    assert answer.status_code == 403
    assert "no longer valid" in answer.text


# --- the drawing ----------------------------------------------------------------------------------------------------


def test_everything_fits_on_one_page_and_is_text(app: Flask) -> None:
    with app.test_request_context():
        document = PdfReader(io.BytesIO(as_pdf(a_certificate())))
    assert len(document.pages) == 1
    assert [round(float(side) / 72 * 25.4) for side in document.pages[0].mediabox[2:]] == [297, 210]
    assert document.metadata is not None
    assert document.metadata.title == "2026年度专业技术人员继续教育结业证书 371100202600000015"
    text = re.sub(r"\s", "", document.pages[0].extract_text())
    assert "买买提·艾力同志，居民身份证号371102********9968" in text
    assert "副主任医师" in text


def heights(page: Any) -> list[tuple[str, float]]:
    """Return what is written in lines with how far above the foot of the page it stands, in mm; the seal's letters are turned."""
    found: list[tuple[str, float]] = []

    def note(text: str, matrix: Any, line: Any, *_font: Any) -> None:
        if len(text.strip()) > 1:
            found.append(("".join(text.split()), (line[5] * matrix[3] + matrix[5]) / 72 * 25.4))

    page.extract_text(visitor_text=note)
    return found


LONG_NAME = "阿不都热依木·买买提吐尔逊·阿卜杜克里木江·艾合买提江"
LONG_ISSUER = "伊犁哈萨克自治州察布查尔锡伯自治县" * 2 + "人社保障局"


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"name": LONG_NAME, "organisation": "自治县人民医院" * 14, "issuer": LONG_ISSUER},
        {"name": "A" * 60, "organisation": "W" * 120, "issuer": "海州市人力资源和社会保障局"},
        {"organisation": "海州市第一人民医院" * 7, "issuer": LONG_ISSUER * 3},
        {"name": LONG_NAME, "organisation": "自治县人民医院" * 28, "issuer": (LONG_ISSUER * 5)[:200]},
    ],
)
def test_long_names_meet_nothing(app: Flask, names: dict[str, str]) -> None:
    with app.test_request_context():
        (page,) = PdfReader(io.BytesIO(as_pdf(a_certificate(**names)))).pages
    written = heights(page)
    table = next(height for text, height in written if text.startswith("完成学时"))
    own = content_of(a_certificate(**names).content).issuer
    issuer = max(height for text, height in written if len(text) > 3 and text in own)
    # The code is 34 mm high and stands 18.5 mm above the foot; a line of the issuer is 4 mm high.
    assert table > 18.5 + 34
    assert table > issuer + 4
    assert min(height for _text, height in written) > 18


def test_markup_in_data_stays_text(app: Flask) -> None:
    with app.test_request_context():
        text = text_of(as_pdf(a_certificate(organisation='<img src="http://127.0.0.1:1/x"><script>1</script>', issuer="<b>&局")))
    assert '<imgsrc="http://127.0.0.1:1/x"><script>1</script>' in text
    assert "<b>&局" in text


def test_an_exempt_year_says_so(app: Flask) -> None:
    with app.test_request_context():
        assert "经核准免除2026年度继续教育学时要求" in text_of(as_pdf(a_certificate(is_exempt=True)))


def test_the_qr_code_holds_the_verification_address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("views.documents.certificate.figures.qr", lambda address: drawn.append(address) or figures.corner())
    with app.test_request_context():
        as_pdf(a_certificate())
    base = app.config["CE_BASE_URL"]
    token = token_of(content_of(a_certificate().content))
    assert drawn == [f"{base}/verify/371100202600000015?c=aB3dE5gH7kMn#t={token}"]


def photograph(data_uri: str) -> Image.Image:
    """Return the drawn code as a camera sees it: on white, with a margin."""
    with Image.open(io.BytesIO(base64.b64decode(data_uri.partition(",")[2]))) as code:
        seen = Image.new("L", (code.width + 32, code.height + 32), 255)
        seen.paste(code.convert("L"), (16, 16))
    return seen


def test_a_phone_reads_the_address_out_of_the_code(app: Flask) -> None:
    token = token_of(content_of(a_certificate().content))
    assert len(token) < 270
    address = f"https://ce.example.cn/verify/371100202600000015?c=aB3dE5gH7kMn#t={token}"
    read = zxingcpp.read_barcodes(photograph(figures.qr(address)), formats=zxingcpp.BarcodeFormat.QRCode)
    assert [found.text for found in read] == [address]


@pytest.mark.parametrize("name", ["䶮𬭎", "买买提·𬭎"])
def test_a_rare_character_is_drawn_by_the_whole_typeface(app: Flask, name: str) -> None:
    regular = glyphs.face("Bold")
    assert regular is not None
    rare = [c for c in name if ord(c) not in glyphs.usual()]
    with glyphs.opened(regular) as font:
        wanted = [font.getGlyphID(font.getBestCmap()[ord(c)]) for c in rare]
    with app.test_request_context():
        page = PdfReader(io.BytesIO(as_pdf(a_certificate(name=name)))).pages[0]
    assert f"{name}同志" in re.sub(r"\s", "", page.extract_text())
    drawn = {f["/BaseFont"].partition("+")[2]: f["/DescendantFonts"][0] for f in page["/Resources"]["/Font"].values()}
    assert set(drawn) == {"CE-Serif", "CE-Serif-Bold", "Noto-Serif-CJK-SC-Bold"}
    with TTFont(io.BytesIO(drawn["Noto-Serif-CJK-SC-Bold"]["/FontDescriptor"]["/FontFile3"].get_data())) as font:
        outlines = font.getGlyphSet()
        for glyph in wanted:
            pen = BoundsPen(outlines)
            outlines[font.getGlyphName(glyph)].draw(pen)
            assert pen.bounds is not None


def test_a_usual_certificate_needs_the_subset_only(app: Flask) -> None:
    with app.test_request_context():
        made = as_pdf(a_certificate())
    found = {f["/BaseFont"].partition("+")[2] for f in PdfReader(io.BytesIO(made)).pages[0]["/Resources"]["/Font"].values()}
    assert found == {"CE-Serif", "CE-Serif-Bold"}
    assert len(made) < 150_000


@pytest.mark.parametrize("lacking", ["library", "folder", "typeface"])
def test_without_a_subset_the_whole_typeface_serves(
    app: Flask, monkeypatch: pytest.MonkeyPatch, lacking: str, tmp_path: Path
) -> None:
    fonts._file.cache_clear()
    fonts._harfbuzz.cache_clear()
    if lacking == "library":
        monkeypatch.setattr(fonts, "_LIBRARIES", ("libnone.so.0", "libnone.so.1"))
    if lacking == "typeface":
        monkeypatch.setattr(glyphs, "face", lambda _style: None)
    place = tmp_path / "instance"
    if lacking == "folder":
        place.write_text("a file")
    monkeypatch.setattr(app, "instance_path", str(place))
    try:
        with app.test_request_context():
            assert fonts.rules() == ""
            assert "买买提·艾力同志" in text_of(as_pdf(a_certificate()))
    finally:
        fonts._file.cache_clear()
        fonts._harfbuzz.cache_clear()


def test_nothing_is_fetched_but_data(app: Flask) -> None:
    with app.test_request_context():
        made = pdf.render(
            '<p>a<img src="http://127.0.0.1:1/x.png"><img src="file:///etc/passwd"><img src="ce-font:../../etc/passwd">',
            style="certificate.css",
        )
    assert b"passwd" not in made
    assert text_of(made) == "a"


def test_the_seal_carries_the_name_of_the_issuer_escaped() -> None:
    svg = base64.b64decode(figures.seal("海州<局").partition(",")[2]).decode()
    assert re.findall(r">([^<>]{1,4})</text>", svg) == ["海", "州", "&lt;", "局"]
    assert base64.b64decode(figures.seal("一" * 40).partition(",")[2]).decode().count("一") == 40
    assert figures.seal("一" * 41) == figures.seal("")


def test_a_warm_certificate_is_quick(app: Flask) -> None:
    with app.test_request_context():
        as_pdf(a_certificate())
        times = []
        for _turn in range(5):
            start = time.process_time()
            as_pdf(a_certificate())
            times.append(time.process_time() - start)
    # The figure to reach is 0.15 s on an idle machine (`make bench`); here it must only not be another order.
    assert min(times) < 1
