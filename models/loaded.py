"""What stands in a session already shows what a bulk statement wrote, without reading each row anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import instance_state, set_committed_value


def show(session: Session, cls: type, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let those of *rows* (each with its ``id``) that the session holds have the values given."""
    mapper: Mapper[Any] = inspect(cls)
    key_of = mapper.identity_key_from_primary_key
    for row in rows:
        thing = session.identity_map.get(key_of((row["id"],)))
        if thing is None:
            continue
        state = instance_state(thing)
        if state.modified or state.expired_attributes:
            for name, value in row.items():
                set_committed_value(thing, name, value)
        else:
            state.dict.update(row)  # nothing to forget beside the old values: four times as fast
