"""催办: when somebody was last reminded of a year that is not finished. Written by ``reminding`` and ``due_reminders`` alone."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, PathString, utcnow
from models.errors import N_
from models.scope import InSubtree, OwnedByPerson

DAYS_BETWEEN = 7
"""Nobody is reminded of the same year again before so many days are over."""


class Reminder(OwnedByPerson, Base):
    """One person's year: when and by whom she was last reminded, and how often."""

    __tablename__ = "study_reminders"
    __table_args__ = (
        UniqueConstraint("person_id", "year"),
        Index("ix_study_reminders_path", "path"),
        CheckConstraint("n_sent > 0", name="was_sent"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"))
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    n_sent: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Last reminded")})
    last_by: Mapped[str] = mapped_column(String(100), default="")  # empty: by the setting of the HR department
    days_ahead: Mapped[int | None]  # of the last automatic one: which of the days that are set it was sent for


class ReminderRun(InSubtree, Base):
    """How far an HR department's automatic reminders of a year have come today: a worker that dies goes on from here."""

    __tablename__ = "reminder_runs"
    __table_args__ = (UniqueConstraint("organisation_id", "year"), Index("ix_reminder_runs_path", "path"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="CASCADE"))
    year: Mapped[int]
    on_day: Mapped[dt.date] = mapped_column(Date)
    last_path: Mapped[str] = mapped_column(PathString, default="")  # the last person who was looked at
    last_person_id: Mapped[int] = mapped_column(BigId, default=0)
    is_done: Mapped[bool] = mapped_column(default=False)
