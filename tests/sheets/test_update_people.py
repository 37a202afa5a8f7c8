"""Update-import of people: what is changed, kept, cleared and refused, and what is shown before."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.history import HistoryEntry
from models.people.tables import Account, Professional
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.sheets.test_import_people import counts, row, workbook

KIND = "import_people"
pytestmark = pytest.mark.both_databases


def of(cast: Cast, name: str, **more: Any) -> dict[str, Any]:
    return {"name": cast.accounts[name].name.replace("-", ""), "number": cast.accounts[name].number, **more}


@pytest.fixture
def people(cast: Cast, system: Session) -> None:
    """Names that a sheet accepts, and something to change."""
    with unit_of_work(system):
        for name in ("professional", "colleague", "neighbour"):
            person = system.get_one(Professional, cast.people[name].id)
            person.name = system.get_one(Account, cast.accounts[name].id).name = cast.accounts[name].name.replace("-", "")
            person.phone, person.email, person.admin_post = "13800000000", "old@example.com", "主任"
            person.sex = "male" if name == "colleague" else person.sex  # as her number tells


def person_of(system: Session, cast: Cast, name: str) -> Professional:
    system.rollback()
    return system.get_one(Professional, cast.people[name].id)


def test_an_update_changes_what_is_filled_in_keeps_blanks_and_clears_on_demand(
    importing: Any, cast: Cast, people: None, system: Session
) -> None:
    content = workbook(
        cast.unit_clerk,
        of(cast, "professional", phone="13900000001", admin_post=" ＃清空 ", ethnic_group="汉族"),
        of(cast, "colleague", phone="13800000000"),
        row(40, phone="13900000002"),
    )
    result = importing(cast.unit_clerk, KIND, content, mode="update")
    assert (result["created"], result["updated"], result["unchanged"], result["rejected"]) == (0, 1, 1, 1)
    changed = person_of(system, cast, "professional")
    assert (changed.phone, changed.email, changed.admin_post, changed.ethnic_group) == (
        "13900000001",
        "old@example.com",
        "",
        "01",
    )
    assert system.get_one(Account, cast.accounts["professional"].id).phone == "13900000001"
    entry = system.scalars(select(HistoryEntry).where(HistoryEntry.action == "import_update")).one()
    assert entry.changes == {"phone": ["13800000000", "13900000001"], "admin_post": ["主任", ""], "ethnic_group": [None, "01"]}


def test_both_creates_and_updates_and_the_same_file_again_does_nothing(
    importing: Any, cast: Cast, people: None, system: Session
) -> None:
    content = workbook(cast.unit_clerk, of(cast, "professional", phone="13900000001"), row(41, admin_post="#清空"))
    result = importing(cast.unit_clerk, KIND, content, mode="both")
    assert (result["created"], result["updated"]) == (1, 1)
    again = importing(cast.unit_clerk, KIND, content, mode="both")
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_the_dry_run_shows_the_differences_and_writes_nothing(importing: Any, cast: Cast, people: None, system: Session) -> None:
    content = workbook(cast.unit_clerk, of(cast, "professional", phone="13900000001"))
    result = importing(cast.unit_clerk, KIND, content, mode="update", is_dry_run=True)
    assert result["differences"] == [{"row": 3, "key": "phone", "old": "13800000000", "new": "13900000001"}]
    assert person_of(system, cast, "professional").phone == "13800000000"


def test_only_new_people_are_taken_in_when_nothing_else_was_chosen(
    importing: Any, cast: Cast, people: None, system: Session
) -> None:
    content = workbook(cast.unit_clerk, of(cast, "professional", phone="13900000001"))
    assert counts(importing(cast.unit_clerk, KIND, content)) == (2, 0, 1, 0, 1)
    assert person_of(system, cast, "professional").phone == "13800000000"


@pytest.mark.parametrize(
    ("name", "more", "key"),
    [
        ("professional", {"name": "王五"}, "name"),  # by support
        ("neighbour", {"phone": "13900000001"}, "number"),  # of another unit
        ("professional", {"department": "没有这个部门"}, "department"),
        ("professional", {"phone": "12"}, "phone"),
        ("professional", {"number": "#清空"}, "number"),
        ("professional", {"title_series": "不存在的系列"}, "title_series"),
    ],
)
def test_what_cannot_be_updated_is_refused_at_its_cell_and_nothing_changes(
    importing: Any, cast: Cast, people: None, system: Session, name: str, more: dict[str, Any], key: str
) -> None:
    result = importing(cast.unit_clerk, KIND, workbook(cast.unit_clerk, {**of(cast, name), **more}), mode="both")
    assert result["rejected"] == 1
    assert key in {p["key"] for p in result["problems"]}
    assert (person_of(system, cast, name).phone, person_of(system, cast, name).email) == ("13800000000", "old@example.com")
