"""S084, S098, S138: the people of the subtree: search, details, reset of a password. One view for every role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response

from models.access import Actor, Permission
from models.errors import N_, DomainError
from models.people import queries as people
from models.people import resets
from models.people.tables import FirstPassword, NameToken, Professional
from models.transaction import unit_of_work
from views import states
from views.actor import current_actor
from views.admin import people_filters as filters
from views.admin.actions import Listing, PageAction, RowAction, Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col, words_of
from views.admin.declare_people import ADD
from views.admin.exemptions import EXEMPT
from views.admin.exports import export_action
from views.admin.keyset import Sort
from views.admin.screen import WITH_MEMBERS
from views.admin.state import ListState
from views.admin.unit_hours import NAME_PARTICIPANTS
from views.codes import code_name
from views.details import Change
from views.once import note_sent, was_sent_before
from views.redirects import own_or, redirect_own
from views.words import local_time, say

TITLE = N_("Professional title (series)")
QUALIFICATION = N_("Vocational qualification of professionals")
RESET_REASONS = (N_("The person forgot the password and asked for it."), N_("First login after the import failed."))
BY_NAME = (Sort("id", (NameToken.path, NameToken.person_id)),)


class PeopleView(ScopedModelView):
    """Who belongs to the subtree, found by name, number and twelve further filters."""

    permission = Permission.PEOPLE_VIEW
    kinds = WITH_MEMBERS
    name_id = N_("Learner information")
    group_id = N_("Queries and statistics")
    icon = "people"
    order = 50

    columns = (
        Col("name", is_link=True),
        Col("number_masked"),
        Col("organisation_name", sort="id"),  # in the order of the tree
        Col("education_level", label=N_("Education level")),
        Col("title_series", label=TITLE),
        Col("vocational_qualification", label=QUALIFICATION),
        Col("sex", shown=False),
        Col("birth_on", shown=False),
        Col("title_level", shown=False),
        Col("title_qualification", shown=False),
        Col("certificate_control_number", shown=False),
        Col("phone", shown=False),
        Col("admin_post", shown=False),
        Col("state", status=states.PERSON, shown=False),
        Col("created_at", shown=False),
    )
    sorts = (Sort("id", (Professional.path, Professional.id)),)
    filters = filters.FILTERS
    export_permission = Permission.PEOPLE_EXPORT
    export_kind = "export_people"
    page_actions = (
        PageAction(
            "import",
            N_("Batch import"),
            url=lambda _view: url_for("people_import.index"),
            icon="upload",
            permission=Permission.PEOPLE_IMPORT,
        ),
        export_action(Permission.PEOPLE_EXPORT),
    )
    batch_actions = (EXEMPT, ADD, NAME_PARTICIPANTS)
    row_actions = (
        RowAction("details", N_("Details")),
        RowAction("record", N_("Learning record"), page="learning_record.index"),
        RowAction(
            "certificate",
            N_("Print proof of hours"),
            page="learning_record.index",
            anchor="years",
            permission=Permission.CERTIFICATES_PRINT,
            is_more=True,
        ),
        RowAction("exempt", N_("Exempt from a year"), batch="exempt", permission=Permission.EXEMPTIONS, is_more=True),
        RowAction("transfer", N_("Transfer out"), page="transfer_out.index", permission=Permission.TRANSFERS, is_more=True),
        RowAction(
            "reset", N_("Reset password"), page="people.reset_password", permission=Permission.PEOPLE_RESET_PASSWORD, is_more=True
        ),
    )
    details = (
        Section(
            N_("Personal information"),
            (
                "name",
                "document_type",
                "number_masked",
                "sex",
                "birth_on",
                "ethnic_group",
                "phone",
                "email",
                "landline",
                Col("state", status=states.PERSON),
                "created_at",
            ),
        ),
        Section(N_("Highest education"), ("education_level", "school", "field_of_study", "graduated_on", "degree")),
        Section(N_("Employment"), ("organisation_name", "admin_post", "admin_rank", "is_postdoc", "field_of_work")),
        Section(
            N_("Professional and technical post"),
            (
                "title_series",
                "title_level",
                "title_qualification",
                "title_effective_on",
                "title_certificate_number",
                "title_appointed_on",
                "certificate_control_number",
            ),
        ),
    )
    details_template = "admin/person.html"

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out registrations that wait or were rejected."""
        return (Professional.state.in_(people.LISTED),)

    # --- the list by role and by name ----------------------------------------------------------------------------

    def build_listings(self) -> dict[str, Listing]:
        """Complete the list, and its variant that walks the names' index: fast however common a name is."""
        found = super().build_listings()
        plain = found[""]
        self.by_name = replace(
            plain,
            rows=lambda: people.through_names(select(Professional)),
            sorts=BY_NAME,
            filters=tuple(filters.BY_JOINED_NAME if f.name == "name" else f for f in plain.filters),
        )
        return found

    def read(self, values: Mapping[str, str]) -> tuple[Listing, ListState]:
        """Return the list with the filters of the role; a search by name takes the variant."""
        listing, state = super().read(values)
        if state.values.get("f_name"):
            listing = self.by_name
        actor = current_actor()
        left_out = filters.NOT_FOR.get(actor.kind, frozenset()) if actor else frozenset()
        return replace(listing, filters=tuple(f for f in listing.filters if f.name not in left_out)), state

    # --- details ------------------------------------------------------------------------------------------------

    def details_title(self, row: Professional) -> str:
        """Return the heading of a person's page."""
        heading = gettext(N_("Person details"))
        return f"{heading}{gettext(N_(': '))}{row.name}"

    def details_context(self, row: Professional) -> dict[str, Any]:
        """Return the rows that belong to the person, in words."""
        found = people.belongings(self.work, row.id)
        return {
            "education": [
                (
                    code_name("education_level", e.education_level),
                    code_name("degree", e.degree),
                    e.school,
                    code_name("field_of_study", e.field_of_study),
                    local_time(e.graduated_on),
                )
                for e in found.education
            ],
            "qualifications": [
                (code_name("vocational_qualification", q.qualification), q.level, q.certificate_number, local_time(q.obtained_on))
                for q in found.qualifications
            ],
            "titles": [(code_name("academic_title", t.title), local_time(t.awarded_on)) for t in found.titles],
            "department": people.department_name(self.work, row),
        }

    def changes(self, row: Professional) -> Sequence[Change]:
        """Return what was changed of the person, the newest first."""
        found = []
        for entry in people.history_of(self.work, row):
            if entry.action in TOLD:
                found.append(Change(gettext(TOLD[entry.action]), "", entry.reason, at=entry.at, who=entry.actor_name))
            found += [
                Change(label_of(name), words_for(name, pair[0]), words_for(name, pair[1]), at=entry.at, who=entry.actor_name)
                for name, pair in (entry.changes or {}).items()
                if name in DESCRIBED
            ]
        return found

    # --- reset of the password ----------------------------------------------------------------------------------

    @expose("/reset-password/", methods=("GET", "POST"))
    def reset_password(self) -> str | Response:
        """Ask for the reason, then give a first password; a one-time password is shown this once."""
        self.actor.require(Permission.PEOPLE_RESET_PASSWORD)
        person = self.find(request.args.get("id"))
        back = own_or(request.values.get("url"), self.list_url())
        reason = request.form.get("reason", "").strip()[:500]
        error = ""
        if request.method == "POST" and not reason:
            error = gettext(N_("Please give a reason."))
        if request.method == "POST" and was_sent_before():
            flash(gettext(N_("This form was sent already; the password that was shown holds.")), "info")
            return redirect_own(back, self.list_url())
        if request.method == "POST" and not error:
            with unit_of_work() as session:
                shown = resets.reset_password(session, self.actor, person, reason=reason)
            note_sent()
            flash(gettext(N_("The password was reset; every login of this person has ended.")), "success")
            return self.render("admin/password_shown.html", view=self, name=person.name, shown=shown, back=back)
        refused, kind = "", FirstPassword.LAST_SIX
        try:
            kind = resets.kind_of_first_password(self.work, self.actor, person)
        except DomainError as refusal:
            refused = say(refusal)
        return self.render(
            "admin/reset_password.html",
            view=self,
            person=person,
            back=back,
            reason=reason,
            error=error,
            refused=refused,
            is_one_time=kind is FirstPassword.ONE_TIME,
            reasons=[gettext(sentence) for sentence in RESET_REASONS],
        )


TOLD = {"reset_password": N_("Reset password")}
"""Steps that change no column but belong into the log, with their reason."""
DESCRIBED = {c.key: Col(c.key).described(Professional) for c in Professional.__table__.columns if c.info.get("label")}


def label_of(name: str) -> str:
    """Return the label of a column of the person."""
    return DESCRIBED[name].title


def words_for(name: str, value: Any) -> str:
    """Return a value of the history in words."""
    return words_of(DESCRIBED[name], value)
