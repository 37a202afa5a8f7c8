"""A year that passed, for whom the test names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models.base import utcnow
from models.org.tables import CodeEntry
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.years import passed_year


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def passed(in_app: Any, cast: Cast) -> Callable[..., int]:
    """Give somebody a year that passed; return the person's id."""

    def pass_year(name: str, year: int = 2026, **columns: Any) -> int:
        person = cast.people[name]
        with system_session() as session, unit_of_work(session):
            session.add(passed_year(person, year, **columns))
        return person.id

    return pass_year


@pytest.fixture
def titles(in_app: Any) -> None:
    """The names of the codes that a certificate prints."""
    with system_session() as session, unit_of_work(session):
        for list_name, code, name in (
            ("document_type", "111", "居民身份证"),
            ("title_series", "01", "高等学校教师"),
            ("title_level", "412", "副高级"),
            ("title_qualification", "0102", "副教授"),
        ):
            session.add(CodeEntry(list_name=list_name, code=code, name=name))


def year_of(moment: Any = None) -> int:
    """Return the running year of the test's clock."""
    return (moment or utcnow()).year
