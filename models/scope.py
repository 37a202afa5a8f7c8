"""THE row filter: what a session may read and write. It is decided here and nowhere else, and it fails closed.

A Scope is attached to the session once and never changed. Every mapped class says by a mixin how its rows belong to
somebody; a listener adds the criterion to every ORM statement, a guard checks every flush, a tripwire refuses Core
statements on guarded tables, and two closed lists name the operations that may look or write beyond the scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, String, event, false, func, inspect, or_, select, true
from sqlalchemy import insert as core_insert
from sqlalchemy import update as core_update
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.sql import bindparam, visitors
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.expression import ClauseElement, TableClause

from models.access import Actor, PositionKind
from models.base import Base, BigId, PathString, ScopedSession, db, is_flushing
from models.bulk import insert_rows, load_rows, prepared
from models.errors import NotFound
from models.transaction import Intent, intending


class ScopeError(RuntimeError):
    """A programming mistake: a statement that the scope cannot decide. Never shown to a user as such."""


class ScopeKind(StrEnum):
    """How far a session sees."""

    NOTHING = "nothing"
    PERSON = "person"  # the rows of one professional
    ORGANISATION = "organisation"  # one organisation alone: inner accounts
    SUBTREE = "subtree"  # an organisation and all below it
    SUPPORT = "support"  # every row of scoped tables, none of SystemOnly
    SYSTEM = "system"  # everything: the operator's commands and named system reads


@dataclass(frozen=True, slots=True)
class Scope:
    """What one session may see: fixed when the request or the job begins."""

    kind: ScopeKind
    path: str = ""
    person_id: int = 0
    account_id: int = 0
    position_key: str = ""

    def covers(self, path: str) -> bool:
        """Say whether a row with *path* may be written."""
        if self.kind in {ScopeKind.SUPPORT, ScopeKind.SYSTEM}:
            return True
        if self.kind is ScopeKind.ORGANISATION:
            return path == self.path
        return self.kind is ScopeKind.SUBTREE and path.startswith(self.path)


NOTHING = Scope(ScopeKind.NOTHING)
SYSTEM = Scope(ScopeKind.SYSTEM)


def scope_of(actor: Actor) -> Scope:
    """Return the scope of the position that *actor* uses."""
    common = {"account_id": actor.account_id, "position_key": actor.position_key}
    if actor.kind is PositionKind.PROFESSIONAL and actor.person_id:
        return Scope(ScopeKind.PERSON, path=actor.path, person_id=actor.person_id, **common)  # type: ignore[arg-type]
    if actor.kind is PositionKind.SUPPORT and actor.position_key.startswith("support:"):
        return Scope(ScopeKind.SUPPORT, **common)  # type: ignore[arg-type]
    if actor.path and actor.post_id:
        kind = ScopeKind.ORGANISATION if actor.is_inner else ScopeKind.SUBTREE
        return Scope(kind, path=actor.path, **common)  # type: ignore[arg-type]
    return NOTHING


def path_range(path: str) -> tuple[str, str]:
    """Return the bounds of *path*'s subtree as a half-open range of strings."""
    return path, path[:-1] + chr(ord(path[-1]) + 1)


# --- how a table belongs to somebody -------------------------------------------------------------------------------


class InSubtree:
    """Rows of an organisation: seen by it and by every organisation above it."""

    __scope__ = "in_subtree"
    path: Mapped[str] = mapped_column(PathString)


class OwnedByPerson:
    """Rows of a professional: seen by that person and by the organisations above."""

    __scope__ = "owned_by_person"
    path: Mapped[str] = mapped_column(PathString)
    person_id: Mapped[int | None] = mapped_column(BigId)


class OwnedByAccount:
    """Rows of an account in one position: jobs, notices, saved views."""

    __scope__ = "owned_by_account"
    account_id: Mapped[int] = mapped_column(BigId)
    position_key: Mapped[str] = mapped_column(String(40))


class Inherited:
    """Rows of an organisation that hold for all below it; ``/`` is the national default that only the seed writes."""

    __scope__ = "inherited"
    path: Mapped[str] = mapped_column(PathString)


