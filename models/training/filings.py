"""What a training base or a unit files and somebody above decides: its states, its steps, and what a decision does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission
from models.base import BigId, utcnow
from models.errors import N_, NotFound, WrongState
from models.org.tables import Organisation
from models.outbox import add_notices
from models.reviews import engine, submission, undo
from models.reviews.chain import Link
from models.reviews.engine import Check, Handler, Outcome
from models.reviews.tables import Review, ReviewKind
from models.reviews.undo import Undone
from models.training import attachments
from models.workflow import Step, Workflow


class FilingState(StrEnum):
    """The life of a plan or a report."""

    DRAFT = "draft"  # 待提交, of a report 未申报
    PENDING = "pending"  # 待审核
    APPROVED = "approved"  # 审核通过
    REJECTED = "rejected"  # 审核不通过


DRAFT, PENDING, APPROVED, REJECTED = (
    FilingState.DRAFT,
    FilingState.PENDING,
    FilingState.APPROVED,
    FilingState.REJECTED,
)
EDITABLE = frozenset({DRAFT, REJECTED})
KNOWN_STATE = "state in ('draft','pending','approved','rejected')"


class Filed:
    """The columns of what is filed: whose it is, how far it has come, and who is told."""

    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    organisation_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Unit name")})  # of the day it was written
    state: Mapped[FilingState] = mapped_column(String(12), default=FilingState.DRAFT, info={"label": N_("Status")})
    reason: Mapped[str] = mapped_column(String(500), default="", info={"label": N_("Review opinion")})  # of the last rejection
    submitted_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Time of submission")})
    submitted_by: Mapped[str] = mapped_column(String(100), default="", info={"label": N_("Submitted by")})
    submitted_by_id: Mapped[int | None] = mapped_column(BigId)  # account, and the position of it: where the answer is told
    submitted_in: Mapped[str] = mapped_column(String(40), default="")
    decided_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Time of the decision")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Created at")})


def filing_rules() -> tuple[CheckConstraint, ...]:
    """Return what holds for every table of filings."""
    return (
        CheckConstraint(KNOWN_STATE, name="known_state"),
        CheckConstraint("state = 'draft' or submitted_at is not null", name="submitted_has_time"),
        CheckConstraint("state <> 'rejected' or reason <> ''", name="rejection_has_reason"),
    )


def filing_steps() -> list[Step]:
    """Return the steps of a filing: the first three are its unit's own, the others follow from the last decision."""
    own = Permission.TRAINING_MANAGE
    return [
        Step("submit", frozenset({DRAFT}), PENDING, N_("Submit"), own),
        Step("resubmit", frozenset({REJECTED}), PENDING, N_("Edit and resubmit"), own),
        Step("withdraw", frozenset({PENDING}), DRAFT, N_("Withdraw"), own),
        Step("pass", frozenset({PENDING}), APPROVED, N_("Pass")),
        Step("reject", frozenset({PENDING}), REJECTED, N_("Reject"), needs_reason=True),
        Step("undo", frozenset({APPROVED, REJECTED}), PENDING, N_("Undo")),
    ]


F = TypeVar("F")


def own(session: Session, actor: Actor, model: type[F], filing_id: int) -> F:
    """Return a filing of the actor's own organisation, locked; raises NotAllowed without the permission, and NotFound."""
    actor.require(Permission.TRAINING_MANAGE)
    table: Any = model
    statement = select(table).where(table.id == filing_id, table.organisation_id == actor.organisation_id)
    found: F | None = session.scalars(statement.with_for_update(), execution_options={"populate_existing": True}).first()
    if found is None:
        raise NotFound
    return found


def editable(session: Session, actor: Actor, model: type[F], filing_id: int) -> F:
    """Return an own filing that may be changed: a draft or a rejected one; raises NotFound and WrongState."""
    found: Any = own(session, actor, model, filing_id)
    if found.state not in EDITABLE:
        raise WrongState(N_("Only what is not submitted, or was rejected, can be changed."))
    filing: F = found
    return filing


def made_by(session: Session, model: type[F], organisation_id: int, form_key: str) -> F | None:
    """Return the draft that the form with this key has made already: a second click makes no second one."""
    if not form_key:
        return None
    table: Any = model
    found: F | None = session.scalars(
        select(table).where(table.organisation_id == organisation_id, table.form_key == form_key)
    ).first()
    return found


def create(session: Session, actor: Actor, flow: Workflow, organisation: Organisation, values: Mapping[str, Any]) -> Any:
    """Write a draft of the actor's own organisation."""
    whose = {"organisation_id": organisation.id, "organisation_name": organisation.name, "path": organisation.path}
    filing = flow.model(**whose, **values)
    session.add(filing)
    session.flush()
    history.record(session, actor, flow.subject_kind, [filing.id], "create", changes={"name": [None, filing.name]})
    return filing


