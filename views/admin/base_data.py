"""S102 基本信息维护: the data of the own training base: the unit's own, facilities, staff."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import Optional

from models.access import Permission, PositionKind
from models.errors import N_, DomainError
from models.org import queries
from models.org.tables import Organisation
from models.training import base_data
from models.training.base_data import BaseFigures
from models.transaction import unit_of_work
from views.admin.columns import Col
from views.admin.screen import ScopedPage
from views.forms import PlainForm
from views.redirects import redirect_own

FACILITIES = ("place", "area_m2", "n_classrooms", "n_seats", "n_computers", "equipment")
STAFF = ("n_managers", "n_full_time", "n_part_time", "n_senior", "staff")
OF_UNIT = ("name", "code", "nature", "unit_level", "industry", "phone", "address")


def _figure(label: Any) -> IntegerField:
    return IntegerField(label, [Optional()], render_kw={"inputmode": "numeric", "min": 0})


def _text(label: Any) -> TextAreaField:
    return TextAreaField(label, render_kw={"rows": 3, "maxlength": base_data.LONGEST_TEXT})


class BaseForm(PlainForm):
    """Facilities and staff; the operation checks them."""

    place = StringField(_l("Place of teaching"), render_kw={"maxlength": base_data.LONGEST_PLACE})
    area_m2 = _figure(_l("Area of the premises (square metres)"))
    n_classrooms = _figure(_l("Classrooms"))
    n_seats = _figure(_l("Seats"))
    n_computers = _figure(_l("Computers"))
    equipment = _text(_l("Further equipment"))
    n_managers = _figure(_l("Management staff"))
    n_full_time = _figure(_l("Full-time teachers"))
    n_part_time = _figure(_l("Part-time teachers"))
    n_senior = _figure(_l("Teachers with a senior title"))
    staff = _text(_l("About the staff"))


class BaseDataPage(ScopedPage):
    """What the base has to teach with, and who teaches there; the unit's own data are changed on their page."""

    permission = Permission.TRAINING_MANAGE
    kinds = frozenset({PositionKind.TRAINING_BASE})
    name_id = N_("Basic data")
    group_id = N_("Training management")
    icon = "home"
    order = 39

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str | Response:
        """Show and save facilities and staff."""
        unit = queries.own(self.work, self.actor)
        form: Any = BaseForm(obj=base_data.of(self.work, unit.id))
        if request.method == "POST" and form.validate():
            texts: dict[str, Any] = {name: form[name].data or "" for name in ("place", "equipment", "staff")}
            figures = {name: form[name].data for name in base_data.FIGURES}
            try:
                with unit_of_work() as session:
                    base_data.save(session, self.actor, BaseFigures(**texts, **figures))
            except DomainError as refusal:
                form.show_error(refusal)
            else:
                flash(gettext("Saved."), "success")
                return redirect_own(url_for("base_data.index"), "/")
        columns = [Col(name).described(Organisation) for name in OF_UNIT]
        return self.render(
            "admin/base_data.html",
            view=self,
            form=form,
            unit=[(col.title, col.text(unit)) for col in columns],
            may_change=self.actor.can(Permission.ORGANISATION_EDIT),
            parts=((gettext(N_("Teaching premises and facilities")), FACILITIES), (gettext(N_("Staff")), STAFF)),
        )
