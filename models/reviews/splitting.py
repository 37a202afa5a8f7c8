"""拆分单位: departments with their people, and units below, go to a new organisation beside the old one; and come back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.errors import N_, Conflict, FieldErrors, Invalid, NotFound, first_of
from models.org import moving
from models.org.operations import NewOrganisation, add_beside
from models.org.tables import Department, Organisation, OrganisationKind, OrganisationState
from models.people.posts import POSTS
from models.people.tables import Membership, Post, PostState, Professional
from models.reviews import rerouting
from models.reviews.merging import may_revive, move_people
from models.reviews.organisation_changes import LONGEST_NAME
from models.scope import acting
from models.transaction import removes


def split_off(
    session: Session,
    actor: Actor,
    source: Organisation,
    *,
    name: str,
    code: str,
    departments: Collection[int],
    units: Collection[int],
) -> dict[str, Any]:
    """Create the new organisation and let what was chosen go to it; return what ``join_again`` needs.

    It has no administrator: the superior decides in its place until one is appointed. Whoever goes and administers the old
    unit by a role loses that post; a super administrator keeps it. Raises Invalid, Conflict and NotFound.
    """
    if source.parent_id is None or source.state != OrganisationState.ACTIVE:
        raise Invalid(N_("This unit cannot be split: it stands at the top, or is not in use."))
    going, below = _departments(session, source, departments), _units(session, source, units)
    if not going and not below:
        raise Invalid(N_("Choose the departments or the units below that go to the new unit."))
    source_id, new_id = source.id, _create(session, actor, source, name, code)
    for unit_id in below:
        moving.move_below(session, actor, unit_id, new_id)
    people = list(session.scalars(select(Professional.id).where(Professional.department_id.in_(going)).order_by(Professional.id)))
    ended, seats = _leave(session, actor, source_id, people, going)
    placed = _place(session, going, session.get_one(Organisation, new_id))
    move_people(session, actor, people, new_id)
    rerouting.follow(session, actor, [source_id, new_id])
    return {"new_id": new_id, "units": below, "departments": placed, "people": people, "ended_posts": ended, "seats": seats}


def join_again(session: Session, actor: Actor, source: Organisation, before: Mapping[str, Any]) -> int:
    """Undo a split: what went comes back and the new organisation goes. Return how many people have left it since.

    Raises Conflict when something else builds on the new organisation by now.
    """
    source_id, new_id = source.id, int(before["new_id"])
    for unit_id in before["units"]:
        if session.get_one(Organisation, unit_id).parent_id == new_id:
            moving.move_below(session, actor, unit_id, source_id)
    _take_back(session, before["departments"], session.get_one(Organisation, source_id))
    there = select(Professional.id).where(Professional.organisation_id == new_id, Professional.id.in_(before["people"]))
    back = list(session.scalars(there.order_by(Professional.id)))
    move_people(session, actor, back, source_id)
    with acting(session, "split_organisation"):
        session.execute(
            update(Membership).where(Membership.member_of_id == new_id).values(member_of_id=source_id),
            execution_options={"synchronize_session": False},
        )
    POSTS.move_many(session, actor, [i for i in before["ended_posts"] if may_revive(session, i)], step="revive").or_raise()
    for post_id, department_id in before["seats"].items():
        post = session.get_one(Post, int(post_id))
        if post.department_id is None and post.state != PostState.ENDED:
            post.department_id = department_id
    rerouting.follow(session, actor, [source_id, new_id])
    if not removes(session, delete(Organisation).where(Organisation.id == new_id)):
        raise Conflict(N_("Something at the new unit builds on the split by now (people, administrators, reviews); it stays."))
    return len(before["people"]) - len(back)


# --- inside -----------------------------------------------------------------------------------------------------------


def _departments(session: Session, source: Organisation, chosen: Collection[int]) -> dict[int, str]:
    """Return the place of each chosen department and of those below it, the higher first; raises NotFound."""
    own = session.scalars(select(Department).where(Department.organisation_id == source.id).order_by(Department.place)).all()
    picked = [d.place for d in own if d.id in set(chosen)]
    if len(picked) != len(set(chosen)):
        raise NotFound
    return {d.id: d.place for d in own if any(d.place.startswith(place) for place in picked)}


def _units(session: Session, source: Organisation, chosen: Collection[int]) -> list[int]:
    below = select(Organisation.id).where(
        Organisation.parent_id == source.id, Organisation.id.in_(chosen), Organisation.state != OrganisationState.REJECTED
    )
    found = list(session.scalars(below.order_by(Organisation.id)))
    if len(found) != len(set(chosen)):
        raise NotFound
    return found


def _create(session: Session, actor: Actor, source: Organisation, name: str, code: str) -> int:
    plain = " ".join(name.split())
    if len(plain) > LONGEST_NAME:
        raise Invalid(N_("At most %(n)s characters fit here."), n=LONGEST_NAME)
    new = NewOrganisation(
        parent_id=source.parent_id,
        kind=OrganisationKind(source.kind),
        name=plain,
        code=code,
        region_code=source.region_code,
        nature=source.nature,
        unit_level=source.unit_level,
        industry=source.industry,
        phone=source.phone,
        address=source.address,
    )
    try:
        return add_beside(session, actor, new).id
    except FieldErrors as refusal:
        raise first_of(refusal) from None


def _leave(
    session: Session, actor: Actor, source_id: int, people: Sequence[int], going: Collection[int]
) -> tuple[list[int], dict[str, int]]:
    """End the posts at the old unit of those who go; return them, and which departments other posts lose."""
    with acting(session, "read_positions"):
        accounts = set(session.scalars(select(Professional.account_id).where(Professional.id.in_(people))))
    live = select(Post).where(Post.organisation_id == source_id, Post.state != PostState.ENDED).order_by(Post.id)
    ended: list[int] = []
    seats: dict[str, int] = {}
    for post in session.scalars(live):
        if post.account_id in accounts and not post.is_super:
            ended.append(post.id)
        elif post.department_id is not None and post.department_id in going:
            seats[str(post.id)] = post.department_id
            post.department_id = None
    session.flush()
    POSTS.move_many(session, actor, ended, step="end").or_raise()
    return ended, seats


def _place(session: Session, going: Mapping[int, str], new: Organisation) -> dict[str, list[Any]]:
    """Let departments belong to the new organisation, the chosen ones at its top; return parent and place of each before."""
    before: dict[str, list[Any]] = {}
    rows = session.scalars(select(Department).where(Department.id.in_(going)).order_by(Department.place)).all()
    for department in rows:
        before[str(department.id)] = [department.parent_id, department.place]
        is_top = department.parent_id not in going
        above = "/" if is_top else next(d.place for d in rows if d.id == department.parent_id)
        department.organisation_id, department.path = new.id, new.path
        department.parent_id = None if is_top else department.parent_id
        department.place = f"{above}{department.id}/"
    session.flush()
    return before


def _take_back(session: Session, before: Mapping[str, Sequence[Any]], source: Organisation) -> None:
    for key, (parent_id, _place) in sorted(before.items(), key=lambda one: len(one[1][1])):
        department = session.get_one(Department, int(key))
        above = session.get_one(Department, parent_id).place if parent_id else "/"
        department.organisation_id, department.path = source.id, source.path
        department.parent_id, department.place = parent_id, f"{above}{department.id}/"
    session.flush()
