"""The rows of a list made ready for the template: words, links and actions, each worked out once per page where it can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from views.admin.actions import Listing, RowAction
from views.admin.columns import Col, words_of
from views.states import StateWord

CLIPPED_FROM = 24
"""A longer text is cut off in the table, whole on the phone and under the pointer."""


@dataclass(slots=True)
class Cell:
    """One cell: its column's label for the card on a phone, its words, and the state that gives icon and colour."""

    label: str
    text: str
    is_numeric: bool = False
    status: str = ""
    is_clipped: bool = False
    href: str = ""


@dataclass(slots=True)
class Word:
    """One action on a row: a link, or with ``is_posted`` the address of a form that asks first."""

    title: str
    href: str
    is_posted: bool = False
    is_danger: bool = False


@dataclass(slots=True)
class Line:
    """One row of the table."""

    id: int
    name: str
    cells: list[Cell]
    near: list[Word] = field(default_factory=list)
    more: list[Word] = field(default_factory=list)


@dataclass
class LineMaker:
    """What is the same for every row of one page."""

    listing: Listing
    columns: Sequence[Col]
    actions: Sequence[RowAction]  # those that the position may use
    address: Callable[[RowAction, Any], str]
    details: Callable[[int], str] | None
    words: dict[str, str] = field(default_factory=dict)

    def lines(self, rows: Sequence[Any]) -> list[Line]:
        """Return the rows made ready."""
        labels = [c.title for c in self.columns]
        titles = [a.title for a in self.actions]
        return [self._line(row, labels, titles) for row in rows]

    def words_of_row(self, row: Any) -> tuple[list[Word], list[Word]]:
        """Return the actions offered on one row: beside each other, and under 更多."""
        line = Line(self.listing.key_of(row), "", [])
        self._add_actions(line, row, [a.title for a in self.actions])
        return line.near, line.more

    def _line(self, row: Any, labels: Sequence[str], titles: Sequence[str]) -> Line:
        cells = [self._cell(col, label, row) for col, label in zip(self.columns, labels, strict=True)]
        line = Line(self.listing.key_of(row), cells[0].text, cells)
        if self.details is not None:
            for col, cell in zip(self.columns, cells, strict=True):
                if col.is_link:
                    cell.href = self.details(line.id)
        self._add_actions(line, row, titles)
        return line

    def _cell(self, col: Col, label: str, row: Any) -> Cell:
        state = col.state(row)
        if state is not None:
            return Cell(label, self._word(state), status=state.kind)
        text = words_of(col, col.raw(row))
        return Cell(label, text, col.is_numeric, is_clipped=len(text) > CLIPPED_FROM)

    def _word(self, state: StateWord) -> str:
        if state.word not in self.words:
            self.words[state.word] = gettext(state.word)
        return self.words[state.word]

    def _add_actions(self, line: Line, row: Any, titles: Sequence[str]) -> None:
        subject = row if isinstance(row, self.listing.model) else row[0]
        for action, title in zip(self.actions, titles, strict=True):
            if action.when is None or action.when(subject):
                word = Word(title, self.address(action, row), bool(action.batch), action.is_danger)
                (line.more if action.is_more else line.near).append(word)
