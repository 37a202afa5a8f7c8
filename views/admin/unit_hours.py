"""单位培训学时: what a unit enters of its own trainings, who took part, and how far each has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import DateField, DecimalField, SelectField, StringField
from wtforms.validators import Optional

from models.access import Actor
from models.base import db, to_hours
from models.errors import N_, DomainError, Invalid
from models.reviews.tables import ReviewKind
from models.training import participants, plans, unit_granting, unit_hours
from models.training.filings import EDITABLE
from models.training.participants import Participant
from models.training.plans import PlanKind
from models.training.unit_hours import UNIT_TRAININGS, UnitHoursData, UnitTraining
from models.transaction import unit_of_work
from models.workflow import Moved
from views import states
from views.actor import required_actor
from views.admin.actions import BatchAction, PageAction, RowAction, Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filings import MANAGE, FilingForm, FilingScreen, filing_batches, filing_words
from views.admin.filters import choice_filter, part_filter, with_next_year, year_filter
from views.admin.keyset import Sort
from views.admin.training_plans import UNITS
from views.arguments import read_id
from views.forms import PlainForm
from views.limits import failures_limited, note_failure
from views.portal.words import ELECTIVE
from views.portal.words import SUBJECTS as COUNTED
from views.redirects import redirect_own
from views.words import say, words

CLASS = N_("Name of the class")


class UnitHoursForm(FilingForm):
    """One training by a passed plan; the operation checks it."""

    plan_id = SelectField(_l("Training plan"), validate_choice=False)
    name = StringField(_l("Name of the class"), render_kw={"maxlength": unit_hours.LONGEST_NAME})
    starts_on = DateField(_l("Starts on"), [Optional()], description=_l("Left empty: the days of the plan."))
    ends_on = DateField(_l("Ends on"), [Optional()])
    hours = DecimalField(_l("Hours"), [Optional()], places=1, description=_l("Left empty: the hours of the plan."))


OPTIONAL = frozenset({"starts_on", "ends_on", "hours", "files", "removed", "form_key"})


def _data(form: Any) -> UnitHoursData:
    return UnitHoursData(
        read_id(form.plan_id.data), form.name.data or "", form.starts_on.data, form.ends_on.data, form.hours.data
    )


# --- from the list of people --------------------------------------------------------------------------------------------


def _open_lists() -> list[tuple[str, str]]:
    found = unit_hours.editable_ones(db.session(), required_actor())
    return [(str(t.id), f"{t.name} ({t.year})") for t in found]


class ListForm(PlainForm):
    """Which list of participants the ticked people go on; the newest stands first."""

    training_id = SelectField(
        _l("Training of the unit"),
        choices=_open_lists,
        validate_choice=False,
        description=_l("Only trainings that are not handed in, or were rejected, stand here."),
    )


def _name(session: Session, actor: Actor, ids: Sequence[int], *, values: Mapping[str, Any], **_more: Any) -> Moved:
    training_id = read_id(str(values.get("training_id") or ""))
    if training_id is None:
        raise Invalid(N_("Please enter the training first; then people can be put on its list."))
    return participants.add_many(session, actor, training_id, ids)


NAME_PARTICIPANTS = BatchAction(
    "participants",
    N_("Put on the list of a unit training"),
    _name,
    row_label=N_("Add participants"),
    permission=MANAGE,
    form=ListForm,
)

# --- the screen ---------------------------------------------------------------------------------------------------------

OF_LIST = (Col("name"), Col("number_masked"), Col("unit_name"))


class UnitHoursView(FilingScreen, ScopedModelView):
    """单位培训学时: the own trainings with their participants."""

    permission = MANAGE
    kinds = UNITS
    name_id = N_("Hours of unit trainings")
    group_id = N_("Unit training")
    icon = "check"
    order = 47
    subject_kind = UNIT_TRAININGS.subject_kind
    reviewed_as = staticmethod(lambda _training: ReviewKind.UNIT_HOURS)
    new_word = N_("Enter hours of a training")

    columns = (
        Col("name", is_link=True),
        Col("year"),
        Col("plan_name"),
        Col("subject", choices=COUNTED),
        Col("elective", choices=ELECTIVE),
        Col("hours_tenths"),
        Col("n_people"),
        Col("state", status=states.FILING),
        Col("starts_on", shown=False),
        Col("ends_on", shown=False),
        Col("submitted_at", shown=False),
    )
    sorts = (Sort("id", (UnitTraining.id,), is_descending=True),)
    filters = (
        part_filter("name", UnitTraining.name, CLASS),
        year_filter("year", UnitTraining.year, choices=with_next_year),
        choice_filter("state", UnitTraining.state, choices={state: word.word for state, word in states.FILING.items()}),
        part_filter("plan", UnitTraining.plan_name, is_quick=False),
    )
    page_actions = (
        PageAction(
            "new",
            N_("Enter hours of a training"),
            url=lambda view: url_for("unit_hours.create_view", url=view.list_url()),
            is_primary=True,
        ),
        PageAction("plans", N_("Training plans of units"), url=lambda _view: url_for("unit_plans.index_view"), icon="file"),
    )
    batch_actions = filing_batches(unit_granting, N_("Submit"))
    row_actions: ClassVar[tuple[RowAction, ...]] = filing_words(N_("Details"), N_("Submit"))
    details_template = "admin/unit_training.html"
    details = (
        Section(
            N_("Training of the unit"),
            (
                "name",
                "plan_name",
                "year",
                Col("subject", choices=COUNTED),
                Col("elective", choices=ELECTIVE),
                "hours_tenths",
                "starts_on",
                "ends_on",
                "n_people",
                Col("state", status=states.FILING),
                "submitted_by",
                "submitted_at",
                "decided_at",
                "reason",
            ),
        ),
    )
    create_form_class: ClassVar[type[PlainForm] | None] = UnitHoursForm
    edit_form_class: ClassVar[type[PlainForm] | None] = UnitHoursForm
    create_permission = MANAGE
    edit_permission = MANAGE
    save_word = N_("Save and go on")
    submits_new = False  # its participants are named first

    # --- form ------------------------------------------------------------------------------------------------------

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the passed plans of the unit."""
        form: Any = form_class(obj=row)
        passed = plans.approved(self.work, self.actor.organisation_id or 0, PlanKind.UNIT)
        form.plan_id.choices = [("", gettext("Please select")), *((str(p.id), f"{p.name} ({p.year})") for p in passed)]
        if not passed:
            form.plan_id.description = gettext("No plan of the unit was approved yet; hours belong to one.")
        if row is not None and not form.hours.raw_data:
            form.hours.data = to_hours(row.hours_tenths)
        for field in form:
            field.flags.required = field.name not in OPTIONAL
        return self.with_files(form, row)

    def create_row(self, session: Session, actor: Actor, form: Any) -> UnitTraining:
        """Write a draft; its participants are named on its page."""
        return unit_hours.save(session, actor, _data(form), form_key=form.form_key.data or "", **self.file_values(form))

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change a draft or a rejected training; submit it, too, when that was asked for."""
        changed = unit_hours.save(session, actor, _data(form), training_id=row.id, **self.file_values(form))
        self.then_submit(session, actor, changed, unit_granting.submit)

    def after_create(self, row: Any, back: str) -> str:
        """Go on to the page of the draft: it has no participants yet."""
        return self._page_of(row.id, back)

    # --- the list of participants ------------------------------------------------------------------------------------

    def details_context(self, row: Any) -> dict[str, Any]:
        """Return the participants, and whether they may change now."""
        rows = participants.of(self.work, row.id)
        return {
            "participants": rows,
            "participant_columns": participant_columns(rows),
            "may_change": row.state in EDITABLE and self.may(MANAGE),
        }

    @expose("/participants/add", methods=("POST",))
    @failures_limited
    def add_participant(self) -> Response:
        """Put whom a number belongs to on the list."""
        training_id = self._asked_training()
        number = request.form.get("number", "")[:40]

        def add(session: Session) -> str:
            name = participants.add_by_number(session, self.actor, training_id, number)
            return gettext("On the list: %(name)s.", name=name)

        return self._change(training_id, add, is_look_up=True)

    @expose("/participants/remove", methods=("POST",))
    def remove_participants(self) -> Response:
        """Take the ticked people off the list."""
        training_id = self._asked_training()
        ids = [i for i in map(read_id, request.form.getlist("ids")[: unit_hours.MOST_PEOPLE]) if i]

        def take_off(session: Session) -> str:
            moved = participants.remove_many(session, self.actor, ids)
            moved.or_raise()
            return gettext("Taken off the list: %(n)s.", n=len(moved.done))

        if not ids:
            flash(gettext(N_("Please select at least one row.")), "warning")
            return redirect_own(self._page_of(training_id, anchor=None), self.list_url())
        return self._change(training_id, take_off)

    def _change(self, training_id: int, change: Callable[[Session], str], *, is_look_up: bool = False) -> Response:
        self.actor.require(MANAGE)
        try:
            with unit_of_work() as session:
                said = change(session)
            flash(said, "success")
        except Invalid as refusal:
            if is_look_up:
                note_failure()
            flash(say(refusal), "error")
        except DomainError as refusal:
            flash(say(refusal), "error")
        else:
            return redirect_own(self._page_of(training_id), self.list_url())
        # A refusal stands at the head of the page, not where the list begins.
        return redirect_own(self._page_of(training_id, anchor=None), self.list_url())

    def _asked_training(self) -> int:
        return int(self.find(request.form.get("id")).id)

    def _page_of(self, training_id: int, back: str = "", *, anchor: str | None = "participants") -> str:
        back = back or request.form.get("url", "") or self.list_url()
        return url_for("unit_hours.details_view", id=training_id, url=back, _anchor=anchor)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Hours are entered by a plan of the unit that was approved, for all its participants at once."))


def participant_columns(rows: Sequence[Participant]) -> list[Col]:
    """Return the columns of a list of participants; why to look closely only where somebody has a reason."""
    columns = [column.described(Participant) for column in OF_LIST]
    if any(row.key_reasons for row in rows):
        columns.append(Col("key_reasons", label=N_("Reasons for key review"), value=key_words))
    return columns


def key_words(row: Participant) -> str:
    """Return why one participant's hours deserve a closer look."""
    return gettext(N_("; ")).join(words(reason["message_id"], reason.get("params")) for reason in row.key_reasons or ())
