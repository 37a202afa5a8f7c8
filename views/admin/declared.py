"""What a list screen declares, and its state, statement and addresses in a request. Holds no page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from flask import request, url_for
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, false, select

from models.access import Actor, Permission
from models.errors import N_, DomainError, NotFound
from models.saved import kept_filter
from views.admin.actions import BatchAction, Listing, PageAction, RowAction, Section, Tab
from views.admin.columns import Col
from views.admin.filters import Filter, asked
from views.admin.keyset import Sort
from views.admin.rows import LineMaker, Word
from views.admin.screen import Screen
from views.admin.state import ListState, read_state
from views.arguments import read_id
from views.details import Attachment, Change, TimelineEntry
from views.forms import PlainForm

ROW_PAGES = {"details": "details_view", "edit": "edit_view", "delete": "delete_view"}
"""Row actions without an address of their own, and the page that they open."""


class Declared(Screen):
    """The declarations of a list screen with what follows from them; see ScopedModelView for the meaning of each."""

    model: Any
    endpoint: str
    render: Callable[..., str]  # of Flask-Admin's BaseView

    columns: ClassVar[tuple[Col, ...]] = ()
    sorts: ClassVar[tuple[Sort, ...]] = ()
    filters: ClassVar[tuple[Filter, ...]] = ()
    tabs: ClassVar[tuple[Tab, ...]] = ()
    row_actions: ClassVar[tuple[RowAction, ...]] = ()
    page_actions: ClassVar[tuple[PageAction, ...]] = ()
    batch_actions: ClassVar[tuple[BatchAction, ...]] = ()
    details: ClassVar[tuple[Section, ...]] = ()
    create_form_class: ClassVar[type[PlainForm] | None] = None
    edit_form_class: ClassVar[type[PlainForm] | None] = None
    create_permission: ClassVar[Permission | None] = None
    edit_permission: ClassVar[Permission | None] = None
    delete_permission: ClassVar[Permission | None] = None

    listings: Mapping[str, Listing]

    # --- what a screen overrides ---------------------------------------------------------------------------------

    def rows(self) -> Select[Any]:
        """Return the listed entities with joins and loading options; never a filter by organisation."""
        return select(self.model)

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Return conditions that always hold here, beside tab and filters."""
        return ()

    def tabs_for(self, actor: Actor) -> Sequence[Tab]:
        """Return the tabs that are offered to a position."""
        return self.tabs

    def row_name(self, row: Any) -> str:
        """Return the words by which a dialog names a row."""
        return str(getattr(row, "name", row.id))

    def attachments(self, row: Any) -> Sequence[Attachment] | None:
        """Return the files of a row; None leaves the part out."""
        return None

    def timeline(self, row: Any) -> Sequence[TimelineEntry] | None:
        """Return the course of a row's review; None leaves the part out."""
        return None

    def changes(self, row: Any) -> Sequence[Change] | None:
        """Return a row's changed values; None leaves the part out."""
        return None

    # --- listings ------------------------------------------------------------------------------------------------

    def build_listings(self) -> dict[str, Listing]:
        """Return each tab completed from the view; raises TypeError for a declaration that cannot work."""
        found = {}
        for tab in self.tabs or (Tab("", self.name_id),):
            model: Any = tab.model or self.model
            batches = self.batch_actions if tab.batch_actions is None else tab.batch_actions
            listing = Listing(
                name=tab.name,
                model=model,
                rows=tab.rows or self.rows,
                where=tab.where,
                columns=tuple(c.described(model) for c in (tab.columns or self.columns)),
                sorts=tab.sorts or self.sorts or (Sort("id", (model.id,)),),
                filters=self.filters if tab.filters is None else tab.filters,
                row_actions=self.row_actions if tab.row_actions is None else tab.row_actions,
                batch_actions=batches,
                row_name=tab.row_name or self.row_name,
                batches={b.name: b for b in batches},
            )
            for sort in listing.sorts:
                sort.check()
            found[tab.name] = listing
        return found

    def listing(self, name: str) -> Listing:
        """Return the named tab's listing, else the first."""
        return self.listings.get(name) or next(iter(self.listings.values()))

    # --- one request ---------------------------------------------------------------------------------------------

    def read(self, values: Mapping[str, str]) -> tuple[Listing, ListState]:
        """Return the listing and its state for the parameters of an address, private filters included."""
        offered = [tab.name for tab in self.tabs_for(self.actor)]
        name = values.get("tab", "")
        listing = self.listing(name if name in offered or not offered else offered[0])
        state = read_state(values, listing.filters)
        kept = kept_filter(self.work, self.endpoint, state.kept) if state.kept else None
        if kept is None:
            return listing, replace(state, tab=listing.name, kept="")
        known = {p for f in listing.filters if f.is_private for p in f.parameters}
        private = {n: v for n, v in json.loads(kept.values_json).items() if n in known}
        return listing, replace(state, tab=listing.name, private=private)

    def unfiltered(self, listing: Listing) -> Select[Any]:
        """Return the listing's rows with what always holds, without tab and filters."""
        return listing.rows().where(*self.where(self.actor))

    def statement(self, listing: Listing, state: ListState) -> Select[Any]:
        """Return the rows of a tab that its filters let through; a filter that does not fit lets none."""
        statement = self.unfiltered(listing)
        if listing.where is not None:
            statement = statement.where(*listing.where(self.actor))
        for each in asked(listing.filters, state.values):
            if each.error is not None:
                return statement.where(false())
            try:
                statement = each.filter.apply(statement, each.filter.parse(each.texts))
            except DomainError:
                return statement.where(false())
        return statement

    def find(self, text: str | None) -> Any:
        """Return the row of an id out of an address; raises NotFound for one that is absent or not within the scope."""
        return self.find_in(self.listing(request.values.get("tab", "")), text)

    def find_in(self, listing: Listing, text: str | None) -> Any:
        """Return the row of one listing; raises NotFound."""
        row_id = read_id(text)
        if row_id is None:
            raise NotFound
        result = self.work.execute(self.unfiltered(listing).where(listing.key == row_id)).first()
        if result is None:
            raise NotFound
        return result[0] if len(result) == 1 else result

    def list_url(self, state: ListState | None = None) -> str:
        """Return the address of the list in a state."""
        query = state.query() if state else ""
        return url_for(f"{self.endpoint}.index_view") + (f"?{query}" if query else "")

    def maker(self, listing: Listing, columns: Sequence[Col], here: str) -> LineMaker:
        """Return what makes the rows of one page ready for the template."""
        actions = [a for a in listing.row_actions if self.may(self._permission(listing, a))]
        tab = listing.name or None
        own = {name: url_for(f"{self.endpoint}.{page}", tab=tab, url=here) for name, page in ROW_PAGES.items()}
        others = {a.name: url_for(a.page, url=here) for a in actions if a.page}
        details = f"{own['details']}&id="
        batch = {a.batch: self.batch_url(a.batch) for a in actions if a.batch}

        def address(action: RowAction, row: Any) -> str:
            if action.batch:
                return batch[action.batch]
            if action.url is not None:
                return action.url(self, row)
            base = others.get(action.name) or own.get(action.name) or own["details"]
            return f"{base}&id={listing.key_of(row)}{'#' if action.anchor else ''}{action.anchor}"

        return LineMaker(listing, columns, actions, address, (lambda i: f"{details}{i}") if self.has_details else None)

    def row_words(self, listing: Listing, row: Any, here: str) -> tuple[list[Word], list[Word]]:
        """Return the actions offered on one row: beside each other, and under 更多."""
        return self.maker(listing, (), here).words_of_row(row)

    def batch_url(self, name: str) -> str:
        """Return the address that asks before a batch of one row."""
        return url_for(f"{self.endpoint}.action_view", action=name)

    def _permission(self, listing: Listing, action: RowAction) -> Permission | None:
        if action.permission is None and action.batch:
            return listing.batches[action.batch].permission
        return action.permission

    @property
    def has_details(self) -> bool:
        """Say whether the rows have a details page worth a link."""
        return bool(self.details) or any(a.name == "details" for x in self.listings.values() for a in x.row_actions)

    def details_title(self, row: Any) -> str:
        """Return the heading of a row's page."""
        return f"{self.title}{gettext(N_(': '))}{self.row_name(row)}"

    def empty_words(self) -> str:
        """Return what the page says below 暂无数据 when there is no row at all."""
        return gettext(N_("As soon as there is something, it appears here."))

    def may(self, permission: Permission | None) -> bool:
        """Say whether the position in use holds *permission*; None asks for none."""
        return permission is None or self.actor.can(permission)
