"""How far a session sees, and how the rows of a table belong to somebody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.access import Actor, PositionKind
from models.base import Base, BigId, PathString


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


class EitherSide:
    """Rows of what moves from one side of the tree to the other: seen by both sides, and where its subject stands now.

    ``path`` follows the subject, as everywhere; the two sides stay those of the day, whatever moves later.
    """

    __scope__ = "either_side"
    path: Mapped[str] = mapped_column(PathString)
    from_path: Mapped[str] = mapped_column(PathString)
    to_path: Mapped[str] = mapped_column(PathString)
    person_id: Mapped[int | None] = mapped_column(BigId, index=True)


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


_KINDS: dict[str, type] = {
    c.__scope__: c for c in (InSubtree, OwnedByPerson, EitherSide, OwnedByAccount, Inherited, Reference, SystemOnly)
}
WITH_PATH = frozenset({"in_subtree", "owned_by_person", "inherited"})
"""Tables whose rows may be written many at once; the guard looks at one path."""


def check_declarations() -> None:
    """Raise ScopeError when a mapped class does not say how its rows belong to somebody."""
    for mapper in Base.registry.mappers:
        if getattr(mapper.class_, "__scope__", None) not in _KINDS:
            raise ScopeError(f"{mapper.class_.__name__} declares no row scope")
