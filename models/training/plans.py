"""培训计划: the yearly plan of a training base, the plan of one training, and the plan of a unit's own training."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor, Permission, PositionKind
from models.base import Base, BigId, binary_string
from models.credits.tables import SubjectKind
from models.errors import N_, DomainError, FieldErrors, Invalid, NotAllowed
from models.org import queries
from models.people.typed import attempt, text
from models.reviews.tables import ReviewKind
from models.scope import InSubtree
from models.training import attachments, filings, public_subjects, subjects, typed
from models.training.filings import Filed, FilingState, filing_rules, filing_steps
from models.uploads import Checked
from models.workflow import Workflow

LONGEST_NAME = 200
LONGEST_PLACE = 200
LONGEST_CONTENT = 5000
ELECTIVE = ("required", "elective")


class PlanKind(StrEnum):
    """What a plan plans."""

    YEARLY = "yearly"  # 年度培训计划 of a base
    SINGLE = "single"  # 培训计划: one training of a base; classes belong to it
    UNIT = "unit"  # 单位培训计划: a training that a unit gives its own people


REVIEWED_AS = {
    PlanKind.YEARLY: ReviewKind.YEARLY_PLAN,
    PlanKind.SINGLE: ReviewKind.TRAINING_PLAN,
    PlanKind.UNIT: ReviewKind.UNIT_PLAN,
}
WRITTEN_BY = {
    PlanKind.YEARLY: frozenset({PositionKind.TRAINING_BASE}),
    PlanKind.SINGLE: frozenset({PositionKind.TRAINING_BASE}),
    PlanKind.UNIT: frozenset({PositionKind.EMPLOYER, PositionKind.COMPETENT_DEPARTMENT}),
}
SUBJECTS = {
    PlanKind.YEARLY: frozenset({SubjectKind.ALL}),
    PlanKind.SINGLE: frozenset({SubjectKind.PUBLIC, SubjectKind.PROFESSIONAL}),
    PlanKind.UNIT: frozenset(SubjectKind),
}


class TrainingPlan(Filed, InSubtree, Base):
    """One plan; hours and days are those of each participant, and a yearly plan has neither."""

    __tablename__ = "training_plans"
    __table_args__ = (
        *filing_rules(),
        CheckConstraint("kind in ('yearly','single','unit')", name="known_kind"),
        CheckConstraint("subject in ('public','professional','all')", name="known_subject"),
        CheckConstraint("kind = 'yearly' or hours_tenths > 0", name="training_has_hours"),
        CheckConstraint("kind = 'yearly' or (starts_on is not null and ends_on is not null)", name="training_has_days"),
        CheckConstraint("starts_on is null or starts_on <= ends_on", name="begins_before_it_ends"),
        UniqueConstraint("organisation_id", "form_key"),
        Index("ix_training_plans_organisation", "organisation_id", "kind", "state", "id"),
        Index("ix_training_plans_path", "path", "kind", "id"),
        {"sqlite_autoincrement": True},  # reviews and history name a plan by its id: a deleted draft's is never used again
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[PlanKind] = mapped_column(String(8))
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info={"label": N_("Plan name")})
    subject: Mapped[SubjectKind] = mapped_column(String(14), info={"label": N_("Subject type")})
    public_subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("public_subjects.id", ondelete="RESTRICT"))
    professional_subject_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("professional_subjects.id", ondelete="RESTRICT")
    )
    subject_name: Mapped[str] = mapped_column(String(100), default="", info={"label": N_("Training subject")})
    elective: Mapped[str] = mapped_column(String(10), default="required", info={"label": N_("Compulsory / elective")})
    hours_tenths: Mapped[int] = mapped_column(default=0, info={"label": N_("Hours")})
    starts_on: Mapped[dt.date | None] = mapped_column(Date, info={"label": N_("Starts on")})
    ends_on: Mapped[dt.date | None] = mapped_column(Date, info={"label": N_("Ends on")})
    n_people: Mapped[int] = mapped_column(default=0, info={"label": N_("Planned number of people")})
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="", info={"label": N_("Place of training")})
    content: Mapped[str] = mapped_column(LongText, default="", info={"label": N_("Content of training")})
    form_key: Mapped[str | None] = mapped_column(binary_string(43))  # a second click makes no second draft


PLANS = Workflow(TrainingPlan, "training_plan", FilingState, filing_steps())


@dataclass(frozen=True, slots=True)
class PlanData:
    """What is typed of a plan; what its kind does not have is left out."""

    kind: PlanKind
    year: int | None
    name: str
    subject: str = SubjectKind.ALL
    public_subject_id: int | None = None
    professional_subject_id: int | None = None
    subject_name: str = ""  # of a unit's plan: in its own words
    elective: str = "required"
    hours: Decimal | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    n_people: int | None = None
    place: str = ""
    content: str = ""


def save(
    session: Session,
    actor: Actor,
    data: PlanData,
    *,
    plan_id: int | None = None,
    form_key: str = "",
    added: Sequence[Checked] = (),
    removed: Sequence[str] = (),
) -> TrainingPlan:
    """Write a draft of the actor's own organisation, or change one that is not submitted or was rejected.

    *added* were checked before the transaction began, *removed* are keys of attachments to take off. The same *form_key*
    again gives the draft that it made. Raises NotAllowed, NotFound, WrongState and FieldErrors.
    """
    actor.require(Permission.TRAINING_MANAGE)
    if actor.kind not in WRITTEN_BY[data.kind]:
        raise NotAllowed(N_("Plans of this kind are not written by a unit like yours."))
    organisation = queries.own(session, actor, is_locked=True)
    if plan_id is None:
        made = filings.made_by(session, TrainingPlan, organisation.id, form_key)
        if made is not None:
            return made
        values = _checked(session, organisation.id, organisation.path, data)
        plan: TrainingPlan = filings.create(
            session, actor, PLANS, organisation, {"kind": data.kind, "form_key": form_key or None, **values}
        )
    else:
        plan = filings.editable(session, actor, TrainingPlan, plan_id)
        if plan.kind != data.kind:
            raise NotAllowed(N_("The kind of a plan stays as it is."))
        filings.rewrite(session, actor, PLANS, plan, _checked(session, organisation.id, organisation.path, data))
    attachments.change(session, actor, PLANS.subject_kind, plan.id, path=plan.path, added=added, removed=removed)
    return plan


def submit(session: Session, actor: Actor, plan_id: int) -> TrainingPlan:
    """Hand a plan to whoever decides it; raises NotFound, NotAllowed, WrongState, and Invalid for a subject that is disabled."""
    plan = filings.editable(session, actor, TrainingPlan, plan_id)
    typed.year(plan.year)
    if plan.kind == PlanKind.SINGLE:
        own = queries.own(session, actor)
        _subject(session, own.id, own.path, plan.year, SubjectKind(plan.subject), plan)
    filings.submit(session, actor, PLANS, plan, REVIEWED_AS[PlanKind(plan.kind)])
    return plan


def withdraw(session: Session, actor: Actor, plan_id: int) -> None:
    """Take a submitted plan back before its last decision; raises NotFound, NotAllowed and WrongState."""
    plan = filings.own(session, actor, TrainingPlan, plan_id)
    filings.withdraw(session, actor, PLANS, plan, REVIEWED_AS[PlanKind(plan.kind)])


def remove(session: Session, actor: Actor, plan_id: int) -> None:
    """Delete a draft; raises NotFound, NotAllowed and WrongState."""
    filings.remove(session, actor, PLANS, filings.own(session, actor, TrainingPlan, plan_id))


def approved(session: Session, organisation_id: int, kind: PlanKind) -> Sequence[TrainingPlan]:
    """Return the passed plans of an organisation of the scope, the newest first: what classes and hours may belong to."""
    wanted = (
        TrainingPlan.organisation_id == organisation_id,
        TrainingPlan.kind == kind,
        TrainingPlan.state == FilingState.APPROVED,
    )
    return session.scalars(select(TrainingPlan).where(*wanted).order_by(TrainingPlan.id.desc()).limit(500)).all()


def chosen(session: Session, organisation_id: int, kind: PlanKind, plan_id: int | None) -> TrainingPlan:
    """Return the passed plan that a class or hours shall belong to; raises Invalid."""
    found = next((p for p in approved(session, organisation_id, kind) if p.id == plan_id), None)
    if found is None:
        raise Invalid(N_("Please choose a plan that was approved."))
    return found


def hours_within(plan: TrainingPlan | None, hours: Decimal | None) -> int:
    """Return typed hours as tenths, those of the plan where none are; raises Invalid for more than was approved.

    Without a plan nothing typed is nothing wrong: that no plan was chosen is said at the plan.
    """
    if hours is None:
        return plan.hours_tenths if plan is not None else 0
    tenths = typed.hours(hours)
    if plan is not None and tenths > plan.hours_tenths:
        raise Invalid(N_("The plan was approved for fewer hours."))
    return tenths


# --- inside ---------------------------------------------------------------------------------------------------------


def _checked(session: Session, organisation_id: int, path: str, data: PlanData) -> dict[str, Any]:
    """Return the columns of a plan from what was typed; raises FieldErrors."""
    errors: dict[str, DomainError] = {}
    is_yearly = data.kind is PlanKind.YEARLY
    values: dict[str, Any] = {
        "year": attempt(errors, "year", lambda: typed.year(data.year)),
        "name": attempt(errors, "name", lambda: text(data.name, LONGEST_NAME, is_required=True)),
        "n_people": attempt(errors, "n_people", lambda: typed.number(data.n_people, is_required=not is_yearly)) or 0,
        "place": attempt(errors, "place", lambda: text(data.place, LONGEST_PLACE, is_required=not is_yearly)),
        "content": attempt(errors, "content", lambda: typed.long_text(data.content, LONGEST_CONTENT, is_required=True)),
    }
    values |= {"elective": "required", "hours_tenths": 0, "starts_on": None, "ends_on": None}
    if not is_yearly:
        values["hours_tenths"] = attempt(errors, "hours", lambda: typed.hours(data.hours))
        days = attempt(errors, "starts_on", lambda: typed.days(data.starts_on, data.ends_on, of_year=values["year"]))
        values["starts_on"], values["ends_on"] = days or (None, None)
        values["elective"] = attempt(errors, "elective", lambda: _elective(data.elective))
    kind = attempt(errors, "subject", lambda: _subject_kind(data))
    if kind is not None:
        chosen = attempt(errors, "subject_id", lambda: _subject(session, organisation_id, path, data.year, kind, data))
        values |= {"subject": kind, **(chosen or {})}
    if errors:
        raise FieldErrors(errors)
    return values


def _elective(value: str) -> str:
    if value not in ELECTIVE:
        raise Invalid(N_("Please choose one of the listed values."))
    return value


def _subject_kind(data: PlanData) -> SubjectKind:
    if data.subject not in SUBJECTS[data.kind]:
        raise Invalid(N_("Please choose the type of subject."))
    return SubjectKind(data.subject)


def _subject(
    session: Session, organisation_id: int, path: str, year: int | None, kind: SubjectKind, chosen: PlanData | TrainingPlan
) -> dict[str, Any]:
    """Return the columns of the chosen subject; raises Invalid for one that is disabled, of another year or not offered here."""
    none: dict[str, Any] = {"public_subject_id": None, "professional_subject_id": None, "subject_name": ""}
    if chosen.kind != PlanKind.SINGLE:
        words = text(chosen.subject_name, 100) if chosen.kind == PlanKind.UNIT else ""
        return none | {"subject_name": words}
    column, wanted = (
        ("public_subject_id", chosen.public_subject_id)
        if kind is SubjectKind.PUBLIC
        else ("professional_subject_id", chosen.professional_subject_id)
    )
    rows: Sequence[Any] = (
        public_subjects.offered(session, path, year) if kind is SubjectKind.PUBLIC else subjects.offered(session, organisation_id)
    )
    found = next((row for row in rows if row.id == wanted), None)
    if found is None:
        raise Invalid(N_("Please choose an enabled subject of this type and year."))
    return none | {column: found.id, "subject_name": found.name}
