"""What must be decided or withdrawn before a person goes, or an organisation changes its name, its code or its superior."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from models.errors import N_, NotAllowed
from models.org.tables import MoveState, SuperiorChange
from models.people.transfers import Transfer
from models.reviews.tables import Review, ReviewKind, ReviewState
from models.scope import path_range


def pending_of(session: Session, person_id: int) -> dict[ReviewKind, int]:
    """Return how many matters of each kind of a person wait: while one does, the person stays."""
    statement = (
        select(Review.kind, func.count())
        .where(Review.person_id == person_id, Review.state == ReviewState.OPEN)
        .group_by(Review.kind)
    )
    return {ReviewKind(kind): n for kind, n in session.execute(statement)}


def pending_below(session: Session, path: str) -> dict[ReviewKind, int]:
    """Return how many matters of each kind wait in an organisation's subtree, those on their way out of it included."""

    def inside(column: Any) -> ColumnElement[bool]:
        low, high = path_range(path)
        return and_(column >= low, column < high)

    rows = session.execute(
        select(Review.kind, func.count()).where(inside(Review.path), Review.state == ReviewState.OPEN).group_by(Review.kind)
    )
    found = Counter({ReviewKind(kind): n for kind, n in rows})
    # The last step of a move waits at the other side.
    for cls, kind in ((Transfer, ReviewKind.TRANSFER_IN), (SuperiorChange, ReviewKind.SUPERIOR_IN)):
        leaving = (inside(cls.path), ~inside(cls.to_path), cls.state == MoveState.WAITING_IN)
        found[kind] += session.scalar(select(func.count()).select_from(cls).where(*leaving)) or 0
    return {kind: n for kind, n in found.items() if n}


def refuse_while_pending(session: Session, path: str) -> None:
    """Raise NotAllowed with the number of what waits in the subtree."""
    waiting = sum(pending_below(session, path).values())
    if waiting:
        raise NotAllowed(
            N_("%(n)s matters of the unit or its people are pending; they are decided or withdrawn first."), n=waiting
        )
