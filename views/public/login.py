"""The login window and what follows it: position, offered posts, log out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField

from models.access import PositionKind
from models.base import db
from models.errors import N_, NotFound
from models.people.login import Attempt, NoSuchPosition, PositionRefused, WrongCredentials, log_in
from models.people.numbers import DocumentType
from models.people.positions import Standing
from models.people.posts import answer_offer
from models.people.sessions import Login, use_position
from models.transaction import unit_of_work
from views import session as web_session
from views.actor import KIND_WORDS, LoginNeeded, current_actor, position_label
from views.arguments import read_id
from views.checks import AtMost, Required
from views.codes import code_choices
from views.limits import failures_limited, note_failure
from views.position import any_position
from views.public.captcha import CaptchaForm
from views.public.demo import demo_accounts
from views.redirects import is_own, redirect_own
from views.words import say

blueprint = Blueprint("auth", __name__)

START_PAGES: dict[PositionKind, str] = {PositionKind.PROFESSIONAL: "/portal/", PositionKind.SUPPORT: "/support/"}
ADMINISTRATION = "/admin/"
OFFERED_TYPES = tuple(k for k in PositionKind if k is not PositionKind.SUPPORT)


def start_page(kind: PositionKind) -> str:
    """Return the first page of a user type."""
    return START_PAGES.get(kind, ADMINISTRATION)


def document_types() -> list[tuple[str, str]]:
    """Return the document types to choose from, the resident identity card first."""
    return code_choices("document_type") or [(DocumentType.ID_CARD.value, gettext("Resident identity card"))]


class CredentialsForm(CaptchaForm):
    """Document type, number, password and captcha: what the login windows of users and of support share."""

    document_type = SelectField(_l("ID document type"), [Required()])
    number = StringField(_l("ID document number"), [Required(N_("Please enter the ID document number.")), AtMost(60)])
    password = PasswordField(_l("Password"), [Required(N_("Please enter the password.")), AtMost(200)])
    next = HiddenField()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.document_type.choices = document_types()
        if not self.is_submitted():
            self.next.data = request.args.get("next", "")


class LoginForm(CredentialsForm):
    """The login window of everybody but support."""

    kind = SelectField(_l("User type"), [Required()])
    remember = BooleanField(_l("Remember me"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(k.value, gettext(KIND_WORDS[k])) for k in OFFERED_TYPES]


@blueprint.route("/login", methods=["GET", "POST"])
@any_position
@failures_limited
def login() -> str | Response:
    """Log in with the user type chosen."""
    actor = current_actor()
    if actor is not None and request.method == "GET":
        return redirect(start_page(actor.kind), code=303)
    form = LoginForm()
    if form.is_submitted() and form.validate() and form.passes_captcha():
        answer = enter(form, PositionKind(form.kind.data), is_remembered=form.remember.data)
        if answer is not None:
            return answer
    form.renew_captcha()
    return render_template("public/login.html", form=form, demo=demo_accounts())


def enter(form: CredentialsForm, kind: PositionKind, *, is_remembered: bool) -> Response | None:
    """Log in with what the form holds and lead on; a refusal goes into the form and None comes back."""
    attempt = Attempt(form.document_type.data, form.number.data, form.password.data, kind, is_remembered)
    try:
        entry = log_in(attempt)
    except WrongCredentials as refusal:
        note_failure()
        form.form_errors.append(say(refusal))
        return None
    except NoSuchPosition as refusal:
        form.form_errors.append(_types_held(refusal))
        return None
    except PositionRefused as refusal:
        form.form_errors.append(say(refusal))
        return None
    if web_session.login() is not None:
        web_session.end()
    web_session.begin(entry, is_remembered=is_remembered)
    return _lead_on(form.next.data)


def _types_held(refusal: NoSuchPosition) -> str:
    if not refusal.kinds:
        return say(refusal)
    types = gettext(", ").join(gettext(KIND_WORDS[k]) for k in refusal.kinds)
    sentence: str = gettext("You do not hold this user type. The types of your account: %(types)s.", types=types)
    return sentence


def _lead_on(target: str | None) -> Response:
    """Go to the step that must come first, else to the page that was asked for, else to the start page."""
    found = web_session.login()
    if found is None:
        raise LoginNeeded
    if found.account.must_change:
        return redirect(url_for("auth.change_password"), code=303)
    if found.position is None or any(p.standing is Standing.OFFERED for p in found.positions):
        return redirect(url_for("auth.choose_position"), code=303)
    start = start_page(found.position.kind)
    return redirect_own(target if is_own(target) and _fits(str(target), start) else None, start)


def _fits(target: str, start: str) -> bool:
    """Say whether *target* is no page of another kind of position."""
    others = {*START_PAGES.values(), ADMINISTRATION} - {start}
    return not any(target.startswith(other) for other in others)


@blueprint.post("/logout")
@any_position
def logout() -> Response:
    """End the login of this browser."""
    web_session.end()
    flash(gettext("You have logged out."), "success")
    return redirect(url_for("home.index"), code=303)


def _required_login() -> Login:
    found = web_session.login()
    if found is None:
        raise LoginNeeded
    return found


@blueprint.get("/login/position")
def choose_position() -> str:
    """Show the positions to choose from, and the posts that wait for a yes or no."""
    found = _required_login()
    usable = [(p.key, position_label(p)) for p in found.positions if p.is_usable]
    offered = [(p.actor.post_id, position_label(p)) for p in found.positions if p.standing is Standing.OFFERED]
    return render_template(
        "public/positions.html", name=found.account.name, usable=usable, offered=offered, in_use=found.position_key
    )


@blueprint.post("/position")
@any_position
def switch_position() -> Response:
    """Use another position of the own account without logging in again."""
    found = _required_login()
    wanted = request.form.get("to_position", "")
    position = next((p for p in found.positions if p.key == wanted and p.is_usable), None)
    if position is None:
        raise NotFound
    use_position(found, position.key)
    return redirect(start_page(position.kind), code=303)


@blueprint.post("/login/offer")
@any_position
def answer() -> Response:
    """Accept or decline a post that was offered to the own account."""
    found = _required_login()
    actor = current_actor()
    post_id = read_id(request.form.get("post"))
    if actor is None or post_id is None:
        raise NotFound
    with unit_of_work():
        answer_offer(db.session(), actor, post_id, is_accepted=request.form.get("answer") == "accept")
    flash(gettext("Saved."), "success")
    web_session.forget()
    again = web_session.login()
    if again is not None and again.position is None and sum(p.is_usable for p in again.positions) == 1:
        use_position(found, next(p.key for p in again.positions if p.is_usable))
    return redirect(url_for("auth.choose_position"), code=303)
