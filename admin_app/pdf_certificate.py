"""The certificate that signs PDFs: out of the operator's PKCS#12 file, or a self-signed one of this installation."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from models.base import utcnow

VALID_FOR = dt.timedelta(days=365 * 30)
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def from_pkcs12(path: Path, passphrase: str) -> str:
    """Return the private key and the certificates of a PKCS#12 file as PEM, the signer's own first.

    Raises ValueError with what the file must be: readable, opened by the passphrase, an RSA or EC key, a certificate in force.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise ValueError("the path of a PKCS#12 file (.p12, .pfx) that the platform may read") from None
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(content, passphrase.encode() or None)
    except ValueError:
        raise ValueError("a PKCS#12 file (.p12, .pfx) that CE_PDF_PASSPHRASE opens") from None
    if not isinstance(key, _Key) or certificate is None:
        raise ValueError("a PKCS#12 file with an RSA or elliptic-curve key and its certificate")
    if not certificate.not_valid_before_utc <= utcnow() < certificate.not_valid_after_utc:
        raise ValueError("a PKCS#12 file with a certificate that is valid today")
    return _as_pem(key, [certificate, *others])


def make() -> str:
    """Return a new key with a self-signed certificate as PEM: it proves that a PDF is unchanged, and nobody's identity."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Continuing education platform, self-signed")])
    now = utcnow()
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _as_pem(key, [certificate])


def _as_pem(key: _Key, certificates: list[x509.Certificate]) -> str:
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return b"".join([secret, *(c.public_bytes(Encoding.PEM) for c in certificates)]).decode("ascii").strip()
