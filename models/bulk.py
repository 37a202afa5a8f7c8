"""Many rows of one table at the driver's speed: the statement is compiled once per table and set of columns.

``models.scope`` checks the rows and calls this; nothing else may. Going through the ORM for each row costs
four times the insert itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Row = Mapping[str, Any]
Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows with one set of keys become parameters."""

    sql: str
    columns: tuple[str, ...]  # in the order of the statement
    defaults: tuple[tuple[str, Callable[[], Any]], ...]  # of the columns that the rows leave out
    processors: tuple[tuple[int, Processor], ...]
    is_positional: bool
    named: tuple[str, ...] = ()  # the parameters of the columns where their names differ

    def parameters(self, rows: Iterable[Row]) -> list[Any]:
        """Return the rows as the driver takes them."""
        values_of = itemgetter(*self.columns)  # every table has more than one column
        if self.defaults:
            rows = ({**row, **{name: default() for name, default in self.defaults}} for row in rows)
        found = [values_of(row) for row in rows]
        if self.processors:
            found = _columnwise(found, self.processors)
        return found if self.is_positional else [dict(zip(self.named or self.columns, values, strict=True)) for values in found]


def _columnwise(rows: Iterable[tuple[Any, ...]], processors: Iterable[tuple[int, Processor]]) -> list[tuple[Any, ...]]:
    """Return rows with the types of some columns applied."""
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, process in processors if columns else ():
        columns[place] = _processed(columns[place], process)
    return list(zip(*columns, strict=True))


def _processed(column: Iterable[Any], process: Processor) -> Iterator[Any]:
    """Yield the values of one column as the driver takes them.

    A value that stands in row after row is processed once, an object of JSON also where it comes again later.
    """
    last: Any = _processed  # no value of any column
    done = None
    known: dict[int, Any] = {}  # by identity: the column holds every object until the end
    for value in column:
        if value is last:
            pass
        elif isinstance(value, dict):
            if id(value) not in known:
                known[id(value)] = process(value)
            last, done = value, known[id(value)]
        else:
            last, done = value, process(value)
        yield done


_plans: dict[tuple[str, str, tuple[str, ...]], _Plan] = {}


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; columns that a row leaves out take their default, as the ORM would give it."""
    for keys, alike in groupby(rows, key=tuple):
        name = (connection.dialect.name, table.name, keys)
        if name not in _plans:
            _plans[name] = _plan(table, keys, connection.dialect)
        plan = _plans[name]
        connection.exec_driver_sql(plan.sql, plan.parameters(alike))


def prepared(dialect: Dialect, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows given as tuples in the order of *columns* as the driver takes them: types applied, defaults at the end."""
    processors = [(place, _processor(table, name, dialect)) for place, name in enumerate(columns)]
    found: Iterable[tuple[Any, ...]] = rows
    if any(process is not None for _, process in processors):
        found = _columnwise(rows, [(place, process) for place, process in processors if process is not None])
    tail = []
    for name, default in _left_out(table, columns):
        process = _processor(table, name, dialect)
        tail.append(process(default()) if process else default())
    return [(*row, *tail) for row in found] if tail else list(found)


def load_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that ``prepared`` returned: by COPY on PostgreSQL."""
    names = [*columns, *(name for name, _ in _left_out(table, columns))]
    quoted = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()  # psycopg's own: DBAPI knows no copy
        statement = f"copy {table.name} ({quoted}) from stdin"
        try:
            with cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except connection.dialect.loaded_dbapi.Error as error:
            # As from any other statement: whoever tries again when somebody was first looks for SQLAlchemy's own.
            raise DBAPIError.instance(
                statement, None, error, connection.dialect.loaded_dbapi.Error, hide_parameters=True, dialect=connection.dialect
            ) from error
        return
    marks = ", ".join("?" * len(names))
    connection.exec_driver_sql(f"insert into {table.name} ({quoted}) values ({marks})", rows)  # noqa: S608 - our own names


def update_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set the same *columns* of rows that each have an ``id``."""
    name = (connection.dialect.name, table.name, ("update", *columns))
    if name not in _plans:
        _plans[name] = _update_plan(table, columns, connection.dialect)
    plan = _plans[name]
    connection.exec_driver_sql(plan.sql, plan.parameters(rows))


def _left_out(table: Table, columns: Sequence[str]) -> list[tuple[str, Callable[[], Any]]]:
    return [(c.name, _default(c.default)) for c in table.columns if c.name not in columns and c.default is not None]


def _processor(table: Table, name: str, dialect: Dialect) -> Processor | None:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)


def _plan(table: Table, keys: tuple[str, ...], dialect: Dialect) -> _Plan:
    statement = insert(table).compile(dialect=dialect, column_keys=list(keys))
    left_out = {c.name: c.default for c in table.columns if c.name not in keys and c.default is not None}
    named = {*keys, *left_out}
    columns = (
        tuple(statement.positiontup or ()) if statement.positional else tuple(c.name for c in table.columns if c.name in named)
    )
    if set(columns) != named:
        raise TypeError(f"rows of {table.name} have keys that are no columns: {sorted(named - set(columns))}")
    return _Plan(
        sql=str(statement),
        columns=columns,
        defaults=tuple((name, _default(default)) for name, default in left_out.items()),
        processors=_processors(table, columns, dialect),
        is_positional=bool(statement.positional),
    )


def _update_plan(table: Table, columns: Sequence[str], dialect: Dialect) -> _Plan:
    statement = update(table).where(table.c.id == bindparam("id")).values({name: bindparam(f"new_{name}") for name in columns})
    compiled = statement.compile(dialect=dialect)
    names = (*columns, "id")
    bound = {"id": "id", **{f"new_{name}": name for name in columns}}
    in_order = tuple(bound[name] for name in compiled.positiontup or ()) if compiled.positional else names
    return _Plan(
        sql=str(compiled),
        columns=in_order,
        defaults=(),
        processors=_processors(table, in_order, dialect),
        is_positional=bool(compiled.positional),
        named=tuple("id" if name == "id" else f"new_{name}" for name in in_order),
    )


def _processors(table: Table, columns: Sequence[str], dialect: Dialect) -> tuple[tuple[int, Processor], ...]:
    found = ((place, _processor(table, name, dialect)) for place, name in enumerate(columns))
    return tuple((place, process) for place, process in found if process is not None)


def _default(default: Any) -> Callable[[], Any]:
    return (lambda: default.arg(None)) if default.is_callable else (lambda: default.arg)
