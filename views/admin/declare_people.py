"""添加人员: picks people of the subtree for a form that declares for many, here and from the list of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session
from wtforms import SelectField

from models.access import Actor
from models.base import db
from models.credits import applicants, batches
from models.credits.batches import DeclarationBatch
from models.errors import N_, NotFound
from models.org.tables import Department
from models.people.tables import Professional, ProfessionalState
from models.workflow import Moved
from views.actor import required_actor
from views.admin import people_filters
from views.admin.actions import BatchAction, PageAction, RowAction
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.declaring import DECLARE, GROUP
from views.admin.filters import Filter
from views.admin.keyset import Sort
from views.admin.screen import WITH_MEMBERS
from views.arguments import read_id
from views.forms import PlainForm


def _choices() -> list[tuple[str, str]]:
    found = batches.unfinished(db.session(), required_actor(DECLARE))
    return [(str(b.id), batch_words(b)) for b in found]


def batch_words(batch: DeclarationBatch) -> str:
    """Return a form in a list: year, learning form, what it is about, how many people it has."""
    n = applicants.tally(db.session(), batch.id).n_all
    parts = [str(batch.year), batch.form_name, str(batch.inputs.get("class_name", ""))[:40], gettext("%(n)s people", n=n)]
    return " · ".join(p for p in parts if p)


class AddForm(PlainForm):
    """Which form the people are added to; the one that was worked on last comes first."""

    batch_id = SelectField(_l("Declaration"), choices=_choices, validate_choice=False)


def _add(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:  # noqa: ARG001 - the shape of every batch
    batch_id = read_id(values.get("batch_id"))
    if batch_id is None:
        raise NotFound(N_("Begin a declaration first: choose “Declare hours for people”, fill in the form and add people."))
    return applicants.add_many(session, actor, batch_id, ids)


ADD = BatchAction("declare", N_("Declare hours for them"), _add, row_label=N_("Add people"), permission=DECLARE, form=AddForm)


def _departments() -> list[tuple[str, str]]:
    actor = required_actor(DECLARE)
    own = (Department.organisation_id == actor.organisation_id, Department.is_enabled)
    return [(str(d.id), d.name) for d in db.session.scalars(select(Department).where(*own).order_by(Department.name))]


def _in_department(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Professional.department_id == int(value))


def _latest(_view: Any) -> str:
    found = batches.unfinished(db.session(), required_actor(DECLARE), limit=1)
    return url_for("declare_for.edit", id=found[0].id) if found else url_for("declare_for.index")


class DeclarePeople(ScopedModelView):
    """Everybody of the subtree who can be declared for."""

    permission = DECLARE
    kinds = WITH_MEMBERS
    name_id = N_("Add people")
    group_id = GROUP
    in_menu = False

    columns = (Col("name"), Col("number_masked"), Col("organisation_name", sort="id"), Col("title_series", shown=False))
    sorts = (Sort("id", (Professional.path, Professional.id)),)
    filters = (
        *(f for f in people_filters.FILTERS if f.name in {"name", "number", "organisation"}),
        Filter("section", N_("Internal department"), _in_department, kind="choice", choices=_departments),
    )
    page_actions = (PageAction("back", N_("Back to the declaration"), url=_latest, icon="left"),)
    batch_actions = (replace(ADD, label=N_("Add people")),)
    row_actions = (RowAction("declare", N_("Add people"), batch="declare"),)

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out whoever is not in use."""
        return (Professional.state == ProfessionalState.ACTIVE,)
