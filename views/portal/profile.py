"""S015 基本信息修改: what the reader may change of herself at once; name, document and unit are shown only."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import DateField, RadioField, SelectField, StringField

from models.access import Actor
from models.base import db
from models.errors import N_, FieldErrors
from models.people import profile
from models.people.tables import Professional
from models.transaction import unit_of_work
from views.codes import code_choices, code_name
from views.forms import PlainForm
from views.portal.reader import Shown, blueprint, mark_required, options, reader
from views.words import words

_SEXES: dict[str, str] = Professional.__table__.c.sex.info["choices"]
_STORED = ("sex", "birth_on", "ethnic_group", "phone", "email", "landline", "field_of_work", "admin_post", "admin_rank")
_YES_NO = {"yes": N_("Yes"), "no": N_("No")}


def _label(column: str) -> Any:
    label: str = Professional.__table__.c[column].info["label"]
    return lazy_gettext(label)


class BasicForm(PlainForm):
    """The fields that are saved at once; the operation checks them."""

    sex = RadioField(_label("sex"), validate_choice=False)
    birth_on = DateField(_label("birth_on"))
    ethnic_group = SelectField(_label("ethnic_group"), validate_choice=False, render_kw={"data-picker": ""})
    phone = StringField(_label("phone"), render_kw={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "maxlength": 40})
    email = StringField(
        _label("email"), render_kw={"type": "email", "inputmode": "email", "autocomplete": "email", "maxlength": 200}
    )
    landline = StringField(_label("landline"), render_kw={"type": "tel", "inputmode": "tel", "maxlength": 40})
    field_of_work = StringField(_label("field_of_work"), render_kw={"maxlength": 100})
    admin_post = StringField(_label("admin_post"), render_kw={"maxlength": 100, "autocomplete": "organization-title"})
    admin_rank = SelectField(_label("admin_rank"), validate_choice=False, render_kw={"data-picker": ""})
    is_postdoc = RadioField(_label("is_postdoc"), validate_choice=False)


def make_form(person: Professional) -> BasicForm:
    """Return the form filled with what is stored, or with what was posted."""
    stored = {name: getattr(person, name) for name in _STORED}
    form = BasicForm(data={**stored, "is_postdoc": "yes" if person.is_postdoc else "no"})
    if not profile.may_set_birth(person):
        del form.birth_on
    form.sex.choices = options((value, gettext(word)) for value, word in _SEXES.items())
    form.is_postdoc.choices = options((value, gettext(word)) for value, word in _YES_NO.items())
    form.ethnic_group.choices = options(code_choices("nationality"), may_be_empty=True)
    form.admin_rank.choices = options(code_choices("admin_rank"), may_be_empty=True)
    mark_required(form, "sex", "phone", "email", "is_postdoc")
    return form


def shown_only(person: Professional) -> list[Shown]:
    """Return what the reader sees but does not change here, with what to do instead."""
    columns = Professional.__table__.c
    fixed = [
        Shown("name", words(columns.name.info["label"]), person.name, gettext("To change the name, contact support.")),
        Shown("document_type", words(columns.document_type.info["label"]), code_name("document_type", person.document_type)),
        Shown("number", words(columns.number_masked.info["label"]), person.number_masked),
    ]
    if not profile.may_set_birth(person):
        birth = person.birth_on.isoformat() if person.birth_on else ""
        fixed.append(Shown("birth_on", words(columns.birth_on.info["label"]), birth, gettext("Read from the ID number.")))
    return fixed


def shown_qualification(person: Professional) -> list[Shown]:
    """Return the vocational qualification: it is changed by review only."""
    return [
        Shown(
            "vocational_qualification",
            gettext("Vocational qualification of professionals"),
            code_name("vocational_qualification", person.vocational_qualification),
        ),
        Shown("vocational_level", gettext("Level of the vocational qualification of professionals"), person.vocational_level),
    ]


@blueprint.route("/profile", methods=["GET", "POST"], endpoint="profile")
def edit() -> str | Response:
    """Show and save the reader's basic data."""
    actor = reader()
    person = profile.own_profile(db.session(), actor)
    form = make_form(person)
    if form.validate_on_submit() and _save(actor, form):
        flash(gettext("Saved."), "success")
        return redirect(url_for("portal.profile"), code=303)
    return render_template(
        "portal/profile.html",
        form=form,
        person=person,
        fixed=shown_only(person),
        qualification=shown_qualification(person),
        is_complete=not profile.missing(person),
    )


def _save(actor: Actor, form: BasicForm) -> bool:
    """Save what was posted; put what is refused at its field."""
    if form.is_postdoc.data not in _YES_NO:
        form.is_postdoc.errors = [gettext("Choose yes or no.")]
        return False
    data = profile.BasicData(
        sex=form.sex.data or "",
        phone=form.phone.data or "",
        email=form.email.data or "",
        birth_on=form.birth_on.data if "birth_on" in form else None,
        ethnic_group=form.ethnic_group.data or "",
        landline=form.landline.data or "",
        field_of_work=form.field_of_work.data or "",
        admin_post=form.admin_post.data or "",
        admin_rank=form.admin_rank.data or "",
        is_postdoc=form.is_postdoc.data == "yes",
    )
    try:
        with unit_of_work() as session:
            profile.update_basic(session, actor, data)
    except FieldErrors as refusal:
        form.show_error(refusal)
        return False
    return True
