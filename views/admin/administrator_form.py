"""The forms of 管理单位管理员: who is to become one, in three ways, and what is changed of one later."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import PasswordField, SelectField, StringField

from models.access import Actor, PositionKind
from models.base import db
from models.errors import N_
from models.people import roles
from models.people.candidates import Candidate, Way
from models.people.tables import Professional, Role
from views.admin.departments import tree_choices
from views.arguments import read_id
from views.codes import code_choices
from views.forms import PlainForm

WAYS = {
    Way.OWN: N_("Choose an administrator (already one of our people)"),
    Way.NEW: N_("Register an administrator (not a user of this system)"),
    Way.EXISTING: N_("Add an administrator (already a user of this system)"),
}
STEPS = (N_("Basic information"), N_("Confirm permissions"), N_("Created"))
ACCOUNT_KINDS = {"": N_("External account"), "inner": N_("Internal account")}


class CandidateForm(PlainForm):
    """The first step; fields that a way does not ask for are deleted."""

    department_id = SelectField(_l("Working department"), validate_choice=False)
    person_id = StringField(_l("Choose administrator"), description=_l("Characters of the name, pinyin or initials."))
    document_type = SelectField(_l("ID document type"), validate_choice=False)
    number = StringField(_l("ID document number"), render_kw={"maxlength": 40, "autocomplete": "off"})
    password = PasswordField(_l("Password"), render_kw={"autocomplete": "new-password", "maxlength": 128})
    again = PasswordField(_l("Confirm password"), render_kw={"autocomplete": "new-password", "maxlength": 128})
    name = StringField(_l("Real name"), render_kw={"maxlength": 100, "autocomplete": "off"})
    phone = StringField(_l("Mobile number"), render_kw={"type": "tel", "maxlength": 40, "autocomplete": "off"})
    email = StringField(_l("E-mail address"), render_kw={"type": "email", "maxlength": 200, "autocomplete": "off"})
    landline = StringField(_l("Landline"), render_kw={"type": "tel", "maxlength": 40, "autocomplete": "off"})
    account_kind = SelectField(
        _l("Account type"),
        validate_choice=False,
        description=_l("An external account sees everything below; an internal one the department's own staff only."),
    )


class RoleChoice(PlainForm):
    """The second step."""

    role_id = SelectField(_l("Role"), validate_choice=False)


class AdministratorForm(PlainForm):
    """What is changed of an administrator."""

    department_id = SelectField(_l("Working department"), validate_choice=False)
    role_id = SelectField(_l("Role name"), validate_choice=False)
    phone = StringField(_l("Mobile number"), render_kw={"type": "tel", "maxlength": 40})
    email = StringField(_l("E-mail address"), render_kw={"type": "email", "maxlength": 200})
    landline = StringField(_l("Landline"), render_kw={"type": "tel", "maxlength": 40})


FIELDS = {
    Way.OWN: ("department_id", "person_id"),
    Way.NEW: (
        "document_type",
        "number",
        "password",
        "again",
        "name",
        "phone",
        "email",
        "landline",
        "department_id",
    ),
    Way.EXISTING: ("document_type", "number", "password", "department_id"),
}
NOT_REQUIRED = frozenset({"landline", "account_kind"})


def candidate_form(actor: Actor, way: Way) -> Any:
    """Return the form of one way with its choices."""
    form: Any = CandidateForm(data={"document_type": "111"})
    asked = (*FIELDS[way], *(("account_kind",) if actor.kind is PositionKind.HR_DEPARTMENT else ()))
    for name in [f.name for f in form if f.name not in asked]:
        del form[name]
    nothing = [("", gettext("Please select"))]
    departments = department_choices(actor)
    form.department_id.choices = nothing + departments
    if not departments:
        form.department_id.description = gettext("There is no internal department yet: add one first.")
    if "person_id" in form:
        form.person_id.render_kw = {
            "data-picker": url_for("choices.people"),
            "data-text": _person_words(actor, form.person_id.data or ""),
        }
    if "document_type" in form:
        form.document_type.choices = code_choices("document_type")
    if "account_kind" in form:
        form.account_kind.choices = [(value, gettext(word)) for value, word in ACCOUNT_KINDS.items()]
    for field in form:
        field.flags.required = field.name not in NOT_REQUIRED
    return form


def _person_words(actor: Actor, text: str) -> str:
    """Return the name of one of the own people."""
    own = Professional.organisation_id == actor.organisation_id
    return db.session.scalar(select(Professional.name).where(Professional.id == read_id(text), own)) or "" if text else ""


def department_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return the departments of the own organisation, in the order of their tree."""
    return tree_choices(db.session(), actor.organisation_id or 0)


def role_choices(actor: Actor, *, present: int | None = None) -> list[tuple[str, str]]:
    """Return the roles of the own organisation that the reader may give, and the present one."""
    found: list[Role] = list(roles.of_organisation(db.session(), actor.organisation_id or 0))
    return [(str(r.id), r.name) for r in found if r.id == present or not roles.exceeds(actor, r)]


def candidate(form: Any, way: Way) -> Candidate:
    """Return what was typed, as the operation takes it."""

    def typed(name: str) -> str:
        return (form[name].data or "") if name in form else ""

    return Candidate(
        way=way,
        department_id=read_id(typed("department_id")),
        person_id=read_id(typed("person_id")),
        document_type=typed("document_type"),
        number=typed("number"),
        password=typed("password"),
        again=typed("again"),
        name=typed("name"),
        phone=typed("phone"),
        email=typed("email"),
        landline=typed("landline"),
        is_inner=typed("account_kind") == "inner",
    )
