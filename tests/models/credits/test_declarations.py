"""A person's declarations: drafts, evidence, submission, withdrawal, rejection and the next round."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import files, storage
from models.access import Actor
from models.base import utcnow
from models.credits import declarations, queries
from models.credits.declarations import Draft
from models.credits.tables import Declaration, DeclarationState, DeclarationWindow
from models.errors import FieldErrors, Invalid, NotFound, WrongState
from models.files import Attachment
from models.history import HistoryEntry
from models.reviews.tables import Decision, Review, Verdict
from models.scope import system_session
from models.transaction import unit_of_work
from models.uploads import Upload, check
from tests.cast import Cast
from tests.models.credits.conftest import TRAINING, picture

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Read = Callable[[int], Declaration]


def refused(call: Callable[[], Any]) -> dict[str, str]:
    """Return the fields that a call refuses with their message ids."""
    with pytest.raises(FieldErrors) as caught:
        call()
    return {name: error.message_id for name, error in caught.value.errors.items()}


def count(session: Session, cls: Any) -> int:
    return session.scalar(select(func.count()).select_from(cls)) or 0


# --- drafts ---------------------------------------------------------------------------------------------------------


def test_a_draft_may_be_half_filled(cast: Cast, forms: dict[str, int], session_of: Open, stored: Read) -> None:
    session = session_of(cast.professional)
    with unit_of_work(session):
        draft = Draft(2026, "professional", "GWPX", {"class_name": "岗位培训班"})
        saved = declarations.save_draft(session, cast.professional, draft)
    found = stored(saved.id)
    assert (found.state, found.title, found.requested_tenths, found.proposed_tenths) == ("draft", "岗位培训班", 0, None)
    assert (found.person_id, found.path) == (cast.people["professional"].id, cast.professional.path)
    assert (found.person_name, found.organisation_name) == ("人员-professional", "单位-unit")
    assert found.rule_version_id == forms["GWPX"]


def test_the_rule_proposes_the_hours_and_explains_them(cast: Cast, forms: dict[str, int], session_of: Open, stored: Read) -> None:
    session = session_of(cast.professional)
    inputs = {**TRAINING, "days": "4.5"}
    with unit_of_work(session):
        saved = declarations.save_draft(session, cast.professional, Draft(2026, "public", "JZMS", inputs))
    found = stored(saved.id)
    assert (found.proposed_tenths, found.requested_tenths) == (360, 360)
    assert "8 × 4.5 = 36" in found.arithmetic
    assert (found.starts_on, found.ends_on) == (dt.date(2026, 3, 2), dt.date(2026, 3, 6))


def test_a_wrong_value_is_refused_at_its_field_and_nothing_is_written(
    cast: Cast, forms: dict[str, int], session_of: Open
) -> None:
    session = session_of(cast.professional)
    draft = Draft(2026, "all", "GWPX", {"start_date": "soon", "organiser_level": "mars"}, "0.05", "maybe")
    assert refused(lambda: declarations.save_draft(session, cast.professional, draft)) == {
        "start_date": "This is not a date; write it as 2026-03-15.",
        "organiser_level": "Choose one of: %(choices)s.",
        "subject": "This learning form does not count toward the chosen subject.",
        "elective": "Choose compulsory or elective.",
        "requested_hours": "Enter hours greater than 0 with at most one decimal place.",
    }
    session.rollback()
    assert count(session, Declaration) == 0


@pytest.mark.parametrize("hours", ["-1", "0", "1000", "1e9", "NaN", "Infinity", "四十", "1,5", "0.05", "1" * 4000])
def test_odd_hours_are_refused(cast: Cast, forms: dict[str, int], session_of: Open, hours: str) -> None:
    session = session_of(cast.professional)
    draft = Draft(2026, "professional", "GWPX", {}, hours)
    assert list(refused(lambda: declarations.save_draft(session, cast.professional, draft))) == ["requested_hours"]


@pytest.mark.parametrize("hours", ["40", " 40.0 ", "４０"])
def test_hours_are_read_in_any_width(cast: Cast, forms: dict[str, int], session_of: Open, hours: str) -> None:
    session = session_of(cast.professional)
    with unit_of_work(session):
        saved = declarations.save_draft(session, cast.professional, Draft(2026, "professional", "GWPX", {}, hours))
    assert saved.requested_tenths == 400


@pytest.mark.parametrize("year", [2024, 2027, 1000, 10**20, -1])
def test_a_year_without_an_open_window_is_refused(cast: Cast, forms: dict[str, int], session_of: Open, year: int) -> None:
    session = session_of(cast.professional)
    draft = Draft(year, "professional", "GWPX", {}, "40")
    assert list(refused(lambda: declarations.save_draft(session, cast.professional, draft))) == ["year"]


def test_the_last_year_stays_open_until_31_march(
    cast: Cast, forms: dict[str, int], session_of: Open, clock: Callable[[str], None]
) -> None:
    session = session_of(cast.professional)
    draft = Draft(2025, "professional", "GWPX", {}, "40")
    clock("2026-03-31 23:59")
    with unit_of_work(session):
        declarations.save_draft(session, cast.professional, draft)
    clock("2026-04-01 00:01")
    assert list(refused(lambda: declarations.save_draft(session, cast.professional, draft))) == ["year"]


def test_an_hr_department_can_open_an_older_year_and_close_the_running_one(
    cast: Cast, forms: dict[str, int], session_of: Open, system: Session
) -> None:
    county = cast.organisations["county"]
    with unit_of_work(system):
        for year, first, last in (
            (2024, dt.date(2026, 12, 1), dt.date(2026, 12, 31)),
            (2026, dt.date(2026, 1, 1), dt.date(2026, 11, 30)),
        ):
            system.add(DeclarationWindow(organisation_id=county.id, path=county.path, year=year, opens_on=first, closes_on=last))
    session = session_of(cast.professional)
    with unit_of_work(session):
        declarations.save_draft(session, cast.professional, Draft(2024, "professional", "GWPX", {}, "40"))
    draft = Draft(2026, "professional", "GWPX", {}, "40")
    assert list(refused(lambda: declarations.save_draft(session, cast.professional, draft))) == ["year"]


@pytest.mark.parametrize("code", ["ZXXX", "NONE", ""])
def test_a_form_that_is_not_offered_is_refused(cast: Cast, forms: dict[str, int], session_of: Open, code: str) -> None:
    session = session_of(cast.professional)
    assert list(refused(lambda: declarations.save_draft(session, cast.professional, Draft(2026, "public", code, {})))) == [
        "form_code"
    ]


def test_somebody_elses_draft_does_not_exist(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional)
    session = session_of(cast.colleague)
    draft = Draft(2026, "professional", "GWPX", {}, "1")
    for call in (
        lambda: declarations.save_draft(session, cast.colleague, draft, declaration_id=one),
        lambda: declarations.submit(session, cast.colleague, one),
        lambda: declarations.withdraw(session, cast.colleague, one),
        lambda: declarations.delete_draft(session, cast.colleague, one),
        lambda: declarations.add_evidence(session, cast.colleague, one, check(Upload("a.png", picture(1)))),
        lambda: queries.declaration(session, one),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_deleted_drafts_id_is_never_used_again(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional, submit=True)
    session = session_of(cast.professional)
    with unit_of_work(session):
        declarations.withdraw(session, cast.professional, one)
        declarations.delete_draft(session, cast.professional, one)
    assert declare(cast.professional) == one + 1


def test_deleting_a_draft_removes_its_files_and_keeps_its_history(
    cast: Cast, declare: Declare, session_of: Open, system: Session
) -> None:
    one = declare(cast.professional)
    key = system.scalars(select(Attachment.key)).one()
    session = session_of(cast.professional)
    with unit_of_work(session):
        declarations.delete_draft(session, cast.professional, one)
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    system.rollback()
    actions = system.scalars(select(HistoryEntry.action).where(HistoryEntry.subject_id == one).order_by(HistoryEntry.id)).all()
    assert actions == ["create", "add_evidence", "delete"]


# --- evidence -------------------------------------------------------------------------------------------------------


def test_two_chinese_names_both_survive(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional)
    session = session_of(cast.professional)
    with unit_of_work(session):
        declarations.add_evidence(session, cast.professional, one, check(Upload("证明.jpg", picture(501, "JPEG"))))
        declarations.add_evidence(session, cast.professional, one, check(Upload("身份证.jpg", picture(502, "JPEG"))))
    kept = queries.evidence_of(session, one)
    assert [a.original_name for a in kept] == ["证明.png", "证明.jpg", "身份证.jpg"]
    assert len({a.key for a in kept}) == 3
    assert all(len(a.key) == 43 for a in kept)


def test_the_same_file_twice_and_an_eleventh_file_are_refused(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional, content=picture(1))
    session = session_of(cast.professional)
    with pytest.raises(Invalid, match="attached already"):
        declarations.add_evidence(session, cast.professional, one, check(Upload("again.png", picture(1))))
    for n in range(2, 11):
        declarations.add_evidence(session, cast.professional, one, check(Upload("more.png", picture(n))))
    with pytest.raises(Invalid, match="at most 10"):
        declarations.add_evidence(session, cast.professional, one, check(Upload("more.png", picture(11))))


def test_an_attachment_of_another_record_cannot_be_removed_through_this_one(
    cast: Cast, declare: Declare, session_of: Open
) -> None:
    one, two = declare(cast.professional), declare(cast.professional)
    session = session_of(cast.professional)
    key = queries.evidence_of(session, two)[0].key
    with pytest.raises(NotFound):
        declarations.remove_evidence(session, cast.professional, one, key)
    with unit_of_work(session):
        declarations.remove_evidence(session, cast.professional, two, key)
    assert queries.evidence_of(session, two) == []


def test_a_rolled_back_upload_leaves_no_file(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional)
    session = session_of(cast.professional)
    kept = declarations.add_evidence(session, cast.professional, one, check(Upload("a.png", picture(77))))
    assert files.read(kept) != b""
    key = kept.key
    session.rollback()
    with pytest.raises(FileNotFoundError):
        storage.read(key)


# --- submitting -----------------------------------------------------------------------------------------------------


def test_submitting_checks_everything_at_once(cast: Cast, forms: dict[str, int], session_of: Open) -> None:
    session = session_of(cast.professional)
    with unit_of_work(session):
        saved = declarations.save_draft(session, cast.professional, Draft(2026, "professional", "GWPX", {"score": "合格"}))
    assert refused(lambda: declarations.submit(session, cast.professional, saved.id)) == {
        "school_unit": "Fill in this field.",
        "class_name": "Fill in this field.",
        "start_date": "Fill in this field.",
        "end_date": "Fill in this field.",
        "requested_hours": "Enter the hours that you declare.",
        "attachments": "Attach at least one scan of the evidence: %(evidence)s",
    }
    session.rollback()
    assert queries.declaration(session, saved.id).state == DeclarationState.DRAFT


def test_a_submitted_declaration_waits_for_the_own_unit(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional, submit=True)
    session = session_of(cast.professional)
    found = queries.progress(session, queries.declaration(session, one))
    assert (found.waits_for, found.waits_for_phone) == ("单位-unit", "0599-0000005")
    assert [(level.name, level.state) for level in found.rounds[0].levels] == [
        ("单位-unit", "open"),
        ("单位-department", "waiting"),
        ("单位-county", "waiting"),
    ]
    rows = queries.declarations_of(session, cast.professional.person_id or 0, tab="pending")
    assert [(row.declaration.id, row.waits_for) for row in rows] == [(one, "单位-unit")]
    assert queries.tab_counts(session, cast.professional.person_id or 0) == {
        "all": 1,
        "draft": 0,
        "pending": 1,
        "approved": 0,
        "rejected": 0,
    }


def test_a_submitted_declaration_cannot_be_changed(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional, submit=True)
    session = session_of(cast.professional)
    draft = Draft(2026, "professional", "GWPX", TRAINING, "60")
    with pytest.raises(WrongState):
        declarations.save_draft(session, cast.professional, draft, declaration_id=one)
    with pytest.raises(WrongState):
        declarations.submit(session, cast.professional, one)
    with pytest.raises(WrongState):
        declarations.delete_draft(session, cast.professional, one)
    assert declarations.what_can(queries.declaration(session, one)) == {"withdraw"}


def test_withdrawn_it_can_be_edited_and_submitted_again_with_its_history(
    cast: Cast, declare: Declare, session_of: Open, system: Session
) -> None:
    one = declare(cast.professional, submit=True)
    session = session_of(cast.professional)
    with unit_of_work(session):
        declarations.withdraw(session, cast.professional, one)
    with unit_of_work(session):
        draft = Draft(2026, "professional", "GWPX", TRAINING, "32.5")
        declarations.save_draft(session, cast.professional, draft, declaration_id=one)
        declarations.submit(session, cast.professional, one)
    found = queries.declaration(session, one)
    assert (found.state, found.requested_tenths) == ("pending", 325)
    assert [r.number for r in queries.progress(session, found).rounds] == [1, 2]
    entries = system.execute(
        select(HistoryEntry.action, HistoryEntry.changes)
        .where(HistoryEntry.subject_id == one, HistoryEntry.subject_kind == "declaration")
        .order_by(HistoryEntry.id)
    ).all()
    assert [e.action for e in entries] == ["create", "add_evidence", "submit", "withdraw", "edit", "submit"]
    assert entries[4].changes == {"requested_tenths": [400, 325]}


def test_a_rejected_one_is_edited_and_goes_through_a_new_round(
    cast: Cast, declare: Declare, decide: Callable[..., None], session_of: Open, stored: Read
) -> None:
    one = declare(cast.professional, submit=True)
    decide(cast.unit_clerk, [one], granted=300)
    decide(cast.department_clerk, [one], verdict=Verdict.REJECT, reason="材料不清晰")
    assert stored(one).state == "rejected"
    session = session_of(cast.professional)
    assert declarations.what_can(queries.declaration(session, one)) == {"edit", "resubmit"}
    with unit_of_work(session):
        declarations.save_draft(session, cast.professional, Draft(2026, "public", "GWPX", TRAINING, "36"), declaration_id=one)
    assert stored(one).state == "rejected"
    with unit_of_work(session):
        declarations.submit(session, cast.professional, one)
    # What lists are narrowed by: the round that was decided as it was decided, the new one as it is now.
    review = session.scalars(select(Review).where(Review.subject_id == one)).one()
    assert (review.year, review.topic, review.part) == (2026, "GWPX", "public")
    decided = session.execute(select(Decision.year, Decision.topic, Decision.part).where(Decision.review_id == review.id)).all()
    assert decided == [(2026, "GWPX", "professional")] * 2
    found = queries.progress(session, queries.declaration(session, one))
    assert [[level.state for level in r.levels] for r in found.rounds] == [
        ["passed", "rejected", "closed"],
        ["open", "waiting", "waiting"],
    ]
    assert found.rounds[0].levels[1].decision is not None
    assert found.rounds[0].levels[1].decision.reason == "材料不清晰"
    with pytest.raises(WrongState):
        declarations.delete_draft(session, cast.professional, one)


def test_a_rejected_one_cannot_lose_its_hours(
    cast: Cast, declare: Declare, decide: Callable[..., None], session_of: Open
) -> None:
    one = declare(cast.professional, submit=True)
    decide(cast.unit_clerk, [one], verdict=Verdict.REJECT, reason="重复")
    session = session_of(cast.professional)
    draft = Draft(2026, "professional", "GWPX", TRAINING, None)
    assert list(refused(lambda: declarations.save_draft(session, cast.professional, draft, declaration_id=one))) == [
        "requested_hours"
    ]


def test_the_form_of_the_plan_takes_its_number_as_text(cast: Cast, declare: Declare, stored: Read) -> None:
    one = declare(cast.professional, form="HYPX", plan="海人社备〔2026〕12号", submit=True)
    assert stored(one).inputs["plan"] == "海人社备〔2026〕12号"


def test_the_form_shows_its_fields_with_labels(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional)
    session = session_of(cast.professional)
    found = queries.field_values(session, queries.declaration(session, one))
    assert [(f.label, f.value) for f in found[:3]] == [
        ("学校(单位)名称", "海州职业技术学院"),
        ("培训班名称", "岗位培训班"),
        ("开始日期", "2026-03-02"),
    ]


def test_the_proposal_leaves_out_what_is_in_review_or_counts(cast: Cast, declare: Declare, session_of: Open) -> None:
    declare(cast.professional, form="ZZXX", hours="15", subject="public", submit=True)
    session = session_of(cast.professional)
    found = declarations.propose(session, cast.professional, Draft(2026, "public", "ZZXX", TRAINING, "12"))
    assert (found.tenths, found.remaining_tenths) == (50, 50)
    assert found.lines[-1] == {
        "message_id": "%(left)s hours are left of what this form can count in %(year)s.",
        "params": {"left": "5.0", "year": "2026"},
    }
    assert not found.errors


def test_a_proposal_names_what_is_wrong_and_changes_nothing(cast: Cast, forms: dict[str, int], session_of: Open) -> None:
    session = session_of(cast.professional)
    found = declarations.propose(session, cast.professional, Draft(2026, "public", "JZMS", {"days": "many"}, "abc"))
    assert sorted(found.errors) == ["days", "requested_hours"]
    assert declarations.propose(session, cast.professional, Draft(2026, "public", "NONE", {})).tenths is None
    with system_session() as system:
        assert count(system, Declaration) == 0


def test_times_are_those_of_the_steps(cast: Cast, declare: Declare, approve: Callable[..., None], stored: Read) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    assert stored(one).submitted_at == stored(one).granted_at == utcnow()
