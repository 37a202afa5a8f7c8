"""The database object, the column types and the clock. Holds no table and no rule."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import JSON, BigInteger, DateTime, Index, Integer, MetaData, String, Text, TypeDecorator, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, registry

from models import crypto

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")
"""Dates, windows and years are those of this zone; times are stored in UTC."""


_set_back: ContextVar[dt.timedelta] = ContextVar("set_back", default=dt.timedelta())


def utcnow() -> dt.datetime:
    """Return the present time, aware, in UTC: the only reading of the clock in the product."""
    return dt.datetime.now(dt.UTC) - _set_back.get()


@contextmanager
def clock_set_back(by: dt.timedelta) -> Iterator[None]:
    """Let the block happen earlier than it does: for made-up data, whose people acted before they were made."""
    token = _set_back.set(by)
    try:
        yield
    finally:
        _set_back.reset(token)


def today() -> dt.date:
    """Return the present date in Asia/Shanghai."""
    return utcnow().astimezone(LOCAL_ZONE).date()


def local_date(moment: dt.datetime) -> dt.date:
    """Return the Asia/Shanghai date of an aware *moment*."""
    return moment.astimezone(LOCAL_ZONE).date()


def to_tenths(hours: Decimal | int | str) -> int:
    """Return *hours* (学时) as integer tenths, rounded half up to 0.1."""
    return int((Decimal(hours) * 10).to_integral_value(ROUND_HALF_UP))


def to_hours(tenths: int) -> Decimal:
    """Return integer *tenths* as a Decimal of hours with one place."""
    return Decimal(tenths).scaleb(-1)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time was given")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=dt.UTC)


class EncryptedText(TypeDecorator[str]):
    """A text that stands encrypted in the database (see ``models.crypto``)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else crypto.encrypt(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else crypto.decrypt(value)


def binary_string(length: int) -> String:
    """Return a string type that compares by bytes on both databases (paths, codes, name keys)."""
    return String(length).with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")


PathString = binary_string(255)
"""The ids of the ancestors, root first, the own last: ``/1/12/345/``."""


def partial_index(name: str, *columns: Any, where: Any, unique: bool = False) -> Index:
    """Return an index, on both databases, of the rows alone for which *where* holds: SQL of ours as text, or a condition."""
    condition = literal_column(where) if isinstance(where, str) else where
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""A surrogate key: SQLite numbers rows itself only for INTEGER."""

JsonText = JSON(none_as_null=True)


def canonical_json(value: Any) -> str:
    """Return *value* as JSON that is the same for the same content (sorted keys, no blanks)."""
    return _encoder.encode(value)


_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


class Base(DeclarativeBase):
    """The base of every mapped class; each declares its row scope by a mixin of ``models.scope``."""

    registry = registry(type_annotation_map={dt.datetime: UtcDateTime, dict[str, Any]: JsonText, list[Any]: JsonText})
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ScopedSession(FlaskSession):
    """The product's session: its own flush marks its statements as decided by the guard of ``models.scope``."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Flush; while it runs ``is_flushing`` says so."""
        token = _flushing.set(True)
        try:
            super().flush(objects)
        finally:
            _flushing.reset(token)


_flushing: ContextVar[bool] = ContextVar("flushing", default=False)


def is_flushing() -> bool:
    """Say whether the running statement comes from a session's own flush."""
    return _flushing.get()


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"autoflush": False, "expire_on_commit": False, "class_": ScopedSession},
)
