"""After a new data key: write every encrypted value anew with it, in short transactions, and go on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Text, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import crypto, files, storage
from models.base import Base, EncryptedText
from models.files import JobFile
from models.scope import bulk_update
from models.transaction import unit_of_work

ROWS_AT_ONCE = 500


def reencrypt_all(session: Session) -> tuple[int, int]:
    """Bring all values and files to the first data key in a system session; return how many of each were written."""
    n_values = sum(_reencrypt_column(session, column) for column in encrypted_columns())
    return n_values, _reencrypt_files(session)


def encrypted_columns() -> Iterator[InstrumentedAttribute[Any]]:
    """Yield every column whose values stand encrypted, found by its type."""
    for mapper in Base.registry.mappers:
        for attribute in mapper.column_attrs:
            if isinstance(attribute.columns[0].type, EncryptedText):
                yield getattr(mapper.class_, attribute.key)


def _reencrypt_column(session: Session, column: InstrumentedAttribute[Any]) -> int:
    cls = column.class_
    key = cls.__mapper__.primary_key[0]
    present = crypto.fingerprint()["data"][0]
    old = select(key, column).where(type_coerce(column, Text).not_like(f"{present}.%")).limit(ROWS_AT_ONCE)
    n_written = 0
    while True:
        with unit_of_work(session):
            rows = session.execute(old).all()
            _write(session, cls, key.name, column.key, rows)
        n_written += len(rows)
        if len(rows) < ROWS_AT_ONCE:
            return n_written


def _write(session: Session, cls: Any, key: str, column: str, rows: Any) -> None:
    if key == "id":
        bulk_update(session, cls, [{"id": row[0], column: row[1]} for row in rows])
        return
    for row in rows:
        # Assigned afresh: an unchanged text would not be written.
        entity = session.get_one(cls, row[0])
        session.expire(entity)
        setattr(entity, column, row[1])


def _reencrypt_files(session: Session) -> int:
    present = crypto.fingerprint()["data"][0].encode() + b"."
    n_written = 0
    for key in [key for file in session.scalars(select(JobFile).order_by(JobFile.id)) for key in files.stored_pieces(file)]:
        sealed = storage.read(key)
        if not sealed.startswith(present):
            storage.write(key, crypto.encrypt_bytes(crypto.decrypt_bytes(sealed)))
            n_written += 1
    return n_written
