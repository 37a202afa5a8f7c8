"""Change orders: what an organisation's move, merger, split, new name or disabling will do is shown, then done, and can be undone.

The figures shown beforehand are those of the order itself, carried out in a rehearsal and rolled back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission, PositionKind
from models.base import utcnow
from models.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from models.org import moving
from models.org.tables import ChangeOrder, OrderKind, Organisation, OrganisationState
from models.org.workflow import ORDERS, ORGANISATIONS
from models.people.tables import Post, PostState, Professional, ProfessionalState
from models.reviews import merging, rerouting, splitting
from models.reviews.chain import ancestors
from models.reviews.organisation_changes import LONGEST_NAME, rename
from models.reviews.tables import Review, ReviewState
from models.scope import acting, path_range
from models.transaction import hold_tree

MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for; ``target_id`` of a move or a merger, ``name`` of a new name or a new unit.

    Of a split also the new unit's ``code``, and the ids of the departments and the units below that go to it.
    """

    kind: OrderKind
    subject_id: int
    reason: str
    target_id: int | None = None
    name: str = ""
    code: str = ""
    departments: tuple[int, ...] = ()
    units: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What an order does, in figures."""

    n_organisations: int = 0  # of the subtree, the unit itself included
    n_people: int = 0
    n_reviews: int = 0  # open ones that another organisation decides than before
    n_losing: int = 0  # administrators above who see the subtree no more
    n_gaining: int = 0
    n_posts_ended: int = 0
    reroutes: list[list[Any]] = field(default_factory=list)  # from, to, how many


def give(session: Session, actor: Actor, order: Order) -> ChangeOrder:
    """Carry an order out, with the tree locked, and keep what undoes it.

    Raises NotAllowed without the permission, NotFound for units beyond the scope, Invalid for what cannot be.
    """
    _require(actor)
    reason = order.reason.strip()[:500]
    if not reason:
        raise Invalid(N_("Please give a reason."))
    hold_tree(session)
    subject = _unit(session, order.subject_id)
    target = _unit(session, order.target_id) if order.target_id is not None else None
    names = (subject.name, target.name if target else " ".join(order.name.split()))
    place = _common(subject.path, target.path if target else subject.path)
    before = _Picture(session, subject)
    kept = _carry_out(session, actor, order, subject, target, reason)
    effect = before.effect(session, kept)
    made = ChangeOrder(
        kind=order.kind,
        subject_id=order.subject_id,
        subject_name=names[0],
        target_id=kept.get("new_id", order.target_id),
        target_name=names[1],
        reason=reason,
        path=place,
        effect=asdict(effect),
        before=kept,
        ordered_by=actor.name,
    )
    session.add(made)
    session.flush()
    history.record(
        session, actor, "organisation", [order.subject_id], f"order_{order.kind}", reason=reason, changes={"unit": list(names)}
    )
    return made


def undo(session: Session, actor: Actor, order_id: int) -> int:
    """Take an order back as long as nothing later depends on it; return how many people have gone elsewhere since.

    Raises NotAllowed, NotFound, WrongState when it has been undone, Conflict for what came after it.
    """
    _require(actor)
    hold_tree(session)
    order = session.scalars(select(ChangeOrder).where(ChangeOrder.id == order_id)).first()
    if order is None:
        raise NotFound
    ORDERS.move(session, actor, order.id, step="undo", values={"undone_by": actor.name, "undone_at": utcnow()})
    _refuse_later(session, order)
    kind, before = OrderKind(order.kind), order.before
    subject = _unit(session, order.subject_id)
    n_gone = 0
    if kind is OrderKind.MOVE:
        if subject.parent_id != order.target_id:
            raise Conflict(N_("The unit has another superior by now."))
        moving.move_below(session, actor, subject.id, before["parent_id"])
    elif kind is OrderKind.MERGE:
        n_gone = merging.part(session, actor, subject, _unit(session, order.target_id or 0), before)
    elif kind is OrderKind.RENAME:
        if subject.name != order.target_name:
            raise Conflict(N_("The unit has another name by now."))
        rename(session, actor, subject, before["name"])
    elif kind is OrderKind.SPLIT:
        order.target_id = None  # the new unit goes; its name stays
        n_gone = splitting.join_again(session, actor, subject, before)
    else:
        ORGANISATIONS.move(session, actor, subject.id, step="enable")
        rerouting.follow_reviews(session, actor, before["reviews"])
    history.record(session, actor, "organisation", [order.subject_id], "undo_order", reason=order.reason)
    return n_gone


# --- inside -----------------------------------------------------------------------------------------------------------


def _require(actor: Actor) -> None:
    actor.require(Permission.SUPPORT_ORDERS if actor.kind is PositionKind.SUPPORT else Permission.ORDERS)


def _unit(session: Session, organisation_id: int) -> Organisation:
    found = session.scalars(
        select(Organisation).where(Organisation.id == organisation_id), execution_options={"populate_existing": True}
    ).first()
    if found is None:
        raise NotFound
    return found


def _common(one: str, other: str) -> str:
    """Return the path of the nearest organisation above both, or the one that is above the other."""
    shared = "/"
    for a, b in zip(one.strip("/").split("/"), other.strip("/").split("/"), strict=False):
        if a != b:
            break
        shared += f"{a}/"
    return shared


def _carry_out(
    session: Session, actor: Actor, order: Order, subject: Organisation, target: Organisation | None, reason: str
) -> dict[str, Any]:
    if subject.id == actor.organisation_id:
        raise NotAllowed(N_("An order on the own unit is given by the one above, or by support."))
    if order.kind is OrderKind.MOVE:
        refusal = moving.obstacle(subject, target)
        if refusal is not None or target is None or subject.parent_id is None:
            raise refusal or Invalid(N_("The chosen superior is not active."))
        kept = {"parent_id": subject.parent_id}
        moving.move_below(session, actor, subject.id, target.id)
        return kept
    if order.kind is OrderKind.MERGE:
        refusal = merging.obstacle(session, subject, target)
        if refusal is not None or target is None:
            raise refusal or Invalid(N_("The unit that takes over is not active."))
        return merging.take_over(session, actor, subject, target)
    if order.kind is OrderKind.RENAME:
        return _rename(session, actor, subject, order.name)
    if order.kind is OrderKind.SPLIT:
        what = {"departments": order.departments, "units": order.units}
        return splitting.split_off(session, actor, subject, name=order.name, code=order.code, **what)
    mine = or_(Review.deciding_organisation_id == subject.id, Review.in_place_of_id == subject.id)
    with acting(session, "reroute"):
        waiting = list(session.scalars(select(Review.id).where(Review.state == ReviewState.OPEN, mine)))
    ORGANISATIONS.move(session, actor, subject.id, step="disable", reason=reason)
    return {"reviews": waiting}


def _rename(session: Session, actor: Actor, subject: Organisation, name: str) -> dict[str, Any]:
    plain = " ".join(name.split())
    if not plain:
        raise Invalid(N_("Please enter the unit name."))
    if len(plain) > LONGEST_NAME:
        raise Invalid(N_("At most %(n)s characters fit here."), n=LONGEST_NAME)
    if plain == subject.name:
        raise Invalid(N_("Nothing differs from what is stored."))
    before = {"name": subject.name}
    rename(session, actor, subject, plain)
    return before


def _refuse_later(session: Session, order: ChangeOrder) -> None:
    """Raise Conflict when a later order concerns one of the units of this one."""
    units = {order.subject_id, order.target_id or order.subject_id}
    later = session.scalars(
        select(ChangeOrder.subject_name)
        .where(
            ChangeOrder.id > order.id,
            ChangeOrder.undone_at.is_(None),
            ChangeOrder.subject_id.in_(units) | ChangeOrder.target_id.in_(units),
        )
        .limit(1)
    ).first()
    if later is not None:
        raise Conflict(N_("A later order concerning %(name)s builds on this one; undo that one first."), name=later)


class _Picture:
    """What depends on a subtree, before and after an order."""

    def __init__(self, session: Session, subject: Organisation) -> None:
        low, high = path_range(subject.path)
        with acting(session, "move_subtree"):
            inside = (Organisation.path >= low, Organisation.path < high, Organisation.state != OrganisationState.REJECTED)
            self.organisations = set(session.scalars(select(Organisation.id).where(*inside)))
            who = (Professional.path >= low, Professional.path < high, Professional.state != ProfessionalState.REJECTED)
            people = select(func.count()).where(*who)
            self.n_people = session.scalar(people) or 0
            waiting = (Review.path >= low, Review.path < high, Review.state == ReviewState.OPEN)
            deciding = select(Review.id, Review.deciding_organisation_id).where(*waiting)
            self.deciders = dict(session.execute(deciding).all())
            others = select(Review.id, Review.deciding_organisation_id).where(Review.deciding_organisation_id == subject.id)
            self.deciders |= dict(session.execute(others).all())
        self.subject_id, self.path = subject.id, subject.path

    def effect(self, session: Session, kept: dict[str, Any]) -> Effect:
        """Return the figures, now that the order has been carried out."""
        session.flush()
        with acting(session, "reroute"):
            subject = session.get_one(Organisation, self.subject_id)
            moved: Counter[tuple[int, int]] = Counter()
            ids = sorted(self.deciders)
            for start in range(0, len(ids), 500):
                statement = select(Review.id, Review.deciding_organisation_id).where(Review.id.in_(ids[start : start + 500]))
                for review_id, now in session.execute(statement):
                    if now is not None and now != self.deciders[review_id]:
                        moved[self.deciders[review_id] or 0, now] += 1
            place = session.get_one(Organisation, subject.merged_into_id).path if subject.merged_into_id else subject.path
            old, new = set(ancestors(self.path)), set(ancestors(place))
            names = dict(
                session.execute(
                    select(Organisation.id, Organisation.name).where(Organisation.id.in_({i for pair in moved for i in pair}))
                ).all()
            )
            n_organisations, n_people = len(self.organisations), self.n_people
            losing, gaining = old - new - {self.subject_id}, new - old
            if "new_id" in kept:  # only what stands at the new unit is concerned, and who administers the old one loses it
                part = _Picture(session, session.get_one(Organisation, kept["new_id"]))
                n_organisations, n_people = len(part.organisations), part.n_people
                losing, gaining = {self.subject_id}, {part.subject_id}
            return Effect(
                n_organisations=n_organisations,
                n_people=n_people,
                n_reviews=sum(moved.values()),
                n_losing=self._administrators(session, losing),
                n_gaining=self._administrators(session, gaining),
                n_posts_ended=len(kept.get("ended_posts", ())),
                reroutes=[[names.get(a, ""), names.get(b, ""), n] for (a, b), n in moved.most_common(MOST_LINES)],
            )

    def _administrators(self, session: Session, organisation_ids: set[int]) -> int:
        above = (Post.organisation_id.in_(organisation_ids), Post.state == PostState.ACTIVE, Post.is_inner.is_(False))
        return session.scalar(select(func.count()).select_from(Post).where(*above)) or 0
