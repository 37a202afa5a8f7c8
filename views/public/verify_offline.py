"""Check of a certificate's signature in the reader's browser, as a page and as one file to keep."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flask import Response, current_app, jsonify, render_template, url_for
from flask_babel import gettext
from markupsafe import Markup

from models.base import today
from models.certificates import queries, tokens
from models.errors import N_
from views.downloads import content_disposition
from views.limits import LOOKUPS, limiter
from views.position import any_position
from views.public.verify import STATES, blueprint

SCRIPTS = ("vendor/tweetnacl-1.0.3.min.js", "js/certificate-token.js")
STYLES = ("css/tokens.css", "css/offline-page.css")
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
    script, style = _joined(SCRIPTS), _joined(STYLES)
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    page = render_template(
        "documents/verify_saved.html",
        script=Markup(script),  # noqa: S704 - a file of ours
        style=Markup(style),  # noqa: S704 - a file of ours
        policy=policy,
        keys=tokens.public_keys(),
        number="",
        asks_state=False,
        address=f"{current_app.config['CE_BASE_URL']}{url_for('verify.index')}",
        saved_on=today().isoformat(),
    )
    headers = {
        "Content-Security-Policy": policy,
        "Content-Disposition": content_disposition(f"{gettext(FILE_NAME)}.html", inline=False),
    }
    return Response(page, mimetype="text/html", headers=headers)


@blueprint.get("/<number>/state")
@any_position
@limiter.limit(LOOKUPS)
def state(number: str) -> Response:
    """Tell the state of a certificate and nothing else of it."""
    word = STATES[queries.verify(number).state]
    return jsonify(word=gettext(word.word), kind=word.kind)


def _joined(names: tuple[str, ...]) -> str:
    folder = Path(str(current_app.static_folder))
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
