"""What a list offers: tabs, words on a row, words above the list, and batches over what is selected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from sqlalchemy import Select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.errors import N_, NotFound
from models.jobs import Job
from models.workflow import CHUNK, Moved
from views.admin.columns import Col
from views.admin.filters import Filter
from views.admin.keyset import Sort
from views.forms import PlainForm


@dataclass(frozen=True)
class RowAction:
    """A word on a row.

    Give one of: nothing (the view's own page of that name: details, edit, delete), ``page`` (the endpoint of another page
    that takes ``id`` and the address to come back to as ``url``), ``url``, or ``batch`` (the batch of that name, for this row).
    """

    name: str
    label: str
    page: str = ""
    anchor: str = ""  # the part of the page
    url: Callable[[Any, Any], str] | None = None  # (view, row) -> address
    batch: str = ""
    permission: Permission | None = None
    when: Callable[[Any], bool] | None = None  # row -> is it offered
    is_more: bool = False  # under 更多
    is_danger: bool = False

    @property
    def title(self) -> str:
        """Return the word in the reader's language."""
        return gettext(self.label)


@dataclass(frozen=True)
class PageAction:
    """A button at the right above the list."""

    name: str
    label: str
    url: Callable[[Any], str]  # view -> address
    icon: str = "plus"
    permission: Permission | None = None
    is_primary: bool = False
    carries_list: bool = False  # posts the list's state and selection, as an export needs them

    @property
    def title(self) -> str:
        """Return the word in the reader's language."""
        return gettext(self.label)


@dataclass(frozen=True)
class Reason:
    """A reason that a batch asks for, with ready-made sentences."""

    label: str = N_("Reason")
    is_required: bool = True
    canned: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the label in the reader's language."""
        return gettext(self.label)

    @property
    def sentences(self) -> list[str]:
        """Return the ready-made sentences in the reader's language."""
        return [gettext(sentence) for sentence in self.canned]


RunBatch = Callable[..., Moved]
"""(session, actor, ids, *, reason, values) -> Moved: one operation of the domain for at most 500 ids; flushes only."""


def ids_only(run: Callable[[Session, Actor, Sequence[int]], Moved]) -> RunBatch:
    """Return an operation that takes nothing but ids as the batch that calls it."""

    def batch(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:  # noqa: ARG001 - the shape of every batch
        return run(session, actor, ids)

    return batch


def with_reason(run: Callable[..., Moved]) -> RunBatch:
    """Return an operation that takes ids and a reason as the batch that calls it."""

    def batch(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:  # noqa: ARG001 - as above
        return run(session, actor, ids, reason=reason)

    return batch


Preview = Callable[[Session, Actor, Sequence[int]], list[str]]
"""(session, actor, ids) -> sentences such as "18 of 20 can be passed, 2 lack evidence"."""


BATCH = "batch"
"""Among the values of a task: the mark of the one batch that all its chunks are."""


def one_by_one(run: Callable[[Session, Actor, int], object]) -> RunBatch:
    """Return the batch that does *run* to each row; the first refusal ends it, and nothing is changed."""

    def run_all(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:  # noqa: ARG001 - the shape of every batch
        for row_id in ids:
            run(session, actor, row_id)
        return Moved(tuple(ids))

    return run_all


StartTask = Callable[[Session, Actor, Sequence[int], Mapping[str, Any]], Job]
"""(session, actor, ids, values) -> the task that does them all; raises a DomainError for what it does not take."""


@dataclass(frozen=True)
class BatchAction:
    """One operation over the ticked rows, over one row, or over all of the filter.

    Give ``run``, or ``start`` for what is a task of its own however few the rows are.
    """

    name: str
    label: str  # of the button over the list
    run: RunBatch | None = None
    start: StartTask | None = None
    row_label: str = ""  # of the same step on one row, and on the last button; the label when left out
    all_label: str = ""  # when given, a second button takes the whole filter at once
    permission: Permission | None = None
    reason: Reason | None = None
    preview: Preview | None = None
    warnings: Preview | None = None  # what to look at before it is done, each a line of a list
    form: type[PlainForm] | None = None  # further values, handed to run as ``values``
    is_danger: bool = False
    most: int = CHUNK  # rows of one transaction: fewer where each of them carries many others

    @property
    def title(self) -> str:
        """Return the word of the button in the reader's language."""
        return gettext(self.label)

    @property
    def operation(self) -> RunBatch:
        """Return what is done to some of the rows; raises NotFound where it is a task of its own."""
        if self.run is None:
            raise NotFound
        return self.run

    @property
    def all_title(self) -> str:
        """Return the word for the whole filter in the reader's language."""
        return gettext(self.all_label)

    @property
    def step_title(self) -> str:
        """Return the word of the last button in the reader's language."""
        return gettext(self.row_label or self.label)


@dataclass(frozen=True)
class Tab:
    """A part of the list with a word of its own; what is left None is the view's."""

    name: str
    label: str
    where: Callable[[Actor], Sequence[Any]] | None = None  # conditions beside the filters
    model: type | None = None  # the first entity of ``rows``
    rows: Callable[[], Select[Any]] | None = None
    columns: tuple[Col, ...] | None = None
    sorts: tuple[Sort, ...] | None = None
    filters: tuple[Filter, ...] | None = None
    row_actions: tuple[RowAction, ...] | None = None
    batch_actions: tuple[BatchAction, ...] | None = None
    row_name: Callable[[Any], str] | None = None
    counts: bool = False  # the word carries the number of rows, at most 99+

    @property
    def title(self) -> str:
        """Return the word in the reader's language."""
        return gettext(self.label)


@dataclass(frozen=True)
class Section:
    """A headed part of a details page: names of columns, or columns."""

    label: str
    columns: tuple[str | Col, ...]

    @property
    def title(self) -> str:
        """Return the heading in the reader's language."""
        return gettext(self.label)


@dataclass(frozen=True)
class Listing:
    """All that one tab needs, completed from the view."""

    name: str
    model: type
    rows: Callable[[], Select[Any]]
    where: Callable[[Actor], Sequence[Any]] | None
    columns: tuple[Col, ...]
    sorts: tuple[Sort, ...]
    filters: tuple[Filter, ...]
    row_actions: tuple[RowAction, ...]
    batch_actions: tuple[BatchAction, ...]
    row_name: Callable[[Any], str]
    batches: Mapping[str, BatchAction] = field(default_factory=dict)

    @property
    def key(self) -> Any:
        """Return the primary key's attribute of the listed entity."""
        return self.model.id  # type: ignore[attr-defined]

    def key_of(self, row: Any) -> int:
        """Return the id of a row, which is an entity or begins with one."""
        subject: Any = row if isinstance(row, self.model) else row[0]
        return int(subject.id)

    def rows_by_id(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        """Return those rows of *ids* that the scope covers, by id; whether they are in the list is not asked."""
        found = session.execute(self.rows().where(self.key.in_(ids))) if ids else ()
        rows = [row[0] if len(row) == 1 else row for row in found]
        return {self.key_of(row): row for row in rows}

    def sort(self, name: str) -> Sort:
        """Return the named order, else the first."""
        return next((s for s in self.sorts if s.name == name), self.sorts[0])
