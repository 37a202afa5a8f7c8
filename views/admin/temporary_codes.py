"""Temporary codes that an HR department issues to units without a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import StringField

from models.access import Actor, Permission, PositionKind
from models.errors import N_
from models.org import temporary_codes
from models.org.temporary_codes import TemporaryCode
from views.admin.actions import PageAction
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.forms import PlainForm


class CodeForm(PlainForm):
    """For whom a code is issued."""

    name = StringField(_l("Unit name"), render_kw={"maxlength": temporary_codes.LONGEST_NAME})


class TemporaryCodesView(ScopedModelView):
    """The codes of the own department."""

    permission = Permission.ORGANISATIONS_CREATE
    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Temporary codes")
    group_id = N_("Manage accounts")
    icon = "file"
    order = 17

    columns = (Col("code"), Col("name"), Col("region_code", codes="regions"), Col("issued_by"), Col("created_at"))
    sorts = (Sort("id", (TemporaryCode.id,), is_descending=True),)
    filters = (part_filter("name", TemporaryCode.name, N_("Unit name")),)
    page_actions = (
        PageAction(
            "new",
            N_("Issue a code"),
            url=lambda view: url_for("temporary_codes.create_view", url=view.list_url()),
            is_primary=True,
        ),
    )
    create_form_class: ClassVar[type[PlainForm] | None] = CodeForm
    create_permission = Permission.ORGANISATIONS_CREATE

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out what departments below issued."""
        return (TemporaryCode.organisation_id == (actor.organisation_id or 0),)

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form."""
        form: Any = form_class(obj=row)
        form.name.flags.required = True
        return form

    def create_row(self, session: Session, actor: Actor, form: Any) -> TemporaryCode:
        """Issue a code."""
        return temporary_codes.issue(session, actor, name=form.name.data or "")

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("A unit without a certificate registers with a code that you issue here."))
