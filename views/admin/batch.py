"""Batches: one operation over the ticked rows or over the whole filter, asked first, answered with what became of each.

Up to 500 rows run in the request; more become a job of kind ``admin.batch``, whose chunks commit with its cursor.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import flash, jsonify, request, url_for
from flask_admin import expose
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models import jobs
from models.errors import N_, DomainError, Invalid, NotFound
from models.saved import keep_filter, kept_filter
from models.transaction import unit_of_work
from models.workflow import CHUNK, Moved
from views.admin import selection
from views.admin.actions import BATCH, BatchAction, Listing
from views.admin.declared import Declared
from views.admin.filters import asked
from views.admin.listing import selection_query
from views.admin.state import ListState, read_query
from views.arguments import read_id
from views.redirects import own_or, redirect_own
from views.words import say, words

JOB_KIND = "admin.batch"
NAMED = 5
LISTED = 200
"""So many refused rows are kept with their names; all of them are counted."""

_views: dict[str, Declared] = {}


def register(view: Declared) -> None:
    """Make the batches of *view* known to the job handler, in the web process and in the worker."""
    _views[view.endpoint] = view


def _registered(name: str) -> tuple[Declared, Listing, BatchAction]:
    """Return what a task named: endpoint, tab and batch."""
    endpoint, tab, batch = name.split(".")
    listing = _views[endpoint].listing(tab)
    return _views[endpoint], listing, listing.batches[batch]


def _at_once(batch: BatchAction) -> int:
    """Return how many rows one transaction of the batch takes, 500 at most."""
    return min(batch.most, CHUNK)


@dataclass(frozen=True)
class Chosen:
    """The rows that a batch is asked for: their ids and how the request said it."""

    ids: Sequence[int]
    selection: str = ""
    note: str = ""


class BatchPages(Declared):
    """The pages of a batch: select all, confirm, run, result."""

    @expose("/select", methods=("POST",))
    def select_all(self) -> Response:
        """Select all rows of the filter: counted exactly now, kept on the server."""
        listing, state = self._posted_list()
        with unit_of_work() as session:
            taken = self._take(session, listing, state)
        return redirect_own(self.list_url(replace(state, selection=taken.key)), "/")

    @expose("/exclude", methods=("POST",))
    def exclude(self) -> Response:
        """Take rows out of the kept selection or put them back; answers with the new count."""
        kept = selection.kept(self.work, self.endpoint, request.args.get("sel", "")[:43])
        if kept is None:
            raise NotFound
        changes = {name: [i for i in map(read_id, request.form.getlist(name)[:500]) if i] for name in ("exclude", "include")}
        with unit_of_work() as session:
            selection.change(session, self.endpoint, kept, **changes)
        return jsonify(count=kept.n_selected)

    @expose("/action/", methods=("POST",))
    def action_view(self) -> str | Response:
        """Ask before a batch: how many, the first names, what will happen, the reason."""
        listing, state = self._posted_list()
        batch = self._batch(listing)
        chosen = self._chosen(listing, state)
        if not chosen.ids:
            is_empty = "all" in request.form  # somebody else was faster
            words = (
                N_("The list has no such row any more; nothing was done.") if is_empty else N_("Please select at least one row.")
            )
            flash(gettext(words), "warning")
            return redirect_own(request.form.get("url"), self.list_url(state))
        return self._ask(listing, batch, chosen, batch.form() if batch.form else None)

    @expose("/action/run", methods=("POST",))
    def action_run(self) -> str | Response:
        """Run the confirmed batch, here or as a job."""
        listing, state = self._posted_list()
        batch = self._batch(listing)
        chosen = self._chosen(listing, state)
        form = batch.form() if batch.form else None
        reason = request.form.get("reason", "").strip()[:500]
        if batch.reason and batch.reason.is_required and not reason:
            return self._ask(listing, batch, chosen, form, reason_error=gettext(N_("Please give a reason.")))
        if form is not None and not form.validate():
            return self._ask(listing, batch, chosen, form)
        values = {n: v for n, v in form.data.items() if n not in {"csrf_token", "position"}} if form is not None else {}
        try:
            return self._run(listing, batch, chosen, reason, values)
        except DomainError as error:
            return self._ask(listing, batch, chosen, form, refused=say(error))

    @expose("/result")
    def batch_result(self) -> str:
        """Show what became of each row of a batch that ran in the request."""
        kept = kept_filter(self.work, _result_name(self.endpoint), request.args.get("r", "")[:43])
        if kept is None:
            raise NotFound
        result = json.loads(json.loads(kept.values_json)["result"])
        return self.render(
            "admin/result.html",
            view=self,
            result=result,
            back=own_or(request.args.get("url"), self.list_url()),
            refused=refused_words(result),
        )

    def undo_query(self, batch: BatchAction, mark: str) -> str:
        """Return the state of the list that holds what the batch of that *mark* did and can undo it; empty where none can."""
        return ""

    # --- inside --------------------------------------------------------------------------------------------------

    def _posted_list(self) -> tuple[Listing, ListState]:
        query = request.form.get("list", "")
        tab = read_query(query, ()).tab
        state = read_query(query, self.listing(tab).filters)
        return self.read(dict(state.fields()) | {"sel": request.form.get("sel", "")})

    def _batch(self, listing: Listing) -> BatchAction:
        batch = listing.batches.get(request.values.get("action", ""))
        if batch is None:
            raise NotFound
        if batch.permission is not None:
            self.actor.require(batch.permission)
        return batch

    def _take(self, session: Session, listing: Listing, state: ListState) -> selection.Selection:
        return selection.take(
            session, self.actor, self.endpoint, selection_query(state), self.statement(listing, state), listing.key
        )

    def _chosen(self, listing: Listing, state: ListState) -> Chosen:
        """Return the rows of the request: one row, a kept selection, all of the filter at once, or the ticked ids."""
        key = state.selection
        if "all" in request.form and not key:
            if any(pill.error for pill in asked(listing.filters, state.values)):
                raise Invalid(N_("Please correct the marked fields."))
            with unit_of_work() as session:
                key = self._take(session, listing, state).key
        if key and "row" not in request.form:
            return self._chosen_whole(listing, key)
        texts = [request.form["row"]] if "row" in request.form else request.form.getlist("ids")[:CHUNK]
        return Chosen(sorted({i for i in map(read_id, texts) if i}))

    def _chosen_whole(self, listing: Listing, key: str) -> Chosen:
        kept = selection.kept(self.work, self.endpoint, key)
        if kept is None:
            raise Invalid(N_("The selection is no longer kept; please select again."))
        _, state = self.read(dict(read_query(kept.query, listing.filters).fields()))
        ids = selection.ids_of(self.work, kept, self.statement(listing, state), listing.key)
        gone = kept.n_selected - len(ids)
        note = gettext(N_("%(n)s of the selected rows have left the list since."), n=gone) if gone > 0 else ""
        return Chosen(ids, key, note)

    def _ask(
        self, listing: Listing, batch: BatchAction, chosen: Chosen, form: Any, *, reason_error: str = "", refused: str = ""
    ) -> str:
        ids = chosen.ids
        preview = batch.preview(self.work, self.actor, ids) if batch.preview else []
        return self.render(
            "admin/batch.html",
            view=self,
            listing=listing,
            batch=batch,
            chosen=chosen,
            form=form,
            preview=preview,
            warnings=batch.warnings(self.work, self.actor, ids) if batch.warnings else [],
            names=names_of(self.work, listing, ids[:NAMED]),
            reason=request.form.get("reason", ""),
            reason_error=reason_error,
            refused=refused,
            list_query=request.form.get("list", ""),
            back=own_or(request.form.get("url"), self.list_url()),
            row=request.form.get("row", ""),
        )

    def _run(self, listing: Listing, batch: BatchAction, chosen: Chosen, reason: str, values: Mapping[str, Any]) -> Response:
        back = _without_selection(own_or(request.form.get("url"), self.list_url()))
        if batch.start is not None:
            with unit_of_work() as session:
                job = batch.start(session, self.actor, chosen.ids, values)
            return redirect_own(url_for("jobs.details_view", id=job.id, url=back), "/")
        if len(chosen.ids) > _at_once(batch):
            return self._enqueue(listing, batch, chosen, reason, values, back)
        if "row" not in request.form:  # a batch of one is a batch, too: it can be taken back like any other
            values = {**values, BATCH: str(uuid.uuid4())}
        with unit_of_work() as session:
            moved = batch.operation(session, self.actor, chosen.ids, reason=reason, values=values)
        if len(chosen.ids) == 1 and moved.refused:
            flash(say(next(iter(moved.refused.values()))), "error")
        elif not moved.refused:
            flash(done_words(batch, len(moved.done)), "success")
        else:
            return self._show_result(listing, batch, moved, back, self.undo_query(batch, str(values.get(BATCH, ""))))
        return redirect_own(back, "/")

    def _enqueue(
        self, listing: Listing, batch: BatchAction, chosen: Chosen, reason: str, values: Mapping[str, Any], back: str
    ) -> Response:
        name = f"{self.endpoint}.{listing.name}.{batch.name}"
        # All chunks are one batch, also the last one, which may hold a single row.
        values = {**values, BATCH: str(uuid.uuid4())}
        params = {"batch": name, "ids": list(chosen.ids), "reason": reason, "values": values, "title": batch.label}
        with unit_of_work() as session:
            job = jobs.enqueue(session, self.actor, JOB_KIND, params, n_total=len(chosen.ids))
        return redirect_own(url_for("jobs.details_view", id=job.id, url=back), "/")

    def _show_result(self, listing: Listing, batch: BatchAction, moved: Moved, back: str, undo_query: str) -> Response:
        with unit_of_work() as session:  # read inside: what was read before a write begins would be out of date for SQLite
            result = result_of(session, listing, moved) | {"title": batch.label, "undo": undo_query}
            key = keep_filter(session, self.actor, _result_name(self.endpoint), {"result": json.dumps(result)})
        return redirect_own(url_for(f"{self.endpoint}.batch_result", r=key, url=back), "/")


def names_of(session: Session, listing: Listing, ids: Sequence[int]) -> dict[int, str]:
    """Return id -> words of those rows that the scope covers."""
    return {i: listing.row_name(row) for i, row in listing.rows_by_id(session, ids).items()}


def result_of(session: Session, listing: Listing, moved: Moved) -> dict[str, Any]:
    """Return what became of each row as plain values: counts, and the refused rows with name and reason."""
    ids = sorted(moved.refused)[:LISTED]
    names = names_of(session, listing, ids)
    return {
        "done": len(moved.done),
        "skipped": len(moved.refused),
        "refused": [
            {
                "id": i,
                "name": names.get(i, ""),
                "message_id": moved.refused[i].message_id,
                "params": {k: str(v) for k, v in moved.refused[i].params.items()},
            }
            for i in ids
        ],
    }


def refused_words(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (name, sentence) of the refused rows in the reader's language."""
    return [(r["name"] or f"#{r['id']}", words(r["message_id"], r["params"])) for r in result.get("refused", ())]


