"""S002: a professional registers herself. What was typed survives every error; the passwords are never sent back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.validators import Optional

from models.base import db, today
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid
from models.org import directory
from models.org.code_lists import CodeList
from models.people import numbers
from models.people.accounts import NUMBER_REGISTERED
from models.people.login import WrongCredentials, prove
from models.people.registration import Registration
from models.reviews.registrations import check_registration, submit_registration
from models.transaction import unit_of_work
from views.arguments import read_id
from views.checks import AtMost
from views.codes import code_choices
from views.limits import LOOKUPS, failures_limited, limiter, note_failure
from views.position import any_position
from views.public import pickers
from views.public.captcha import CaptchaForm
from views.public.home import registrations
from views.public.login import document_types
from views.public.publications import present_agreement
from views.words import say

blueprint = Blueprint("register", __name__, url_prefix="/register")

REGISTERED = "registered"  # what the last page shows, in the visitor's own cookie


class Marked:
    """Mark a field as required; the domain says what is wrong with it."""

    field_flags = {"required": True}  # noqa: RUF012 - WTForms reads it from the class

    def __call__(self, _form: Form, _field: Field) -> None:
        """Check nothing here."""


def _choice(label: Any, picker: str = "", needs: str = "", *, is_required: bool = True) -> SelectField:
    """Return a field of a code list, opened as a window over the form where *picker* names one of S004."""
    attributes = {"data-popup": picker, "data-needs": needs} if picker else {}
    return SelectField(label, [Marked()] if is_required else [], validate_choice=False, default="", render_kw=attributes)


class RegistrationForm(CaptchaForm):
    """All fields of S002, in its two blocks."""

    is_existing = BooleanField(_l("Tick this box if you are already a user of this system"))
    document_type = SelectField(_l("ID document type"), [Marked()], validate_choice=False)
    number = StringField(
        _l("ID document number"),
        [Marked(), AtMost(60)],
        description=_l(
            "It is your login account and cannot be changed later. If its last character is a letter, use upper case."
        ),
    )
    password = PasswordField(
        _l("Password"),
        [Marked(), AtMost(200)],
        description=_l("At least 8 characters with letters and digits, without your document number."),
    )
    again = PasswordField(_l("Confirm password"), [Marked(), AtMost(200)])
    phone = TelField(_l("Mobile number"), [Marked(), AtMost(40)])
    email = EmailField(_l("E-mail address"), [Marked(), AtMost(200)])
    landline = TelField(_l("Landline"), [AtMost(40)])

    organisation_id = HiddenField(_l("Employer (unit)"), [Marked()])
    department_id = _choice(_l("Work department"), "department", "organisation_id", is_required=False)
    name = StringField(_l("Name"), [Marked(), AtMost(100)])
    sex = RadioField(_l("Sex"), [Marked()], choices=[], validate_choice=False)
    birth_on = DateField(_l("Date of birth"), [Optional()])
    ethnic_group = _choice(_l("Ethnic group"))
    education_level = _choice(_l("Highest education"), "education")
    school = StringField(_l("School graduated from"), [Marked(), AtMost(200)])
    field_of_study = _choice(_l("Field of study"), "study")
    graduated_on = DateField(_l("Graduation date"), [Marked(), Optional()])
    degree = _choice(_l("Degree"), "degree")
    is_postdoc = RadioField(_l("Post-doctoral work experience"), [Marked()], choices=[], validate_choice=False, default="no")
    admin_post = StringField(_l("Administrative post"), [AtMost(100)])
    admin_rank = _choice(_l("Administrative rank"), "rank", is_required=False)
    title_series = _choice(_l("Title series"), "series")
    title_level = _choice(_l("Title level"), "level")
    title_qualification = _choice(_l("Present title qualification"), "title", "title_series title_level")
    title_effective_on = DateField(_l("Date of announcement (effect)"), [Optional()])
    title_certificate_number = StringField(_l("Certificate number"), [AtMost(60)])
    vocational_qualification = _choice(_l("Vocational qualification of professionals"), "vocation")
    vocational_level = _choice(
        _l("Level of the vocational qualification of professionals"), "vocational-level", "vocational_qualification"
    )
    agrees = BooleanField(_l("I agree to the user agreement"), [Marked()])
    pledges = BooleanField(_l("I declare that the information above is true"), [Marked()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        please = [("", gettext("Please select"))]
        self.document_type.choices = document_types()
        self.sex.choices = [("male", gettext("Male")), ("female", gettext("Female"))]
        self.is_postdoc.choices = [("yes", gettext("Yes")), ("no", gettext("No"))]
        self.ethnic_group.choices = please + code_choices(CodeList.NATIONALITY)
        self.organisation = directory.entry(_whole_number(self.organisation_id.data) or 0)
        places = directory.departments(self.organisation.id) if self.organisation else []
        self.department_id.choices = please + [(str(i), name) for i, name in places]
        for field, list_name in _LISTS.items():
            self[field].choices = please + [(o.value, o.name) for o in pickers.options_of(list_name)]
        self.title_qualification.choices = please + [
            (o.value, f"{o.name}（{o.group}）" if o.group else o.name) for o in pickers.title_qualifications()
        ]
        self.vocational_level.choices = please + [(o.value, o.name) for o in pickers.vocational_levels()]

    def data_of(self) -> Registration:
        """Return what was typed, for the domain."""
        typed: dict[str, Any] = {name: self[name].data or "" for name in _TEXTS}
        typed |= {name: self[name].data for name in ("birth_on", "graduated_on", "title_effective_on")}
        return Registration(
            **typed,
            is_postdoc=self.is_postdoc.data == "yes",
            organisation_id=_whole_number(self.organisation_id.data),
            department_id=_whole_number(self.department_id.data),
        )

    def agreement_errors(self) -> dict[str, DomainError]:
        """Return what is missing before anything may be sent in."""
        missing = {
            "agrees": N_("Please accept the user agreement."),
            "pledges": N_("Please confirm that the information is true."),
        }
        return {name: Invalid(words) for name, words in missing.items() if not self[name].data}


_LISTS = {
    "education_level": CodeList.EDUCATION_LEVEL,
    "field_of_study": CodeList.FIELD_OF_STUDY,
    "degree": CodeList.DEGREE,
    "admin_rank": CodeList.ADMIN_RANK,
    "title_series": CodeList.TITLE_SERIES,
    "title_level": CodeList.TITLE_LEVEL,
    "vocational_qualification": CodeList.VOCATIONAL_QUALIFICATION,
}
_TEXTS = (
    "document_type",
    "number",
    "password",
    "again",
    "phone",
    "email",
    "landline",
    "name",
    "sex",
    "ethnic_group",
    "education_level",
    "school",
    "field_of_study",
    "degree",
    "admin_post",
    "admin_rank",
    "title_series",
    "title_level",
    "title_qualification",
    "title_certificate_number",
    "vocational_qualification",
    "vocational_level",
)
ACCOUNT_FIELDS = ("is_existing", "document_type", "number", "password", "again", "phone", "email", "landline")
PERSON_FIELDS = (
    "department_id",
    "name",
    "sex",
    "birth_on",
    "ethnic_group",
    "education_level",
    "school",
    "field_of_study",
    "graduated_on",
    "degree",
    "is_postdoc",
    "admin_post",
    "admin_rank",
    "title_series",
    "title_level",
    "title_qualification",
    "title_effective_on",
    "title_certificate_number",
    "vocational_qualification",
    "vocational_level",
)


def _whole_number(text: str | None) -> int | None:
    """Return the id that was sent, None for none, and one that nothing has for anything else."""
    if not text:
        return None
    return read_id(text) or -1


@blueprint.route("/professional", methods=["GET", "POST"])
@any_position
@failures_limited
def professional() -> str | BaseResponse:
    """Register a professional; the profile waits for the organisation that was chosen."""
    # The lists, shown as pages of their own, send back the choice of a field; nothing personal stands in an address.
    form = RegistrationForm() if request.method == "POST" else RegistrationForm(request.args or None)
    if form.is_submitted() and _is_registered(form):
        return redirect(url_for("register.done"), code=303)
    others = [(url, word) for url, word in registrations() if url != url_for("register.professional")]
    return render_template(
        "public/register.html",
        form=form,
        others=others,
        account_fields=ACCOUNT_FIELDS,
        person_fields=PERSON_FIELDS,
        agreement=present_agreement(),
    )


def _is_registered(form: RegistrationForm) -> bool:
    """Send the registration in; False where an error now stands in the form."""
    is_wellformed = form.validate()
    data = form.data_of()
    errors = form.agreement_errors()
    try:
        check_registration(data, with_password=not form.is_existing.data)
    except FieldErrors as refusal:
        errors |= {k: e for k, e in refusal.errors.items() if not form[k].errors}
    if errors or not is_wellformed:
        form.show_error(FieldErrors(errors))
        return False
    # Only now: the answers below tell whether a number is registered.
    return form.passes_captcha() and _send(form, data)


def _send(form: RegistrationForm, data: Registration) -> bool:
    try:
        proved = prove(data.document_type, data.number, data.password).id if form.is_existing.data else None
        with unit_of_work():
            submitted = submit_registration(db.session(), data, proved_account_id=proved)
    except WrongCredentials as refusal:
        note_failure()
        form.password.errors = [say(refusal)]
        return False
    except DomainError as refusal:
        note_failure()
        form.show_error(refusal)
        return False
    except IntegrityError:  # the same number, sent in twice at once
        form.show_error(FieldErrors({"number": Conflict(NUMBER_REGISTERED)}))
        return False
    session[REGISTERED] = {"unit": submitted.decider_name, "phone": submitted.decider_phone}
    return True


@blueprint.get("/done")
def done() -> str | BaseResponse:
    """Say that the registration waits, and for whom."""
    waiting = session.get(REGISTERED)
    if not isinstance(waiting, dict):
        return redirect(url_for("home.index"), code=303)
    return render_template("public/registered.html", waiting=waiting)


@blueprint.post("/number")
@any_position
@limiter.limit(LOOKUPS)
def read_number() -> Response:
    """Return birth date and sex that a number tells, or what is wrong with it; nothing is looked up."""
    try:
        found = numbers.check(request.form.get("document_type", ""), request.form.get("number", ""), today=today())
    except Invalid as refusal:
        return jsonify(error=say(refusal))
    return jsonify(birth_on=found.birth_on.isoformat() if found.birth_on else "", sex=found.sex.value if found.sex else "")
