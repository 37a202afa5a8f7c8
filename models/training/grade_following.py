"""What follows a decision on the declaration that a grade became: the grade goes along, and its base is told, in sum for each class."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.among import among
from models.credits import declarer_notices
from models.credits.declarer_notices import PASSED, REJECTED, TAKEN_BACK, Decided
from models.credits.workflow import DECLARATIONS
from models.org.tables import Organisation
from models.reviews.tables import Decision, Review, ReviewKind, Verdict
from models.scope import acting
from models.training.grades import APPROVED, GRADES, PENDING, Grade, GradeState
from models.training.grades import REJECTED as NOT_PASSED

_LINKS = {
    PASSED: "/admin/grades/?f_state=approved",
    REJECTED: "/admin/grades/?f_state=rejected",
    TAKEN_BACK: "/admin/grades/?f_state=pending",
}
_STEP_TO = {PENDING: "reopen", APPROVED: "approve", NOT_PASSED: "reject"}
_SAID = {PENDING: TAKEN_BACK, APPROVED: PASSED, NOT_PASSED: REJECTED}
_OWN_STEPS = frozenset({"submit", "resubmit", "withdraw"})


def _follow(target: GradeState, session: Session, actor: Actor, declaration_ids: Sequence[int]) -> None:
    of_them = (among(Grade.declaration_id, declaration_ids), Grade.state != target)
    found = session.execute(select(Grade.id, Grade.declaration_id).where(*of_them)).all()
    if not found:
        return
    reasons = _reasons(session, [row.declaration_id for row in found]) if target is NOT_PASSED else {}
    each = {row.id: {"reason": reasons.get(row.declaration_id, "")} for row in found}
    GRADES.move_many(session, actor, list(each), step=_STEP_TO[target], each=each).or_raise()
    _tell(session, actor, _SAID[target], list(each))


def _reasons(session: Session, declaration_ids: Collection[int]) -> dict[int, str]:
    """Return why each of these declarations was rejected the last time."""
    rejected = (Decision.kind == ReviewKind.DECLARATION, Decision.verdict == Verdict.REJECT)
    statement = select(Decision.subject_id, Decision.reason).where(among(Decision.subject_id, declaration_ids), *rejected)
    return {row.subject_id: row.reason for row in session.execute(statement.order_by(Decision.id))}


def _tell(session: Session, actor: Actor, message_id: str, ids: Collection[int]) -> None:
    rows = session.execute(
        select(Grade.name, Grade.class_id, Grade.class_name, Grade.reason, Grade.from_path, Review.submitted_by_id)
        .join(Review, (Review.subject_id == Grade.declaration_id) & (Review.kind == ReviewKind.DECLARATION))
        .where(among(Grade.id, ids))
        .order_by(Grade.id)
    ).all()
    with acting(session, "add_notice"):
        of_paths = select(Organisation.path, Organisation.id).where(Organisation.path.in_({row.from_path for row in rows}))
        bases = {row.path: row.id for row in session.execute(of_paths)}
    decided = [
        Decided(row.submitted_by_id, bases[row.from_path], row.class_id, row.class_name, row.name, row.reason)
        for row in rows
        if row.from_path in bases
    ]
    declarer_notices.tell(session, actor, message_id, decided, links=_LINKS)


for _step in DECLARATIONS.steps.values():
    if _step.name not in _OWN_STEPS and _step.target in set(GradeState):
        DECLARATIONS.on(_step.name, partial(_follow, GradeState(_step.target)))
