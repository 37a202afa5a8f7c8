"""催办: who has not finished a year, what each misses, and the reminder: by hand, and by the days that are set."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import due_reminders, exempting, reminding
from models.credits.recount import recount_years
from models.credits.reminders import Reminder
from models.credits.reminding import MESSAGE
from models.credits.tables import SubjectKind
from models.credits.unfinished import Unfinished, misses_at_most, unfinished, with_missing
from models.errors import Conflict, NotAllowed, NotFound
from models.history import HistoryEntry
from models.org.tables import OrganisationSetting
from models.outbox import Notice, OutboxMail
from models.people.notice_mails import write_notice_mails
from models.scope import system_session
from models.transaction import unit_of_work
from models.workflow import Moved
from tests.cast import Cast
from tests.models.credits.test_recount import a_record

pytestmark = pytest.mark.both_databases
Open = Callable[[Actor], Session]


def remind(session_of: Open, actor: Actor, *person_ids: int, year: int = 2026) -> Moved:
    session = session_of(actor)
    with unit_of_work(session):
        return reminding.remind_many(session, actor, person_ids, year=year)


def listed(session_of: Open, actor: Actor, year: int = 2026, *conditions: Any) -> dict[str, Unfinished]:
    session = session_of(actor)
    rows = with_missing(session, year, session.execute(unfinished(year).where(*conditions)))
    found = {row.person.name: row for row in rows}
    session.rollback()
    return found


def notices(message_id: str = MESSAGE) -> list[Notice]:
    with system_session() as session:
        return list(session.scalars(select(Notice).where(Notice.message_id == message_id).order_by(Notice.id)))


def reminders() -> dict[int, tuple[int, str, int | None]]:
    with system_session() as session:
        return {r.person_id: (r.n_sent, r.last_by, r.days_ahead) for r in session.scalars(select(Reminder))}


@pytest.fixture
def hours(cast: Cast, forms: dict[str, int], system: Session) -> Callable[..., None]:
    def gain(name: str, tenths: int, subject: SubjectKind = SubjectKind.ALL, year: int = 2026) -> None:
        with unit_of_work(system):
            record = a_record(cast, forms, random.Random(1))
            person = cast.people[name]
            record.person_id, record.path, record.year = person.id, person.path, year
            record.subject, record.form_code, record.rule_version_id = subject, "QT", forms["QT"]
            record.requested_tenths = record.granted_tenths = tenths
            system.add(record)
            system.flush()
            recount_years(system, cast.county_officer, [(person.id, year)])

    return gain


def switch(system: Session, cast: Cast, name: str, value: str, key: str = "reminders") -> None:
    with unit_of_work(system):
        organisation = cast.organisations[name]
        system.add(OrganisationSetting(organisation_id=organisation.id, path=organisation.path, key=key, value=value))


def run_all(system: Session) -> int:
    turns = 0
    while True:
        with unit_of_work(system):
            if not due_reminders.write_due_reminders(system):
                return turns
        turns += 1


def test_the_list_says_who_has_not_finished_and_what_is_missing(session_of: Open, cast: Cast, hours: Callable[..., None]) -> None:
    hours("professional", 100, SubjectKind.PUBLIC)
    hours("colleague", 900)
    found = listed(session_of, cast.unit_clerk)
    own = cast.people["professional"]
    assert cast.people["colleague"].name not in found
    assert found[own.name].missing == (800, 200, 600)
    assert found[own.name].missing.at_least == 800
    assert all(row.person.path.startswith(cast.unit_clerk.path or "-") for row in found.values())
    others = listed(session_of, cast.county_officer)
    nothing = others[cast.people["neighbour"].name]
    assert (nothing.summary, nothing.missing) == (None, (900, 300, 600))
    near = listed(session_of, cast.county_officer, 2026, misses_at_most(800))
    assert list(near) == [own.name]
    assert listed(session_of, cast.county_officer, 2026, misses_at_most(799)) == {}


def test_whoever_is_exempt_is_not_listed(session_of: Open, cast: Cast) -> None:
    person = cast.people["professional"]
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        exempting.exempt_many(session, cast.county_officer, [person.id], year=2026, kind="leave", months=12, note="产假")
    assert person.name not in listed(session_of, cast.county_officer)


def test_a_reminder_says_what_is_missing_once_in_a_week(
    session_of: Open, cast: Cast, hours: Callable[..., None], clock: Callable[[str], None], system: Session
) -> None:
    switch(system, cast, "county", "on", "step_mail")
    hours("professional", 100, SubjectKind.PUBLIC)
    hours("colleague", 900)
    person, finished, foreigner = (cast.people[n].id for n in ("professional", "colleague", "foreigner"))
    moved = remind(session_of, cast.unit_clerk, person, finished, foreigner)
    assert moved.done == (person,)
    assert {i: type(e) for i, e in moved.refused.items()} == {finished: Conflict, foreigner: NotFound}
    (notice,) = notices()
    assert notice.position_key == f"person:{person}"
    told = {name: notice.params[name] for name in ("hours", "total", "public", "professional", "day")}
    assert told == {"hours": "80", "total": "80", "public": "20", "professional": "60", "day": "2027-03-31"}
    with unit_of_work(system):
        write_notice_mails(system)
        assert [m.message_id for m in system.scalars(select(OutboxMail))] == [MESSAGE]
    for day in ("2026-12-15 18:00", "2026-12-21 23:00"):
        clock(day)
        assert isinstance(remind(session_of, cast.unit_clerk, person).refused[person], Conflict)
    clock("2026-12-22 08:00")
    assert remind(session_of, cast.county_officer, person).done == (person,)
    assert reminders() == {person: (2, cast.county_officer.name, None)}
    with system_session() as session:
        entries = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "remind")).all()
    assert [(e.subject_id, e.changes) for e in entries] == [(person, {"year": [None, 2026]})] * 2


def test_nobody_is_reminded_of_a_year_that_is_closed_or_by_whoever_may_not(session_of: Open, cast: Cast) -> None:
    person = cast.people["professional"].id
    moved = remind(session_of, cast.county_officer, person, year=2024)
    assert moved.done == ()
    with pytest.raises(NotAllowed):
        remind(session_of, cast.professional, person)
    assert notices() == []


def test_nothing_is_sent_where_nothing_is_set(system: Session, cast: Cast, clock: Callable[[str], None]) -> None:
    clock("2027-03-25 09:00")
    assert run_all(system) == 0
    switch(system, cast, "county", "off")
    assert run_all(system) == 0
    assert notices() == []


def test_each_is_reminded_once_for_each_of_the_days_that_are_set(
    system: Session, cast: Cast, clock: Callable[[str], None], hours: Callable[..., None]
) -> None:
    switch(system, cast, "county", "d60_30_7")
    hours("colleague", 900)
    person = cast.people["professional"].id
    sent = []
    for day in ("2027-01-29 09:00", "2027-01-30 07:30", "2027-01-30 09:00", "2027-01-30 15:00", "2027-02-10 09:00"):
        clock(day)
        run_all(system)
        sent.append(reminders().get(person, (0, "", None))[0])
    assert sent == [0, 0, 1, 1, 1]
    for day, expected in (("2027-03-01 09:00", (2, "", 30)), ("2027-03-24 09:00", (3, "", 7)), ("2027-03-31 09:00", (3, "", 7))):
        clock(day)
        run_all(system)
        assert reminders()[person] == expected
    assert cast.people["colleague"].id not in reminders()
    outside = {cast.people["foreigner"].id, cast.people["cousin"].id}
    assert not outside & set(reminders())
    clock("2027-04-01 09:00")
    run_all(system)
    assert reminders()[person][0] == 3


def test_a_worker_that_dies_doubles_nothing_and_leaves_nobody_out(
    system: Session, cast: Cast, clock: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.credits.due_reminders.CHUNK", 2)
    switch(system, cast, "city", "d7")
    switch(system, cast, "county", "off")
    clock("2027-03-26 09:00")

    with unit_of_work(system):
        assert due_reminders.write_due_reminders(system)
    first = reminders()
    with unit_of_work(system):
        due_reminders.write_due_reminders(system)
        system.rollback()  # what a worker that dies leaves behind
    assert reminders() == first
    run_all(system)
    found = reminders()
    assert cast.people["cousin"].id in found
    assert cast.people["professional"].id not in found  # the county has switched it off for its own
    assert {n for n, _by, _day in found.values()} == {1}
    assert len(notices()) == len(found)


def test_who_was_reminded_by_hand_yesterday_waits_for_the_week_to_end(
    session_of: Open, system: Session, cast: Cast, clock: Callable[[str], None]
) -> None:
    switch(system, cast, "county", "d30_7")
    person = cast.people["professional"].id
    clock("2027-02-28 10:00")
    assert remind(session_of, cast.unit_clerk, person).done == (person,)
    for day, n in (("2027-03-01 09:00", 1), ("2027-03-06 09:00", 1), ("2027-03-07 09:00", 2)):
        clock(day)
        run_all(system)
        assert reminders()[person][0] == n
