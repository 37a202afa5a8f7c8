"""Registrations, certificates and support staff of the demo."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from models import history
from models.access import SUPPORT_PERMISSIONS, SYSTEM, Actor, PositionKind
from models.base import today
from models.certificates import operations as certificates
from models.certificates.tables import Certificate, CertificateState
from models.credits.recount import recount_years
from models.credits.tables import Requirement, YearSummary
from models.people import accounts, numbers
from models.people.numbers import DocumentType
from models.people.registration import Registration
from models.people.tables import Account, Professional
from models.reviews import engine
from models.reviews.registrations import submit_registration
from models.reviews.tables import Review, ReviewKind, Verdict
from seed import made_up
from seed.demo.records import person_actor
from seed.demo.stage import PASSWORD, Stage, acting_as, as_system


def registrations(stage: Stage) -> None:
    """Twelve people register themselves: most wait, two are rejected, two are accepted."""
    for n in range(12):
        key = ("wh_middle", "wh_hospital", "people_hospital")[n % 3]
        number = stage.next_number()
        with as_system() as session:
            person = submit_registration(session, _registration(stage, stage.organisations[key].id, number)).person
        officer = stage.officer(key)
        if n in {3, 4, 5, 6}:
            verdict, reason = (Verdict.PASS, "") if n % 2 else (Verdict.REJECT, "姓名与证件不符，请核对后重新注册")
            with acting_as(officer) as session:
                review = session.scalars(
                    select(Review).where(Review.kind == ReviewKind.REGISTRATION, Review.subject_id == person.id)
                ).one()
                engine.decide(session, officer, review.id, verdict=verdict, reason=reason)
        if n in {0, 4}:
            stage.list_account("待审核的注册" if n == 0 else "被驳回的注册", number.value, "专业技术人员")


def _registration(stage: Stage, organisation_id: int, number: made_up.MadeUpNumber) -> Registration:
    return Registration(
        document_type=DocumentType.ID_CARD,
        number=number.value,
        organisation_id=organisation_id,
        name=made_up.person_name(stage.rng, number.sex),
        sex=number.sex.value,
        phone=made_up.mobile(stage.n_used),
        email=made_up.email(stage.n_used),
        ethnic_group="01",
        education_level="21",
        school="海州学院",
        field_of_study="04",
        graduated_on=dt.date(2015, 7, 1),
        degree="4",
        is_postdoc=False,
        title_series="05",
        title_level="434",
        title_qualification="0504",
        vocational_qualification="VQ00",
        vocational_level="",
        password=PASSWORD,
        again=PASSWORD,
    )


def issue_certificates(stage: Stage) -> None:
    """Print certificates of last year: most are valid, one was replaced after a correction."""
    with as_system() as session:
        passed = session.scalars(
            select(YearSummary.person_id)
            .where(YearSummary.year == stage.year - 1, YearSummary.is_passed)
            .order_by(YearSummary.person_id)
            .limit(24)
        ).all()
    for n, person_id in enumerate(passed):
        person = person_actor(person_id)
        with acting_as(person) as session:
            certificate = certificates.issue(session, person, person_id, stage.year - 1)
        if n == 3:
            city = stage.officer("city")
            with acting_as(city) as session:
                certificates.replace(session, city, certificate.id, reason="姓名更正后重新签发")


def raise_requirement(stage: Stage) -> None:
    """Let one county ask for more hours of last year: its certificate of that year no longer holds and is revoked."""
    year = stage.year - 1
    with as_system() as session:
        holders = session.scalars(select(Certificate.person_id).where(Certificate.state == CertificateState.VALID)).all()
        paths = {p.id: p.path for p in session.scalars(select(Professional).where(Professional.id.in_(holders)))}
    key = next(
        key
        for key in ("qingze", "linsha", "yunfeng", "zone", "wanghai")
        if any(path.startswith(stage.organisations[key].path) for path in paths.values())
    )
    officer = stage.officer(key)
    with acting_as(officer) as session:
        session.add(
            Requirement(
                organisation_id=officer.organisation_id,
                path=officer.path,
                year=year,
                total_tenths=1200,
                public_tenths=300,
                professional_tenths=900,
            )
        )
        session.flush()
        history.record(
            session, officer, "organisation", [officer.organisation_id or 0], "set_requirement", changes={"year": [None, year]}
        )
        # A requirement holds until a later one replaces it: every year of the county from then on is counted anew.
        rows = session.execute(select(YearSummary.person_id, YearSummary.year).where(YearSummary.year >= year))
        recount_years(session, officer, [(row.person_id, row.year) for row in rows])


def add_support(stage: Stage) -> None:
    """Create the support staff of the demo."""
    number = stage.next_number()
    with as_system() as session:
        checked = numbers.check(DocumentType.ID_CARD, number.value, today=today())
        account = accounts.create_account(
            session,
            SYSTEM,
            accounts.NewAccount(
                DocumentType.ID_CARD,
                checked,
                made_up.person_name(stage.rng, number.sex),
                made_up.mobile(stage.n_used),
                made_up.email(stage.n_used),
                PASSWORD,
            ),
        )
        session.get_one(Account, account.id).is_support = True
        actor = Actor(account.id, account.name, PositionKind.SUPPORT, f"support:{account.id}", permissions=SUPPORT_PERMISSIONS)
        history.record(session, actor, "account", [account.id], "create_support")
    stage.list_account("客服（/support/login）", number.value, "客服")


def list_people(stage: Stage) -> None:
    """Name one professional of the school, and one who still has her first password."""
    with as_system() as session:
        first_time = next(i for people in stage.people.values() for i in people if i % 9 == 0)
        usual = next(i for i in stage.people["wh_middle"] if i % 9)
        for title, person_id in (("专业技术人员：望海区实验中学教师", usual), ("首次登录（密码为证件号后六位）", first_time)):
            account = session.get_one(Account, session.get_one(Professional, person_id).account_id)
            stage.list_account(title, account.number, "专业技术人员")


def build_paperwork(stage: Stage) -> None:
    """Let people register, print certificates, and add the support desk."""
    registrations(stage)
    issue_certificates(stage)
    raise_requirement(stage)
    add_support(stage)
    list_people(stage)
