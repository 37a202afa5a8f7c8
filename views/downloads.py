"""The headers of a file that is handed out: its name in any script, and a browser that runs nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from flask import Response

SANDBOX = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp"})


def content_disposition(name: str, *, inline: bool) -> str:
    """Return the header for a file's name (RFC 6266, RFC 5987): plain letters for old readers, the whole name for others."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def handed_out(content: bytes | Iterable[bytes], *, name: str, media_type: str) -> Response:
    """Return a stored file, whole or in pieces: pictures may be shown in the page, everything else is saved; nothing in it may run."""
    response = Response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = content_disposition(name, inline=media_type in INLINE)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "no-store"  # evidence and lists hold personal data; public machines have one browser
    return response
