"""年度学时要求 and 申报时间: what an HR department demands of each year, and when its hours may be declared."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from models.access import Permission, PositionKind
from models.credits import year_settings
from models.credits.requirements import Demand
from models.credits.year_settings import MOST_GRACE, OUTDATED, Outdated, YearSettings
from models.errors import N_, Conflict, DomainError, NotFound
from models.jobs import Job
from models.org import queries
from models.transaction import unit_of_work
from views.admin.demand_form import demand_form, special_words
from views.admin.jobs import JobWords, show_jobs_of
from views.admin.screen import ScopedPage
from views.arguments import read_year
from views.forms import PlainForm
from views.redirects import redirect_own
from views.words import say

NEEDED = InputRequired(_l("Please fill this in."))


def _job_title(job: Job) -> str:
    first, last = job.params["years"]
    years = str(first) if first == last else f"{first}+"
    return gettext(N_("Count the years anew after a changed requirement (%(years)s)"), years=years)


show_jobs_of(year_settings.JOB_KIND, JobWords(_job_title))


class WindowForm(PlainForm):
    """When hours of a year may be declared."""

    opens_on = DateField(_l("First day"), [Optional()])
    closes_on = DateField(_l("Last day"), [Optional()])
    grace_days = IntegerField(
        _l("Days of grace"),
        [NEEDED, NumberRange(0, MOST_GRACE, _l("A number of days between 0 and 90."))],
        description=_l("So many days after the last one declarations are still taken."),
    )


class YearRequirementsPage(ScopedPage):
    """A list of years, each with its own or inherited figures and days; a change of figures is previewed."""

    permission = Permission.ORGANISATION_EDIT
    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Yearly requirements and windows")
    group_id = N_("Manage accounts")
    icon = "clock"
    order = 17

    @expose("/")
    def index(self) -> str:
        """List the years."""
        organisation = queries.own(self.work, self.actor)
        rows = year_settings.settings_of_years(self.work, organisation.path)
        return self.render(
            "admin/year_requirements.html", view=self, rows=rows, special=special_words, may_save=self.actor.is_super
        )

    @expose("/needs", methods=("GET", "POST"))
    def needs(self) -> str | Response:
        """Change what a year demands: shown first how many people's years turn, then saved."""
        found = self._asked()
        form = demand_form(found.demand, is_typed=request.method == "POST")
        if request.method == "POST" and form.validate():
            try:
                demand = form.demand()
                year_settings.check_demand(demand)
                return self._change(found, demand, form)
            except DomainError as refusal:
                form.show_error(refusal)
        return self._form(found, form)

    def _change(self, found: YearSettings, demand: Demand | None, form: Any = None) -> str | Response:
        """Save what was confirmed as it was shown, else show whose years turn; without *demand* the year inherits again."""
        path = queries.own(self.work, self.actor).path
        after = demand or year_settings.demand_without(self.work, path, found.year)
        key, confirmed, said = year_settings.written(after), request.form.get("confirm"), ""
        if confirmed == key:
            try:
                return self._save(found.year, demand, stood=request.form.get("stood", ""))
            except Outdated as refusal:
                said, found = say(refusal), self._asked()
        elif confirmed and demand is None:  # above, another demand was set since
            said = gettext(OUTDATED)
        turning = year_settings.turning(self.work, path, found.year, demand)
        return self._form(found, form, after=after, turning=turning, key=key, said=said)

    def _form(self, found: YearSettings, form: Any, **preview: Any) -> str:
        """Show the form, or without one what is inherited; a preview's key says for what: something else is previewed again."""
        return self.render(
            "admin/year_needs.html",
            view=self,
            form=form,
            found=found,
            stood=year_settings.written(found.demand),
            special=special_words,
            may_save=self.actor.is_super,
            back=url_for("year_requirements.index"),
            **preview,
        )

    def _save(self, year: int, demand: Demand | None, *, stood: str) -> Response:
        with unit_of_work() as session:
            job = year_settings.set_demand(session, self.actor, year, demand, stood=stood)
        if job is not None:
            flash(gettext(N_("Saved; the years are counted anew in the background.")), "success")
            return redirect_own(url_for("jobs.details_view", id=job.id), "/")
        flash(gettext("Saved."), "success")
        return redirect_own(url_for("year_requirements.index"), "/")

    @expose("/window", methods=("GET", "POST"))
    def window(self) -> str | Response:
        """Change when hours of a year may be declared."""
        found = self._asked()
        form: Any = WindowForm(obj=found.window)
        if request.method == "POST" and form.validate():
            try:
                with unit_of_work() as session:
                    year_settings.set_window(
                        session,
                        self.actor,
                        found.year,
                        opens_on=form.opens_on.data,
                        closes_on=form.closes_on.data,
                        grace_days=form.grace_days.data,
                    )
            except DomainError as refusal:
                form.show_error(refusal)
            else:
                flash(gettext("Saved."), "success")
                return redirect_own(url_for("year_requirements.index"), "/")
        for field in form:
            field.flags.required = True
        return self.render(
            "admin/year_window.html",
            view=self,
            form=form,
            found=found,
            may_save=self.actor.is_super,
            back=url_for("year_requirements.index"),
        )

    @expose("/inherit", methods=("POST",))
    def inherit(self) -> str | Response:
        """Let the figures of a year, shown first how many people's years turn, or its window be inherited again."""
        found = self._asked()
        try:
            if request.form.get("what") != "window":
                if not found.has_own_demand:
                    raise Conflict(N_("This is what holds already."))
                return self._change(found, None)
            with unit_of_work() as session:
                year_settings.clear_window(session, self.actor, found.year)
        except DomainError as refusal:
            flash(say(refusal), "error")
        else:
            flash(gettext("Saved."), "success")
        return redirect_own(url_for("year_requirements.index"), "/")

    def _asked(self) -> YearSettings:
        year = read_year(request.values.get("year"))
        if year is None:
            raise NotFound
        return year_settings.settings_of(self.work, queries.own(self.work, self.actor).path, year)
