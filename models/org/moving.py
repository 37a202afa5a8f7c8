"""Moves an organisation with everything below it to another superior. Areas above follow by ``follow_with``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, func, literal, select, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import Base, today
from models.errors import N_, Conflict, DomainError, Invalid
from models.org.tables import ALLOWED_PARENTS, Organisation, OrganisationKind, OrganisationState
from models.scope import acting, path_range
from models.transaction import hold_tree

YEARS = "organisation_years"
"""A closed year stays where it was: its figures are those of the superiors of that time."""
LONGEST_PATH = 255


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a subtree stood and where it stands."""

    organisation_id: int
    old_path: str
    new_path: str


Follower = Callable[[Session, Actor, Moved], object]
_followers: list[Follower] = []


def follow_with(call: Follower) -> None:
    """Call *call* with every subtree that has moved; in the same transaction."""
    _followers.append(call)


def obstacle(organisation: Organisation, superior: Organisation | None) -> DomainError | None:
    """Return what keeps *organisation* from standing below *superior*, None when it may."""
    if superior is None or superior.state != OrganisationState.ACTIVE:
        return Invalid(N_("The chosen superior is not active."))
    if superior.id == organisation.parent_id:
        return Invalid(N_("This is the superior already."))
    if superior.path.startswith(organisation.path):
        return Invalid(N_("The new superior must not lie inside the unit that moves."))
    if OrganisationKind(superior.kind) not in ALLOWED_PARENTS[OrganisationKind(organisation.kind)]:
        return Invalid(N_("An organisation of this type cannot stand below the chosen superior."))
    return None


def move_below(session: Session, actor: Actor, organisation_id: int, superior_id: int) -> Moved:
    """Let an organisation, and with it its whole subtree, stand below another superior; the tree is locked meanwhile.

    Every row that carries a path follows by one statement a table. Raises Invalid for what ``obstacle`` names and
    Conflict when the tree would become too deep.
    """
    hold_tree(session)
    with acting(session, "move_subtree"):
        both = select(Organisation).where(Organisation.id.in_([organisation_id, superior_id])).order_by(Organisation.id)
        found = {o.id: o for o in session.scalars(both.with_for_update(), execution_options={"populate_existing": True})}
        organisation, superior = found[organisation_id], found.get(superior_id)
        refusal = obstacle(organisation, superior)
        if refusal is not None or superior is None:
            raise refusal or Invalid(N_("The chosen superior is not active."))
        moved = Moved(organisation.id, organisation.path, f"{superior.path}{organisation.id}/")
        deepest = session.scalar(
            select(func.max(func.length(Organisation.path))).where(_below(Organisation.path, moved.old_path))
        )
        if (deepest or 0) + len(moved.new_path) - len(moved.old_path) > LONGEST_PATH:
            raise Conflict(N_("The tree would become too deep."))
        organisation.parent_id = superior.id
        session.flush()
        for cls, name in with_path():
            _rewrite(session, cls, name, moved)
        session.expire_all()
    for call in _followers:
        call(session, actor, moved)
    return moved


def with_path() -> list[tuple[Any, str]]:
    """Return every mapped class with each of its columns that hold a path of the tree."""
    classes: list[Any] = sorted((m.class_ for m in Base.registry.mappers), key=lambda c: str(c.__tablename__))
    return [(c, name) for c in classes for name in ("path", "from_path", "to_path") if name in c.__table__.columns]


def _below(column: Any, path: str) -> Any:
    low, high = path_range(path)
    return (column >= low) & (column < high)


def _rewrite(session: Session, cls: Any, name: str, moved: Moved) -> None:
    column = getattr(cls, name)
    statement = update(cls).where(_below(column, moved.old_path))
    if cls.__tablename__ == YEARS:
        statement = statement.where(cls.year >= today().year)
    rest = func.substr(column, len(moved.old_path) + 1, type_=String)
    session.execute(
        statement.values({name: literal(moved.new_path).concat(rest)}), execution_options={"synchronize_session": False}
    )
