"""The signature of a printed certificate, checked by pyHanko's own validation without a network."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from asn1crypto import x509
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfWriter

from admin_app import pdf_certificate
from tests.documents.conftest import Issued, Reader
from views.documents import signing

LogIn = Callable[[str], Reader]
T = TypeVar("T")


def in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own: a browser that an earlier test opened keeps a loop in this one."""
    with ThreadPoolExecutor(1) as own:
        return own.submit(asyncio.run, work).result()


def checked(pdf: bytes) -> PdfSignatureStatus:
    """Return what pyHanko says of the one signature, with nobody trusted but the certificate of this installation."""
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    assert signature.sig_object["/SubFilter"] == SigSeedSubFilter.PADES.value
    own = x509.Certificate.load(signing.certificate())
    trust = ValidationContext(trust_roots=[own], allow_fetching=False)
    return in_own_loop(async_validate_pdf_signature(signature, trust))


@pytest.fixture
def printed(app: Flask, log_in: LogIn, issued: Issued) -> bytes:
    return log_in("professional").get(f"/documents/certificates/{issued.number}.pdf").data


def test_the_printed_certificate_is_signed_as_a_whole(printed: bytes) -> None:
    status = checked(printed)
    assert status.bottom_line
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level is ModificationLevel.NONE
    (signature,) = PdfFileReader(io.BytesIO(printed)).embedded_signatures
    assert signature.sig_object["/Name"] == "单位-county"


def test_it_is_signed_also_where_a_loop_is_running(app: Flask) -> None:
    blank = PdfWriter()
    blank.add_blank_page(width=100, height=100)
    blank.write(unsigned := io.BytesIO())

    async def sign() -> bytes:
        return signing.sign(unsigned.getvalue(), name="单位-county")

    assert checked(in_own_loop(sign())).bottom_line


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_one_changed_byte_is_noticed(printed: bytes, part: float) -> None:
    place = int(printed.index(b"/ByteRange") * part)
    changed = printed[:place] + bytes([printed[place] ^ 1]) + printed[place + 1 :]
    try:
        status = checked(changed)
    except (SignatureValidationError, ValueError):
        return  # so damaged that no signature is found in it
    assert not status.intact
    assert not status.bottom_line


def test_another_certificate_is_not_trusted(printed: bytes) -> None:
    signing.configure(pdf_certificate.make())
    assert not checked(printed).trusted
