"""Passwords of one's own: change, ask for a link, set a new one by the link."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField, SelectField, StringField

from models.base import db
from models.errors import DomainError, FieldErrors
from models.people import forgotten
from models.people.accounts import change_password as change
from models.people.login import Entry
from models.people.sessions import renew
from models.transaction import unit_of_work
from views import session as web_session
from views.actor import LoginNeeded, current_actor
from views.checks import AtMost, Required
from views.forms import PlainForm
from views.limits import failures_limited, limiter, note_failure
from views.position import any_position
from views.public.captcha import CaptchaForm
from views.public.login import blueprint, document_types, start_page


class ChangeForm(PlainForm):
    """S012, S013: the same for all user types."""

    old = PasswordField(_l("Current password"), [Required(), AtMost(200)])
    new = PasswordField(_l("New password"), [Required(), AtMost(200)])
    again = PasswordField(_l("Confirm password"), [Required(), AtMost(200)])


class ForgottenForm(CaptchaForm):
    """What proves that a link may be sent."""

    document_type = SelectField(_l("ID document type"), [Required()])
    number = StringField(_l("ID document number"), [Required(), AtMost(60)])
    email = StringField(_l("E-mail address"), [Required(), AtMost(200)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.document_type.choices = document_types()


class ResetForm(PlainForm):
    """A new password by a link."""

    key = HiddenField()
    new = PasswordField(_l("New password"), [Required(), AtMost(200)])
    again = PasswordField(_l("Confirm password"), [Required(), AtMost(200)])


@blueprint.route("/password/change", methods=["GET", "POST"])
@failures_limited
def change_password() -> str | Response:
    """Change the own password; every other session of the account ends."""
    found, actor = web_session.login(), current_actor()
    if found is None or actor is None:
        raise LoginNeeded
    form = ChangeForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                change(db.session(), actor, old=form.old.data, new=form.new.data, again=form.again.data)
        except FieldErrors as refusal:
            if "old" in refusal.errors:
                note_failure()
            form.show_error(refusal)
        else:
            token, account = renew(found)
            web_session.begin(Entry(token, account, found.position_key), is_remembered=found.is_remembered)
            flash(gettext("The password has been changed."), "success")
            return redirect(start_page(actor.kind), code=303)
    return render_template("public/change_password.html", form=form, is_forced=found.account.must_change)


@blueprint.route("/password/forgot", methods=["GET", "POST"])
@any_position
@limiter.limit("30 per hour", methods=["POST"])
def forgot_password() -> str:
    """Send a link where number and e-mail address fit; the answer is always the same."""
    form = ForgottenForm()
    is_sent = False
    if form.is_submitted() and form.validate() and form.passes_captcha():
        address = current_app.config["CE_BASE_URL"] + url_for("auth.reset_password")
        forgotten.send_link(
            form.document_type.data, form.number.data, form.email.data, address=address, language=str(get_locale())
        )
        is_sent = True
    form.renew_captcha()
    return render_template("public/forgot_password.html", form=form, is_sent=is_sent)


@blueprint.route("/password/reset", methods=["GET", "POST"])
@any_position
@failures_limited
def reset_password() -> str | Response:
    """Set a new password by the link of a mail; it works once, for half an hour."""
    form = ResetForm()
    if request.method == "GET":
        form.key.data = request.args.get("k", "")
    error = ""
    try:
        if form.validate_on_submit():
            forgotten.set_password(form.key.data or "", new=form.new.data, again=form.again.data)
            flash(gettext("The password has been changed."), "success")
            return redirect(url_for("auth.login"), code=303)
        forgotten.check_link(form.key.data or "")
    except FieldErrors as refusal:
        form.show_error(refusal)
    except DomainError as refusal:
        note_failure()
        error = gettext(refusal.message_id)
    return render_template("public/reset_password.html", form=form, error=error)