class Reference:
    """National code lists and regions: read by all, written by the seed only."""

    __scope__ = "reference"


class SystemOnly:
    """Accounts, web sessions, mails: no scoped session may select them."""

    __scope__ = "system_only"


_KINDS: dict[str, type] = {c.__scope__: c for c in (InSubtree, OwnedByPerson, OwnedByAccount, Inherited, Reference, SystemOnly)}
_WITH_PATH = frozenset({"in_subtree", "owned_by_person", "inherited"})


def check_declarations() -> None:
    """Raise ScopeError when a mapped class does not say how its rows belong to somebody."""
    for mapper in Base.registry.mappers:
        if getattr(mapper.class_, "__scope__", None) not in _KINDS:
            raise ScopeError(f"{mapper.class_.__name__} declares no row scope")


# --- reading --------------------------------------------------------------------------------------------------------
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
    ]


def _exactly(path: str) -> list[Any]:
    return [
        with_loader_criteria(InSubtree, lambda c: c.path == path, include_aliases=True),
        with_loader_criteria(OwnedByPerson, lambda c: c.path == path, include_aliases=True),
        with_loader_criteria(Inherited, lambda c: func.substr(path, 1, func.length(c.path)) == c.path, include_aliases=True),
    ]


def _of_person(person_id: int, path: str) -> list[Any]:
    return [
        with_loader_criteria(InSubtree, lambda c: false(), include_aliases=True),
        with_loader_criteria(OwnedByPerson, lambda c: c.person_id == person_id, include_aliases=True),
        with_loader_criteria(Inherited, lambda c: func.substr(path, 1, func.length(c.path)) == c.path, include_aliases=True),
    ]


def _nothing() -> list[Any]:
    return [with_loader_criteria(c, lambda c: false(), include_aliases=True) for c in (InSubtree, OwnedByPerson, Inherited)]


def _of_account(account_id: int, position_key: str) -> list[Any]:
    return [
        with_loader_criteria(
            OwnedByAccount,
            lambda c: (c.account_id == account_id) & (c.position_key == position_key),
            include_aliases=True,
        ),
        with_loader_criteria(SystemOnly, lambda c: false(), include_aliases=True),
    ]


@lru_cache(maxsize=4096)
def _options(scope: Scope) -> list[Any]:
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
        return (cls.account_id == scope.account_id) & (cls.position_key == scope.position_key)
    if scope.kind is ScopeKind.SUPPORT:
        return true()
    inherited = func.substr(scope.path, 1, func.length(cls.path)) == cls.path if declared == "inherited" else false()
    if scope.kind is ScopeKind.SUBTREE:
        low, high = path_range(scope.path)
        return or_((cls.path >= low) & (cls.path < high), inherited)
    if scope.kind is ScopeKind.ORGANISATION:
        return or_(cls.path == scope.path, inherited)
    if scope.kind is ScopeKind.PERSON:
        return inherited if declared == "inherited" else (cls.person_id == scope.person_id if declared == "owned_by_person" else false())
    return false()


# --- the closed lists -----------------------------------------------------------------------------------------------

