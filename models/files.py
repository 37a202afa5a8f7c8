"""Attachments: what is accepted, where it is stored, who may read it. Names are random, the original name is data."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index, String, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import crypto, storage
from models.access import Actor
from models.base import Base, BigId, binary_string, utcnow
from models.errors import NotFound
from models.scope import OwnedByAccount, OwnedByPerson
from models.transaction import after_commit
from models.uploads import Checked


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
    key: Mapped[str] = mapped_column(binary_string(43), unique=True)  # in addresses and, unless it is shared, in the storage
    stored_as: Mapped[str | None] = mapped_column(binary_string(43))  # in the storage, where a file of many records is shared
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(60))
    n_bytes: Mapped[int]
    content_hash: Mapped[str] = mapped_column(binary_string(64))  # sha256 of what was uploaded
    picture_hash: Mapped[str | None] = mapped_column(binary_string(16))  # perceptual, pictures only
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class JobFile(OwnedByAccount, Base):
    """A file of somebody's job: an upload to import, rejected rows, an export. It holds numbers, so it is stored encrypted."""

    __tablename__ = "job_files"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    position_key: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(binary_string(43), unique=True)
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    n_bytes: Mapped[int]
    content_hash: Mapped[str] = mapped_column(binary_string(64))
    is_once: Mapped[bool] = mapped_column(default=False)  # handed out once, then gone: it holds passwords
    pieces: Mapped[list[Any] | None]  # in the storage, in order, of a file that grew; else it is there under its key
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, index=True)


# --- operations -----------------------------------------------------------------------------------------------------

JOB_FILES_STAY = dt.timedelta(days=14)
_WRITTEN = "ce_written_files"
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def keep(session: Session, checked: Checked, *, subject_kind: str, subject_id: int, person_id: int, path: str) -> Attachment:
    """Store a checked upload as evidence; when the transaction is rolled back the file goes, too."""
    key = _write(session, checked.content)
    attachment = Attachment(
        person_id=person_id,
        path=path,
        subject_kind=subject_kind,
        subject_id=subject_id,
        key=key,
        original_name=checked.original_name,
        media_type=checked.media_type,
        n_bytes=len(checked.content),
        content_hash=checked.content_hash,
        picture_hash=checked.picture_hash,
    )
    session.add(attachment)
    session.flush()
    return attachment


def share(session: Session, file: Any, *, subject_kind: str, subject_id: int, person_id: int, path: str) -> Attachment:
    """Let a stored *file* prove one more record without a copy of its content, which its owner keeps as long as any does."""
    attachment = Attachment(
        person_id=person_id,
        path=path,
        subject_kind=subject_kind,
        subject_id=subject_id,
        key=secrets.token_urlsafe(32),
        stored_as=file.key,
        original_name=file.original_name,
        media_type=file.media_type,
        n_bytes=file.n_bytes,
        content_hash=file.content_hash,
        picture_hash=file.picture_hash,
    )
    session.add(attachment)
    session.flush()
    return attachment


def keep_for_job(session: Session, actor: Actor, *, name: str, media_type: str, content: bytes, is_once: bool = False) -> JobFile:
    """Store a file of the actor's own job: a workbook to import, rejected rows, an export."""
    key = _write(session, crypto.encrypt_bytes(content))
    file = JobFile(
        account_id=actor.account_id,
        position_key=actor.position_key,
        key=key,
        original_name=name,
        media_type=media_type,
        n_bytes=len(content),
        content_hash=hashlib.sha256(content).hexdigest(),
        is_once=is_once,
    )
    session.add(file)
    session.flush()
    return file


def begin_for_job(session: Session, actor: Actor, *, name: str, media_type: str) -> JobFile:
    """Begin a file of the actor's own job that ``append`` lets grow; it never stands in memory as a whole."""
    file = JobFile(
        account_id=actor.account_id,
        position_key=actor.position_key,
        key=secrets.token_urlsafe(32),
        original_name=name,
        media_type=media_type,
        n_bytes=0,
        content_hash=hashlib.sha256().hexdigest(),
        pieces=[],
    )
    session.add(file)
    session.flush()
    return file


def append(session: Session, file: JobFile, content: bytes) -> None:
    """Let a file grow by a piece in the running transaction: it is there once that has committed, or not at all."""
    key = _write(session, crypto.encrypt_bytes(content))
    file.pieces = [*(file.pieces or ()), key]
    file.n_bytes += len(content)
    # Each piece is chained to those before it: together they stand in memory never.
    file.content_hash = hashlib.sha256(bytes.fromhex(file.content_hash) + hashlib.sha256(content).digest()).hexdigest()
    session.flush()


