"""The support desk merges and moves organisations anywhere in the tree (客服处理合并), and undoes it."""

from __future__ import annotations

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from models.access import Permission
from models.base import db
from models.errors import N_, DomainError
from models.org.tables import ChangeOrder, Organisation, OrganisationState
from models.reviews import orders
from models.transaction import unit_of_work
from views import states
from views.actor import required_actor
from views.admin.pickers import organisation_words
from views.orders import KIND_WORDS, effect_words, make_form, order_of, rehearsed, reroute_words
from views.support.desk import blueprint
from views.words import say

RECENT = 50
LIMIT = 20


@blueprint.get("/organisations")
def organisations() -> Response:
    """Answer the searched choice of any organisation, by a piece of its name or by its code."""
    required_actor(Permission.SUPPORT_ORDERS)
    q = request.args.get("q", "").replace("\0", "").strip()[:60]
    statement = select(Organisation).where(Organisation.state != OrganisationState.REJECTED)
    if q:
        statement = statement.where(or_(Organisation.name.contains(q, autoescape=True), Organisation.code == q.upper()))
    rows = db.session.scalars(statement.order_by(Organisation.path, Organisation.id).limit(LIMIT))
    return jsonify(items=[{"id": str(o.id), "text": o.name, "note": o.code} for o in rows])


@blueprint.route("/orders", methods=["GET", "POST"], endpoint="orders")
def change_orders() -> str | Response:
    """Ask for an order, show what it will do, carry it out; below it those of the past."""
    actor = required_actor(Permission.SUPPORT_ORDERS)
    form = make_form(url_for("support.organisations"), organisation_words)
    shown: ChangeOrder | None = None
    if request.method == "POST":
        try:
            order = order_of(form)
            if request.form.get("step") == "give":
                with unit_of_work() as session:
                    orders.give(session, actor, order)
                flash(gettext(N_("The order was carried out; it can be undone in this list.")), "success")
                return redirect(url_for("support.orders"), code=303)
            shown = rehearsed(actor, order)
        except DomainError as refusal:
            form.form_errors.append(say(refusal))
    rows = db.session.scalars(select(ChangeOrder).order_by(ChangeOrder.id.desc()).limit(RECENT)).all()
    return render_template(
        "support/orders.html",
        form=form,
        shown=shown,
        lines=effect_words(shown.effect) if shown else [],
        reroutes=reroute_words(shown.effect) if shown else [],
        kind_word=gettext(KIND_WORDS[shown.kind]) if shown else "",
        rows=[(row, gettext(KIND_WORDS[row.kind]), states.ORDER[row.state]) for row in rows],
    )


@blueprint.post("/orders/<int:order_id>/undo")
def undo_order(order_id: int) -> Response:
    """Take an order back."""
    actor = required_actor(Permission.SUPPORT_ORDERS)
    try:
        with unit_of_work() as session:
            orders.undo(session, actor, order_id)
    except DomainError as refusal:
        flash(say(refusal), "error")
    else:
        flash(gettext("The order was undone."), "success")
    return redirect(url_for("support.orders"), code=303)
