"""培训班: a class that a training base held by one of its passed plans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission, PositionKind
from models.base import Base, BigId, utcnow
from models.credits.tables import SubjectKind
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.org import queries
from models.people.typed import attempt, text
from models.scope import InSubtree
from models.training import plans, typed
from models.training.plans import PlanKind

LONGEST_NAME = 100
"""As long as a declaration's name of the class may be."""
LONGEST_PLACE = 200
LONGEST_TEACHER = 100
PASS_MARK = 60
FULL_MARK = 100


class TrainingClass(InSubtree, Base):
    """One class; subject, hours and compulsory / elective are those of its plan on the day it was written."""

    __tablename__ = "training_classes"
    __table_args__ = (
        CheckConstraint("hours_tenths > 0", name="has_hours"),
        CheckConstraint("starts_on <= ends_on", name="begins_before_it_ends"),
        CheckConstraint("pass_mark between 1 and 100", name="pass_mark_of_hundred"),
        UniqueConstraint("plan_id", "name"),
        Index("ix_training_classes_path", "path", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    organisation_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Training base")})
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("training_plans.id", ondelete="RESTRICT"))
    plan_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Training plan")})
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info={"label": N_("Training class name")})
    year: Mapped[int] = mapped_column(info={"label": N_("Training year")})
    subject: Mapped[SubjectKind] = mapped_column(String(14), info={"label": N_("Subject type")})
    elective: Mapped[str] = mapped_column(String(10), info={"label": N_("Compulsory / elective")})
    starts_on: Mapped[dt.date] = mapped_column(Date, info={"label": N_("Starts on")})
    ends_on: Mapped[dt.date] = mapped_column(Date, info={"label": N_("Ends on")})
    hours_tenths: Mapped[int] = mapped_column(info={"label": N_("Hours")})
    pass_mark: Mapped[int] = mapped_column(default=PASS_MARK, info={"label": N_("Pass mark")})
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="", info={"label": N_("Place of training")})
    teacher: Mapped[str] = mapped_column(String(LONGEST_TEACHER), default="", info={"label": N_("Teacher")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Created at")})


@dataclass(frozen=True, slots=True)
class ClassData:
    """What is typed of a class."""

    plan_id: int | None
    name: str
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    hours: Decimal | None = None
    place: str = ""
    teacher: str = ""
    pass_mark: int | None = PASS_MARK


def add(session: Session, actor: Actor, data: ClassData) -> TrainingClass:
    """Write a class of a passed plan of the actor's own base; raises NotAllowed, FieldErrors and Conflict for a double."""
    require_base(actor)
    base = queries.own(session, actor, is_locked=True)
    errors: dict[str, DomainError] = {}
    plan = attempt(errors, "plan_id", lambda: plans.chosen(session, base.id, PlanKind.SINGLE, data.plan_id))
    days = attempt(errors, "starts_on", lambda: typed.days(data.starts_on, data.ends_on, of_year=plan.year if plan else None))
    values: dict[str, Any] = {
        "name": attempt(errors, "name", lambda: text(data.name, LONGEST_NAME, is_required=True)),
        "hours_tenths": attempt(errors, "hours", lambda: plans.hours_within(plan, data.hours)),
        "place": attempt(errors, "place", lambda: text(data.place, LONGEST_PLACE)),
        "teacher": attempt(errors, "teacher", lambda: text(data.teacher, LONGEST_TEACHER)),
        "pass_mark": attempt(errors, "pass_mark", lambda: _pass_mark(data.pass_mark)),
    }
    if errors or plan is None or days is None:
        raise FieldErrors(errors)
    if session.scalar(select(TrainingClass.id).where(TrainingClass.plan_id == plan.id, TrainingClass.name == values["name"])):
        raise FieldErrors({"name": Conflict(N_("This plan has a class of this name already."))})
    whose = {"organisation_id": base.id, "organisation_name": base.name, "path": base.path}
    of_plan = {"plan_id": plan.id, "plan_name": plan.name, "year": plan.year, "subject": plan.subject, "elective": plan.elective}
    made = TrainingClass(**whose, **of_plan, starts_on=days[0], ends_on=days[1], **values)
    session.add(made)
    session.flush()
    history.record(session, actor, "training_class", [made.id], "create", changes={"name": [None, made.name]})
    return made


def own(session: Session, actor: Actor, class_id: int | None, *, is_locked: bool = False) -> TrainingClass:
    """Return a class of the actor's own base; locked, two who write its grades come one after the other. Raises NotFound."""
    require_base(actor)
    statement = select(TrainingClass).where(
        TrainingClass.id == (class_id or 0), TrainingClass.organisation_id == actor.organisation_id
    )
    found = session.scalars(statement.with_for_update() if is_locked else statement).first()
    if found is None:
        raise NotFound
    return found


def all_own(session: Session, actor: Actor) -> Sequence[TrainingClass]:
    """Return the classes of the actor's own base, the newest first: the drop-down list of the forms of grades."""
    statement = select(TrainingClass).where(TrainingClass.organisation_id == actor.organisation_id)
    return session.scalars(statement.order_by(TrainingClass.id.desc()).limit(500)).all()


def delete(session: Session, actor: Actor, found: TrainingClass, *, n_grades: int) -> None:
    """Delete a class of which no grade was entered; *n_grades* is counted by the caller under the lock. Raises WrongState."""
    if n_grades:
        raise WrongState(N_("Grades were entered for this class; delete them first. What was submitted stays."))
    history.record(session, actor, "training_class", [found.id], "delete", changes={"name": [found.name, None]})
    session.delete(found)
    session.flush()


def require_base(actor: Actor) -> None:
    """Raise NotAllowed unless the actor manages the training of a base."""
    actor.require(Permission.TRAINING_MANAGE)
    if actor.kind is not PositionKind.TRAINING_BASE:
        raise NotAllowed(N_("Classes and grades belong to training bases."))


# --- inside -----------------------------------------------------------------------------------------------------------


def _pass_mark(mark: int | None) -> int:
    if mark is None or not 1 <= mark <= FULL_MARK:
        raise Invalid(N_("The pass mark lies between 1 and 100."))
    return mark
