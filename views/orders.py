"""Change orders as the administration and the support desk show them: the form, the figures in words, one way to carry out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import flash, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from models.access import Actor
from models.base import db
from models.errors import N_, DomainError
from models.org.tables import ChangeOrder, Department, OrderKind, Organisation, OrganisationState
from models.reviews import orders
from models.reviews.orders import Order
from models.transaction import rehearsal, unit_of_work
from views.arguments import read_id
from views.forms import PlainForm
from views.words import say, words

KIND_WORDS: Mapping[str, str] = MappingProxyType(
    {
        OrderKind.MOVE: N_("Move below another superior"),
        OrderKind.MERGE: N_("Merge into another unit"),
        OrderKind.RENAME: N_("Rename"),
        OrderKind.DISABLE: N_("Disable"),
        OrderKind.SPLIT: N_("Split off a new unit"),
    }
)


MOVES_PEOPLE = frozenset({OrderKind.MOVE, OrderKind.MERGE, OrderKind.SPLIT})
MOST_PARTS = 500
"""So many departments, and units below, can be chosen from."""


BOXES: Mapping[str, Any] = MappingProxyType(
    {"validate_choice": False, "widget": ListWidget(prefix_label=False), "option_widget": CheckboxInput()}
)


class OrderForm(PlainForm):
    """What is to be done with which unit, and why; the operation checks it."""

    kind = SelectField(_l("Kind of change"), validate_choice=False)
    subject_id = StringField(_l("Unit name"))
    target_id = StringField(
        _l("New superior, or unit that takes over"),
        description=_l("For moving: the new superior. For merging: the unit that stays."),
    )
    name = StringField(
        _l("New name"), description=_l("For renaming, and of the unit that is split off."), render_kw={"maxlength": 200}
    )
    code = StringField(
        _l("Code of the new unit"),
        description=_l("For splitting: its own code, or a temporary code that was issued."),
        render_kw={"maxlength": 40, "autocomplete": "off"},
    )
    departments = SelectMultipleField(_l("Departments that go to the new unit, with their people"), **BOXES)
    units = SelectMultipleField(_l("Units below that go to the new unit"), **BOXES)
    reason = TextAreaField(_l("Reason"), render_kw={"maxlength": 500, "rows": 3})


def make_form(address: str, words_of: Any, **preset: str) -> Any:
    """Return the form; *address* searches units, *words_of* gives the name of a chosen one."""
    form: Any = OrderForm(data=preset)
    form.kind.choices = [(kind, gettext(word)) for kind, word in KIND_WORDS.items()]
    for name in ("subject_id", "target_id"):
        value = form[name].data or ""
        form[name].render_kw = {"data-picker": address, "data-text": words_of(value) if value else ""}
    for name in ("kind", "subject_id", "reason"):
        form[name].flags.required = True
    _offer_parts(form)
    return form


def _offer_parts(form: Any) -> None:
    """Offer what can be split off the chosen unit; before one is chosen there is nothing to offer."""
    subject_id = read_id(form.subject_id.data) if form.kind.data == OrderKind.SPLIT else None
    offered = {"departments": [], "units": []} if subject_id is None else parts_of(db.session(), subject_id)
    for name, rows in offered.items():
        if rows:
            form[name].choices = [(str(key), words) for key, words in rows]
        else:
            del form[name]


def parts_of(session: Session, subject_id: int) -> dict[str, list[tuple[int, str]]]:
    """Return the departments of a unit of the scope, in the order of their tree, and the units right below it."""
    departments = select(Department).where(Department.organisation_id == subject_id).order_by(Department.place).limit(MOST_PARTS)
    below = (Organisation.parent_id == subject_id, Organisation.state != OrganisationState.REJECTED)
    units = select(Organisation.id, Organisation.name).where(*below).order_by(Organisation.name, Organisation.id)
    return {
        "departments": [(d.id, "　" * (d.place.count("/") - 2) + d.name) for d in session.scalars(departments)],
        "units": [(row.id, row.name) for row in session.execute(units.limit(MOST_PARTS))],
    }


def order_of(form: Any) -> Order:
    """Return what was typed as an order; what a kind does not need is left out."""
    kind = OrderKind(form.kind.data) if form.kind.data in set(OrderKind) else OrderKind.MOVE
    needs_target = kind in {OrderKind.MOVE, OrderKind.MERGE}
    return Order(
        kind,
        read_id(form.subject_id.data) or 0,
        form.reason.data or "",
        (read_id(form.target_id.data) or 0) if needs_target else None,
        form.name.data or "" if kind in {OrderKind.RENAME, OrderKind.SPLIT} else "",
        form.code.data or "",
        *(tuple(read_id(one) or 0 for one in form[n].data or ()) if n in form else () for n in ("departments", "units")),
    )


def take(actor: Actor, form: Any) -> dict[str, Any] | None:
    """Carry out what was sent, or rehearse it; return what the form's page shows, None once the order was given."""
    shown: ChangeOrder | None = None
    if request.method == "POST":
        try:
            order = order_of(form)
            if request.form.get("step") == "give":
                with unit_of_work() as session:
                    orders.give(session, actor, order)
                flash(gettext(N_("The order was carried out; it can be undone in this list.")), "success")
                return None
            shown = _rehearsed(actor, order)
        except DomainError as refusal:
            form.form_errors.append(say(refusal))
    return {
        "form": form,
        "shown": shown,
        "lines": effect_words(shown) if shown else [],
        "reroutes": reroute_words(shown.effect) if shown else [],
        "kind_word": gettext(KIND_WORDS[shown.kind]) if shown else "",
    }


def _rehearsed(actor: Actor, order: Order) -> ChangeOrder:
    with rehearsal() as session:
        made = orders.give(session, actor, order)
        session.expunge(made)
    return made


def effect_words(order: ChangeOrder) -> list[str]:
    """Return the figures of an order's effect as sentences."""
    effect = order.effect
    found = [
        words(N_("Units that are concerned: %(n)s"), {"n": effect["n_organisations"]}),
        words(N_("People who are concerned: %(n)s"), {"n": effect["n_people"]}),
        words(N_("Administrators who no longer see them: %(n)s"), {"n": effect["n_losing"]}),
        words(N_("Administrators who see them from now on: %(n)s"), {"n": effect["n_gaining"]}),
        words(N_("Open reviews that another unit decides from now on: %(n)s"), {"n": effect["n_reviews"]}),
    ]
    if effect["n_people"] and order.kind in MOVES_PEOPLE:
        found.append(words(N_("Statistics count these people at the new place from the running year on; closed years stay.")))
    if effect["n_posts_ended"]:
        found.append(words(N_("Posts of administrators that end: %(n)s"), {"n": effect["n_posts_ended"]}))
    return found


def reroute_words(effect: Mapping[str, Any]) -> list[str]:
    """Return where the open reviews go, one sentence for each pair of units."""
    return [words(N_("%(n)s from %(a)s to %(b)s"), {"n": n, "a": a, "b": b}) for a, b, n in effect["reroutes"]]
