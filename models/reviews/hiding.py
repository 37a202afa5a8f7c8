"""删除 in 已审核: takes a decision off the list of the organisation that made it, and brings it back; nothing is lost."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor
from models.errors import DomainError, NotFound
from models.reviews.engine import handler_of
from models.reviews.tables import Decision, ReviewKind
from models.scope import bulk_update
from models.workflow import Moved


def set_hidden(session: Session, actor: Actor, decision_ids: Collection[int], *, is_hidden: bool) -> Moved:
    """Hide decisions of the actor's own organisation from its list, or show them again; refuse every other with NotFound.

    Raises NotAllowed without the permission to decide their kind.
    """
    wanted = sorted(set(decision_ids))
    rows = session.execute(
        select(Decision.id, Decision.kind, Decision.review_id)
        .where(Decision.id.in_(wanted), Decision.by_organisation_id == actor.organisation_id)
        .order_by(Decision.id)
    ).all()
    for kind in {ReviewKind(row.kind) for row in rows}:
        actor.require(handler_of(kind).permission)
    bulk_update(session, Decision, [{"id": row.id, "is_hidden": is_hidden} for row in rows], locked=True)
    history.record(session, actor, "review", [row.review_id for row in rows], "hide_decision" if is_hidden else "show_decision")
    found = {row.id for row in rows}
    refused: dict[int, DomainError] = {i: NotFound() for i in wanted if i not in found}
    return Moved(tuple(sorted(found)), refused)
