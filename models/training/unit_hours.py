"""单位培训学时: a training that a unit held by one of its passed plans; it is handed in and decided as one item."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor, Permission
from models.base import Base, BigId, binary_string, today
from models.credits.tables import SubjectKind
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed
from models.org import queries
from models.people.typed import attempt, text
from models.scope import InSubtree
from models.training import attachments, filings, plans, typed
from models.training.filings import EDITABLE, Filed, FilingState, filing_rules, filing_steps
from models.training.plans import WRITTEN_BY, PlanKind, TrainingPlan
from models.uploads import Checked
from models.workflow import Workflow

LONGEST_NAME = 100
"""As long as a declaration's name of the class may be."""
MOST_PEOPLE = 2000
"""So many participants one training takes; more are split into several."""


class UnitTraining(Filed, InSubtree, Base):
    """One training with the hours of each participant; year, subject and compulsory / elective are those of its plan."""

    __tablename__ = "unit_trainings"
    __table_args__ = (
        *filing_rules(),
        CheckConstraint("hours_tenths > 0", name="has_hours"),
        CheckConstraint("starts_on <= ends_on", name="begins_before_it_ends"),
        CheckConstraint("state = 'draft' or n_people > 0", name="submitted_has_people"),
        UniqueConstraint("organisation_id", "form_key"),
        Index("ix_unit_trainings_organisation", "organisation_id", "state", "id"),
        Index("ix_unit_trainings_plan", "plan_id"),
        Index("ix_unit_trainings_path", "path", "id"),
        {"sqlite_autoincrement": True},  # reviews and history name it by its id: a deleted draft's is never used again
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("training_plans.id", ondelete="RESTRICT"))
    plan_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Training plan")})
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info={"label": N_("Name of the class")})
    subject: Mapped[SubjectKind] = mapped_column(String(14), info={"label": N_("Counts toward subject")})
    elective: Mapped[str] = mapped_column(String(10), info={"label": N_("Compulsory / elective")})
    starts_on: Mapped[dt.date] = mapped_column(Date, info={"label": N_("Starts on")})
    ends_on: Mapped[dt.date] = mapped_column(Date, info={"label": N_("Ends on")})
    hours_tenths: Mapped[int] = mapped_column(info={"label": N_("Hours")})
    n_people: Mapped[int] = mapped_column(default=0, info={"label": N_("Participants")})
    edition: Mapped[int] = mapped_column(default=0)  # raised with every change of its participants
    is_key_review: Mapped[bool] = mapped_column(default=False, info={"label": N_("Key review")})
    form_key: Mapped[str | None] = mapped_column(binary_string(43))  # a second click makes no second draft


UNIT_TRAININGS = Workflow(UnitTraining, "unit_training", FilingState, filing_steps())


@dataclass(frozen=True, slots=True)
class UnitHoursData:
    """What is typed of a training; days and hours are those of the plan where they are left out."""

    plan_id: int | None
    name: str
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    hours: Decimal | None = None


def save(
    session: Session,
    actor: Actor,
    data: UnitHoursData,
    *,
    training_id: int | None = None,
    form_key: str = "",
    added: Sequence[Checked] = (),
    removed: Sequence[str] = (),
) -> UnitTraining:
    """Write a draft of the actor's own unit, or change one that is not submitted or was rejected; its participants stay.

    *added* were checked before the transaction began, *removed* are keys of attachments to take off. The same *form_key*
    again gives the draft that it made. Raises NotAllowed, NotFound, WrongState and FieldErrors.
    """
    require_unit(actor)
    unit = queries.own(session, actor, is_locked=True)
    if training_id is None:
        made = filings.made_by(session, UnitTraining, unit.id, form_key)
        if made is not None:
            return made
        values = _checked(session, unit.id, data, but=None)
        training: UnitTraining = filings.create(session, actor, UNIT_TRAININGS, unit, {"form_key": form_key or None, **values})
    else:
        training = filings.editable(session, actor, UnitTraining, training_id)
        filings.rewrite(session, actor, UNIT_TRAININGS, training, _checked(session, unit.id, data, but=training.id))
    attachments.change(session, actor, UNIT_TRAININGS.subject_kind, training.id, path=training.path, added=added, removed=removed)
    return training


def editable_ones(session: Session, actor: Actor) -> Sequence[UnitTraining]:
    """Return the trainings of the actor's own unit whose participants may still change, the newest first."""
    wanted = (UnitTraining.organisation_id == actor.organisation_id, UnitTraining.state.in_(EDITABLE))
    return session.scalars(select(UnitTraining).where(*wanted).order_by(UnitTraining.id.desc()).limit(500)).all()


def require_unit(actor: Actor) -> None:
    """Raise NotAllowed unless the actor manages the training of a unit with people of its own."""
    actor.require(Permission.TRAINING_MANAGE)
    if actor.kind not in WRITTEN_BY[PlanKind.UNIT]:
        raise NotAllowed(N_("Hours of unit trainings are handed in by the unit itself."))


def require_passed_plan(session: Session, training: UnitTraining) -> TrainingPlan:
    """Return the plan of a training, locked, so that nobody takes its pass back meanwhile; raises Invalid."""
    plan = session.scalars(
        select(TrainingPlan).where(TrainingPlan.id == training.plan_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).first()
    if plan is None or plan.state != FilingState.APPROVED:
        raise Invalid(N_("The plan of this training is not approved any more."))
    return plan


# --- inside -----------------------------------------------------------------------------------------------------------


def _checked(session: Session, unit_id: int, data: UnitHoursData, *, but: int | None) -> dict[str, Any]:
    """Return the columns of a training from what was typed; raises FieldErrors."""
    errors: dict[str, DomainError] = {}
    plan = attempt(errors, "plan_id", lambda: plans.chosen(session, unit_id, PlanKind.UNIT, data.plan_id))
    name = attempt(errors, "name", lambda: text(data.name, LONGEST_NAME, is_required=True))
    days = attempt(errors, "starts_on", lambda: _days(plan, data))
    hours = attempt(errors, "hours", lambda: plans.hours_within(plan, data.hours))
    if name and plan is not None:
        same = (UnitTraining.plan_id == plan.id, UnitTraining.name == name, UnitTraining.id != (but or 0))
        if session.scalar(select(UnitTraining.id).where(*same).limit(1)) is not None:
            errors["name"] = Conflict(N_("This plan has a class of this name already."))
    if errors or plan is None or days is None:
        raise FieldErrors(errors)
    of_plan = {"plan_id": plan.id, "plan_name": plan.name, "year": plan.year, "subject": plan.subject, "elective": plan.elective}
    return {**of_plan, "name": name, "starts_on": days[0], "ends_on": days[1], "hours_tenths": hours}


def _days(plan: TrainingPlan | None, data: UnitHoursData) -> tuple[dt.date, dt.date] | None:
    first, last = data.starts_on, data.ends_on
    if first is None and last is None:
        if plan is None:
            return None  # that no plan was chosen is said at the plan
        first, last = plan.starts_on, plan.ends_on
    first, last = typed.days(first, last, of_year=plan.year if plan else None)
    if first > today():
        raise Invalid(N_("This training has not begun yet."))
    return first, last
