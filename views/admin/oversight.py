"""S067 管理员信息 of an organisation below: who administers it, 移除权限, and a new super administrator where none is left."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response

from models.access import Permission
from models.errors import N_, DomainError, NotFound
from models.org.tables import Organisation, OrganisationState
from models.people import administrators, appointments
from models.people import queries as people
from models.people.tables import Post
from models.transaction import unit_of_work
from views import states
from views.admin import organisation_form
from views.admin.records import RecordPages
from views.arguments import read_id
from views.once import note_sent, was_sent_before
from views.redirects import own_or, redirect_own
from views.words import say


class Oversight(RecordPages):
    """Pages about the administrators of one organisation of the list."""

    @expose("/administrators/")
    def administrators_view(self) -> str:
        """List the administrators of one organisation."""
        row = self.find(request.args.get("id"))
        back = own_or(request.args.get("url"), self.list_url())
        return self.render("admin/administrators_below.html", view=self, row=row, back=back, **self.administration_of(row))

    def administration_of(self, row: Organisation) -> dict[str, Any]:
        """Return the administrators of an organisation with the words of their state, and what the reader may do."""
        posts = people.administrators_of(self.work, row.id)
        may_manage = self.may(Permission.ORGANISATIONS_MANAGE) and row.id != self.actor.organisation_id
        return {
            "administrators": [(p, gettext(states.POST[p.state].word)) for p in posts],
            "may_revoke": may_manage,
            "may_appoint": may_manage and row.state == OrganisationState.ACTIVE and not any(p.is_super for p in posts),
        }

    @expose("/revoke/", methods=("GET", "POST"))
    def revoke_view(self) -> str | Response:
        """Ask for the reason, then end the post of an administrator below."""
        self.actor.require(Permission.ORGANISATIONS_MANAGE)
        row = self.find(request.values.get("id"))
        post = self._post_of(row, request.values.get("post"))
        back = own_or(request.values.get("url"), self.list_url())
        reason, error = request.form.get("reason", "").strip()[:500], ""
        if request.method == "POST" and not reason:
            error = gettext(N_("Please give a reason."))
        elif request.method == "POST":
            with unit_of_work() as session:
                moved = administrators.revoke(session, self.actor, [post.id], reason=reason)
            if moved.refused:
                flash(say(next(iter(moved.refused.values()))), "error")
            else:
                flash(gettext(N_("%(name)s administers this organisation no more."), name=post.name), "success")
            return redirect_own(url_for("organisations.details_view", id=row.id, tab=row.kind, url=back), "/")
        return self.render("admin/revoke.html", view=self, row=row, post=post, reason=reason, error=error, back=back)

    def _post_of(self, row: Organisation, text: str | None) -> Post:
        post_id = read_id(text)
        found = next((p for p in people.administrators_of(self.work, row.id) if p.id == post_id), None)
        if found is None:
            raise NotFound
        return found

    @expose("/appoint/", methods=("GET", "POST"))
    def appoint_view(self) -> str | Response:
        """Ask for the super administrator of an organisation that has none; a one-time password is shown this once."""
        self.actor.require(Permission.ORGANISATIONS_MANAGE)
        row = self.find(request.values.get("id"))
        back = own_or(request.values.get("url"), self.list_url())
        form = organisation_form.appointment_form()
        if request.method == "POST" and was_sent_before():
            flash(gettext(N_("This form was sent already; the password that was shown holds.")), "info")
            return redirect_own(back, self.list_url())
        if request.method == "POST":
            try:
                with unit_of_work() as session:
                    appointed = appointments.appoint_first(session, self.actor, row, organisation_form.administrator_of(form))
            except DomainError as refusal:
                form.show_error(refusal)
            else:
                note_sent()
                return self.render("admin/organisation_created.html", view=self, created=appointed, back=back, is_new=False)
        return self.render("admin/appoint.html", view=self, row=row, form=form, back=back)
