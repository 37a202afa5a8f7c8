"""Post-audit: one verdict for each record, the year and its certificate follow, and a failed record is declared anew."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import db
from models.certificates import operations as certificates
from models.certificates.tables import Certificate
from models.credits import anew, audit_samples, audits, declarations, queries
from models.credits.audit_samples import AuditSample, AuditSampleRow, Size
from models.credits.audits import Audit
from models.credits.recompute import recompute_all
from models.credits.tables import AuditState, Declaration, YearSummary
from models.errors import Conflict, Invalid, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.org.settings import SettingKey, set_setting
from models.org.tables import Organisation
from models.outbox import Notice
from models.reviews.tables import Decision
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Read = Callable[[int], Declaration]
PASSED, FAILED = AuditState.PASSED, AuditState.FAILED


def give(session_of: Open, actor: Actor, ids: list[int], verdict: AuditState, reason: str = "") -> audits.Moved:
    session = session_of(actor)
    with unit_of_work(session):
        return audits.audit_many(session, actor, ids, verdict=verdict, reason=reason)


def counts() -> tuple[int, ...]:
    with system_session() as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (Audit, HistoryEntry, Notice))


def summary(person_id: int | None) -> YearSummary:
    with system_session() as session:
        found = queries.year_summary(session, person_id or 0, 2026)
        assert found is not None
        return found


def audit_of(declaration_id: int) -> Audit:
    with system_session() as session:
        return session.scalars(select(Audit).where(Audit.declaration_id == declaration_id)).one()


def test_a_failed_record_falls_out_of_the_year_and_its_certificate_at_once(
    cast: Cast, declare: Declare, approve: Callable[..., None], session_of: Open, stored: Read
) -> None:
    public = declare(
        cast.professional, form="GXKPX", subject="public", hours="30", submit=True, class_hours="30", exam_score="90"
    )
    other = declare(cast.professional, hours="60", submit=True)
    approve(public, other)
    person = cast.people["professional"]
    assert summary(person.id).is_passed
    session = session_of(cast.professional)
    with unit_of_work(session):
        number = certificates.issue(session, cast.professional, person.id, 2026).number

    moved = give(session_of, cast.county_officer, [other], FAILED, "证明不足")

    assert moved.done == (other,)
    assert stored(other).audit_state == FAILED
    assert stored(other).counted_tenths == 0
    assert (summary(person.id).total_tenths, summary(person.id).is_passed) == (300, False)
    with system_session() as session:
        assert session.scalars(select(Certificate.state).where(Certificate.number == number)).one() == "revoked"
        notices = session.scalars(select(Notice).where(Notice.message_id == audits.FAILED)).all()
        assert [n.account_id for n in notices] == [person.account_id]
        assert notices[0].params["reason"] == "证明不足"
        assert recompute_all(session, check_only=True).is_clean


def test_a_failed_record_replaces_the_certificate_of_a_year_that_still_passes_and_more_hours_change_nothing(
    cast: Cast, declare: Declare, approve: Callable[..., None], session_of: Open
) -> None:
    public = declare(
        cast.professional, form="GXKPX", subject="public", hours="30", submit=True, class_hours="30", exam_score="90"
    )
    others = [declare(cast.professional, hours=hours, submit=True) for hours in ("60", "15")]
    approve(public, *others)
    person = cast.people["professional"]
    session = session_of(cast.professional)
    with unit_of_work(session):
        first = certificates.issue(session, cast.professional, person.id, 2026).number

    give(session_of, cast.county_officer, others[1:], FAILED, "证明不足")

    def found() -> dict[str, tuple[str, int]]:
        with system_session() as session:
            rows = session.scalars(select(Certificate).order_by(Certificate.id))
            return {c.number: (str(c.state), c.content["total_tenths"]) for c in rows}

    second = max(found())
    assert found() == {first: ("replaced", 1050), second: ("valid", 900)}
    give(session_of, cast.city_officer, others[1:], PASSED)
    assert summary(person.id).total_tenths == 1050
    assert found() == {first: ("replaced", 1050), second: ("valid", 900)}


def test_a_higher_verdict_replaces_a_lower_one_and_never_the_other_way_round(
    cast: Cast, declare: Declare, approve: Callable[..., None], session_of: Open, stored: Read
) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    give(session_of, cast.county_officer, [one], FAILED, "证明不足")
    before = counts()
    again = give(session_of, cast.county_officer, [one], PASSED)
    assert isinstance(again.refused[one], Conflict)
    assert counts() == before

    assert give(session_of, cast.city_officer, [one], PASSED).done == (one,)

    assert (stored(one).audit_state, stored(one).counted_tenths) == (PASSED, stored(one).granted_tenths)
    assert audit_of(one).by_organisation_id == cast.city_officer.organisation_id
    before = counts()
    lower = give(session_of, cast.county_officer, [one], FAILED, "不同意")
    assert isinstance(lower.refused[one], Conflict)
    assert (counts(), stored(one).audit_state) == (before, PASSED)


def test_what_may_not_be_audited_is_refused_and_stays_as_it_was(
    cast: Cast, declare: Declare, approve: Callable[..., None], session_of: Open, stored: Read
) -> None:
    pending, granted = declare(cast.professional, submit=True), declare(cast.professional, hours="20", submit=True)
    approve(granted)
    before = counts()
    for actor, error in (
        (cast.unit_clerk, NotAllowed),
        (cast.department_clerk, NotAllowed),
        (cast.professional, NotAllowed),
        (cast.support, NotAllowed),
    ):
        with pytest.raises(error):
            give(session_of, actor, [granted], PASSED)
    with pytest.raises(Invalid):
        give(session_of, cast.county_officer, [granted], FAILED, "  ")
    refused = give(session_of, cast.county_officer, [pending, 987654], PASSED).refused
    assert {i: type(e) for i, e in refused.items()} == {pending: WrongState, 987654: NotFound}
    foreign = give(session_of, cast.other_county_officer, [granted], PASSED).refused
    assert isinstance(foreign[granted], NotFound)
    assert counts() == before
    assert stored(granted).audit_state == AuditState.NONE


def test_what_the_city_granted_is_not_audited_by_the_county(
    cast: Cast, declare: Declare, decide: Callable[..., None], session_of: Open
) -> None:
    one = declare(cast.professional, submit=True)
    for name in ("unit_clerk", "department_clerk", "county_officer"):
        decide(cast.actors[name], [one])
    with system_session() as session, unit_of_work(session):
        last = session.scalars(select(Decision).where(Decision.subject_id == one).order_by(Decision.id.desc())).first()
        assert last is not None
        last.by_organisation_id = cast.city_officer.organisation_id or 0
    before = counts()
    assert isinstance(give(session_of, cast.county_officer, [one], PASSED).refused[one], NotAllowed)
    assert counts() == before
    assert give(session_of, cast.city_officer, [one], PASSED).done == (one,)


def test_a_setting_lets_competent_departments_audit(
    cast: Cast, declare: Declare, approve: Callable[..., None], session_of: Open, stored: Read
) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        own = session.get_one(Organisation, cast.county_officer.organisation_id)
        set_setting(session, cast.county_officer, own, SettingKey.AUDIT_BY, "departments")
    assert give(session_of, cast.department_clerk, [one], FAILED, "证明不足").done == (one,)
    assert give(session_of, cast.county_officer, [one], PASSED).done == (one,)
    assert stored(one).audit_state == PASSED


def test_a_failed_record_is_declared_anew_once_and_linked(
    cast: Cast, declare: Declare, approve: Callable[..., None], session_of: Open, stored: Read
) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    session = session_of(cast.professional)
    with pytest.raises(WrongState), unit_of_work(session):
        anew.declare_anew(session, cast.professional, one)
    give(session_of, cast.county_officer, [one], FAILED, "证明不足")
    assert declarations.what_can(stored(one)) == {"declare_anew"}
    with unit_of_work(session):
        first = anew.declare_anew(session, cast.professional, one).id
        assert anew.declare_anew(session, cast.professional, one).id == first
    assert (stored(first).state, stored(first).inputs) == ("draft", stored(one).inputs)
    assert audit_of(one).renewed_id == first
    colleague = session_of(cast.colleague)
    with pytest.raises(NotFound), unit_of_work(colleague):
        anew.declare_anew(colleague, cast.colleague, one)

    refused = give(session_of, cast.city_officer, [one], PASSED).refused
    assert isinstance(refused[one], WrongState)
    with unit_of_work(session):
        declarations.delete_draft(session, cast.professional, first)
    assert audit_of(one).renewed_id is None
    with unit_of_work(session):
        assert anew.declare_anew(session, cast.professional, one).id != first


def test_two_auditors_at_once_give_one_verdict(
    app: Flask, cast: Cast, declare: Declare, approve: Callable[..., None], stored: Read
) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    told: list[audits.Moved] = []
    start = threading.Barrier(4)

    def audit(verdict: AuditState) -> None:
        with app.app_context(), ScopedSession(db) as session:
            attach(session, scope_of(cast.county_officer))
            start.wait()
            with unit_of_work(session):
                told.append(audits.audit_many(session, cast.county_officer, [one], verdict=verdict, reason="x"))

    threads = [threading.Thread(target=audit, args=(v,)) for v in (PASSED, FAILED, PASSED, FAILED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([m for m in told if m.done]) == 1
    assert len([m for m in told if m.refused]) == 3
    assert audit_of(one).verdict == stored(one).audit_state


# --- samples --------------------------------------------------------------------------------------------------------


def test_the_seed_alone_decides_what_is_drawn() -> None:
    ids = list(range(1, 201))
    first = audit_samples.drawn(ids, seed="a1", n=20)
    assert first == audit_samples.drawn(list(reversed(ids)), seed="a1", n=20)
    assert len(set(first)) == 20
    assert first != audit_samples.drawn(ids, seed="a2", n=20)


def test_every_record_is_drawn_about_as_often_as_any_other() -> None:
    times = dict.fromkeys(range(50), 0)
    for seed in range(400):
        for i in audit_samples.drawn(list(times), seed=str(seed), n=10):
            times[i] += 1
    assert sum(times.values()) == 4000
    assert all(45 <= n <= 120 for n in times.values()), times


def test_a_sample_is_kept_with_its_seed_for_colleagues_and_those_above(
    cast: Cast, declare: Declare, approve: Callable[..., None], session_of: Open
) -> None:
    ids = [declare(cast.professional, hours=str(n), submit=True) for n in range(2, 8)]
    approve(*ids)
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        sample = audit_samples.draw(session, cast.county_officer, ids, size=Size(50, is_percent=True), seed="k9")
    assert (sample.n_population, sample.n_drawn, sample.wanted) == (6, 3, "50%")
    with system_session() as session:
        rows = session.scalars(select(AuditSampleRow.declaration_id).where(AuditSampleRow.sample_id == sample.id)).all()
    assert sorted(rows) == audit_samples.drawn(ids, seed="k9", n=3)
    assert [s.id for s in audit_samples.recent(session_of(cast.city_officer))] == [sample.id]
    assert audit_samples.recent(session_of(cast.other_county_officer)) == []
    assert audit_samples.recent(session_of(cast.unit_clerk)) == []


@pytest.mark.parametrize(
    ("size", "seed"),
    [
        (Size(0), ""),
        (Size(7), ""),
        (Size(0, is_percent=True), ""),
        (Size(101, is_percent=True), ""),
        (Size(1), "a b"),
        (Size(1), "x" * 33),
    ],
)
def test_a_sample_that_cannot_be_is_refused(cast: Cast, session_of: Open, size: Size, seed: str) -> None:
    session = session_of(cast.county_officer)
    with pytest.raises(Invalid), unit_of_work(session):
        audit_samples.draw(session, cast.county_officer, [1, 2, 3], size=size, seed=seed)
    with system_session() as look:
        assert look.scalar(select(func.count()).select_from(AuditSample)) == 0
