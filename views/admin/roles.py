"""S068 角色管理 and S069 新增角色: sets of permissions of the own organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from models.access import PERMISSION_WORDS, Actor, Permission
from models.errors import N_
from models.people import roles
from models.people.roles import RoleData
from models.people.tables import Role
from views.admin.actions import BatchAction, PageAction, RowAction, ids_only
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.forms import PlainForm

MODULES = {
    "organisation": N_("Own unit"),
    "changes": N_("Changes of data"),
    "organisations": N_("Organisations below"),
    "departments": N_("Internal departments"),
    "administrators": N_("Administrators"),
    "roles": N_("Roles"),
    "publications": N_("Announcements and downloads"),
    "people": N_("People"),
    "registrations": N_("Registrations"),
    "hours": N_("Hours"),
    "certificates": N_("Certificates"),
}
"""The modules of permissions, in the order in which they are offered."""


class RoleForm(PlainForm):
    """Name, description and the tree of permissions; the operation checks them."""

    name = StringField(_l("Role name"), render_kw={"maxlength": roles.LONGEST_NAME})
    description = StringField(_l("Role description"), render_kw={"maxlength": roles.LONGEST_DESCRIPTION})
    permissions = SelectMultipleField(
        _l("Permission modules"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class RolesView(ScopedModelView):
    """The roles of the own organisation."""

    permission = Permission.ROLES_MANAGE
    name_id = N_("Role management")
    group_id = N_("Manage accounts")
    icon = "check"
    order = 16

    columns = (
        Col("name"),
        Col("description"),
        Col("permissions", label=N_("Permission modules"), value=lambda row: _modules_of(row.permissions)),
    )
    sorts = (Sort("id", (Role.path, Role.id)),)
    filters = (part_filter("name", Role.name, N_("Role name")),)
    row_actions = (
        RowAction("edit", N_("Edit")),
        RowAction("delete", N_("Delete"), batch="delete", is_danger=True),
    )
    batch_actions = (
        BatchAction(
            "delete",
            N_("Batch deletion"),
            ids_only(roles.remove),
            row_label=N_("Delete"),
            permission=Permission.ROLES_MANAGE,
            is_danger=True,
        ),
    )
    page_actions = (
        PageAction("new", N_("Add role"), url=lambda view: url_for("roles.create_view", url=view.list_url()), is_primary=True),
    )
    form_template = "admin/role_form.html"
    create_form_class: ClassVar[type[PlainForm] | None] = RoleForm
    create_permission = Permission.ROLES_MANAGE
    edit_form_class: ClassVar[type[PlainForm] | None] = RoleForm
    edit_permission = Permission.ROLES_MANAGE

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out the roles of organisations below: each keeps its own."""
        return (Role.organisation_id == (actor.organisation_id or 0),)

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the permissions that roles of this kind of organisation may hold."""
        form: Any = form_class(obj=row)
        form.permissions.choices = [(p.value, gettext(PERMISSION_WORDS[p])) for p in roles.grantable(self.actor.kind)]
        form.name.flags.required = form.permissions.flags.required = True
        return form

    def _form_page(self, form: Any, row: Any | None, back: str) -> str:
        own = {p.value for p in self.actor.permissions}
        chosen = set(form.permissions.data or ())
        groups = [
            (
                gettext(word),
                [
                    (value, label, value in chosen, value in own)
                    for value, label in form.permissions.choices
                    if value.split(".")[0] == module
                ],
            )
            for module, word in MODULES.items()
        ]
        return self.render(self.form_template, view=self, form=form, row=row, back=back, groups=[g for g in groups if g[1]])

    def create_row(self, session: Session, actor: Actor, form: Any) -> Role:
        """Add a role."""
        return roles.create(session, actor, _data(form))

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change a role."""
        roles.edit(session, actor, row, _data(form))

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("A role is needed before further administrators can be added."))


def _modules_of(permissions: Sequence[str]) -> str:
    """Return the modules that a role reaches into."""
    held = {p.split(".")[0] for p in permissions}
    return gettext(N_(", ")).join(gettext(word) for module, word in MODULES.items() if module in held)


def _data(form: Any) -> RoleData:
    return RoleData(form.name.data or "", form.description.data or "", form.permissions.data or ())
