"""The review page of a queue: evidence left, form right, pass and next, the place in the list by its filter and order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import ScalarSelect, Select, select
from werkzeug.wrappers import Response

from models.errors import N_, DomainError
from models.transaction import unit_of_work
from views.admin.actions import BatchAction, Listing
from views.admin.batch import BatchPages, done_words
from views.admin.keyset import COUNT_LIMIT, Sort, beyond, counting, ordered, sort_values
from views.admin.records import RecordPages
from views.admin.state import ListState, read_query
from views.forms import PlainForm
from views.redirects import own_or, redirect_own
from views.words import say


@dataclass(frozen=True, slots=True)
class Queue:
    """Where one item stands among those of the list it was opened from."""

    position: int = 0  # 0: the item has left the list
    total: int = 0
    is_capped: bool = False
    previous_url: str = ""
    next_url: str = ""

    @property
    def total_word(self) -> str:
        """Return the total, with a plus when it was capped."""
        return f"{self.total:,}{'+' if self.is_capped else ''}"


class ReviewPage(BatchPages, RecordPages):
    """Mixed in before ScopedModelView: its details page decides, with the batches named here, one row at a time."""

    details_template = "admin/review.html"
    review_pass: ClassVar[str] = ""
    review_reject: ClassVar[str] = ""

    def review_form(self, row: Any) -> PlainForm | None:
        """Return the form of what a decision sets (recognised hours); its data go to the batch as ``values``."""
        return None

    def can_decide(self, listing: Listing, row: Any) -> bool:
        """Say whether the position in use may decide *row* now."""
        batch = listing.batches.get(self.review_pass)
        return batch is not None and self.may(batch.permission) and row is not None

    def decided_words(self, row: Any) -> str:
        """Return who decided a row that can no longer be decided here."""
        return ""

    def warnings(self, row: Any) -> Sequence[str]:
        """Return what the reviewer should look at first."""
        return ()

    def more_pairs(self, row: Any) -> Sequence[tuple[str, str]]:
        """Return further (label, words) of the description list, as the fields of a learning form."""
        return ()

    @expose("/details/")
    def details_view(self) -> str:
        """Show one item with its evidence and the form that decides it."""
        return self._review_page(self._opened_from(), request.args.get("id"))

    @expose("/decide", methods=("POST",))
    def decide(self) -> str | Response:
        """Decide one item and go on to the next, or back to the list."""
        back = self._opened_from()
        listing, state = self._queue_of(back)
        row = self.find_in(listing, request.form.get("id"))
        step = request.form.get("step", "")
        batch = listing.batches.get(self.review_reject if step == "reject" else self.review_pass)
        if batch is None:
            raise DomainError(N_("This step is not offered here."))
        if batch.permission is not None:
            self.actor.require(batch.permission)
        reason = request.form.get("reason", "").strip()[:500]
        if step == "reject" and batch.reason is not None and batch.reason.is_required and not reason:
            return self._review_page(back, request.form.get("id"), reason_error=gettext(N_("Please give a reason.")))
        form = self.review_form(row)
        if form is not None and step != "reject" and not form.validate():
            return self._review_page(back, request.form.get("id"), form=form)
        queue = self._queue(listing, state, row, back)
        following = queue.next_url or queue.previous_url  # behind the last one those that were passed over
        try:
            self._decide_one(batch, listing.key_of(row), reason, form)
        except DomainError as error:
            return self._review_page(back, request.form.get("id"), form=form, decision_error=say(error))
        flash(done_words(batch, 1), "success")
        if step == "pass" or not following:
            return redirect_own(back, self.list_url())
        return redirect_own(following, self.list_url())

    def _decide_one(self, batch: BatchAction, row_id: int, reason: str, form: PlainForm | None) -> None:
        values = {n: v for n, v in form.data.items() if n not in {"csrf_token", "position"}} if form is not None else {}
        with unit_of_work() as session:
            moved = batch.operation(session, self.actor, [row_id], reason=reason, values=values)
            if moved.refused:
                raise next(iter(moved.refused.values()))

    def _opened_from(self) -> str:
        return own_or(request.values.get("url"), self.list_url())

    def _queue_of(self, back: str) -> tuple[Listing, ListState]:
        """Return the list that the page was opened from; another address means the first list without a filter."""
        parts = urlsplit(back)
        query = parts.query if parts.path == urlsplit(self.list_url()).path else ""
        tab = request.values.get("tab") or read_query(query, ()).tab
        state = read_query(query, self.listing(tab).filters)
        return self.read(dict(state.fields("tab")) | {"tab": tab})

    def _review_page(
        self, back: str, row_id: str | None, *, form: PlainForm | None = None, reason_error: str = "", decision_error: str = ""
    ) -> str:
        listing, state = self._queue_of(back)
        row = self.find_in(listing, row_id)
        may_decide = self.can_decide(listing, row)
        reject = listing.batches.get(self.review_reject)
        return self.render(
            self.details_template,
            view=self,
            row=row,
            listing=listing,
            back=back,
            queue=self._queue(listing, state, row, back),
            sections=self.described_sections(),
            attachments=self.attachments(row),
            timeline=self.timeline(row),
            changes=self.changes(row),
            warnings=self.warnings(row),
            more_pairs=self.more_pairs(row),
            decision=may_decide,
            decided_words="" if may_decide else self.decided_words(row),
            decide_url=url_for(f"{self.endpoint}.decide"),
            list_query=state.query("sel"),
            form=form if form is not None else (self.review_form(row) if may_decide else None),
            may_pass=bool(self.review_pass),
            pass_word=listing.batches[self.review_pass].step_title if self.review_pass in listing.batches else "",
            reject_word=reject.step_title if reject else "",
            may_reject=reject is not None and self.may(reject.permission),
            canned=reject.reason.sentences if reject and reject.reason else (),
            reason=request.form.get("reason", ""),
            reason_error=reason_error,
            decision_error=decision_error,
            **self.details_context(row),
        )

    def _queue(self, listing: Listing, state: ListState, row: Any, back: str) -> Queue:
        sort = listing.sort(state.sort)
        descending = state.is_descending if state.sort else sort.is_descending
        key = listing.key_of(row)
        values = sort_values(self.work, self.unfiltered(listing), sort, listing.key, key)
        if values is None:
            return Queue()
        statement = self.statement(listing, state)
        ahead = beyond(statement, sort, values, descending=not descending)
        behind = beyond(statement, sort, values, descending=descending)
        total, n_ahead, is_listed, previous, following = self.work.execute(
            select(
                counting(statement, listing.key).scalar_subquery(),
                counting(ahead, listing.key).scalar_subquery(),
                statement.where(listing.key == key).exists(),
                _nearest(listing, ahead, sort, descending=not descending),
                _nearest(listing, behind, sort, descending=descending),
            )
        ).one()
        return Queue(
            min(n_ahead, COUNT_LIMIT) + 1 if is_listed else 0,
            min(total, COUNT_LIMIT),
            total > COUNT_LIMIT,
            self._item_url(listing, previous, back),
            self._item_url(listing, following, back),
        )

    def _item_url(self, listing: Listing, row_id: int | None, back: str) -> str:
        return (
            url_for(f"{self.endpoint}.details_view", id=row_id, tab=listing.name or None, url=back) if row_id is not None else ""
        )


def _nearest(listing: Listing, statement: Select[Any], sort: Sort, *, descending: bool) -> ScalarSelect[Any]:
    """Return the id of the first row of *statement*."""
    return (
        ordered(statement.with_only_columns(listing.key, maintain_column_froms=True), sort, descending=descending)
        .limit(1)
        .scalar_subquery()
    )
