"""重复人员: the support desk finds people who stand in the system twice, merges and parts them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from models.access import Permission
from models.base import db
from models.errors import N_, DomainError, NotFound
from models.patience import at_most
from models.people import support
from models.people.tables import Professional, ProfessionalState
from models.reviews import doubles
from models.reviews.doubles import Group, PersonMerge
from models.transaction import rehearsal, unit_of_work
from views.actor import required_actor
from views.arguments import read_id
from views.forms import PlainForm
from views.outcome import telling
from views.public.login import document_types
from views.support.desk import blueprint
from views.words import say, words

SECONDS = 10.0
RECENT = 50
WORDS = {
    "declarations": N_("Declared hours: %(n)s"),
    "attachments": N_("Attachments: %(n)s"),
    "education_records": N_("Education: %(n)s"),
    "qualifications": N_("Vocational qualifications: %(n)s"),
    "academic_titles": N_("Titles of honour: %(n)s"),
    "transfers": N_("Transfers: %(n)s"),
}


class NumbersForm(PlainForm):
    """The two numbers of one person."""

    kept_type = SelectField(_l("Document that stays"), validate_choice=False)
    kept_number = StringField(_l("ID document number that stays"), render_kw={"maxlength": 60, "autocomplete": "off"})
    gone_type = SelectField(_l("Document that goes"), validate_choice=False)
    gone_number = StringField(_l("ID document number that goes"), render_kw={"maxlength": 60, "autocomplete": "off"})


@blueprint.route("/doubles", methods=["GET", "POST"], endpoint="doubles")
def overview() -> str | Response:
    """List who stands there twice; look two people up by their numbers; list the mergers of the past."""
    actor = required_actor(Permission.SUPPORT_DOUBLES)
    session = db.session()
    form: Any = NumbersForm()
    for field in form:
        field.flags.required = True
    form.kept_type.choices = form.gone_type.choices = document_types()
    groups: list[Group] = []
    if request.method == "POST":
        try:
            groups = [Group("", tuple(_person(form, which) for which in ("kept", "gone")))]
        except DomainError as refusal:
            form.form_errors.append(say(refusal))
    else:
        with at_most(session, SECONDS):
            groups = doubles.find(session, actor)
    past = session.scalars(select(PersonMerge).order_by(PersonMerge.id.desc()).limit(RECENT)).all()
    return render_template("support/doubles.html", form=form, groups=groups, past=past, is_search=request.method == "POST")


def _person(form: Any, which: str) -> Professional:
    """Return the active professional of a typed number; raises NotFound."""
    actor = required_actor(Permission.SUPPORT_DOUBLES)
    account_id = support.find_by_number(db.session(), actor, form[f"{which}_type"].data or "", form[f"{which}_number"].data or "")
    mine = (Professional.account_id == account_id, Professional.state == ProfessionalState.ACTIVE)
    found = db.session.scalars(select(Professional).where(*mine)).first()
    if found is None:
        raise NotFound(N_("This number has no active profile."))
    return found


@blueprint.post("/doubles/merge")
def merge_doubles() -> str | Response:
    """Show what a merger will do, then merge."""
    actor = required_actor(Permission.SUPPORT_DOUBLES)
    kept_id, gone_id = (read_id(request.form.get(name)) or 0 for name in ("kept", "gone"))
    reason = request.form.get("reason", "")
    refused, shown = "", None
    try:
        if request.form.get("step") == "give":
            with unit_of_work() as session:
                doubles.unite(session, actor, kept_id, gone_id, reason=reason)
            flash(gettext("The two profiles are one now."), "success")
            return redirect(url_for("support.doubles"), code=303)
        with rehearsal() as session:
            shown = doubles.unite(session, actor, kept_id, gone_id, reason=reason or "–")
            session.expunge(shown)
    except DomainError as refusal:
        refused = say(refusal)
    people = {p.id: p for p in db.session.scalars(select(Professional).where(Professional.id.in_([kept_id, gone_id])))}
    if len(people) < 2:  # chosen twice, or gone since the list was shown
        flash(refused, "error")
        return redirect(url_for("support.doubles"), code=303)
    lines = [words(word, {"n": len(shown.moved.get(table, ()))}) for table, word in WORDS.items()] if shown else []
    return render_template(
        "support/merge_doubles.html", kept=people[kept_id], gone=people[gone_id], lines=lines, refused=refused, reason=reason
    )


@blueprint.post("/doubles/<int:merge_id>/part")
def part_doubles(merge_id: int) -> Response:
    """Take a merger back."""
    actor = required_actor(Permission.SUPPORT_DOUBLES)
    with telling(gettext("The two profiles are parted again.")) as session:
        doubles.part(session, actor, merge_id)
    return redirect(url_for("support.doubles"), code=303)
