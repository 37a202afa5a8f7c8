"""S132: a batch of decisions is undone from its result and from 已审核, in the request or as a task."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from models.credits.tables import Declaration
from models.history import HistoryEntry
from models.jobs import Job
from models.outbox import Notice
from models.reviews.tables import Decision, Review
from tests.admin.conftest import Desk, names_in
from views.admin import batch as batches

Desks = Callable[..., Desk]


def states(look: Any) -> set[tuple[str, int]]:
    with look() as session:
        return {(str(state), level) for state, level in session.execute(select(Review.state, Review.level))}


def counts(look: Any) -> tuple[int, ...]:
    with look() as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (Decision, HistoryEntry, Notice))


@pytest.fixture
def waiting(declare: Callable[..., int]) -> list[int]:
    """Five declarations that wait for the unit."""
    return [declare(hours=str(n + 1)) for n in range(5)]


def decided(desk: Desk, ids: list[int]) -> str:
    """Pass the reviews in one batch and return its mark as the list of the decided ones offers it."""
    desk.post("hours/action/run", action="approve", ids=ids, list="")
    page = desk.get("hours/?tab=reviewed").text
    found = re.findall(r'<option value="([0-9a-f-]{36})"', page)
    return found[0]


def test_a_batch_is_undone_from_the_decided_ones(desk: Desks, waiting: list[int], look: Any) -> None:
    clerk = desk("unit_clerk")
    mark = decided(clerk, waiting)
    assert states(look) == {("open", 2)}
    page = clerk.get(f"hours/?tab=reviewed&f_batch={mark}")
    assert len(names_in(page)) == 5
    assert "Undo the decision" in page.text
    asked = clerk.post("hours/action/", action="undo", all="1", list=f"tab=reviewed&f_batch={mark}").text
    assert "within 30 minutes" in asked
    key = re.search(r'name="sel" value="([^"]+)"', asked)
    assert key is not None
    done = clerk.follow(clerk.post("hours/action/run", action="undo", sel=key[1], list=f"tab=reviewed&f_batch={mark}"))
    assert "Undo the decision: 5 rows done." in done.text
    assert states(look) == {("open", 1)}
    assert names_in(clerk.get("hours/?tab=reviewed")) == []
    assert len(names_in(clerk.get("hours/?tab=pending"))) == 5
    hidden = clerk.get("hours/?tab=reviewed&f_hidden=1")
    assert len(names_in(hidden)) == 5
    assert "Undone" in hidden.text
    course = clerk.get(f"hours/details/?id={waiting[0]}&tab=pending").text
    assert course.index("Approved") < course.index("Undone") < course.rindex("Pending review")


def test_a_batch_of_one_is_undone_and_a_single_decision_is_not(desk: Desks, waiting: list[int], look: Any) -> None:
    clerk = desk("unit_clerk")
    clerk.post("hours/action/run", action="approve", ids=waiting[:1], list="")
    clerk.post("hours/action/run", action="approve", row=waiting[1], list="")
    with look() as session:
        marks = dict(session.execute(select(Decision.review_id, Decision.batch)).all())
    assert marks[waiting[0]] is not None
    assert marks[waiting[1]] is None


def test_the_result_of_a_batch_offers_to_undo_it_and_lists_what_was_kept(
    desk: Desks, waiting: list[int], decide: Callable[..., None], look: Any
) -> None:
    clerk = desk("unit_clerk")
    decide(waiting[0], "unit_clerk")
    result = clerk.follow(clerk.post("hours/action/run", action="approve", ids=waiting, list=""))
    assert "Undo this batch" in result.text
    query = re.search(r'name="list" value="(tab=reviewed&amp;f_batch=[^"]+)"', result.text)
    assert query is not None
    decide(waiting[1], "department_clerk")
    state = query[1].replace("&amp;", "&")
    asked = clerk.post("hours/action/", action="undo", all="1", list=state).text
    key = re.search(r'name="sel" value="([^"]+)"', asked)
    assert key is not None
    kept = clerk.follow(clerk.post("hours/action/run", action="undo", sel=key[1], list=state))
    assert "A later decision has been made since." in kept.text
    with look() as session:
        levels = dict(session.execute(select(Review.id, Review.level)).all())
    assert levels == {waiting[0]: 2, waiting[1]: 3, **dict.fromkeys(waiting[2:], 1)}


def test_nobody_undoes_what_another_organisation_decided(desk: Desks, waiting: list[int], look: Any) -> None:
    mark = decided(desk("unit_clerk"), waiting)
    with look() as session:
        decisions = list(session.scalars(select(Decision.id)))
    before = counts(look)
    for name in ("department_clerk", "county_officer", "sibling_clerk", "cousin_clerk"):
        other = desk(name)
        assert mark not in other.get("hours/?tab=reviewed").text
        other.post("hours/action/run", action="undo", ids=decisions, list="tab=reviewed")
    assert counts(look) == before
    assert states(look) == {("open", 2)}


def test_a_large_batch_and_its_undo_are_tasks(
    desk: Desks, waiting: list[int], look: Any, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", 2)
    clerk = desk("unit_clerk")
    asked = clerk.post("hours/action/", action="approve", all="1", list="tab=pending").text
    key = re.search(r'name="sel" value="([^"]+)"', asked)
    assert key is not None
    clerk.post("hours/action/run", action="approve", sel=key[1], list="tab=pending")
    run_jobs()
    assert states(look) == {("open", 2)}
    with look() as session:
        job = session.scalars(select(Job.id)).one()
        assert len(set(session.scalars(select(Decision.batch)))) == 1
    page = clerk.get(f"jobs/details/?id={job}").text
    query = re.search(r'name="list" value="(tab=reviewed&amp;f_batch=[^"]+)"', page)
    assert query is not None
    state = query[1].replace("&amp;", "&")
    asked = clerk.post("hours/action/", action="undo", all="1", list=state).text
    key = re.search(r'name="sel" value="([^"]+)"', asked)
    assert key is not None
    clerk.post("hours/action/run", action="undo", sel=key[1], list=state)
    run_jobs()
    assert states(look) == {("open", 1)}
    with look() as session:
        assert set(session.scalars(select(Declaration.state))) == {"pending"}
