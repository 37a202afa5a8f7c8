"""Submitting a subject to its chain, and taking it back: the applicant's side of the engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import utcnow
from models.errors import N_, NotAllowed, NotFound
from models.org.tables import Organisation, OrganisationState
from models.people.tables import Professional
from models.people.transfers import open_transfer
from models.reviews import chain as chains
from models.reviews.chain import Link
from models.reviews.engine import handler_of
from models.reviews.levels import close_waiting
from models.reviews.tables import LevelState, Review, ReviewKind, ReviewLevel, ReviewState
from models.reviews.workflow import REVIEWS
from models.scope import acting, bulk_insert, bulk_insert_returning

ON_THE_WAY = N_("A transfer to another unit waits; nothing else can be submitted until it is decided or withdrawn.")
UNIT_DISABLED = N_("The unit is disabled; nothing new can be submitted from there.")
NOTHING_WAITS = N_("Nothing waits here any more: it was decided or withdrawn before; the records say which.")


def submit(
    session: Session,
    actor: Actor,
    kind: ReviewKind,
    subject_id: int,
    *,
    path: str,
    person_id: int | None,
    subject_account_id: int | None,
    submitted_by_id: int | None = None,
    operation: str = "submit_own",
    facets: Mapping[str, Any] | None = None,
    declared_by: int | None = None,
) -> Review:
    """Open a round for the subject and its first level; a rejected or withdrawn review gets its next round.

    *facets* are the columns of ``models.reviews.tables.Facets`` by which lists of this kind are narrowed.
    *operation* names the closed-list operation under which an applicant may write beyond the own rows; *submitted_by_id*
    is the account of the one who asked, where it is not the actor. *declared_by* is the organisation that asked for a person:
    the levels up to and including it are passed, and where it is the last one another of its administrators decides.
    Raises WrongState when a round is open or the review has passed, and NotAllowed while the person is on the way to another
    organisation, or her own one is disabled.
    """
    if person_id is not None:
        _refuse_on_the_way(session, person_id)
        if is_unit_disabled(session, person_id):
            raise NotAllowed(UNIT_DISABLED)
    by = submitted_by_id or actor.account_id
    handler = handler_of(kind)
    chain = chains.links(session, path)
    levels, first = handler.links(chain), 1
    if declared_by is not None:
        levels, first = _beyond(chain, levels, declared_by)
    with acting(session, operation):
        review = _locked(session, kind, subject_id)
        may = chains.deciders(session, [link.organisation_id for link in chain], handler.permission)
        opening = opening_of(chain, levels[first - 1 :], may, {by, subject_account_id}, first=first)
        step = {"round": review.round + 1 if review else 1, **_opened(opening, levels, by), **(facets or {})}
        if review is None:
            whose = {"path": path, "person_id": person_id, "subject_account_id": subject_account_id}
            review = Review(kind=kind, subject_id=subject_id, state=ReviewState.OPEN, **whose, **step)
            session.add(review)
            session.flush()
        else:
            REVIEWS.move(session, actor, review.id, step="resubmit", values=step | {"decided_at": None})
        bulk_insert(session, ReviewLevel, [level_row(review, n, link, opening) for n, link in enumerate(levels, start=1)])
    return review


def _opened(opening: Opening, levels: Sequence[Link], by: int) -> dict[str, Any]:
    """Return the columns of a review whose round opens."""
    return {
        "level": opening.level,
        "n_levels": len(levels),
        "submitted_at": utcnow(),
        "submitted_by_id": by,
        "deciding_organisation_id": opening.decider,
        "in_place_of_id": opening.in_place_of,
    }


@dataclass(frozen=True, slots=True)
class Matter:
    """One subject that has never been submitted: where it stands, whose it is, and the facets of its lists."""

    subject_id: int
    path: str
    person_id: int
    subject_account_id: int | None
    facets: Mapping[str, Any]


def submit_new(session: Session, actor: Actor, kind: ReviewKind, matters: Sequence[Matter], *, operation: str) -> None:
    """Open the first round of many subjects at once, as ``submit`` does of one; nobody of them is ``on the way``.

    The caller has locked the people and left out who moves at this moment.
    """
    handler = handler_of(kind)
    with acting(session, operation):
        chain_of = chains.links_of(session, {matter.path for matter in matters})
        everybody = {link.organisation_id for chain in chain_of.values() for link in chain}
        may = chains.deciders(session, everybody, handler.permission)
        opened: list[tuple[list[Link], Opening]] = []
        rows: list[dict[str, Any]] = []
        for matter in matters:
            chain = chain_of[matter.path]
            levels = handler.links(chain)
            opening = opening_of(chain, levels, may, {actor.account_id, matter.subject_account_id})
            opened.append((levels, opening))
            whose = {name: getattr(matter, name) for name in ("subject_id", "path", "person_id", "subject_account_id")}
            state = {"kind": kind, "state": ReviewState.OPEN, "round": 1, "attempt": 0}
            rows.append({**whose, **state, **_opened(opening, levels, actor.account_id), **matter.facets})
        ids = bulk_insert_returning(session, Review, rows)
        reviews = {review.id: review for review in session.scalars(select(Review).where(Review.id.in_(ids)))}
        steps = [
            level_row(reviews[i], n, link, opening)
            for i, (levels, opening) in zip(ids, opened, strict=True)
            for n, link in enumerate(levels, start=1)
        ]
        bulk_insert(session, ReviewLevel, steps)


def _beyond(chain: Sequence[Link], levels: list[Link], organisation_id: int) -> tuple[list[Link], int]:
    """Return the levels of a matter that an organisation of the chain brings itself, and the number of the first to decide.

    One above the last level becomes the last level: what it brings is not left to those below it.
    """
    place = next((n for n, link in enumerate(chain) if link.organisation_id == organisation_id), None)
    if place is None:
        raise NotFound
    if all(link.organisation_id != organisation_id for link in levels):
        levels = list(chain[: place + 1])
    own = next(n for n, link in enumerate(levels, start=1) if link.organisation_id == organisation_id)
    return levels, min(own + 1, len(levels))


def _refuse_on_the_way(session: Session, person_id: int) -> None:
    # The lock meets that of a transfer that begins at this moment: one of the two comes first.
    session.execute(select(Professional.id).where(Professional.id == person_id).with_for_update(key_share=True))
    if open_transfer(session, person_id) is not None:
        raise NotAllowed(ON_THE_WAY)


def is_unit_disabled(session: Session, person_id: int) -> bool:
    """Say whether a person's organisation is disabled: its people read on, but submit nothing new."""
    own = select(Organisation.state).join(Professional, Professional.organisation_id == Organisation.id)
    with acting(session, "build_chain"):
        return session.scalar(own.where(Professional.id == person_id)) == OrganisationState.DISABLED


