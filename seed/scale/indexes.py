"""Takes the indexes off the tables while millions of rows come in, and builds them again from the sorted whole.

On PostgreSQL foreign keys and unique constraints too: each row would fire a trigger for each of them, while adding the
constraint at the end proves all rows by one join. SQLite cannot drop constraints, it checks them row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Constraint, ForeignKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import AddConstraint, CreateIndex, DDLElement, DropConstraint, DropIndex

from models.transaction import unit_of_work


@contextmanager
def set_aside(session: Session, classes: Iterable[type]) -> Iterator[None]:
    """Drop indexes (and constraints) of the tables for the block and build them at its end; commits both."""
    tables: list[Table] = [cls.__table__ for cls in classes]  # type: ignore[attr-defined]
    is_postgres = session.get_bind().dialect.name == "postgresql"
    indexes = sorted((i for t in tables for i in t.indexes), key=lambda i: str(i.name))
    constraints = _constraints(tables) if is_postgres else []
    _tune(session)
    _do(session, [*(DropConstraint(c) for c in reversed(constraints)), *(DropIndex(i) for i in indexes)])
    yield
    _number_on(session, tables)
    for index in indexes:
        _do(session, [CreateIndex(index)])
    for constraint in constraints:
        _do(session, [AddConstraint(constraint)])
    _gather_statistics(session)


def _constraints(tables: Iterable[Table]) -> list[Constraint]:
    """Return unique constraints first: foreign keys may refer to them."""
    found = sorted((c for t in tables for c in t.constraints), key=lambda c: str(c.name))
    unique: list[Constraint] = [c for c in found if isinstance(c, UniqueConstraint)]
    return unique + [c for c in found if isinstance(c, ForeignKeyConstraint)]


def _do(session: Session, steps: Iterable[DDLElement]) -> None:
    with unit_of_work(session):
        _tune(session)
        for step in steps:
            session.connection().execute(step)


def _tune(session: Session) -> None:
    """Give sorting and random writes room in memory, on this connection only."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA cache_size = -400000")
    else:
        session.connection().execute(text("set maintenance_work_mem = '512MB'"))
        session.connection().execute(text("set synchronous_commit = off"))


def _number_on(session: Session, tables: Iterable[Table]) -> None:
    """Let new rows be numbered after those that came with their ids."""
    if session.get_bind().dialect.name == "sqlite":
        return  # it looks at the largest id itself
    with unit_of_work(session):
        for table in tables:
            if "id" in table.c:
                session.connection().execute(
                    text(
                        f"select setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - names of our own tables
                        f"greatest((select max(id) from {table.name}), 1))"
                    ),
                    execution_options={"scope_decided": True},
                )


def _gather_statistics(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        # No ANALYZE: it knows averages only, and a county has ten thousand times what a usual organisation has. Without it
        # SQLite prefers the index that more of the conditions fit, which is what the indexes are made for.
        session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    engine = session.get_bind()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # type: ignore[union-attr]
        connection.execute(text("vacuum analyze"))
