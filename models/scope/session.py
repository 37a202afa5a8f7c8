"""Attaching a scope to a session, and acting beyond it under the name of a listed operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from models.base import ScopedSession, db
from models.scope.operations import CROSS_SUBTREE, SYSTEM_WRITES
from models.scope.ownership import SYSTEM, Scope, ScopeError
from models.transaction import Intent, intending

ACTING_KEY = "ce_acting"
_SCOPE_KEY = "ce_scope"


@contextmanager
def acting(session: Session, name: str) -> Iterator[Session]:
    """Let the named operation of a closed list look and write beyond the scope while the block runs.

    Flushes before and after, so that nothing else slips through under its name. Raises KeyError for an unlisted name.
    """
    operation = CROSS_SUBTREE.get(name) or SYSTEM_WRITES[name]
    session.flush()
    before = session.info.get(ACTING_KEY, ())
    session.info[ACTING_KEY] = (*before, operation)
    try:
        yield session
        session.flush()
    finally:
        session.info[ACTING_KEY] = before


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
