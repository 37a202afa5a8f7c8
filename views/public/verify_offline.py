"""Check of a certificate's signature in the reader's browser, as a page and as one file to keep."""

from __future__ import annotations

from flask import Response, current_app, jsonify, render_template, url_for
from flask_babel import gettext

from models.certificates import queries, tokens
from models.errors import N_
from views.limits import LOOKUPS, limiter
from views.position import any_position
from views.public.saved_page import saved_page
from views.public.verify import STATES, blueprint

SCRIPTS = ("vendor/tweetnacl-1.0.3.min.js", "js/signature.js", "js/certificate-token.js")
FILE_NAME = N_("certificate check")


@blueprint.get("/offline")
@any_position
def check_page() -> str:
    """Show the page that checks a token in the browser; the state is asked for only after the signature has passed."""
    return render_template("public/verify_offline.html", keys=tokens.public_keys(), number="", asks_state=True)


@blueprint.get("/offline/file")
@any_position
def download_page() -> Response:
    """Return the same page as one file that needs no other and may, by its own policy, ask nobody."""
    return saved_page(
        "documents/verify_saved.html",
        name_id=FILE_NAME,
        scripts=SCRIPTS,
        keys=tokens.public_keys(),
        number="",
        asks_state=False,
        address=f"{current_app.config['CE_BASE_URL']}{url_for('verify.index')}",
    )


@blueprint.get("/<number>/state")
@any_position
@limiter.limit(LOOKUPS)
def state(number: str) -> Response:
    """Tell the state of a certificate and nothing else of it."""
    word = STATES[queries.verify(number).state]
    return jsonify(word=gettext(word.word), kind=word.kind)
