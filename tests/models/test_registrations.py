"""Registration of a professional: checks, account, review, decision, and registering again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor, PositionKind
from models.base import db
from models.errors import DomainError, FieldErrors, NotAllowed, NotFound
from models.history import HistoryEntry
from models.org.tables import CodeEntry, Department
from models.outbox import Notice
from models.people.login import Attempt, PositionRefused, log_in
from models.people.registration import Registration
from models.people.tables import Account, EducationRecord, Membership, NameToken, Professional, ProfessionalState, Qualification
from models.reviews import engine
from models.reviews.registrations import check_registration, submit_registration
from models.reviews.tables import Decision, Review, ReviewLevel, ReviewState, Verdict
from models.scope import NOTHING, ScopedSession, attach, system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast, made_up_number

NUMBER = made_up_number(400)
CODES = [
    ("nationality", "01", "汉族", None, None),
    ("education_level", "20", "大学本科教育", None, {"is_group": True}),
    ("education_level", "21", "大学本科毕业", None, None),
    ("field_of_study", "110", "数学", None, None),
    ("degree", "4", "学士", None, None),
    ("admin_rank", "131", "县处级正职", None, None),
    ("title_series", "00", "无职称", None, None),
    ("title_series", "01", "高等学校教师", None, None),
    ("title_series", "02", "哲学社会科学研究人员", None, None),
    ("title_level", "420", "中级", None, None),
    ("title_level", "499", "无", None, None),
    ("title_qualification", "0001", "无", "00", {"level": "499"}),
    ("title_qualification", "0103", "讲师", "01", {"level": "420"}),
    ("title_qualification", "0203", "助理研究员", "02", {"level": "420"}),
    ("vocational_qualification", "VQ00", "无", None, None),
    ("vocational_qualification", "VQ72", "翻译专业资格", None, {"levels": ["三级", "二级"]}),
]


@pytest.fixture(autouse=True)
def _codes(app: Flask) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.add_all(
            CodeEntry(list_name=name, code=code, name=words, parent_code=parent, extra=extra, position=n)
            for n, (name, code, words, parent, extra) in enumerate(CODES)
        )


@pytest.fixture
def visitor(in_app: Flask) -> Iterator[Session]:
    """A session that may see nothing, as a visitor's."""
    with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, NOTHING)
        yield session


@pytest.fixture
def filled(cast: Cast) -> Registration:
    """A registration that fits."""
    return Registration(
        document_type="111",
        number=NUMBER,
        password="Learn-2026",
        again="Learn-2026",
        organisation_id=cast.organisations["unit"].id,
        name="曾 小明",
        sex="male" if int(NUMBER[16]) % 2 else "female",
        phone="13812345678",
        email="zeng@example.com",
        ethnic_group="01",
        education_level="21",
        school="某某大学",
        field_of_study="110",
        graduated_on=dt.date(2003, 7, 1),
        degree="4",
        is_postdoc=False,
        title_series="01",
        title_level="420",
        title_qualification="0103",
        vocational_qualification="VQ00",
        vocational_level="none",
    )


def submit(session: Session, data: Registration, **how: int) -> Professional:
    with unit_of_work(session):
        return submit_registration(session, data, **how).person


def decide(
    session_of: Callable[[Actor], Session], actor: Actor, person: Professional, verdict: Verdict, reason: str = ""
) -> None:
    session = session_of(actor)
    with unit_of_work(session):
        review = session.scalars(select(Review).where(Review.subject_id == person.id)).one()
        engine.decide(session, actor, review.id, verdict=verdict, reason=reason)


def errors_of(data: Registration, *, with_password: bool = True) -> dict[str, str]:
    with pytest.raises(FieldErrors) as refusal:
        check_registration(data, with_password=with_password)
    return {field: error.message_id for field, error in refusal.value.errors.items()}


