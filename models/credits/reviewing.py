"""What the review of a declaration means: levels set the hours granted, the last one's figure counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.access import Actor, Permission, person_key
from models.among import among
from models.base import to_hours, utcnow
from models.credits.declarer_notices import PASSED, REJECTED, TAKEN_BACK, Decided, tell
from models.credits.key_review import SUBJECT_KIND
from models.credits.recount import recount_records
from models.credits.tables import Declaration
from models.credits.workflow import DECLARATIONS
from models.errors import N_, DomainError, Invalid
from models.files import Attachment
from models.reviews import engine, undo
from models.reviews.chain import up_to_first_hr
from models.reviews.engine import Handler, Outcome
from models.reviews.tables import Decision, Review, ReviewKind, Verdict
from models.reviews.undo import Undone

GRANTED, REQUESTED = "granted_tenths", "requested_tenths"
"""What a decision's values hold: each level's figure beside what was declared."""


def granted_so_far(session: Session, reviews: Sequence[Review]) -> dict[int, int]:
    """Return for each review what the level before granted in this round, else what was requested."""
    requested = _requested(session, reviews)
    earlier = _granted_before(session, reviews)
    return {r.id: earlier.get(r.id, requested[r.subject_id]) for r in reviews if r.subject_id in requested}


def _requested(session: Session, reviews: Sequence[Review]) -> dict[int, int]:
    ids = [r.subject_id for r in reviews]
    return dict(session.execute(select(Declaration.id, Declaration.requested_tenths).where(among(Declaration.id, ids))).all())


def _granted_before(session: Session, reviews: Sequence[Review]) -> dict[int, int]:
    rounds = {r.id: r.round for r in reviews if r.level > 1}
    if not rounds:
        return {}
    passed = (
        select(Decision.review_id, Decision.round, Decision.values)
        .where(among(Decision.review_id, rounds), Decision.verdict == Verdict.PASS, Decision.undone_at.is_(None))
        .order_by(Decision.level, Decision.attempt)
    )
    return {
        review_id: values[GRANTED]
        for review_id, number, values in session.execute(passed)
        if values and number == rounds[review_id]
    }


def _fill(session: Session, reviews: Sequence[Review], given: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Complete what an officer left as it was, the hours of the level before, and note what was requested."""
    requested = _requested(session, reviews)
    earlier = _granted_before(session, [r for r in reviews if given[r.id].get(GRANTED) is None])
    filled: dict[int, dict[str, Any]] = {}
    same: dict[tuple[Any, int], dict[str, Any]] = {}  # one object for equal figures: it is encoded once
    for review in reviews:
        most = requested.get(review.subject_id, 0)
        figure = given[review.id].get(GRANTED)
        figure = earlier.get(review.id, most) if figure is None else figure
        filled[review.id] = same.setdefault((figure, most), {GRANTED: figure, REQUESTED: most})
    return filled


def _check(
    _session: Session, _actor: Actor, reviews: Sequence[Review], filled: Mapping[int, Mapping[str, Any]]
) -> dict[int, DomainError]:
    refused: dict[int, DomainError] = {}
    for review in reviews:
        granted, most = filled[review.id][GRANTED], filled[review.id][REQUESTED]
        if not isinstance(granted, int) or not 1 <= granted <= most:
            message_id = N_("The hours granted lie between 0.1 and the hours declared (%(most)s).")
            refused[review.id] = Invalid(message_id, most=to_hours(most))
    return refused


