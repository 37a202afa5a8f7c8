"""S096: the lists of the post-audit, a verdict by one click or for the whole filter, samples, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from models.credits.audit_samples import AuditSample, AuditSampleRow
from models.credits.audits import Audit
from models.credits.tables import Declaration
from models.history import HistoryEntry
from models.outbox import Notice
from models.reviews.tables import Review
from tests.admin.conftest import Desk, names_in

Desks = Callable[..., Desk]


def counts(look: Any) -> tuple[int, ...]:
    with look() as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (Audit, HistoryEntry, Notice))


def states(look: Any) -> dict[int, str]:
    with look() as session:
        return {i: str(state) for i, state in session.execute(select(Declaration.id, Declaration.audit_state))}


@pytest.fixture
def granted(declare: Callable[..., int], decide: Callable[..., None], look: Any) -> list[int]:
    """Four approved declarations of people of the unit."""
    reviews = [declare(name, hours="10") for name in ("professional", "colleague", "professional", "colleague")]
    for review in reviews:
        decide(review, "unit_clerk", "department_clerk", "county_officer")
    with look() as session:
        return list(session.scalars(select(Review.subject_id).where(Review.id.in_(reviews)).order_by(Review.subject_id)))


def test_who_has_the_screen_and_who_only_looks(desk: Desks, granted: list[int]) -> None:
    page = desk("county_officer").get("hour-audits/").text
    assert "<h1>Audit of hours</h1>" in page
    assert len(names_in(desk("county_officer").get("hour-audits/"))) == len(granted)
    assert "Draw a random sample" in page
    looking = desk("department_clerk").get("hour-audits/").text
    assert "<h1>Audit of hours</h1>" in looking
    assert "Draw a random sample" not in looking
    assert "Fail the audit" not in looking
    assert desk("unit_clerk").get("hour-audits/").status_code == 403
    assert names_in(desk("other_county_officer").get("hour-audits/")) == []


def test_one_record_fails_at_the_desk_with_a_reason_only(desk: Desks, granted: list[int], look: Any) -> None:
    officer, one, before = desk("county_officer"), granted[0], counts(look)
    assert "岗位培训班" in officer.get(f"hour-audits/details/?id={one}").text
    bare = officer.post("hour-audits/decide", id=one, step="reject", reason=" ")
    assert "Please give a reason." in bare.text
    assert counts(look) == before
    officer.follow(officer.post("hour-audits/decide", id=one, step="reject", reason="证明不足"))
    assert states(look) == {**dict.fromkeys(granted, "none"), one: "failed"}
    assert names_in(officer.get("hour-audits/?tab=failed")) == ["人员-professional"]
    assert "证明不足" in officer.get("hour-audits/?tab=failed").text
    again = officer.post("hour-audits/decide", id=one, step="pass", tab="failed")
    assert "Already audited by" in again.text
    assert states(look)[one] == "failed"


def test_the_whole_filter_passes_by_one_answer_and_tells_what_was_left(desk: Desks, granted: list[int], look: Any) -> None:
    officer = desk("county_officer")
    asked = officer.post("hour-audits/action/", action="audit_pass", all="1", list="").text
    assert "4 of 4 can be given this verdict." in asked
    key = re.search(r'name="sel" value="([^"]+)"', asked)
    assert key is not None
    officer.post("hour-audits/decide", id=granted[0], step="reject", reason="重复")
    done = officer.post("hour-audits/action/run", action="audit_pass", sel=key[1], list="")
    assert done.status_code == 303
    assert states(look) == {**dict.fromkeys(granted, "passed"), granted[0]: "failed"}


def test_a_department_cannot_audit_by_a_forged_form(desk: Desks, granted: list[int], look: Any) -> None:
    before = counts(look)
    for name in ("department_clerk", "other_county_officer"):
        officer = desk(name)
        officer.post("hour-audits/decide", id=granted[0], step="pass")
        officer.post("hour-audits/action/run", action="audit_fail", ids=str(granted[0]), reason="x", list="")
        officer.post("hour-audits/sample/draw", unit="%", number="50", list="")
    assert counts(look) == before
    with look() as session:
        assert session.scalar(select(func.count()).select_from(AuditSample)) == 0


def test_a_sample_is_drawn_shown_by_its_seed_and_opened_by_the_city(desk: Desks, granted: list[int], look: Any) -> None:
    officer = desk("county_officer")
    assert "4 records" in officer.post("hour-audits/sample/", list="tab=pending").text
    answer = officer.post("hour-audits/sample/draw", unit="n", number="2", seed="abc1", list="tab=pending")
    page = officer.follow(answer)
    assert "seed abc1" in page.text
    assert len(names_in(page)) == 2
    with look() as session:
        drawn = set(session.scalars(select(AuditSampleRow.declaration_id)))
        sample = session.scalars(select(AuditSample)).one()
    assert drawn < set(granted)
    assert (sample.seed, sample.n_population, sample.n_drawn) == ("abc1", 4, 2)
    above = desk("city_officer").get(f"hour-audits/?tab=pending&f_sample={sample.id}")
    assert len(names_in(above)) == 2
    beside = desk("other_county_officer").get(f"hour-audits/?tab=pending&f_sample={sample.id}")
    assert "abc1" not in beside.text
    assert names_in(beside) == []


@pytest.mark.parametrize(
    ("unit", "number", "seed"), [("n", "5", ""), ("n", "x", ""), ("%", "0", ""), ("n", "1", "a;b"), ("?", "1", "")]
)
def test_a_sample_that_cannot_be_is_refused_in_words(
    desk: Desks, granted: list[int], look: Any, unit: str, number: str, seed: str
) -> None:
    officer, before = desk("county_officer"), counts(look)
    page = officer.post("hour-audits/sample/draw", unit=unit, number=number, seed=seed, list="tab=pending")
    assert page.status_code == 200
    assert "error" in page.text
    assert counts(look) == before