def _locked(session: Session, kind: ReviewKind, subject_id: int) -> Review | None:
    return session.scalars(select(Review).where(Review.kind == kind, Review.subject_id == subject_id).with_for_update()).first()


def level_row(review: Review, n: int, link: Link, opening: Opening) -> dict[str, object]:
    """Return the row of level *n* of a round."""
    return {
        "review_id": review.id,
        "round": review.round,
        "level": n,
        "path": review.path,
        "person_id": review.person_id,
        "deciding_organisation_id": link.organisation_id,
        "organisation_name": link.name,
        "organisation_phone": link.phone,
        "state": opening.state_of(n),
    }


@dataclass(frozen=True, slots=True)
class Opening:
    """Which level of a round opens, and who decides it."""

    level: int
    decider: int
    in_place_of: int | None
    skipped: frozenset[int] = frozenset()
    first: int = 1  # the levels before it are passed

    def state_of(self, level: int) -> LevelState:
        """Return the state of a level that nobody has decided."""
        if level < self.first:
            return LevelState.PASSED
        if level in self.skipped:
            return LevelState.SKIPPED
        return LevelState.OPEN if level == self.level else LevelState.WAITING


def opening_of(
    chain: Sequence[Link], levels: Sequence[Link], may: chains.Deciders, not_by: Collection[int | None], *, first: int = 1
) -> Opening:
    """Find the level to open among *levels*, numbered from *first* on: closed ones are skipped, but the last one is never."""
    n = 0
    while n < len(levels) - 1 and not levels[n].is_open:
        n += 1
    own = levels[n].organisation_id
    ids = [link.organisation_id for link in chain]
    decider = chains.stand_in(ids, own, may, own_path_id=ids[0], not_by=not_by)
    return Opening(first + n, decider, own if decider != own else None, frozenset(range(first, first + n)), first)


def withdraw(session: Session, actor: Actor, kind: ReviewKind, subject_id: int, *, operation: str = "submit_own") -> None:
    """Take the open round back; raises WrongState after the last decision and NotFound for a subject without review."""
    with acting(session, operation):
        review = _locked(session, kind, subject_id)
        if review is None:
            raise NotFound
        number = review.round
        REVIEWS.move(
            session,
            actor,
            review.id,
            step="withdraw",
            values={
                "deciding_organisation_id": None,
                "in_place_of_id": None,
                "decided_at": utcnow(),
            },
        )
        close_waiting(session, [(review.id, number)])


def decider_of(session: Session, review: Review) -> Link:
    """Return the organisation that decides an open review, as the applicant is shown it."""
    found = chains.links(session, review.path)
    return next(link for link in found if link.organisation_id == review.deciding_organisation_id)
