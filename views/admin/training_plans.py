"""S104, S105: the plans of a training base, yearly ones and those of single trainings; 单位培训计划: those of a unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import DateField, DecimalField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from models.access import Actor, PositionKind
from models.base import to_hours
from models.credits.tables import SubjectKind
from models.errors import N_
from models.training import plans, public_subjects, subjects, typed
from models.training.plans import REVIEWED_AS, WRITTEN_BY, PlanData, PlanKind, TrainingPlan
from views import states
from views.admin.actions import PageAction, Section, Tab
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filings import MANAGE, FilingForm, FilingScreen, filing_batches, filing_words
from views.admin.filters import choice_filter, part_filter, with_next_year, year_filter
from views.admin.keyset import Sort
from views.arguments import read_id
from views.forms import PlainForm
from views.portal.words import ELECTIVE
from views.portal.words import SUBJECTS as COUNTED
from views.words import words

SUBJECTS: Mapping[str, str] = MappingProxyType(
    {SubjectKind.PUBLIC: N_("Public subjects"), SubjectKind.PROFESSIONAL: N_("Professional subjects")}
)
UNITS = WRITTEN_BY[PlanKind.UNIT]
STATE = Col("state", status=states.FILING)
DETAILS = (
    "name",
    "year",
    "subject_name",
    Col("elective", choices=ELECTIVE),
    "hours_tenths",
    "starts_on",
    "ends_on",
    "n_people",
    "place",
    "content",
    STATE,
    "submitted_by",
    "submitted_at",
    "decided_at",
    "reason",
)


class YearlyForm(FilingForm):
    """The plan of a whole year; the operation checks it."""

    kind = HiddenField()
    year = SelectField(_l("Year"), validate_choice=False)
    name = StringField(_l("Plan name"), render_kw={"maxlength": plans.LONGEST_NAME})
    n_people = IntegerField(_l("Planned number of people"), [Optional()])
    content = TextAreaField(_l("Content of training"), render_kw={"rows": 8, "maxlength": plans.LONGEST_CONTENT})


class TrainingForm(FilingForm):
    """The plan of one training; the operation checks it."""

    kind = HiddenField()
    subject = SelectField(_l("Subject type"), validate_choice=False)
    subject_id = SelectField(_l("Training subject"), validate_choice=False, render_kw={"data-narrowed-by": "subject"})
    year = SelectField(_l("Year"), validate_choice=False)
    name = StringField(_l("Plan name"), render_kw={"maxlength": plans.LONGEST_NAME})
    elective = SelectField(_l("Compulsory / elective"), validate_choice=False)
    hours = DecimalField(_l("Hours"), [Optional()], places=1)
    starts_on = DateField(_l("Starts on"), [Optional()])
    ends_on = DateField(_l("Ends on"), [Optional()])
    n_people = IntegerField(_l("Planned number of people"), [Optional()])
    place = StringField(_l("Place of training"), render_kw={"maxlength": plans.LONGEST_PLACE})
    content = TextAreaField(_l("Content of training"), render_kw={"rows": 6, "maxlength": plans.LONGEST_CONTENT})


class UnitForm(TrainingForm):
    """The plan of a unit's own training: its subject in the unit's own words."""

    first = ("kind", "year", "name", "subject", "subject_name")
    subject_id = None
    subject = SelectField(_l("Counts toward subject"), validate_choice=False)
    name = StringField(_l("Name of the class"), render_kw={"maxlength": plans.LONGEST_NAME})
    subject_name = StringField(_l("Training subject"), render_kw={"maxlength": 100})


YEAR = year_filter("year", TrainingPlan.year, choices=with_next_year)
STATES = choice_filter("state", TrainingPlan.state, choices={state: word.word for state, word in states.FILING.items()})


def _of_kind(kind: PlanKind) -> Callable[[Actor], Sequence[ColumnElement[bool]]]:
    return lambda _actor: (TrainingPlan.kind == kind,)


class _Plans(FilingScreen, ScopedModelView):
    """What the plans of bases and units share."""

    permission = MANAGE
    subject_kind = "training_plan"
    reviewed_as = staticmethod(lambda plan: REVIEWED_AS[PlanKind(plan.kind)])
    new_word = N_("Add training plan")
    icon = "file"
    sorts = (Sort("id", (TrainingPlan.id,), is_descending=True),)
    batch_actions = filing_batches(plans, N_("Submit"))
    row_actions = filing_words(N_("Details"), N_("Submit"))
    create_permission = MANAGE
    edit_permission = MANAGE

    def kind_of(self, row: Any | None) -> PlanKind:
        """Return the kind of a plan, or of the new one that the form was opened for."""
        return PlanKind(row.kind) if row is not None else _asked_kind()

    def fill(self, form: Any, row: Any | None) -> PlainForm:
        """Return the form with its choices and marks."""
        form.kind.data = self.kind_of(row).value
        form.year.choices = [(str(y), str(y)) for y in typed.years()]
        if "hours" in form:
            form.elective.choices = [(key, gettext(word)) for key, word in ELECTIVE.items()]
            if row is not None and not form.hours.raw_data:
                form.hours.data = to_hours(row.hours_tenths)
        for field in form:
            field.flags.required = field.name not in OPTIONAL and not (
                self.kind_of(row) is PlanKind.YEARLY and field.name == "n_people"
            )
        return self.with_files(form, row)

    def create_row(self, session: Session, actor: Actor, form: Any) -> TrainingPlan:
        """Write a draft; submit it, too, when that was asked for."""
        row = plans.save(session, actor, _data(form), form_key=form.form_key.data or "", **self.file_values(form))
        return self.then_submit(session, actor, row, plans.submit)

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change a draft or a rejected plan; submit it, too, when that was asked for."""
        changed = plans.save(session, actor, _data(form), plan_id=row.id, **self.file_values(form))
        self.then_submit(session, actor, changed, plans.submit)


