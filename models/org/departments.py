"""The internal departments (内设部门) of one organisation: a tree, disabled and never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound, WrongState
from models.org import queries
from models.org.tables import Department
from models.scope import reserve_ids
from models.workflow import Moved

LONGEST_NAME, LONGEST_PHONE = 100, 40
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class DepartmentData:
    """What is typed of a department; ``parent_id`` None puts it at the top."""

    name: str
    phone: str = ""
    parent_id: int | None = None


def add(session: Session, actor: Actor, data: DepartmentData) -> Department:
    """Add a department to the actor's own organisation; raises NotAllowed and FieldErrors."""
    actor.require(Permission.DEPARTMENTS_MANAGE)
    organisation = queries.own(session, actor, is_locked=True)
    above = _checked(session, actor, data, None)
    (key,) = reserve_ids(session, Department, 1)
    made = Department(
        id=key,
        organisation_id=organisation.id,
        path=organisation.path,
        parent_id=data.parent_id,
        place=f"{above.place if above else '/'}{key}/",
        name=data.name.strip(),
        phone=data.phone.strip(),
    )
    session.add(made)
    session.flush()
    history.record(session, actor, "department", [key], "create", changes={"name": [None, made.name]})
    return made


def edit(session: Session, actor: Actor, department: Department, data: DepartmentData) -> None:
    """Rename a department of one's own or put it elsewhere in the tree; raises NotFound, NotAllowed and FieldErrors."""
    actor.require(Permission.DEPARTMENTS_MANAGE)
    queries.own(session, actor, is_locked=True)
    _own(actor, department)
    above = _checked(session, actor, data, department)
    before = {"name": department.name, "phone": department.phone, "parent_id": department.parent_id}
    old, new = department.place, f"{above.place if above else '/'}{department.id}/"
    department.name, department.phone, department.parent_id = data.name.strip(), data.phone.strip(), data.parent_id
    if old != new:
        for row in _below(session, department):
            row.place = new + row.place.removeprefix(old)
        department.place = new
    session.flush()
    after = {"name": department.name, "phone": department.phone, "parent_id": department.parent_id}
    changes = {k: [before[k], v] for k, v in after.items() if before[k] != v}
    history.record(session, actor, "department", [department.id], "edit", changes=changes)


def disable(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Disable departments of one's own together with those below them: nobody can choose them any more."""
    actor.require(Permission.DEPARTMENTS_MANAGE)
    found = _rows(session, actor, ids)
    refused: dict[int, DomainError] = {i: NotFound() for i in ids if i not in found}
    done = []
    for key in sorted(found):
        department = found[key]
        if not department.is_enabled:
            refused[key] = WrongState(N_("This department is disabled already."))
            continue
        closed = [row for row in (department, *_below(session, department)) if row.is_enabled]
        for row in closed:
            row.is_enabled = False
        # In one list, those below one that came before are disabled by it and count as done.
        history.record(session, actor, "department", [row.id for row in closed], "disable")
        done += [row.id for row in closed if row.id in found]
    session.flush()
    return Moved(tuple(sorted(done)), {k: v for k, v in refused.items() if k not in done})


def enable(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Enable departments of one's own; one below a disabled department is refused."""
    actor.require(Permission.DEPARTMENTS_MANAGE)
    found = _rows(session, actor, ids)
    refused: dict[int, DomainError] = {i: NotFound() for i in ids if i not in found}
    done = []
    for department in sorted(found.values(), key=lambda row: row.place):
        above = session.get(Department, department.parent_id) if department.parent_id else None
        if department.is_enabled:
            refused[department.id] = WrongState(N_("This department is enabled already."))
        elif above is not None and not above.is_enabled:
            refused[department.id] = WrongState(N_("Enable the department above it first: %(name)s."), name=above.name)
        else:
            department.is_enabled = True
            done.append(department.id)
    session.flush()
    if done:
        history.record(session, actor, "department", done, "enable")
    return Moved(tuple(sorted(done)), refused)


def tree(session: Session, organisation_id: int) -> Sequence[Department]:
    """Return the departments of an organisation of the scope in the order of the tree."""
    statement = select(Department).where(Department.organisation_id == organisation_id)
    return session.scalars(statement.order_by(Department.place, Department.id)).all()


def _own(actor: Actor, department: Department) -> None:
    if department.organisation_id != actor.organisation_id:
        raise NotFound


def _rows(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, Department]:
    own = Department.organisation_id == actor.organisation_id
    rows = session.scalars(select(Department).where(Department.id.in_(ids), own).order_by(Department.id).with_for_update())
    return {row.id: row for row in rows}


def _below(session: Session, department: Department) -> Sequence[Department]:
    statement = select(Department).where(
        Department.organisation_id == department.organisation_id,
        Department.place.startswith(department.place, autoescape=True),
        Department.id != department.id,
    )
    return session.scalars(statement).all()


def _checked(session: Session, actor: Actor, data: DepartmentData, present: Department | None) -> Department | None:
    """Return the department above; raises FieldErrors for what cannot be kept."""
    errors: dict[str, DomainError] = {}
    name = data.name.strip()
    if not name:
        errors["name"] = Invalid(N_("Please enter the name of the department."))
    elif len(name) > LONGEST_NAME:
        errors["name"] = Invalid(N_("At most %(max)s characters."), max=LONGEST_NAME)
    if len(data.phone.strip()) > LONGEST_PHONE:
        errors["phone"] = Invalid(N_("At most %(max)s characters."), max=LONGEST_PHONE)
    above: Department | None = None
    try:
        above = _above(session, actor, data, present)
    except DomainError as refusal:
        errors["parent_id"] = refusal
    double = select(func.count()).where(
        Department.organisation_id == actor.organisation_id,
        Department.name == name,
        Department.id != (present.id if present else 0),
    )
    if name and session.scalar(double):
        errors["name"] = Conflict(N_("The department %(name)s exists already."), name=name)
    if errors:
        raise FieldErrors(errors)
    return above


def _above(session: Session, actor: Actor, data: DepartmentData, present: Department | None) -> Department | None:
    """Return the department that is to stand above; raises NotFound and Invalid."""
    if data.parent_id is None:
        return None
    above = session.scalars(
        select(Department).where(Department.id == data.parent_id, Department.organisation_id == actor.organisation_id)
    ).first()
    if above is None:
        raise NotFound
    if not above.is_enabled and (present is None or present.parent_id != above.id):
        raise Invalid(N_("The department %(name)s is disabled."), name=above.name)
    if present is not None and above.place.startswith(present.place):
        raise Invalid(N_("A department cannot stand below itself."))
    if above.place.count("/") > DEEPEST:
        raise Invalid(N_("The tree has at most %(n)s levels."), n=DEEPEST)
    return above
