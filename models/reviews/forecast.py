"""What a batch of decisions would do, told before it is done; changes nothing and locks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.errors import N_, DomainError
from models.reviews.engine import handler_of
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from models.workflow import CHUNK

OWN_MATTER = N_("%(n)s are your own matters: another administrator has to decide them.")
NOT_WAITING = N_("%(n)s no longer wait for your organisation.")
REFUSED = N_("%(n)s are refused: %(reason)s")


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many of the rows can be decided, and why the others cannot: (message id, parameters)."""

    n_total: int
    n_able: int
    left_out: tuple[tuple[str, dict[str, object]], ...]


def forecast(session: Session, actor: Actor, review_ids: Sequence[int], *, verdict: Verdict) -> Forecast:
    """Return what ``decide_many`` would do with these reviews at this moment."""
    n_able = n_own = n_known = 0
    refused: Counter[tuple[str, str]] = Counter()
    errors: dict[tuple[str, str], DomainError] = {}
    for start in range(0, len(review_ids), CHUNK):
        rows = session.scalars(select(Review).where(Review.id.in_(review_ids[start : start + CHUNK]))).all()
        waiting = [r for r in rows if r.state == ReviewState.OPEN and r.deciding_organisation_id == actor.organisation_id]
        others = [r for r in waiting if actor.account_id not in {r.subject_account_id, r.submitted_by_id}]
        found = _check(session, actor, others, verdict)
        n_known += len(waiting)
        n_own += len(waiting) - len(others)
        n_able += len(others) - len(found)
        for error in found:
            key = (error.message_id, str(error))
            refused[key] += 1
            errors[key] = error
    left_out: list[tuple[str, dict[str, object]]] = []
    if n_own:
        left_out.append((OWN_MATTER, {"n": n_own}))
    if len(review_ids) > n_known:
        left_out.append((NOT_WAITING, {"n": len(review_ids) - n_known}))
    left_out += [(REFUSED, {"n": n, "reason": errors[key]}) for key, n in refused.most_common(5)]
    return Forecast(len(review_ids), n_able, tuple(left_out))


def _check(session: Session, actor: Actor, rows: Sequence[Review], verdict: Verdict) -> list[DomainError]:
    """Return the refusals of the kinds' own checks, which change nothing."""
    if verdict is not Verdict.PASS:
        return []
    found: list[DomainError] = []
    for kind in sorted({ReviewKind(r.kind) for r in rows}):
        handler = handler_of(kind)
        if handler.check is None:
            continue
        of_kind = [r for r in rows if r.kind == kind]
        nothing: dict[int, dict[str, object]] = {r.id: {} for r in of_kind}
        given = handler.fill(session, of_kind, nothing) if handler.fill else nothing
        found += handler.check(session, actor, of_kind, given).values()
    return found
