"""The check of a receipt as one file to keep: the published roots and the public keys stand in it, and it asks nobody."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, url_for
from flask_babel import gettext

from models import daily_roots, receipts
from models.base import db
from models.certificates import tokens
from models.errors import N_
from views.limits import LOOKUPS, limiter
from views.position import any_position
from views.public.receipts import state_word
from views.public.saved_page import saved_page
from views.public.verify import blueprint
from views.receipt_words import HOURS_GRANTED, HOURS_TAKEN_BACK, STEPS
from views.states import DECLARATION

SCRIPTS = ("vendor/tweetnacl-1.0.3.min.js", "js/sha256.js", "js/signature.js", "js/receipt-check.js")
FILE_NAME = N_("receipt check")
SENTENCES = {
    "not_yet": receipts.NOT_YET,
    "changed_head": receipts.CHANGED_HEAD,
    "other_key": receipts.OTHER_KEY,
    "other_rows": receipts.OTHER_ROWS,
    "changed_row": receipts.CHANGED_ROW,
    "changed_proof": receipts.CHANGED_PROOF,
    "changed_batch": receipts.CHANGED_BATCH,
    "other_day": N_("This page holds no root of %(day)s, which batch %(n)s names: if the day is over, save the page anew."),
    "whole": N_("The platform signed it, and each of its %(n)s rows leads to a published daily root."),
    "root_of": N_("Root of %(day)s"),
    "row_broken": N_("Does not hold"),
    "row_waits": N_("Checkable from tomorrow"),
    "granted": HOURS_GRANTED,
    "taken_back": HOURS_TAKEN_BACK,
    "opinion": N_("Opinion: %(text)s"),
    "undecided": N_("Not yet decided"),
}
"""What the page says, by the names that its script has for it."""


@blueprint.get("/receipt/file")
@any_position
@limiter.limit(LOOKUPS)
def receipt_page() -> Response:
    """Return the check of receipts as one file, with every root that is published today."""
    days = {d.day: d.root for d in reversed(daily_roots.published(db.session()))}
    return saved_page(
        "documents/receipt_saved.html",
        name_id=FILE_NAME,
        scripts=SCRIPTS,
        known={"keys": tokens.public_keys(), "days": days, **_words()},
        last_day=max(days, default=""),
        address=f"{current_app.config['CE_BASE_URL']}{url_for('verify.receipt')}",
    )


def _words() -> dict[str, Any]:
    return {
        "words": {name: gettext(message_id) for name, message_id in SENTENCES.items()},
        "steps": {f"{kind}.{action}": gettext(message_id) for (kind, action), message_id in STEPS.items()},
        "states": {name: gettext(word.word) for name in ("audit_failed", *DECLARATION) if (word := state_word(str(name)))},
    }
