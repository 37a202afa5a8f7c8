"""The account of a person's year: every posting that made the total what it is. Written by recounts, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor
from models.base import Base, BigId, utcnow
from models.credits.counting import Counted
from models.credits.tables import Declaration
from models.errors import N_
from models.scope import OwnedByPerson, acting, bulk_insert, bulk_update

Figures = tuple[int, int, int]
"""Total, public and professional tenths."""
NOTHING: Figures = (0, 0, 0)

AUDITED = N_("The audit did not pass it.")
TAKEN_BACK = N_("The approval was taken back.")
CAP_USED_UP = N_("The yearly cap of the learning form is used up.")
OVER_CAP = N_("More than the yearly cap of the learning form lets count.")
CAP_MOVED = N_("Another record of the form used more or less of its cap.")
DIVIDED_ANEW = N_("Divided anew between public and professional subjects.")
PUT_RIGHT = N_("Put right by a recomputation.")


class PostingKind(StrEnum):
    """What a posting says."""

    EARNED = "earned"  # a record was approved: its granted hours
    CAPPED = "capped"  # what a cap takes off, or gives back when another record falls away
    WITHDRAWN = "withdrawn"  # a record counts no more: audit, undone, cap used up
    MOVED_OUT = "moved_out"  # to another year
    MOVED_IN = "moved_in"  # from another year
    MADE_UP = "made_up"  # hours of a later year that make up for this one
    RECALCULATED = "recalculated"  # another rule version, another division: details hold old, new, version


class YearPosting(OwnedByPerson, Base):
    """One line of the account: signed tenths. The sum of a person's lines of a year is the total that is shown."""

    __tablename__ = "year_postings"
    __table_args__ = (
        Index("ix_year_postings_person_year", "person_id", "year"),
        Index("ix_year_postings_declaration", "declaration_id"),
        Index("ix_year_postings_path", "path"),
        CheckConstraint(
            "kind in ('earned','capped','withdrawn','moved_out','moved_in','made_up','recalculated')", name="known_kind"
        ),
        CheckConstraint("total_tenths = public_tenths + professional_tenths", name="parts_make_the_total"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"))
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    kind: Mapped[PostingKind] = mapped_column(String(12))
    total_tenths: Mapped[int]
    public_tenths: Mapped[int]
    professional_tenths: Mapped[int]
    declaration_id: Mapped[int | None] = mapped_column(BigId)  # no key: the line outlives a record taken back and deleted
    reason: Mapped[str] = mapped_column(String(500), default="")  # a sentence of this module, or words of whoever acted
    details: Mapped[dict[str, Any] | None]
    by_name: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


@dataclass(frozen=True, slots=True)
class Because:
    """Why figures of the named records change, where it is neither a grant, nor an audit, nor a cap.

    ``details`` holds by declaration what its posting keeps, of a recalculation: old, new (tenths) and version.
    """

    kind: PostingKind
    reason: str
    details: Mapping[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A posting on its way."""

    kind: PostingKind
    figures: Figures
    reason: str = ""


def lines(before: Figures, after: Figures, granted: Counted | None, *, gone: str = TAKEN_BACK) -> list[Line]:
    """Return what to post for a record that counted *before* and counts *after*; their sum is the difference.

    *granted* is the record's grant, uncapped, None when it counts no more, because of *gone*.
    """
    if before == after:
        return []
    if after == NOTHING:
        return [Line(PostingKind.WITHDRAWN, minus(after, before), CAP_USED_UP if granted else gone)]
    if before == NOTHING and granted is not None:
        whole = (granted.total, granted.public, granted.professional)
        capped = [Line(PostingKind.CAPPED, minus(after, whole), OVER_CAP)] if after != whole else []
        return [Line(PostingKind.EARNED, whole), *capped]
    if before[0] == after[0]:
        return [Line(PostingKind.RECALCULATED, minus(after, before), DIVIDED_ANEW)]
    return [Line(PostingKind.CAPPED, minus(after, before), CAP_MOVED)]


def minus(after: Figures, before: Figures) -> Figures:
    """Return what was added: *after* less *before*."""
    return (after[0] - before[0], after[1] - before[1], after[2] - before[2])


@dataclass(frozen=True, slots=True)
class Posted:
    """A line with whose it is."""

    person_id: int
    year: int
    path: str
    declaration_id: int | None
    line: Line
    details: dict[str, Any] | None = None


def post(session: Session, actor: Actor, posted: Iterable[Posted]) -> None:
    """Write lines; inside ``recount_year``."""
    now = utcnow()
    bulk_insert(
        session,
        YearPosting,
        [
            {
                "person_id": p.person_id,
                "year": p.year,
                "path": p.path,
                "kind": p.line.kind.value,
                "total_tenths": p.line.figures[0],
                "public_tenths": p.line.figures[1],
                "professional_tenths": p.line.figures[2],
                "declaration_id": p.declaration_id,
                "reason": p.line.reason,
                "details": p.details,
                "by_name": actor.name,
                "created_at": now,
            }
            for p in posted
        ],
    )


def sums(session: Session, first: int, last: int) -> dict[tuple[int, int], Figures]:
    """Return what the postings of the people from *first* to *last* add up to, by person and year."""
    rows = session.execute(
        select(
            YearPosting.person_id,
            YearPosting.year,
            func.sum(YearPosting.total_tenths),
            func.sum(YearPosting.public_tenths),
            func.sum(YearPosting.professional_tenths),
        )
        .where(YearPosting.person_id.between(first, last))
        .group_by(YearPosting.person_id, YearPosting.year)
    )
    return {(person, year): (int(t), int(p), int(q)) for person, year, t, p, q in rows}


def follow_records(session: Session, person_ids: Collection[int]) -> None:
    """Let the postings of records that now belong to another of *person_ids* belong to the same."""
    with acting(session, "merge_people"):
        astray = session.execute(
            select(YearPosting.id, Declaration.person_id, Declaration.path)
            .join(Declaration, Declaration.id == YearPosting.declaration_id)
            .where(Declaration.person_id.in_(person_ids), YearPosting.person_id != Declaration.person_id)
        ).all()
        bulk_update(session, YearPosting, [{"id": r.id, "person_id": r.person_id, "path": r.path} for r in astray])


def account(session: Session, person_id: int, year: int) -> list[tuple[YearPosting, Declaration | None]]:
    """Return the postings of a person's year in their order, each with the record that it comes from while there is one."""
    rows = session.execute(
        select(YearPosting, Declaration)
        .outerjoin(Declaration, Declaration.id == YearPosting.declaration_id)
        .where(YearPosting.person_id == person_id, YearPosting.year == year)
        .order_by(YearPosting.id)
    )
    return [(posting, record) for posting, record in rows]
