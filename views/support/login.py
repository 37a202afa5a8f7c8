"""The login window of the support desk: the same form without the user type."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from models.access import PositionKind
from views.actor import current_actor
from views.limits import failures_limited
from views.position import any_position
from views.public.login import CredentialsForm, enter, start_page

blueprint = Blueprint("support_login", __name__, url_prefix="/support")


@blueprint.route("/login", methods=["GET", "POST"])
@any_position
@failures_limited
def index() -> str | Response:
    """Log in as support."""
    actor = current_actor()
    if actor is not None and actor.kind is PositionKind.SUPPORT and request.method == "GET":
        return redirect(start_page(actor.kind), code=303)
    form = CredentialsForm()
    if form.is_submitted() and form.validate() and form.passes_captcha():
        answer = enter(form, PositionKind.SUPPORT, is_remembered=False)
        if answer is not None:
            return answer
    form.renew_captcha()
    return render_template("support/login.html", form=form)
