"""S016 to S020, S052: the further tabs of 用户资料管理: title, education, vocational qualifications, honours, and the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField

from models.base import db
from models.errors import N_, DomainError
from models.org.code_lists import CodeList
from models.people import person_data, profile, queries
from models.people.tables import EducationRecord, Professional
from models.reviews import person_changes as changes
from models.transaction import unit_of_work
from views import states
from views.arguments import read_id
from views.changes import SECTION_WORDS, row_words
from views.changes import pairs_of_person as pairs_of
from views.codes import code_name
from views.forms import PlainForm
from views.outcome import telling
from views.portal.reader import Shown, blueprint, mark_required, options, reader
from views.public import pickers

TABS = (
    ("portal.profile", N_("Edit basic information")),
    ("portal.profile_title", N_("Professional and technical post")),
    ("portal.profile_education", N_("Education and degrees")),
    ("portal.profile_qualifications", N_("Vocational qualifications")),
    ("portal.profile_honours", N_("Academic and technical titles of honour")),
    ("portal.transfer", N_("Transfer to another unit")),
    ("portal.profile_log", N_("Change log")),
)


@blueprint.app_template_global()
def profile_tabs() -> list[tuple[str, str, bool]]:
    """Return the tabs of the profile: address, words, whether it is the present one."""
    return [(url_for(name), gettext(word), request.endpoint == name) for name, word in TABS]


def _choices(list_name: CodeList) -> list[Any]:
    return options([(o.value, o.name) for o in pickers.options_of(list_name)], may_be_empty=True)


def _select(label: Any) -> SelectField:
    return SelectField(label, validate_choice=False, render_kw={"data-picker": ""})


class TitleForm(PlainForm):
    """专业技术职务; the operation checks it."""

    title_series = _select(_l("Title series"))
    title_level = _select(_l("Title level"))
    title_qualification = _select(_l("Present title qualification"))
    title_effective_on = DateField(_l("Date of announcement (effect)"))
    title_certificate_number = StringField(_l("Certificate number"), render_kw={"maxlength": 60})
    title_appointed_on = DateField(_l("Date of appointment"))


class EducationForm(PlainForm):
    """One row of education."""

    education_level = _select(_l("Highest education"))
    degree = _select(_l("Degree"))
    school = StringField(_l("School graduated from"), render_kw={"maxlength": 200})
    field_of_study = _select(_l("Field of study"))
    graduated_on = DateField(_l("Graduation date"))


class QualificationForm(PlainForm):
    """One vocational qualification."""

    qualification = _select(_l("Name of the qualification"))
    level = SelectField(_l("Level"), validate_choice=False)
    certificate_number = StringField(_l("Certificate number"), render_kw={"maxlength": 60})
    obtained_on = DateField(_l("Obtained on"))


class HonourForm(PlainForm):
    """One title of honour."""

    title = _select(_l("Name of the title"))
    awarded_by = StringField(_l("Awarded by"), render_kw={"maxlength": 200})
    awarded_on = DateField(_l("Awarded on"))


def _typed(form: Any) -> dict[str, Any]:
    """Return the fields as they were typed: the operation reads the dates itself and says what is wrong."""
    return {f.name: request.form.get(f.name, "") for f in form if f.name not in {"csrf_token", "position"}}


def _saved(form: Any, call: Callable[[Any], object], words: str, target: str) -> Response | None:
    try:
        with unit_of_work() as session:
            call(session)
    except DomainError as refusal:
        form.show_error(refusal)
        return None
    flash(gettext(words), "success")
    return redirect(url_for(target), code=303)


SENT = N_("The information was submitted for review.")


# --- title ------------------------------------------------------------------------------------------------------------


@blueprint.route("/profile/title", methods=["GET", "POST"])
def profile_title() -> str | Response:
    """Show the title; a change is submitted to the own organisation."""
    actor = reader()
    person = profile.own_profile(db.session(), actor)
    form: Any = TitleForm(obj=person)
    for name, list_name in (("title_series", CodeList.TITLE_SERIES), ("title_level", CodeList.TITLE_LEVEL)):
        form[name].choices = _choices(list_name)
    found = [(o.value, f"{o.name}（{o.group}）" if o.group else o.name) for o in pickers.title_qualifications()]
    form.title_qualification.choices = options(found, may_be_empty=True)
    mark_required(form, "title_series", "title_level", "title_qualification")
    if request.method == "POST":
        sent = _saved(form, lambda s: changes.ask_title(s, actor, _typed(form)), SENT, "portal.profile_title")
        if sent is not None:
            return sent
    waiting = changes.open_change(db.session(), person.id, changes.TITLE)
    fixed = [
        Shown("organisation", gettext("Unit name"), person.organisation_name),
        Shown("department", gettext("Work department"), queries.department_name(db.session(), person)),
    ]
    return render_template(
        "portal/profile_title.html", form=form, fixed=fixed, waiting=pairs_of(waiting) if waiting else [], section=changes.TITLE
    )


@blueprint.post("/profile/withdraw/<section>")
def profile_withdraw(section: str) -> Response:
    """Take the waiting change of one tab back."""
    actor = reader()
    if section not in SECTION_WORDS:
        abort(404)
    with telling(gettext(N_("The change was withdrawn."))) as session:
        changes.withdraw(session, actor, section)
    return redirect(url_for(f"portal.profile_{section}"), code=303)


# --- lists that are reviewed ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _List:
    section: str
    form: type[PlainForm]
    columns: tuple[str, ...]
    lists: Mapping[str, CodeList]
    title: str


QUALIFICATIONS = _List(
    changes.QUALIFICATIONS,
    QualificationForm,
    changes.QUALIFICATION_COLUMNS,
    {"qualification": CodeList.VOCATIONAL_QUALIFICATION},
    N_("Vocational qualifications"),
)
HONOURS = _List(
    changes.HONOURS,
    HonourForm,
    changes.HONOUR_COLUMNS,
    {"title": CodeList.ACADEMIC_TITLE},
    N_("Academic and technical titles of honour"),
)


def _list_page(what: _List) -> str | Response:
    actor = reader()
    person = profile.own_profile(db.session(), actor)
    form: Any = what.form()
    for name, list_name in what.lists.items():
        form[name].choices = _choices(list_name)
    if "level" in form:
        levels = [(o.value, o.name) for o in pickers.vocational_levels()]
        form.level.choices = options([("", gettext("None")), *(pair for pair in levels if pair[0] != pickers.NO_LEVEL)])
    mark_required(form, what.columns[0])
    target = f"portal.profile_{what.section}"
    if request.method == "POST":
        number = request.form.get("remove", "")
        asked = (
            (lambda s: changes.ask_removal(s, actor, what.section, int(number)))
            if number.isascii() and number.isdigit() and len(number) < 4
            else (lambda s: changes.ask_row(s, actor, what.section, _typed(form)))
        )
        sent = _saved(form, asked, SENT, target)
        if sent is not None:
            return sent
    waiting = changes.open_change(db.session(), person.id, what.section)
    rows = changes.rows_of(db.session(), person, what.section)
    return render_template(
        "portal/profile_list.html",
        form=form,
        title=gettext(what.title),
        labels=[form[name].label.text for name in what.columns],
        rows=[[row_words(what.section, name, row[name]) for name in what.columns] for row in rows],
        waiting=pairs_of(waiting) if waiting else [],
        section=what.section,
    )


@blueprint.route("/profile/qualifications", methods=["GET", "POST"])
def profile_qualifications() -> str | Response:
    """Show the vocational qualifications; what is added or taken away is reviewed."""
    return _list_page(QUALIFICATIONS)


@blueprint.route("/profile/honours", methods=["GET", "POST"])
def profile_honours() -> str | Response:
    """Show the titles of honour; what is added or taken away is reviewed."""
    return _list_page(HONOURS)


# --- education --------------------------------------------------------------------------------------------------------


@blueprint.route("/profile/education", methods=["GET", "POST"])
def profile_education() -> str | Response:
    """Show the rows of education; they are saved at once."""
    actor = reader()
    person = profile.own_profile(db.session(), actor)
    rows = queries.belongings(db.session(), person.id).education
    chosen = next((row for row in rows if row.id == read_id(request.values.get("id"))), None)
    imported = person_data.imported_education(person) if not rows else {}
    is_imported = bool(imported) and request.values.get("id") == "0"
    form: Any = EducationForm(obj=chosen or (person if is_imported else None))
    for name, list_name in (
        ("education_level", CodeList.EDUCATION_LEVEL),
        ("degree", CodeList.DEGREE),
        ("field_of_study", CodeList.FIELD_OF_STUDY),
    ):
        form[name].choices = _choices(list_name)
    mark_required(form, *(f.name for f in form))
    if request.method == "POST":
        typed, removed = _typed(form), read_id(request.form.get("remove"))
        record_id = chosen.id if chosen else 0 if is_imported else None
        saved = _saved(
            form,
            (lambda s: person_data.remove_education(s, actor, removed))
            if removed is not None
            else (lambda s: person_data.save_education(s, actor, typed, record_id=record_id)),
            N_("Saved."),
            "portal.profile_education",
        )
        if saved is not None:
            return saved
    shown = [(row.id, _education(row)) for row in rows] or ([(0, _education(person))] if imported else [])
    record_chosen = chosen.id if chosen else 0 if is_imported else None
    return render_template("portal/profile_education.html", form=form, rows=shown, chosen=record_chosen)


def _education(row: EducationRecord | Professional) -> list[str]:
    return [
        code_name("education_level", row.education_level),
        code_name("degree", row.degree),
        row.school,
        code_name("field_of_study", row.field_of_study),
        row.graduated_on.isoformat() if row.graduated_on else "",
    ]


# --- the log ----------------------------------------------------------------------------------------------------------


@blueprint.get("/profile/log")
def profile_log() -> str:
    """Show what was asked for, its state and who decided."""
    person = profile.own_profile(db.session(), reader())
    rows = [(pair, states.CHANGE[c.state], c) for c in changes.changes_of(db.session(), person.id) for pair in pairs_of(c)]
    return render_template("portal/profile_log.html", rows=rows)
