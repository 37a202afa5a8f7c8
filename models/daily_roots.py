"""The daily roots of the history: one hash for each day that is over, published so that outsiders can keep copies.

A day's root is the Merkle root over the links of the batches that were sealed for it; the roots are chained as the batches
are. Whoever has kept one published root can tell whether anything before it was changed since.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import crypto, history, merkle
from models.base import LOCAL_ZONE, Base, BigId, binary_string, local_date, today, utcnow
from models.errors import N_, Invalid
from models.history import HistoryBatch, HistoryEntry
from models.scope import SystemOnly, acting

KIND, VERSION = "ce-daily-roots", 1
MOST_DAYS = 40_000
UNREADABLE = N_("This is not a file of daily roots as the platform publishes it.")


class HistoryDay(SystemOnly, Base):
    """The published root of one day: over the batches from the first to the last, chained to the day before."""

    __tablename__ = "history_days"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[dt.date] = mapped_column(unique=True)
    first_batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("history_batches.id", ondelete="RESTRICT"))
    last_batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("history_batches.id", ondelete="RESTRICT"))
    n_rows: Mapped[int]
    root: Mapped[str] = mapped_column(binary_string(64))
    chain: Mapped[str] = mapped_column(binary_string(64))
    published_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


@dataclass(frozen=True, slots=True)
class DailyRoot:
    """One line of what is published."""

    day: str
    root: str
    n_rows: int
    previous: str
    chain: str


@dataclass(frozen=True, slots=True)
class Roots:
    """What an outsider keeps: every published day, and the public keys by which receipts are signed."""

    days: Mapping[str, DailyRoot]
    keys: Mapping[str, bytes]


def link_of(previous: str, day: str, root: str, n_rows: int) -> str:
    """Return the link that a day adds to the chain of the days."""
    return hashlib.sha256(f"{previous}:{day}:{root}:{n_rows}".encode()).hexdigest()


# --- publishing -----------------------------------------------------------------------------------------------------


def publish(session: Session) -> list[HistoryDay]:
    """Seal what is left of the days that are over and publish them, in a system session; flush, never commit.

    A day without a row has no root. A row that is committed after its day was published (a long transaction over midnight)
    stands under the next one: the day of a root says until when it was sealed, the row itself says when it was written.
    """
    last = _newest(session)
    yesterday = today() - dt.timedelta(days=1)
    if last is not None and last.day >= yesterday:
        return []
    midnight = dt.datetime.combine(today(), dt.time(), LOCAL_ZONE)
    newest_id = 0
    while (sealed := history.seal(session, before=midnight)) is not None:
        newest_id = sealed.id
    batches = session.scalars(
        select(HistoryBatch).where(HistoryBatch.id > (last.last_batch_id if last else 0)).order_by(HistoryBatch.id)
    ).all()
    due = [b for b in batches if b.id <= newest_id or b.sealed_at < midnight]
    made = []
    first = last.day + dt.timedelta(days=1) if last else dt.date.min
    for day, of_day in itertools.groupby(due, key=lambda b: max(first, min(local_date(b.sealed_at), yesterday))):
        last = _published(session, day, list(of_day), last)
        made.append(last)
    return made


def _published(session: Session, day: dt.date, batches: Sequence[HistoryBatch], last: HistoryDay | None) -> HistoryDay:
    root, n_rows = merkle.root_of([b.chain for b in batches]), sum(b.n_rows for b in batches)
    made = HistoryDay(
        day=day,
        first_batch_id=batches[0].id,
        last_batch_id=batches[-1].id,
        n_rows=n_rows,
        root=root,
        chain=link_of(last.chain if last else "", day.isoformat(), root, n_rows),
    )
    session.add(made)
    session.flush()
    return made


def _newest(session: Session) -> HistoryDay | None:
    return session.scalars(select(HistoryDay).order_by(HistoryDay.id.desc()).limit(1)).first()


def verify(session: Session) -> tuple[int, str]:
    """Recompute every day from its batches in a system session; return how many fit and the first that does not, or ""."""
    previous, last_batch_id, n_days = "", 0, 0
    for day in session.scalars(select(HistoryDay).order_by(HistoryDay.id)):
        batches = session.scalars(
            select(HistoryBatch)
            .where(HistoryBatch.id > last_batch_id, HistoryBatch.id <= day.last_batch_id)
            .order_by(HistoryBatch.id)
        ).all()
        n_rows = sum(b.n_rows for b in batches)
        if merkle.root_of([b.chain for b in batches]) != day.root or n_rows != day.n_rows:
            return n_days, f"day {day.day}"
        if link_of(previous, day.day.isoformat(), day.root, day.n_rows) != day.chain:
            return n_days, f"link before day {day.day}"
        previous, last_batch_id, n_days = day.chain, day.last_batch_id, n_days + 1
    return n_days, ""


# --- reading --------------------------------------------------------------------------------------------------------


def count(session: Session) -> int:
    """Return how many days are published."""
    with acting(session, "read_history"):
        return session.scalar(select(func.count()).select_from(HistoryDay)) or 0


def published(session: Session, *, before: dt.date | None = None, limit: int | None = None) -> list[DailyRoot]:
    """Return the published days, the newest first; public by nature, so anybody may ask."""
    statement = select(HistoryDay).order_by(HistoryDay.id.desc())
    if before is not None:
        statement = statement.where(HistoryDay.day < before)
    with acting(session, "read_history"):
        rows = session.scalars(statement.limit(limit + 1 if limit is not None else None)).all()
    previous = [r.chain for r in rows[1:]]
    lines = [
        DailyRoot(row.day.isoformat(), row.root, row.n_rows, before_it, row.chain)
        for row, before_it in itertools.zip_longest(rows, previous, fillvalue="")
        if not isinstance(row, str)
    ]
    return lines[:limit]


def batches_of(session: Session, ids: Iterable[int]) -> dict[int, tuple[HistoryBatch, HistoryDay | None]]:
    """Return sealed batches with the day that they are published under; None before its publication."""
    with acting(session, "read_history"):
        rows = session.execute(
            select(HistoryBatch, HistoryDay)
            .outerjoin(HistoryDay, HistoryBatch.id.between(HistoryDay.first_batch_id, HistoryDay.last_batch_id))
            .where(HistoryBatch.id.in_(list(ids)))
        )
        return {batch.id: (batch, day) for batch, day in rows}


def leaves_of_batch(session: Session, batch_id: int) -> list[tuple[int, str]]:
    """Return id and leaf of every row of a batch, in the order of its tree."""
    with acting(session, "read_history"):
        statement = select(HistoryEntry.id, HistoryEntry.leaf).where(HistoryEntry.batch_id == batch_id)
        return [(row.id, row.leaf) for row in session.execute(statement.order_by(HistoryEntry.id))]


def links_of_day(session: Session, day: HistoryDay) -> list[tuple[int, str]]:
    """Return id and link of every batch of a day, in the order of its tree."""
    with acting(session, "read_history"):
        statement = select(HistoryBatch.id, HistoryBatch.chain).where(
            HistoryBatch.id.between(day.first_batch_id, day.last_batch_id)
        )
        return [(row.id, row.chain) for row in session.execute(statement.order_by(HistoryBatch.id))]


def link_before(session: Session, batch_id: int) -> str:
    """Return the link of the batch before, "" for the first."""
    with acting(session, "read_history"):
        statement = select(HistoryBatch.chain).where(HistoryBatch.id < batch_id).order_by(HistoryBatch.id.desc()).limit(1)
        return session.scalar(statement) or ""


# --- the file -------------------------------------------------------------------------------------------------------


def as_file(session: Session, *, platform: str) -> dict[str, Any]:
    """Return every published day, the oldest first, and the public keys: what outsiders download and keep."""
    days = [
        {"day": d.day, "root": d.root, "rows": d.n_rows, "previous": d.previous, "chain": d.chain}
        for d in reversed(published(session))
    ]
    keys = {name: base64.urlsafe_b64encode(key).decode() for name, key in crypto.public_keys().items()}
    return {"kind": KIND, "version": VERSION, "platform": platform, "keys": keys, "days": days}


def roots_here(session: Session) -> Roots:
    """Return the roots and keys of this database and its settings."""
    return Roots({d.day: d for d in published(session)}, crypto.public_keys())


def from_file(content: Any) -> Roots:
    """Return the roots of a downloaded file, read as JSON; raises Invalid unless it is whole and its chain fits."""
    try:
        if (content["kind"], content["version"]) != (KIND, VERSION) or len(content["days"]) > MOST_DAYS:
            raise Invalid(UNREADABLE)
        keys = {str(name): base64.urlsafe_b64decode(key) for name, key in content["keys"].items()}
        days = [
            DailyRoot(str(d["day"]), str(d["root"]), int(d["rows"]), str(d["previous"]), str(d["chain"])) for d in content["days"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid(UNREADABLE) from None
    previous = ""
    for day in days:
        if day.previous != previous or link_of(previous, day.day, day.root, day.n_rows) != day.chain:
            raise Invalid(N_("The file of daily roots was changed: the chain does not fit at %(day)s."), day=day.day)
        previous = day.chain
    return Roots({d.day: d for d in days}, keys)
