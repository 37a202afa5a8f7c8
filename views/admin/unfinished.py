"""未完成人员: the people of the subtree who have not passed a year, what each misses, and the reminder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.base import today
from models.credits import reminding, unfinished
from models.credits.reminders import DAYS_BETWEEN, Reminder
from models.credits.tables import YearSummary
from models.errors import N_
from models.people import queries as people
from models.people.tables import Professional
from models.scope import path_range
from models.workflow import Moved
from views.admin.actions import BatchAction, Listing, RowAction, Tab
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.exports import export_action
from views.admin.filters import Filter, Statement, code_filter, picker_filter, text_filter
from views.admin.keyset import Page, Sort
from views.admin.people_filters import NAME_HELP, chosen_organisation
from views.admin.pickers import organisation_address, organisation_words
from views.admin.screen import WITH_MEMBERS
from views.admin.state import ListState
from views.arguments import read_year

YEARS_BACK = 4
NEAR = {str(n): str(n) for n in (5, 10, 20, 30, 50)}


def _below(statement: Statement, value: str) -> Statement:
    low, high = path_range(chosen_organisation(value).path)
    return statement.where(Professional.path >= low, Professional.path < high)


def _has_hours(statement: Statement, has: Any) -> Statement:
    total = func.coalesce(YearSummary.total_tenths, 0)
    return statement.where(total > 0 if has else total == 0)


def _was_reminded(statement: Statement, was: Any) -> Statement:
    if not was:
        return statement.where(Reminder.id.is_(None))
    # Said twice: few have been reminded, and by this second word they are found without reading all who miss hours.
    return statement.where(Reminder.id.is_not(None), Professional.id.in_(select(Reminder.person_id)))


def _by_name(statement: Statement, text: str) -> Statement:
    return people.by_name(statement, text, Professional.id, Professional.name)


FILTERS = (
    picker_filter("below", N_("Unit with all below it"), _below, address=organisation_address, shown=organisation_words),
    Filter("hours", N_("Has hours of the year"), _has_hours, kind="flag"),
    Filter(
        "near",
        N_("Hours missing, at most"),
        lambda statement, n: statement.where(unfinished.misses_at_most(int(n) * 10)),
        kind="choice",
        choices=NEAR,
        help=N_("Of those of whom something of the year is counted."),
    ),
    Filter("reminded", N_("Has been reminded"), _was_reminded, kind="flag"),
    text_filter("name", N_("Name"), _by_name, is_private=True, is_quick=False, help=NAME_HELP),
    text_filter(
        "number", N_("ID document number"), people.by_number, is_private=True, is_quick=False, help=N_("The whole number.")
    ),
    code_filter("level", Professional.title_level, is_quick=False),
    code_filter("series", Professional.title_series, label=N_("Professional title (series)"), is_quick=False),
)


def _of_person(name: str, label: str, *, codes: str = "", sort: str = "", shown: bool = True) -> Col:
    return Col(name, label=label, codes=codes, sort=sort, shown=shown, value=lambda row: getattr(row.person, name))


def _missing(part: str, label: str) -> Col:
    return Col(part, label=label, kind="hours", value=lambda row: getattr(row.missing, part))


COLUMNS = (
    _of_person("name", N_("Name")),
    _of_person("number_masked", N_("ID document number"), shown=False),
    _of_person("organisation_name", N_("Employer (unit)"), sort="id"),
    _of_person("title_level", N_("Title level"), codes="title_level", shown=False),
    _of_person("title_series", N_("Professional title (series)"), codes="title_series", shown=False),
    _of_person("phone", N_("Mobile number"), shown=False),
    Col(
        "done",
        label=N_("Total hours completed"),
        kind="hours",
        value=lambda row: row.summary.total_tenths if row.summary else 0,
    ),
    _missing("total", N_("Missing in total")),
    _missing("public", N_("Missing public hours")),
    _missing("professional", N_("Missing professional hours")),
    Col("last_at", label=N_("Last reminded"), kind="time", value=lambda row: row.reminder.last_at if row.reminder else None),
    Col("n_sent", label=N_("Reminders"), kind="number", value=lambda row: row.reminder.n_sent if row.reminder else 0),
)


class YearListing(Listing):
    """The list of one year: its rows carry what each person misses, read for all of a page at once."""

    def rows_by_id(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        """Return those rows of *ids* that the scope covers, by id."""
        found = session.execute(self.rows().where(self.key.in_(ids))) if ids else ()
        return {row.person.id: row for row in unfinished.with_missing(session, int(self.name), found)}


def _remind(year: int, session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:  # noqa: ARG001 - the shape of every batch
    return reminding.remind_many(session, actor, ids, year=year)


def _told(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    sentence = N_("Each is told what is missing, in the site and by mail where mails are set; at most once in %(n)s days.")
    return [gettext(sentence, n=DAYS_BETWEEN)]


def remind_action(year: int) -> BatchAction:
    """Return the reminder of one year."""
    return BatchAction(
        "remind",
        N_("Remind"),
        partial(_remind, year),
        all_label=N_("Remind all of the filter"),
        permission=Permission.HOURS_REVIEW,
        preview=_told,
    )


def _record_url(_view: Any, row: Any) -> str:
    here = request.full_path if request.query_string else request.path
    return url_for("learning_record.index", id=row.person.id, url=here)


class UnfinishedView(ScopedModelView):
    """One tab a year; the order of the tree, so that an organisation's people stand together."""

    permission = Permission.HOURS_VIEW
    kinds = WITH_MEMBERS
    name_id = N_("People who have not finished")
    group_id = N_("Queries and statistics")
    icon = "clock"
    order = 54

    columns = COLUMNS
    sorts = (Sort("id", (Professional.path, Professional.id)),)
    filters = FILTERS
    export_permission = Permission.HOURS_EXPORT
    export_kind = "export_unfinished"
    page_actions = (export_action(Permission.HOURS_EXPORT),)
    row_actions = (
        RowAction("remind", N_("Remind"), batch="remind"),
        RowAction("record", N_("Learning record"), url=_record_url),
    )

    def tabs_for(self, actor: Actor) -> Sequence[Tab]:
        """Return the running year and the last ones."""
        return [Tab(str(today().year - n), str(today().year - n)) for n in range(YEARS_BACK + 1)]

    def listing(self, name: str) -> Listing:
        """Return the list of a year, else of the running one: a task that began before New Year keeps its own."""
        year = read_year(name) or today().year
        (plain,) = self.listings.values()
        made = {f.name: getattr(plain, f.name) for f in fields(plain)}
        batch = remind_action(year)
        return YearListing(
            **made
            | {
                "name": str(year),
                "rows": partial(unfinished.unfinished, year),
                "batch_actions": (batch,),
                "batches": {batch.name: batch},
            }
        )

    def _fetch(self, listing: Listing, state: ListState, sort: Sort, *, descending: bool) -> Page:
        page = super()._fetch(listing, state, sort, descending=descending)
        page.rows = unfinished.with_missing(self.work, int(listing.name), page.rows)
        return page

    def _may_unmask(self, listing: Listing) -> bool:
        return False

    def row_name(self, row: Any) -> str:
        """Return the person's name."""
        return str(row.person.name)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("Everybody has finished the year, or is exempt from it."))
