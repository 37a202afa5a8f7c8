"""The guard of every flush and the tripwire of every connection: what a session writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, event, inspect, select
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.expression import ClauseElement, TableClause

from models.base import Base, is_flushing
from models.errors import NotFound
from models.scope.operations import Operation
from models.scope.ownership import Scope, ScopeError, ScopeKind
from models.scope.session import ACTING_KEY, attached


@event.listens_for(Session, "before_flush")
def _guard(session: Session, _context: object, _instances: object) -> None:
    if not (session.new or session.dirty or session.deleted):
        return
    scope = attached(session)
    if scope.kind is ScopeKind.SYSTEM:
        return
    operations: tuple[Operation, ...] = session.info.get(ACTING_KEY, ())
    for thing in session.new:
        _check_row(scope, operations, thing, set(inspect(thing).mapper.column_attrs.keys()))
    for thing in session.deleted:
        _check_row(scope, operations, thing, {"*"})
    for thing in session.dirty:
        changed = {a.key for a in inspect(thing).attrs if a.history.has_changes()}
        if changed:
            _check_row(scope, operations, thing, changed & set(inspect(thing).mapper.column_attrs.keys()))
    _check_references(session, operations)


def _check_row(scope: Scope, operations: tuple[Operation, ...], thing: Any, columns: set[str]) -> None:
    table = inspect(thing).mapper.local_table.name
    if any(o.lets_write(table, columns) for o in operations):
        return
    if lets(scope, thing):
        return
    raise NotFound


def lets(scope: Scope, thing: Any) -> bool:
    declared = thing.__scope__
    if declared in {"reference", "system_only"}:
        return False
    if declared == "owned_by_account":
        return bool(thing.account_id == scope.account_id and thing.position_key == scope.position_key)
    if declared == "either_side":
        return _lets_either(scope, thing)
    paths = [thing.path, *inspect(thing).attrs.path.history.deleted]
    if getattr(thing, "organisation_id", None) and not belongs(thing.path, thing.organisation_id):
        return False
    if scope.kind is ScopeKind.PERSON:
        owners = {thing.person_id, *inspect(thing).attrs.person_id.history.deleted} if declared == "owned_by_person" else set()
        return owners == {scope.person_id} and set(paths) == {scope.path}
    return all(p and scope.covers(p) for p in paths)


def _lets_either(scope: Scope, thing: Any) -> bool:
    """Let whoever covers the subject begin, and either side go on; the sides themselves never change."""
    state = inspect(thing)
    if state.persistent and any(state.attrs[n].history.has_changes() for n in ("path", "from_path", "to_path", "person_id")):
        return False
    if scope.kind is ScopeKind.PERSON:
        return bool(thing.person_id == scope.person_id and (state.persistent or thing.path == scope.path))
    paths = (thing.path, thing.from_path, thing.to_path) if state.persistent else (thing.path,)
    return any(p and scope.covers(p) for p in paths)


def belongs(path: str | None, organisation_id: int) -> bool:
    return bool(path) and str(path).endswith(f"/{organisation_id}/")


def _check_references(session: Session, operations: tuple[Operation, ...]) -> None:
    """Refuse a foreign key that points to a row outside the scope: a forged id in a form."""
    wanted: dict[type, set[Any]] = {}
    for thing in (*session.new, *session.dirty):
        state = inspect(thing)
        for column in state.mapper.local_table.columns:
            for key in column.foreign_keys:
                value = state.attrs[state.mapper.get_property_by_column(column).key]
                if value.history.added and value.value is not None:
                    wanted.setdefault(_class_of(key.column.table.name), set()).add(value.value)
    readable = frozenset().union(*(o.reads for o in operations)) if operations else frozenset()
    for cls, ids in wanted.items():
        mapper: Mapper[Any] = inspect(cls)
        if cls.__scope__ in {"reference", "system_only"} or table_of(mapper) in readable:  # type: ignore[attr-defined]
            continue
        known = {k[1][0] for k in session.identity_map.keys() if k[0] is cls}  # noqa: SIM118 - it is no dict
        missing = ids - known
        if missing:
            key_column = mapper.primary_key[0]
            with session.no_autoflush:
                seen = set(
                    session.scalars(select(mapper.attrs[str(key_column.key)].class_attribute).where(key_column.in_(missing)))
                )
            if missing - seen:
                raise NotFound


def table_of(mapper: Mapper[Any]) -> str:
    """Return the name of the one table of a mapped class."""
    return str(mapper.class_.__tablename__)


_classes: dict[str, type] = {}


def _class_of(table: str) -> type:
    if table not in _classes:
        _classes.update({table_of(m): m.class_ for m in Base.registry.mappers})
    return _classes[table]


def _guarded(table: str) -> bool:
    return _class_of(table).__scope__ != "reference" if table in _classes or _known(table) else False  # type: ignore[attr-defined]


def _known(table: str) -> bool:
    return any(table_of(m) == table for m in Base.registry.mappers)


@event.listens_for(Engine, "before_execute")
def _tripwire(_conn: Any, clause: ClauseElement, _multi: Any, _params: Any, options: Mapping[str, Any]) -> None:
    """Refuse a statement on a guarded table that neither the listener nor the guard decided."""
    if options.get("scope_decided") or is_flushing():
        return
    if isinstance(clause, TextClause):
        words = set(clause.text.replace('"', " ").replace(",", " ").replace("(", " ").lower().split())
        tables = {w for w in words if _known(w)}
    else:
        tables = {t.name for t in visitors.iterate(clause) if isinstance(t, TableClause)}
    guarded = sorted(t for t in tables if _guarded(t))
    if guarded:
        raise ScopeError(f"no scope was decided for {', '.join(guarded)}")
