"""The append-only history of every change, sealed in batches so that writers never wait for each other.

Each row stores its own leaf hash. A job seals all unsealed rows as the leaves of a Merkle tree and chains the roots.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import merkle
from models.access import Actor
from models.base import Base, BigId, binary_string, canonical_json, utcnow
from models.scope import SystemOnly, acting, bulk_load

SEAL_AT_MOST = 20_000
UNREADABLE = (ValueError, TypeError)
"""What reading a row raises when somebody wrote into its JSON or its time by hand."""


class HistoryBatch(SystemOnly, Base):
    """A sealed batch: the Merkle root of its rows, chained to the batch before."""

    __tablename__ = "history_batches"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    n_rows: Mapped[int]
    root: Mapped[str] = mapped_column(binary_string(64))
    chain: Mapped[str] = mapped_column(binary_string(64))
    sealed_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class HistoryEntry(SystemOnly, Base):
    """Who did what to which subject, when, why, and what changed; read through its subject only."""

    __tablename__ = "history_entries"
    __table_args__ = (
        Index("ix_history_entries_subject", "subject_kind", "subject_id", "id"),
        Index("ix_history_entries_batch", "batch_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigId)
    action: Mapped[str] = mapped_column(String(60))
    account_id: Mapped[int] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(100))
    position_key: Mapped[str] = mapped_column(String(40))
    organisation_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500), default="")
    changes: Mapped[dict[str, Any] | None]
    at: Mapped[dt.datetime]
    leaf: Mapped[str] = mapped_column(binary_string(64))
    batch_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("history_batches.id", ondelete="RESTRICT"))


_HASHED = (
    "subject_kind",
    "subject_id",
    "action",
    "account_id",
    "actor_name",
    "position_key",
    "organisation_name",
    "reason",
    "changes",
)


def text_of(row: HistoryEntry) -> str:
    """Return the text whose SHA-256 is the row's leaf: its fields as JSON with sorted keys and without blanks."""
    content: dict[str, Any] = {name: getattr(row, name) for name in _HASHED}
    content["at"] = _moment(row.at)
    return canonical_json(content)


