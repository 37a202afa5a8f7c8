"""S107, S108: the classes of a training base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import DateField, DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import Optional

from models.access import Actor, Permission, PositionKind
from models.errors import N_
from models.training import classes, grades, plans
from models.training.classes import ClassData, TrainingClass
from models.training.plans import PlanKind
from views.admin.actions import PageAction, RowAction, Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.arguments import read_id
from views.forms import PlainForm
from views.portal.words import ELECTIVE, SUBJECTS
from views.words import local_time, words

MANAGE = Permission.TRAINING_MANAGE
BASES = frozenset({PositionKind.TRAINING_BASE})
GROUP = N_("Training management")


class ClassForm(PlainForm):
    """A class of a passed plan; the operation checks it."""

    plan_id = SelectField(_l("Training plan"), validate_choice=False)
    name = StringField(_l("Training class name"), render_kw={"maxlength": classes.LONGEST_NAME})
    starts_on = DateField(_l("Starts on"), [Optional()])
    ends_on = DateField(_l("Ends on"), [Optional()])
    hours = DecimalField(_l("Hours"), [Optional()], places=1, description=_l("Left empty: the hours of the plan."))
    pass_mark = IntegerField(_l("Pass mark"), [Optional()], default=classes.PASS_MARK, description=_l("Of 100 marks."))
    place = StringField(_l("Place of training"), render_kw={"maxlength": classes.LONGEST_PLACE})
    teacher = StringField(_l("Teacher"), render_kw={"maxlength": classes.LONGEST_TEACHER})


def _days(row: TrainingClass) -> str:
    return f"{local_time(row.starts_on)} - {local_time(row.ends_on)}"


class TrainingClassesView(ScopedModelView):
    """培训班管理: the classes of the own base."""

    permission = MANAGE
    kinds = BASES
    name_id = N_("Training class management")
    group_id = GROUP
    icon = "file"
    order = 42

    columns = (
        Col("name", is_link=True),
        Col("plan_name"),
        Col("days", label=N_("Start and end date"), value=_days),
        Col("hours_tenths"),
        Col("teacher", shown=False),
        Col("created_at", shown=False),
    )
    sorts = (Sort("id", (TrainingClass.path, TrainingClass.id), is_descending=True),)
    filters = (part_filter("name", TrainingClass.name, N_("Training class name")),)
    page_actions = (
        PageAction(
            "new",
            N_("Add training class"),
            url=lambda view: url_for("training_classes.create_view", url=view.list_url()),
            is_primary=True,
        ),
    )
    row_actions = (
        RowAction("details", N_("View")),
        RowAction("grades", N_("Enter scores"), url=lambda _view, row: url_for("grade_entry.index", class_id=row.id)),
        RowAction("delete", N_("Delete"), is_danger=True),
    )
    details = (
        Section(
            N_("Training class"),
            (
                "name",
                "plan_name",
                "year",
                Col("subject", choices=SUBJECTS),
                Col("elective", choices=ELECTIVE),
                "starts_on",
                "ends_on",
                "hours_tenths",
                "pass_mark",
                "place",
                "teacher",
            ),
        ),
    )
    form_template = "admin/class_form.html"
    create_form_class: ClassVar[type[PlainForm] | None] = ClassForm
    create_permission = MANAGE
    delete_permission = MANAGE

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """List what the own base holds."""
        return (TrainingClass.organisation_id == (actor.organisation_id or 0),)

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the passed plans of the base."""
        form: Any = form_class(obj=row)
        passed = plans.approved(self.work, self.actor.organisation_id or 0, PlanKind.SINGLE)
        form.plan_id.choices = [("", gettext("Please select")), *((str(p.id), p.name) for p in passed)]
        if not passed:
            form.plan_id.description = gettext("No plan of a training was approved yet; classes belong to one.")
        for name in ("plan_id", "name", "starts_on", "ends_on", "pass_mark"):
            form[name].flags.required = True
        return form

    def create_row(self, session: Session, actor: Actor, form: Any) -> TrainingClass:
        """Write a class."""
        data = ClassData(
            read_id(form.plan_id.data),
            form.name.data or "",
            form.starts_on.data,
            form.ends_on.data,
            form.hours.data,
            form.place.data or "",
            form.teacher.data or "",
            form.pass_mark.data,
        )
        return classes.add(session, actor, data)

    def delete_row(self, session: Session, actor: Actor, row: Any) -> None:
        """Delete a class without grades."""
        grades.remove_class(session, actor, row.id)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Classes belong to a plan that was approved; grades are entered for a class."))