ANY = frozenset({"*"})


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What one named operation may touch beyond the scope: tables it reads, columns it writes."""

    reads: frozenset[str] = frozenset()
    writes: Mapping[str, frozenset[str]] | None = None

    def lets_write(self, table: str, columns: Iterable[str]) -> bool:
        """Say whether *columns* of *table* may be written by this operation."""
        allowed = (self.writes or {}).get(table, frozenset())
        return allowed == ANY or (bool(allowed) and set(columns) <= allowed)


def _operation(reads: str = "", **writes: str) -> Operation:
    return Operation(
        frozenset(reads.split()) | frozenset(writes),
        {t: ANY if c == "*" else frozenset(c.split()) for t, c in writes.items()},
    )


CROSS_SUBTREE: dict[str, Operation] = {
    # A visitor becomes a pending professional of an organisation that she chose.
    "register": _operation(
        "organisations posts departments", accounts="*", professionals="*", reviews="*", review_levels="*",
        education_records="*", qualifications="*", memberships="*", name_tokens="*",
    ),
    # The chain of a declaration names organisations above the person's own.
    "build_chain": _operation("organisations posts roles accounts organisation_settings"),
    # A person's own submission writes into the review that others decide.
    "submit_own": _operation("organisations", reviews="*", review_levels="*", professionals="pending_count"),
    # The holder of an account accepts or declines a post that an organisation offered to it.
    "add_existing_account": _operation("organisations", posts="state"),
    # A person's own record carries the organisation she belongs to, and may name a training base.
    "declare": _operation("organisations"),
    # Whether the same evidence proves another record: only "yes" leaves models.credits.key_review.
    "find_same_evidence": _operation("declarations attachments"),
    # An imported row learns whether its number has an account, and whether its holder is registered elsewhere.
    "import_people": _operation("professionals", accounts="*"),
    "decide_in_place": _operation("organisations posts roles accounts review_levels"),
}
SYSTEM_WRITES: dict[str, Operation] = {
    "create_account": _operation(accounts="*"),
    "set_password": _operation(
        accounts="password_hash first_password first_password_until must_change password_changed_at fs_uniquifier"
    ),
    "set_contact": _operation(accounts="phone email name"),
    "login_failures": _operation(login_failures="*"),
    "end_sessions": _operation(web_sessions="ended_at"),
    "enqueue_job": _operation(jobs="*"),
    "add_outbox": _operation(outbox_mails="*"),
    "add_notice": _operation("accounts posts professionals", notices="*"),
    "record_history": _operation(history_entries="*"),
    "read_history": _operation("history_entries history_batches"),
    "read_accounts": _operation("accounts login_failures web_sessions"),
    # Whoever resets a password must not come by a position that lies beyond the own one.
    "read_positions": _operation("accounts posts"),
    "name_tokens": _operation(name_tokens="*"),
    "recount_year": _operation(
        "declarations learning_forms rule_versions requirements memberships organisations professionals",
        year_summaries="*", declarations="counted_tenths counted_public_tenths counted_professional_tenths",
    ),
    "recount_organisation": _operation("organisations", organisation_years="*", organisation_counters="*"),
    "next_certificate_number": _operation("organisations", certificate_series="*", certificates="*"),
}
_ACTING_KEY = "ce_acting"
_SCOPE_KEY = "ce_scope"


@contextmanager
def acting(session: Session, name: str) -> Iterator[Session]:
    """Let the named operation of a closed list look and write beyond the scope while the block runs.

    Flushes before and after, so that nothing else slips through under its name. Raises KeyError for an unlisted name.
    """
    operation = CROSS_SUBTREE.get(name) or SYSTEM_WRITES[name]
    session.flush()
    before = session.info.get(_ACTING_KEY, ())
    session.info[_ACTING_KEY] = (*before, operation)
    try:
        yield session
        session.flush()
    finally:
        session.info[_ACTING_KEY] = before


# --- attaching ------------------------------------------------------------------------------------------------------


def attach(session: Session, scope: Scope) -> None:
    """Give *session* its scope; raises ScopeError when it has one already."""
    if _SCOPE_KEY in session.info:
        raise ScopeError("the session has a scope already")
    session.info[_SCOPE_KEY] = scope


def attached(session: Session) -> Scope:
    """Return the scope of *session*; raises ScopeError when there is none."""
    try:
        scope: Scope = session.info[_SCOPE_KEY]
    except KeyError:
        raise ScopeError("the session has no scope") from None
    return scope


@contextmanager
def system_session() -> Iterator[Session]:
    """Open a short session of its own that sees everything; what it changed is not committed here."""
    with intending(Intent.READ), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, SYSTEM)
        yield session


# --- the listeners --------------------------------------------------------------------------------------------------


@event.listens_for(Session, "do_orm_execute")
def _filter(state: ORMExecuteState) -> None:
    scope = attached(state.session)
    if not state.is_orm_statement:
        return  # Core through a session: the tripwire decides
    operations: tuple[Operation, ...] = state.session.info.get(_ACTING_KEY, ())
    state.update_execution_options(scope_decided=True)
    if scope.kind is ScopeKind.SYSTEM:
        return
    if state.is_insert:
        if not state.execution_options.get("scope_checked"):
            raise ScopeError("insert through bulk_insert")
        return
    if state.is_update:
        _refuse_moving(state, operations)
    if state.is_column_load or state.is_relationship_load:
        # Criteria of a parent statement travel along with its loads; a refresh of a visible row needs none.
        if state.is_column_load:
            return
    statement: Any = state.statement
    if not operations:
        state.statement = statement.options(*_options(scope))
        return
    state.statement = statement.options(*_acting_options(scope, operations))


@lru_cache(maxsize=1024)
def _acting_options(scope: Scope, operations: tuple[Operation, ...]) -> list[Any]:
    """Return the criteria while an operation acts: kinds that it leaves alone as ever, of the others each other class."""
    readable = frozenset().union(*(o.reads for o in operations))
    classes = [m.class_ for m in Base.registry.mappers]
    opened = {c.__scope__ for c in classes if c.__tablename__ in readable}  # type: ignore[attr-defined]
    options = [o for o, declared in zip(_options(scope), _declared(scope), strict=True) if declared not in opened]
    options += [
        with_loader_criteria(c, criterion(scope, c), include_aliases=True)
        for c in classes
        if c.__scope__ in opened and c.__tablename__ not in readable and c.__scope__ != "reference"  # type: ignore[attr-defined]
    ]
    return options


def _declared(scope: Scope) -> list[str]:
    """Name the kind of table that each of ``_options`` is for, in the same order."""
    own = ["owned_by_account", "system_only"]
    return own if scope.kind is ScopeKind.SUPPORT else ["in_subtree", "owned_by_person", "inherited", *own]


def _refuse_moving(state: ORMExecuteState, operations: tuple[Operation, ...]) -> None:
    mapper = state.bind_mapper
    if mapper is None or mapper.class_.__scope__ == "reference":
        raise ScopeError("this table is not written here")
    table: Any = mapper.local_table
    changed = {getattr(k, "key", k) for k in getattr(state.statement, "_values", None) or {}}
    moving = {c for c in changed if c in {"path", "person_id", "account_id", "position_key"} or table.c[c].foreign_keys}
    if moving and not any(o.lets_write(table.name, changed) for o in operations):
        raise ScopeError(f"update may not set {sorted(moving)} of {table.name}")


@event.listens_for(Session, "before_flush")
def _guard(session: Session, _context: object, _instances: object) -> None:
    if not (session.new or session.dirty or session.deleted):
        return
    scope = attached(session)
    if scope.kind is ScopeKind.SYSTEM:
        return
    operations: tuple[Operation, ...] = session.info.get(_ACTING_KEY, ())
    for thing in session.new:
        _check_row(scope, operations, thing, set(inspect(thing).mapper.column_attrs.keys()))
    for thing in session.deleted:
        _check_row(scope, operations, thing, {"*"})
    for thing in session.dirty:
        changed = {a.key for a in inspect(thing).attrs if a.history.has_changes()}
        if changed:
            _check_row(scope, operations, thing, changed & set(inspect(thing).mapper.column_attrs.keys()))
    _check_references(session, scope, operations)


def _check_row(scope: Scope, operations: tuple[Operation, ...], thing: Any, columns: set[str]) -> None:
    table = inspect(thing).mapper.local_table.name
    if any(o.lets_write(table, columns) for o in operations):
        return
    if _lets(scope, thing):
        return
    raise NotFound


def _lets(scope: Scope, thing: Any) -> bool:
    declared = thing.__scope__
    if declared in {"reference", "system_only"}:
        return False
    if declared == "owned_by_account":
        return bool(thing.account_id == scope.account_id and thing.position_key == scope.position_key)
    paths = [thing.path, *inspect(thing).attrs.path.history.deleted]
    if getattr(thing, "organisation_id", None) and not _belongs(thing.path, thing.organisation_id):
        return False
    if scope.kind is ScopeKind.PERSON:
        owners = {thing.person_id, *inspect(thing).attrs.person_id.history.deleted} if declared == "owned_by_person" else set()
        return owners == {scope.person_id} and set(paths) == {scope.path}
    return all(p and scope.covers(p) for p in paths)


def _belongs(path: str | None, organisation_id: int) -> bool:
    return bool(path) and str(path).endswith(f"/{organisation_id}/")


def _check_references(session: Session, scope: Scope, operations: tuple[Operation, ...]) -> None:
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
        mapper = inspect(cls)
        if cls.__scope__ in {"reference", "system_only"} or mapper.local_table.name in readable:  # type: ignore[attr-defined]
            continue
        known = {k[1][0] for k in session.identity_map.keys() if k[0] is cls}  # noqa: SIM118 - it is no dict
        missing = ids - known
        if missing:
            key_column = mapper.primary_key[0]
            with session.no_autoflush:
                seen = set(session.scalars(select(mapper.attrs[key_column.key].class_attribute).where(key_column.in_(missing))))
            if missing - seen:
                raise NotFound


_classes: dict[str, type] = {}


def _class_of(table: str) -> type:
    if table not in _classes:
        _classes.update({m.local_table.name: m.class_ for m in Base.registry.mappers})
    return _classes[table]


def _guarded(table: str) -> bool:
    return _class_of(table).__scope__ != "reference" if table in _classes or _known(table) else False  # type: ignore[attr-defined]


def _known(table: str) -> bool:
    return any(m.local_table.name == table for m in Base.registry.mappers)


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


# --- many rows at once ----------------------------------------------------------------------------------------------


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
    places = [columns.index(k) for k in keys]
    owners = [dict(zip(keys, values, strict=True)) for values in {tuple(row[p] for p in places) for row in rows}]
    _check_bulk(session, cls, owners)
    if not all(_belongs(o["path"], o["organisation_id"]) for o in owners if o.get("organisation_id") is not None and "path" in o):
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
    operations: tuple[Operation, ...] = session.info.get(_ACTING_KEY, ())
    table = cls.__table__.name
    if scope.kind is ScopeKind.SYSTEM or any(o.lets_write(table, {"*"}) for o in operations):
        return
    # Rows of one owner stand or fall together: one of them is looked at.
    keys = ("account_id", "position_key") if cls.__scope__ == "owned_by_account" else ("path", "organisation_id")
    keys += ("person_id",) if scope.kind is ScopeKind.PERSON else ()
    owners = {tuple(map(row.get, keys)): row for row in rows}
    if not all(_lets_bulk(scope, cls, row) for row in owners.values()):
        raise NotFound


def _lets_bulk(scope: Scope, cls: Any, row: Mapping[str, Any]) -> bool:
    if cls.__scope__ == "owned_by_account":
        return bool(row.get("account_id") == scope.account_id and row.get("position_key") == scope.position_key)
    if cls.__scope__ not in _WITH_PATH:
        return False
    path = row.get("path")
    organisation_id = row.get("organisation_id")
    if organisation_id is not None and not _belongs(path, organisation_id):
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
    operations: tuple[Operation, ...] = session.info.get(_ACTING_KEY, ())
    table = cls.__table__
    if scope.kind is not ScopeKind.SYSTEM and not any(o.lets_write(table.name, columns) for o in operations):
        moving = [c for c in columns if c == "path" or c == "person_id" or table.c[c].foreign_keys]
        if moving and not set(moving) <= set(getattr(cls, "__may_move__", ())):
            raise ScopeError(f"bulk_update may not set {moving} of {table.name}")
        ids = {r["id"] for r in rows}
        if not locked and len(set(visible_ids(session, cls, ids))) != len(ids):
            raise NotFound
    statement = core_update(table).where(table.c.id == bindparam("b_id")).values({c: bindparam(f"b_{c}") for c in columns})
    values = [{"b_id": r["id"], **{f"b_{c}": r[c] for c in columns}} for r in sorted(rows, key=lambda r: r["id"])]
    session.connection().execute(statement, values, execution_options={"scope_decided": True})


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
