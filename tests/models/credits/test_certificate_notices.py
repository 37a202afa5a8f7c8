"""Whoever holds a certificate is told when it is replaced or revoked of itself: one notice for each, however often it is counted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models.access import SYSTEM
from models.certificates import operations
from models.certificates.tables import Certificate, CertificateState
from models.credits.recount import recount_years
from models.credits.tables import AuditState, Declaration
from models.outbox import Notice
from models.people.tables import Professional
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.test_moved_hours import add_record

pytestmark = pytest.mark.both_databases
PEOPLE = ("professional", "cousin")
REPLACED = "Your certificate %(old)s of %(year)s was replaced by %(number)s: the year counts fewer hours than it said."
REVOKED = "Your certificate %(number)s of %(year)s was revoked: the year's hours no longer meet the requirement."
FEWER = "Your certificate %(number)s of %(year)s was revoked: the year counts fewer hours than it said."


def fail(cast: Cast, ids: list[int]) -> None:
    """Let records fail as a job does that is run again: everybody is counted three times."""
    with system_session() as session, unit_of_work(session):
        for record in session.scalars(select(Declaration).where(Declaration.id.in_(ids))):
            record.audit_state = AuditState.FAILED
        session.flush()
        for _time in range(3):
            recount_years(session, SYSTEM, [(cast.people[name].id, 2026) for name in PEOPLE])


def numbers(person: int) -> list[str]:
    with system_session() as session:
        return list(session.scalars(select(Certificate.number).where(Certificate.person_id == person).order_by(Certificate.id)))


def told(cast: Cast, name: str) -> list[tuple[str, dict[str, Any], str, bool]]:
    actor = cast.actors[name]
    with system_session() as session:
        mine = (Notice.account_id == actor.account_id, Notice.position_key == actor.position_key)
        rows = session.scalars(select(Notice).where(*mine).order_by(Notice.id))
        return [(n.message_id, n.params, n.link, n.is_mail_due) for n in rows]


def test_each_holder_is_told_once_of_each_certificate_that_ends(cast: Cast, forms: dict[str, int]) -> None:
    more, most = [], []
    for name in PEOPLE:
        add_record(cast, forms, name, 2026, "public", 300)
        most.append(add_record(cast, forms, name, 2026, "professional", 600))
        more.append(add_record(cast, forms, name, 2026, "professional", 100))
        person = cast.people[name].id
        with system_session() as session, unit_of_work(session):
            operations.issue(session, cast.city_officer, person, 2026)
    first = {name: numbers(cast.people[name].id)[0] for name in PEOPLE}

    fail(cast, more)
    assert told(cast, "neighbour") == []
    for name in PEOPLE:
        old, new = numbers(cast.people[name].id)
        assert old == first[name]
        said = {"old": old, "number": new, "year": "2026"}
        assert told(cast, name) == [(REPLACED, said, "/portal/years/2026", True)]

    fail(cast, most)
    for name in PEOPLE:
        _old, new = numbers(cast.people[name].id)
        assert told(cast, name)[1:] == [(REVOKED, {"number": new, "year": "2026"}, "/portal/years", True)]


def test_one_that_cannot_be_printed_anew_is_revoked_and_its_holder_is_told(cast: Cast, forms: dict[str, int]) -> None:
    person = cast.people["professional"].id
    add_record(cast, forms, "professional", 2026, "public", 300)
    add_record(cast, forms, "professional", 2026, "professional", 600)
    more = add_record(cast, forms, "professional", 2026, "professional", 100)
    with system_session() as session, unit_of_work(session):
        operations.issue(session, cast.city_officer, person, 2026)
        session.get_one(Professional, person).name = "\U0003ffff"  # no typeface has it
    (number,) = numbers(person)
    fail(cast, [more])
    with system_session() as session:
        assert session.scalars(select(Certificate.state)).all() == [CertificateState.REVOKED]
    assert told(cast, "professional") == [(FEWER, {"number": number, "year": "2026"}, "/portal/years", True)]


def test_more_hours_tell_nothing(cast: Cast, forms: dict[str, int]) -> None:
    person = cast.people["professional"].id
    add_record(cast, forms, "professional", 2026, "public", 300)
    add_record(cast, forms, "professional", 2026, "professional", 600)
    with system_session() as session, unit_of_work(session):
        operations.issue(session, cast.city_officer, person, 2026)
    add_record(cast, forms, "professional", 2026, "professional", 200)
    assert len(numbers(person)) == 1
    assert told(cast, "professional") == []
