"""Every import is a batch that can be undone: what each transaction of it did is kept, whatever the sheet.

Each sheet registers how its rows go again; created rows go, updated ones get their old values back, and what was used or
changed since stays and is named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor, Permission
from models.base import Base, BigId, utcnow
from models.errors import N_
from models.scope import InSubtree

TOUCHED = N_("It has been used or changed since.")
GONE = N_("It is not in your jurisdiction any more.")
CHANGED = N_("Every value has been changed again since.")


class ImportedChunk(InSubtree, Base):
    """What one transaction of an import did: enough to undo it."""

    __tablename__ = "imported_chunks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job_id: Mapped[int] = mapped_column(BigId, index=True)
    sheet: Mapped[str] = mapped_column(String(20))  # a name given to ``undone_by``
    created: Mapped[list[Any]] = mapped_column(default=list)  # of each row what its sheet needs to remove it again
    updated: Mapped[dict[str, Any]] = mapped_column(default=dict)  # row -> column -> [old, new]
    undone_at: Mapped[dt.datetime | None]


@dataclass
class Undone:
    """What became of the rows of an import."""

    n_removed: int = 0
    n_restored: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)  # name, message id of the reason


Remove = Callable[[Session, Actor, Sequence[Sequence[Any]], Undone], None]
Restore = Callable[[Session, Actor, Mapping[int, Mapping[str, Sequence[Any]]], Undone], None]


@dataclass(frozen=True, slots=True)
class _Way:
    permission: Permission
    remove: Remove
    restore: Restore | None


_ways: dict[str, _Way] = {}


def undone_by(sheet: str, permission: Permission, remove: Remove, restore: Restore | None = None) -> None:
    """Register how what a sheet created is removed and what it updated is put back, and who may undo it."""
    _ways[sheet] = _Way(permission, remove, restore)


def note_chunk(
    session: Session,
    actor: Actor,
    job_id: int | None,
    sheet: str,
    created: Iterable[Sequence[Any]],
    updated: Mapping[str, Any] | None = None,
) -> None:
    """Keep what a chunk of an import has done, in its transaction; without a job there is nothing to undo."""
    made = ImportedChunk(
        job_id=job_id, sheet=sheet, path=actor.path, created=[list(one) for one in created], updated=dict(updated or {})
    )
    if job_id is not None and (made.created or made.updated):
        session.add(made)


def open_chunks(session: Session, job_id: int) -> Sequence[int]:
    """Return the ids of the chunks of an import that have not been undone, the last first."""
    statement = select(ImportedChunk.id).where(ImportedChunk.job_id == job_id, ImportedChunk.undone_at.is_(None))
    return session.scalars(statement.order_by(ImportedChunk.id.desc())).all()


def undo_chunk(session: Session, actor: Actor, chunk_id: int) -> Undone:
    """Undo one chunk; raises NotAllowed. What was touched since stays and is named with its reason. Flushes only."""
    chunk = session.scalars(select(ImportedChunk).where(ImportedChunk.id == chunk_id).with_for_update()).one()
    way = _ways[chunk.sheet]
    actor.require(way.permission)
    done = Undone()
    if chunk.undone_at is None:
        chunk.undone_at = utcnow()
        way.remove(session, actor, chunk.created, done)
        if way.restore is not None:
            way.restore(session, actor, {int(i): changes for i, changes in chunk.updated.items()}, done)
        session.flush()
    return done
