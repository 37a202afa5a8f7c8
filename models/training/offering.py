"""What the lists of subjects have in common: an organisation's own rows, which it enables and disables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor
from models.errors import NotFound
from models.workflow import Moved

S = TypeVar("S")


def own(session: Session, actor: Actor, model: type[S], ids: Sequence[int]) -> dict[int, S]:
    """Return those of the rows that are the actor's own organisation's, locked."""
    table: Any = model
    wanted = (table.id.in_(ids), table.organisation_id == actor.organisation_id)
    rows = session.scalars(select(table).where(*wanted).order_by(table.id).with_for_update())
    return {row.id: row for row in rows}


def switch(session: Session, actor: Actor, model: Any, subject_kind: str, ids: Sequence[int], *, is_enabled: bool) -> Moved:
    """Enable or disable own rows; the others are refused as absent."""
    found = own(session, actor, model, ids)
    for row in found.values():
        row.is_enabled = is_enabled
    session.flush()
    if found:
        history.record(session, actor, subject_kind, sorted(found), "enable" if is_enabled else "disable")
    return Moved(tuple(sorted(found)), {i: NotFound() for i in ids if i not in found})
