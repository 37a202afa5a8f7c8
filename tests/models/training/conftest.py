"""What the tests of training share: a December day, plans and reports of the cast's base and unit at any stage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import effects
from models.access import Actor
from models.reviews import engine
from models.reviews.tables import Review, Verdict
from models.scope import system_session
from models.training import plans, public_subjects, subjects
from models.training.plans import PlanData, PlanKind, TrainingPlan
from models.training.public_subjects import PublicSubjectData
from tests.cast import Cast

LOADED = effects  # registers every kind of review
Open = Callable[[Actor], Session]
SINGLE = PlanData(
    PlanKind.SINGLE,
    2026,
    "新技术应用培训班",
    subject="professional",
    hours=Decimal("24.5"),
    starts_on=dt.date(2026, 12, 20),
    ends_on=dt.date(2026, 12, 22),
    n_people=60,
    place="第一教学楼",
    content="数字技术应用",
)
UNIT = replace(SINGLE, kind=PlanKind.UNIT, name="护理技能培训", subject="all", subject_name="护理")
YEARLY = PlanData(PlanKind.YEARLY, 2026, "2026年度培训计划", content="全年六期")


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def subject(run: Callable[..., Any], cast: Cast) -> int:
    """A professional subject of the base."""
    return int(run(subjects.add, cast.base_clerk, "数字技术").id)


@pytest.fixture
def public_subject(run: Callable[..., Any], cast: Cast) -> int:
    """A public subject that the county offers this year."""
    return int(run(public_subjects.add, cast.county_officer, PublicSubjectData(2026, "人工智能", Decimal(30))).id)


@pytest.fixture
def plan(run: Callable[..., Any], cast: Cast, subject: int) -> Callable[..., TrainingPlan]:
    """Write a plan of a kind and submit it unless it is to stay a draft."""

    def write(kind: PlanKind = PlanKind.SINGLE, *, is_draft: bool = False) -> TrainingPlan:
        actor = cast.unit_clerk if kind is PlanKind.UNIT else cast.base_clerk
        data = {PlanKind.SINGLE: replace(SINGLE, professional_subject_id=subject), PlanKind.UNIT: UNIT, PlanKind.YEARLY: YEARLY}
        made: TrainingPlan = run(plans.save, actor, data[kind])
        return made if is_draft else run(plans.submit, actor, made.id)

    return write


@pytest.fixture
def decide(run: Callable[..., Any]) -> Callable[..., None]:
    """Pass or reject what an organisation decides: ``decide(actor, plan.id, reason="...")``."""

    def decided(actor: Actor, subject_id: int, *, reason: str = "") -> None:
        with system_session() as session:
            review_id = session.scalars(select(Review.id).where(Review.subject_id == subject_id)).one()
        run(engine.decide, actor, review_id, verdict=Verdict.REJECT if reason else Verdict.PASS, reason=reason)

    return decided


def anew(system: Session) -> Session:
    """Return the session with what others have committed meanwhile: SQLite reads as of the first statement."""
    system.rollback()
    system.expire_all()
    return system
