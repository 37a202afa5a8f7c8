"""Public verification of certificates: the QR's address shows everything, the number alone asks for the holder's name."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from models.certificates import queries, tokens
from models.certificates.numbers import normalised
from models.certificates.queries import Answer, PublicState
from models.errors import N_
from views.checks import AtMost, Required
from views.forms import PlainForm
from views.limits import LOOKUPS, limiter
from views.position import any_position
from views.states import StateWord

blueprint = Blueprint("verify", __name__, url_prefix="/verify")

STATES: dict[PublicState, StateWord] = {
    PublicState.VALID: StateWord(N_("Valid"), "approved"),
    PublicState.REVOKED: StateWord(N_("Revoked"), "rejected"),
    PublicState.REPLACED: StateWord(N_("Replaced"), "withdrawn"),
    PublicState.NOT_FOUND: StateWord(N_("Not found"), "draft"),
}
SENTENCES: dict[PublicState, str] = {
    PublicState.VALID: N_("This certificate was issued by the platform and is valid."),
    PublicState.REVOKED: N_("This certificate was issued by the platform, but has been revoked."),
    PublicState.REPLACED: N_("This certificate was issued by the platform, but has been replaced by a newer one."),
    PublicState.NOT_FOUND: N_("There is no certificate with this number; compare each digit with the certificate."),
}


class NameForm(PlainForm):
    """The holder's name, asked for where the QR's code is not at hand."""

    name = StringField(_l("Holder's name"), [Required(), AtMost(100)])


class VerifyForm(PlainForm):
    """Number and name, as they stand on the certificate."""

    number = StringField(_l("Certificate number"), [Required(), AtMost(60)])
    name = StringField(_l("Holder's name"), [Required(), AtMost(100)])


@blueprint.route("", methods=["GET", "POST"])
@any_position
@limiter.limit(LOOKUPS, methods=["POST"])
def index() -> str:
    """Ask for number and name, and answer on the same page: a name never stands in an address."""
    form = VerifyForm()
    answer = None
    if form.validate_on_submit():
        answer = queries.verify(form.number.data or "", name=form.name.data)
    return render_template("public/verify.html", form=form, answer=answer, **_shown(answer, is_named=answer is not None))


@blueprint.route("/<number>", methods=["GET", "POST"])
@any_position
@limiter.limit(LOOKUPS)
def certificate(number: str) -> str | Response:
    """Answer the QR's address in full, and the number alone with its state and a question for the name."""
    digits = normalised(number)
    if request.method == "GET" and digits is not None and digits != number:
        return redirect(url_for(".certificate", number=digits, c=request.args.get("c")), code=302)
    form = NameForm()
    is_named = form.validate_on_submit()
    answer = queries.verify(number, code=request.args.get("c"), name=form.name.data if is_named else None)
    asks = answer.content is None and answer.state is not PublicState.NOT_FOUND
    return render_template(
        "public/verify_certificate.html",
        form=form if asks else None,
        number=digits or "",
        answer=answer,
        keys=tokens.public_keys(),
        asks_state=False,
        **_shown(answer, is_named=is_named),
    )


def _shown(answer: Answer | None, *, is_named: bool) -> dict[str, object]:
    """Return the words of an answer; a wrong name is told as such only where there is a certificate."""
    if answer is None:
        return {}
    word = STATES[answer.state]
    is_wrong = is_named and answer.content is None and answer.state is not PublicState.NOT_FOUND
    return {
        "state_word": gettext(word.word),
        "state_kind": word.kind,
        "sentence": gettext(SENTENCES[answer.state]),
        "hint": gettext(N_("The name does not fit this number, so only the status is shown.")) if is_wrong else "",
    }
