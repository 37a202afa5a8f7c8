"""The signed token of a certificate: what a browser can check without asking anybody.

A token is ``1.<key id>.<content>.<signature>``: the content is a JSON list as URL-safe base64 without padding, the
signature (Ed25519) covers everything before its full stop. It says nothing of the state, which changes after printing.
"""

from __future__ import annotations

import base64
import json

from models import crypto
from models.certificates.content import Content

VERSION = "1"
PURPOSE = b"ce-certificate:"
"""Stands before what is signed: a signature made for anything else never passes as one of a certificate."""
MOST = 1500
"""Characters of a token; a longer one is refused unread."""


def token_of(content: Content) -> str:
    """Return the token of a certificate: number, year, name, total hours in tenths (None where exempt), issuer, date.

    It is signed by the first signing key and the same each time while that key stays. The identity number is not in it.
    """
    said = [
        content.number,
        content.year,
        content.name,
        None if content.is_exempt else content.total_tenths,
        content.issuer,
        content.issued_on,
    ]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    body = f"{VERSION}.{crypto.signing_key_id()}.{_base64(text.encode())}"
    _, _, signature = crypto.sign(PURPOSE + body.encode()).partition(".")
    return f"{body}.{signature.rstrip('=')}"


def public_keys() -> dict[str, str]:
    """Return the public half of every configured signing key by its id, as URL-safe base64 without padding."""
    return {name: _base64(key) for name, key in crypto.public_keys().items()}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
