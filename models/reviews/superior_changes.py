"""更换上级部门: an organisation asks for another superior; the old one lets go, the new one accepts, and the subtree moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.base import utcnow
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, WrongState
from models.org import moving, queries
from models.org.settings import SettingKey, setting
from models.org.tables import OPEN_MOVES, MoveState, Organisation, OrganisationKind, SuperiorChange
from models.org.workflow import SUPERIOR_CHANGES
from models.outbox import add_notices
from models.people.tables import Post
from models.reviews import chain, engine, submission
from models.reviews.engine import Handler, Outcome
from models.reviews.standing_still import refuse_while_pending
from models.reviews.tables import Review, ReviewKind
from models.scope import acting

OUT, IN = ReviewKind.SUPERIOR_OUT, ReviewKind.SUPERIOR_IN


def open_change(session: Session, organisation_id: int) -> SuperiorChange | None:
    """Return the change of superior that waits."""
    return session.scalars(
        select(SuperiorChange).where(
            SuperiorChange.organisation_id == organisation_id, SuperiorChange.state.in_(sorted(OPEN_MOVES))
        )
    ).first()


def changes_of(session: Session, organisation_id: int) -> Sequence[SuperiorChange]:
    """Return the changes of superior of an organisation of the scope, the newest first."""
    statement = select(SuperiorChange).where(SuperiorChange.organisation_id == organisation_id)
    return session.scalars(statement.order_by(SuperiorChange.id.desc()).limit(100)).all()


def ask(session: Session, actor: Actor, *, to_organisation_id: int | None) -> SuperiorChange:
    """Ask for another superior of the own organisation.

    Raises NotAllowed without the permission, at a root or while anything waits in the subtree, Conflict while a change is
    open, FieldErrors for the chosen superior.
    """
    actor.require(Permission.ORGANISATION_EDIT)
    organisation = queries.own(session, actor, is_locked=True)
    if organisation.parent_id is None:
        raise NotAllowed(N_("The superior of this unit is changed by support: it stands at the top."))
    if open_change(session, organisation.id) is not None:
        raise Conflict(N_("A change waits for its review already; withdraw it first."))
    refuse_while_pending(session, organisation.path)
    with acting(session, "move_subtree"):
        superior = session.get(Organisation, to_organisation_id) if to_organisation_id else None
        if superior is None:
            raise FieldErrors({"to_organisation_id": Invalid(N_("Please choose the new superior."))})
        refusal = moving.obstacle(organisation, superior)
        if refusal is not None:
            raise FieldErrors({"to_organisation_id": refusal})
        old = session.get_one(Organisation, organisation.parent_id)
        is_let_go = _needs_release(session, organisation)
        change = SuperiorChange(
            organisation_id=organisation.id,
            path=organisation.path,
            from_path=old.path,
            to_path=superior.path,
            state=MoveState.WAITING_OUT if is_let_go else MoveState.WAITING_IN,
            name=organisation.name,
            code=organisation.code,
            from_organisation_id=old.id,
            from_name=old.name,
            to_organisation_id=superior.id,
            to_name=superior.name,
            asked_by=actor.name,
            asked_by_id=actor.account_id,
            asked_in=actor.position_key,
            phone=session.scalar(select(Post.phone).where(Post.id == (actor.post_id or 0))) or "",
        )
        session.add(change)
        session.flush()
    history.record(session, actor, "superior_change", [change.id], "create", changes={"superior": [old.name, superior.name]})
    _open_step(session, actor, change, OUT if is_let_go else IN)
    return change


def withdraw(session: Session, actor: Actor) -> None:
    """Take the open change of the own organisation back: it leaves the reviewers' lists; raises WrongState."""
    actor.require(Permission.ORGANISATION_EDIT)
    organisation = queries.own(session, actor, is_locked=True)
    change = open_change(session, organisation.id)
    if change is None:
        raise WrongState(submission.NOTHING_WAITS)
    kind = OUT if change.state == MoveState.WAITING_OUT else IN
    submission.withdraw(session, actor, kind, change.id)
    SUPERIOR_CHANGES.move(session, actor, change.id, step="withdraw", values={"decided_at": utcnow()})


# --- inside -----------------------------------------------------------------------------------------------------------