def done_words(batch: BatchAction, n: int) -> str:
    """Return the sentence of a batch that took every row."""
    return ngettext("%(step)s: %(num)s row done.", "%(step)s: %(num)s rows done.", n, step=batch.step_title)


@jobs.handler(JOB_KIND)
def run_batch(run: jobs.Run) -> dict[str, Any]:
    """Run a batch in chunks from the job's cursor, of 500 rows at most; rights are those of the moment."""
    params = run.job.params
    view, listing, batch = _registered(params["batch"])
    if not view.is_for(run.actor):
        run.actor.require(view.permission)
        raise NotFound
    if batch.permission is not None:
        run.actor.require(batch.permission)
    ids: list[int] = params["ids"]
    result: dict[str, Any] = dict(run.job.result) or {"done": 0, "skipped": 0, "refused": [], "title": params["title"]}
    start = int(run.job.cursor.get("next", 0))
    while start < len(ids):
        chunk = ids[start : start + _at_once(batch)]
        moved = batch.operation(run.session, run.actor, chunk, reason=params["reason"], values=params["values"])
        part = result_of(run.session, listing, moved)
        result = {
            **result,
            "done": result["done"] + part["done"],
            "skipped": result["skipped"] + part["skipped"],
            "refused": [*result["refused"], *part["refused"]][:LISTED],
        }
        start += len(chunk)
        run.commit(cursor={"next": start}, n_done=start, n_total=len(ids), result=result)
    return result


def undo_of(job: jobs.Job) -> tuple[str, str]:
    """Return where a batch that ran as a task can be undone: the address that asks, and the state of its list; else empty."""
    if job.kind != JOB_KIND or not job.result.get("done"):
        return "", ""
    view, _listing, batch = _registered(job.params["batch"])
    query = view.undo_query(batch, str(job.params["values"].get(BATCH, ""))) if isinstance(view, BatchPages) else ""
    return (url_for(f"{view.endpoint}.action_view"), query) if query else ("", "")


def _without_selection(address: str) -> str:
    """Return the address of a list without its selection, which the batch has used up."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != "sel"])).geturl()


def _result_name(endpoint: str) -> str:
    return f"{endpoint}:result"[:60]
