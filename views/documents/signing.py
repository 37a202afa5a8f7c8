"""The signature of a PDF: PAdES B-B with the certificate of this installation, made without asking anybody."""

from __future__ import annotations

import io

from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

FIELD = "Issuer"
"""The name of the one signature in a document."""


class _Installed:
    """Hold the process's one signer; ``configure`` is its only setter."""

    signer: SimpleSigner | None = None


def configure(text: str) -> None:
    """Use a private key and its certificates, the signer's own first, as PEM; raises ValueError for anything else."""
    _Installed.signer = _signer(text)


def certificate() -> bytes:
    """Return the certificate that signs, as DER: whoever checks a signature compares with it."""
    found = _required().signing_cert
    assert found is not None
    return bytes(found.dump())


def sign(pdf: bytes, *, name: str) -> bytes:
    """Return *pdf* with an invisible signature that allows no further change; *name* says on whose behalf it is signed."""
    out = io.BytesIO()
    about = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=name,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    PdfSigner(about, signer=_required()).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
    return out.getvalue()


def _required() -> SimpleSigner:
    if _Installed.signer is None:
        raise RuntimeError("signing.configure() has not been called in this process")
    return _Installed.signer


def _signer(text: str) -> SimpleSigner:
    content = text.encode("ascii")
    chain = list(load_certs_from_pemder_data(content))
    key = load_private_key_from_pemder_data(content, passphrase=None)
    if not chain:
        raise ValueError("a private key and its certificate are needed")
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(chain)
    return SimpleSigner(signing_cert=chain[0], signing_key=key, cert_registry=store)
