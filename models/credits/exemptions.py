"""免修 and 减免: somebody need not do a year, or only a part of it. Granted with a reason, ended early, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.among import among
from models.base import Base, BigId, partial_index, utcnow
from models.credits.counting import Needs
from models.errors import N_
from models.scope import OwnedByPerson

WHOLE_YEAR = 12
LONGEST_NOTE = 200


class ExemptionKind(StrEnum):
    """Why (免修原因)."""

    PARTIAL_YEAR = "partial_year"  # took up the work in the course of the year
    LEAVE = "leave"  # 病假, 产假 and other long leave
    RETIREMENT = "retirement"
    OTHER = "other"


class Exemption(OwnedByPerson, Base):
    """How many months of a year a person need not account for; 12: the whole year. One that holds per year."""

    __tablename__ = "exemptions"
    __table_args__ = (
        Index("ix_exemptions_path", "path", "id"),
        Index("ix_exemptions_person", "person_id"),
        CheckConstraint("months between 1 and 12", name="months_of_a_year"),
        CheckConstraint("kind in ('partial_year','leave','retirement','other')", name="known_kind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"))
    person_name: Mapped[str] = mapped_column(String(100), info={"label": N_("Name")})
    organisation_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Employer (unit)")})
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    kind: Mapped[ExemptionKind] = mapped_column(String(12), info={"label": N_("Kind of exemption")})
    months: Mapped[int] = mapped_column(info={"label": N_("Months exempt")})
    note: Mapped[str] = mapped_column(String(200), info={"label": N_("Reason")})
    granted_by: Mapped[str] = mapped_column(String(100), info={"label": N_("Granted by")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Granted at")})
    ended_by: Mapped[str] = mapped_column(String(100), default="")
    ended_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Ended at")})

    @property
    def is_whole(self) -> bool:
        """Say whether nothing of the year is left to do."""
        return self.months == WHOLE_YEAR


partial_index("uq_exemptions_holding", Exemption.person_id, Exemption.year, unique=True, where=Exemption.ended_at.is_(None))


def left_of(needs: Needs, exemption: Exemption | None) -> Needs:
    """Return what a year demands beside an exemption: in proportion to the months left, to the nearest tenth.

    Beside an exemption of the whole year the figures stay as they are: they say what a certificate would take.
    """
    if exemption is None or exemption.is_whole:
        return needs
    left = WHOLE_YEAR - exemption.months
    parts = (needs.total_tenths, needs.public_tenths, needs.professional_tenths)
    return Needs(*((part * left * 2 + WHOLE_YEAR) // (2 * WHOLE_YEAR) for part in parts))


def holding(session: Session, year: int, person_ids: Collection[int]) -> dict[int, Exemption]:
    """Return by person the exemptions that hold for a year."""
    rows = session.scalars(
        select(Exemption).where(among(Exemption.person_id, person_ids), Exemption.year == year, Exemption.ended_at.is_(None)),
        execution_options={"populate_existing": True},
    )
    return {row.person_id or 0: row for row in rows}
