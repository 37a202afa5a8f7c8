"""免修减免: who is exempt from a year, or from a part of it. Granted from the list of people, ended here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import IntegerField, SelectChoice, SelectField
from wtforms.validators import InputRequired, NumberRange

from models.access import Actor, Permission, PositionKind
from models.base import today
from models.credits import exempting
from models.credits.exemptions import WHOLE_YEAR, Exemption, ExemptionKind
from models.errors import N_
from models.workflow import Moved
from views.admin.actions import BatchAction, PageAction, Reason, RowAction, ids_only
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import Filter, text_filter
from views.admin.keyset import Sort
from views.forms import PlainForm

KIND_WORDS: dict[str, str] = {
    ExemptionKind.PARTIAL_YEAR: N_("Began work in the course of the year"),
    ExemptionKind.LEAVE: N_("Long leave"),
    ExemptionKind.RETIREMENT: N_("Retirement"),
    ExemptionKind.OTHER: N_("Other"),
}


class ExemptionForm(PlainForm):
    """Which year, why, and how much of it."""

    year = IntegerField(
        _l("Year"),
        [InputRequired(_l("Please fill this in.")), NumberRange(1990, 2200, _l("This is not a year."))],
        default=lambda: today().year,
    )
    kind = SelectField(_l("Kind of exemption"), choices=[SelectChoice(str(k), _l(w)) for k, w in KIND_WORDS.items()])
    months = IntegerField(
        _l("Months exempt"),
        [InputRequired(_l("Please fill this in.")), NumberRange(1, WHOLE_YEAR, _l("The months lie between 1 and 12."))],
        default=WHOLE_YEAR,
        description=_l("12: the whole year. Fewer: what the year demands is reduced in proportion."),
    )


def _exempt(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:
    chosen = {name: values[name] for name in ("year", "kind", "months")}
    return exempting.exempt_many(session, actor, ids, note=reason, **chosen)


EXEMPT = BatchAction(
    "exempt",
    N_("Exempt from a year"),
    _exempt,
    permission=Permission.EXEMPTIONS,
    reason=Reason(),
    form=ExemptionForm,
)


class ExemptionsView(ScopedModelView):
    """The exemptions of the subtree, those that hold and those that ended."""

    permission = Permission.EXEMPTIONS
    kinds = frozenset({PositionKind.HR_DEPARTMENT, PositionKind.COMPETENT_DEPARTMENT})
    name_id = N_("Exemptions from hours")
    group_id = N_("Queries and statistics")
    icon = "people"
    order = 55

    columns = (
        Col("year"),
        Col("person_name"),
        Col("organisation_name"),
        Col("kind", choices=KIND_WORDS),
        Col("months"),
        Col("note"),
        Col("granted_by"),
        Col("created_at", sort="id"),
        Col("ended_at"),
    )
    sorts = (Sort("id", (Exemption.path, Exemption.id), is_descending=True),)
    filters = (
        Filter("year", N_("Year"), lambda statement, year: statement.where(Exemption.year == year), kind="year"),
        text_filter("name", N_("Name"), lambda statement, text: statement.where(Exemption.person_name == text)),
    )
    page_actions = (PageAction("new", N_("Choose people"), url=lambda _view: url_for("people.index_view"), is_primary=True),)
    batch_actions = (
        BatchAction("end", N_("End"), ids_only(exempting.end_many), permission=Permission.EXEMPTIONS, is_danger=True),
    )
    row_actions = (RowAction("end", N_("End"), batch="end", when=lambda row: row.ended_at is None, is_danger=True),)

    def row_name(self, row: Any) -> str:
        """Return name and year."""
        return f"{row.person_name} {row.year}"

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("People are exempted from the list of people: tick them and choose “Exempt from a year”."))
