"""The one approval engine: one history, one decision for each row and level. `submission` opens and closes rounds.

Each kind of subject registers a Handler: what the chain is, what a decision may carry and what follows from it.
Everything runs in the caller's transaction and is set-based: a decision of 500 rows takes the statements of one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.among import among
from models.base import utcnow
from models.errors import N_, Conflict, DomainError, Invalid, NotAllowed, NotFound, WrongState
from models.reviews import chain as chains
from models.reviews.chain import Link
from models.reviews.levels import close_waiting, levels_after, set_levels
from models.reviews.tables import Decision, LevelState, Review, ReviewKind, ReviewLevel, ReviewState, Verdict
from models.reviews.workflow import REVIEWS
from models.scope import bulk_insert
from models.workflow import CHUNK, Moved


@dataclass(frozen=True, slots=True)
class Outcome:
    """One decided review: what an effect needs to know."""

    review: Review
    level: int
    is_last: bool
    values: Mapping[str, Any]
    reason: str


Effect = Callable[[Session, Actor, Sequence[Outcome]], None]
Check = Callable[[Session, Actor, Sequence[Review], Mapping[int, Mapping[str, Any]]], Mapping[int, DomainError]]
"""Gets the reviews about to pass and the values given for each; returns the refused. May not change anything."""
Fill = Callable[[Session, Sequence[Review], Mapping[int, Mapping[str, Any]]], Mapping[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Handler:
    """What one kind of review means."""

    kind: ReviewKind
    permission: Permission
    links: Callable[[Sequence[Link]], list[Link]]
    on_passed: Effect
    on_rejected: Effect
    on_level: Effect | None = None  # a level passed that is not the last
    check: Check | None = None
    fill: Fill | None = None  # completes the values of a decision, e.g. hours that the officer left as they are
    snapshot: Callable[[Session, Sequence[Review]], Mapping[int, dict[str, Any]]] | None = None


_handlers: dict[ReviewKind, Handler] = {}


def register(handler: Handler) -> None:
    """Register the handler of a kind; areas do it once, when they are imported."""
    _handlers[handler.kind] = handler


def handler_of(kind: ReviewKind) -> Handler:
    """Return the handler of *kind*; raises KeyError for one that no area registered."""
    return _handlers[kind]


# --- deciding -------------------------------------------------------------------------------------------------------


@dataclass
class _Batch:
    """The reviews of one chunk on their way to a decision."""

    rows: list[Review]
    refused: dict[int, DomainError] = field(default_factory=dict)

    def refuse(self, refused: Mapping[int, DomainError]) -> None:
        self.refused.update(refused)
        self.rows = [r for r in self.rows if r.id not in refused]


def decide_many(
    session: Session,
    actor: Actor,
    review_ids: Collection[int],
    *,
    verdict: Verdict,
    reason: str = "",
    values: Mapping[int, Mapping[str, Any]] | None = None,
    batch: str | None = None,
    seen: Mapping[int, str] | None = None,
) -> Moved:
    """Pass or reject the reviews that wait for the actor's organisation; refuse each other with its own sentence.

    *values* maps a review's id to what the decision sets (hours granted). *seen* maps it to the ``version`` that the
    screen showed: a level that moved on since is refused, also where the same organisation decides the next one.
    Raises Invalid for a rejection without reason, before anything is read.
    """
    if verdict is Verdict.REJECT and not reason.strip():
        raise Invalid(N_("Please give a reason for the rejection."))
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    wanted = sorted(set(review_ids))
    for start in range(0, len(wanted), CHUNK):
        ids = wanted[start : start + CHUNK]
        chunk = _claim(session, actor, ids, seen or {})
        by_kind: dict[ReviewKind, list[Review]] = {}
        for row in chunk.rows:
            by_kind.setdefault(ReviewKind(row.kind), []).append(row)
        for kind, rows in by_kind.items():
            decided, not_decided = _decide(session, actor, handler_of(kind), rows, verdict, reason.strip(), values or {}, batch)
            done.extend(decided)
            refused.update(not_decided)
        refused.update(chunk.refused)
    return Moved(tuple(sorted(done)), refused)


def decide(session: Session, actor: Actor, review_id: int, *, verdict: Verdict, **how: Any) -> None:
    """Decide one review; raises what ``decide_many`` refused it with."""
    moved = decide_many(session, actor, [review_id], verdict=verdict, **how)
    if moved.refused:
        raise moved.refused[review_id]


def version(review: Review) -> str:
    """Return what a form carries of the step it was made for."""
    return f"{review.round}.{review.level}.{review.attempt}"


def _claim(session: Session, actor: Actor, ids: Sequence[int], seen: Mapping[int, str]) -> _Batch:
    """Lock the rows in the order of their ids (no deadlock) and sort out what does not wait for the actor."""
    session.flush()
    statement = select(Review).where(among(Review.id, ids)).order_by(Review.id).with_for_update()
    rows = list(session.scalars(statement, execution_options={"populate_existing": True}))
    found = {r.id for r in rows}
    batch = _Batch(rows, {i: NotFound() for i in ids if i not in found})
    moved_on = [
        r
        for r in rows
        if r.state != ReviewState.OPEN
        or r.deciding_organisation_id != actor.organisation_id
        or (r.id in seen and seen[r.id] != version(r))
    ]
    batch.refuse(who_was_first(session, actor, moved_on))
    batch.refuse({r.id: own_matter() for r in batch.rows if actor.account_id in {r.subject_account_id, r.submitted_by_id}})
    return batch


def own_matter() -> DomainError:
    """Return the refusal of whoever would decide a matter of one's own."""
    return NotAllowed(N_("This is your own matter: another administrator has to decide it."))


