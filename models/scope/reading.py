"""The criterion on every ORM statement: what a session reads."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, event, false, func, or_, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from models.base import Base
from models.scope.operations import Operation
from models.scope.ownership import (
    EitherSide,
    Inherited,
    InSubtree,
    OwnedByAccount,
    OwnedByPerson,
    Scope,
    ScopeError,
    ScopeKind,
    SystemOnly,
    path_range,
)
from models.scope.session import ACTING_KEY, attached

# One lambda per kind, no condition inside, only plain values in its closure: SQLAlchemy caches the lambda's SQL and
# would reuse what a condition chose for the first session.


def _by_path(path: str) -> list[Any]:
    low, high = path_range(path)
    return [
        with_loader_criteria(InSubtree, lambda c: (c.path >= low) & (c.path < high), include_aliases=True),
        with_loader_criteria(OwnedByPerson, lambda c: (c.path >= low) & (c.path < high), include_aliases=True),
        with_loader_criteria(
            Inherited,
            lambda c: or_((c.path >= low) & (c.path < high), func.substr(low, 1, func.length(c.path)) == c.path),
            include_aliases=True,
        ),
        with_loader_criteria(
            EitherSide,
            lambda c: or_(
                (c.path >= low) & (c.path < high),
                (c.from_path >= low) & (c.from_path < high),
                (c.to_path >= low) & (c.to_path < high),
            ),
            include_aliases=True,
        ),
    ]


def _exactly(path: str) -> list[Any]:
    return [
        with_loader_criteria(InSubtree, lambda c: c.path == path, include_aliases=True),
        with_loader_criteria(OwnedByPerson, lambda c: c.path == path, include_aliases=True),
        with_loader_criteria(Inherited, lambda c: func.substr(path, 1, func.length(c.path)) == c.path, include_aliases=True),
        with_loader_criteria(
            EitherSide, lambda c: or_(c.path == path, c.from_path == path, c.to_path == path), include_aliases=True
        ),
    ]


def _of_person(person_id: int, path: str) -> list[Any]:
    return [
        with_loader_criteria(InSubtree, lambda _c: false(), include_aliases=True),
        with_loader_criteria(OwnedByPerson, lambda c: c.person_id == person_id, include_aliases=True),
        with_loader_criteria(Inherited, lambda c: func.substr(path, 1, func.length(c.path)) == c.path, include_aliases=True),
        with_loader_criteria(EitherSide, lambda c: c.person_id == person_id, include_aliases=True),
    ]


def _nothing() -> list[Any]:
    kinds = (InSubtree, OwnedByPerson, Inherited, EitherSide)
    return [with_loader_criteria(c, lambda _c: false(), include_aliases=True) for c in kinds]


def _of_account(account_id: int, position_key: str) -> list[Any]:
    return [
        with_loader_criteria(
            OwnedByAccount,
            lambda c: (c.account_id == account_id) & (c.position_key == position_key),
            include_aliases=True,
        ),
        with_loader_criteria(SystemOnly, lambda _c: false(), include_aliases=True),
    ]


@lru_cache(maxsize=4096)
def options_of(scope: Scope) -> list[Any]:
    """Return the criteria of a scope; the same objects serve every statement, as options of a module do."""
    if scope.kind is ScopeKind.SYSTEM:
        return []
    own = _of_account(scope.account_id, scope.position_key)
    if scope.kind is ScopeKind.SUPPORT:
        return own
    if scope.kind is ScopeKind.SUBTREE:
        return _by_path(scope.path) + own
    if scope.kind is ScopeKind.ORGANISATION:
        return _exactly(scope.path) + own
    if scope.kind is ScopeKind.PERSON:
        return _of_person(scope.person_id, scope.path) + own
    return _nothing() + own


def criterion(scope: Scope, cls: Any) -> ColumnElement[bool]:
    """Return the condition that *scope* puts on one class (used where an acting operation exempts others)."""
    declared = cls.__scope__
    if scope.kind is ScopeKind.SYSTEM or declared == "reference":
        return true()
    if declared == "system_only":
        return false()
    if declared == "owned_by_account":
        return and_(cls.account_id == scope.account_id, cls.position_key == scope.position_key)
    if scope.kind is ScopeKind.SUPPORT:
        return true()
    if scope.kind is ScopeKind.PERSON and declared in {"owned_by_person", "either_side"}:
        return cls.person_id == scope.person_id  # type: ignore[no-any-return]
    if scope.kind is ScopeKind.NOTHING or (scope.kind is ScopeKind.PERSON and declared != "inherited"):
        return false()
    alternatives = [func.substr(scope.path, 1, func.length(cls.path)) == cls.path] if declared == "inherited" else []
    if scope.kind is not ScopeKind.PERSON:
        columns = (cls.path, cls.from_path, cls.to_path) if declared == "either_side" else (cls.path,)
        alternatives += [_within(scope, column) for column in columns]
    return or_(*alternatives)


def _within(scope: Scope, column: Any) -> ColumnElement[bool]:
    if scope.kind is ScopeKind.ORGANISATION:
        return column == scope.path  # type: ignore[no-any-return]
    low, high = path_range(scope.path)
    return and_(column >= low, column < high)


WHOSE = frozenset({"path", "from_path", "to_path", "person_id", "account_id", "position_key"})
"""The columns that say whose a row is: no update sets them but a listed operation."""

# --- the listener ------------------------------------------------------------------------------------------------------


@event.listens_for(Session, "do_orm_execute")
def _filter(state: ORMExecuteState) -> None:
    scope = attached(state.session)
    if not state.is_orm_statement:
        return  # Core through a session: the tripwire decides
    operations: tuple[Operation, ...] = state.session.info.get(ACTING_KEY, ())
    state.update_execution_options(scope_decided=True)
    if scope.kind is ScopeKind.SYSTEM:
        return
    if state.is_insert:
        if not state.execution_options.get("scope_checked"):
            raise ScopeError("insert through bulk_insert")
        return
    if state.is_update:
        _refuse_moving(state, operations)
    if state.is_column_load:
        return  # a refresh of a row that is visible already
    statement: Any = state.statement
    if not operations:
        state.statement = statement.options(*options_of(scope))
        return
    state.statement = statement.options(*_acting_options(scope, operations))


@lru_cache(maxsize=1024)
def _acting_options(scope: Scope, operations: tuple[Operation, ...]) -> list[Any]:
    """Return the criteria while an operation acts: kinds that it leaves alone as ever, of the others each other class."""
    readable = frozenset().union(*(o.reads for o in operations))
    classes = [m.class_ for m in Base.registry.mappers]
    opened = {c.__scope__ for c in classes if c.__tablename__ in readable}
    options = [o for o, declared in zip(options_of(scope), declared_of(scope), strict=True) if declared not in opened]
    options += [
        with_loader_criteria(c, criterion(scope, c), include_aliases=True)
        for c in classes
        if c.__scope__ in opened and c.__tablename__ not in readable and c.__scope__ != "reference"
    ]
    return options


def declared_of(scope: Scope) -> list[str]:
    """Name the kind of table that each of ``options_of`` is for, in the same order."""
    own = ["owned_by_account", "system_only"]
    return own if scope.kind is ScopeKind.SUPPORT else ["in_subtree", "owned_by_person", "inherited", "either_side", *own]


def _refuse_moving(state: ORMExecuteState, operations: tuple[Operation, ...]) -> None:
    mapper = state.bind_mapper
    if mapper is None or mapper.class_.__scope__ == "reference":
        raise ScopeError("this table is not written here")
    table: Any = mapper.local_table
    changed = {getattr(k, "key", k) for k in getattr(state.statement, "_values", None) or {}}
    moving = {c for c in changed if c in WHOSE or table.c[c].foreign_keys}
    if moving and not any(o.lets_write(table.name, changed) for o in operations):
        raise ScopeError(f"{table.name}: {sorted(moving)} may not be set in an update")
