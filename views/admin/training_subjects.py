"""S106 专业科目管理 of a training base, and S116 公需科目管理 of an HR department."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import Optional

from models.access import Actor, Permission, PositionKind
from models.base import to_hours
from models.errors import N_
from models.training import public_subjects, subjects, typed
from models.training.public_subjects import PublicSubject, PublicSubjectData
from models.training.subjects import ProfessionalSubject
from views import states
from views.admin.actions import BatchAction, PageAction, RowAction, ids_only
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import Filter, part_filter
from views.admin.keyset import Sort
from views.arguments import read_id
from views.forms import PlainForm

SWITCH = Col("is_enabled", status=states.SWITCH)
ROW_ACTIONS = (
    RowAction("edit", N_("Edit")),
    RowAction("disable", N_("Disable"), batch="disable", when=lambda row: row.is_enabled),
    RowAction("enable", N_("Enable"), batch="enable", when=lambda row: not row.is_enabled),
)


def _told_before_disabling(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("A disabled subject cannot be chosen for new plans and classes; those that have it keep it."))]


def _switches(set_enabled: Any, permission: Permission) -> tuple[BatchAction, ...]:
    return (
        BatchAction("enable", N_("Enable"), ids_only(partial(set_enabled, is_enabled=True)), permission=permission),
        BatchAction(
            "disable",
            N_("Disable"),
            ids_only(partial(set_enabled, is_enabled=False)),
            permission=permission,
            preview=_told_before_disabling,
            is_danger=True,
        ),
    )


class SubjectForm(PlainForm):
    """The name; the operation checks it."""

    name = StringField(_l("Name of the professional subject"), render_kw={"maxlength": subjects.LONGEST_NAME})


class SubjectsView(ScopedModelView):
    """The professional subjects of the own base."""

    permission = Permission.TRAINING_MANAGE
    kinds = frozenset({PositionKind.TRAINING_BASE})
    name_id = N_("Professional subject management")
    new_word = N_("Add professional subject")
    group_id = N_("Training management")
    icon = "book"
    order = 41

    columns = (Col("name"), SWITCH, Col("created_at", shown=False))
    sorts = (Sort("id", (ProfessionalSubject.id,), is_descending=True),)
    filters = (part_filter("name", ProfessionalSubject.name, N_("Name of the professional subject")),)
    row_actions = ROW_ACTIONS
    batch_actions = _switches(subjects.set_enabled, Permission.TRAINING_MANAGE)
    page_actions = (
        PageAction(
            "new",
            N_("Add professional subject"),
            url=lambda view: url_for("subjects.create_view", url=view.list_url()),
            is_primary=True,
        ),
    )
    create_form_class: ClassVar[type[PlainForm] | None] = SubjectForm
    create_permission = Permission.TRAINING_MANAGE
    edit_form_class: ClassVar[type[PlainForm] | None] = SubjectForm
    edit_permission = Permission.TRAINING_MANAGE

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out what is not the own base's."""
        return (ProfessionalSubject.organisation_id == (actor.organisation_id or 0),)

    def row_name(self, row: Any) -> str:
        """Return the name."""
        return str(row.name)

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form; the name is required."""
        form: Any = form_class(obj=row)
        form.name.flags.required = True
        return form

    def create_row(self, session: Session, actor: Actor, form: Any) -> ProfessionalSubject:
        """Add a subject."""
        return subjects.add(session, actor, form.name.data or "")

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Rename a subject."""
        subjects.edit(session, actor, row.id, form.name.data or "")

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("Plans of professional trainings choose one of the subjects that stand here."))


class PublicSubjectForm(PlainForm):
    """Year, name and hours; the operation checks them."""

    year = SelectField(_l("Year"), validate_choice=False)
    name = StringField(_l("Name of the public subject"), render_kw={"maxlength": public_subjects.LONGEST_NAME})
    hours = DecimalField(_l("Hours"), [Optional()], places=1)


class PublicSubjectsView(ScopedModelView):
    """The public subjects that the own HR department offers to all below it."""

    permission = Permission.PUBLIC_SUBJECTS
    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Manage public subjects")
    new_word = N_("Add public subject")
    group_id = N_("Review of hours")
    icon = "book"
    order = 38

    columns = (Col("name"), Col("year"), Col("hours_tenths"), SWITCH, Col("created_at", shown=False))
    sorts = (Sort("id", (PublicSubject.id,), is_descending=True),)
    filters = (
        part_filter("name", PublicSubject.name, N_("Name of the public subject")),
        Filter("year", N_("Year"), lambda statement, value: statement.where(PublicSubject.year == value), kind="year"),
    )
    row_actions = ROW_ACTIONS
    batch_actions = _switches(public_subjects.set_enabled, Permission.PUBLIC_SUBJECTS)
    page_actions = (
        PageAction(
            "new",
            N_("Add public subject"),
            url=lambda view: url_for("public_subjects.create_view", url=view.list_url()),
            is_primary=True,
        ),
    )
    create_form_class: ClassVar[type[PlainForm] | None] = PublicSubjectForm
    create_permission = Permission.PUBLIC_SUBJECTS
    edit_form_class: ClassVar[type[PlainForm] | None] = PublicSubjectForm
    edit_permission = Permission.PUBLIC_SUBJECTS

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out what HR departments above and below offer: each answers for its own."""
        return (PublicSubject.organisation_id == (actor.organisation_id or 0),)

    def row_name(self, row: Any) -> str:
        """Return name and year."""
        return f"{row.name} ({row.year})"

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the years that subjects may be offered for."""
        form: Any = form_class(obj=row)
        form.year.choices = [(str(y), str(y)) for y in typed.years()]
        if row is not None and not form.hours.raw_data:
            form.hours.data = to_hours(row.hours_tenths)
        for field in form:
            field.flags.required = True
        return form

    def create_row(self, session: Session, actor: Actor, form: Any) -> PublicSubject:
        """Offer a subject."""
        return public_subjects.add(session, actor, _data(form))

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change a subject."""
        public_subjects.edit(session, actor, row.id, _data(form))

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("Training bases below choose from the public subjects of the year that stand here."))


def _data(form: Any) -> PublicSubjectData:
    return PublicSubjectData(read_id(form.year.data or ""), form.name.data or "", form.hours.data)
