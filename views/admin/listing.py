"""The list page, its search and its choice of columns."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import flash, request
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from models.errors import N_
from models.patience import TooSlow, at_most
from models.saved import ColumnChoice, keep_filter
from models.transaction import unit_of_work
from views.admin import selection
from views.admin.actions import Listing, PageAction
from views.admin.columns import Col, chosen
from views.admin.declared import Declared
from views.admin.filters import Asked, asked
from views.admin.keyset import Page, Sort, count, fetch
from views.admin.state import ListState, clean, read_state
from views.redirects import redirect_own
from views.words import say

TAB_COUNT_LIMIT = 99
SECONDS = 2.0
"""So long a list may ask the database."""


class ListPages(Declared):
    """Pages about many rows, read only."""

    list_template = "admin/list.html"

    @expose("/")
    def index_view(self) -> str:
        """Show one page of the list."""
        listing, state = self.read(request.args)
        sort = listing.sort(state.sort)
        descending = state.is_descending if state.sort else sort.is_descending
        page = self._fetch(listing, state, sort, descending=descending)
        if page.cursor_was_lost:
            flash(gettext(N_("The row that this page began with is gone; the list begins anew.")), "info")
        self._fill_addresses(page, listing, state)
        pills = asked(listing.filters, state.values)
        columns, here = self.chosen_columns(listing), self.list_url(state)
        return self.render(
            self.list_template,
            view=self,
            listing=listing,
            state=state,
            page=page,
            pills=pills,
            sort=sort,
            descending=descending,
            columns=columns,
            lines=self.maker(listing, columns, here).lines(page.rows),
            selected=self._selected(state),
            here=here,
            clear_url=self.list_url(
                ListState(tab=state.tab, sort=state.sort, is_descending=state.is_descending, size=state.size)
            ),
            filter_errors={p.filter.name: say(p.error) for p in pills if p.error},
            tabs=self._tabs(listing, state, None if pills else page.count),
            page_actions=[a for a in self.page_actions if self.may(a.permission)],
            batch_actions=[b for b in listing.batch_actions if self.may(b.permission)],
        )

    @expose("/search", methods=("POST",))
    def search(self) -> Response:
        """Split what was asked: private filters stay on the server, the others stand in the address."""
        listing = self.listing(request.form.get("tab", ""))
        state = replace(read_state(request.form, listing.filters), tab=listing.name, kept="", selection="")
        private = {
            p: clean(request.form[p])
            for f in listing.filters
            if f.is_private
            for p in f.parameters
            if clean(request.form.get(p, ""))
        }
        if private:
            with unit_of_work() as session:
                state = replace(state, kept=keep_filter(session, self.actor, self.endpoint, private))
        return redirect_own(self.list_url(state.first_page(counts_exactly=False)), "/")

    @expose("/columns", methods=("GET", "POST"))
    def column_choice(self) -> str | Response:
        """Choose which columns are shown, in which order; kept for this position of this account."""
        listing = self.listing(request.values.get("tab", ""))
        back = request.values.get("url")
        if request.method == "GET":
            shown = self.chosen_columns(listing)
            names = {c.name for c in shown}
            everything = (*shown, *(c for c in listing.columns if c.name not in names))
            return self.render("admin/columns.html", view=self, listing=listing, shown=names, everything=everything, back=back)
        wanted = [] if "reset" in request.form else request.form.getlist("columns")
        chosen_names = [n for n in wanted if n in {c.name for c in listing.columns}]
        with unit_of_work() as session:
            choice = self._choice(listing)
            if choice is None:
                choice = ColumnChoice(
                    account_id=self.actor.account_id,
                    position_key=self.actor.position_key,
                    view=self._choice_name(listing),
                    columns=chosen_names,
                )
                session.add(choice)
            choice.columns = chosen_names
        flash(gettext(N_("The columns were saved.")), "success")
        return redirect_own(back, self.list_url())

    # --- what the template asks ----------------------------------------------------------------------------------

    def chosen_columns(self, listing: Listing) -> tuple[Col, ...]:
        """Return the columns that the reader chose for a listing; an export offers the same."""
        choice = self._choice(listing)
        return chosen(listing.columns, choice.columns if choice else None)

    def action_url(self, action: PageAction) -> str:
        """Return the address of a button above the list."""
        return action.url(self)

    def sort_url(self, state: ListState, name: str) -> str:
        """Return the address that orders by *name*, turned when it is the order in use."""
        listing = self.listing(state.tab)
        sort = listing.sort(name)
        in_use = listing.sort(state.sort).name == name
        now = state.is_descending if state.sort else sort.is_descending
        return self.list_url(state.first_page(sort=name, is_descending=not now if in_use else sort.is_descending))

    def without_url(self, state: ListState, pill: Asked) -> str:
        """Return the address without one filter; a private one goes, and the others of its key stay."""
        public = {n: v for n, v in state.public.items() if n not in pill.filter.parameters}
        return self.list_url(state.first_page(public=public, selection=""))

    # --- inside --------------------------------------------------------------------------------------------------

    def _fetch(self, listing: Listing, state: ListState, sort: Sort, *, descending: bool) -> Page:
        """Return the page, or an empty one that says why: a combination of filters that no index serves is cut."""
        statement, rows = self.statement(listing, state), self.unfiltered(listing)
        try:
            with at_most(self.work, SECONDS):
                return fetch(
                    self.work,
                    statement,
                    sort,
                    listing.key,
                    state.window,
                    descending=descending,
                    rows=rows,
                    rows_by_id=partial(listing.rows_by_id, self.work),
                    is_narrowed=bool(state.values),
                )
        except TooSlow as error:
            return Page((), state.size, refusal=say(error))

    def _choice_name(self, listing: Listing) -> str:
        return f"{self.endpoint}:{listing.name}"[:60]

    def _choice(self, listing: Listing) -> ColumnChoice | None:
        return self.work.scalars(select(ColumnChoice).where(ColumnChoice.view == self._choice_name(listing))).first()

    def _selected(self, state: ListState) -> selection.Selection | None:
        kept = selection.kept(self.work, self.endpoint, state.selection)
        return kept if kept and kept.query == selection_query(state) else None

    def _tabs(self, listing: Listing, state: ListState, known: int | None) -> list[tuple[str, str, bool, str | None]]:
        found = []
        for tab in self.tabs_for(self.actor):
            target = self.list_url(ListState(tab=tab.name, size=state.size))
            number = None
            if tab.counts:
                other = self.listing(tab.name)
                n = known if other is listing and known is not None else self._count_all(other)
                number = f"{TAB_COUNT_LIMIT}+" if n > TAB_COUNT_LIMIT else str(n)
            found.append((tab.title, target, tab.name == listing.name, number))
        return found

    def _count_all(self, listing: Listing) -> int:
        return count(self.work, self.statement(listing, ListState()), listing.key, limit=TAB_COUNT_LIMIT)

    def _fill_addresses(self, page: Page, listing: Listing, state: ListState) -> None:
        keys = [listing.key_of(row) for row in page.rows]
        page.base_url = self.list_url()
        page.exact_url = self.list_url(replace(state, counts_exactly=True))
        page.size_fields = state.fields("size", "page", "after", "before", "at")
        page.jump_fields = state.fields("page", "after", "before", "at")
        start = state.first_page()
        if page.has_previous:
            page.first_url = self.list_url(start)
            near = page.number is not None and page.number <= 2
            previous = start if near else replace(start, page=page.number and page.number - 1, before=keys[0] if keys else None)
            page.previous_url = self.list_url(previous)
        if page.has_next and keys:
            page.next_url = self.list_url(replace(start, page=page.number and page.number + 1, after=keys[-1]))
            page.last_url = self.list_url(replace(start, is_last=True))


def selection_query(state: ListState) -> str:
    """Return the state that a selection belongs to: tab and filters, whatever the page and the order."""
    return state.query("page", "after", "before", "at", "size", "sort", "count", "sel")
