"""Certificates of many years as one task: whose years there are, how an officer orders them, and the task of the order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.credits.tables import YearSummary
from models.jobs import Job
from tests.admin.conftest import Desk
from tests.cast import Cast
from tests.years import passed_year
from views.admin import certificate_jobs

Seat = Callable[..., Desk]
PASSED = ("professional", "colleague", "neighbour", "cousin")
WITHIN = ("professional", "colleague", "branch_worker", "neighbour", "civil_servant")
"""Whom the county's officer sees."""


@pytest.fixture
def years(look: Any, cast: Cast) -> dict[str, int]:
    """Years 2026 of everybody: some passed, the others' do not; the ids of the years by the names of the cast."""
    failed = {"total_tenths": 300, "professional_tenths": 0, "is_passed": False}
    with look() as session:
        for name, person in cast.people.items():
            session.add(passed_year(person, **({} if name in PASSED else failed)))
        session.commit()
        found = session.execute(select(YearSummary.id, YearSummary.person_id))
        names = {person.id: name for name, person in cast.people.items()}
        return {names[row.person_id]: row.id for row in found}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sheets a part: five years are three parts."""
    monkeypatch.setattr(certificate_jobs, "SIGNED_AT_ONCE", 2)
    monkeypatch.setattr(certificate_jobs, "PRINTED_AT_ONCE", 2)


def order(desk: Desk, ids: list[int], how: str = "signed", screen: str = "learning-records") -> Any:
    return desk.post(f"{screen}/action/run", action="print_many", ids=ids, how=how)


def job_of(look: Any) -> Job:
    with look() as session:
        return session.scalars(select(Job).order_by(Job.id.desc())).first()
