"""The support desk merges and moves organisations anywhere in the tree (客服处理合并), and undoes it."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from models.access import Permission
from models.base import db
from models.org.tables import ChangeOrder
from models.reviews import orders
from views import states
from views.actor import required_actor
from views.admin.pickers import asked, items, matching_units, organisation_words
from views.orders import KIND_WORDS, make_form, take
from views.outcome import telling
from views.support.desk import blueprint

RECENT = 50


@blueprint.get("/organisations")
def organisations() -> Response:
    """Answer the searched choice of any organisation, by a piece of its name or by its code."""
    required_actor(Permission.SUPPORT_ORDERS)
    rows = db.session.scalars(matching_units(asked()))
    return items([(str(o.id), o.name, o.code) for o in rows])


@blueprint.route("/orders", methods=["GET", "POST"], endpoint="orders")
def change_orders() -> str | Response:
    """Ask for an order, show what it will do, carry it out; below it those of the past."""
    actor = required_actor(Permission.SUPPORT_ORDERS)
    page = take(actor, make_form(url_for("support.organisations"), organisation_words))
    if page is None:
        return redirect(url_for("support.orders"), code=303)
    rows = db.session.scalars(select(ChangeOrder).order_by(ChangeOrder.id.desc()).limit(RECENT)).all()
    return render_template(
        "support/orders.html",
        rows=[(row, gettext(KIND_WORDS[row.kind]), states.ORDER[row.state]) for row in rows],
        **page,
    )


@blueprint.post("/orders/<int:order_id>/undo")
def undo_order(order_id: int) -> Response:
    """Take an order back."""
    actor = required_actor(Permission.SUPPORT_ORDERS)
    with telling(gettext("The order was undone.")) as session:
        orders.undo(session, actor, order_id)
    return redirect(url_for("support.orders"), code=303)
