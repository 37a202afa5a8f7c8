"""审核委托: who reviews in whose place, and for which days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Optional

from models.access import Actor, Permission
from models.base import today
from models.errors import N_
from models.people import delegations
from models.people.delegations import Delegation
from views.admin.actions import BatchAction, PageAction, RowAction, one_by_one
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.admin.screen import WITH_MEMBERS
from views.arguments import read_id
from views.forms import PlainForm
from views.words import words


class DelegationForm(PlainForm):
    """To whom, and for which days; the operation checks it."""

    to_post_id = SelectField(_l("Delegated to"), validate_choice=False)
    from_on = DateField(_l("First day"), [Optional()])
    to_on = DateField(_l("Last day"), [Optional()])
    reason = StringField(_l("Reason"), render_kw={"maxlength": delegations.LONGEST_REASON})


def _state(row: Delegation) -> str:
    if row.ended_at is not None:
        return gettext(N_("Ended"))
    if row.to_on < today():
        return gettext(N_("Over"))
    return gettext(N_("Holds now")) if row.from_on <= today() else gettext(N_("Not begun"))


class DelegationsView(ScopedModelView):
    """The delegations of the own organisation; both names stand in the record of each decision."""

    permission = Permission.HOME
    kinds = WITH_MEMBERS
    name_id = N_("Delegation of reviews")
    group_id = N_("Manage accounts")
    icon = "user"
    order = 16

    columns = (
        Col("from_name"),
        Col("to_name"),
        Col("from_on"),
        Col("to_on"),
        Col("reason"),
        Col("state", label=N_("Status"), value=_state),
    )
    sorts = (Sort("id", (Delegation.id,), is_descending=True),)
    filters = (part_filter("name", Delegation.from_name, N_("Delegated by")),)
    page_actions = (
        PageAction(
            "new",
            N_("New delegation"),
            url=lambda view: url_for("delegations.create_view", url=view.list_url()),
            is_primary=True,
        ),
    )
    batch_actions = (BatchAction("end", N_("End"), one_by_one(delegations.end), permission=Permission.HOME, is_danger=True),)
    row_actions = (
        RowAction("end", N_("End"), batch="end", when=lambda row: row.ended_at is None and row.to_on >= today(), is_danger=True),
    )
    create_form_class: ClassVar[type[PlainForm] | None] = DelegationForm
    create_permission = Permission.HOME

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out what units below have delegated."""
        return (Delegation.organisation_id == (actor.organisation_id or 0),)

    def row_name(self, row: Any) -> str:
        """Return both names."""
        return f"{row.from_name} → {row.to_name}"

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with the other administrators of the unit."""
        form: Any = form_class(obj=row)
        others = delegations.candidates(self.work, self.actor)
        form.to_post_id.choices = [("", gettext("Please select")), *((str(p.id), f"{p.name} {p.number_masked}") for p in others)]
        for name in ("to_post_id", "from_on", "to_on"):
            form[name].flags.required = True
        return form

    def create_row(self, session: Session, actor: Actor, form: Any) -> Delegation:
        """Delegate."""
        return delegations.delegate(
            session,
            actor,
            to_post_id=read_id(form.to_post_id.data),
            from_on=form.from_on.data,
            to_on=form.to_on.data,
            reason=form.reason.data or "",
        )

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("While you are away another administrator of your unit can review in your place."))
