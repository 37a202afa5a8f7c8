"""What a town holds for the screens contract: units that register, offices with administrators, things to read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from models.access import Actor
from models.base import ScopedSession, db
from models.credits import applicants, batches
from models.credits.declarations import Draft
from models.org import departments, publications
from models.org.codes import mod31
from models.org.departments import DepartmentData
from models.org.publications import PublicationKind, Text
from models.org.settings import SettingKey, set_setting
from models.org.tables import CodeEntry, Organisation, OrganisationKind, OrganisationState
from models.people import administrators, candidates, roles
from models.people.candidates import Candidate, Way
from models.people.organisation_registration import Applicant, OrganisationRegistration
from models.people.positions import load_actor
from models.people.roles import RoleData
from models.people.tables import Post
from models.reviews import engine
from models.reviews import transfers as moves
from models.reviews.organisation_registrations import first_step, keep_first_step, submit_organisation
from models.reviews.tables import Review, ReviewKind, Verdict
from models.scope import NOTHING, attach, reserve_ids, system_session
from models.training import classes, grades, participants, plans, public_subjects, reports, subjects, unit_granting, unit_hours
from models.training.classes import ClassData
from models.training.grades import GradeData
from models.training.plans import PlanData, PlanKind
from models.training.public_subjects import PublicSubjectData
from models.training.reports import ReportData
from models.training.unit_hours import UnitHoursData
from models.transaction import unit_of_work
from models.uploads import Upload, check
from tests.admin.conftest import picture
from tests.cast import Cast, made_up_number

WAITING_UNITS = (
    (OrganisationKind.EMPLOYER, "unit"),
    (OrganisationKind.EMPLOYER, "department"),
    (OrganisationKind.TRAINING_BASE, "department"),
    (OrganisationKind.EMPLOYER, "county"),
    (OrganisationKind.EMPLOYER, "county"),
    (OrganisationKind.COMPETENT_DEPARTMENT, "county"),
    (OrganisationKind.TRAINING_BASE, "county"),
    (OrganisationKind.HR_DEPARTMENT, "county"),
)

PLAN = PlanData(
    PlanKind.SINGLE,
    2026,
    "新技术应用培训班",
    subject="professional",
    hours=Decimal(24),
    starts_on=dt.date(2026, 12, 20),
    ends_on=dt.date(2026, 12, 22),
    n_people=60,
    place="第一教学楼",
    content="数字技术应用",
)
YEARLY = PlanData(PlanKind.YEARLY, 2026, "年度培训计划", content="全年六期")


def organisations(app: Flask, cast: Cast, acting_as: Callable[[Actor], Any]) -> str:
    """Let units of every kind register below each officer, one of them decided; return the key of one only begun."""
    entries = {"unit_nature": "20", "unit_level": "3", "industry": "I"}
    with app.app_context(), system_session() as session, unit_of_work(session):
        present = set(session.scalars(select(CodeEntry.list_name)))
        session.add_all(CodeEntry(list_name=n, code=c, name=c, position=0) for n, c in entries.items() if n not in present)
    with app.app_context():
        for n, (kind, above) in enumerate(WAITING_UNITS):
            body = f"12371102MB28641{n:02d}"
            data = OrganisationRegistration(
                kind, f"新单位{n}", body + mod31(body), cast.organisations[above].id, "20", "3", "I", "0633-8123456", "海州路"
            )
            with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
                attach(session, NOTHING)
                with unit_of_work(session):
                    key = keep_first_step(session, data, None)
                password = "Office-2026!"
                who = Applicant("111", made_up_number(850 + n), "钱小红", "13800000700", "q@example.com", "", password, password)
                with unit_of_work(session):
                    submit_organisation(session, first_step(key), who, proved_account_id=None)
        with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, NOTHING)
            with unit_of_work(session):
                body = "12371102MB2864199"
                begun = keep_first_step(
                    session,
                    replace(
                        data, kind=OrganisationKind.EMPLOYER, superior_id=cast.organisations["unit"].id, code=body + mod31(body)
                    ),
                    None,
                )
    officer = cast.actors["county_officer"]
    with acting_as(officer) as session:
        decided = select(Review.id).join(Organisation, Organisation.id == Review.subject_id)
        (one,) = session.scalars(decided.where(Review.kind == ReviewKind.ORGANISATION, Organisation.name == "新单位4"))
        engine.decide(session, officer, one, verdict=Verdict.PASS)
    return begun


def office(officer: Actor, acting_as: Callable[[Actor], Any], n: int) -> None:
    """Give an organisation two departments, one disabled, a role, and a second administrator who holds it."""
    with acting_as(officer) as session:
        kept = departments.add(session, officer, DepartmentData("办公室"))
        departments.disable(session, officer, [departments.add(session, officer, DepartmentData("旧科室")).id])
        role = roles.create(session, officer, RoleData("审核员", "", ["people.view"]))
        password = "Office-2026!"
        number = made_up_number(800 + n)
        candidate = Candidate(
            Way.NEW, kept.id, None, "111", number, password, password, "第二管理员", "13900000000", "a@example.com"
        )
        administrators.create(session, officer, candidates.check(session, officer, candidate), role.id)


def transfers(cast: Cast, acting_as: Callable[[Actor], Any]) -> None:
    """Let somebody wait for the word of each officer's organisation, and somebody for the county's release."""
    county = cast.actors["county_officer"]
    phone = "0599-7654321"
    for person, target in (("neighbour", "unit"), ("cousin", "department"), ("foreigner", "county")):
        actor = cast.actors[person]
        with acting_as(actor) as session:
            wanted = cast.organisations[target].id
            moves.start(session, actor, None, to_organisation_id=wanted, phone=phone)
    with acting_as(county) as session:
        own = session.get_one(Organisation, county.organisation_id)
        set_setting(session, county, own, SettingKey.TRANSFER_OUT_REVIEW, "on")
    worker = cast.actors["branch_worker"]
    with acting_as(worker) as session:
        moves.start(session, worker, None, to_organisation_id=cast.organisations["cousin_unit"].id, phone=phone)


def training(app: Flask, cast: Cast, acting_as: Callable[[Actor], Any]) -> None:
    """Let a base below the county and one below the department, and a unit, wait for each reviewer and hold drafts."""
    county, base, unit = (cast.actors[name] for name in ("county_officer", "base_clerk", "unit_clerk"))
    with acting_as(county) as session:
        public_subjects.add(session, county, PublicSubjectData(2026, "人工智能", Decimal(30)))
    for clerk in (base, _base_of_the_department(app, cast)):
        with acting_as(clerk) as session:
            subject = subjects.add(session, clerk, "数字技术")
            single = replace(PLAN, professional_subject_id=subject.id)
            for data in (single, replace(single, name="待提交的培训班"), YEARLY):
                plan = plans.save(session, clerk, data)
                if data.name != "待提交的培训班":
                    plans.submit(session, clerk, plan.id)
            filed = check(Upload("年度报告.png", picture(501)))
            for name in ("年度报告", "年度工作总结"):
                report = reports.save(session, clerk, ReportData(2026, name), added=[filed])
            reports.submit(session, clerk, report.id)
    for n in range(2):
        with acting_as(unit) as session:
            data = replace(PLAN, kind=PlanKind.UNIT, subject="all", name=f"单位培训{n}")
            plans.submit(session, unit, plans.save(session, unit, data).id)
    department = cast.actors["department_clerk"]
    with acting_as(department) as session:
        first = session.scalars(select(Review.id).where(Review.kind == ReviewKind.UNIT_PLAN).order_by(Review.id)).first()
        engine.decide(session, department, first or 0, verdict=Verdict.PASS)


def _base_of_the_department(app: Flask, cast: Cast) -> Actor:
    """Write a base below the department, and who works there."""
    above, account = cast.organisations["department"], cast.accounts["city_second"]
    with app.app_context(), system_session() as session, unit_of_work(session):
        (base_id,) = reserve_ids(session, Organisation, 1)
        base = Organisation(
            id=base_id,
            parent_id=above.id,
            path=f"{above.path}{base_id}/",
            kind=OrganisationKind.TRAINING_BASE,
            state=OrganisationState.ACTIVE,
            name="教育系统继续教育基地",
            code="T9000000000001",
            code_kind="temporary_code",
            region_code="371100",
        )
        session.add(base)
        session.flush()
        post = Post(account_id=account.id, organisation_id=base.id, path=base.path, name=account.name, is_super=True)
        session.add(post)
        session.flush()
    with app.app_context():
        found = load_actor(account.id, f"post:{post.id}")
    assert found is not None
    return found


def publish_something(cast: Cast, acting_as: Callable[[Actor], Any]) -> None:
    """Let the root publish an announcement and a file."""
    officer = cast.actors["city_officer"]
    form = Upload("信息采集表.pdf", picture(77))
    for text in (
        Text(PublicationKind.ANNOUNCEMENT, "年底申报提醒", "请尽快申报。"),
        Text(PublicationKind.DOWNLOAD, "专业技术人员继续教育信息服务平台信息采集表", "", form),
    ):
        with acting_as(officer) as session:
            publications.publish(session, officer, publications.write(session, officer, text).id)


def grades_of_a_base(cast: Cast, acting_as: Callable[[Actor], Any]) -> None:
    """Let the base hold a class and file two grades: one waits for the county, the other for the person's unit."""
    base, county = cast.actors["base_clerk"], cast.actors["county_officer"]
    first = dt.date(2026, 12, 1)
    with acting_as(base) as session:
        subject = subjects.add(session, base, "大数据技术")
        training = PlanData(PlanKind.SINGLE, 2026, "数字技术应用", "professional", professional_subject_id=subject.id)
        training = replace(training, hours=Decimal(8), starts_on=first, ends_on=first, n_people=9, place="一号楼", content="数字")
        plan = plans.save(session, base, training)
        plans.submit(session, base, plan.id)
    with acting_as(county) as session:
        wanted = (Review.kind == ReviewKind.TRAINING_PLAN, Review.subject_id == plan.id)
        engine.decide(session, county, session.scalars(select(Review.id).where(*wanted)).one(), verdict=Verdict.PASS)
    with acting_as(base) as session:
        held = classes.add(session, base, ClassData(plan.id, "数字技术应用第一期", first, first)).id
    for name in ("civil_servant", "neighbour"):
        number = cast.accounts[name].number
        with acting_as(base) as session:
            made = grades.add(session, base, GradeData(held, number, Decimal(80)), grades.look_up(number))
            grades.submit_many(session, base, [made.id])


