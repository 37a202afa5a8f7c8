"""The support desk issues temporary codes to units without a certificate."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from models.access import Permission
from models.base import db
from models.errors import N_, DomainError
from models.org import temporary_codes
from models.transaction import unit_of_work
from views.actor import required_actor
from views.forms import PlainForm
from views.support.desk import blueprint


class CodeForm(PlainForm):
    """For whom and where a code is issued."""

    name = StringField(_l("Unit name"), render_kw={"maxlength": temporary_codes.LONGEST_NAME})
    region_code = StringField(
        _l("Region"),
        description=_l("The six digits of the administrative division, as 371102."),
        render_kw={"maxlength": 12, "inputmode": "numeric"},
    )


@blueprint.route("/codes", methods=["GET", "POST"])
def codes() -> str | Response:
    """List the codes that were issued last, and issue another."""
    actor = required_actor(Permission.SUPPORT_CODES)
    form: Any = CodeForm()
    form.name.flags.required = form.region_code.flags.required = True
    if request.method == "POST":
        try:
            with unit_of_work() as session:
                made = temporary_codes.issue(
                    session, actor, name=form.name.data or "", region_code=(form.region_code.data or "").strip()
                )
        except DomainError as refusal:
            form.show_error(refusal)
        else:
            flash(gettext(N_("The code %(code)s was issued to %(name)s."), code=made.code, name=made.name), "success")
            return redirect(url_for("support.codes"), code=303)
    return render_template("support/codes.html", form=form, rows=temporary_codes.recent(db.session()))