@pytest.mark.both_databases
def test_a_registration_writes_account_profile_and_review_and_waits(
    visitor: Session, filled: Registration, cast: Cast, system: Session
) -> None:
    with unit_of_work(visitor):
        submitted = submit_registration(visitor, filled)
    assert (submitted.decider_name, submitted.decider_phone) == ("单位-unit", cast.organisations["unit"].phone)
    person = system.scalars(select(Professional).where(Professional.name == "曾小明")).one()
    assert person.state == ProfessionalState.PENDING
    assert person.path == cast.organisations["unit"].path
    assert person.birth_on == dt.date(int(NUMBER[6:10]), int(NUMBER[10:12]), int(NUMBER[12:14]))
    account = system.scalars(select(Account).where(Account.id == person.account_id)).one()
    assert (account.number, account.must_change, account.first_password) == (NUMBER, False, None)
    review = system.scalars(select(Review).where(Review.subject_id == person.id)).one()
    assert (review.state, review.n_levels, review.deciding_organisation_id) == (
        ReviewState.OPEN,
        1,
        cast.organisations["unit"].id,
    )
    assert system.scalar(select(func.count()).select_from(ReviewLevel).where(ReviewLevel.review_id == review.id)) == 1
    education = system.scalars(select(EducationRecord).where(EducationRecord.person_id == person.id)).one()
    assert (education.education_level, education.school) == ("21", "某某大学")
    assert system.scalars(select(Qualification).where(Qualification.person_id == person.id)).all() == []
    assert "zengxiaoming" in set(system.scalars(select(NameToken.token).where(NameToken.person_id == person.id)))
    actions = system.scalars(
        select(HistoryEntry.action).where(HistoryEntry.subject_id == person.id, HistoryEntry.subject_kind == "professional")
    )
    assert list(actions) == ["register"]


def test_the_login_answers_that_it_waits(visitor: Session, filled: Registration) -> None:
    submit(visitor, filled)
    with pytest.raises(PositionRefused) as refusal:
        log_in(Attempt("111", NUMBER, "Learn-2026", PositionKind.PROFESSIONAL))
    assert refusal.value.message_id == "This account has not been reviewed yet."


@pytest.mark.both_databases
def test_a_passed_registration_is_a_member_from_today_and_can_log_in(
    visitor: Session,
    filled: Registration,
    cast: Cast,
    session_of: Callable[[Actor], Session],
    system: Session,
    clock: Callable[[str], None],
) -> None:
    clock("2026-11-20 08:00")
    person = submit(visitor, filled)
    decide(session_of, cast.unit_clerk, person, Verdict.PASS)
    entry = log_in(Attempt("111", NUMBER, "Learn-2026", PositionKind.PROFESSIONAL))
    assert entry.position_key == f"person:{person.id}"
    member = system.scalars(select(Membership).where(Membership.person_id == person.id)).one()
    assert (member.member_of_id, member.from_on, member.to_on) == (cast.organisations["unit"].id, dt.date(2026, 11, 20), None)
    notice = system.scalars(select(Notice).where(Notice.account_id == person.account_id)).one()
    assert notice.message_id == "%(unit)s has passed your registration."
    decision = system.scalars(select(Decision).where(Decision.subject_id == person.id)).one()
    assert decision.snapshot is not None
    assert (decision.snapshot["name"], decision.snapshot["graduated_on"]) == ("曾小明", "2003-07-01")


@pytest.mark.both_databases
def test_a_rejected_registration_answers_its_reason_and_frees_the_number(
    visitor: Session, filled: Registration, cast: Cast, session_of: Callable[[Actor], Session], system: Session
) -> None:
    first = submit(visitor, filled)
    decide(session_of, cast.unit_clerk, first, Verdict.REJECT, "不是本单位人员")
    with pytest.raises(PositionRefused) as refusal:
        log_in(Attempt("111", NUMBER, "Learn-2026", PositionKind.PROFESSIONAL))
    assert str(refusal.value) == "Your registration was rejected: 不是本单位人员"
    again = replace(filled, password="Again-2026", again="Again-2026", organisation_id=cast.organisations["branch"].id)
    second = submit(visitor, again)
    assert second.account_id == first.account_id
    states = system.scalars(
        select(Professional.state).where(Professional.account_id == first.account_id).order_by(Professional.id)
    )
    assert list(states) == [ProfessionalState.REJECTED, ProfessionalState.PENDING]
    with pytest.raises(PositionRefused) as waiting:
        log_in(Attempt("111", NUMBER, "Again-2026", PositionKind.PROFESSIONAL))
    assert waiting.value.message_id == "This account has not been reviewed yet."


def test_a_rejection_needs_a_reason(
    visitor: Session, filled: Registration, cast: Cast, session_of: Callable[[Actor], Session], system: Session
) -> None:
    person = submit(visitor, filled)
    with pytest.raises(DomainError):
        decide(session_of, cast.unit_clerk, person, Verdict.REJECT, "  ")
    assert system.scalar(select(Professional.state).where(Professional.id == person.id)) == ProfessionalState.PENDING


