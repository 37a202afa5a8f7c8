"""Files that belong to what a training base or a unit files: table, and what is done with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import files
from models.access import Actor
from models.base import Base, BigId, binary_string, utcnow
from models.errors import N_, Invalid, NotFound
from models.scope import InSubtree
from models.uploads import Checked

MOST = 10
"""So many attachments one filing takes."""


class TrainingFile(InSubtree, Base):
    """A picture, PDF or office file of a plan or a report; ``subject_kind`` is that of the workflow."""

    __tablename__ = "training_files"
    __table_args__ = (
        Index("ix_training_files_subject", "subject_kind", "subject_id"),
        Index("ix_training_files_path", "path"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(binary_string(43), unique=True)  # in addresses and in the storage
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    n_bytes: Mapped[int]
    content_hash: Mapped[str] = mapped_column(binary_string(64))  # sha256 of what was uploaded
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


def of(session: Session, subject_kind: str, subject_id: int) -> Sequence[TrainingFile]:
    """Return the attachments of a subject of the scope in the order they were added."""
    wanted = (TrainingFile.subject_kind == subject_kind, TrainingFile.subject_id == subject_id)
    return session.scalars(select(TrainingFile).where(*wanted).order_by(TrainingFile.id)).all()


def found(session: Session, key: str) -> TrainingFile:
    """Return an attachment of the scope by its random key; raises NotFound."""
    row = session.scalars(select(TrainingFile).where(TrainingFile.key == key)).first() if files.is_key(key) else None
    if row is None:
        raise NotFound
    return row


def change(
    session: Session,
    actor: Actor,
    subject_kind: str,
    subject_id: int,
    *,
    path: str,
    added: Sequence[Checked] = (),
    removed: Iterable[str] = (),
) -> None:
    """Take off the attachments with the keys *removed*, then attach *added*; raises Invalid for too many or one that is there."""
    present = {each.key: each for each in of(session, subject_kind, subject_id)}
    for key in set(removed) & set(present):
        discard(session, present.pop(key))
    if len(present) + len(added) > MOST:
        raise Invalid(N_("At most %(n)s attachments are taken."), n=MOST)
    hashes = {each.content_hash for each in present.values()}
    for checked in added:
        if checked.content_hash in hashes:
            raise Invalid(N_("The file %(name)s is attached already."), name=checked.original_name)
        hashes.add(checked.content_hash)
        session.add(
            TrainingFile(
                organisation_id=actor.organisation_id,
                path=path,
                subject_kind=subject_kind,
                subject_id=subject_id,
                key=files.keep_content(session, checked.content),
                original_name=checked.original_name,
                media_type=checked.media_type,
                n_bytes=len(checked.content),
                content_hash=checked.content_hash,
            )
        )
    session.flush()


def discard(session: Session, file: TrainingFile) -> None:
    """Delete an attachment's row now and its content once the transaction has committed."""
    files.forget(session, file.key)
    session.delete(file)
    session.flush()
