"""S074 人员调出: an officer chooses one of the unit's people, whose data appear, and the unit that is to receive her."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from models.access import Permission
from models.errors import N_, DomainError
from models.org.tables import MoveState
from models.people import queries as people
from models.people.tables import Professional
from models.reviews import transfers
from models.transaction import unit_of_work
from views.admin.screen import WITH_MEMBERS, ScopedPage
from views.arguments import read_id
from views.codes import code_name
from views.forms import PlainForm
from views.public.pickers import UnitField
from views.redirects import redirect_own
from views.words import say


class OutForm(PlainForm):
    """调出单位信息: the phone for questions, and where the person goes; the operation checks both."""

    contact_phone = StringField(_l("Contact phone of the present unit"), render_kw={"type": "tel", "maxlength": 40})
    to_organisation_id = UnitField(_l("Choose the receiving unit"))


def described(person: Professional, department: str) -> list[tuple[str, str]]:
    """Return what is shown of a person who is to be transferred."""
    columns = Professional.__table__.c

    def label(name: str) -> str:
        return gettext(str(columns[name].info["label"]))

    return [
        (label("name"), person.name),
        (label("document_type"), code_name("document_type", person.document_type)),
        (label("number_masked"), person.number_masked),
        (gettext("Work department"), department),
        (label("phone"), person.phone),
        (label("email"), person.email),
        (gettext("Personal landline"), person.landline),
        (label("title_series"), code_name("title_series", person.title_series)),
        (gettext("Title qualification of the post"), code_name("title_qualification", person.title_qualification)),
    ]


class TransferOut(ScopedPage):
    """Two steps on one page: whom, then where to."""

    permission = Permission.TRANSFERS
    kinds = WITH_MEMBERS
    name_id = N_("Outgoing transfers")
    group_id = N_("Account review")
    icon = "user"
    order = 32

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str | Response:
        """Choose the person, see her data, choose the receiving unit."""
        person_id = read_id(request.values.get("id"))
        person = transfers.candidate(self.work, self.actor, person_id) if person_id is not None else None
        form: Any = OutForm()
        for field in form:
            field.flags.required = True
        if request.method == "POST" and person is not None:
            sent = self._start(person.id, form)
            if sent is not None:
                return sent
            person = transfers.candidate(self.work, self.actor, person.id)
        if person is None and "id" in request.values:
            flash(gettext(N_("Please choose the person first.")), "warning")
        return self.render(
            "admin/transfer_out.html",
            view=self,
            form=form,
            person=person,
            pairs=described(person, people.department_name(self.work, person)) if person else [],
            obstacle=self._obstacle(person) if person else "",
        )

    def _start(self, person_id: int, form: Any) -> Response | None:
        target = form.to_organisation_id.unit_id()
        try:
            with unit_of_work() as session:
                made = transfers.start(
                    session, self.actor, person_id, to_organisation_id=target, phone=form.contact_phone.data or ""
                )
                needs_release = made.state == MoveState.WAITING_OUT
        except DomainError as refusal:
            form.show_error(refusal)
            return None
        released_first = N_("The transfer was submitted; the HR department releases it first, then the receiving unit decides.")
        at_once = N_("The transfer was submitted; the receiving unit decides.")
        flash(gettext(released_first if needs_release else at_once), "success")
        return redirect_own(url_for("transfer_log.index_view", tab="out"), "/")

    def _obstacle(self, person: Professional) -> str:
        refusal = transfers.obstacle(self.work, person)
        return say(refusal) if refusal else ""