@pytest.mark.parametrize("name", ["sibling_clerk", "department_clerk", "county_officer"])
def test_only_the_own_organisation_decides(
    visitor: Session, filled: Registration, cast: Cast, session_of: Callable[[Actor], Session], system: Session, name: str
) -> None:
    person = submit(visitor, filled)
    review_id = system.scalars(select(Review.id).where(Review.subject_id == person.id)).one()
    system.rollback()
    actor = cast.actors[name]
    session = session_of(actor)
    with pytest.raises((NotAllowed, NotFound)), unit_of_work(session):
        engine.decide(session, actor, review_id, verdict=Verdict.PASS)
    assert system.scalar(select(Professional.state).where(Professional.id == person.id)) == ProfessionalState.PENDING


@pytest.mark.both_databases
def test_a_number_that_has_an_account_is_refused_with_one_sentence_and_nothing_written(
    visitor: Session, filled: Registration, cast: Cast, system: Session
) -> None:
    known = cast.accounts["unit_clerk"]
    data = replace(filled, number=known.number, sex="male" if int(known.number[16]) % 2 else "female")
    before = system.scalar(select(func.count()).select_from(Professional))
    stored = system.scalar(select(Account.password_hash).where(Account.id == known.id))
    system.rollback()
    with pytest.raises(FieldErrors) as refusal:
        submit(visitor, data)
    assert {f: e.message_id for f, e in refusal.value.errors.items()} == {
        "number": "This number is registered; please tick “Already a user of this system”."
    }
    assert system.scalar(select(func.count()).select_from(Professional)) == before
    assert system.scalar(select(Account.password_hash).where(Account.id == known.id)) == stored


def test_an_existing_user_gets_the_profile_on_the_same_account(
    visitor: Session, filled: Registration, cast: Cast, system: Session
) -> None:
    clerk = cast.accounts["unit_clerk"]
    sex = "male" if int(clerk.number[16]) % 2 else "female"
    data = replace(filled, number=clerk.number, name=clerk.name, sex=sex, password="", again="")
    stored = system.scalar(select(Account.password_hash).where(Account.id == clerk.id))
    system.rollback()
    person = submit(visitor, data, proved_account_id=clerk.id)
    assert person.account_id == clerk.id
    assert system.scalar(select(Account.password_hash).where(Account.id == clerk.id)) == stored


def test_an_existing_user_keeps_the_name_of_the_account(visitor: Session, filled: Registration, cast: Cast) -> None:
    clerk = cast.accounts["unit_clerk"]
    sex = "male" if int(clerk.number[16]) % 2 else "female"
    with pytest.raises(FieldErrors) as refusal:
        submit(visitor, replace(filled, number=clerk.number, sex=sex), proved_account_id=clerk.id)
    assert set(refusal.value.errors) == {"name"}


def test_a_second_live_profile_is_refused(visitor: Session, filled: Registration, cast: Cast) -> None:
    mine = cast.accounts["professional"]
    data = replace(filled, number=mine.number, name=mine.name, sex="male" if int(mine.number[16]) % 2 else "female")
    with pytest.raises(FieldErrors) as refusal:
        submit(visitor, data, proved_account_id=mine.id)
    assert refusal.value.errors["number"].message_id == "Your account has a professional's profile already; log in with it."


def test_a_proved_account_is_not_used_for_another_number(visitor: Session, filled: Registration, cast: Cast) -> None:
    with pytest.raises(FieldErrors) as refusal:
        submit(visitor, filled, proved_account_id=cast.accounts["unit_clerk"].id)
    assert set(refusal.value.errors) == {"number"}


def test_a_fifteen_digit_number_is_the_same_person(visitor: Session, filled: Registration, system: Session) -> None:
    old = NUMBER[:6] + NUMBER[8:17]
    submit(visitor, replace(filled, number=old))
    account = system.scalars(select(Account).where(Account.name == "曾小明")).one()
    assert account.number == NUMBER
    with pytest.raises(PositionRefused):
        log_in(Attempt("111", old, "Learn-2026", PositionKind.PROFESSIONAL))


