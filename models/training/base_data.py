"""教学场地设施, 人员情况: what a training base has to teach with, and who teaches there."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission
from models.base import Base, BigId, utcnow
from models.errors import N_, DomainError, FieldErrors, Invalid
from models.org import queries
from models.people.typed import attempt, text
from models.scope import InSubtree
from models.training import typed

LONGEST_PLACE = 300
LONGEST_TEXT = 2000
FIGURES = ("area_m2", "n_classrooms", "n_seats", "n_computers", "n_managers", "n_full_time", "n_part_time", "n_senior")


class BaseData(InSubtree, Base):
    """Facilities and staff of one training base, as it stands now."""

    __tablename__ = "base_data"
    __table_args__ = (
        Index("ix_base_data_path", "path"),
        CheckConstraint("n_senior is null or n_senior <= n_full_time + n_part_time", name="senior_are_teachers"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"), unique=True)
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="", info={"label": N_("Place of teaching")})
    area_m2: Mapped[int | None] = mapped_column(info={"label": N_("Area of the premises (square metres)")})
    n_classrooms: Mapped[int | None] = mapped_column(info={"label": N_("Classrooms")})
    n_seats: Mapped[int | None] = mapped_column(info={"label": N_("Seats")})
    n_computers: Mapped[int | None] = mapped_column(info={"label": N_("Computers")})
    equipment: Mapped[str] = mapped_column(LongText, default="", info={"label": N_("Further equipment")})
    n_managers: Mapped[int | None] = mapped_column(info={"label": N_("Management staff")})
    n_full_time: Mapped[int | None] = mapped_column(info={"label": N_("Full-time teachers")})
    n_part_time: Mapped[int | None] = mapped_column(info={"label": N_("Part-time teachers")})
    n_senior: Mapped[int | None] = mapped_column(info={"label": N_("Teachers with a senior title")})
    staff: Mapped[str] = mapped_column(LongText, default="", info={"label": N_("About the staff")})
    updated_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Last changed at")})


@dataclass(frozen=True, slots=True)
class BaseFigures:
    """What is typed of facilities and staff; a figure that nobody knows is None."""

    place: str = ""
    area_m2: int | None = None
    n_classrooms: int | None = None
    n_seats: int | None = None
    n_computers: int | None = None
    equipment: str = ""
    n_managers: int | None = None
    n_full_time: int | None = None
    n_part_time: int | None = None
    n_senior: int | None = None
    staff: str = ""


def of(session: Session, organisation_id: int) -> BaseData | None:
    """Return the data of a base of the scope; None before it wrote any."""
    return session.scalars(select(BaseData).where(BaseData.organisation_id == organisation_id)).first()


def save(session: Session, actor: Actor, data: BaseFigures) -> BaseData:
    """Write facilities and staff of the actor's own base; raises NotAllowed and FieldErrors."""
    actor.require(Permission.TRAINING_MANAGE)
    organisation = queries.own(session, actor, is_locked=True)
    values = _checked(data)
    row = of(session, organisation.id)
    before = {name: getattr(row, name) if row is not None else None for name in values}
    if row is None:
        row = BaseData(organisation_id=organisation.id, path=organisation.path)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = utcnow()
    session.flush()
    changes = {k: [before[k], v] for k, v in values.items() if (before[k] or None) != (v or None)}
    if changes:
        history.record(session, actor, "base_data", [row.id], "edit", changes=changes)
    return row


def _checked(data: BaseFigures) -> dict[str, Any]:
    errors: dict[str, DomainError] = {}
    values: dict[str, Any] = asdict(data)
    values["place"] = attempt(errors, "place", lambda: text(data.place, LONGEST_PLACE)) or ""
    for name in ("equipment", "staff"):
        written = str(values[name])
        values[name] = attempt(errors, name, lambda written=written: typed.long_text(written, LONGEST_TEXT)) or ""  # type: ignore[misc]
    for name in FIGURES:
        figure = values[name]
        values[name] = attempt(errors, name, lambda figure=figure: typed.number(figure))  # type: ignore[misc]
    n_teachers = (values["n_full_time"] or 0) + (values["n_part_time"] or 0)
    if values["n_senior"] is not None:
        values["n_full_time"], values["n_part_time"] = values["n_full_time"] or 0, values["n_part_time"] or 0
        if values["n_senior"] > n_teachers and "n_senior" not in errors:
            errors["n_senior"] = Invalid(N_("There are more teachers with a senior title than teachers."))
    if errors:
        raise FieldErrors(errors)
    return values
