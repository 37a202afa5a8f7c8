"""How transactions begin: writers take SQLite's lock at once, readers never wait."""

import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from admin_app import database
from models.base import db
from models.org.tables import Organisation, Region
from models.scope import system_session
from models.transaction import Intent, expect, intending, intends_to_write, unit_of_work


@pytest.fixture
def begun(in_app: Flask) -> list[str]:
    """Collect how the transactions of the test begin."""
    statements: list[str] = []

    def listen(connection: Any, _record: object) -> None:
        connection.set_trace_callback(lambda told: statements.append(told) if told.startswith("BEGIN") else None)

    event.listen(db.engine, "connect", listen)
    return statements


def test_sqlite_loses_nothing_in_a_power_cut_and_checks_foreign_keys(in_app: Flask, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    database.prepare_engine(engine)
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_reading_begins_without_the_lock_and_writing_with_it(begun: list[str]) -> None:
    with system_session() as session:
        session.get(Organisation, 1)
    with unit_of_work() as session:
        session.connection()
    with intending(Intent.WRITE), db.engine.connect() as connection:
        connection.exec_driver_sql("select 1")
    assert begun == ["BEGIN", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE"]


def test_a_writing_request_reads_again_after_its_commit(begun: list[str]) -> None:
    expect(Intent.WRITE_ONCE)
    try:
        with unit_of_work() as session:
            session.connection()
        db.session.connection()
    finally:
        expect(Intent.READ)
    assert begun == ["BEGIN IMMEDIATE", "BEGIN"]


def test_a_system_read_inside_a_writing_request_does_not_wait_for_its_own_lock(begun: list[str]) -> None:
    with unit_of_work() as session:
        session.connection()
        with system_session() as reading:
            assert reading.get(Organisation, 1) is not None
    assert begun == ["BEGIN IMMEDIATE", "BEGIN"]


def test_two_writers_take_turns_and_none_is_told_that_the_database_is_locked(in_app: Flask) -> None:
    def add(first: int) -> None:
        with in_app.app_context():
            for n in range(first, first + 50):
                with system_session() as session, unit_of_work(session):
                    session.add(Region(code=f"9{n:05d}", name="x", level="prefecture", kind="division", status="current"))

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with system_session() as session:
        assert session.query(Region).filter(Region.code.startswith("9")).count() == 150


def test_a_lock_that_is_held_too_long_is_an_error_and_leaves_the_connection_usable(
    in_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    with intending(Intent.WRITE), db.engine.connect() as holder, db.engine.connect() as other:
        holder.exec_driver_sql("select 1")
        with pytest.raises(OperationalError, match="database is locked"):
            other.exec_driver_sql("select 1")
        holder.rollback()
        assert other.exec_driver_sql("select 1").scalar() == 1


@pytest.mark.both_databases
def test_a_request_begins_by_its_method(app: Flask) -> None:
    seen = []

    @event.listens_for(Engine, "begin")
    def note(_connection: Connection) -> None:
        seen.append(intends_to_write())

    try:
        for method in ("GET", "POST"):
            with app.test_request_context("/healthz", method=method):
                app.preprocess_request()
                db.session.connection()
        with app.test_request_context("/healthz"):
            app.preprocess_request()
            db.session.connection()
    finally:
        event.remove(Engine, "begin", note)
    assert seen == [False, True, False]


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_only_one_worker_does_a_chore_on_postgresql(in_app: Flask) -> None:
    with database.only_one("seal") as first, database.only_one("seal") as second, database.only_one("sweep") as other:
        assert (first, second, other) == (True, False, True)
    with database.only_one("seal") as again:
        assert again is True
