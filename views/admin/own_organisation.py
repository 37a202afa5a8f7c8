"""S059, S060, S062, S089: the data of the own unit, the change of name and code, and the log of both."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from models.access import Permission, PositionKind
from models.errors import N_, DomainError
from models.org import directory, queries
from models.org.tables import Organisation, OrganisationKind
from models.people import own_organisation
from models.people.own_organisation import OwnData
from models.reviews import organisation_changes as changes
from models.reviews import standing_still, superior_changes
from models.reviews.tables import ReviewKind
from models.transaction import unit_of_work
from views import states
from views.admin.decisions import DecisionScreen
from views.admin.menu import screens
from views.admin.screen import ScopedPage
from views.changes import ORGANISATION, label_of, pairs_of_organisation, words_of
from views.codes import code_choices, code_name
from views.details import Change
from views.forms import PlainForm
from views.outcome import telling
from views.public.pickers import UnitField
from views.redirects import redirect_own
from views.words import say, words


class OwnForm(PlainForm):
    """What is saved at once; the operation checks it."""

    nature = SelectField(_l("Unit nature"), validate_choice=False)
    unit_level = SelectField(_l("Unit level"), validate_choice=False)
    phone = StringField(_l("Unit phone"), render_kw={"type": "tel", "maxlength": 40})
    industry = SelectField(_l("Industry"), validate_choice=False, render_kw={"data-picker": ""})
    address = StringField(_l("Unit address"), render_kw={"maxlength": 300})


class ChangeForm(PlainForm):
    """Name and code, which the superior reviews."""

    name = StringField(_l("Unit name"), render_kw={"maxlength": 200})
    code = StringField(_l("Organisation code / unified social credit code"), render_kw={"maxlength": 40, "autocomplete": "off"})


class SuperiorForm(PlainForm):
    """The superior to be; the operation checks it."""

    to_organisation_id = UnitField(_l("New superior department / HR department of the same level"))


class OwnOrganisation(ScopedPage):
    """单位资料管理, for a department 基本信息修改."""

    permission = Permission.ORGANISATION_EDIT
    name_id = N_("Unit data management")
    names = MappingProxyType({PositionKind.COMPETENT_DEPARTMENT: N_("Change of basic data")})
    group_id = N_("Manage accounts")
    icon = "home"
    order = 5

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str | Response:
        """Show and save what changes at once."""
        row = queries.own(self.work, self.actor)
        form: Any = OwnForm(obj=row)
        please = [("", gettext("Please select"))]
        for name, list_name in (("nature", "unit_nature"), ("unit_level", "unit_level"), ("industry", "industry")):
            form[name].choices = please + code_choices(list_name)
        for field in form:
            field.flags.required = True
        if request.method == "POST":
            data = OwnData(**{name: form[name].data or "" for name in ("nature", "unit_level", "industry", "phone", "address")})
            try:
                with unit_of_work() as session:
                    own_organisation.save(session, self.actor, data)
            except DomainError as refusal:
                form.show_error(refusal)
            else:
                flash(gettext("Saved."), "success")
                return redirect_own(url_for("own_organisation.index"), "/")
        note = gettext(N_("This is saved without a review. Name and code are reviewed by your superior."))
        return self.render("admin/own_data.html", view=self, form=form, fixed=self._fixed(row), may_change=True, note=note)

    def _fixed(self, row: Organisation) -> list[tuple[str, str]]:
        # The superior stands beyond the scope; its name is public.
        above = directory.entry(row.parent_id, kinds=frozenset(OrganisationKind)) if row.parent_id else None
        return [
            (label_of("code"), row.code),
            (label_of("name"), row.name),
            (gettext("Place of registration of the unit"), code_name("regions", row.region_code)),
            (gettext("Superior unit"), above.name if above else ""),
        ]

    @expose("/change", methods=("GET", "POST"))
    def change(self) -> str | Response:
        """Ask for another name or code; while one waits, show it and offer to withdraw it."""
        row = queries.own(self.work, self.actor)
        form: Any = ChangeForm(obj=row)
        refused = ""
        if request.method == "POST":
            try:
                with unit_of_work() as session:
                    changes.ask(session, self.actor, name=form.name.data or "", code=form.code.data or "")
            except DomainError as refusal:
                form.show_error(refusal)
                refused = "" if hasattr(refusal, "errors") else say(refusal)
            else:
                flash(gettext("The change was submitted; your superior reviews it."), "success")
                return redirect_own(url_for("own_organisation.change"), "/")
        for field in form:
            field.flags.required = True
        waiting = changes.open_change(self.work, row.id)
        return self.render(
            "admin/organisation_change.html",
            view=self,
            form=form,
            waiting=waiting,
            rows=pairs_of_organisation(waiting) if waiting else [],
            pending=self._pending(row) if waiting is None else [],
            refused=refused,
        )

    def _pending(self, row: Organisation) -> list[tuple[str, str]]:
        """Return what waits in sentences, each with the list of this position where such matters are decided."""
        lists: dict[ReviewKind, str] = {}
        for view in screens(self.admin):
            if isinstance(view, DecisionScreen) and view.is_for(self.actor):
                for kind in (view.kind, *view.more_kinds):
                    lists.setdefault(kind, view.start_url)
        found = standing_still.pending_below(self.work, row.path)
        sentence = N_("%(what)s: %(n)s")
        return [
            (words(sentence, {"what": gettext(states.REVIEW_KINDS[kind]), "n": n}), lists.get(kind, ""))
            for kind, n in found.items()
        ]

    @expose("/withdraw", methods=("POST",))
    def withdraw(self) -> Response:
        """Take the waiting change back."""
        with telling(gettext("The change was withdrawn.")) as session:
            changes.withdraw(session, self.actor)
        return redirect_own(url_for("own_organisation.change"), "/")

    @expose("/superior", methods=("GET", "POST"))
    def superior(self) -> str | Response:
        """Ask for another superior; while one waits, show it and offer to withdraw it."""
        row = queries.own(self.work, self.actor)
        form: Any = SuperiorForm()
        form.to_organisation_id.above = OrganisationKind(row.kind)
        form.to_organisation_id.flags.required = True
        refused = ""
        if request.method == "POST":
            target = form.to_organisation_id.unit_id()
            try:
                with unit_of_work() as session:
                    superior_changes.ask(session, self.actor, to_organisation_id=target)
            except DomainError as refusal:
                form.show_error(refusal)
                refused = "" if hasattr(refusal, "errors") else say(refusal)
            else:
                flash(gettext("The change of superior was submitted."), "success")
                return redirect_own(url_for("own_organisation.superior"), "/")
        waiting = superior_changes.open_change(self.work, row.id)
        return self.render(
            "admin/superior_change.html",
            view=self,
            form=form,
            waiting=waiting,
            present=next((words for label, words in self._fixed(row) if label == gettext("Superior unit")), ""),
            pending=self._pending(row) if waiting is None else [],
            refused=refused,
            is_root=row.parent_id is None,
            past=[(c, states.SUPERIOR_CHANGE[c.state]) for c in superior_changes.changes_of(self.work, row.id)],
        )

    @expose("/superior/withdraw", methods=("POST",))
    def withdraw_superior(self) -> Response:
        """Take the waiting change of superior back."""
        with telling(gettext("The change was withdrawn.")) as session:
            superior_changes.withdraw(session, self.actor)
        return redirect_own(url_for("own_organisation.superior"), "/")

    @expose("/log")
    def log(self) -> str:
        """Show what was changed of the unit, the newest first."""
        row = queries.own(self.work, self.actor)
        reviewed = [
            (pair, states.CHANGE[c.state]) for c in changes.changes_of(self.work, row.id) for pair in pairs_of_organisation(c)
        ]
        at_once = [
            (Change(label_of(k), words_of(k, old), words_of(k, new), at=e.at, who=e.actor_name), None)
            for e in own_organisation.edits_of(self.work, row.id)
            for k, (old, new) in (e.changes or {}).items()
            if k in ORGANISATION
        ]
        rows = sorted([*reviewed, *at_once], key=lambda pair: pair[0].at or row.created_at, reverse=True)
        return self.render("admin/organisation_log.html", view=self, rows=rows)
