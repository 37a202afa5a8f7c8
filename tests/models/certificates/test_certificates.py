"""Certificates: issued by the first print, the same ever after, revoked with the year, verified by anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import SYSTEM, Actor
from models.base import db
from models.certificates import operations, queries
from models.certificates.content import content_of, name_key
from models.certificates.numbers import check_digit, normalised, number_of
from models.certificates.queries import PublicState
from models.certificates.tables import Certificate, CertificateSeries
from models.certificates.telling import REPLACED_ON_REQUEST
from models.credits.events import YearChange, year_changed
from models.credits.tables import YearSummary
from models.errors import Invalid, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.outbox import Notice
from models.people.tables import Professional
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
Pass = Callable[..., int]


@pytest.fixture
def issue(session_of: Open) -> Callable[..., Certificate]:
    """Issue a certificate as somebody, in a transaction of its own."""

    def issue_by(actor: Actor, person_id: int, year: int = 2026) -> Certificate:
        session = session_of(actor)
        with unit_of_work(session):
            return operations.issue(session, actor, person_id, year)

    return issue_by


Issue = Callable[..., Certificate]

# --- numbers --------------------------------------------------------------------------------------------------------


def test_a_number_is_region_year_serial_and_check_digit() -> None:
    assert number_of("371100", 2026, 1) == "371100202600000015"
    assert normalised("371100 2026 0000 0015") == "371100202600000015"
    assert normalised("３７１１００２０２６００００００１５") == "371100202600000015"


@pytest.mark.parametrize(
    "text", ["", "371100202600000019", "37110020260000001", "371100202600000015x", "²" * 18, "a" * 18, "1" * 10_000]
)
def test_what_cannot_be_a_number_is_none(text: str) -> None:
    assert normalised(text) is None


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(body: str, place: int, by: int) -> None:
    wrong = body[:place] + str((int(body[place]) + by) % 10) + body[place + 1 :]
    assert normalised(wrong + check_digit(body)) is None


# --- issuing --------------------------------------------------------------------------------------------------------


def test_the_first_print_issues_and_stores_what_is_printed(cast: Cast, passed: Pass, titles: None, issue: Issue) -> None:
    with system_session() as session, unit_of_work(session):
        person = session.get_one(Professional, cast.people["professional"].id)
        person.title_series, person.title_level, person.title_qualification = "01", "412", "0102"
    found = issue(cast.professional, passed("professional"))
    assert found.number == "371100202600000015"
    assert content_of(found.content).as_json() == {
        "number": "371100202600000015",
        "year": 2026,
        "name": "人员-professional",
        "document_type": "居民身份证",
        "number_masked": cast.people["professional"].number_masked,
        "organisation": "单位-unit",
        "title_series": "高等学校教师",
        "title_level": "副高级",
        "title_qualification": "副教授",
        "public_tenths": 300,
        "professional_tenths": 645,
        "total_tenths": 945,
        "required_public_tenths": 300,
        "required_professional_tenths": 600,
        "required_total_tenths": 900,
        "is_exempt": False,
        "issuer": "单位-county",
        "issued_on": "2026-12-15",
    }
    assert len(found.code) == 12
    assert found.issuer_id == cast.organisations["county"].id
    assert found.path == cast.professional.path


def test_a_reprint_returns_the_same_whatever_changed_since(cast: Cast, passed: Pass, issue: Issue) -> None:
    person_id = passed("professional")
    first = issue(cast.professional, person_id)
    with system_session() as session, unit_of_work(session):
        session.get_one(Professional, person_id).name = "改名"
        session.scalars(select(YearSummary)).one().total_tenths = 2000
    again = issue(cast.unit_clerk, person_id)
    assert (again.id, again.content) == (first.id, first.content)
    with system_session() as session:
        assert [e.action for e in session.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "certificate"))] == [
            "issue"
        ]


def test_numbers_run_without_a_gap_per_region_and_year(cast: Cast, passed: Pass, issue: Issue) -> None:
    numbers = [
        issue(cast.city_officer, passed(name, year), year).number[6:17]
        for name, year in (
            ("professional", 2026),
            ("colleague", 2026),
            ("professional", 2025),
            ("cousin", 2026),
        )
    ]
    assert numbers == ["20260000001", "20260000002", "20250000001", "20260000003"]


def test_a_print_that_fails_takes_no_number(cast: Cast, passed: Pass, issue: Issue, session_of: Open) -> None:
    person_id = passed("professional")
    session = session_of(cast.professional)
    operations.issue(session, cast.professional, person_id, 2026)
    session.rollback()
    assert issue(cast.colleague, passed("colleague")).number[10:17] == "0000001"


def test_a_year_that_is_not_passed_gets_none(cast: Cast, passed: Pass, issue: Issue) -> None:
    person_id = passed("professional", is_passed=False)
    for year in (2026, 2025):
        with pytest.raises(NotAllowed):
            issue(cast.professional, person_id, year)
    with system_session() as session:
        assert session.scalars(select(CertificateSeries)).all() == []


def test_nobody_prints_for_people_outside_the_subtree(cast: Cast, passed: Pass, issue: Issue) -> None:
    person_id = passed("professional")
    for actor in (cast.colleague, cast.support):
        with pytest.raises(NotAllowed):
            issue(actor, person_id)
    for actor in (cast.sibling_clerk, cast.foreign_officer, cast.other_county_officer, cast.inner_officer):
        with pytest.raises(NotFound):
            issue(actor, person_id)
    for actor in (cast.unit_clerk, cast.department_clerk, cast.county_officer, cast.city_officer):
        issue(actor, person_id)


def test_the_organisation_and_issuer_are_those_of_the_year(cast: Cast, passed: Pass, issue: Issue) -> None:
    person_id = passed("professional", 2025, year_organisation_id=cast.organisations["cousin_unit"].id)
    content = content_of(issue(cast.professional, person_id, 2025).content)
    assert (content.organisation, content.issuer) == ("单位-cousin_unit", "单位-other_county")


def test_a_character_that_the_typeface_lacks_is_named(cast: Cast, passed: Pass, issue: Issue) -> None:
    person_id = passed("professional")
    with system_session() as session, unit_of_work(session):
        session.get_one(Professional, person_id).name = "王\U0002b7e0"
    with pytest.raises(Invalid) as caught:
        issue(cast.professional, person_id)
    assert caught.value.params["characters"] == "\U0002b7e0 (U+2B7E0)"
    with system_session() as session:
        assert session.scalars(select(Certificate)).all() == []
        assert session.scalars(select(CertificateSeries)).all() == []


# --- what becomes of it ---------------------------------------------------------------------------------------------


def turn(person_id: int, *, passes: bool) -> None:
    with system_session() as session, unit_of_work(session):
        session.scalars(select(YearSummary)).one().is_passed = passes
        year_changed.happen(session, SYSTEM, [YearChange(person_id, 2026, not passes, passes)])


def test_it_is_revoked_with_the_year_and_a_new_number_follows(cast: Cast, passed: Pass, issue: Issue, system: Session) -> None:
    person_id = passed("professional")
    first = issue(cast.professional, person_id)
    turn(person_id, passes=False)
    assert queries.verify(first.number).state is PublicState.REVOKED
    with pytest.raises(NotAllowed):
        issue(cast.professional, person_id)
    turn(person_id, passes=True)
    second = issue(cast.professional, person_id)
    assert second.number == "371100202600000023"
    assert [queries.verify(c.number).state for c in (first, second)] == ["revoked", "valid"]
    assert [c.number for c in queries.certificates_of(system, person_id)] == [second.number, first.number]


def test_another_year_and_another_person_keep_theirs(cast: Cast, passed: Pass, issue: Issue) -> None:
    mine, other = passed("professional"), passed("colleague")
    kept = issue(cast.colleague, other)
    issue(cast.professional, mine)
    with system_session() as session, unit_of_work(session):
        year_changed.happen(session, SYSTEM, [YearChange(other, 2025, True, False), YearChange(mine, 2026, True, False)])
    assert queries.verify(kept.number).state is PublicState.VALID


def test_replaced_on_request_the_old_one_says_so(cast: Cast, passed: Pass, issue: Issue, session_of: Open) -> None:
    person_id = passed("professional")
    old = issue(cast.professional, person_id)
    with system_session() as session, unit_of_work(session):
        session.get_one(Professional, person_id).name = "李明"
    session = session_of(cast.county_officer)
    with pytest.raises(Invalid):
        operations.replace(session, cast.county_officer, old.id, reason=" ")
    session.rollback()
    with unit_of_work(session):
        new = operations.replace(session, cast.county_officer, old.id, reason="姓名更正")
    assert (new.content["name"], queries.verify(old.number).state, queries.verify(new.number).state) == (
        "李明",
        "replaced",
        "valid",
    )
    mine = (Notice.account_id == cast.professional.account_id, Notice.message_id == REPLACED_ON_REQUEST)
    with system_session() as reading:
        notice = reading.scalars(select(Notice).where(*mine)).one()
    assert notice.params == {"old": old.number, "number": new.number, "year": str(new.year), "reason": "姓名更正"}
    with pytest.raises(WrongState):
        operations.replace(session, cast.county_officer, old.id, reason="再来一次")
    foreign = session_of(cast.foreign_officer)
    with pytest.raises(NotFound):
        operations.replace(foreign, cast.foreign_officer, new.id, reason="没有理由")
    own = session_of(cast.professional)
    with pytest.raises(NotAllowed):
        operations.replace(own, cast.professional, new.id, reason="自己换")


# --- verifying ------------------------------------------------------------------------------------------------------


def test_the_code_or_the_name_shows_the_content_and_nothing_else_does(cast: Cast, passed: Pass, issue: Issue) -> None:
    found = issue(cast.professional, passed("professional"))
    for proof in ({"code": found.code}, {"name": "人员-professional"}, {"name": " 人员－professional "}):
        answer = queries.verify(found.number, **proof)
        assert answer.state is PublicState.VALID
        assert answer.content == content_of(found.content)
    for guess in ({}, {"code": ""}, {"code": "wrong"}, {"code": "密"}, {"name": ""}, {"name": "王五"}, {"code": found.code[:-1]}):
        assert queries.verify(found.number, **guess) == queries.Answer(PublicState.VALID)


@pytest.mark.parametrize("number", ["", "371100202600000015", "x", "1" * 5000, "371100202600000019"])
def test_an_unknown_number_is_not_found(in_app: Flask, number: str) -> None:
    assert queries.verify(number, name="王五") == queries.Answer(PublicState.NOT_FOUND)


@pytest.mark.parametrize("typed", ["买买提·艾力", "买买提•艾力", "买买提‧艾力", "买买提・艾力", "买买提艾力", " 买买提 · 艾力"])
def test_the_kind_of_dot_in_a_name_makes_no_difference(in_app: Flask, typed: str) -> None:
    assert name_key(typed) == name_key("买买提·艾力")


def test_the_numbers_of_others_are_not_in_the_scope(cast: Cast, passed: Pass, issue: Issue, session_of: Open) -> None:
    found = issue(cast.professional, passed("professional"))
    assert queries.by_number(session_of(cast.unit_clerk), found.number).id == found.id
    for actor in (cast.colleague, cast.sibling_clerk, cast.foreign_officer):
        with pytest.raises(NotFound):
            queries.by_number(session_of(actor), found.number)


# --- at the same time -----------------------------------------------------------------------------------------------


def prints(app: Flask, jobs: list[tuple[Actor, int]]) -> Iterator[str]:
    """Print in as many threads at once and yield the numbers."""
    numbers: list[str] = []
    gate = threading.Barrier(len(jobs))

    def work(actor: Actor, person_id: int) -> None:
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(actor))
            gate.wait()
            with unit_of_work(session):
                number = operations.issue(session, actor, person_id, 2026).number
            numbers.append(number)

    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from numbers


@pytest.mark.both_databases
def test_raced_prints_leave_no_gap_and_no_double(app: Flask, cast: Cast, passed: Pass) -> None:
    names = ("professional", "colleague", "branch_worker", "neighbour")
    people = [passed(name) for name in names]
    found = list(prints(app, [(cast.city_officer, p) for p in people for _twice in range(2)]))
    assert len(found) == 8
    assert sorted(n[10:17] for n in set(found)) == ["0000001", "0000002", "0000003", "0000004"]


@pytest.mark.both_databases
def test_tasks_and_prints_that_race_number_each_once(app: Flask, cast: Cast, passed: Pass, system: Session) -> None:
    names = ("professional", "colleague", "branch_worker", "neighbour")
    for name in names:
        passed(name)
    ids = list(system.scalars(select(YearSummary.id)))
    system.rollback()
    gate = threading.Barrier(4)
    failures: list[BaseException] = []

    def work(wanted: list[int]) -> None:
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(cast.city_officer))
            gate.wait()
            try:
                with unit_of_work(session):
                    operations.issue_many(session, cast.city_officer, wanted)
            except BaseException as error:  # noqa: BLE001 - told to the test below
                failures.append(error)

    threads = [threading.Thread(target=work, args=(wanted,)) for wanted in (ids, ids[::-1], ids[:2], ids[2:])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    numbers = sorted(system.scalars(select(Certificate.number)))
    assert [number[10:17] for number in numbers] == ["0000001", "0000002", "0000003", "0000004"]
    recorded = system.scalars(select(HistoryEntry.changes).where(HistoryEntry.subject_kind == "certificate"))
    assert sorted(changes["number"][1] for changes in recorded if changes) == numbers


def test_many_that_cannot_be_printed_take_no_number(cast: Cast, passed: Pass, session_of: Open, system: Session) -> None:
    for name in ("professional", "colleague", "neighbour"):
        passed(name)
    with system_session() as session, unit_of_work(session):
        session.get_one(Professional, cast.people["colleague"].id).name = "\U0003ffff"
    ids = list(system.scalars(select(YearSummary.id).order_by(YearSummary.id)))
    session = session_of(cast.city_officer)
    with unit_of_work(session):
        issued = operations.issue_many(session, cast.city_officer, [*ids, ids[0], 987_654])
    assert [c.number[10:17] for c in issued.certificates.values()] == ["0000001", "0000002"]
    assert {i: type(refusal) for i, refusal in issued.refused.items()} == {ids[1]: Invalid, 987_654: NotFound}
    with unit_of_work(session):
        assert operations.issue_many(session, cast.city_officer, ids).new == ()


def test_a_professional_issues_for_nobody_else(cast: Cast, passed: Pass, session_of: Open) -> None:
    passed("professional")
    session = session_of(cast.professional)
    with unit_of_work(session), pytest.raises(NotAllowed):
        operations.issue_many(session, cast.professional, [1])