OPTIONAL = frozenset({"files", "removed", "form_key", "kind", "subject_name"})


def _data(form: Any) -> PlanData:
    """Return what was typed; what the form does not have is left out."""
    chosen: dict[str, Any] = {}
    if "subject_id" in form:
        kind, _, number = (form.subject_id.data or "").partition(":")
        if kind in {"public", "professional"}:
            chosen[f"{kind}_subject_id"] = read_id(number)
    plain = ("elective", "hours", "starts_on", "ends_on", "n_people", "place", "content", "subject", "subject_name")
    values = {name: form[name].data for name in plain if name in form}
    for name in ("elective", "place", "content", "subject", "subject_name"):
        if name in values:
            values[name] = values[name] or ""
    return PlanData(PlanKind(form.kind.data), read_id(form.year.data or ""), form.name.data or "", **values, **chosen)


class TrainingPlansView(_Plans):
    """培训计划管理: the own plans, a tab for each kind."""

    kinds = frozenset({PositionKind.TRAINING_BASE})
    name_id = N_("Training plan management")
    group_id = N_("Training management")
    order = 40

    columns = (
        Col("name", is_link=True),
        Col("subject", choices=SUBJECTS),
        Col("subject_name"),
        Col("year"),
        STATE,
        Col("hours_tenths", shown=False),
        Col("starts_on", shown=False),
        Col("ends_on", shown=False),
        Col("submitted_at", shown=False),
    )
    filters = (part_filter("name", TrainingPlan.name), YEAR, STATES)
    tabs = (
        Tab("single", N_("Training plans"), where=_of_kind(PlanKind.SINGLE)),
        Tab(
            "yearly",
            N_("Yearly training plans"),
            where=_of_kind(PlanKind.YEARLY),
            columns=(
                Col("name", is_link=True),
                Col("year"),
                STATE,
                Col("n_people", shown=False),
                Col("submitted_at", shown=False),
            ),
        ),
    )
    page_actions = (
        PageAction(
            "new",
            N_("Add training plan"),
            url=lambda _view: url_for("training_plans.create_view", kind=_asked_kind().value, url=_own_tab()),
            is_primary=True,
        ),
        PageAction(
            "subjects", N_("Professional subject management"), url=lambda _view: url_for("subjects.index_view"), icon="book"
        ),
    )
    details = (Section(N_("Training plan"), (DETAILS[0], DETAILS[1], Col("subject", choices=SUBJECTS), *DETAILS[2:])),)
    create_form_class: ClassVar[type[PlainForm] | None] = TrainingForm
    edit_form_class: ClassVar[type[PlainForm] | None] = TrainingForm

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form of the kind with the subjects that may be chosen now."""
        if self.kind_of(row) is PlanKind.YEARLY:
            return self.fill(YearlyForm(obj=row), row)
        form: Any = form_class(obj=row)
        form.subject.choices = [("", gettext("Please select")), *((key, gettext(word)) for key, word in SUBJECTS.items())]
        form.subject_id.choices = [("", gettext("Please select")), *self._offered()]
        if row is not None and not form.subject_id.raw_data:
            form.subject_id.data = f"{row.subject}:{row.public_subject_id or row.professional_subject_id}"
        return self.fill(form, row)

    def _offered(self) -> list[tuple[str, str]]:
        """Return the subjects that may be chosen, each with its type: without scripts the list shows both."""
        public, own = (gettext(SUBJECTS[kind]) for kind in (SubjectKind.PUBLIC, SubjectKind.PROFESSIONAL))
        colon = gettext(N_(": "))
        return [
            *(
                (f"public:{s.id}", f"{public}{colon}{s.name} ({s.year})")
                for s in public_subjects.offered(self.work, self.actor.path)
            ),
            *(
                (f"professional:{s.id}", f"{own}{colon}{s.name}")
                for s in subjects.offered(self.work, self.actor.organisation_id or 0)
            ),
        ]

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("A plan can be used for classes once it has been approved."))


def _asked_kind() -> PlanKind:
    asked = request.values.get("kind") or request.args.get("tab") or ""
    return PlanKind.YEARLY if asked == PlanKind.YEARLY else PlanKind.SINGLE


def _own_tab() -> str:
    """Return the address of the tab that was open: a new plan appears there."""
    return url_for("training_plans.index_view", tab=_asked_kind().value)


class UnitPlansView(_Plans):
    """单位培训计划: what a unit plans for its own people."""

    kinds = UNITS
    name_id = N_("Training plans of units")
    group_id = N_("Unit training")
    order = 46

    columns = (
        Col("name", label=N_("Name of the class"), is_link=True),
        Col("year"),
        Col("subject", label=N_("Counts toward subject"), choices=COUNTED),
        Col("elective", choices=ELECTIVE),
        Col("hours_tenths"),
        STATE,
        Col("starts_on", shown=False),
        Col("ends_on", shown=False),
        Col("submitted_at", shown=False),
    )
    filters = (part_filter("name", TrainingPlan.name, N_("Name of the class")), YEAR, STATES)
    page_actions = (
        PageAction(
            "new",
            N_("Add training plan"),
            url=lambda view: url_for("unit_plans.create_view", url=view.list_url()),
            is_primary=True,
        ),
    )
    details = (
        Section(
            N_("Training plan"),
            (
                Col("name", label=N_("Name of the class")),
                "year",
                Col("subject", label=N_("Counts toward subject"), choices=COUNTED),
                *DETAILS[2:],
            ),
        ),
    )
    create_form_class: ClassVar[type[PlainForm] | None] = UnitForm
    edit_form_class: ClassVar[type[PlainForm] | None] = UnitForm

    def kind_of(self, row: Any | None) -> PlanKind:
        """Return the one kind of this list."""
        return PlanKind.UNIT

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out the plans of other units and kinds."""
        return (*super().where(actor), TrainingPlan.kind == PlanKind.UNIT)

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the subjects that hours count toward."""
        form: Any = form_class(obj=row)
        form.subject.choices = [("", gettext("Please select")), *((key, gettext(word)) for key, word in COUNTED.items())]
        return self.fill(form, row)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Hours of a training of your own unit can be handed in once its plan has been approved."))
