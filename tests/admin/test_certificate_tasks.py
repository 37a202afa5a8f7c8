"""A task of certificates that is cancelled on the way, and the same order given more than once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from models import files, storage
from models.certificates.tables import Certificate
from models.errors import WrongState
from models.files import JobFile
from models.jobs import Job, JobState
from tests.admin.printing import WITHIN, Seat, job_of, order, small_parts, years
from views.admin import certificate_jobs

__all__ = ["small_parts", "years"]
pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("how", ["signed", "print"])
def test_a_cancelled_task_leaves_its_numbers_and_no_file(
    desk: Seat,
    years: dict[str, int],
    run_jobs: Callable[[], int],
    look: Any,
    small_parts: None,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    officer = desk("county_officer")
    answer = order(officer, [years[name] for name in WITHIN], how)
    append = files.append

    def asked_to_stop(*args: Any) -> None:
        append(*args)
        if args[1].media_type == "application/json":  # the last of a part
            args[0].execute(update(Job).values(is_cancel_asked=True))

    monkeypatch.setattr(files, "append", asked_to_stop)
    run_jobs()
    assert job_of(look).state == JobState.CANCELLED
    page = officer.follow(answer).text
    assert "No file was made. New numbers issued: 2; they stay" in page
    assert "/files/jobs/" not in page
    with look() as session:
        assert session.scalars(select(JobFile)).all() == []
        assert len(session.scalars(select(Certificate)).all()) == 2
    assert list(storage.stored_keys()) == []


def test_a_task_cancelled_before_its_turn_says_that_no_number_was_issued(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any
) -> None:
    officer = desk("county_officer")
    answer = order(officer, [years[name] for name in WITHIN])
    assert officer.post(f"jobs/cancel?id={job_of(look).id}").status_code == 303
    run_jobs()
    page = officer.follow(answer).text
    assert (job_of(look).state, "No file was made, and no new number was issued." in page) == (JobState.CANCELLED, True)


def test_a_task_killed_when_the_numbers_stood_says_how_many_were_issued(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = desk("county_officer")
    answer = order(officer, [years[name] for name in WITHIN])

    def failing(*_args: Any) -> Any:
        raise WrongState("stopped")

    monkeypatch.setattr(certificate_jobs, "_drawn", failing)
    run_jobs()
    page = officer.follow(answer).text
    assert "New numbers issued: 3; they stay" in page


def test_the_same_order_leads_to_the_task_that_is_open(
    desk: Seat, years: dict[str, int], run_jobs: Callable[[], int], look: Any
) -> None:
    officer, ids = desk("county_officer"), [years[name] for name in WITHIN]
    addresses = {order(officer, ids).headers["Location"].partition("&")[0] for _ in range(3)}
    assert len(addresses) == 1
    assert order(officer, ids, "print").headers["Location"].partition("&")[0] not in addresses
    assert run_jobs() == 2
    order(officer, ids)
    assert run_jobs() == 1
