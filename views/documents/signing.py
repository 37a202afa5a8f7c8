"""The signature of a PDF: PAdES B-B with the certificate of this installation, made without asking anybody."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates

from models.later import Later

files = Later("pyhanko.pdf_utils.incremental_writer")
fields = Later("pyhanko.sign.fields")
keys = Later("pyhanko.keys")
registry = Later("pyhanko_certvalidator.registry")
signers = Later("pyhanko.sign.signers")

FIELD = "Issuer"
"""The name of the one signature in a document."""


class _Installed:
    """Hold the process's one key with its certificates; ``configure`` is its only setter."""

    pem: bytes | None = None


def configure(text: str) -> None:
    """Use a private key and its certificates, the signer's own first, as PEM; raises ValueError for anything else."""
    content = text.encode("ascii")
    load_pem_private_key(content, password=None)
    load_pem_x509_certificates(content)
    _Installed.pem = content


def certificate() -> bytes:
    """Return the certificate that signs, as DER: whoever checks a signature compares with it."""
    return load_pem_x509_certificates(_required())[0].public_bytes(Encoding.DER)


def sign(pdf: bytes, *, name: str) -> bytes:
    """Return *pdf* with an invisible signature that allows no further change; *name* says on whose behalf it is signed."""
    out = io.BytesIO()
    about = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=name,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    draft = files.IncrementalPdfFileWriter(io.BytesIO(pdf))
    signer = signers.PdfSigner(about, signer=_signer(_required()))
    # In a thread of its own: pyHanko signs in an event loop, and the caller's thread may be running one already.
    with ThreadPoolExecutor(1) as own:
        own.submit(asyncio.run, signer.async_sign_pdf(draft, output=out)).result()
    return out.getvalue()


def _required() -> bytes:
    if _Installed.pem is None:
        raise RuntimeError("signing.configure() has not been called in this process")
    return _Installed.pem


@cache
def _signer(pem: bytes) -> Any:
    chain = list(keys.load_certs_from_pemder_data(pem))
    store = registry.SimpleCertificateStore()
    store.register_multiple(chain)
    key = keys.load_private_key_from_pemder_data(pem, passphrase=None)
    return signers.SimpleSigner(signing_cert=chain[0], signing_key=key, cert_registry=store)
