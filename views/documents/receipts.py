"""The receipt of a record: the file that is checked (JSON), and the same to read (PDF)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response, current_app, render_template, url_for

from models.access import Permission
from models.base import db, utcnow
from models.credits import queries
from models.credits import receipts as operations
from models.credits.tables import Declaration
from models.errors import NotFound
from views.actor import required_actor
from views.documents import figures, pdf
from views.documents.certificate import blueprint
from views.documents.registers import STYLE, handed_out_pdf
from views.downloads import handed_out
from views.limits import LOOKUPS, limiter
from views.receipt_words import row_lines
from views.words import local_time

_MAY_READ = (Permission.PORTAL, Permission.HOURS_VIEW, Permission.HOURS_REVIEW)
SHORT = 16
"""Hex digits of the short code: they name the file that a printed sheet belongs to."""


@blueprint.get("/receipts/<int:declaration_id>.json")
@limiter.limit(LOOKUPS)
def receipt(declaration_id: int) -> Response:
    """Hand out the receipt of a record of the scope."""
    found, made = _made(declaration_id)
    content = json.dumps(made, ensure_ascii=False, indent=1).encode()
    return handed_out(content, name=f"{found.person_name}-审核凭证-{found.id}.json", media_type="application/json")


@blueprint.get("/receipts/<int:declaration_id>.pdf")
@limiter.limit(LOOKUPS)
def receipt_sheet(declaration_id: int) -> Response:
    """Return what the receipt of this moment says, to read and to print; only the file itself can be checked."""
    found, made = _made(declaration_id)
    base = current_app.config["CE_BASE_URL"]
    address = f"{base}{url_for('verify.receipt')}"
    html = render_template(
        "documents/receipt.html",
        head=json.loads(made["head"]),
        rows=row_lines([json.loads(row["text"]) for row in made["rows"]]),
        days=[made["batches"][row["batch"]]["day"] if row["batch"] is not None else "" for row in made["rows"]],
        short=hashlib.sha256(made["head"].encode()).hexdigest()[:SHORT],
        address=address,
        qr=figures.qr(address),
        printed_at=local_time(utcnow()),
    )
    return handed_out_pdf(pdf.render(html, style=STYLE), f"{found.person_name}-审核凭证-{found.id}.pdf")


def _made(declaration_id: int) -> tuple[Declaration, dict[str, Any]]:
    actor, session = required_actor(), db.session()
    if not any(actor.can(permission) for permission in _MAY_READ):
        raise NotFound
    found = queries.declaration(session, declaration_id)
    return found, operations.receipt_of(session, found, platform=current_app.config["CE_BASE_URL"])
