"""Training in the demo: public subjects of the year, bases with data, subjects, plans and reports in every state, unit plans."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal

from openpyxl import Workbook
from sqlalchemy import select

from models.access import Actor
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, Verdict
from models.training import base_data, plans, public_subjects, reports, subjects
from models.training.base_data import BaseFigures
from models.training.plans import REVIEWED_AS, PlanData, PlanKind
from models.training.public_subjects import PublicSubjectData
from models.training.reports import ReportData
from models.uploads import Upload, check_document
from seed.demo.stage import Stage, acting_as

SUBJECTS = ("数字化转型与智能制造", "工程质量与安全管理", "护理新技术", "乡村振兴与农业技术推广")
OLD_SUBJECT = "计算机基础操作"


@dataclass(frozen=True, slots=True)
class Planned:
    """One plan of a base: its words, and what became of it: draft, pending, approved or the reason of a rejection."""

    name: str
    subject: str  # the name of a professional subject; empty for the public one
    hours: int
    n_people: int
    outcome: str


PLANNED = (
    Planned("智能制造新技术高级研修班", SUBJECTS[0], 40, 60, "approved"),
    Planned("人工智能与专业技术人员能力提升培训班", "", 30, 200, "approved"),
    Planned("建设工程质量安全专题培训班", SUBJECTS[1], 24, 80, "pending"),
    Planned("护理新技术应用培训班", SUBJECTS[2], 16, 100, "培训天数与学时不符，请核实。"),
    Planned("农业技术推广骨干培训班", SUBJECTS[3], 24, 50, "draft"),
)


def build_training(stage: Stage) -> None:
    """Offer public subjects, then let bases and units write and submit, and their superiors decide."""
    chosen = _public_subjects(stage)
    _base(stage, chosen)
    _second_base(stage)
    _unit_plans(stage)


def _public_subjects(stage: Stage) -> int:
    """Return the id of the subject that the bases teach; the last one of the list is disabled."""
    officer, ids = stage.officer("city"), []
    with acting_as(officer) as session:
        for name, hours in (("人工智能与产业发展", 30), ("职业道德与科研诚信", 30), ("知识产权保护", 20)):
            ids.append(public_subjects.add(session, officer, PublicSubjectData(stage.year, name, Decimal(hours))).id)
        ids.append(public_subjects.add(session, officer, PublicSubjectData(stage.year - 1, "数字经济与创新发展", Decimal(30))).id)
        public_subjects.set_enabled(session, officer, ids[2:3], is_enabled=False)
    return ids[0]


def _base(stage: Stage, public_subject_id: int) -> None:
    clerk = stage.officer("university_base")
    figures = BaseFigures(
        "海州市学府路 66 号继续教育大楼",
        5200,
        24,
        1600,
        180,
        "录播教室 3 间，实训中心 2 处。",
        9,
        36,
        48,
        52,
        "以本校教师为主，聘请行业专家授课。",
    )
    with acting_as(clerk) as session:
        base_data.save(session, clerk, figures)
        ids = {name: subjects.add(session, clerk, name).id for name in (*SUBJECTS, OLD_SUBJECT)}
        subjects.set_enabled(session, clerk, [ids[OLD_SUBJECT]], is_enabled=False)
    for n, planned in enumerate(PLANNED):
        first = dt.date(stage.year, 3 + n, 10)
        data = PlanData(
            PlanKind.SINGLE,
            stage.year,
            planned.name,
            subject="professional" if planned.subject else "public",
            public_subject_id=None if planned.subject else public_subject_id,
            professional_subject_id=ids.get(planned.subject),
            hours=Decimal(planned.hours),
            starts_on=first,
            ends_on=first + dt.timedelta(days=max(planned.hours // 8 - 1, 0)),
            n_people=planned.n_people,
            place="继续教育大楼报告厅",
            content=f"{planned.subject or '人工智能与产业发展'}：专题讲座、案例研讨与考核。",
        )
        _plan(stage, clerk, data, ["city"], planned.outcome)
    for year, outcome in ((stage.year - 1, "approved"), (stage.year, "pending")):
        yearly = PlanData(PlanKind.YEARLY, year, f"{year}年度培训计划", n_people=1200, content="全年举办培训班 12 期。")
        _plan(stage, clerk, yearly, ["city"], outcome)
    for year, name, outcome in (
        (stage.year - 1, "年度工作总结", "approved"),
        (stage.year - 1, "年度工作总结（补充）", "附件不完整，请补充经费决算。"),
        (stage.year, "年度报告", "draft"),
    ):
        _report(stage, clerk, ReportData(year, f"{year}{name}", "含下年度培训计划。"), "city", outcome)


def _second_base(stage: Stage) -> None:
    """Let the base of a department wait for it."""
    clerk = stage.officer("medical_base")
    with acting_as(clerk) as session:
        subject = subjects.add(session, clerk, SUBJECTS[2])
    data = PlanData(
        PlanKind.SINGLE,
        stage.year,
        "基层医疗卫生人员急救技能培训班",
        subject="professional",
        professional_subject_id=subject.id,
        hours=Decimal(24),
        starts_on=dt.date(stage.year, 5, 12),
        ends_on=dt.date(stage.year, 5, 14),
        n_people=120,
        place="市医学继续教育培训中心",
        content="心肺复苏、创伤急救与转运。",
    )
    _plan(stage, clerk, data, ["city_health"], "pending")
    _report(stage, clerk, ReportData(stage.year, f"{stage.year}年度报告"), "city_health", "pending")


def _unit_plans(stage: Stage) -> None:
    year = stage.year
    for key, above, name, outcome in (
        ("people_hospital", ["city_health", "city"], "全院护理文书书写规范培训", "approved"),
        ("people_hospital", ["city_health", "city"], "院内感染防控培训", "halfway"),
        ("people_hospital", ["city_health", "city"], "医学影像新技术培训", "draft"),
        ("wh_middle", ["wh_education", "wanghai"], "新课程标准校本研修", "halfway"),
        ("wh_middle", ["wh_education", "wanghai"], "班主任工作研修", "请补充授课教师和课程安排。"),
    ):
        data = PlanData(
            PlanKind.UNIT,
            year,
            name,
            subject="professional",
            hours=Decimal(12),
            starts_on=dt.date(year, 4, 8),
            ends_on=dt.date(year, 4, 9),
            n_people=40,
            place="单位会议室",
            content=f"{name}：集中授课与现场考核。",
        )
        _plan(stage, stage.officer(key), data, above, outcome)


def _plan(stage: Stage, clerk: Actor, data: PlanData, above: list[str], outcome: str) -> None:
    """Write a plan; unless it stays a draft submit it, and let those above decide as *outcome* says."""
    with acting_as(clerk) as session:
        plan = plans.save(session, clerk, data)
        if outcome != "draft":
            plans.submit(session, clerk, plan.id)
    if outcome == "approved":
        for key in above:
            _decide(stage, key, REVIEWED_AS[data.kind], plan.id)
    elif outcome == "halfway":
        _decide(stage, above[0], REVIEWED_AS[data.kind], plan.id)
    elif outcome not in {"draft", "pending"}:
        _decide(stage, above[0], REVIEWED_AS[data.kind], plan.id, outcome)


def _report(stage: Stage, clerk: Actor, data: ReportData, above: str, outcome: str) -> None:
    added = [check_document(Upload(f"{data.name}.xlsx", _workbook(data)))]
    with acting_as(clerk) as session:
        report = reports.save(session, clerk, data, added=added)
        if outcome != "draft":
            reports.submit(session, clerk, report.id)
    if outcome not in {"draft", "pending"}:
        _decide(stage, above, ReviewKind.YEARLY_REPORT, report.id, "" if outcome == "approved" else outcome)


def _decide(stage: Stage, key: str, kind: ReviewKind, subject_id: int, reason: str = "") -> None:
    officer = stage.officer(key)
    with acting_as(officer) as session:
        wanted = select(Review.id).where(Review.kind == kind, Review.subject_id == subject_id)
        verdict = Verdict.REJECT if reason else Verdict.PASS
        engine.decide(session, officer, session.scalars(wanted).one(), verdict=verdict, reason=reason)


def _workbook(data: ReportData) -> bytes:
    book = Workbook()
    sheet = book.create_sheet("年度报告", 0)
    for row in (("年度", data.year), ("举办培训班（期）", 11), ("培训人次", 1086), ("下年度计划（期）", 12)):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
