"""Open steps follow the organisation: a closed one is skipped, and where nobody can decide the one above stands in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.org import moving
from models.org.moving import Moved
from models.org.workflow import ORGANISATIONS
from models.people import posts
from models.reviews import chain as chains
from models.reviews.engine import handler_of
from models.reviews.levels import levels_after, set_levels
from models.reviews.submission import level_row, opening_of
from models.reviews.tables import LevelState, Review, ReviewKind, ReviewLevel, ReviewState
from models.reviews.workflow import REVIEWS
from models.scope import acting, bulk_insert, path_range
from models.workflow import CHUNK


@dataclass(frozen=True, slots=True)
class _Turn:
    """Where an open review goes on."""

    level: int
    decider: int
    in_place_of: int | None
    skipped: tuple[int, ...]


def follow(session: Session, actor: Actor, organisation_ids: Collection[int]) -> int:
    """Look anew at every open step that waits for one of the organisations; return how many moved.

    Called after what changes who decides: a right closed or opened, an organisation disabled or enabled, an
    administrator come or gone, a role changed.
    """
    concerned = or_(Review.deciding_organisation_id.in_(organisation_ids), Review.in_place_of_id.in_(organisation_ids))
    return _follow(session, actor, concerned, _reroute)


def _reroute(session: Session, actor: Actor, kind: ReviewKind, rows: Sequence[Review]) -> int:
    turns = _turns(session, kind, rows)
    moved = [
        r
        for r in rows
        if (turns[r.id].level, turns[r.id].decider, turns[r.id].in_place_of)
        != (r.level, r.deciding_organisation_id, r.in_place_of_id)
    ]
    if not moved:
        return 0
    skipped = [(r.id, r.round, level) for r in moved for level in turns[r.id].skipped]
    opened = [(r.id, r.round, turns[r.id].level) for r in moved if turns[r.id].skipped]
    REVIEWS.move_many(
        session,
        actor,
        [r.id for r in moved],
        step="reroute",
        each={
            r.id: {
                "level": turns[r.id].level,
                "deciding_organisation_id": turns[r.id].decider,
                "in_place_of_id": turns[r.id].in_place_of,
            }
            for r in moved
        },
    )
    set_levels(session, skipped, LevelState.SKIPPED)
    set_levels(session, opened, LevelState.OPEN)
    return len(moved)


def _turns(session: Session, kind: ReviewKind, rows: Sequence[Review]) -> dict[int, _Turn]:
    later = levels_after(session, rows)
    present = {
        row.review_id: row.deciding_organisation_id
        for row in session.execute(
            select(ReviewLevel.review_id, ReviewLevel.deciding_organisation_id).where(
                ReviewLevel.review_id.in_([r.id for r in rows]), ReviewLevel.state == LevelState.OPEN
            )
        )
    }
    chain_of = chains.links_of(session, {r.path for r in rows})
    ids = {link.organisation_id for chain in chain_of.values() for link in chain}
    may = chains.deciders(session, ids, handler_of(kind).permission)
    found: dict[int, _Turn] = {}
    for row in rows:
        chain = chain_of[row.path]
        is_open = {link.organisation_id: link.is_open for link in chain}
        steps = [(row.level, present[row.id]), *((level.level, level.organisation_id) for level in later.get(row.id, ()))]
        skipped = []
        while len(steps) > 1 and not is_open.get(steps[0][1], False):
            skipped.append(steps.pop(0)[0])
        level, own = steps[0]
        order = [link.organisation_id for link in chain]
        decider = chains.stand_in(order, own, may, own_path_id=order[0], not_by={row.subject_account_id, row.submitted_by_id})
        found[row.id] = _Turn(level, decider, own if decider != own else None, tuple(skipped))
    return found


def follow_move(session: Session, actor: Actor, moved: Moved) -> int:
    """Replace the undecided steps of everything open in a moved subtree by the organisations above its new place."""
    low, high = path_range(moved.new_path)
    return _follow(session, actor, and_(Review.path >= low, Review.path < high), _replace)


def follow_people(session: Session, actor: Actor, person_ids: Collection[int]) -> int:
    """Do the same with what is open of people who have another organisation now; return how many reviews moved."""
    return _follow(session, actor, Review.person_id.in_(person_ids), _replace)


def follow_reviews(session: Session, actor: Actor, review_ids: Collection[int]) -> int:
    """Do the same with single reviews that wait at another organisation now."""
    return _follow(session, actor, Review.id.in_(review_ids), _replace)


Reroute = Callable[[Session, Actor, ReviewKind, Sequence[Review]], int]


def _follow(session: Session, actor: Actor, concerned: ColumnElement[bool], reroute: Reroute) -> int:
    n_moved, last = 0, 0
    with acting(session, "reroute"):
        while True:
            rows = session.scalars(
                select(Review)
                .where(Review.state == ReviewState.OPEN, concerned, Review.id > last)
                .order_by(Review.id)
                .limit(CHUNK)
                .with_for_update()
            ).all()
            if not rows:
                return n_moved
            last = rows[-1].id
            for kind in sorted({r.kind for r in rows}):
                n_moved += reroute(session, actor, ReviewKind(kind), [r for r in rows if r.kind == kind])


def _replace(session: Session, actor: Actor, kind: ReviewKind, rows: Sequence[Review]) -> int:
    handler = handler_of(kind)
    present = _levels(session, rows)
    chain_of = chains.links_of(session, {r.path for r in rows})
    may = chains.deciders(session, {link.organisation_id for c in chain_of.values() for link in c}, handler.permission)
    each: dict[int, dict[str, int | None]] = {}
    levels: list[dict[str, object]] = []
    gone: list[int] = []
    for row in rows:
        decided, undecided = _parted(present[row.id])
        chain = chain_of[row.path]
        by = {level.deciding_organisation_id for level in decided}
        wanted = handler.links(chain)
        rest = [link for link in wanted if link.organisation_id not in by] or list(wanted[-1:])
        first = len(decided) + 1
        opening = opening_of(chain, rest, may, {row.subject_account_id, row.submitted_by_id}, first=first)
        present_turn = (row.level, row.n_levels, row.deciding_organisation_id, row.in_place_of_id)
        turn = (opening.level, len(decided) + len(rest), opening.decider, opening.in_place_of)
        if turn == present_turn and [link.organisation_id for link in rest] == [u.deciding_organisation_id for u in undecided]:
            continue
        gone += [level.id for level in undecided]
        levels += [level_row(row, n, link, opening) for n, link in enumerate(rest, start=first)]
        each[row.id] = dict(zip(("level", "n_levels", "deciding_organisation_id", "in_place_of_id"), turn, strict=True))
    if each:
        session.execute(delete(ReviewLevel).where(ReviewLevel.id.in_(gone)), execution_options={"synchronize_session": False})
        bulk_insert(session, ReviewLevel, levels)
        REVIEWS.move_many(session, actor, list(each), step="reroute", each=each)
    return len(each)


def _parted(levels: Sequence[ReviewLevel]) -> tuple[Sequence[ReviewLevel], Sequence[ReviewLevel]]:
    """Part the levels of a round into those up to the last that somebody decided, and the rest: skipped ones come up anew."""
    n_decided = max((n for n, level in enumerate(levels, start=1) if level.state == LevelState.PASSED), default=0)
    return levels[:n_decided], levels[n_decided:]


def _levels(session: Session, rows: Sequence[Review]) -> dict[int, list[ReviewLevel]]:
    """Return the levels of the present round of each review, in their order."""
    found: dict[int, list[ReviewLevel]] = {r.id: [] for r in rows}
    rounds = {r.id: r.round for r in rows}
    for level in session.scalars(
        select(ReviewLevel).where(ReviewLevel.review_id.in_(found)).order_by(ReviewLevel.review_id, ReviewLevel.level)
    ):
        if level.round == rounds[level.review_id]:
            found[level.review_id].append(level)
    return found


def _after_step(session: Session, actor: Actor, ids: Sequence[int]) -> None:
    follow(session, actor, ids)


posts.follow_with(follow)
moving.follow_with(follow_move)
for _step in ("disable", "enable"):
    ORGANISATIONS.on(_step, _after_step)