def who_was_first(session: Session, actor: Actor, rows: Sequence[Review]) -> dict[int, DomainError]:
    """Return why reviews do not wait for the actor's organisation any more, or not yet: decided, withdrawn, elsewhere."""
    if not rows:
        return {}
    latest: dict[int, Decision] = {}
    for decision in session.scalars(
        select(Decision)
        .where(Decision.review_id.in_([r.id for r in rows]), Decision.verdict != Verdict.UNDONE, Decision.undone_at.is_(None))
        .order_by(Decision.id)
    ):
        latest[decision.review_id] = decision
    refused: dict[int, DomainError] = {}
    for row in rows:
        last = latest.get(row.id)
        if last is not None and last.round == row.round and last.by_organisation_id == actor.organisation_id:
            refused[row.id] = Conflict(N_("Already handled by %(name)s at %(time)s."), name=last.actor_name, time=last.decided_at)
        elif row.state == ReviewState.OPEN and row.deciding_organisation_id == actor.organisation_id:
            refused[row.id] = WrongState(N_("It has moved on since this page was opened; please look again."))
        elif row.state == ReviewState.OPEN:
            refused[row.id] = NotAllowed(N_("It waits for another organisation to decide."))
        elif row.state == ReviewState.WITHDRAWN:
            refused[row.id] = WrongState(N_("The applicant has withdrawn it."))
        elif last is not None:
            refused[row.id] = Conflict(N_("Already handled by %(name)s at %(time)s."), name=last.actor_name, time=last.decided_at)
        else:
            refused[row.id] = WrongState(N_("It has been decided already."))
    return refused


def _decide(
    session: Session,
    actor: Actor,
    handler: Handler,
    rows: list[Review],
    verdict: Verdict,
    reason: str,
    values: Mapping[int, Mapping[str, Any]],
    batch: str | None,
) -> tuple[list[int], Mapping[int, DomainError]]:
    actor.require(handler.permission)
    actor = actor.on_behalf(handler.permission)
    given = {r.id: values.get(r.id, {}) for r in rows}
    refused: Mapping[int, DomainError] = {}
    if verdict is Verdict.PASS:
        if handler.fill:
            given = dict(handler.fill(session, rows, given))
        refused = handler.check(session, actor, rows, given) if handler.check else {}
        rows = [r for r in rows if r.id not in refused]
    if not rows:
        return [], refused
    now = utcnow()
    _write_decisions(session, actor, handler, rows, verdict, reason, given, batch, now)
    outcomes = [Outcome(r, r.level, r.level == r.n_levels, given[r.id], reason) for r in rows]
    if verdict is Verdict.REJECT:
        _close(session, actor, rows, "reject", LevelState.REJECTED, reason, now)
        handler.on_rejected(session, actor, outcomes)
        return [r.id for r in rows], refused
    going_on = _raise_level(session, actor, handler, [o for o in outcomes if not o.is_last])
    finished = [o for o in outcomes if o.review.id not in going_on]
    if finished:
        _close(session, actor, [o.review for o in finished], "pass", LevelState.PASSED, reason, now)
        handler.on_passed(session, actor, finished)
    on_the_way = [o for o in outcomes if o.review.id in going_on]
    if on_the_way and handler.on_level:
        handler.on_level(session, actor, on_the_way)
    return [o.review.id for o in outcomes], refused