def _needs_release(session: Session, organisation: Organisation) -> bool:
    """Say whether the old superior decides first; employers may be free of it by the setting of their HR department."""
    if organisation.kind != OrganisationKind.EMPLOYER:
        return True
    return setting(session, organisation.path, SettingKey.SUPERIOR_CHANGE) == "old_then_new"


def _open_step(session: Session, actor: Actor, change: SuperiorChange, kind: ReviewKind) -> None:
    review = submission.submit(
        session,
        actor,
        kind,
        change.id,
        path=change.from_path if kind is OUT else change.to_path,
        person_id=None,
        subject_account_id=change.asked_by_id,
        submitted_by_id=change.asked_by_id,
    )
    session.expunge(review)  # it may lie beyond the scope of the one who asked


def _subjects(session: Session, reviews: Sequence[Review]) -> dict[int, SuperiorChange]:
    rows = session.scalars(select(SuperiorChange).where(SuperiorChange.id.in_([r.subject_id for r in reviews])))
    found = {c.id: c for c in rows}
    return {r.id: found[r.subject_id] for r in reviews}


def _check(
    session: Session, _actor: Actor, reviews: Sequence[Review], _given: Mapping[int, Mapping[str, Any]]
) -> Mapping[int, DomainError]:
    """Refuse what has become impossible since it was asked for; what waits in the subtree goes on at its new place."""
    refused: dict[int, DomainError] = {}
    for review_id, change in _subjects(session, reviews).items():
        with acting(session, "move_subtree"):
            organisation = session.get_one(Organisation, change.organisation_id)
            superior = session.get(Organisation, change.to_organisation_id)
            if organisation.parent_id != change.from_organisation_id:
                refused[review_id] = Conflict(N_("The unit has another superior by now."))
            elif (refusal := moving.obstacle(organisation, superior)) is not None:
                refused[review_id] = refusal
    return refused


def _released(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    for change in _subjects(session, [o.review for o in outcomes]).values():
        SUPERIOR_CHANGES.move(session, actor, change.id, step="release")
        _open_step(session, actor, change, IN)


def _accepted(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    for change in _subjects(session, [o.review for o in outcomes]).values():
        SUPERIOR_CHANGES.move(session, actor, change.id, step="accept", values={"decided_at": utcnow()})
        told = (change.asked_by_id, change.asked_in, {"from": change.from_name, "to": change.to_name})
        organisation_id, superior_id = change.organisation_id, change.to_organisation_id
        moving.move_below(session, actor, organisation_id, superior_id)
        changes = {"superior": [told[2]["from"], told[2]["to"]]}
        history.record(session, actor, "organisation", [organisation_id], "move", changes=changes)
        _tell(session, *told, N_("Your unit stands below %(to)s now."))


def _not_released(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    _refuse(session, actor, outcomes, "refuse_release")


def _refused(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    _refuse(session, actor, outcomes, "refuse")


def _refuse(session: Session, actor: Actor, outcomes: Sequence[Outcome], step: str) -> None:
    changes = _subjects(session, [o.review for o in outcomes])
    for outcome in outcomes:
        change = changes[outcome.review.id]
        values = {"reason": outcome.reason, "decided_at": utcnow()}
        SUPERIOR_CHANGES.move(session, actor, change.id, step=step, reason=outcome.reason, values=values)
        params = {"to": change.to_name, "reason": outcome.reason}
        _tell(
            session, change.asked_by_id, change.asked_in, params, N_("The change of superior to %(to)s was rejected: %(reason)s")
        )


def _tell(session: Session, account_id: int, position_key: str, params: dict[str, Any], message_id: str) -> None:
    notice = {"account_id": account_id, "position_key": position_key, "message_id": message_id, "params": params}
    add_notices(session, [notice])


engine.register(
    Handler(
        kind=OUT,
        permission=Permission.CHANGES_REVIEW,
        links=chain.own_only,
        on_passed=_released,
        on_rejected=_not_released,
        check=_check,
    )
)
engine.register(
    Handler(
        kind=IN,
        permission=Permission.CHANGES_REVIEW,
        links=chain.own_only,
        on_passed=_accepted,
        on_rejected=_refused,
        check=_check,
    )
)
