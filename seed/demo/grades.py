"""Classes and grades in the demo: a base of the city, its people's grades in every state."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import select

from models.base import today
from models.people.tables import Account, Professional, ProfessionalState
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from models.training import classes, grades, plans, subjects
from models.training.classes import ClassData
from models.training.grades import Grade, GradeData
from models.training.plans import PlanData, PlanKind
from seed.demo.stage import Stage, acting_as, as_system

BASE, ABOVE = "university_base", "city"
SCHOOLS = ("wh_middle", "wh_primary", "wh_hospital")
SCORES = (92, 88, 76, 81, 55, 67, 95, 73)
N_FILED = 6
REJECTED = "该学员未全程参加培训"


def build_grades(stage: Stage) -> None:
    """Hold a class of a passed plan, enter grades, file some; their units and departments pass, reject or wait."""
    class_id = _class(stage)
    ids = _enter(stage, class_id)
    base = stage.officer(BASE)
    with acting_as(base) as session:
        filed = grades.submit_many(session, base, ids[:N_FILED]).done
        grades.withdraw_many(session, base, filed[-1:])
    _decide(stage, filed[0], times=9)
    _decide(stage, filed[1], times=1)
    _decide(stage, filed[2], times=0, reason=REJECTED)


def _class(stage: Stage) -> int:
    base, officer = stage.officer(BASE), stage.officer(ABOVE)
    first = dt.date(today().year, 1, 2)
    with acting_as(base) as session:
        subject = subjects.add(session, base, "教育教学新技术")
        data = PlanData(
            PlanKind.SINGLE,
            stage.year,
            "信息技术与教学融合培训",
            subject="professional",
            professional_subject_id=subject.id,
            hours=Decimal(24),
            starts_on=first,
            ends_on=first,
            n_people=60,
            place="望海区教师进修学校",
            content="课堂教学中的信息技术应用：讲授、观摩与考核。",
        )
        plan = plans.save(session, base, data)
        plans.submit(session, base, plan.id)
    with acting_as(officer) as session:
        wanted = (Review.kind == ReviewKind.TRAINING_PLAN, Review.subject_id == plan.id)
        engine.decide(session, officer, session.scalars(select(Review.id).where(*wanted)).one(), verdict=Verdict.PASS)
    with acting_as(base) as session:
        for n in (1, 2):
            data_of = ClassData(
                plan.id, f"信息技术与教学融合培训第{'一二'[n - 1]}期", first, first, place="第一报告厅", teacher="课程组"
            )
            made = classes.add(session, base, data_of)
        return int(made.id)


def _enter(stage: Stage, class_id: int) -> list[int]:
    """Enter grades of people of several units, whom nothing keeps from being declared for."""
    base, ids = stage.officer(BASE), []
    people = [i for key in SCHOOLS for i in stage.people[key]]
    with as_system() as session:
        active = (Professional.id.in_(people), Professional.state == ProfessionalState.ACTIVE)
        numbers = session.scalars(
            select(Account.number)
            .join(Professional, Professional.account_id == Account.id)
            .where(*active)
            .order_by(Professional.id)
        ).all()
    for number, score in zip(numbers, SCORES, strict=False):
        found = grades.look_up(number)
        with acting_as(base) as session:
            ids.append(grades.add(session, base, GradeData(class_id, number, Decimal(score)), found).id)
    return ids


def _decide(stage: Stage, grade_id: int, *, times: int, reason: str = "") -> None:
    """Let *times* levels pass what became of a grade, at most as many as there are, or the first one reject it."""
    for _level in range(times or 1):
        with as_system() as session:
            declaration_id = session.get_one(Grade, grade_id).declaration_id
            wanted = (
                Review.kind == ReviewKind.DECLARATION,
                Review.subject_id == declaration_id,
                Review.state == ReviewState.OPEN,
            )
            row = session.execute(select(Review.id, Review.deciding_organisation_id).where(*wanted)).first()
        if row is None:
            return
        officer = stage.officers[row.deciding_organisation_id]
        with acting_as(officer) as session:
            verdict = Verdict.REJECT if reason else Verdict.PASS
            engine.decide(session, officer, row.id, verdict=verdict, reason=reason)
