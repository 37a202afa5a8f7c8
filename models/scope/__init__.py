"""THE row filter: what a session may read and write. It is decided here and nowhere else, and it fails closed.

A Scope is attached to the session once and never changed. Every mapped class says by a mixin how its rows belong to
somebody (`ownership`); a listener adds the criterion to every ORM statement (`reading`), a guard checks every flush and a
tripwire refuses Core statements on guarded tables (`writing`), and two closed lists name the operations that may look or
write beyond the scope (`operations`).
"""

from models.base import ScopedSession
from models.scope import reading, writing
from models.scope.many import bulk_insert, bulk_insert_returning, bulk_load, bulk_update, reserve_ids, visible_ids
from models.scope.operations import CROSS_SUBTREE, SYSTEM_WRITES, Operation
from models.scope.ownership import (
    NOTHING,
    SYSTEM,
    EitherSide,
    Inherited,
    InSubtree,
    OwnedByAccount,
    OwnedByPerson,
    Reference,
    Scope,
    ScopeError,
    ScopeKind,
    SystemOnly,
    check_declarations,
    path_range,
    scope_of,
)
from models.scope.session import acting, attach, attached, system_session

__all__ = [
    "CROSS_SUBTREE",
    "NOTHING",
    "SYSTEM",
    "SYSTEM_WRITES",
    "EitherSide",
    "InSubtree",
    "Inherited",
    "Operation",
    "OwnedByAccount",
    "OwnedByPerson",
    "Reference",
    "Scope",
    "ScopeError",
    "ScopeKind",
    "ScopedSession",
    "SystemOnly",
    "acting",
    "attach",
    "attached",
    "bulk_insert",
    "bulk_insert_returning",
    "bulk_load",
    "bulk_update",
    "check_declarations",
    "path_range",
    "reading",
    "reserve_ids",
    "scope_of",
    "system_session",
    "visible_ids",
    "writing",
]
