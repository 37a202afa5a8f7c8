"""免修 and 减免: the year passes, or demands less, with a reason; ended, it is as before."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import SYSTEM, Actor
from models.base import db
from models.certificates import operations as certificates
from models.credits import exempting
from models.credits.counting import Needs
from models.credits.exemptions import Exemption, left_of
from models.credits.recompute import recompute_all
from models.credits.recount import recount_years
from models.credits.tables import SubjectKind, YearSummary
from models.errors import Conflict, Invalid, NotAllowed, NotFound
from models.history import HistoryEntry
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from models.workflow import Moved
from tests.cast import Cast
from tests.models.credits.test_recount import a_record

Open = Callable[[Actor], Session]


def exempt(session_of: Open, actor: Actor, *person_ids: int, months: int = 12, **values: Any) -> Moved:
    session = session_of(actor)
    chosen = {"year": 2026, "kind": "leave", "note": "产假", **values}
    with unit_of_work(session):
        return exempting.exempt_many(session, actor, person_ids, months=months, **chosen)


def end(session_of: Open, actor: Actor, *ids: int) -> Moved:
    session = session_of(actor)
    with unit_of_work(session):
        return exempting.end_many(session, actor, ids)


def year(person_id: int) -> YearSummary | None:
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean
        return session.scalars(select(YearSummary).where(YearSummary.person_id == person_id, YearSummary.year == 2026)).first()


def stored() -> list[Exemption]:
    with system_session() as session:
        return list(session.scalars(select(Exemption).order_by(Exemption.id)))


def test_a_whole_year_passes_without_hours_and_without_a_certificate(session_of: Open, cast: Cast) -> None:
    person = cast.people["professional"].id
    assert exempt(session_of, cast.county_officer, person).done == (person,)
    found = year(person)
    assert found is not None
    assert (found.is_passed, found.is_exempt, found.exemption_reason, found.total_tenths) == (True, True, "产假", 0)
    assert found.required_total_tenths == 900
    session = session_of(cast.county_officer)
    with pytest.raises(NotAllowed), unit_of_work(session):
        certificates.issue(session, cast.county_officer, person, 2026)
    with system_session() as session:
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "exempt")).one()
    assert (entry.subject_id, entry.reason) == (person, "产假")


@pytest.mark.both_databases
def test_a_part_of_the_year_reduces_what_it_demands_and_ending_puts_it_back(
    session_of: Open, cast: Cast, forms: dict[str, int], system: Session
) -> None:
    person = cast.people["professional"].id
    with unit_of_work(system):
        record = a_record(cast, forms, random.Random(1))
        record.person_id, record.path, record.year = person, cast.professional.path, 2026
        record.subject, record.form_code, record.rule_version_id = SubjectKind.ALL, "QT", forms["QT"]
        record.requested_tenths = record.granted_tenths = 450
        system.add(record)
        system.flush()
        recount_years(system, SYSTEM, [(person, 2026)])
    assert (year(person) or YearSummary()).is_passed is False
    exempt(session_of, cast.department_clerk, person, months=6)
    found = year(person)
    assert found is not None
    needs = (found.required_total_tenths, found.required_public_tenths, found.required_professional_tenths)
    assert (needs, found.is_passed, found.is_exempt) == ((450, 150, 300), True, False)
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        assert certificates.issue(session, cast.county_officer, person, 2026).state == "valid"
    end(session_of, cast.city_officer, stored()[0].id)
    after = year(person)
    assert after is not None
    assert (after.required_total_tenths, after.is_passed, after.exemption_reason) == (900, False, "")
    assert end(session_of, cast.city_officer, stored()[0].id).refused.keys() == {stored()[0].id}
    assert exempt(session_of, cast.city_officer, person, months=3).done == (person,)


@pytest.mark.parametrize(
    ("months", "left"), [(12, (900, 300, 600)), (6, (450, 150, 300)), (1, (825, 275, 550)), (11, (75, 25, 50))]
)
def test_what_is_left_is_in_proportion(months: int, left: tuple[int, int, int]) -> None:
    assert left_of(Needs(900, 300, 600), Exemption(months=months)) == Needs(*left)


def test_others_people_are_not_found_and_nothing_changes(session_of: Open, cast: Cast) -> None:
    outsider, own = cast.people["foreigner"].id, cast.people["professional"].id
    done = exempt(session_of, cast.county_officer, outsider, 987_654, own)
    assert done.done == (own,)
    assert {i: type(e) for i, e in done.refused.items()} == {outsider: NotFound, 987_654: NotFound}
    assert [e.person_id for e in stored()] == [own]
    assert isinstance(exempt(session_of, cast.county_officer, own).refused[own], Conflict)
    (row,) = stored()
    assert isinstance(end(session_of, cast.foreign_officer, row.id).refused[row.id], NotFound)
    assert stored()[0].ended_at is None


@pytest.mark.parametrize(
    "values",
    [
        {"year": 0},
        {"year": 99999},
        {"year": 2020},
        {"year": 2028},
        {"months": 0},
        {"months": 13},
        {"kind": "holiday"},
        {"note": "  "},
        {"note": "长" * 201},
    ],
)
def test_what_makes_no_sense_changes_nothing(session_of: Open, cast: Cast, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        exempt(session_of, cast.county_officer, cast.people["professional"].id, **values)
    assert stored() == []
    assert year(cast.people["professional"].id) is None


@pytest.mark.parametrize("name", ["unit_clerk", "professional", "inner_officer"])
def test_nobody_below_a_department_exempts(session_of: Open, cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        exempt(session_of, cast.actors[name], cast.people["professional"].id)
    assert stored() == []


@pytest.mark.both_databases
def test_two_at_once_make_one(app: Flask, in_app: Any, cast: Cast) -> None:
    person = cast.people["professional"].id
    gate = threading.Barrier(2)
    results: list[Moved] = []

    def one(actor: Actor) -> None:
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(actor))
            gate.wait()
            with unit_of_work(session):
                results.append(exempting.exempt_many(session, actor, [person], year=2026, kind="other", months=12, note="同时"))

    threads = [threading.Thread(target=one, args=(a,)) for a in (cast.county_officer, cast.city_officer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(r.done) for r in results) == [0, 1]
    assert len(stored()) == 1
