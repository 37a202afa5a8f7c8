"""A selection of the whole filter: filter, excluded ids and count at that moment, kept on the server.

Rows that came later than the moment are not in it, so nothing is decided that nobody saw in the count.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import canonical_json
from models.errors import N_, Invalid
from models.saved import keep_filter, kept_filter

AT_MOST = 100_000
"""So many rows one batch may take; more are refused with a sentence."""


@dataclass
class Selection:
    """What is selected: ``count`` rows of a list's state at one moment, without the excluded ones."""

    key: str
    query: str  # the state of the list, as its address says it, without page and selection
    count: int
    highest_id: int
    excluded: set[int] = field(default_factory=set)

    @property
    def n_selected(self) -> int:
        """Return how many rows are selected now."""
        return max(0, self.count - len(self.excluded))


def take(session: Session, actor: Actor, view: str, query: str, statement: Select[Any], key: Any) -> Selection:
    """Count the rows of *statement* exactly and keep the selection of all of them."""
    ids = statement.with_only_columns(key, maintain_column_froms=True).order_by(None).subquery()
    count, highest = session.execute(select(func.count(), func.max(ids.c[0])).select_from(ids)).one()
    selection = Selection("", query, count, highest or 0)
    selection.key = keep_filter(session, actor, _name(view), _values(selection))
    return selection


def kept(session: Session, view: str, key: str) -> Selection | None:
    """Return the caller's own selection, None when it is gone."""
    state = kept_filter(session, _name(view), key) if key else None
    if state is None:
        return None
    values = json.loads(state.values_json)
    return Selection(key, values["query"], int(values["count"]), int(values["highest_id"]), set(json.loads(values["excluded"])))


def change(session: Session, view: str, selection: Selection, *, exclude: Iterable[int], include: Iterable[int]) -> None:
    """Take ids out of the selection or put them back, and keep it."""
    state = kept_filter(session, _name(view), selection.key)
    if state is None:
        raise Invalid(N_("The selection is no longer kept; please select again."))
    selection.excluded = (selection.excluded | set(exclude)) - set(include)
    if len(selection.excluded) > AT_MOST:
        raise Invalid(N_("At most %(n)s rows can be handled at once; please narrow the filter."), n=AT_MOST)
    state.values_json = canonical_json(_values(selection))
    session.flush()


def ids_of(session: Session, selection: Selection, statement: Select[Any], key: Any) -> Sequence[int]:
    """Return the selected ids in ascending order; raises Invalid for more than one batch may take."""
    ids = statement.with_only_columns(key, maintain_column_froms=True).order_by(None).where(key <= selection.highest_id)
    found = session.scalars(ids.order_by(key).limit(AT_MOST + len(selection.excluded) + 1)).all()
    wanted = [i for i in found if i not in selection.excluded]
    if len(wanted) > AT_MOST:
        raise Invalid(N_("At most %(n)s rows can be handled at once; please narrow the filter."), n=AT_MOST)
    return wanted


def _name(view: str) -> str:
    return f"{view}:selection"[:60]


def _values(selection: Selection) -> dict[str, str]:
    return {
        "query": selection.query,
        "count": str(selection.count),
        "highest_id": str(selection.highest_id),
        "excluded": json.dumps(sorted(selection.excluded)),
    }
