"""The roles of an organisation: named sets of permissions. Nobody grants what they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import history
from models.access import EVERY_POSITION, GRANTABLE, Actor, Permission, PositionKind
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound
from models.org import queries
from models.people.posts import tell
from models.people.tables import Post, PostState, Role
from models.workflow import Moved

LONGEST_NAME, LONGEST_DESCRIPTION = 60, 300


@dataclass(frozen=True, slots=True)
class RoleData:
    """What is chosen of a role; ``permissions`` are values of ``Permission``."""

    name: str
    description: str
    permissions: Sequence[str]


def grantable(kind: PositionKind) -> list[Permission]:
    """Return what roles of an organisation of *kind* may hold, in the order of the list of permissions."""
    return [p for p in Permission if p in GRANTABLE[kind] - EVERY_POSITION]


def create(session: Session, actor: Actor, data: RoleData) -> Role:
    """Add a role to the actor's own organisation; raises NotAllowed and FieldErrors."""
    actor.require(Permission.ROLES_MANAGE)
    organisation = queries.own(session, actor, is_locked=True)
    granted = _checked(session, actor, data, None)
    role = Role(
        organisation_id=organisation.id,
        path=organisation.path,
        name=data.name.strip(),
        description=data.description.strip(),
        permissions=granted,
    )
    session.add(role)
    session.flush()
    history.record(
        session, actor, "role", [role.id], "create", changes={"name": [None, role.name], "permissions": [None, granted]}
    )
    return role


def edit(session: Session, actor: Actor, role: Role, data: RoleData) -> None:
    """Change a role of one's own; it acts at the next request of everybody who holds it.

    What the role grants beyond the actor's own permissions stays in it: the actor can neither add nor take it.
    Raises NotFound, NotAllowed and FieldErrors.
    """
    actor.require(Permission.ROLES_MANAGE)
    queries.own(session, actor, is_locked=True)
    if role.organisation_id != actor.organisation_id:
        raise NotFound
    granted = _checked(session, actor, data, role)
    before = {"name": role.name, "description": role.description, "permissions": list(role.permissions)}
    role.name, role.description, role.permissions = data.name.strip(), data.description.strip(), granted
    session.flush()
    after = {"name": role.name, "description": role.description, "permissions": granted}
    changes = {k: [before[k], v] for k, v in after.items() if before[k] != v}
    history.record(session, actor, "role", [role.id], "edit", changes=changes)
    tell(session, actor, [role.organisation_id])


def remove(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Delete roles of one's own; one in use stays and is refused with the number of its administrators."""
    actor.require(Permission.ROLES_MANAGE)
    own = Role.organisation_id == actor.organisation_id
    found = {r.id: r for r in session.scalars(select(Role).where(Role.id.in_(ids), own).order_by(Role.id).with_for_update())}
    refused: dict[int, DomainError] = {i: NotFound() for i in ids if i not in found}
    counted = select(Post.role_id, func.count()).where(Post.role_id.in_(found), Post.state != PostState.ENDED)
    used = {row[0]: row[1] for row in session.execute(counted.group_by(Post.role_id))}
    for role_id, n in used.items():
        refused[role_id or 0] = Conflict(
            N_("The role %(name)s is used by %(n)s administrators."), name=found[role_id or 0].name, n=n
        )
    done = [i for i in sorted(found) if i not in refused]
    if done:
        # What an ended post was allowed stands in the history.
        for post in session.scalars(select(Post).where(Post.role_id.in_(done), Post.state == PostState.ENDED)):
            post.role_id = None
        history.record(session, actor, "role", done, "delete", each={i: {"name": [found[i].name, None]} for i in done})
        for i in done:
            session.delete(found[i])
        session.flush()
    return Moved(tuple(done), refused)


def of_organisation(session: Session, organisation_id: int) -> Sequence[Role]:
    """Return the roles of an organisation of the scope, by name."""
    return session.scalars(select(Role).where(Role.organisation_id == organisation_id).order_by(Role.name, Role.id)).all()


def exceeds(actor: Actor, role: Role) -> bool:
    """Say whether a role grants what the actor lacks."""
    return not set(role.permissions) <= {p.value for p in actor.permissions}


def _checked(session: Session, actor: Actor, data: RoleData, present: Role | None) -> list[str]:
    errors: dict[str, DomainError] = {}
    name = data.name.strip()
    if not name:
        errors["name"] = Invalid(N_("Please enter the name of the role."))
    elif len(name) > LONGEST_NAME:
        errors["name"] = Invalid(N_("At most %(max)s characters."), max=LONGEST_NAME)
    if len(data.description.strip()) > LONGEST_DESCRIPTION:
        errors["description"] = Invalid(N_("At most %(max)s characters."), max=LONGEST_DESCRIPTION)
    most = [p.value for p in grantable(actor.kind)]
    own = {p.value for p in actor.permissions}
    before = set(present.permissions) if present is not None else set()
    chosen = set(data.permissions)
    if not chosen <= set(most) or not {p for p in chosen if p not in own} <= before:
        errors["permissions"] = Invalid(N_("You can only grant what your own role holds."))
    granted = [p for p in most if (p in chosen if p in own else p in before)]
    if not granted and "permissions" not in errors:
        errors["permissions"] = Invalid(N_("Choose at least one permission."))
    double = select(func.count()).where(
        Role.organisation_id == actor.organisation_id, Role.name == name, Role.id != (present.id if present else 0)
    )
    if name and session.scalar(double):
        errors["name"] = Conflict(N_("The role %(name)s exists already."), name=name)
    if errors:
        raise FieldErrors(errors)
    return granted
