"""The database as files, and back: SQLite as a copy of its file, PostgreSQL as one COPY stream for each table."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import inspect

from admin_app import schema
from admin_app.backups.archive import CHUNK, BackupError
from models.base import db

SQLITE_PART = "database.sqlite3"
TABLE_PREFIX = "tables/"
VERSION_TABLE = "alembic_version"


def kind() -> str:
    """Return which database is in use: a backup goes back into the same kind."""
    return db.engine.dialect.name


def take(folder: Path) -> tuple[dict[str, Path], dict[str, list[str]]]:
    """Write the database of one moment into *folder*; return the parts by name, and for PostgreSQL the columns by table."""
    if kind() == "sqlite":
        copy = folder / SQLITE_PART
        with db.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("VACUUM INTO ?", (str(copy),))
        return {SQLITE_PART: copy}, {}
    return _take_tables(folder)


def _take_tables(folder: Path) -> tuple[dict[str, Path], dict[str, list[str]]]:
    columns = _columns_by_table()
    paths: dict[str, Path] = {}
    with _driver() as driver, driver.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table, names in columns.items():
            path = folder / f"{table}.copy"
            with path.open("wb") as file, cursor.copy(_copy(table, names, "TO STDOUT")) as stream:
                for block in stream:
                    file.write(block)
            paths[TABLE_PREFIX + table] = path
        driver.rollback()
    return paths, columns


@contextmanager
def _driver() -> Iterator[Any]:
    with db.engine.connect() as connection:
        yield connection.connection.driver_connection


def _columns_by_table() -> dict[str, list[str]]:
    """Return the columns of each table, tables that others refer to first."""
    found = inspect(db.engine)
    ordered = [name for name, _keys in found.get_sorted_table_and_fkc_names() if name and name != VERSION_TABLE]
    return {name: [column["name"] for column in found.get_columns(name)] for name in ordered}


def _copy(table: str, columns: list[str], direction: str) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'COPY "{table}" ({names}) {direction} (FORMAT binary)'


# --- back -----------------------------------------------------------------------------------------------------------


def check_place(revision: str, *, may_replace: bool) -> None:
    """Raise BackupError where the database cannot take the backup: in use, of another version, or full."""
    present = schema.present()
    if kind() == "postgresql":
        if _n_others():
            raise BackupError("The server is running: stop it first.")
        if present not in {None, revision}:
            raise BackupError(f"The tables here stand at {present}, the backup at {revision}: restore into an empty database.")
    if present is not None and _has_rows() and not may_replace:
        raise BackupError("The database here holds data: --replace puts the backup in its place.")


def _has_rows() -> bool:
    with db.engine.connect() as connection:
        return connection.exec_driver_sql("select 1 from organisations limit 1").first() is not None


def _n_others() -> int:
    with db.engine.connect() as connection:
        count = connection.exec_driver_sql(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'ce' "
            "and pid <> pg_backend_pid()"
        ).scalar()
    return int(count or 0)


class SqlitePlace:
    """Takes the file of a backup, looks at it, and lets it take the place of the present one, which is kept."""

    def __init__(self) -> None:
        self.path = Path(db.engine.url.database or "")
        self.draft = self.path.with_name(f"{self.path.name}.restoring")

    def receive(self, content: IO[bytes]) -> None:
        """Write the file beside the present one and check it; raises BackupError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.draft.open("wb") as file:
            while block := content.read(CHUNK):
                file.write(block)
        connection = sqlite3.connect(self.draft)
        try:
            (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        finally:
            connection.close()
        if answer != "ok":
            raise BackupError("The database in the backup is damaged; take another copy of it.")

    def put_in_place(self) -> Path | None:
        """Exchange the files; return where the former database is kept, if there was one."""
        db.engine.dispose()
        kept = None
        if self.path.exists():
            _fold_in_the_journal(self.path)
            kept = self.path.with_name(f"{self.path.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
            self.path.replace(kept)
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        self.draft.replace(self.path)
        return kept


def _fold_in_the_journal(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


class PostgresPlace:
    """Takes the tables of a backup in one transaction: all of them, or the database stays as it is."""

    def __init__(self, tables: dict[str, list[str]]) -> None:
        # The names go into statements, so they must be those of the tables that are here.
        if tables != _columns_by_table():
            raise BackupError("The tables in the backup are not those of its version; take another copy of it.")
        self.tables = tables
        self._connection = db.engine.connect()
        self._driver: Any = self._connection.connection.driver_connection

    def empty(self) -> None:
        """Empty every table."""
        names = ", ".join(f'"{table}"' for table in self.tables)
        self._driver.execute(f"TRUNCATE {names} CASCADE")

    def receive(self, table: str, content: IO[bytes]) -> None:
        """Write the rows of one table."""
        with self._driver.cursor() as cursor, cursor.copy(_copy(table, self.tables[table], "FROM STDIN")) as stream:
            while block := content.read(CHUNK):
                stream.write(block)

    def commit(self) -> None:
        """Let the numbering go on after the highest id, and commit."""
        for table, columns in self.tables.items():
            if "id" in columns and self._driver.execute("select pg_get_serial_sequence(%s, 'id')", (table,)).fetchone()[0]:
                next_id = f'select coalesce(max(id), 0) + 1 from "{table}"'  # noqa: S608 - a table that is here
                self._driver.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), ({next_id}), false)")
        self._driver.commit()

    def close(self) -> None:
        """Give the connection back; what was not committed never happened."""
        self._driver.rollback()
        self._connection.close()