def test_every_missing_field_is_named(in_app: Flask, cast: Cast) -> None:
    empty = Registration(
        document_type="111",
        number="",
        organisation_id=None,
        name="",
        sex="",
        phone="",
        email="",
        ethnic_group="",
        education_level="",
        school="",
        field_of_study="",
        graduated_on=None,
        degree="",
        is_postdoc=False,
        title_series="",
        title_level="",
        title_qualification="",
        vocational_qualification="",
        vocational_level="",
    )
    assert set(errors_of(empty)) == {
        "number",
        "password",
        "organisation_id",
        "name",
        "sex",
        "phone",
        "email",
        "ethnic_group",
        "education_level",
        "school",
        "field_of_study",
        "graduated_on",
        "degree",
        "title_series",
        "title_level",
        "title_qualification",
        "vocational_qualification",
    }


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        (
            {"number": NUMBER[:17] + ("0" if NUMBER[17] != "0" else "1")},
            "number",
            "The last character does not fit the other 17; compare each digit with the document.",
        ),
        ({"organisation_id": 10**15}, "organisation_id", "Choose your unit from the list."),
        ({"department_id": 77}, "department_id", "This department does not belong to the chosen unit; choose again."),
        ({"name": " \u200b"}, "name", "Please enter the name."),
        ({"name": "<script>"}, "name", "A name has neither digits nor signs such as < > @ # % & *."),
        ({"birth_on": dt.date(1999, 1, 1)}, "birth_on", "The date of birth does not fit the ID number; correct one of the two."),
        ({"graduated_on": dt.date(2999, 1, 1)}, "graduated_on", "The date lies in the future, or is too long ago."),
        ({"education_level": "20"}, "education_level", "Choose an entry of the list."),
        ({"degree": "4 or 1=1"}, "degree", "Choose an entry of the list."),
        (
            {"title_qualification": "0203"},
            "title_qualification",
            "This qualification belongs to another title series; choose again.",
        ),
        ({"title_level": "499"}, "title_qualification", "This qualification belongs to another title level; choose again."),
        ({"vocational_qualification": "VQ72"}, "vocational_level", "Choose an entry of the list."),
        ({"again": "Other-2026"}, "again", "The two passwords differ."),
        ({"password": "12345678", "again": "12345678"}, "password", "The password needs letters and digits."),
        ({"school": "长" * 201}, "school", "At most %(n)s characters fit here."),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(
    in_app: Flask, filled: Registration, change: dict[str, object], field: str, sentence: str
) -> None:
    assert errors_of(replace(filled, **change)) == {field: sentence}  # type: ignore[arg-type]


def test_the_sex_must_fit_the_number(in_app: Flask, filled: Registration) -> None:
    other = "female" if filled.sex == "male" else "male"
    assert errors_of(replace(filled, sex=other)) == {"sex": "The sex does not fit the ID number; correct one of the two."}


def test_without_a_title_level_and_qualification_follow(visitor: Session, filled: Registration) -> None:
    person = submit(visitor, replace(filled, title_series="00", title_level="", title_qualification=""))
    assert (person.title_series, person.title_level, person.title_qualification) == ("00", "499", "0001")


def test_a_vocational_qualification_becomes_a_row_with_its_level(visitor: Session, filled: Registration, system: Session) -> None:
    person = submit(visitor, replace(filled, vocational_qualification="VQ72", vocational_level="二级"))
    row = system.scalars(select(Qualification).where(Qualification.person_id == person.id)).one()
    assert (row.qualification, row.level) == ("VQ72", "二级")


def test_a_department_must_be_enabled_and_of_the_unit(
    visitor: Session, filled: Registration, cast: Cast, system: Session
) -> None:
    unit = cast.organisations["unit"]
    with unit_of_work(system):
        system.add_all(
            [
                Department(organisation_id=unit.id, path=unit.path, name="财务科"),
                Department(organisation_id=unit.id, path=unit.path, name="旧科室", is_enabled=False),
            ]
        )
    ids = dict(system.execute(select(Department.name, Department.id)).all())
    assert set(errors_of(replace(filled, department_id=ids["旧科室"]))) == {"department_id"}
    assert submit(visitor, replace(filled, department_id=ids["财务科"])).department_id == ids["财务科"]


def test_a_training_base_has_no_members(visitor: Session, filled: Registration, cast: Cast, system: Session) -> None:
    with unit_of_work(system):
        unit = system.merge(cast.organisations["sibling_unit"])
        unit.kind = "training_base"  # type: ignore[assignment]
    assert set(errors_of(replace(filled, organisation_id=unit.id))) == {"organisation_id"}


def test_the_cast_still_logs_in_with_its_own_password(in_app: Flask, cast: Cast) -> None:
    assert log_in(Attempt("111", cast.accounts["professional"].number, PASSWORD, PositionKind.PROFESSIONAL)).account.id
