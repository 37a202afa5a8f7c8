"""Hours of unit trainings in the demo: trainings of a hospital by one passed plan, in every state, with their participants."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import select

from models.base import today
from models.people.tables import Professional, ProfessionalState
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, Verdict
from models.training import participants, plans, unit_granting, unit_hours
from models.training.plans import PlanData, PlanKind
from models.training.unit_hours import UnitHoursData
from seed.demo.stage import Stage, acting_as, as_system

UNIT, ABOVE = "people_hospital", ("city_health", "city")
PLAN = "全院急救技能与合理用药培训"
TRAININGS = (
    # name, hours, how many people, how many levels decided, reason of a rejection; None: a draft
    ("急救技能培训第一期", 8, 12, 2, ""),
    ("急救技能培训第二期", 8, 9, 1, ""),
    ("合理用药培训第一期", 4, 15, 0, ""),
    ("合理用药培训第二期", 4, 6, 1, "参训人员名单与签到表不符，请核实。"),
    ("合理用药培训第三期", 4, 5, None, ""),
)


def build_unit_hours(stage: Stage) -> None:
    """Let the hospital plan, enter its trainings and name who took part; those above pass, reject or have not decided yet."""
    plan_id = _plan(stage)
    people = _people(stage)
    unit, first = stage.officer(UNIT), dt.date(today().year, 1, 2)
    start = 0
    for name, hours, n_people, n_levels, reason in TRAININGS:
        with acting_as(unit) as session:
            data = UnitHoursData(plan_id, name, first, first, Decimal(hours))
            training_id = unit_hours.save(session, unit, data).id
            chosen = [people[(start + n) % len(people)] for n in range(min(n_people, len(people)))]
            participants.add_many(session, unit, training_id, chosen)
            if n_levels is not None:
                unit_granting.submit(session, unit, training_id)
        for key in ABOVE[: n_levels or 0]:
            _decide(stage, key, ReviewKind.UNIT_HOURS, training_id, reason)
        start += n_people


def _plan(stage: Stage) -> int:
    unit, first = stage.officer(UNIT), dt.date(today().year, 1, 2)
    data = PlanData(
        PlanKind.UNIT,
        stage.year,
        PLAN,
        subject="professional",
        subject_name="临床技能",
        hours=Decimal(24),
        starts_on=first,
        ends_on=first,
        n_people=60,
        place="门诊楼五楼会议室",
        content="心肺复苏、气道管理、抗菌药物合理使用：集中授课与现场考核。",
    )
    with acting_as(unit) as session:
        plan_id = plans.save(session, unit, data).id
        plans.submit(session, unit, plan_id)
    for key in ABOVE:
        _decide(stage, key, ReviewKind.UNIT_PLAN, plan_id)
    return int(plan_id)


def _people(stage: Stage) -> list[int]:
    with as_system() as session:
        mine = (Professional.id.in_(stage.people[UNIT]), Professional.state == ProfessionalState.ACTIVE)
        still = Professional.organisation_id == stage.organisations[UNIT].id
        return list(session.scalars(select(Professional.id).where(*mine, still).order_by(Professional.id)))


def _decide(stage: Stage, key: str, kind: ReviewKind, subject_id: int, reason: str = "") -> None:
    officer = stage.officer(key)
    with acting_as(officer) as session:
        wanted = select(Review.id).where(Review.kind == kind, Review.subject_id == subject_id)
        verdict = Verdict.REJECT if reason else Verdict.PASS
        engine.decide(session, officer, session.scalars(wanted).one(), verdict=verdict, reason=reason)
