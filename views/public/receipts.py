"""Receipts without login: the check of a file, the published daily roots, and all of them to keep."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing

from flask import Response, current_app, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import TextAreaField

from models import daily_roots, receipts
from models.base import db, today
from models.errors import N_, Invalid
from models.receipts import Checked
from views.downloads import content_disposition
from views.forms import PlainForm
from views.limits import LOOKUPS, limiter
from views.position import any_position
from views.public.verify import blueprint
from views.receipt_words import moment, row_lines
from views.states import DECLARATION, StateWord
from views.words import say, words

PAGE = 60
MEDIA_TYPE = "application/json"


class ReceiptForm(PlainForm):
    """The receipt as a file, or what stands in it."""

    file = FileField(_l("Receipt (file ending in .json)"))
    text = TextAreaField(_l("Or paste what stands in the file"))


@blueprint.route("/receipt", methods=["GET", "POST"])
@any_position
@limiter.limit(LOOKUPS, methods=["POST"])
def receipt() -> str:
    """Ask for a receipt and check it against the published roots; nothing of it is kept."""
    form = ReceiptForm()
    found: Checked | None = None
    if form.validate_on_submit():
        content = _content(form)
        if not content:
            form.file.errors = [gettext(N_("Please choose a receipt, or paste its content."))]
        else:
            try:
                found = receipts.check(content, daily_roots.roots_here(db.session()))
            except Invalid as error:
                (form.file if form.file.data else form.text).errors = [say(error)]
    form.text.data = ""
    return render_template("public/receipt.html", form=form, found=found, **_shown(found))


def _content(form: ReceiptForm) -> bytes:
    if form.file.data:
        with closing(form.file.data):
            content: bytes = form.file.data.stream.read(receipts.MOST_BYTES + 1)
        return content
    return (form.text.data or "").encode(errors="replace")


def _shown(found: Checked | None) -> dict[str, object]:
    if found is None:
        return {}
    lines = row_lines([row.values for row in found.rows])
    state = state_word(str(found.head["state"]))
    return {
        "issued_at": moment(found.head["issued_at"]),
        "lines": list(zip(found.rows, lines, strict=True)),
        "state": gettext(state.word) if state else str(found.head["state"]),
        "broken": [words(s.message_id, s.params) for s in found.broken],
        "waiting": [words(s.message_id, s.params) for s in found.waiting],
    }


def state_word(name: str) -> StateWord | None:
    """Return the word of a record's state as a receipt's head names it; None for any other text."""
    if name == "audit_failed":
        return StateWord(N_("Verification failed"), "rejected")
    return DECLARATION.get(name)


@blueprint.get("/roots")
@any_position
def roots() -> str:
    """List the published days, the newest first."""
    before = _day(request.args.get("before"))
    rows = daily_roots.published(db.session(), before=before, limit=PAGE + 1)
    older = url_for(".roots", before=rows[PAGE - 1].day) if len(rows) > PAGE else ""
    return render_template("public/roots.html", rows=rows[:PAGE], older=older, is_first=before is None)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


@blueprint.get("/roots.json")
@any_position
@limiter.limit(LOOKUPS)
def roots_file() -> Response:
    """Hand out every published day with the public keys: what an outsider keeps."""
    content = daily_roots.as_file(db.session(), platform=current_app.config["CE_BASE_URL"])
    response = Response(json.dumps(content, ensure_ascii=False, indent=1), mimetype=MEDIA_TYPE)
    name = f"{gettext(N_('daily roots'))}-{today():%Y-%m-%d}.json"
    response.headers["Content-Disposition"] = content_disposition(name, inline=False)
    return response
