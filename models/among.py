"""``among``: a condition that takes any number of ids as one parameter.

SQLAlchemy's ``in_`` renders a mark for each id every time a statement runs. For the 500 ids of a chunk that costs as
much processor time as the reading itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, TypeDecorator, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType


class _Ids(TypeDecorator[list[int]]):
    """A list of ids as one parameter: an array of PostgreSQL, JSON for SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Among(FunctionElement[Any]):
    name = "among"
    type = NullType()  # as a Boolean SQLite would be asked for "= 1", which no index answers
    inherit_cache = True


def among(column: Any, ids: Iterable[int]) -> _Among:
    """Return the condition that a column of integers holds one of *ids*; of none it is never true."""
    return _Among(column, bindparam("ids", list(ids), type_=_Ids(), unique=True))


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: Any, **how: Any) -> str:
    column, ids = element.clauses
    wanted = f"(SELECT value FROM json_each({compiler.process(ids, **how)}))"  # noqa: S608 - a mark, no value
    return f"{compiler.process(column, **how)} IN {wanted}"


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: Any, **how: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **how)} = ANY ({compiler.process(ids, **how)})"
