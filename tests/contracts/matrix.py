"""Running cells of the isolation matrix against one database and judging each answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Table, select, update
from werkzeug.datastructures import MultiDict

from models.base import Base, db
from models.people.sessions import open_session
from models.people.tables import Account
from models.scope import system_session
from models.transaction import Intent, expect, unit_of_work
from tests import kept
from tests.contracts.canaries import World
from tests.contracts.cells import ENDS_THE_LOGIN, NOBODY, VISITOR, Cell, Matrix, form_of
from tests.contracts.oracles import leaks, likeness, readable

OWN_BOOKKEEPING = frozenset(
    {"web_sessions", "login_failures", "captcha_uses", "history_entries", "history_batches", "outbox_mails"}
)
"""Written by the system for whoever asks: what they hold is judged by the reading oracle."""
BACK_TO_LOGIN = re.compile(r"^/(support/)?login|^/password/change")


Rows = dict[str, dict[Any, tuple[Any, ...]]]


@dataclass
class Verdicts:
    """What a run found."""

    n_cells: int = 0
    leaks: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    tellings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reached: dict[str, set[str]] = field(default_factory=dict)

    @property
    def holes(self) -> list[str]:
        """Return everything that must not be, one line each."""
        return [*self.leaks, *self.writes, *self.tellings, *self.errors]


@dataclass
class Run:
    """One run over one application and database."""

    app: Flask
    world: World
    found: Verdicts = field(default_factory=Verdicts)
    clients: dict[str, FlaskClient] = field(default_factory=dict)
    absent: dict[tuple[Any, ...], tuple[Cell, tuple[int, str]]] = field(default_factory=dict)
    forbidden: dict[str, list[str]] = field(default_factory=dict)
    _watch: Any = None
    _version: Any = None
    _kept: Rows = field(default_factory=dict)

    def over(self, cells: Sequence[Cell], *, until_a_leak: bool = False) -> Verdicts:
        """Ask every cell; absent ids first, so that each answer about a row outside can be held against one."""
        for cell in sorted(cells, key=lambda c: (c.owner != NOBODY,)):
            self._ask(cell)
            if until_a_leak and self.found.leaks:
                break
        self.close()
        return self.found

    def client(self, position: str) -> FlaskClient:
        """Return the browser of a position, logged in without the login form."""
        if position not in self.clients:
            client = self.app.test_client()
            if position != VISITOR:
                self._log_in(client, position)
            self.clients[position] = client
        return self.clients[position]

    def _log_in(self, client: FlaskClient, position: str) -> None:
        actor = self.world.cast.actors[position]
        with self.app.app_context():
            expect(Intent.WRITE)
            with system_session() as session, unit_of_work(session):
                session.execute(update(Account).where(Account.id == actor.account_id).values(must_change=False))
                token = open_session(session, actor.account_id, actor.position_key, is_remembered=False)
                uniquifier = session.scalars(select(Account.fs_uniquifier).where(Account.id == actor.account_id)).one()
        with client.session_transaction() as cookie:
            cookie.update({"login": token, "_user_id": uniquifier, "_fresh": True})

    def _ask(self, cell: Cell) -> None:
        self.found.n_cells += 1
        before = self._rows() if cell.method != "GET" else {}
        try:
            answer = self._open(cell)
            if cell.position != VISITOR and BACK_TO_LOGIN.search(answer.headers.get("Location", "")):
                # Somebody above has ended this login meanwhile, as may be (a reset password): ask again with a new one.
                self.clients.pop(cell.position, None)
                answer = self._open(cell)
        except Exception as error:  # noqa: BLE001 - any error is a finding
            self.found.errors.append(f"{type(error).__name__}: {str(error)[:160]}: {cell.words}")
            self.clients.pop(cell.position, None)
            return
        self._judge(cell, answer)
        if before:
            self._judge_writes(cell, before)
        if cell.endpoint in ENDS_THE_LOGIN:
            self.clients.pop(cell.position, None)

    def _open(self, cell: Cell) -> Any:
        form = MultiDict(form_of(cell, self.world)) if cell.action else None
        client = self.client(cell.position)
        return client.open(cell.address, method=cell.method, query_string=MultiDict(cell.query), data=form)

    def _judge(self, cell: Cell, answer: Any) -> None:
        if answer.status_code >= 500 and cell.endpoint != "health.ready":
            self.found.errors.append(f"{answer.status_code}: {cell.words}")
        forbidden = self.forbidden.setdefault(cell.position, self.world.forbidden(cell.position))
        told = leaks(readable(answer), forbidden)
        if told:
            self.found.leaks.append(f"shows {told[:3]}: {cell.words}")
        if answer.status_code == 200 and cell.owner and cell.owner != NOBODY:
            self.found.reached.setdefault(cell.endpoint, set()).add(cell.position)
        self._judge_likeness(cell, answer)

    def _judge_likeness(self, cell: Cell, answer: Any) -> None:
        if not cell.owner:
            return
        key = (cell.position, cell.endpoint, cell.method, tuple(k for k, _ in cell.query), cell.tab, cell.action)
        if cell.owner == NOBODY:
            self.absent[key] = cell, likeness(answer)
            return
        if cell.owner in self.world.visible(cell.position) or key not in self.absent:
            return
        asked, absent = self.absent[key]
        if likeness(answer) != absent:
            # What others have changed meanwhile tells nothing of this object: the absent one is asked for anew.
            absent = likeness(self._open(asked))
            self.absent[key] = asked, absent
        if likeness(answer) != absent:
            difference = first_difference(absent[1], likeness(answer)[1])
            self.found.tellings.append(
                f"{answer.status_code} differs from an absent one ({absent[0]}): {cell.words}: {difference}"
            )

    def _rows(self) -> Rows:
        """Return every row of every scoped table by primary key, read past the scope; anew only after a write."""
        with self.app.app_context(), db.engine.connect() as connection:
            version = self._version_of(connection)
            if version != self._version:
                self._version = version
                self._kept = {
                    table.name: {
                        row[0]: tuple(row) for row in connection.execute(_keyed(table), execution_options={"scope_decided": True})
                    }
                    for table in self._judged()
                }
        return self._kept

    def _judged(self) -> list[Table]:
        return [table for name, table in Base.metadata.tables.items() if name in self.world.ids and name not in OWN_BOOKKEEPING]

    def _version_of(self, connection: Connection) -> Any:
        """Return what has another value after each write to a judged table."""
        if connection.dialect.name == "sqlite":
            # The version changes with every commit of another connection, so this one must stay the same.
            self._watch = self._watch or db.engine.raw_connection()
            return self._watch.driver_connection.execute("pragma data_version").fetchone()[0]
        judged = {table.name for table in self._judged()}
        return {table: n for table, n in kept.writes(connection.connection.driver_connection).items() if table in judged}

    def close(self) -> None:
        """Give the watching connection back."""
        if self._watch is not None:
            self._watch.close()

    def _judge_writes(self, cell: Cell, before: Rows) -> None:
        after = self._rows()
        if after is before:
            return  # nobody has committed anything
        visible = self.world.visible(cell.position)
        for table, rows in before.items():
            outside = {pk: owner for owner, pk in self.world.ids.get(table, {}).items() if owner not in visible}
            changed = [owner for pk, owner in outside.items() if after[table].get(pk) != rows.get(pk)]
            if changed:
                self.found.writes.append(f"changes {table} of {changed[:3]}: {cell.words}")


def first_difference(one: str, other: str) -> str:
    """Return the first line in which two answers differ, for a failure that can be understood."""
    lines = zip([*one.split(">"), ""], [*other.split(">"), ""], strict=False)
    return next((f"{a.strip()[:120]!r} / {b.strip()[:120]!r}" for a, b in lines if a != b), "length")


def _keyed(table: Table) -> Any:
    key = next(iter(table.primary_key.columns))
    return select(key, table)


def matrix_of(app: Flask, world: World) -> Matrix:
    """Return the matrix with the values of every argument filled in from the world's rows."""
    matrix = Matrix(app, world)
    with app.app_context(), db.engine.connect() as connection:
        for table, owners in world.ids.items():
            for column in Base.metadata.tables[table].columns:
                if column.name in {"id", "key", "number"}:
                    pk = next(iter(Base.metadata.tables[table].primary_key.columns))
                    found = {
                        row[0]: str(row[1])
                        for row in connection.execute(select(pk, column), execution_options={"scope_decided": True})
                    }
                    matrix.values[(table, column.name)] = {o: found[i] for o, i in owners.items() if i in found}
    return matrix
