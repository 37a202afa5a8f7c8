"""The headers of every answer: what a browser may load, keep and tell others."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from admin_app.settings import Settings

FOREVER = 365 * 24 * 3600

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}

POLICY = (
    "default-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
)


def csp_nonce() -> str:
    """Return the nonce of this answer, for a script element that cannot be a file."""
    nonce: str | None = g.get("csp_nonce")
    if nonce is None:
        nonce = g.csp_nonce = secrets.token_urlsafe(16)
    return nonce


def content_security_policy(nonce: str | None) -> str:
    """Return the policy: everything from our own origin, no inline style, no inline handler."""
    script = "script-src 'self'" + (f" 'nonce-{nonce}'" if nonce else "")
    return "; ".join((script, *POLICY))


def init_app(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer, errors included."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        policy = content_security_policy(g.get("csp_nonce"))
        response.headers.setdefault("Content-Security-Policy", policy)
        if settings.is_https:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={FOREVER}; includeSubDomains")
        _set_cache(response)
        return response


def _set_cache(response: Response) -> None:
    """Keep static files with a fingerprint for ever, ask again for others, and let nothing else be stored."""
    if (request.endpoint or "").rpartition(".")[2] != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.status_code in {200, 304} and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={FOREVER}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
