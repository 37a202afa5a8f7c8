"""Logging in without a browser: what is proved, counted, locked, spent and answered."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import GRANTABLE, NOT_FOR_INNER, Permission, PositionKind
from models.org.tables import Organisation, OrganisationState
from models.people import passwords
from models.people.accounts import give_first_password
from models.people.login import Attempt, Entry, NoSuchPosition, PositionRefused, WrongCredentials, log_in
from models.people.positions import load_actor
from models.people.sessions import end_sessions, find_login
from models.people.tables import Account, FirstPassword, LoginFailure, Post, PostState, Professional, ProfessionalState, Role
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast

WRONG = "Wrong-2026"


def attempt(cast: Cast, name: str, password: str = PASSWORD, kind: PositionKind = PositionKind.EMPLOYER) -> Entry:
    return log_in(Attempt("111", cast.accounts[name].number, password, kind))


def change(model: type, row_id: int, **values: object) -> None:
    with system_session() as session, unit_of_work(session):
        row = session.get(model, row_id)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)


def reset(cast: Cast, name: str, kind: FirstPassword) -> str | None:
    with system_session() as session, unit_of_work(session):
        account = session.scalars(select(Account).where(Account.id == cast.accounts[name].id)).one()
        return give_first_password(session, account, kind)


def n_failures(cast: Cast, name: str) -> int:
    with system_session() as session:
        row = session.get(LoginFailure, cast.accounts[name].number_hash)
        return row.n_failures if row else 0


@pytest.mark.both_databases
def test_a_login_opens_a_session_in_the_position_of_the_type(in_app: Flask, cast: Cast) -> None:
    entry = attempt(cast, "unit_clerk")
    found = find_login(entry.token)
    assert found is not None
    assert found.position is not None
    assert found.position.actor == cast.unit_clerk
    assert find_login(entry.token + "x") is None


@pytest.mark.parametrize(
    "variant",
    [
        lambda n: f" {n[:6]} {n[6:14]} {n[14:]}",
        lambda n: "".join(chr(ord(c) + 0xFEE0) for c in n),
        lambda n: n[:10] + "\u200b\u2060" + n[10:] + "\ufeff",
        lambda n: n.lower(),
    ],
    ids=["blanks", "full width", "zero width", "lower case"],
)
def test_variants_of_a_number_are_the_same_number(in_app: Flask, cast: Cast, variant: Callable[[str], str]) -> None:
    number = cast.accounts["county_officer"].number
    assert number.endswith("X")
    entry = log_in(Attempt("111", variant(number), PASSWORD, PositionKind.HR_DEPARTMENT))
    assert entry.position_key == cast.county_officer.position_key


def test_variants_of_a_number_are_counted_together(in_app: Flask, cast: Cast) -> None:
    number = cast.accounts["unit_clerk"].number
    for typed in (number, f" {number}", "".join(chr(ord(c) + 0xFEE0) for c in number)):
        with pytest.raises(WrongCredentials):
            log_in(Attempt("111", typed, WRONG, PositionKind.EMPLOYER))
    assert n_failures(cast, "unit_clerk") == 3


@pytest.mark.both_databases
def test_five_wrong_passwords_lock_the_number_for_fifteen_minutes(
    in_app: Flask, cast: Cast, clock: Callable[[str], None]
) -> None:
    clock("2026-11-20 09:00")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            attempt(cast, "unit_clerk", WRONG)
    with pytest.raises(WrongCredentials):
        attempt(cast, "unit_clerk")
    clock("2026-11-20 09:14")
    with pytest.raises(WrongCredentials):
        attempt(cast, "unit_clerk")
    clock("2026-11-20 09:16")
    assert attempt(cast, "unit_clerk").position_key == cast.unit_clerk.position_key


def test_a_locked_number_costs_no_hash(in_app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            attempt(cast, "unit_clerk", WRONG)
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "matches_hash", lambda password, _stored: bool(hashed.append(password)))
    with pytest.raises(WrongCredentials):
        attempt(cast, "unit_clerk")
    assert hashed == []


def test_a_right_password_forgets_the_failures(in_app: Flask, cast: Cast) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentials):
            attempt(cast, "unit_clerk", WRONG)
    attempt(cast, "unit_clerk")
    assert n_failures(cast, "unit_clerk") == 0


def test_an_unknown_number_is_counted_and_locked_like_a_known_one(in_app: Flask, cast: Cast) -> None:
    for _ in range(6):
        with pytest.raises(WrongCredentials) as refusal:
            log_in(Attempt("111", "371102199912319965", WRONG, PositionKind.EMPLOYER))
        assert refusal.value.message_id == "Wrong account or password."
    with system_session() as session:
        rows = session.scalars(select(LoginFailure)).all()
    assert [row.n_failures for row in rows] == [5]


@pytest.mark.parametrize("name", ["unit_clerk", "nobody", "with_last_six"])
def test_every_failure_costs_one_hash(in_app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    reset(cast, "colleague", FirstPassword.LAST_SIX)
    number = {
        "unit_clerk": cast.accounts["unit_clerk"].number,
        "nobody": "no such number",
        "with_last_six": cast.accounts["colleague"].number,
    }
    calls: list[str | None] = []
    real = passwords.matches_hash

    def counted(password: str, stored: str | None) -> bool:
        calls.append(stored)
        return real(password, stored)

    monkeypatch.setattr(passwords, "matches_hash", counted)
    with pytest.raises(WrongCredentials):
        log_in(Attempt("111", number[name], WRONG, PositionKind.PROFESSIONAL))
    assert len(calls) == 1


@pytest.mark.both_databases
def test_attempts_at_once_do_not_pass_the_lock(in_app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def slow_no(password: str, _stored: str | None) -> bool:
        hashed.append(password)
        return False

    monkeypatch.setattr(passwords, "matches_hash", slow_no)

    def try_once() -> None:
        with in_app.app_context(), pytest.raises(WrongCredentials):
            attempt(cast, "unit_clerk", WRONG)

    threads = [threading.Thread(target=try_once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashed) == 5


def test_the_last_six_open_until_changed_and_for_thirty_days(in_app: Flask, cast: Cast, clock: Callable[[str], None]) -> None:
    clock("2026-11-01 09:00")
    number = cast.accounts["professional"].number
    assert reset(cast, "professional", FirstPassword.LAST_SIX) is None
    with system_session() as session:
        assert session.scalar(select(Account.password_hash).where(Account.id == cast.accounts["professional"].id)) is None
    for _ in range(2):
        entry = attempt(cast, "professional", number[-6:], PositionKind.PROFESSIONAL)
        assert entry.account.must_change
    with pytest.raises(WrongCredentials):
        attempt(cast, "professional", PASSWORD, PositionKind.PROFESSIONAL)
    clock("2026-12-01 09:01")
    with pytest.raises(WrongCredentials):
        attempt(cast, "professional", number[-6:], PositionKind.PROFESSIONAL)


@pytest.mark.both_databases
def test_a_one_time_password_opens_once(in_app: Flask, cast: Cast) -> None:
    shown = reset(cast, "unit_clerk", FirstPassword.ONE_TIME)
    assert shown is not None
    assert attempt(cast, "unit_clerk", shown).account.must_change
    with pytest.raises(WrongCredentials):
        attempt(cast, "unit_clerk", shown)


def test_a_reset_ends_every_login(in_app: Flask, cast: Cast) -> None:
    entry = attempt(cast, "unit_clerk")
    reset(cast, "unit_clerk", FirstPassword.ONE_TIME)
    assert find_login(entry.token) is None


def test_ending_the_sessions_of_one_account_leaves_the_others(
    in_app: Flask, cast: Cast, session_of: Callable[..., Session]
) -> None:
    mine, other = attempt(cast, "unit_clerk"), attempt(cast, "branch_clerk")
    session = session_of(cast.unit_clerk)
    with unit_of_work(session):
        end_sessions(session, cast.unit_clerk.account_id)
    assert find_login(mine.token) is None
    assert find_login(other.token) is not None


def test_a_login_ends_after_two_idle_hours_and_a_remembered_one_after_fourteen_days(
    in_app: Flask, cast: Cast, clock: Callable[[str], None]
) -> None:
    clock("2026-11-01 09:00")
    number = cast.accounts["unit_clerk"].number
    plain = log_in(Attempt("111", number, PASSWORD, PositionKind.EMPLOYER))
    kept = log_in(Attempt("111", number, PASSWORD, PositionKind.EMPLOYER, is_remembered=True))
    clock("2026-11-01 11:00")
    assert find_login(plain.token) is not None
    clock("2026-11-01 11:01")
    assert find_login(plain.token) is None
    assert find_login(kept.token) is not None
    clock("2026-11-15 09:01")
    assert find_login(kept.token) is None


# --- which position --------------------------------------------------------------------------------------------------


def test_a_type_that_the_account_does_not_hold_is_refused_with_the_types_it_has(in_app: Flask, cast: Cast) -> None:
    with pytest.raises(NoSuchPosition) as refusal:
        attempt(cast, "unit_clerk", kind=PositionKind.HR_DEPARTMENT)
    assert refusal.value.kinds == (PositionKind.EMPLOYER,)


def test_the_type_is_told_only_after_the_right_password(in_app: Flask, cast: Cast) -> None:
    with pytest.raises(WrongCredentials):
        attempt(cast, "unit_clerk", WRONG, PositionKind.HR_DEPARTMENT)


def test_a_pending_profile_is_told_after_the_right_password_only(in_app: Flask, cast: Cast) -> None:
    change(Professional, cast.people["professional"].id, state=ProfessionalState.PENDING)
    with pytest.raises(WrongCredentials):
        attempt(cast, "professional", WRONG, PositionKind.PROFESSIONAL)
    with pytest.raises(PositionRefused) as refusal:
        attempt(cast, "professional", kind=PositionKind.PROFESSIONAL)
    assert refusal.value.message_id == "This account has not been reviewed yet."


def test_a_rejected_profile_is_answered_with_the_reason(in_app: Flask, cast: Cast) -> None:
    change(Professional, cast.people["professional"].id, state=ProfessionalState.REJECTED, rejection_reason="不是本单位人员")
    with pytest.raises(PositionRefused) as refusal:
        attempt(cast, "professional", kind=PositionKind.PROFESSIONAL)
    assert str(refusal.value) == "Your registration was rejected: 不是本单位人员"


def test_a_pending_profile_does_not_bar_the_other_positions(in_app: Flask, cast: Cast) -> None:
    clerk = cast.accounts["unit_clerk"]
    person = cast.people["professional"]
    change(Professional, person.id, account_id=clerk.id, state=ProfessionalState.PENDING)
    assert attempt(cast, "unit_clerk").position_key == cast.unit_clerk.position_key


def test_several_positions_of_the_type_leave_the_choice_open(in_app: Flask, cast: Cast) -> None:
    change(Post, cast.posts["branch_clerk"].id, account_id=cast.accounts["unit_clerk"].id)
    entry = attempt(cast, "unit_clerk")
    assert entry.position_key == ""
    found = find_login(entry.token)
    assert found is not None
    assert found.position is None
    assert [p.actor.organisation_name for p in found.positions] == ["单位-unit", "单位-branch"]


def test_administrators_of_a_disabled_organisation_are_out_and_its_people_are_in(in_app: Flask, cast: Cast) -> None:
    change(Organisation, cast.organisations["unit"].id, state=OrganisationState.DISABLED)
    with pytest.raises(PositionRefused):
        attempt(cast, "unit_clerk")
    assert load_actor(cast.unit_clerk.account_id, cast.unit_clerk.position_key) is None
    assert attempt(cast, "professional", kind=PositionKind.PROFESSIONAL).position_key == cast.professional.position_key


def test_an_offered_post_waits_for_its_holder(in_app: Flask, cast: Cast) -> None:
    change(Post, cast.posts["unit_clerk"].id, state=PostState.OFFERED)
    assert attempt(cast, "unit_clerk").position_key == ""
    assert load_actor(cast.unit_clerk.account_id, cast.unit_clerk.position_key) is None


def test_support_logs_in_as_support_and_nobody_else_does(in_app: Flask, cast: Cast) -> None:
    assert attempt(cast, "support", kind=PositionKind.SUPPORT).position_key == cast.support.position_key
    with pytest.raises(NoSuchPosition):
        attempt(cast, "unit_clerk", kind=PositionKind.SUPPORT)


# --- rights, read afresh ---------------------------------------------------------------------------------------------


def test_each_cast_position_is_loaded_as_it_is(in_app: Flask, cast: Cast) -> None:
    loaded = {name: load_actor(actor.account_id, actor.position_key) for name, actor in cast.actors.items()}
    assert loaded == cast.actors


def test_a_role_grants_at_most_what_the_kind_can_grant(in_app: Flask, cast: Cast) -> None:
    with system_session() as session, unit_of_work(session):
        post = session.get(Post, cast.posts["unit_clerk"].id)
        assert post is not None
        role = Role(organisation_id=post.organisation_id, path=post.path, name="全部", permissions=[p.value for p in Permission])
        session.add(role)
        session.flush()
        post.is_super, post.role_id = False, role.id
    actor = load_actor(cast.unit_clerk.account_id, cast.unit_clerk.position_key)
    assert actor is not None
    assert actor.permissions == GRANTABLE[PositionKind.EMPLOYER]


def test_an_inner_post_never_holds_what_is_not_for_inner_posts(in_app: Flask, cast: Cast) -> None:
    actor = load_actor(cast.inner_officer.account_id, cast.inner_officer.position_key)
    assert actor is not None
    assert not actor.permissions & NOT_FOR_INNER


def test_somebody_elses_position_is_not_loaded(in_app: Flask, cast: Cast) -> None:
    assert load_actor(cast.unit_clerk.account_id, cast.city_officer.position_key) is None
