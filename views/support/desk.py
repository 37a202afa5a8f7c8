"""The support desk: a number is posted, never part of an address; what was found stays on the server under a random key."""

from __future__ import annotations

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from models.access import Actor, Permission
from models.base import db
from models.errors import N_, DomainError, NotFound
from models.history import HistoryEntry
from models.people import support
from models.people.positions import Standing
from models.people.support import Check, Found
from models.saved import keep_filter, kept_filter
from models.transaction import unit_of_work
from views.actor import position_label, required_actor
from views.checks import AtMost, Required
from views.details import TimelineEntry
from views.forms import PlainForm
from views.once import note_sent, was_sent_before
from views.public.login import document_types
from views.words import local_time, say

blueprint = Blueprint("support", __name__, url_prefix="/support")

VIEW = "support"
CHECK_WORDS: dict[Check, str] = {
    Check.NAME: N_("The caller says the name"),
    Check.ORGANISATION: N_("The caller says the organisation"),
    Check.BIRTH: N_("The caller says the date of birth"),
    Check.PHONE: N_("The caller says the last four digits of the mobile number"),
}
ACTION_WORDS: dict[str, str] = {
    "create": N_("Account created"),
    "change_password": N_("Password changed"),
    "reset_password": N_("Password reset"),
    "unlock": N_("Account unlocked"),
    "correct_name": N_("Name corrected"),
    "create_support": N_("Support account created"),
    "make_support": N_("Support account created"),
    "transfer": N_("Transferred to another unit"),
    "start_transfer": N_("Transfer started"),
    "register": N_("Registered"),
    "activate": N_("Registration passed"),
    "reject": N_("Registration rejected"),
    "import": N_("Imported"),
    "import_update": N_("Updated by an import"),
    "undo_import": N_("Import undone"),
    "edit_basic": N_("Basic data edited"),
    "edit_education": N_("Education and degrees edited"),
    "set_title": N_("Professional title changed"),
    "set_qualifications": N_("Vocational qualifications changed"),
    "set_honours": N_("Academic and technical titles changed"),
    "merge_people": N_("Two profiles merged"),
    "part_people": N_("Merger undone"),
    "exempt": N_("Exemption set"),
    "end_exemption": N_("Exemption ended"),
    "remind": N_("Reminded of missing hours"),
    "disable": N_("Disabled"),
    "enable": N_("Enabled"),
}
STANDING_WORDS: dict[Standing, tuple[str, str]] = {
    Standing.USABLE: (N_("Active"), "approved"),
    Standing.OFFERED: (N_("To be confirmed"), "pending"),
    Standing.PENDING: (N_("Pending review"), "pending"),
    Standing.DISABLED: (N_("Disabled"), "withdrawn"),
}
REASONS = (
    N_("The person forgot the password and was identified on the phone."),
    N_("The person typed a wrong password five times and was identified on the phone."),
)


