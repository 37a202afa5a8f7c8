"""What is done to the tree of organisations: create in a subtree, create a root, change what changes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound
from models.org import codes
from models.org.tables import ALLOWED_PARENTS, Department, Organisation, OrganisationKind, OrganisationState, Region
from models.org.workflow import ORGANISATIONS
from models.scope import bulk_insert, reserve_ids, system_session
from models.workflow import Moved

LIVE = (OrganisationState.PENDING, OrganisationState.ACTIVE, OrganisationState.DISABLED)
CODE_TAKEN = N_("This code is already in use.")
CREATABLE = frozenset(
    {
        OrganisationKind.COMPETENT_DEPARTMENT,
        OrganisationKind.EMPLOYER,
        OrganisationKind.TRAINING_BASE,
        OrganisationKind.HR_DEPARTMENT,
    }
)


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """What is asked for; ``code`` as typed, ``parent_id`` within the scope of whoever asks.

    Without a region it is that of the superior.
    """

    parent_id: int | None
    kind: OrganisationKind
    name: str
    code: str
    region_code: str
    nature: str | None = None
    unit_level: str | None = None
    industry: str | None = None
    phone: str = ""
    address: str = ""


def create_organisation(session: Session, actor: Actor, new: NewOrganisation) -> Organisation:
    """Create an organisation below one of the actor's subtree: active at once, history names the creator.

    Raises NotAllowed without the permission, FieldErrors for values, NotFound for a parent outside the scope and
    Conflict for a code that a live organisation has.
    """
    return create_organisations(session, actor, [new])[0]


def create_organisations(session: Session, actor: Actor, many: Sequence[NewOrganisation]) -> list[Organisation]:
    """Create several organisations in the order given; the first that does not fit refuses all."""
    actor.require(Permission.ORGANISATIONS_CREATE)
    parents = _parents(session, {n.parent_id for n in many})
    many = [n if n.region_code else replace(n, region_code=parents[n.parent_id or 0].region_code) for n in many]
    taken = taken_codes([codes.check(n.code).value for n in many if _is_code(n.code)])
    checked = []
    for n in many:
        checked.append(check_new(session, n, parents.get(n.parent_id or 0), taken))
        taken.add(checked[-1].value)
    created = _insert(session, list(zip(many, checked, strict=True)), parents)
    history.record(
        session,
        actor,
        "organisation",
        [o.id for o in created],
        "create",
        each={o.id: {"name": [None, o.name], "code": [None, o.code], "kind": [None, o.kind]} for o in created},
    )
    return created


def add_beside(session: Session, actor: Actor, new: NewOrganisation) -> Organisation:
    """Create an organisation that a change order splits off, whose right has been checked there; raises as the others do."""
    parents = _parents(session, {new.parent_id})
    taken = taken_codes([codes.check(new.code).value] if _is_code(new.code) else [])
    code = check_new(session, new, parents[new.parent_id or 0], taken)
    made = _insert(session, [(new, code)], parents)[0]
    changes = {"name": [None, made.name], "code": [None, made.code], "kind": [None, made.kind]}
    history.record(session, actor, "organisation", [made.id], "create", changes=changes)
    return made


def create_root(session: Session, actor: Actor, new: NewOrganisation) -> Organisation:
    """Create a root, an HR department without a parent; only a system session may write it."""
    code = check_new(session, new, None, taken_codes([codes.check(new.code).value]), is_root=True)
    root = _insert(session, [(new, code)], {})[0]
    history.record(session, actor, "organisation", [root.id], "create", changes={"name": [None, root.name]})
    return root


def taken_codes(values: Sequence[str]) -> set[str]:
    """Return those of *values* that a live organisation anywhere has: a system read that names nobody."""
    found: set[str] = set()
    with system_session() as session:
        for start in range(0, len(values), 500):
            statement = select(Organisation.code).where(
                Organisation.code.in_(values[start : start + 500]), Organisation.state.in_(LIVE)
            )
            found.update(session.scalars(statement))
    return found


def _is_code(text: str) -> bool:
    try:
        codes.check(text)
    except Invalid:
        return False
    return True


def _parents(session: Session, ids: set[int | None]) -> dict[int, Organisation]:
    wanted = {i for i in ids if i is not None}
    found = {o.id: o for o in session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))}
    if len(found) != len(ids):
        raise NotFound
    return found


def check_new(
    session: Session, new: NewOrganisation, parent: Organisation | None, taken: set[str], *, is_root: bool = False
) -> codes.Code:
    """Check the values of a new organisation and return its checked code; raises FieldErrors or Conflict."""
    errors: dict[str, DomainError] = {}
    if not new.name.strip():
        errors["name"] = Invalid(N_("Please enter the unit name."))
    if parent is None and not is_root:
        raise NotFound
    if parent is not None:
        if OrganisationKind(parent.kind) not in ALLOWED_PARENTS[new.kind]:
            errors["parent_id"] = Invalid(N_("An organisation of this type cannot stand below the chosen superior."))
        elif parent.state != OrganisationState.ACTIVE:
            errors["parent_id"] = Invalid(N_("The chosen superior is not active."))
    region = session.get(Region, new.region_code)
    if region is None:
        errors["region_code"] = Invalid(N_("This region is not in the list."))
    code: codes.Code | None = None
    try:
        code = codes.check(new.code)
    except Invalid as refusal:
        errors["code"] = refusal
    if errors or code is None:
        raise FieldErrors(errors)
    if code.value in taken:
        raise FieldErrors({"code": Conflict(CODE_TAKEN)})
    return code


def _insert(
    session: Session, many: Sequence[tuple[NewOrganisation, codes.Code]], parents: Mapping[int, Organisation]
) -> list[Organisation]:
    ids = reserve_ids(session, Organisation, len(many))
    created = []
    for organisation_id, (new, code) in zip(ids, many, strict=True):
        above = parents[new.parent_id].path if new.parent_id else "/"
        created.append(
            Organisation(
                id=organisation_id,
                parent_id=new.parent_id,
                path=f"{above}{organisation_id}/",
                kind=new.kind,
                state=OrganisationState.ACTIVE,
                name=new.name.strip(),
                code=code.value,
                code_kind=code.kind,
                region_code=new.region_code,
                nature=new.nature,
                unit_level=new.unit_level,
                industry=new.industry,
                phone=new.phone.strip(),
                address=new.address.strip(),
            )
        )
    session.add_all(created)
    session.flush()
    return created


def add_departments(session: Session, actor: Actor, organisation: Organisation, names: Sequence[str]) -> None:
    """Add internal departments to an organisation of the scope; raises Conflict for a name that it has already."""
    present = set(session.scalars(select(Department.name).where(Department.organisation_id == organisation.id)))
    double = sorted(present & set(names))
    if double or len(set(names)) != len(names):
        raise Conflict(N_("The department %(name)s exists already."), name=", ".join(double or names))
    ids = reserve_ids(session, Department, len(names))
    own = {"organisation_id": organisation.id, "path": organisation.path, "phone": "", "is_enabled": True}
    bulk_insert(session, Department, [{"id": i, "place": f"/{i}/", "name": n, **own} for i, n in zip(ids, names, strict=True)])
    history.record(
        session, actor, "organisation", [organisation.id], "add_departments", changes={"departments": [None, list(names)]}
    )


def switch(session: Session, actor: Actor, ids: Sequence[int], *, step: str, reason: str = "") -> Moved:
    """Disable or enable organisations below the actor's own; *step* is one of the two. Raises NotAllowed and Invalid."""
    actor.require(Permission.ORGANISATIONS_MANAGE)
    below = [i for i in ids if i != actor.organisation_id]
    moved = ORGANISATIONS.move_many(session, actor, below, step=step, reason=reason)
    return Moved(moved.done, {**{i: NotFound() for i in ids if i not in below}, **moved.refused})
