"""S063 管理内设部门: the tree of internal departments of the own organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField

from models.access import Actor, Permission
from models.errors import N_
from models.org import departments
from models.org.departments import DepartmentData
from models.org.tables import Department
from models.people.tables import Professional, ProfessionalState
from views import states
from views.admin.actions import BatchAction, PageAction, RowAction, ids_only
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.exports import export_action
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.admin.screen import WITH_MEMBERS
from views.arguments import read_id
from views.forms import PlainForm

INDENT = "\u3000"
"""An ideographic blank for each level, before the name of what stands below another."""


class DepartmentForm(PlainForm):
    """Name, phone and the department above; the operation checks them."""

    name = StringField(_l("Department name"), render_kw={"maxlength": departments.LONGEST_NAME})
    phone = StringField(_l("Department phone"), render_kw={"type": "tel", "maxlength": departments.LONGEST_PHONE})
    parent_id = SelectField(_l("Department above"), validate_choice=False)


def tree_choices(session: Session, organisation_id: int, *, but: Department | None = None) -> list[tuple[str, str]]:
    """Return the enabled departments of an organisation as choices in the order of the tree, without *but* and those below."""
    rows = departments.tree(session, organisation_id)
    return [
        (str(row.id), _indented(row))
        for row in rows
        if (row.is_enabled or (but and row.id == but.parent_id)) and not (but and row.place.startswith(but.place))
    ]


def _indented(row: Department) -> str:
    return INDENT * (row.place.count("/") - 2) + row.name


def _told_before_disabling(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("Nobody can choose a disabled department; whoever is in it stays. Those below it are disabled, too."))]


class DepartmentsView(ScopedModelView):
    """The departments of the own organisation, in the order of their tree."""

    permission = Permission.DEPARTMENTS_MANAGE
    kinds = WITH_MEMBERS
    name_id = N_("Manage internal departments")
    group_id = N_("Manage accounts")
    icon = "columns"
    order = 12

    columns = (
        Col("name", value=lambda row: _indented(row[0]), label=N_("Department name")),
        Col("phone", value=lambda row: row[0].phone, label=N_("Department phone")),
        Col("n_people", value=lambda row: row[1], label=N_("People"), kind="number"),
        Col("is_enabled", value=lambda row: row[0].is_enabled, label=N_("Status"), status=states.SWITCH),
    )
    sorts = (Sort("id", (Department.place, Department.id)),)
    filters = (part_filter("name", Department.name, N_("Department name")),)
    row_actions = (
        RowAction("edit", N_("Edit")),
        RowAction(
            "below",
            N_("Add below"),
            url=lambda view, row: url_for("departments.create_view", above=row[0].id, url=view.list_url()),
            when=lambda row: row.is_enabled,
        ),
        RowAction("disable", N_("Disable"), batch="disable", when=lambda row: row.is_enabled),
        RowAction("enable", N_("Enable"), batch="enable", when=lambda row: not row.is_enabled),
    )
    batch_actions = (
        BatchAction("enable", N_("Enable"), ids_only(departments.enable), permission=Permission.DEPARTMENTS_MANAGE),
        BatchAction(
            "disable",
            N_("Disable"),
            ids_only(departments.disable),
            permission=Permission.DEPARTMENTS_MANAGE,
            preview=_told_before_disabling,
            is_danger=True,
        ),
    )
    page_actions = (
        PageAction(
            "new",
            N_("Add department"),
            url=lambda view: url_for("departments.create_view", url=view.list_url()),
            is_primary=True,
        ),
        PageAction("import", N_("Batch import"), url=lambda _view: url_for("departments_import.index"), icon="upload"),
        export_action(Permission.DEPARTMENTS_MANAGE),
    )
    export_permission = Permission.DEPARTMENTS_MANAGE
    export_kind = "export_departments"
    create_form_class: ClassVar[type[PlainForm] | None] = DepartmentForm
    create_permission = Permission.DEPARTMENTS_MANAGE
    edit_form_class: ClassVar[type[PlainForm] | None] = DepartmentForm
    edit_permission = Permission.DEPARTMENTS_MANAGE

    def rows(self) -> Select[Any]:
        """Return the departments with the number of people in each."""
        n_people = (
            select(func.count())
            .where(Professional.department_id == Department.id, Professional.state == ProfessionalState.ACTIVE)
            .correlate(Department)
            .scalar_subquery()
        )
        return select(Department, n_people)

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out the departments of organisations below: each keeps its own."""
        return (Department.organisation_id == (actor.organisation_id or 0),)

    def row_name(self, row: Any) -> str:
        """Return the name."""
        return str(row[0].name)

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the departments that may stand above."""
        present = row[0] if row is not None else None
        form: Any = form_class(obj=present, data=None if present else {"parent_id": request.args.get("above", "")})
        above = tree_choices(self.work, self.actor.organisation_id or 0, but=present)
        form.parent_id.choices = [("", gettext(N_("None"))), *above]
        form.name.flags.required = True
        return form

    def create_row(self, session: Session, actor: Actor, form: Any) -> Department:
        """Add a department."""
        return departments.add(session, actor, _data(form))

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change a department."""
        departments.edit(session, actor, row[0], _data(form))

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("Departments are chosen when people register or administrators are added."))


def _data(form: Any) -> DepartmentData:
    typed = form.parent_id.data or ""
    return DepartmentData(form.name.data or "", form.phone.data or "", (read_id(typed) or 0) if typed else None)
