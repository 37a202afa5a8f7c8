"""A certificate as an Open Badge 3.0: an AchievementCredential, signed as a token (VC-JWT, EdDSA) that anybody checks with the public keys.

It says what the QR code's token says, without an identity number; whether it still holds is asked at its address.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from models import crypto
from models.base import LOCAL_ZONE, to_hours
from models.certificates.content import Content
from models.certificates.queries import require_valid
from models.certificates.tables import Certificate

ALGORITHM = "EdDSA"
CONTEXT = ("https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json")
"""Names of vocabularies, which nobody fetches here."""


class _Registry(JWSRegistry):
    """Signs by the name that the readers of Open Badges know; joserfc warns that RFC 9864 has a newer one for it."""

    def get_alg(self, name: str) -> Any:
        """Return the one algorithm of badges without the warning."""
        return self.algorithms[name] if name == ALGORITHM else super().get_alg(name)


def badge_of(certificate: Certificate, content: Content, base_url: str) -> str:
    """Return the badge of a valid certificate, signed by the first signing key; raises NotAllowed for one that is not valid."""
    require_valid(certificate)
    name, key = crypto.signing_key()
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key_address(base_url, name)}
    return jwt.encode(header, _credential(content, base_url), OKPKey.import_key(key), registry=_Registry(algorithms=[ALGORITHM]))


def key_address(base_url: str, key_id: str) -> str:
    """Return the address of a public key, which is its name in badges, too."""
    return f"{base_url}/.well-known/keys/{key_id}"


def public_key_set(base_url: str) -> dict[str, dict[str, Any]]:
    """Return every public key as a JWK by its id, the one that signs first: those before it go on checking old badges."""
    return {name: _public(raw, key_address(base_url, name)) for name, raw in crypto.public_keys().items()}


def _public(raw: bytes, address: str) -> dict[str, Any]:
    key = OKPKey.import_key(crypto.public_key(raw))
    return {**key.as_dict(private=False), "kid": address, "use": "sig", "alg": ALGORITHM}


def _credential(content: Content, base_url: str) -> dict[str, Any]:
    """Return the claims: the credential itself, and what the registered claims of a token repeat of it."""
    address = f"{base_url}/verify/{content.number}"
    begins = dt.datetime.combine(dt.date.fromisoformat(content.issued_on), dt.time(), LOCAL_ZONE)
    issuer = {"id": base_url, "type": ["Profile"], "name": content.issuer}
    holder = {
        "id": f"{address}#holder",
        "type": ["AchievementSubject"],
        "identifier": [
            {"type": "IdentityObject", "identityType": "name", "identityHash": content.name, "hashed": False},
        ],
        "achievement": {
            "id": f"{base_url}/verify#year-{content.year}",
            "type": ["Achievement"],
            "inLanguage": "zh-CN",
            "name": f"{content.year} 年度专业技术人员继续教育",
            "description": _achieved(content),
            "criteria": {"narrative": "依据《专业技术人员继续教育规定》，完成年度规定学时。"},
        },
    }
    return {
        "@context": list(CONTEXT),
        "id": address,
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": f"{content.year} 年度结业证书",
        "issuer": issuer,
        "validFrom": begins.isoformat(),
        "credentialSubject": holder,
        "iss": issuer["id"],
        "jti": address,
        "sub": holder["id"],
        "nbf": int(begins.timestamp()),
    }


def _achieved(content: Content) -> str:
    if content.is_exempt:
        return f"经核准免除 {content.year} 年度继续教育学时要求，认定结果为通过。"
    return f"{content.year} 年度共完成 {to_hours(content.total_tenths)} 学时，认定结果为通过。"