def keep_content(session: Session, content: bytes) -> str:
    """Store a file whose row is the caller's and return its key; when the transaction is rolled back the file goes, too."""
    return _write(session, content)


def forget(session: Session, key: str) -> None:
    """Remove a file that ``keep_content`` stored once the running transaction has committed."""
    after_commit(session, lambda: storage.delete(key))


def is_key(text: str) -> bool:
    """Say whether *text* has the form of a random key: anything else is looked up nowhere."""
    return _KEY.fullmatch(text) is not None


def attachment(session: Session, key: str) -> Attachment:
    """Return an attachment within the scope by its random key; raises NotFound."""
    found = session.scalars(select(Attachment).where(Attachment.key == key)).first() if is_key(key) else None
    if found is None:
        raise NotFound
    return found


def job_file(session: Session, key: str) -> JobFile:
    """Return a file of the account's own jobs by its random key; raises NotFound."""
    found = session.scalars(select(JobFile).where(JobFile.key == key)).first() if is_key(key) else None
    if found is None:
        raise NotFound
    return found


def attachments_of(session: Session, subject_kind: str, subject_id: int) -> Sequence[Attachment]:
    """Return the attachments of a subject in the order they were added."""
    return session.scalars(
        select(Attachment)
        .where(Attachment.subject_kind == subject_kind, Attachment.subject_id == subject_id)
        .order_by(Attachment.id)
    ).all()


class Stored(Protocol):
    """A row that names a file of the storage."""

    @property
    def key(self) -> str:
        """Return the random name in the storage."""


def read(file: Stored) -> bytes:
    """Return the content of a file that a scoped query gave; raises FileNotFoundError when the storage lost it."""
    if isinstance(file, JobFile):
        return b"".join(pieces_of(file))
    return storage.read(_stored_as(file))


def pieces_of(file: JobFile) -> Iterator[bytes]:
    """Yield the content of a job's file piece by piece, and look for nothing but the storage; raises FileNotFoundError."""
    for key in stored_pieces(file):
        yield crypto.decrypt_bytes(storage.read(key))


def stored_pieces(file: JobFile) -> list[str]:
    """Return the names in the storage that a job's file has, in order."""
    return [file.key] if file.pieces is None else list(file.pieces)


def _stored_as(file: Stored) -> str:
    return (file.stored_as or file.key) if isinstance(file, Attachment) else file.key


def discard(session: Session, file: Attachment | JobFile) -> None:
    """Delete a file's row now and its content once the transaction has committed; what is shared stays with its owner."""
    key = file.key
    keys = stored_pieces(file) if isinstance(file, JobFile) else [key] if _stored_as(file) == key else []
    session.delete(file)
    session.flush()
    for name in keys:
        after_commit(session, partial(storage.delete, name))


def exists(session: Session, key: str) -> bool:
    """Say whether a file of one's own job is still there: one that is handed out once goes with it."""
    return bool(key) and session.scalar(select(JobFile.id).where(JobFile.key == key)) is not None


def take(session: Session, key: str) -> tuple[JobFile, bytes]:
    """Return a file that is handed out once, and delete it with the running transaction; raises NotFound."""
    file = job_file(session, key)
    if not file.is_once:
        raise NotFound
    content = read(file)
    discard(session, file)
    return file, content


def sweep(session: Session) -> int:
    """Delete the files of jobs that are older than ``JOB_FILES_STAY`` in a system session; return how many."""
    old = session.scalars(select(JobFile).where(JobFile.created_at < utcnow() - JOB_FILES_STAY).limit(500)).all()
    for file in old:
        discard(session, file)
    return len(old)


def _write(session: Session, content: bytes) -> str:
    key = secrets.token_urlsafe(32)
    # Remembered first: a write that breaks off in the middle is cleaned up like one that was rolled back.
    session.info.setdefault(_WRITTEN, []).append(key)
    storage.write(key, content)
    return key


@event.listens_for(Session, "after_commit")
def _keep_written(session: Session) -> None:
    session.info.pop(_WRITTEN, None)


@event.listens_for(Session, "after_soft_rollback")
def _drop_written(session: Session, previous: Any) -> None:
    if previous.nested:
        return  # of a savepoint: the files before it may still be kept
    for key in session.info.pop(_WRITTEN, []):
        storage.delete(key)
