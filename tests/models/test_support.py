"""The support desk's operations, the operator's, and an administrator's: who may reset whose password, and how."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor, PositionKind
from models.errors import Conflict, Invalid, NotAllowed, NotFound
from models.history import HistoryEntry
from models.org.settings import SettingKey, set_setting, setting
from models.org.tables import Organisation
from models.people import operator, support
from models.people.login import Attempt, WrongCredentials, log_in
from models.people.posts import answer_offer
from models.people.resets import reset_password
from models.people.tables import Account, FirstPassword, LoginFailure, Post, PostState, Professional
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast, made_up_number

CHECKS = ["name", "organisation", "birth"]
SessionOf = Callable[[Actor], Session]


def look_up(session: Session, cast: Cast, name: str) -> support.Found:
    account_id = support.find_by_number(session, cast.support, "111", cast.accounts[name].number)
    return support.look_at(session, cast.support, account_id)


def first_password_of(name: str, cast: Cast) -> FirstPassword | None:
    with system_session() as session:
        return session.scalar(select(Account.first_password).where(Account.id == cast.accounts[name].id))


@pytest.mark.both_databases
def test_support_finds_by_the_exact_number_whatever_its_width(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    number = "".join(chr(ord(c) + 0xFEE0) for c in cast.accounts["professional"].number)
    session = session_of(cast.support)
    account_id = support.find_by_number(session, cast.support, "111", number)
    found = support.look_at(session, cast.support, account_id)
    assert (found.name, found.organisations) == ("人员-professional", ("单位-unit",))
    with pytest.raises(NotFound):
        support.find_by_number(session, cast.support, "111", number[:-1])


@pytest.mark.both_databases
def test_support_resets_a_professional_to_the_last_six_with_reason_and_history(
    in_app: Flask, cast: Cast, session_of: SessionOf, system: Session
) -> None:
    session = session_of(cast.support)
    found = look_up(session, cast, "professional")
    with unit_of_work(session):
        shown = support.reset_password(session, cast.support, found, checks=CHECKS, reason="电话核实")
    assert shown is None
    entry = system.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "account")).one()
    assert (entry.action, entry.reason, entry.account_id) == ("reset_password", "电话核实", cast.support.account_id)
    assert entry.changes == {"first_password": [None, "last_six"], "checked": [None, CHECKS]}
    number = cast.accounts["professional"].number
    assert log_in(Attempt("111", number, number[-6:], PositionKind.PROFESSIONAL)).account.must_change


def test_the_setting_of_the_hr_department_chooses_a_one_time_password(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    city = session_of(cast.city_officer)
    with unit_of_work(city):
        organisation = city.scalars(select(Organisation).where(Organisation.id == cast.organisations["city"].id)).one()
        set_setting(city, cast.city_officer, organisation, SettingKey.RESET_PASSWORD, "one_time")
    session = session_of(cast.support)
    with unit_of_work(session):
        shown = support.reset_password(
            session, cast.support, look_up(session, cast, "professional"), checks=CHECKS, reason="核实"
        )
    assert shown is not None
    assert log_in(Attempt("111", cast.accounts["professional"].number, shown, PositionKind.PROFESSIONAL))


def test_an_administrator_never_gets_the_last_six_from_support(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    session = session_of(cast.support)
    with unit_of_work(session):
        shown = support.reset_password(
            session, cast.support, look_up(session, cast, "unit_clerk"), checks=["name", "organisation"], reason="核实"
        )
    assert shown is not None
    assert first_password_of("unit_clerk", cast) == FirstPassword.ONE_TIME


@pytest.mark.parametrize(
    "checks", [[], ["name"], ["name", "birth"], ["organisation", "birth"], ["name", "name", "name"], ["made_up"] * 3]
)
def test_too_few_checks_change_nothing(in_app: Flask, cast: Cast, session_of: SessionOf, checks: list[str]) -> None:
    session = session_of(cast.support)
    found = look_up(session, cast, "professional")
    with pytest.raises(NotAllowed):
        support.reset_password(session, cast.support, found, checks=checks, reason="核实")
    assert first_password_of("professional", cast) is None


def test_no_reason_and_the_own_account_are_refused(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    session = session_of(cast.support)
    found = look_up(session, cast, "professional")
    with pytest.raises(Invalid):
        support.reset_password(session, cast.support, found, checks=CHECKS, reason="  ")
    own = look_up(session, cast, "support")
    with pytest.raises(NotAllowed):
        support.reset_password(session, cast.support, own, checks=["name"], reason="核实")


def test_only_support_may_do_any_of_it(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    session = session_of(cast.city_officer)
    with pytest.raises(NotAllowed):
        support.find_by_number(session, cast.city_officer, "111", cast.accounts["professional"].number)
    with pytest.raises(NotAllowed):
        support.look_at(session, cast.city_officer, cast.accounts["professional"].id)


@pytest.mark.both_databases
def test_support_lifts_a_lock(in_app: Flask, cast: Cast, session_of: SessionOf, system: Session) -> None:
    number = cast.accounts["professional"].number
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            log_in(Attempt("111", number, "Wrong-2026", PositionKind.PROFESSIONAL))
    session = session_of(cast.support)
    found = look_up(session, cast, "professional")
    assert found.locked_until is not None
    with unit_of_work(session):
        support.unlock(session, cast.support, found, checks=CHECKS, reason="核实")
    assert log_in(Attempt("111", number, PASSWORD, PositionKind.PROFESSIONAL))
    assert (
        system.scalar(
            select(LoginFailure.n_failures).where(LoginFailure.number_hash == cast.accounts["professional"].number_hash)
        )
        is None
    )


def test_an_account_that_is_not_locked_cannot_be_unlocked(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    session = session_of(cast.support)
    with pytest.raises(Invalid):
        support.unlock(session, cast.support, look_up(session, cast, "professional"), checks=CHECKS, reason="核实")


# --- an administrator, within the subtree ----------------------------------------------------------------------------


def reset(session_of: SessionOf, actor: Actor, person_id: int) -> str | None:
    session = session_of(actor)
    person = session.scalars(select(Professional).where(Professional.id == person_id)).one()
    with unit_of_work(session):
        return reset_password(session, actor, person, reason="本人申请")


def test_a_clerk_resets_a_person_of_the_unit(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    assert reset(session_of, cast.unit_clerk, cast.people["professional"].id) is None
    assert first_password_of("professional", cast) == FirstPassword.LAST_SIX


def test_a_clerk_does_not_come_by_a_post_beyond_the_own(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    with system_session() as session, unit_of_work(session):
        post = session.get(Post, cast.posts["city_officer"].id)
        assert post is not None
        post.account_id = cast.accounts["professional"].id
    with pytest.raises(NotAllowed) as refusal:
        reset(session_of, cast.unit_clerk, cast.people["professional"].id)
    assert refusal.value.message_id == "This password can only be reset by support."
    assert first_password_of("professional", cast) is None


# --- the operator ----------------------------------------------------------------------------------------------------


def test_the_operator_makes_support_staff_with_a_one_time_password(in_app: Flask, cast: Cast, system: Session) -> None:
    number = made_up_number(700)
    with unit_of_work(system):
        shown = operator.create_support(system, document_type="111", number=number, name="客服甲")
    assert shown is not None
    assert log_in(Attempt("111", number, shown, PositionKind.SUPPORT)).account.must_change
    with pytest.raises(Conflict):
        operator.create_support(system, document_type="111", number=number, name="客服甲")
    with pytest.raises(Conflict):
        operator.create_support(system, document_type="111", number=cast.accounts["colleague"].number, name="别人")


def test_the_operator_resets_by_number(in_app: Flask, cast: Cast, system: Session) -> None:
    number = cast.accounts["city_officer"].number
    with unit_of_work(system):
        shown = operator.reset_password_by_number(system, document_type="111", number=number)
    assert log_in(Attempt("111", number, shown, PositionKind.HR_DEPARTMENT)).account.must_change
    with pytest.raises(NotFound):
        operator.reset_password_by_number(system, document_type="111", number="nobody's")


# --- settings and offered posts --------------------------------------------------------------------------------------


def test_a_setting_holds_below_until_set_lower(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    for actor, name, value in ((cast.city_officer, "city", "one_time"), (cast.county_officer, "county", "last_six")):
        session = session_of(actor)
        with unit_of_work(session):
            place = session.scalars(select(Organisation).where(Organisation.id == cast.organisations[name].id)).one()
            set_setting(session, actor, place, SettingKey.RESET_PASSWORD, value)
    with system_session() as session:
        values = {
            n: setting(session, cast.organisations[n].path, SettingKey.RESET_PASSWORD)
            for n in ("unit", "cousin_unit", "foreign_unit")
        }
    assert values == {"unit": "last_six", "cousin_unit": "one_time", "foreign_unit": "last_six"}
    own = session_of(cast.unit_clerk)
    assert setting(own, cast.unit_clerk.path, SettingKey.RESET_PASSWORD) == "last_six"


def test_a_setting_takes_only_its_values_from_an_hr_department(in_app: Flask, cast: Cast, session_of: SessionOf) -> None:
    session = session_of(cast.city_officer)
    city = session.scalars(select(Organisation).where(Organisation.id == cast.organisations["city"].id)).one()
    with pytest.raises(Invalid):
        set_setting(session, cast.city_officer, city, SettingKey.RESET_PASSWORD, "birthday")
    clerks = session_of(cast.unit_clerk)
    unit = clerks.scalars(select(Organisation).where(Organisation.id == cast.organisations["unit"].id)).one()
    with pytest.raises(NotAllowed):
        set_setting(clerks, cast.unit_clerk, unit, SettingKey.RESET_PASSWORD, "one_time")


@pytest.mark.parametrize(("is_accepted", "state"), [(True, PostState.ACTIVE), (False, PostState.ENDED)])
@pytest.mark.both_databases
def test_the_holder_answers_an_offered_post(
    in_app: Flask, cast: Cast, session_of: SessionOf, system: Session, is_accepted: bool, state: PostState
) -> None:
    post_id = cast.posts["unit_clerk"].id
    with unit_of_work(system):
        post = system.get(Post, post_id)
        assert post is not None
        post.state = PostState.OFFERED
    stranger = session_of(cast.sibling_clerk)
    with pytest.raises(NotFound):
        answer_offer(stranger, cast.sibling_clerk, post_id, is_accepted=True)
    stranger.rollback()
    holder = session_of(Actor(cast.unit_clerk.account_id, "", PositionKind.EMPLOYER, ""))
    with unit_of_work(holder):
        answer_offer(holder, Actor(cast.unit_clerk.account_id, "", PositionKind.EMPLOYER, ""), post_id, is_accepted=is_accepted)
    system.expire_all()
    assert system.scalar(select(Post.state).where(Post.id == post_id)) == state
