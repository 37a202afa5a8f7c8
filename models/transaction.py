"""The one place that commits: everything between is one transaction, or nothing happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from enum import Enum

from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.dml import Delete

from models.base import db
from models.errors import N_, Conflict

_AFTER = "after_commit_calls"
_FOR_WRITING = "began_for_writing"


class Intent(Enum):
    """What the next transaction is for. SQLite must know when it begins: a reader cannot become a writer after another's commit."""

    READ = "read"
    WRITE_ONCE = "write once"  # a writing request: until its one commit, then it only reads
    WRITE = "write"  # a job: every chunk


_intent: ContextVar[Intent] = ContextVar("ce_intent", default=Intent.READ)


def expect(intent: Intent) -> None:
    """Say at the start of a request what it is for; each request says it anew."""
    _intent.set(intent)


def intends_to_write() -> bool:
    """Say whether a transaction that begins now must take the write lock at once."""
    return _intent.get() is not Intent.READ


@contextmanager
def intending(intent: Intent) -> Iterator[None]:
    """Begin the transactions of the block with *intent*: ``READ`` around long reading in a job leaves others the lock."""
    before = _intent.get()
    _intent.set(intent)
    try:
        yield
    finally:
        _intent.set(before)


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Run *call* once the running unit of work has committed; a rollback forgets it."""
    session.info.setdefault(_AFTER, []).append(call)


@event.listens_for(Session, "after_begin")
def _note_intent(session: Session, transaction: SessionTransaction, _connection: Connection) -> None:
    if not transaction.nested:
        session.info[_FOR_WRITING] = intends_to_write()


@contextmanager
def unit_of_work(session: Session | None = None) -> Iterator[Session]:
    """Commit what happens inside, or roll it back when anything raises.

    What was read before, in a transaction that was only for reading, is read anew inside: it may be out of date.
    """
    work: Session = session if session is not None else db.session()
    before = _intent.get()
    _intent.set(Intent.WRITE)
    try:
        if work.in_transaction() and not work.info.get(_FOR_WRITING) and not (work.new or work.dirty or work.deleted):
            work.rollback()
        _stand_in_tree(work, shared=True)
        yield work
        work.flush()
        work.commit()
    except BaseException:
        work.rollback()
        work.info.pop(_AFTER, None)
        raise
    finally:
        _intent.set(Intent.READ if before is Intent.WRITE_ONCE else before)
    for call in work.info.pop(_AFTER, []):
        call()


@contextmanager
def rehearsal(session: Session | None = None) -> Iterator[Session]:
    """Let everything inside happen as in a unit of work, and then undo it: what would come of it can be shown beforehand."""
    with suppress(_RehearsalEndsError), unit_of_work(session) as work:
        yield work
        work.flush()
        _end_rehearsal()


class _RehearsalEndsError(Exception):
    """Rolls a rehearsal back."""


def _end_rehearsal() -> None:
    raise _RehearsalEndsError


# --- the tree of organisations ----------------------------------------------------------------------------------------

_TREE = 20_261  # the number of the lock, of our own choice


def hold_tree(session: Session) -> None:
    """Wait until nobody else writes, and keep every writer out until the commit: a path that somebody read is about to change.

    Whoever writes stands in the tree from its beginning and so reads paths that hold until its commit. SQLite has one
    writer anyway. Raises Conflict when somebody else holds it, or waits for what this transaction has.
    """
    try:
        _stand_in_tree(session, shared=False)
    except OperationalError:  # a deadlock: two who move at once, and one of them goes first
        raise Conflict(N_("Somebody else is changing the tree of units at this moment. Please try again.")) from None


def _stand_in_tree(session: Session, *, shared: bool) -> None:
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock_shared(_TREE) if shared else func.pg_advisory_xact_lock(_TREE)
        session.connection().execute(select(lock))


def removes(session: Session, *statements: Delete) -> bool:
    """Carry out deletions that belong together, or none of them where something else depends on one of the rows."""
    session.flush()
    try:
        with session.begin_nested():
            for statement in statements:
                session.execute(statement, execution_options={"synchronize_session": False})
    except IntegrityError:
        return False
    session.expire_all()
    return True