def _leaf(row: HistoryEntry) -> str:
    return hashlib.sha256(text_of(row).encode()).hexdigest()


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def record(
    session: Session,
    actor: Actor,
    subject_kind: str,
    ids: Iterable[int],
    action: str,
    *,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
    each: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """Write one history row for each subject in the running transaction.

    *changes* holds for all subjects, *each* maps a subject's id to its own; values must be JSON and never hold an
    identity number. A change is written as ``{"field": [old, new]}``.
    """
    common = {
        "subject_kind": subject_kind,
        "action": action,
        "account_id": actor.account_id,
        "actor_name": actor.name,
        "position_key": actor.position_key,
        "organisation_name": actor.organisation_name,
        "reason": reason,
        "at": utcnow(),
    }
    subjects = list(ids)
    changed = [_plain((each or {}).get(subject_id, changes)) for subject_id in subjects]
    rows = [
        (*common.values(), subject_id, what, leaf)
        for subject_id, what, leaf in zip(subjects, changed, _leaves(common, subjects, changed), strict=True)
    ]
    with acting(session, "record_history"):
        bulk_load(session, HistoryEntry, (*common, "subject_id", "changes", "leaf"), rows)


def _plain(changes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not changes:
        return None
    return changes if isinstance(changes, dict) else dict(changes)


def _leaves(common: Mapping[str, Any], ids: Sequence[int], changes: Sequence[dict[str, Any] | None]) -> Iterator[str]:
    """Yield the ``_leaf`` of rows that have all but the subject and the changes in common: that is encoded once."""
    same: dict[str, Any] = {**common, "at": _moment(common["at"])}
    before, between, after = (
        canonical_json({name: same[name] for name in same if low < name < high})[1:-1]
        for low, high in (("", "changes"), ("changes", "subject_id"), ("subject_id", "~"))
    )
    encoded: dict[int, str] = {}  # by identity: *changes* holds every object until the end
    for subject_id, what in zip(ids, changes, strict=True):
        if id(what) not in encoded:
            encoded[id(what)] = canonical_json(what)
        text = f'{{{before},"changes":{encoded[id(what)]},{between},"subject_id":{subject_id},{after}}}'
        yield hashlib.sha256(text.encode()).hexdigest()


def entries_of(session: Session, subject_kind: str, subject_id: int, *, limit: int = 200) -> Sequence[HistoryEntry]:
    """Return the newest entries of a subject that the caller has loaded through its own scope."""
    with acting(session, "read_history"):
        return session.scalars(
            select(HistoryEntry)
            .where(HistoryEntry.subject_kind == subject_kind, HistoryEntry.subject_id == subject_id)
            .order_by(HistoryEntry.id.desc())
            .limit(limit)
        ).all()


def actions_of(session: Session, subject_kind: str, ids: Sequence[int]) -> dict[int, set[str]]:
    """Return which actions the history tells of each of the subjects, loaded through the caller's own scope."""
    found: dict[int, set[str]] = {}
    with acting(session, "read_history"):
        for subject_id, action in session.execute(
            select(HistoryEntry.subject_id, HistoryEntry.action)
            .where(HistoryEntry.subject_kind == subject_kind, HistoryEntry.subject_id.in_(ids))
            .distinct()
        ):
            found.setdefault(subject_id, set()).add(action)
    return found


def subjects_with_more_than(session: Session, subject_kind: str, ids: Sequence[int], n: int) -> Sequence[int]:
    """Return those of the subjects, loaded through the caller's own scope, that have more than *n* entries."""
    with acting(session, "read_history"):
        return session.scalars(
            select(HistoryEntry.subject_id)
            .where(HistoryEntry.subject_kind == subject_kind, HistoryEntry.subject_id.in_(ids))
            .group_by(HistoryEntry.subject_id)
            .having(func.count() > n)
        ).all()


def chain_of(previous: str, root: str, n_rows: int) -> str:
    """Return the link that a batch adds to the chain: a hash over the link before, its root and the number of its rows."""
    return hashlib.sha256(f"{previous}:{root}:{n_rows}".encode()).hexdigest()


def seal(session: Session, *, before: dt.datetime | None = None) -> HistoryBatch | None:
    """Seal the rows that are unsealed now, by list of ids, in a system session; return the batch, or None for none.

    With *before* only rows older than that moment.
    """
    waiting = HistoryEntry.batch_id.is_(None)
    rows = session.execute(
        select(HistoryEntry.id, HistoryEntry.leaf)
        .where(waiting if before is None else waiting & (HistoryEntry.at < before))
        .order_by(HistoryEntry.id)
        .limit(SEAL_AT_MOST)
    ).all()
    if not rows:
        return None
    last = session.scalars(select(HistoryBatch).order_by(HistoryBatch.id.desc()).limit(1)).first()
    root = merkle.root_of([r.leaf for r in rows])
    batch = HistoryBatch(n_rows=len(rows), root=root, chain=chain_of(last.chain if last else "", root, len(rows)))
    session.add(batch)
    session.flush()
    ids = [r.id for r in rows]
    for start in range(0, len(ids), 500):
        session.execute(
            update(HistoryEntry).where(HistoryEntry.id.in_(ids[start : start + 500])).values(batch_id=batch.id),
            execution_options={"synchronize_session": False},
        )
    return batch


@dataclass(frozen=True, slots=True)
class Verification:
    """What ``verify`` found; ``first_broken`` names the row or the batch, empty when all is whole."""

    n_rows: int
    n_unsealed: int
    n_batches: int
    first_broken: str = ""
    last_chain: str = ""


def _looked_at(session: Session, condition: ColumnElement[bool]) -> Iterator[tuple[int, str, bool]]:
    """Yield id and leaf of each row, and whether its values give that leaf; one that cannot even be read does not."""
    ids = session.scalars(select(HistoryEntry.id).where(condition).order_by(HistoryEntry.id)).all()
    for start in range(0, len(ids), 1000):
        part = ids[start : start + 1000]
        try:
            rows = _read(session, part)
        except UNREADABLE:
            rows = {}
        for row_id in part:
            try:
                row = rows.get(row_id) or _read(session, [row_id])[row_id]
            except UNREADABLE:
                yield row_id, "", False
            else:
                yield row_id, row.leaf, _leaf(row) == row.leaf
        session.expunge_all()


def _read(session: Session, ids: Sequence[int]) -> dict[int, HistoryEntry]:
    return {row.id: row for row in session.scalars(select(HistoryEntry).where(HistoryEntry.id.in_(ids)))}


def verify(session: Session) -> Verification:
    """Recompute every leaf, root and link in a system session and name the first that does not fit."""
    n_rows, previous, n_batches = 0, "", 0
    for batch in session.scalars(select(HistoryBatch).order_by(HistoryBatch.id)):
        leaves = []
        for row_id, leaf, is_whole in _looked_at(session, HistoryEntry.batch_id == batch.id):
            if not is_whole:
                return Verification(n_rows, 0, n_batches, f"row {row_id}", previous)
            leaves.append(leaf)
        if len(leaves) != batch.n_rows or merkle.root_of(leaves) != batch.root:
            return Verification(n_rows, 0, n_batches, f"batch {batch.id}", previous)
        if chain_of(previous, batch.root, batch.n_rows) != batch.chain:
            return Verification(n_rows, 0, n_batches, f"link before batch {batch.id}", previous)
        previous, n_rows, n_batches = batch.chain, n_rows + len(leaves), n_batches + 1
    n_unsealed = 0
    for row_id, _, is_whole in _looked_at(session, HistoryEntry.batch_id.is_(None)):
        if not is_whole:
            return Verification(n_rows + n_unsealed, n_unsealed, n_batches, f"row {row_id}", previous)
        n_unsealed += 1
    return Verification(n_rows + n_unsealed, n_unsealed, n_batches, "", previous)


def count_unsealed(session: Session) -> int:
    """Return how many rows wait to be sealed."""
    return session.scalar(select(func.count()).select_from(HistoryEntry).where(HistoryEntry.batch_id.is_(None))) or 0
