"""S027 证书打印: the first print issues the certificate, every print shows the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from models.access import Permission
from models.base import db
from models.certificates import badges, operations, queries, tokens
from models.certificates.content import content_of
from models.certificates.tables import Certificate
from models.errors import N_, Invalid
from models.transaction import unit_of_work
from views.actor import required_actor
from views.documents import figures, pdf, signing
from views.downloads import content_disposition, handed_out
from views.limits import LOOKUPS, limiter

blueprint = Blueprint("documents", __name__, url_prefix="/documents")
MOST = 2**63


@blueprint.post("/certificates")
def issue_certificate() -> Answer:
    """Issue the certificate of a person's year, or find the one that was issued, and show it."""
    actor = required_actor()
    person_id, year = _number("person_id", MOST), _number("year", 10_000)
    with unit_of_work():
        certificate = operations.issue(db.session(), actor, person_id, year)
    download = "1" if "download" in request.form else None
    return redirect(url_for(".certificate", number=certificate.number, download=download), code=303)


@blueprint.get("/certificates/<number>.pdf")
def certificate(number: str) -> Response:
    """Show an issued certificate of the scope as PDF, or download it."""
    found = _of_the_scope(number)
    queries.require_valid(found)
    response = make_response(signed_pdf(found))
    response.mimetype = "application/pdf"
    name = f"{found.content['name']}-{found.year}年度结业证书.pdf"
    response.headers["Content-Disposition"] = content_disposition(name, inline="download" not in request.args)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/certificates/<number>.jwt")
@limiter.limit(LOOKUPS)
def badge(number: str) -> Response:
    """Download an issued certificate of the scope as Open Badge 3.0; one that is no longer valid has none."""
    found = _of_the_scope(number)
    content = badges.badge_of(found, content_of(found.content), current_app.config["CE_BASE_URL"])
    return handed_out(
        content.encode("ascii"), name=f"{found.content['name']}-{found.year}年度结业证书.jwt", media_type="application/jwt"
    )


def _of_the_scope(number: str) -> Certificate:
    actor = required_actor()
    if not (actor.can(Permission.PORTAL) or actor.can(Permission.CERTIFICATES_PRINT)):
        actor.require(Permission.CERTIFICATES_PRINT)
    return queries.by_number(db.session(), number)


def verification_address(certificate: Certificate) -> str:
    """Return the address that the QR code leads to; the signed token in its fragment reaches no server."""
    base: str = current_app.config["CE_BASE_URL"]
    token = tokens.token_of(content_of(certificate.content))
    return f"{base}/verify/{certificate.number}?c={certificate.code}#t={token}"


def signed_pdf(certificate: Certificate) -> bytes:
    """Return the certificate as it was issued, signed for its issuer: a changed byte is noticed."""
    return signing.sign(as_pdf(certificate), name=content_of(certificate.content).issuer)


def as_pdf(certificate: Certificate) -> bytes:
    """Return the certificate as it was issued."""
    return _pdf([certificate], is_copy=False)


def copies_pdf(certificates: Sequence[Certificate]) -> bytes:
    """Return certificates to be put on paper, one a page: not signed, and each marked as 打印件."""
    return _pdf(certificates, is_copy=True)


def _pdf(certificates: Sequence[Certificate], *, is_copy: bool) -> bytes:
    html = render_template(
        "documents/certificate.html",
        sheets=[_sheet(certificate) for certificate in certificates],
        corner=figures.corner(),
        is_copy=is_copy,
    )
    return pdf.render(html, style="certificate.css")


_LONG = {"name": 16, "organisation": 40, "issuer": 30}
"""Characters beyond which a certificate is set smaller, so that nothing meets what stands below it."""
_LONGEST_ISSUER = 50
"""Characters beyond which the issuer is set smaller still."""


def _sheet(certificate: Certificate) -> dict[str, Any]:
    content = content_of(certificate.content)
    day = dt.date.fromisoformat(content.issued_on)
    return {
        "content": content,
        "is_long": any(len(getattr(content, name)) > most for name, most in _LONG.items()),
        "is_longest": len(content.issuer) > _LONGEST_ISSUER,
        "issued_on": f"{day.year} 年 {day.month} 月 {day.day} 日",
        "address": f"{current_app.config['CE_BASE_URL']}/verify/{certificate.number}",
        "qr": figures.qr(verification_address(certificate)),
        "seal": figures.seal(content.issuer),
    }


def _number(field: str, most: int) -> int:
    text = request.form.get(field, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < most):
        raise Invalid(N_("The form is not complete; go back and open it again."))
    return int(text)