def _on_passed(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    now = utcnow()
    granted = {o.review.subject_id: o.values[GRANTED] for o in outcomes}
    same = {tenths: {GRANTED: [None, tenths]} for tenths in set(granted.values())}  # one object is encoded once
    _move(
        session,
        actor,
        "approve",
        granted,
        values={"recalculated_tenths": None, "recalculated_version_id": None},  # of an earlier grant, that was undone
        each={i: {GRANTED: tenths, "granted_at": now} for i, tenths in granted.items()},
        recorded={i: same[tenths] for i, tenths in granted.items()},
    )
    _tell(session, actor, outcomes, N_("Your declaration “%(title)s” was approved with %(hours)s hours."), PASSED)


def _on_rejected(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    by_reason: dict[str, list[int]] = {}
    for outcome in outcomes:
        by_reason.setdefault(outcome.reason, []).append(outcome.review.subject_id)
    for reason, ids in by_reason.items():
        _move(session, actor, "reject", ids, reason=reason)
    message_id = N_("Your declaration “%(title)s” was rejected by %(organisation)s: %(reason)s")
    _tell(session, actor, outcomes, message_id, REJECTED)


def _move(session: Session, actor: Actor, step: str, ids: Mapping[int, int] | Sequence[int], **how: Any) -> None:
    moved = DECLARATIONS.move_many(session, actor, list(ids), step=step, **how)
    for refusal in moved.refused.values():
        raise refusal


def _tell(session: Session, actor: Actor, outcomes: Sequence[Outcome], message_id: str, to_declarer: str) -> None:
    """Write a notice to the person of each decided declaration, and in sum to whoever declared for others."""
    names = ("id", "title", "form_name", "declared_by_id", "batch_id", "person_name")
    statement = select(*(getattr(Declaration, name) for name in names))
    rows = session.execute(statement.where(among(Declaration.id, [o.review.subject_id for o in outcomes])))
    records = {row.id: row for row in rows}
    notices = []
    decided = []
    for outcome in outcomes:
        review, record = outcome.review, records[outcome.review.subject_id]
        title = record.title or record.form_name
        if review.subject_account_id and review.person_id:
            said = {
                "title": title,
                "hours": str(to_hours(outcome.values.get(GRANTED, 0))),
                "reason": outcome.reason,
                "organisation": actor.organisation_name,
            }
            notices.append(
                {
                    "account_id": review.subject_account_id,
                    "position_key": person_key(review.person_id),
                    "message_id": message_id,
                    "link": f"/portal/declarations/{review.subject_id}",
                    "params": said,
                }
            )
        if record.declared_by_id:
            by = (review.submitted_by_id, record.declared_by_id, record.batch_id)
            decided.append(Decided(*by, title, record.person_name, outcome.reason))
    outbox.add_notices(session, notices)
    tell(session, actor, to_declarer, decided)


def _snapshot(session: Session, reviews: Sequence[Review]) -> dict[int, dict[str, Any]]:
    """Return what the officers see at the moment of their decision: a resubmission may change it."""
    ids = {r.subject_id: r.id for r in reviews}
    names = (
        "year",
        "subject",
        "form_code",
        "form_name",
        "title",
        "elective",
        "requested_tenths",
        "proposed_tenths",
        "inputs",
        "person_name",
        "organisation_name",
        "key_reasons",
    )
    found: dict[int, dict[str, Any]] = {}
    for row in session.execute(
        select(Declaration.id, *(getattr(Declaration, name) for name in names)).where(among(Declaration.id, ids))
    ):
        found[ids[row.id]] = {**{name: getattr(row, name) for name in names}, "evidence": []}
    evidence = select(Attachment.subject_id, Attachment.original_name, Attachment.content_hash).where(
        Attachment.subject_kind == SUBJECT_KIND, among(Attachment.subject_id, ids)
    )
    for row in session.execute(evidence.order_by(Attachment.id)):
        found[ids[row.subject_id]]["evidence"].append([row.original_name, row.content_hash])
    return found


def _on_undone(session: Session, actor: Actor, undone: Sequence[Undone]) -> None:
    """Let what the last level had decided wait again, and correct what its person was told."""
    last = [u for u in undone if u.was_last]
    ids = [u.decision.subject_id for u in last]
    rows = session.execute(select(Declaration.id, Declaration.granted_tenths).where(among(Declaration.id, ids)))
    granted: dict[int, Any] = dict(rows.all())
    _move(
        session,
        actor,
        "undo",
        granted,
        values={GRANTED: None, "granted_at": None},
        recorded={i: {GRANTED: [tenths, None]} for i, tenths in granted.items()},
    )
    message_id = N_(
        "The decision on your declaration “%(title)s” was taken back by %(organisation)s; it is being reviewed again."
    )
    outcomes = [Outcome(u.review, u.decision.level, is_last=True, values={}, reason="") for u in last]
    _tell(session, actor, outcomes, message_id, TAKEN_BACK)


DECLARATIONS.on("approve", recount_records)
DECLARATIONS.on("undo", recount_records)
DECLARATIONS.on("grant", recount_records)
DECLARATIONS.on("take_back", recount_records)
engine.register(
    Handler(
        kind=ReviewKind.DECLARATION,
        permission=Permission.HOURS_REVIEW,
        links=up_to_first_hr,
        on_passed=_on_passed,
        on_rejected=_on_rejected,
        check=_check,
        fill=_fill,
        snapshot=_snapshot,
    )
)
undo.register(ReviewKind.DECLARATION, _on_undone)
