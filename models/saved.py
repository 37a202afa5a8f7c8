"""What a user set up in a list: filters that must not stand in an address, column choice and selections."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor
from models.base import Base, BigId, EncryptedText, binary_string, canonical_json, utcnow
from models.scope import OwnedByAccount

KEEP = dt.timedelta(days=2)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,43}")


class FilterState(OwnedByAccount, Base):
    """Filters on names, numbers and phones: posted once, kept here encrypted under a random key."""

    __tablename__ = "filter_states"
    __table_args__ = (Index("ix_filter_states_created", "created_at"),)

    key: Mapped[str] = mapped_column(binary_string(43), primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    position_key: Mapped[str] = mapped_column(String(40))
    view: Mapped[str] = mapped_column(String(60))
    values_json: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class ColumnChoice(OwnedByAccount, Base):
    """Which columns a user shows in a list; the export offers the same."""

    __tablename__ = "column_choices"
    __table_args__ = (UniqueConstraint("account_id", "position_key", "view"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    position_key: Mapped[str] = mapped_column(String(40))
    view: Mapped[str] = mapped_column(String(60))
    columns: Mapped[list[Any]]
    density: Mapped[str] = mapped_column(Text, default="")


def keep_filter(session: Session, actor: Actor, view: str, values: dict[str, str]) -> str:
    """Keep *values* on the server and return the random key that may stand in an address."""
    session.execute(delete(FilterState).where(FilterState.created_at < utcnow() - KEEP))
    state = FilterState(
        key=secrets.token_urlsafe(18),
        account_id=actor.account_id,
        position_key=actor.position_key,
        view=view,
        values_json=canonical_json(values),
    )
    session.add(state)
    session.flush()
    return state.key


def kept_filter(session: Session, view: str, key: str) -> FilterState | None:
    """Return the caller's own kept filter of *view*, or None when it is gone or another's."""
    if not _KEY.fullmatch(key):
        return None
    return session.scalars(select(FilterState).where(FilterState.key == key, FilterState.view == view)).first()