def hours_of_units(cast: Cast, acting_as: Callable[[Actor], Any]) -> None:
    """Let a unit hand in the hours of two trainings by a passed plan: one waits for the department, the other for the county."""
    unit, person = cast.actors["unit_clerk"], cast.people["colleague"].id
    deciders = (cast.actors["department_clerk"], cast.actors["county_officer"])
    first = dt.date(2026, 12, 1)
    with acting_as(unit) as session:
        data = replace(PLAN, kind=PlanKind.UNIT, subject="all", name="单位培训学时计划", starts_on=first, ends_on=first)
        plan_id = plans.save(session, unit, replace(data, hours=Decimal(12))).id
        plans.submit(session, unit, plan_id)
    _decide(acting_as, ReviewKind.UNIT_PLAN, plan_id, deciders)
    for n in range(3):
        with acting_as(unit) as session:
            made = unit_hours.save(session, unit, UnitHoursData(plan_id, f"单位培训第{n}期", first, first, Decimal(4))).id
            participants.add_many(session, unit, made, [person])
            if n:
                unit_granting.submit(session, unit, made)
        if n == 1:
            _decide(acting_as, ReviewKind.UNIT_HOURS, made, deciders[:1])


def _decide(acting_as: Callable[[Actor], Any], kind: ReviewKind, subject_id: int, deciders: tuple[Actor, ...]) -> None:
    for actor in deciders:
        with acting_as(actor) as session:
            wanted = (Review.kind == kind, Review.subject_id == subject_id)
            engine.decide(session, actor, session.scalars(select(Review.id).where(*wanted)).one(), verdict=Verdict.PASS)


def declared_for(cast: Cast, acting_as: Callable[[Actor], Any], officer: Actor, person: str) -> None:
    """Let a unit declare hours for one of its people: the record waits for the level above."""
    inputs = {
        "school_unit": "学校",
        "class_name": "集体培训",
        "score": "合格",
        "start_date": "2026-11-02",
        "end_date": "2026-11-03",
    }
    draft = Draft(2026, "professional", "GWPX", inputs, "16")
    with acting_as(officer) as session:
        kept = batches.keep(session, officer, draft, batch_id=None, uploads=[check(Upload("证书.png", picture(640)))])
        assert kept.batch is not None
        batch_id = kept.batch.id
        applicants.add_many(session, officer, batch_id, [cast.people[person].id])
        applicants.begin(session, officer, batch_id)
        applicants.declare_next(session, officer, batch_id)
        assert applicants.finish(session, officer, batch_id).n_declared == 1