class FindForm(PlainForm):
    """The exact number of a person or an administrator."""

    document_type = SelectField(_l("ID document type"), [Required()])
    number = StringField(_l("ID document number"), [Required(N_("Please enter the ID document number.")), AtMost(60)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.document_type.choices = document_types()


@blueprint.route("/", methods=["GET", "POST"])
def index() -> str | Response:
    """Look somebody up by the exact number."""
    actor = required_actor(Permission.SUPPORT_FIND)
    form = FindForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                account_id = support.find_by_number(db.session(), actor, form.document_type.data, form.number.data)
                key = keep_filter(db.session(), actor, VIEW, {"account": str(account_id)})
            return redirect(url_for("support.account", key=key), code=303)
        except NotFound as refusal:
            form.number.errors = [say(refusal)]
    return render_template("support/index.html", form=form)


def _found(actor: Actor, key: str) -> Found:
    kept = kept_filter(db.session(), VIEW, key)
    if kept is None:
        raise NotFound(N_("This look-up has expired; look the person up again."))
    return support.look_at(db.session(), actor, int(json.loads(kept.values_json)["account"]))


@blueprint.get("/accounts/<key>")
def account(key: str) -> str:
    """Show one account: identity check list, what can be done, history."""
    actor = required_actor(Permission.SUPPORT_FIND)
    return _page(actor, _found(actor, key), key)


@blueprint.post("/accounts/<key>/reset")
def reset(key: str) -> str | Response | tuple[str, int]:
    """Reset the password; a one-time password is on this answer and nowhere else."""
    actor = required_actor(Permission.SUPPORT_RESET)
    found = _found(actor, key)
    if was_sent_before():
        flash(gettext("This form was sent already; the password that was shown holds."), "info")
        return redirect(url_for("support.account", key=key), code=303)
    try:
        with unit_of_work():
            shown = support.reset_password(
                db.session(), actor, found, checks=request.form.getlist("checks"), reason=request.form.get("reason", "")
            )
    except DomainError as refusal:
        return _page(actor, found, key, refused=refusal), 400
    note_sent()
    return render_template("support/reset.html", found=found, shown=shown, key=key)


@blueprint.post("/accounts/<key>/unlock")
def unlock(key: str) -> Response | tuple[str, int]:
    """Lift the lock of five wrong passwords."""
    actor = required_actor(Permission.SUPPORT_UNLOCK)
    found = _found(actor, key)
    try:
        with unit_of_work():
            support.unlock(
                db.session(), actor, found, checks=request.form.getlist("checks"), reason=request.form.get("reason", "")
            )
    except DomainError as refusal:
        return _page(actor, found, key, refused=refusal), 400
    flash(gettext("The account is unlocked."), "success")
    return redirect(url_for("support.account", key=key), code=303)


@blueprint.post("/accounts/<key>/name")
def correct_name(key: str) -> Response | tuple[str, int]:
    """Set the name right."""
    actor = required_actor(Permission.SUPPORT_NAMES)
    found = _found(actor, key)
    typed = {"name": request.form.get("name", ""), "reason": request.form.get("reason", "")}
    try:
        with unit_of_work():
            support.correct_name(db.session(), actor, found, checks=request.form.getlist("checks"), **typed)
    except DomainError as refusal:
        return _page(actor, found, key, refused=refusal), 400
    flash(gettext("The name was corrected."), "success")
    return redirect(url_for("support.account", key=key), code=303)


def _page(actor: Actor, found: Found, key: str, *, refused: DomainError | None = None) -> str:
    return render_template(
        "support/account.html",
        found=found,
        key=key,
        checks=[(c.value, gettext(CHECK_WORDS[c]), _expected(found, c)) for c in support.checks_for(found)],
        positions=[
            (position_label(p), gettext(STANDING_WORDS[p.standing][0]), STANDING_WORDS[p.standing][1]) for p in found.positions
        ],
        entries=[_entry(e) for e in support.history_of(db.session(), actor, found)],
        reasons=[gettext(r) for r in REASONS],
        refused=say(refused) if refused else "",
        ticked=request.form.getlist("checks"),
        reason=request.form.get("reason", ""),
        name=request.form.get("name", found.name),
    )


def _expected(found: Found, check: Check) -> str:
    """Return what the caller must say."""
    values = {
        Check.NAME: found.name,
        Check.ORGANISATION: gettext(", ").join(found.organisations),
        Check.BIRTH: local_time(found.birth_on),
        Check.PHONE: found.phone_tail,
    }
    return values[check]


def _entry(entry: HistoryEntry) -> TimelineEntry:
    kind = {"reject": "rejected", "activate": "approved"}.get(entry.action, "info")
    word = ACTION_WORDS.get(entry.action)
    who, where = (entry.actor_name, entry.organisation_name) if entry.organisation_name else ("", entry.actor_name)
    return TimelineEntry(gettext(word) if word else entry.action, kind, entry.at, who, where, reason=entry.reason)
