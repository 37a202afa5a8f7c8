"""S005 to S009: an organisation registers in two steps: itself, then its first administrator."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TelField,
)

from models.base import db
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound
from models.org import directory
from models.org.code_lists import CodeList
from models.org.operations import CODE_TAKEN
from models.org.tables import ALLOWED_PARENTS, OrganisationKind
from models.people.login import WrongCredentials, prove
from models.people.organisation_registration import (
    Applicant,
    OrganisationRegistration,
    check_applicant,
    check_organisation,
)
from models.reviews.organisation_registrations import Draft, first_step, keep_first_step, submit_organisation
from models.scope import system_session
from models.transaction import Intent, expect, unit_of_work
from models.uploads import MAX_BYTES, PDF, Checked, Upload, check
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
from views.public.registration import REGISTERED, Marked, blueprint
from views.words import say

TITLES = {
    OrganisationKind.EMPLOYER: N_("Registration of employers"),
    OrganisationKind.COMPETENT_DEPARTMENT: N_("Registration of competent departments"),
    OrganisationKind.TRAINING_BASE: N_("Registration of training bases"),
    OrganisationKind.HR_DEPARTMENT: N_("Registration of district and county HR departments"),
}
YES, NO = "yes", "no"
HR = frozenset({OrganisationKind.HR_DEPARTMENT})
SUPERIORS = frozenset({"superior_id", "hr_id"})


class OrganisationStep(CaptchaForm):
    """The first step: 单位注册基本信息."""

    name = StringField(_l("Unit name"), [Marked(), AtMost(200)])
    nature = SelectField(_l("Unit nature"), [Marked()], validate_choice=False)
    unit_level = SelectField(_l("Unit level"), [Marked()], validate_choice=False)
    phone = TelField(_l("Unit phone"), [Marked(), AtMost(40)])
    industry = SelectField(_l("Industry"), [Marked()], validate_choice=False, render_kw={"data-picker": ""})
    has_superior = RadioField(_l("Is there a superior department?"), [Marked()], validate_choice=False, default=YES)
    superior_id = StringField(
        _l("Name of the superior department"),
        [Marked()],
        description=_l("It reviews the registration. Type a part of its name and choose it from the list."),
    )
    hr_id = StringField(
        _l("HR department of the same level"),
        [Marked()],
        description=_l("It reviews the registration where there is no superior department."),
    )
    address = StringField(_l("Unit address"), [Marked(), AtMost(300)])
    has_code = RadioField(
        _l("Is there a certificate of the unified social credit code?"), [Marked()], validate_choice=False, default=YES
    )
    code = StringField(
        _l("Organisation code / unified social credit code"),
        [Marked(), AtMost(40)],
        description=_l("Without one, ask the HR department of the same level or support for a temporary code and enter it here."),
        render_kw={"autocomplete": "off"},
    )
    scan = FileField(
        _l("Scan of the certificate of the unified social credit code"),
        description=_l("jpg, jpeg, gif, bmp or png, at most 4 MB."),
    )
    agrees = BooleanField(_l("I agree to the user agreement"), [Marked()])

    def __init__(self, kind: OrganisationKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        please = [("", gettext("Please select"))]
        for name, list_name in (
            ("nature", CodeList.UNIT_NATURE),
            ("unit_level", CodeList.UNIT_LEVEL),
            ("industry", CodeList.INDUSTRY),
        ):
            self[name].choices = please + code_choices(list_name)
        for name in ("has_superior", "has_code"):
            self[name].choices = [(YES, gettext("Yes")), (NO, gettext("No"))]
        if ALLOWED_PARENTS[kind] == HR:
            del self.has_superior
            del self.superior_id
        for name in SUPERIORS & {f.name for f in self}:
            self[name].render_kw = {
                "data-picker": url_for("register.superiors", kind=kind.value, field=name),
                "data-text": self._name_of(name),
            }

    def _kinds_of(self, name: str) -> frozenset[OrganisationKind]:
        return kinds_of_field(self.kind, name)

    def _name_of(self, name: str) -> str:
        found = directory.entry(read_id(self[name].data) or 0, kinds=self._kinds_of(name))
        return found.name if found else ""

    @property
    def asked(self) -> str:
        """Return the name of the field that holds the superior."""
        return "superior_id" if "has_superior" in self and self.has_superior.data != NO else "hr_id"

    def superior(self) -> int | None:
        """Return the id that was chosen, or that of the one organisation with exactly the typed name."""
        found = pickers.chosen_unit(self[self.asked].data, kinds=self._kinds_of(self.asked))
        return found.id if found else None

    def data_of(self, *, has_scan: bool) -> OrganisationRegistration:
        """Return what was typed, for the domain."""
        return OrganisationRegistration(
            kind=self.kind,
            name=self.name.data or "",
            code=self.code.data or "",
            superior_id=self.superior(),
            nature=self.nature.data or "",
            unit_level=self.unit_level.data or "",
            industry=self.industry.data or "",
            phone=self.phone.data or "",
            address=self.address.data or "",
            has_scan=has_scan,
        )


class ApplicantStep(CaptchaForm):
    """The second step: 管理员信息, for a new user or one of the system."""

    is_existing = RadioField(_l("Administrator information"), validate_choice=False, default="new")
    document_type = SelectField(_l("ID document type"), [Marked()], validate_choice=False)
    number = StringField(_l("ID document number"), [Marked(), AtMost(60)], render_kw={"autocomplete": "username"})
    password = PasswordField(
        _l("Password"),
        [Marked(), AtMost(200)],
        description=_l("At least 8 characters with letters and digits, without your document number."),
    )
    again = PasswordField(_l("Confirm password"), [Marked(), AtMost(200)])
    real_name = StringField(_l("Real name"), [Marked(), AtMost(100)])
    phone = TelField(_l("Mobile number"), [Marked(), AtMost(40)])
    email = EmailField(_l("E-mail address"), [Marked(), AtMost(200)])
    landline = TelField(_l("Landline"), [AtMost(40)])
    pledges = BooleanField(_l("I declare that the information above is true"), [Marked()])
    k = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_existing.choices = [
            ("new", gettext("Not a user of this system")),
            ("existing", gettext("Already a user of this system")),
        ]
        self.document_type.choices = document_types()

    def data_of(self) -> Applicant:
        """Return what was typed, for the domain."""
        texts = ("document_type", "number", "phone", "email", "landline", "password", "again")
        return Applicant(name=self.real_name.data or "", **{name: self[name].data or "" for name in texts})

    def show_refused(self, refusal: DomainError) -> None:
        """Put a refusal of the domain at its field; the real name has a name of its own here."""
        if isinstance(refusal, FieldErrors):
            refusal = FieldErrors({{"name": "real_name"}.get(k, k): e for k, e in refusal.errors.items()})
        self.show_error(refusal)


def _view(kind: OrganisationKind) -> Any:
    @any_position
    @failures_limited
    def register() -> str | Response:
        expect(Intent.READ)  # the scan is drawn anew before anything is written
        form = OrganisationStep(kind)
        key = _keep(form) if form.is_submitted() else ""
        if key:
            return redirect(url_for("register.applicant", k=key), code=303)
        others = [(url, word) for url, word in registrations() if url != request.path]
        return render_template(
            "public/register_organisation.html",
            form=form,
            title=gettext(TITLES[kind]),
            others=others,
            agreement=present_agreement(),
        )

    return register


for _kind in TITLES:
    blueprint.add_url_rule(f"/{_kind.value.replace('_', '-')}", _kind.value, _view(_kind), methods=["GET", "POST"])


def _keep(form: OrganisationStep) -> str:
    """Keep the first step and return its key; empty where an error now stands in the form."""
    is_wellformed = form.validate()
    errors: dict[str, DomainError] = {}
    scan = _scan(form, errors)
    data = form.data_of(has_scan=scan is not None or "scan" in errors)
    if not form.agrees.data:
        errors["agrees"] = Invalid(N_("Please accept the user agreement."))
    try:
        with system_session() as reading:
            check_organisation(reading, data)
    except FieldErrors as refusal:
        found = {form.asked if k == "superior_id" else k: e for k, e in refusal.errors.items()}
        errors |= {k: e for k, e in found.items() if not form[k].errors and k not in errors}
    if errors or not is_wellformed:
        form.show_error(FieldErrors(errors))
        return ""
    # Only now: the answer tells whether a code is registered.
    if not form.passes_captcha():
        return ""
    try:
        with unit_of_work() as work:
            return keep_first_step(work, data, scan)
    except DomainError as refusal:
        note_failure()
        form.show_error(refusal)
        return ""


def _scan(form: OrganisationStep, errors: dict[str, DomainError]) -> Checked | None:
    file: Any = form.scan.data
    if not file:
        return None
    try:
        checked = check(Upload(file.filename or "", file.stream.read(MAX_BYTES + 1)))
    except Invalid as refusal:
        errors["scan"] = refusal
        return None
    if checked.media_type != PDF:
        return checked
    errors["scan"] = Invalid(N_("The scan has to be a picture: jpg, jpeg, gif, bmp or png."))
    return None


@blueprint.route("/organisation/administrator", methods=["GET", "POST"])
@any_position
@failures_limited
def applicant() -> str | Response:
    """Ask for the administrator and send the registration in."""
    expect(Intent.READ)  # a wrong password is counted in a transaction of its own
    try:
        draft = first_step(request.values.get("k", ""))
    except NotFound as refusal:
        flash(say(refusal), "info")
        return redirect(url_for("home.index"), code=303)
    form = ApplicantStep(request.form if request.method == "POST" else None, k=draft.key)
    if form.is_submitted() and _is_sent(form, draft):
        return redirect(url_for("register.done"), code=303)
    return render_template("public/register_administrator.html", form=form, draft=draft, title=gettext(TITLES[draft.data.kind]))


def _is_sent(form: ApplicantStep, draft: Draft) -> bool:
    is_wellformed = form.validate()
    data, is_existing = form.data_of(), form.is_existing.data == "existing"
    errors: dict[str, DomainError] = {}
    if not form.pledges.data:
        errors["pledges"] = Invalid(N_("Please confirm that the information is true."))
    try:
        check_applicant(data, is_existing=is_existing)
    except FieldErrors as refusal:
        errors |= refusal.errors
    if errors or not is_wellformed:
        form.show_refused(FieldErrors(errors))
        return False
    return form.passes_captcha() and _send(form, draft, data, is_existing=is_existing)


def _send(form: ApplicantStep, draft: Draft, data: Applicant, *, is_existing: bool) -> bool:
    try:
        proved = prove(data.document_type, data.number, data.password).id if is_existing else None
        with unit_of_work():
            submitted = submit_organisation(db.session(), draft, data, proved_account_id=proved)
    except WrongCredentials as refusal:
        note_failure()
        form.password.errors = [say(refusal)]
        return False
    except DomainError as refusal:
        note_failure()
        form.show_refused(refusal)
        return False
    except IntegrityError:  # the same code or number, sent in twice at once
        form.show_error(Conflict(CODE_TAKEN))
        return False
    session[REGISTERED] = {
        "unit": submitted.decider_name,
        "phone": submitted.decider_phone,
        "title": gettext(TITLES[draft.data.kind]),
    }
    return True


def kinds_of_field(kind: OrganisationKind, field: str) -> frozenset[OrganisationKind]:
    """Return the kinds that one of the two fields offers to an organisation of *kind*."""
    above = ALLOWED_PARENTS[kind]
    return above & HR if field == "hr_id" else above - HR


@blueprint.get("/superiors")
@limiter.limit(LOOKUPS)
def superiors() -> Response:
    """Search the active organisations that may stand above one of ``kind``, for one of the two fields."""
    try:
        kind = OrganisationKind(request.args.get("kind", ""))
    except ValueError:
        raise NotFound from None
    return pickers.found_units(kinds_of_field(kind, request.args.get("field", "")))
