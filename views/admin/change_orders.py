"""Change orders of an HR department over its subtree: the figures first, then the order, the record, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models.access import Actor, Permission, PositionKind
from models.errors import N_
from models.org.tables import ChangeOrder, OrderState
from models.reviews import orders
from views import states
from views.admin.actions import BatchAction, PageAction, RowAction, Section, one_by_one
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.admin.pickers import organisation_address, organisation_words
from views.details import Change
from views.orders import KIND_WORDS, effect_words, make_form, reroute_words, take
from views.redirects import redirect_own
from views.words import words


def _what_undoing_does(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("Everything goes back to where it was; whoever has gone elsewhere since stays there."))]


COLUMNS = (
    Col("subject_name", is_link=True),
    Col("kind", label=N_("Kind of change"), value=lambda row: gettext(KIND_WORDS[row.kind])),
    Col("target_name"),
    Col("state", status=states.ORDER),
    Col("reason"),
    Col("ordered_by"),
    Col("created_at"),
)


class ChangeOrdersView(ScopedModelView):
    """单位调整: moves, mergers, new names and disablings, with what each did."""

    permission = Permission.ORDERS
    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Change orders")
    group_id = N_("Manage accounts")
    icon = "gear"
    order = 11

    columns = COLUMNS
    sorts = (Sort("id", (ChangeOrder.id,), is_descending=True),)
    filters = (part_filter("name", ChangeOrder.subject_name, N_("Unit name")),)
    page_actions = (
        PageAction("new", N_("New change order"), url=lambda _view: url_for("change_orders.order_view"), is_primary=True),
    )
    batch_actions = (
        BatchAction(
            "undo",
            N_("Undo"),
            one_by_one(orders.undo),
            permission=Permission.ORDERS,
            preview=_what_undoing_does,
            is_danger=True,
        ),
    )
    row_actions = (
        RowAction("details", N_("Details")),
        RowAction("undo", N_("Undo"), batch="undo", when=lambda row: row.state == OrderState.DONE, is_danger=True),
    )
    details = (Section(N_("Change order"), (*COLUMNS, "undone_by", "undone_at")),)

    def row_name(self, row: Any) -> str:
        """Return the name of the unit."""
        return str(row.subject_name)

    def changes(self, row: Any) -> Sequence[Change] | None:
        """Return the figures of what was done."""
        return [Change(gettext(N_("Effect")), "", line) for line in (*effect_words(row), *reroute_words(row.effect))]

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Units are moved, merged, renamed or disabled here; what it will do is shown first."))

    @expose("/order", methods=("GET", "POST"))
    def order_view(self) -> str | Response:
        """Ask for an order; show what it will do; carry it out."""
        self.actor.require(Permission.ORDERS)
        page = take(self.actor, make_form(organisation_address(), organisation_words, subject_id=request.args.get("id", "")))
        if page is None:
            return redirect_own(url_for("change_orders.index_view"), "/")
        return self.render("admin/change_order.html", view=self, **page)
