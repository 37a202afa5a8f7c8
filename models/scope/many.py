"""Many rows at once: the only bulk ways, each row checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy import insert as core_insert
from sqlalchemy.orm import Session

from models.bulk import insert_rows, load_rows, prepared, update_rows
from models.errors import NotFound
from models.scope.operations import Operation
from models.scope.ownership import WITH_PATH, Scope, ScopeError, ScopeKind
from models.scope.session import ACTING_KEY, attached
from models.scope.writing import belongs


def bulk_insert(session: Session, cls: type, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of one class after checking the path of each; raises NotFound for one outside the scope."""
    if not rows:
        return
    session.flush()
    _check_bulk(session, cls, rows)
    insert_rows(session.connection(), cls.__table__, rows)  # type: ignore[attr-defined]


def bulk_load(
    session: Session, cls: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *, is_prepared: bool = False
) -> None:
    """Insert very many rows, given as tuples in the order of *columns*, after the same check as ``bulk_insert``.

    In every scope, the system's too, a row's path must end in its organisation's id. *is_prepared* says that
    ``models.bulk.prepared`` has applied the types, in another process.
    """
    if not rows:
        return
    session.flush()
    keys = [k for k in ("account_id", "position_key", "path", "organisation_id", "person_id") if k in columns]
    if attached(session).kind is not ScopeKind.PERSON:
        keys = [k for k in keys if k not in {"person_id", "account_id"} or cls.__scope__ == "owned_by_account"]
    by_column = [map(itemgetter(columns.index(key)), rows) for key in keys]
    owners = [dict(zip(keys, values, strict=True)) for values in set(zip(*by_column, strict=True))] or [{}]
    _check_bulk(session, cls, owners)
    if not all(belongs(o["path"], o["organisation_id"]) for o in owners if o.get("organisation_id") is not None and "path" in o):
        raise NotFound
    connection = session.connection()
    ready = rows if is_prepared else prepared(connection.dialect, cls.__table__, columns, rows)
    load_rows(connection, cls.__table__, columns, ready)


def bulk_insert_returning(session: Session, cls: Any, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert many rows and return their new ids in the order of *rows*."""
    if not rows:
        return []
    session.flush()
    _check_bulk(session, cls, rows)
    statement = core_insert(cls).returning(cls.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, list(rows), execution_options={"scope_checked": True, "scope_decided": True}))


def _check_bulk(session: Session, cls: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    scope = attached(session)
    operations: tuple[Operation, ...] = session.info.get(ACTING_KEY, ())
    table = cls.__table__.name
    if scope.kind is ScopeKind.SYSTEM or any(o.lets_write(table, {"*"}) for o in operations):
        return
    # Rows of one owner stand or fall together: one of them is looked at.
    keys: tuple[str, ...] = ("account_id", "position_key") if cls.__scope__ == "owned_by_account" else ("path", "organisation_id")
    keys += ("person_id",) if scope.kind is ScopeKind.PERSON else ()
    owners = {tuple(map(row.get, keys)): row for row in rows}
    if not all(_lets_bulk(scope, cls, row) for row in owners.values()):
        raise NotFound


def _lets_bulk(scope: Scope, cls: Any, row: Mapping[str, Any]) -> bool:
    if cls.__scope__ == "owned_by_account":
        return bool(row.get("account_id") == scope.account_id and row.get("position_key") == scope.position_key)
    if cls.__scope__ not in WITH_PATH:
        return False
    path = row.get("path")
    organisation_id = row.get("organisation_id")
    if organisation_id is not None and not belongs(path, organisation_id):
        return False
    if scope.kind is ScopeKind.PERSON:
        return cls.__scope__ == "owned_by_person" and row.get("person_id") == scope.person_id and path == scope.path
    return bool(path) and scope.covers(str(path))


def bulk_update(session: Session, cls: Any, rows: Sequence[Mapping[str, Any]], *, locked: bool = False) -> None:
    """Update many rows, each a mapping with ``id`` and the same other columns.

    Raises NotFound when one id is outside the scope and ScopeError for a path or a foreign key of a scoped table.
    *locked* says that the caller has just read these very ids through the scope with a lock.
    """
    if not rows:
        return
    session.flush()
    columns = sorted(set(rows[0]) - {"id"})
    scope = attached(session)
    operations: tuple[Operation, ...] = session.info.get(ACTING_KEY, ())
    table = cls.__table__
    if scope.kind is not ScopeKind.SYSTEM and not any(o.lets_write(table.name, columns) for o in operations):
        moving = [c for c in columns if c in {"path", "person_id"} or table.c[c].foreign_keys]
        if moving and not set(moving) <= set(getattr(cls, "__may_move__", ())):
            raise ScopeError(f"bulk_update may not set {moving} of {table.name}")
        ids = {r["id"] for r in rows}
        if not locked and len(set(visible_ids(session, cls, ids))) != len(ids):
            raise NotFound
    update_rows(session.connection(), table, columns, sorted(rows, key=itemgetter("id")))


def visible_ids(session: Session, cls: Any, ids: Iterable[int]) -> Iterator[int]:
    """Yield those of *ids* that the scope of *session* covers, in ascending order."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 500):
        yield from session.scalars(select(cls.id).where(cls.id.in_(wanted[start : start + 500])).order_by(cls.id))


Rows = Sequence[Row[Any]]


def reserve_ids(session: Session, cls: Any, n: int) -> list[int]:
    """Return *n* fresh ids of a table whose rows need their id before they are written (a path ends in it).

    SQLite: the write lock of the running transaction keeps others out; PostgreSQL: the column's own sequence.
    """
    connection = session.connection()
    options = {"scope_decided": True}
    if connection.dialect.name == "postgresql":
        sequence = func.nextval(func.pg_get_serial_sequence(cls.__tablename__, "id"))
        statement = select(sequence).select_from(func.generate_series(1, n).alias("numbers"))
        return [int(i) for i in connection.scalars(statement, execution_options=options)]
    last = connection.scalar(select(func.max(cls.__table__.c.id)), execution_options=options) or 0
    return list(range(last + 1, last + 1 + n))
