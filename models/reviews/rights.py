"""关闭 / 开启审核权限: whether an organisation below reviews hours. Its open steps follow at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission, PositionKind
from models.errors import N_, DomainError, NotAllowed, NotFound, WrongState
from models.org.tables import Organisation, OrganisationKind
from models.reviews.rerouting import follow
from models.workflow import Moved

CLOSABLE = frozenset({OrganisationKind.EMPLOYER, OrganisationKind.COMPETENT_DEPARTMENT})


def set_right(session: Session, actor: Actor, ids: Sequence[int], *, is_open: bool) -> Moved:
    """Open or close the right of organisations below to review hours; refuse each other with its sentence.

    The direct superior may, and any HR department above; an HR department's own right is never closed.
    """
    actor.require(Permission.ORGANISATIONS_MANAGE)
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.id).with_for_update())
    found = {o.id: o for o in rows}
    refused: dict[int, DomainError] = {i: NotFound() for i in ids if i not in found}
    done = []
    for organisation in found.values():
        refusal = _refusal(actor, organisation, is_open=is_open)
        if refusal is not None:
            refused[organisation.id] = refusal
            continue
        organisation.can_review_hours = is_open
        done.append(organisation.id)
    session.flush()
    if done:
        history.record(
            session,
            actor,
            "organisation",
            done,
            "open_review_right" if is_open else "close_review_right",
            changes={"can_review_hours": [not is_open, is_open]},
        )
        follow(session, actor, done)
    return Moved(tuple(done), refused)


def _refusal(actor: Actor, organisation: Organisation, *, is_open: bool) -> DomainError | None:
    if organisation.id == actor.organisation_id:
        return NotFound()
    if organisation.kind not in CLOSABLE:
        return NotAllowed(N_("Only employers and competent departments can have this right closed."))
    if actor.kind is not PositionKind.HR_DEPARTMENT and organisation.parent_id != actor.organisation_id:
        return NotAllowed(N_("The direct superior or an HR department above decides this."))
    if organisation.can_review_hours is is_open:
        return WrongState(N_("The right is open already.") if is_open else N_("The right is closed already."))
    return None
