"""S021 单位调转: a professional asks to belong to another unit, sees how far it has come, and may take it back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from models.access import Actor
from models.base import db
from models.credits import why_not
from models.errors import DomainError
from models.people import profile, queries
from models.people.tables import Professional
from models.people.transfers import Transfer, open_transfer, transfers_of
from models.reviews import transfers
from models.transaction import unit_of_work
from views import states
from views.codes import code_name
from views.forms import PlainForm
from views.outcome import telling
from views.portal.reader import Shown, blueprint, mark_required, reader
from views.public.pickers import UnitField
from views.words import say

CONTACT = ("phone", "email", "landline")


class TransferForm(PlainForm):
    """What the person may set right of her contact, and where she wants to go; the operations check it."""

    phone = StringField(_l("Mobile number"), render_kw={"type": "tel", "maxlength": 40, "autocomplete": "tel"})
    email = StringField(_l("E-mail address"), render_kw={"type": "email", "maxlength": 200, "autocomplete": "email"})
    landline = StringField(_l("Personal landline"), render_kw={"type": "tel", "maxlength": 40})
    contact_phone = StringField(_l("Contact phone of the present unit"), render_kw={"type": "tel", "maxlength": 40})
    to_organisation_id = UnitField(_l("Choose the receiving unit"))


def _fixed(person: Professional) -> list[Shown]:
    columns = Professional.__table__.c

    def one(name: str, words: str, label: str = "") -> Shown:
        return Shown(name, label or gettext(str(columns[name].info["label"])), words)

    return [
        one("name", person.name),
        one("document_type", code_name("document_type", person.document_type)),
        one("number_masked", person.number_masked),
        one("organisation_name", person.organisation_name),
        Shown("department", gettext("Work department"), queries.department_name(db.session(), person)),
        one("title_series", code_name("title_series", person.title_series)),
        Shown(
            "title_qualification",
            gettext("Title qualification of the post"),
            code_name("title_qualification", person.title_qualification),
        ),
    ]


@blueprint.route("/profile/transfer", methods=["GET", "POST"], endpoint="transfer")
def ask() -> str | Response:
    """Show the form, or the transfer that waits; below it those of the past."""
    actor = reader()
    session = db.session()
    person = profile.own_profile(session, actor)
    form: Any = TransferForm(obj=person)
    mark_required(form, "phone", "email", "contact_phone", "to_organisation_id")
    if request.method == "POST" and _sent(actor, form):
        flash(gettext("The transfer was submitted; you are told when it is decided."), "success")
        return redirect(url_for("portal.transfer"), code=303)
    person = profile.own_profile(session, actor)  # anew: a refused submission was rolled back
    waiting = open_transfer(session, person.id)
    refusal = transfers.obstacle(session, person) if waiting is None else None
    return render_template(
        "portal/transfer.html",
        form=form,
        fixed=_fixed(person),
        waiting=waiting,
        obstacle=say(refusal) if refusal else "",
        helpers=_helpers(actor, person, waiting) if refusal or waiting else [],
        past=[(t, states.TRANSFER[t.state]) for t in transfers_of(session, person.id)],
    )


def _helpers(actor: Actor, person: Professional, waiting: Transfer | None) -> list[str]:
    """Say whom it waits for, the transfer itself or what stands in its way."""
    session = db.session()
    found = why_not.of_transfer(session, actor, waiting) if waiting is not None else why_not.waiting(session, person.id)
    return [say(each) for each in found]


@blueprint.post("/profile/transfer/withdraw")
def transfer_withdraw() -> Response:
    """Take the waiting transfer back."""
    actor = reader()
    with telling(gettext("The transfer was withdrawn.")) as session:
        transfers.withdraw_own(session, actor)
    return redirect(url_for("portal.transfer"), code=303)


def _sent(actor: Actor, form: Any) -> bool:
    target = form.to_organisation_id.unit_id()
    try:
        with unit_of_work() as session:
            profile.update_contact(session, actor, **{name: form[name].data or "" for name in CONTACT})
            transfers.start(session, actor, None, to_organisation_id=target, phone=form.contact_phone.data or "")
    except DomainError as refusal:
        form.show_error(refusal)
        return False
    return True
