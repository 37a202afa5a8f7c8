"""修改单位信息: name and code of an organisation, which its superior reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, WrongState
from models.org import codes, queries
from models.org.operations import CODE_TAKEN, taken_codes
from models.org.settings import SettingKey, setting
from models.org.tables import ChangeState, Organisation, OrganisationChange
from models.org.workflow import CHANGES
from models.people.tables import Post, Professional
from models.reviews import chain, engine, submission
from models.reviews.engine import Handler, Outcome
from models.reviews.standing_still import refuse_while_pending
from models.reviews.tables import Review, ReviewKind

LONGEST_NAME = 200
KIND = ReviewKind.ORGANISATION_CHANGE


def open_change(session: Session, organisation_id: int) -> OrganisationChange | None:
    """Return the change of an organisation of the scope that waits."""
    statement = select(OrganisationChange).where(
        OrganisationChange.organisation_id == organisation_id, OrganisationChange.state == ChangeState.OPEN
    )
    return session.scalars(statement).first()


def ask(session: Session, actor: Actor, *, name: str, code: str) -> OrganisationChange:
    """Ask for a new name or code of the own organisation; the superior decides.

    With the setting ``effective_at_once`` the new values hold now, and a rejection puts the old ones back. Raises
    NotAllowed without the permission, at a root or while anything waits below, Conflict while a change is open, FieldErrors.
    """
    actor.require(Permission.ORGANISATION_EDIT)
    organisation = queries.own(session, actor, is_locked=True)
    if organisation.parent_id is None:
        raise NotAllowed(N_("Name and code of this unit are changed by support: it has no superior."))
    if open_change(session, organisation.id) is not None:
        raise Conflict(N_("A change waits for its review already; withdraw it first."))
    refuse_while_pending(session, organisation.path)
    after = _checked(organisation, name, code)
    before = {key: getattr(organisation, key) for key in after}
    at_once = setting(session, organisation.path, SettingKey.ORG_CHANGE) == "effective_at_once"
    change = OrganisationChange(
        organisation_id=organisation.id,
        path=organisation.path,
        before=before,
        after=after,
        was_applied=at_once,
        asked_by=actor.name,
        phone=session.scalar(select(Post.phone).where(Post.id == (actor.post_id or 0))) or "",
    )
    session.add(change)
    session.flush()
    history.record(
        session, actor, "organisation_change", [change.id], "create", changes={k: [before[k], v] for k, v in after.items()}
    )
    submission.submit(
        session, actor, KIND, change.id, path=organisation.path, person_id=None, subject_account_id=actor.account_id
    )
    if at_once:
        _apply(session, actor, organisation, after)
    return change


def withdraw(session: Session, actor: Actor) -> None:
    """Take the open change of the own organisation back: it leaves the superior's list; raises WrongState."""
    actor.require(Permission.ORGANISATION_EDIT)
    organisation = queries.own(session, actor, is_locked=True)
    change = open_change(session, organisation.id)
    if change is None:
        raise WrongState(submission.NOTHING_WAITS)
    submission.withdraw(session, actor, KIND, change.id)
    CHANGES.move(session, actor, change.id, step="withdraw")
    if change.was_applied:
        _apply(session, actor, organisation, change.before)


def changes_of(session: Session, organisation_id: int) -> Sequence[OrganisationChange]:
    """Return the changes of an organisation of the scope, the newest first."""
    statement = select(OrganisationChange).where(OrganisationChange.organisation_id == organisation_id)
    return session.scalars(statement.order_by(OrganisationChange.id.desc()).limit(200)).all()


def rename(session: Session, actor: Actor, organisation: Organisation, name: str) -> None:
    """Write a checked new name of an organisation, without a review: by an order of an HR department or of support."""
    _apply(session, actor, organisation, {"name": name})


# --- inside -----------------------------------------------------------------------------------------------------------


def _checked(organisation: Organisation, name: str, code: str) -> dict[str, str]:
    """Return the new values, only those that differ; raises FieldErrors."""
    errors: dict[str, DomainError] = {}
    after: dict[str, str] = {}
    plain = " ".join(name.split())
    if not plain:
        errors["name"] = Invalid(N_("Please enter the unit name."))
    elif len(plain) > LONGEST_NAME:
        errors["name"] = Invalid(N_("At most %(n)s characters fit here."), n=LONGEST_NAME)
    elif plain != organisation.name:
        after["name"] = plain
    if codes.normalise(code) != organisation.code:
        try:
            checked = codes.check(code)
        except Invalid as refusal:
            errors["code"] = refusal
        else:
            after["code"], after["code_kind"] = checked.value, checked.kind.value
            if taken_codes([checked.value]):
                errors["code"] = Conflict(CODE_TAKEN)
    if not errors and not after:
        errors["name"] = Invalid(N_("Nothing differs from what is stored."))
    if errors:
        raise FieldErrors(errors)
    return after


def _apply(session: Session, actor: Actor, organisation: Organisation, values: Mapping[str, str]) -> None:
    """Write name and code, and the name where people carry it; records keep the name of their time."""
    before = {key: getattr(organisation, key) for key in values}
    for key, value in values.items():
        setattr(organisation, key, value)
    session.flush()
    if "name" in values:
        session.execute(
            update(Professional).where(Professional.organisation_id == organisation.id).values(organisation_name=values["name"]),
            execution_options={"synchronize_session": False},
        )
    history.record(
        session, actor, "organisation", [organisation.id], "change", changes={k: [before[k], v] for k, v in values.items()}
    )


def _subjects(session: Session, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, OrganisationChange, Organisation]]:
    rows = session.execute(
        select(OrganisationChange, Organisation)
        .join(Organisation, Organisation.id == OrganisationChange.organisation_id)
        .where(OrganisationChange.id.in_([o.review.subject_id for o in outcomes]))
    )
    found = {change.id: (change, organisation) for change, organisation in rows}
    return [(o, *found[o.review.subject_id]) for o in outcomes]


def _check(
    session: Session, _actor: Actor, reviews: Sequence[Review], _given: Mapping[int, Mapping[str, Any]]
) -> Mapping[int, DomainError]:
    """Refuse a code that somebody has taken since it was asked for."""
    ids = {r.subject_id: r.id for r in reviews}
    refused: dict[int, DomainError] = {}
    for change in session.scalars(select(OrganisationChange).where(OrganisationChange.id.in_(ids))):
        if "code" in change.after and not change.was_applied and taken_codes([change.after["code"]]):
            refused[ids[change.id]] = Conflict(CODE_TAKEN)
    return refused


def _passed(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    for outcome, change, organisation in _subjects(session, outcomes):
        CHANGES.move(session, actor, outcome.review.subject_id, step="pass")
        if not change.was_applied:
            _apply(session, actor, organisation, change.after)


def _rejected(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    for outcome, change, organisation in _subjects(session, outcomes):
        CHANGES.move(session, actor, change.id, step="reject", reason=outcome.reason, values={"reason": outcome.reason})
        if change.was_applied:
            _apply(session, actor, organisation, change.before)


def _snapshot(session: Session, reviews: Sequence[Review]) -> dict[int, dict[str, Any]]:
    ids = {r.subject_id: r.id for r in reviews}
    rows = session.scalars(select(OrganisationChange).where(OrganisationChange.id.in_(ids)))
    return {ids[c.id]: {"before": c.before, "after": c.after} for c in rows}


engine.register(
    Handler(
        kind=KIND,
        permission=Permission.CHANGES_REVIEW,
        links=chain.superior_only,
        on_passed=_passed,
        on_rejected=_rejected,
        check=_check,
        snapshot=_snapshot,
    )
)