def _write_decisions(
    session: Session,
    actor: Actor,
    handler: Handler,
    rows: Sequence[Review],
    verdict: Verdict,
    reason: str,
    values: Mapping[int, Mapping[str, Any]],
    batch: str | None,
    now: dt.datetime,
) -> None:
    names = _names_of(session, rows)
    snapshots = handler.snapshot(session, rows) if handler.snapshot else {}
    carried = {id(each): dict(each) or None for each in values.values()}  # one object stays one: it is encoded once
    bulk_insert(
        session,
        Decision,
        [
            {
                "review_id": r.id,
                "kind": r.kind,
                "subject_id": r.subject_id,
                "round": r.round,
                "level": r.level,
                "attempt": r.attempt,
                "verdict": verdict,
                "reason": reason,
                "values": carried[id(values[r.id])],
                "by_organisation_id": actor.organisation_id,
                "by_organisation_name": actor.organisation_name,
                "in_place_of": names.get(r.in_place_of_id or 0, ""),
                "account_id": actor.account_id,
                "actor_name": actor.name,
                "batch": batch,
                "is_hidden": False,
                "undone_at": None,
                "snapshot": snapshots.get(r.id),
                "decided_at": now,
                "path": r.path,
                "person_id": r.person_id,
                "year": r.year,
                "topic": r.topic,
                "part": r.part,
            }
            for r in rows
        ],
    )


def _names_of(session: Session, rows: Sequence[Review]) -> dict[int, str]:
    """Return the names of the organisations that are decided for by another one."""
    ids = [r.id for r in rows if r.in_place_of_id]
    if not ids:
        return {}
    levels = session.scalars(select(ReviewLevel).where(among(ReviewLevel.review_id, ids), ReviewLevel.state == LevelState.OPEN))
    return {level.deciding_organisation_id: level.organisation_name for level in levels}


def _close(
    session: Session, actor: Actor, rows: Sequence[Review], step: str, state: LevelState, reason: str, now: dt.datetime
) -> None:
    ids = [r.id for r in rows]
    keys = [(r.id, r.round, r.level) for r in rows]
    later = [(r.id, r.round) for r in rows]
    moved = REVIEWS.move_many(
        session,
        actor,
        ids,
        step=step,
        reason=reason,
        values={
            "deciding_organisation_id": None,
            "in_place_of_id": None,
            "decided_at": now,
        },
    )
    moved.or_raise()
    set_levels(session, keys, state)
    if state is LevelState.REJECTED:
        close_waiting(session, later)


def _raise_level(session: Session, actor: Actor, handler: Handler, passed: Sequence[Outcome]) -> frozenset[int]:
    """Open the next level of each row; return those that have one (a chain whose rest is closed ends here)."""
    if not passed:
        return frozenset()
    rows = [o.review for o in passed]
    levels = levels_after(session, rows)
    chain_of = chains.links_of(session, {r.path for r in rows})
    may = chains.deciders(session, {link.organisation_id for c in chain_of.values() for link in c}, handler.permission)
    each: dict[int, dict[str, Any]] = {}
    skipped: list[tuple[int, int, int]] = []
    opened: list[tuple[int, int, int]] = []
    for row in rows:
        chain = chain_of[row.path]
        is_open = {link.organisation_id: link.is_open for link in chain}
        rest = levels[row.id]
        while len(rest) > 1 and not is_open.get(rest[0].organisation_id, False):
            skipped.append((row.id, row.round, rest.pop(0).level))
        own = rest[0].organisation_id
        ids = [link.organisation_id for link in chain]
        decider = chains.stand_in(ids, own, may, own_path_id=ids[0], not_by={row.subject_account_id, row.submitted_by_id})
        opened.append((row.id, row.round, rest[0].level))
        each[row.id] = {
            "level": rest[0].level,
            "deciding_organisation_id": decider,
            "in_place_of_id": own if decider != own else None,
        }
    decided = [(r.id, r.round, r.level) for r in rows]
    recorded = {o.review.id: {name: [None, value] for name, value in o.values.items()} for o in passed}
    moved = REVIEWS.move_many(
        session, actor, [r.id for r in rows], step="pass_level", reason=passed[0].reason, each=each, recorded=recorded
    )
    moved.or_raise()
    set_levels(session, decided, LevelState.PASSED)
    set_levels(session, skipped, LevelState.SKIPPED)
    set_levels(session, opened, LevelState.OPEN)
    return frozenset(each)
