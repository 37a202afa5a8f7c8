"""Notices in the site and mails, written in the transaction and sent later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Index, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, BigId, utcnow
from models.scope import OwnedByAccount, SystemOnly, acting, bulk_insert


class Notice(OwnedByAccount, Base):
    """A notice to one position of an account: an English message id with parameters, translated when shown."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_account", "account_id", "position_key", "id"),
        Index("ix_notices_mail_due", "is_mail_due", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    position_key: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    link: Mapped[str] = mapped_column(String(200), default="")
    read_at: Mapped[dt.datetime | None]
    is_mail_due: Mapped[bool] = mapped_column(default=True)  # until somebody has looked whether it goes out by mail, too
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class OutboxMail(SystemOnly, Base):
    """A mail to be sent; where no mail server is set up it stays readable in the outbox screen."""

    __tablename__ = "outbox_mails"
    __table_args__ = (Index("ix_outbox_mails_sent", "sent_at", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    to_address: Mapped[str] = mapped_column(String(200))
    message_id: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(String(12), default="zh_Hans_CN")
    n_tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


def add_notices(session: Session, notices: Iterable[Mapping[str, Any]]) -> None:
    """Write notices; each mapping has account_id, position_key, message_id and optionally params and link."""
    rows = [{"params": {}, "link": "", "is_mail_due": True, "created_at": utcnow(), **n} for n in notices]
    if rows:
        with acting(session, "add_notice"):
            bulk_insert(session, Notice, rows)


def recent(session: Session, *, limit: int) -> Sequence[Notice]:
    """Return the newest notices to the position in use."""
    return session.scalars(select(Notice).order_by(Notice.id.desc()).limit(limit)).all()


def mark_read(session: Session) -> None:
    """Mark every notice to the position in use as read."""
    session.execute(
        update(Notice).where(Notice.read_at.is_(None)).values(read_at=utcnow()), execution_options={"synchronize_session": False}
    )
