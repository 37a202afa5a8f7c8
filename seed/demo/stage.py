"""How the demo is played: everybody acts in an own session with an own scope, through the domain's own operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from sqlalchemy.orm import Session

from models.access import Actor
from models.base import ScopedSession, db, today
from models.import_rows import Importer, ImportRow
from models.org.tables import Organisation
from models.people.positions import load_actor
from models.scope import attach, scope_of, system_session
from models.transaction import unit_of_work
from seed import made_up

PASSWORD = "Demo-2026!"  # noqa: S105 - the password of all demo accounts, printed at the start


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One line of the list that is printed: what the position is, the number to log in with, the user type."""

    title: str
    number: str
    kind: str


@dataclass
class Stage:
    """The demo while it is built: what exists so far, by the keys of ``seed.demo.world``."""

    rng: Random
    numbers: made_up.NumberSpace
    n_used: int = 0
    organisations: dict[str, Organisation] = field(default_factory=dict)
    officers: dict[int, Actor] = field(default_factory=dict)  # super administrator by organisation
    people: dict[str, list[int]] = field(default_factory=dict)  # ids of professionals by organisation
    accounts: list[DemoAccount] = field(default_factory=list)

    @property
    def year(self) -> int:
        """Return the running year."""
        return today().year

    def next_number(self) -> made_up.MadeUpNumber:
        """Return an identity number that nobody in the demo has yet."""
        self.n_used += 1
        return self.numbers.number(self.n_used)

    def officer(self, key: str) -> Actor:
        """Return the super administrator of an organisation."""
        return self.officers[self.organisations[key].id]

    def list_account(self, title: str, number: str, kind: str) -> None:
        """Put an account into the list that is printed."""
        self.accounts.append(DemoAccount(title, number, kind))


def new_stage() -> Stage:
    """Return an empty stage; the fixed seed makes every run the same."""
    space = made_up.NumberSpace(made_up.districts(), first=dt.date(1968, 1, 1), last=dt.date(1999, 12, 31))
    return Stage(Random(20260101), space)


@contextmanager
def acting_as(actor: Actor) -> Iterator[Session]:
    """Open a session in somebody's scope and commit at the end."""
    with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, scope_of(actor))
        with unit_of_work(session):
            yield session


def take_in(actor: Actor, importing: Importer, rows: Sequence[ImportRow]) -> None:
    """Let somebody import rows, as a filled-in sheet would; raises ValueError for any that is not written."""
    importing.check(rows)
    with acting_as(actor) as session:
        importing.judge(session, rows)
        wrong = [row.errors for row in rows if not row.is_good]
        if wrong:
            raise ValueError(f"{actor.organisation_name}: {wrong}")
        importing.create(session, rows)


@contextmanager
def as_system() -> Iterator[Session]:
    """Open a session that sees everything and commit at the end."""
    with system_session() as session, unit_of_work(session):
        yield session


def actor_of(account_id: int, position_key: str) -> Actor:
    """Return the actor of a position that the demo has just made."""
    actor = load_actor(account_id, position_key)
    if actor is None:
        raise LookupError(position_key)
    return actor
