"""Attachments: what is accepted, where it is stored, who may read it. Names are random, the original name is data."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, binary_string, utcnow
from models.scope import OwnedByAccount, OwnedByPerson

MAX_BYTES = 4 * 1024 * 1024
"""附件必须为4M以内."""


class Attachment(OwnedByPerson, Base):
    """A file that proves something of a person: evidence of a declaration."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_subject", "subject_kind", "subject_id"),
        Index("ix_attachments_content", "content_hash"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="RESTRICT"), index=True)
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(binary_string(43), unique=True)  # in addresses and in the storage
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(60))
    n_bytes: Mapped[int]
    content_hash: Mapped[str] = mapped_column(binary_string(64))  # sha256 of what was uploaded
    picture_hash: Mapped[str | None] = mapped_column(binary_string(16))  # perceptual, pictures only
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class JobFile(OwnedByAccount, Base):
    """A file of somebody's job: an upload to import, rejected rows, an export."""

    __tablename__ = "job_files"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    position_key: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(binary_string(43), unique=True)
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    n_bytes: Mapped[int]
    content_hash: Mapped[str] = mapped_column(binary_string(64))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
