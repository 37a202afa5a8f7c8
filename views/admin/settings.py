"""The settings of an HR department: they hold for everything below it until somebody below sets another."""

from __future__ import annotations

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response

from models.access import Permission, PositionKind
from models.errors import N_, DomainError
from models.org import queries
from models.org.settings import SETTINGS, SettingKey, own_settings, set_setting, setting, settings_at
from models.transaction import unit_of_work
from views.admin.screen import ScopedPage
from views.redirects import redirect_own
from views.words import say

WORDS: dict[SettingKey, tuple[str, str]] = {
    SettingKey.RESET_PASSWORD: (
        N_("First password of people"),
        N_("After an import or a reset: the last six characters of the ID number, or a one-time password."),
    ),
    SettingKey.TITLE_CHANGE: (
        N_("Changes of titles and qualifications"),
        N_("Whether they wait for the unit, or hold at once and are put back when the unit rejects them."),
    ),
    SettingKey.ORG_CHANGE: (
        N_("Changes of name and code of units"),
        N_("Whether they wait for the superior, or hold at once and are put back when the superior rejects them."),
    ),
    SettingKey.TRANSFER_OUT_REVIEW: (
        N_("Release of people who are transferred"),
        N_("Whether the HR department of the old unit passes a transfer before the receiving unit decides."),
    ),
    SettingKey.SUPERIOR_CHANGE: (
        N_("Change of superior of employers"),
        N_("Whether the old superior and then the new one decide, or the new one alone."),
    ),
    SettingKey.REVIEW_DIGEST: (
        N_("Mail to reviewers about what waits"),
        N_("How often an administrator with an e-mail address is told how much waits and since when."),
    ),
    SettingKey.AUDIT_BY: (
        N_("Audit of granted hours"),
        N_("Whether competent departments audit the hours of their people, too; what HR departments say replaces it."),
    ),
    SettingKey.STEP_MAIL: (
        N_("Mail about every step"),
        N_("Whether people and administrators with an e-mail address get what they are told in the site by mail, too."),
    ),
    SettingKey.REMINDERS: (
        N_("Reminders of missing hours"),
        N_("So many days before the last day of a year's declaration window people who have not finished it are reminded."),
    ),
    SettingKey.UNIT_LEVEL: (N_("Unit level in registrations"), N_("Whether a registering unit has to name its level.")),
    SettingKey.SCAN: (N_("Scan in registrations"), N_("Whether a registering unit has to upload the scan of its certificate.")),
}
CHOICES = {
    "last_six": N_("Last six characters of the ID number"),
    "one_time": N_("One-time password"),
    "approve_first": N_("Wait for the review"),
    "effective_at_once": N_("Hold at once"),
    "weekly": N_("Every week"),
    "daily": N_("Every day"),
    "off": N_("No"),
    "on": N_("Yes"),
    "d7": N_("7 days before"),
    "d30_7": N_("30 and 7 days before"),
    "d60_30_7": N_("60, 30 and 7 days before"),
    "old_then_new": N_("The old superior, then the new one"),
    "new_only": N_("The new superior alone"),
    "hr": N_("HR departments alone"),
    "departments": N_("Competent departments, too"),
    "required": N_("Required"),
    "optional": N_("Optional"),
}


class SettingsPage(ScopedPage):
    """One list of choices; each says whether it is set here or inherited."""

    permission = Permission.ORGANISATION_EDIT
    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Settings")
    group_id = N_("Manage accounts")
    icon = "gear"
    order = 18

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str | Response:
        """Show and save the settings."""
        if request.method == "POST":
            try:
                with unit_of_work() as session:
                    organisation = queries.own(session, self.actor)
                    for key in SettingKey:
                        value = request.form.get(key.value)
                        if value is not None and value != setting(session, organisation.path, key):
                            set_setting(session, self.actor, organisation, key, value)
            except DomainError as refusal:
                flash(say(refusal), "error")
            else:
                flash(gettext("Saved."), "success")
            return redirect_own(url_for("settings.index"), "/")
        organisation = queries.own(self.work, self.actor)
        set_here = own_settings(self.work, organisation.path)
        holding = settings_at(self.work, organisation.path)
        rows = [
            {
                "name": key.value,
                "label": gettext(label),
                "help": gettext(about),
                "value": holding[key],
                "is_own": key in set_here,
                "choices": [(value, gettext(CHOICES[value])) for value in SETTINGS[key].choices],
            }
            for key, (label, about) in WORDS.items()
        ]
        return self.render("admin/settings.html", view=self, rows=rows, may_save=self.actor.is_super)
