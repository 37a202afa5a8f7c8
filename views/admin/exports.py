"""Export of any list: what is ticked, selected or filtered, in chosen columns; large ones are a task of their own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask import request, url_for
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models import history, jobs
from models.access import Actor, Permission
from models.errors import N_, DomainError, Invalid, NotFound
from models.people.exports import full_numbers
from models.people.tables import Professional
from models.transaction import unit_of_work
from views.admin import selection
from views.admin.actions import Listing, PageAction
from views.admin.columns import Col
from views.admin.filters import asked
from views.admin.listing import ListPages
from views.admin.state import ListState
from views.arguments import read_id
from views.downloads import handed_out
from views.redirects import own_or, redirect_own
from views.sheets.export import ExportColumn, export_columns, export_name, write_export
from views.sheets.workbook import XLSX
from views.words import say

AT_ONCE = 1000
"""So many rows are written in the request; more become a task."""
PART = 2000
MASKED = "number_masked"
_views: dict[str, ExportPages] = {}


class ExportPages(ListPages):
    """The pages of an export; a list that declares ``export_permission`` has them."""

    export_permission: ClassVar[Permission | None] = None
    export_kind: ClassVar[str] = ""  # of the job

    @expose("/export/", methods=("POST",))
    def export_view(self) -> str:
        """Ask for the columns, and whether identity numbers are to be shown in full."""
        self._require_export()
        return self._ask_export()

    @expose("/export/run", methods=("POST",))
    def export_run(self) -> Response | str:
        """Write the workbook here, or start the task that does."""
        self._require_export()
        listing, state = self._exported_list()
        names = [c.name for c in listing.columns if c.name in set(request.form.getlist("columns"))]
        is_unmasked = "unmask" in request.form and self._may_unmask(listing)
        try:
            if not names:
                raise Invalid(N_("Choose at least one column."))
            ids = self._exported_ids(listing, state)
        except DomainError as refusal:
            return self._ask_export(say(refusal))
        params = {
            "view": self.endpoint,
            "tab": listing.name,
            "ids": ids,
            "columns": names,
            "is_unmasked": is_unmasked,
            "title": self.title,
        }
        if len(ids) > AT_ONCE:
            return self._enqueue_export(params)
        with unit_of_work() as session:
            content = write(session, self.actor, self, params)
            record(session, self.actor, params)
        return handed_out(content, name=export_name(self.title), media_type=XLSX)

    def _require_export(self) -> None:
        if self.export_permission is None:
            raise NotFound
        self.actor.require(self.export_permission)

    def _ask_export(self, error: str = "") -> str:
        listing, state = self._exported_list()
        ticked = [i for i in map(read_id, request.form.getlist("ids")) if i]
        kept = selection.kept(self.work, self.endpoint, state.selection)
        shown = {c.name for c in self.chosen_columns(listing)}
        if request.form.getlist("columns"):
            shown = set(request.form.getlist("columns"))
        return self.render(
            "admin/export.html",
            view=self,
            listing=listing,
            shown=shown,
            ticked=[] if kept else ticked,
            kept=kept,
            error=error,
            pills=asked(listing.filters, state.values),
            list_query=request.form.get("list", ""),
            may_unmask=self._may_unmask(listing),
            back=own_or(request.form.get("url"), self.list_url()),
        )

    def _may_unmask(self, listing: Listing) -> bool:
        return listing.model is Professional and self.actor.can(Permission.PEOPLE_UNMASK)

    def _exported_list(self) -> tuple[Listing, ListState]:
        query: Mapping[str, str] = dict(parse_qsl(request.form.get("list", "")[:4000]))
        listing, state = self.read(query)
        key = request.form.get("sel", "")[:43]
        kept = selection.kept(self.work, self.endpoint, key)
        if kept is not None:
            # What was selected is of the filter at that moment, whatever the page is filtered by now.
            _, state = self.read(dict(parse_qsl(kept.query)))
        return listing, replace(state, selection=key)

    def _exported_ids(self, listing: Listing, state: ListState) -> list[int]:
        """Return the ids in the order of the list; raises Invalid for more than one export may hold."""
        statement = self.statement(listing, state)
        kept = selection.kept(self.work, self.endpoint, state.selection)
        ticked = [i for i in map(read_id, request.form.getlist("ids")) if i]
        if kept is not None:
            return list(selection.ids_of(self.work, kept, statement, listing.key))
        if ticked:
            statement = statement.where(listing.key.in_(ticked[: selection.AT_MOST]))
        if any(pill.error for pill in asked(listing.filters, state.values)):
            raise Invalid(N_("Please correct the marked fields."))
        columns = listing.sort(state.sort).columns
        ids = statement.with_only_columns(listing.key, maintain_column_froms=True)
        found = self.work.scalars(ids.order_by(None).order_by(*columns).limit(selection.AT_MOST + 1)).all()
        if len(found) > selection.AT_MOST:
            raise Invalid(N_("At most %(n)s rows can be exported at once; please narrow the filter."), n=selection.AT_MOST)
        if not found:
            raise Invalid(N_("There is nothing to export."))
        return list(found)

    def _enqueue_export(self, params: dict[str, Any]) -> Response:
        with unit_of_work() as session:
            job = jobs.enqueue(session, self.actor, self.export_kind, params, n_total=len(params["ids"]))
        back = own_or(request.form.get("url"), self.list_url())
        return redirect_own(url_for("jobs.details_view", id=job.id, url=back), "/")


def _export_url(view: Any) -> str:
    return url_for(f"{view.endpoint}.export_view")


def export_action(permission: Permission) -> PageAction:
    """Return the button 导出 of a list."""
    return PageAction("export", N_("Export"), url=_export_url, icon="download", permission=permission, carries_list=True)


# --- the rows ---------------------------------------------------------------------------------------------------------


def rows_of(session: Session, listing: Listing, columns: Sequence[Col], ids: Sequence[int]) -> Iterator[Any]:
    """Yield the rows of *ids* in their order, part by part; what has left the scope since is left out."""
    read = _plain_rows if _is_plain(listing, columns) else _whole_rows
    for start in range(0, len(ids), PART):
        part = ids[start : start + PART]
        found = read(session, listing, columns, part)
        yield from (found[i] for i in part if i in found)


def _is_plain(listing: Listing, columns: Sequence[Col]) -> bool:
    """Say whether mapped columns alone give the row: they are read without making objects."""
    return len(listing.rows().column_descriptions) == 1 and all(c.value is None for c in columns)


def _plain_rows(session: Session, listing: Listing, columns: Sequence[Col], ids: Sequence[int]) -> dict[int, Any]:
    names = dict.fromkeys(["id", *(c.name for c in columns)])
    statement = select(*(getattr(listing.model, name) for name in names)).where(listing.key.in_(ids))
    return {row.id: row for row in session.execute(statement)}


def _whole_rows(session: Session, listing: Listing, _columns: Sequence[Col], ids: Sequence[int]) -> dict[int, Any]:
    return listing.rows_by_id(session, ids)


def write(session: Session, actor: Actor, view: ExportPages, params: Mapping[str, Any]) -> bytes:
    """Return the workbook of an export."""
    listing = view.listing(params["tab"])
    columns = tuple(c for c in listing.columns if c.name in params["columns"])
    made = export_columns(columns)
    if params["is_unmasked"] and MASKED in params["columns"] and listing.model is Professional:
        numbers: dict[int, str] = {}
        for start in range(0, len(params["ids"]), PART):
            numbers |= full_numbers(session, actor, params["ids"][start : start + PART])
        place = [c.name for c in columns].index(MASKED)
        made[place] = ExportColumn(made[place].label, lambda row: numbers.get(row.id), 24)
    out = io.BytesIO()
    write_export(out, params["title"], made, rows_of(session, listing, columns, params["ids"]))
    return out.getvalue()


def record(session: Session, actor: Actor, params: Mapping[str, Any]) -> None:
    """Note in the organisation's history that a list was exported, how many rows, and whether numbers were shown."""
    changes = {"list": params["view"], "n": len(params["ids"]), "is_unmasked": params["is_unmasked"]}
    history.record(session, actor, "organisation", [actor.organisation_id or 0], "export", changes=changes)


def register(view: ExportPages) -> None:
    """Make the export of a list known to the worker."""
    if view.export_permission is not None:
        _views[view.endpoint] = view


def registered(endpoint: str) -> ExportPages:
    """Return the list of that endpoint."""
    return _views[endpoint]