def rewrite(session: Session, actor: Actor, flow: Workflow, filing: Any, values: Mapping[str, Any]) -> None:
    """Change a filing that ``editable`` gave."""
    changes = {k: [_plain(getattr(filing, k)), _plain(v)] for k, v in values.items() if getattr(filing, k) != v}
    for name, value in values.items():
        setattr(filing, name, value)
    session.flush()
    if changes:
        history.record(session, actor, flow.subject_kind, [filing.id], "edit", changes=changes)


def submit(session: Session, actor: Actor, flow: Workflow, filing: Any, kind: ReviewKind) -> None:
    """Hand a draft, or a rejected filing again, to whoever decides; raises WrongState for any other."""
    values = {
        "submitted_at": utcnow(),
        "submitted_by": actor.name,
        "submitted_by_id": actor.account_id,
        "submitted_in": actor.position_key,
        "decided_at": None,
    }
    step = "resubmit" if filing.state == REJECTED else "submit"
    flow.move(session, actor, filing.id, step=step, values=values)
    submission.submit(
        session,
        actor,
        kind,
        filing.id,
        path=filing.path,
        person_id=None,
        subject_account_id=actor.account_id,
        facets={"year": filing.year},
    )


def withdraw(session: Session, actor: Actor, flow: Workflow, filing: Any, kind: ReviewKind) -> None:
    """Take a filing back before its last decision: it is a draft again; raises WrongState."""
    flow.move(session, actor, filing.id, step="withdraw")
    submission.withdraw(session, actor, kind, filing.id)


def remove(session: Session, actor: Actor, flow: Workflow, filing: Any) -> None:
    """Delete a draft with its attachments; its history stays. Raises WrongState for what was submitted."""
    if filing.state != DRAFT:
        raise WrongState(N_("Only a draft can be deleted."))
    for each in attachments.of(session, flow.subject_kind, filing.id):
        attachments.discard(session, each)
    history.record(session, actor, flow.subject_kind, [filing.id], "delete", changes={"name": [filing.name, None]})
    session.delete(filing)
    session.flush()


# --- what a decision does -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answers:
    """The sentences that the unit is told, with %(name)s and %(reason)s, and where they lead."""

    passed: str
    rejected: str
    link: str


def register(
    flow: Workflow,
    kind: ReviewKind,
    permission: Permission,
    links: Callable[[Sequence[Link]], list[Link]],
    answers: Answers,
    shown: Sequence[str],
    *,
    check: Check | None = None,
    can_undo: bool = False,
) -> None:
    """Let the engine review a kind of filing; *shown* are the columns that a decision keeps as they were.

    *can_undo* says that a batch of decisions may be undone: the filing waits again, and what subscribed to ``undo`` follows.
    """
    engine.register(
        Handler(
            kind=kind,
            permission=permission,
            links=links,
            on_passed=partial(_passed, flow, answers),
            on_rejected=partial(_rejected, flow, answers),
            check=check,
            snapshot=partial(_snapshot, flow, tuple(shown)),
        )
    )
    if can_undo:
        undo.register(kind, partial(_undone, flow, answers))


def _passed(flow: Workflow, answers: Answers, session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    ids = [o.review.subject_id for o in outcomes]
    flow.move_many(session, actor, ids, step="pass", values={"decided_at": utcnow(), "reason": ""}).or_raise()
    _tell(session, flow, dict.fromkeys(ids, ""), answers.passed, answers.link)


def _rejected(flow: Workflow, answers: Answers, session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    reasons = {o.review.subject_id: o.reason for o in outcomes}
    said = outcomes[0].reason  # one decision has one reason
    values = {"decided_at": utcnow(), "reason": said}
    flow.move_many(session, actor, list(reasons), step="reject", reason=said, values=values).or_raise()
    _tell(session, flow, reasons, answers.rejected, answers.link)


def _undone(flow: Workflow, answers: Answers, session: Session, actor: Actor, undone: Sequence[Undone]) -> None:
    ids = [u.decision.subject_id for u in undone if u.was_last]
    flow.move_many(session, actor, ids, step="undo", values={"decided_at": None, "reason": ""}).or_raise()
    _tell(session, flow, dict.fromkeys(ids, ""), UNDONE, answers.link)


UNDONE = N_("The decision on “%(name)s” was taken back; it is being reviewed again.")


def _tell(session: Session, flow: Workflow, reasons: dict[int, str], message_id: str, link: str) -> None:
    table: Any = flow.model
    rows = session.execute(select(table.id, table.name, table.submitted_by_id, table.submitted_in).where(table.id.in_(reasons)))
    add_notices(
        session,
        [
            {
                "account_id": row.submitted_by_id,
                "position_key": row.submitted_in,
                "message_id": message_id,
                "params": {"name": row.name, "reason": reasons[row.id]},
                "link": link,
            }
            for row in rows
        ],
    )


def _snapshot(flow: Workflow, shown: Sequence[str], session: Session, reviews: Sequence[Review]) -> dict[int, dict[str, Any]]:
    table: Any = flow.model
    ids = {r.subject_id: r.id for r in reviews}
    rows = session.scalars(select(table).where(table.id.in_(ids)))
    return {ids[row.id]: {name: _plain(getattr(row, name)) for name in shown} for row in rows}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
