"""Finds the years of people between which hours may move, and keeps what moved with its postings; inside ``recount_year``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.among import among
from models.credits.carrying import MOST_YEARS, Between, Moved, Moving
from models.credits.postings import Figures, Line, Posted, PostingKind
from models.credits.tables import Declaration, DeclarationState, YearMove, YearSummary
from models.errors import N_
from models.people.tables import Membership
from models.scope import bulk_insert, bulk_update

MOVED_LESS = N_("Less is above the requirement than before.")
MADE_UP_LESS = N_("Less is missing in the earlier year, or less is above the requirement of the later one.")
SWITCHED_OFF = N_("Hours are not carried over or made up here any more.")


class Move(NamedTuple):
    """A stored move, also one of nothing any more."""

    id: int
    public: int
    professional: int


class WrongMove(NamedTuple):
    """A move that differs from what is stored."""

    person_id: int
    path: str
    between: Between
    stored: Move | None
    right: Moved
    is_off: bool  # no demand lets hours go that way

    @property
    def difference(self) -> Figures:
        """Return the tenths that move more than before: total, public, professional."""
        public = self.right.public - (self.stored.public if self.stored else 0)
        professional = self.right.professional - (self.stored.professional if self.stored else 0)
        return (public + professional, public, professional)


def stored_moves(session: Session, person_ids: Collection[int]) -> dict[int, dict[Between, Move]]:
    """Return by person what is stored."""
    columns = (YearMove.id, YearMove.person_id, YearMove.from_year, YearMove.to_year)
    statement = select(*columns, YearMove.public_tenths, YearMove.professional_tenths)
    found: dict[int, dict[Between, Move]] = {}
    for row in session.execute(statement.where(among(YearMove.person_id, person_ids))):
        moves = found.setdefault(row.person_id, {})
        moves[row.from_year, row.to_year] = Move(row.id, row.public_tenths, row.professional_tenths)
    return found


class Life(NamedTuple):
    """Which years of a person can give or take hours, and from which on she has to complete hers."""

    years: frozenset[int]
    due: frozenset[int]


def lives(session: Session, asked: Mapping[int, Collection[int]], moves: Mapping[int, Mapping[Between, Move]]) -> dict[int, Life]:
    """Return by person every year from the first that later hours can complete to the last that hours can be carried to.

    A year is due from the one on in which she first belonged to an organisation, and where hours of it were granted.
    """
    granted, known = _years_of(session, asked)
    first_member = {
        person: first.year
        for person, first in session.execute(
            select(Membership.person_id, func.min(Membership.from_on))
            .where(among(Membership.person_id, asked))
            .group_by(Membership.person_id)
        )
    }
    found: dict[int, Life] = {}
    for person, years in asked.items():
        of_records = granted.get(person, set())
        stored = {year for between in moves.get(person, ()) for year in between}
        every = {*years, *known.get(person, ()), *stored}
        if of_records:
            since = first_member.get(person, min(of_records))
            first = min(*of_records, max(since, min(of_records) - MOST_YEARS))
            every.update(range(first, max(of_records) + MOST_YEARS + 1))
        due = {y for y in every if y in of_records or first_member.get(person, y + 1) <= y}
        found[person] = Life(frozenset(every), frozenset(due))
    return found


def _years_of(session: Session, person_ids: Collection[int]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Return by person the years that hours were granted of, and those that are summed up."""
    records = select(Declaration.person_id, Declaration.year).where(
        among(Declaration.person_id, person_ids), Declaration.state == DeclarationState.APPROVED
    )
    summaries = select(YearSummary.person_id, YearSummary.year).where(among(YearSummary.person_id, person_ids))
    found: tuple[dict[int, set[int]], dict[int, set[int]]] = ({}, {})
    for into, statement in zip(found, (records.distinct(), summaries), strict=True):
        for row in session.execute(statement):
            into.setdefault(row.person_id, set()).add(row.year)
    return found


def moves_of_year(session: Session, person_id: int, year: int) -> Sequence[YearMove]:
    """Return what stands in or has left a person's year, by the other year."""
    statement = select(YearMove).where(
        YearMove.person_id == person_id,
        or_(YearMove.from_year == year, YearMove.to_year == year),
        YearMove.public_tenths + YearMove.professional_tenths > 0,
    )
    return session.scalars(statement.order_by(YearMove.from_year, YearMove.to_year)).all()


def wrong_moves(
    person_id: int,
    path: str,
    right: Mapping[Between, Moved],
    stored: Mapping[Between, Move],
    moving: Mapping[int, Moving],
) -> list[WrongMove]:
    """Return what differs between the moves as they should be and as they are stored; *moving* is what each year allows."""
    nothing = Moved()
    both = [
        WrongMove(person_id, path, b, stored.get(b), right.get(b, nothing), is_off=_is_off(b, moving))
        for b in sorted({*right, *stored})
    ]
    return [each for each in both if each.difference != (0, 0, 0)]


def _is_off(between: Between, moving: Mapping[int, Moving]) -> bool:
    source, target = between
    return moving[target].make_up_years == 0 if target < source else moving[source].carry_years == 0


def balance(right: Mapping[Between, Moved]) -> dict[int, tuple[int, int]]:
    """Return by year what comes in less what goes out, public and professional."""
    found: dict[int, tuple[int, int]] = {}
    for between, moved in right.items():
        for year, sign in zip(between, (-1, 1), strict=True):
            public, professional = found.get(year, (0, 0))
            found[year] = (public + sign * moved.public, professional + sign * moved.professional)
    return found


def write_moves(session: Session, wrong: Sequence[WrongMove]) -> None:
    """Store the moves as they should be."""
    bulk_update(
        session,
        YearMove,
        [
            {"id": w.stored.id, "public_tenths": w.right.public, "professional_tenths": w.right.professional}
            for w in wrong
            if w.stored is not None
        ],
        locked=True,
    )
    new: list[dict[str, Any]] = [
        {
            "person_id": w.person_id,
            "path": w.path,
            "from_year": w.between[0],
            "to_year": w.between[1],
            "public_tenths": w.right.public,
            "professional_tenths": w.right.professional,
        }
        for w in wrong
        if w.stored is None
    ]
    bulk_insert(session, YearMove, new)


def postings_of(wrong: Iterable[WrongMove], *, set_anew: str = "") -> list[Posted]:
    """Return two lines for each difference: what leaves the one year stands in the other.

    *set_anew* says what was set otherwise, where that is why hours are counted anew.
    """
    found: list[Posted] = []
    for each in wrong:
        source, target = each.between
        total, public, professional = each.difference
        reason = _reason(each, set_anew)
        comes_as = PostingKind.MOVED_IN if target > source else PostingKind.MADE_UP
        out = Line(PostingKind.MOVED_OUT, (-total, -public, -professional), reason)
        found.append(Posted(each.person_id, source, each.path, None, out, {"year": target}))
        found.append(Posted(each.person_id, target, each.path, None, Line(comes_as, each.difference, reason), {"year": source}))
    return found


def _reason(move: WrongMove, set_anew: str) -> str:
    """Say why hours that moved before move otherwise now; that they move at all needs no reason."""
    if move.stored is None or not (move.stored.public or move.stored.professional):
        return ""
    if move.is_off:
        return SWITCHED_OFF
    if set_anew or move.difference[0] >= 0:
        return set_anew
    source, target = move.between
    return MADE_UP_LESS if target < source else MOVED_LESS
