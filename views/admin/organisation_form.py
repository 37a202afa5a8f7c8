"""The form 新增 of an organisation with its first administrator; the operation checks what is typed."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, SelectField, StringField

from models.errors import N_
from models.org.operations import NewOrganisation
from models.org.tables import ALLOWED_PARENTS, Organisation, OrganisationKind
from models.people.appointments import FirstAdministrator
from views.admin.pickers import organisation_address, organisation_words, region_address, region_words
from views.arguments import read_id
from views.codes import code_choices
from views.forms import PlainForm

KIND_WORDS: dict[str, str] = {
    OrganisationKind.COMPETENT_DEPARTMENT: N_("Competent department"),
    OrganisationKind.EMPLOYER: N_("Employer"),
    OrganisationKind.HR_DEPARTMENT: N_("HR department"),
    OrganisationKind.TRAINING_BASE: N_("Training base"),
}
ABOUT_ORGANISATION = (
    "kind",
    "name",
    "code",
    "parent_id",
    "region_code",
    "nature",
    "unit_level",
    "industry",
    "phone",
    "address",
)
ABOUT_ADMINISTRATOR = (
    "administrator_is_existing",
    "administrator_document_type",
    "administrator_number",
    "administrator_name",
    "administrator_phone",
    "administrator_email",
)
REQUIRED = frozenset(
    {
        "kind",
        "name",
        "code",
        "parent_id",
        "administrator_document_type",
        "administrator_number",
        "administrator_name",
    }
)


def _label(column: str) -> Any:
    label_id = Organisation.__table__.c[column].info["label"]
    return lazy_gettext(label_id)


class AppointmentForm(PlainForm):
    """Who is to be the super administrator."""

    administrator_is_existing = BooleanField(
        lazy_gettext("Already a user of this system"),
        description=lazy_gettext(
            "The person keeps the password and confirms the post at the next login; the name must be that of the account."
        ),
    )
    administrator_document_type = SelectField(lazy_gettext("ID document type"), validate_choice=False)
    administrator_number = StringField(lazy_gettext("ID document number"), render_kw={"maxlength": 40, "autocomplete": "off"})
    administrator_name = StringField(lazy_gettext("Name"), render_kw={"maxlength": 100, "autocomplete": "off"})
    administrator_phone = StringField(
        lazy_gettext("Mobile number"), render_kw={"type": "tel", "maxlength": 40, "autocomplete": "off"}
    )
    administrator_email = StringField(
        lazy_gettext("E-mail address"), render_kw={"type": "email", "maxlength": 200, "autocomplete": "off"}
    )


class AboutOrganisation(PlainForm):
    """What is asked; every choice is checked by the operation against the scope and the lists."""

    kind = SelectField(_label("kind"), validate_choice=False)
    name = StringField(_label("name"), render_kw={"maxlength": 200})
    code = StringField(
        _label("code"),
        description=lazy_gettext("18 characters of the credit code, 9 of the organisation code, or a temporary code."),
        render_kw={"maxlength": 40, "autocomplete": "off"},
    )
    parent_id = StringField(lazy_gettext("Superior unit"), description=lazy_gettext("Your own organisation or one below it."))
    region_code = StringField(_label("region_code"), description=lazy_gettext("Left empty it is that of the superior unit."))
    nature = SelectField(_label("nature"), validate_choice=False)
    unit_level = SelectField(_label("unit_level"), validate_choice=False)
    industry = SelectField(_label("industry"), validate_choice=False, render_kw={"data-picker": ""})
    phone = StringField(_label("phone"), render_kw={"type": "tel", "maxlength": 40})
    address = StringField(_label("address"), render_kw={"maxlength": 300})


class OrganisationForm(AboutOrganisation, AppointmentForm):
    """An organisation with its first administrator."""


def appointment_form() -> AppointmentForm:
    """Return the form for the super administrator of an organisation that has none."""
    form = AppointmentForm(data={"administrator_document_type": "111"})
    form.administrator_document_type.choices = code_choices("document_type")
    for name in REQUIRED & {f.name for f in form}:
        form[name].flags.required = True
    return form


def make_form(own: Organisation, kind: str) -> OrganisationForm:
    """Return the form with its choices; *kind* is the one chosen beforehand, the superior the own organisation."""
    form = OrganisationForm(
        data={
            "kind": kind,
            "parent_id": str(own.id),
            "administrator_document_type": "111",
        }
    )
    form.kind.choices = [(k, gettext(KIND_WORDS[k])) for k in creatable(OrganisationKind(own.kind))]
    nothing = [("", gettext("Please select"))]
    for name, list_name in {"nature": "unit_nature", "unit_level": "unit_level", "industry": "industry"}.items():
        form[name].choices = nothing + code_choices(list_name)
    form.administrator_document_type.choices = code_choices("document_type")
    form.parent_id.render_kw = {
        "data-picker": organisation_address(use="superior"),
        "data-with": "kind",
        "data-text": organisation_words(form.parent_id.data or ""),
    }
    form.region_code.render_kw = {"data-picker": region_address(), "data-text": region_words(form.region_code.data or "")}
    for name in REQUIRED:
        form[name].flags.required = True
    return form


def creatable(own: OrganisationKind) -> list[OrganisationKind]:
    """Return the kinds that may stand somewhere below an organisation of *own* kind, in the order of the menu."""
    below = {own}
    while True:
        more = below | {k for k, parents in ALLOWED_PARENTS.items() if parents & below}
        if more == below:
            break
        below = more
    possible = {k for k in below if ALLOWED_PARENTS[k] & below}
    return [OrganisationKind(k) for k in KIND_WORDS if k in possible]


def asked(form: OrganisationForm) -> tuple[NewOrganisation, FirstAdministrator]:
    """Return what was typed, as the operation takes it."""
    kinds = {k.value for k in OrganisationKind}
    new = NewOrganisation(
        parent_id=read_id(form.parent_id.data) or 0,
        kind=OrganisationKind(form.kind.data if form.kind.data in kinds else OrganisationKind.EMPLOYER),
        name=form.name.data or "",
        code=form.code.data or "",
        region_code=form.region_code.data or "",
        nature=form.nature.data or None,
        unit_level=form.unit_level.data or None,
        industry=form.industry.data or None,
        phone=form.phone.data or "",
        address=form.address.data or "",
    )
    return new, administrator_of(form)


def administrator_of(form: AppointmentForm) -> FirstAdministrator:
    """Return who was typed, as the operation takes it."""
    return FirstAdministrator(
        document_type=form.administrator_document_type.data or "",
        number=form.administrator_number.data or "",
        name=form.administrator_name.data or "",
        phone=form.administrator_phone.data or "",
        email=form.administrator_email.data or "",
        is_existing=bool(form.administrator_is_existing.data),
    )
