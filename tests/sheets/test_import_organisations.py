"""Import of organisations with their first administrators, in the tree and in order."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.history import HistoryEntry
from models.org.codes import temporary_code
from models.org.tables import Organisation
from models.people.tables import Account, Post, PostState
from tests.cast import Cast, made_up_number
from tests.sheets.files import filled
from tests.sheets.test_import_people import counts
from views.sheets.organisations import organisations_sheet
from views.sheets.template import template

KIND = "import_organisations"
pytestmark = pytest.mark.both_databases


def unit(n: int, superior: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "用人单位",
        "superior_code": superior,
        "name": f"第{n}中学",
        "code": temporary_code("371100", n),
        "region_code": "371100",
        "administrator_name": "新管理员",
        "administrator_number": made_up_number(2000 + n),
        **more,
    }


def workbook(cast: Cast, *rows: dict[str, Any], actor: str = "county_officer") -> bytes:
    sheet = organisations_sheet(cast.actors[actor])
    return filled(template(sheet, "zh_Hans_CN"), [[r.get(c.key) for c in sheet.columns] for r in rows])


def reasons(result: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(p["row"], p["key"], p["message_id"].split(";")[0]) for p in result["problems"]]


def test_a_department_and_the_employer_below_it_come_in_with_their_administrators(
    importing: Any, cast: Cast, system: Session
) -> None:
    clerk, county = cast.accounts["unit_clerk"], cast.organisations["county"]
    department = temporary_code("371100", 1)
    existing = {"administrator_name": clerk.name, "administrator_number": clerk.number, "administrator_account": "existing"}
    content = workbook(
        cast,
        unit(1, county.code, kind="行业主管部门", name="教育局"),
        unit(2, department, **existing),
    )
    assert counts(importing(cast.county_officer, KIND, content, is_dry_run=True)) == (3, 2, 0, 0, 1)
    result = importing(cast.county_officer, KIND, content)
    assert counts(result) == (3, 2, 0, 0, 1)
    assert result["n_once"] == 1
    made = system.scalars(
        select(Organisation).where(Organisation.name.in_(["教育局", "第2中学"])).order_by(Organisation.id)
    ).all()
    assert [(o.kind, o.state, o.code) for o in made] == [
        ("competent_department", "active", department),
        ("employer", "active", temporary_code("371100", 2)),
    ]
    assert made[0].path == f"{county.path}{made[0].id}/"
    assert made[1].path == f"{made[0].path}{made[1].id}/"
    posts = system.scalars(
        select(Post).where(Post.organisation_id.in_([o.id for o in made])).order_by(Post.organisation_id)
    ).all()
    assert [(p.state, p.is_super, p.name) for p in posts] == [
        (PostState.ACTIVE, True, "新管理员"),
        (PostState.OFFERED, True, clerk.name),
    ]
    account = system.get_one(Account, posts[0].account_id)
    assert (account.first_password, account.must_change) == ("one_time", True)


def test_same_file_again_creates_nothing(importing: Any, cast: Cast, system: Session) -> None:
    content = workbook(cast, unit(1, cast.organisations["county"].code))
    importing(cast.county_officer, KIND, content)
    before = system.scalar(select(func.count()).select_from(HistoryEntry))
    system.rollback()
    result = importing(cast.county_officer, KIND, content)
    assert counts(result) == (2, 0, 1, 0, 1)
    assert "once_file" not in result
    assert system.scalar(select(func.count()).select_from(HistoryEntry)) == before


def test_each_bad_cell_is_named_and_what_hangs_on_it(importing: Any, cast: Cast) -> None:
    county, outside = cast.organisations["county"].code, cast.organisations["cousin_unit"].code
    content = workbook(
        cast,
        unit(1, outside),
        unit(2, county, code="12345"),
        unit(3, temporary_code("371100", 1)),
        unit(4, county, code=temporary_code("371100", 1)),
        unit(5, county, code=cast.organisations["foreign_unit"].code),
        unit(6, county, administrator_number=cast.accounts["unit_clerk"].number),
        unit(7, county, administrator_number=cast.accounts["unit_clerk"].number, administrator_account="existing"),
        unit(8, county, region_code="999999"),
        unit(9, cast.organisations["unit"].code, kind="行业主管部门"),
    )
    result = importing(cast.county_officer, KIND, content)
    assert counts(result) == (10, 0, 0, 9, 1)
    outside_words = "It does not exist, or is not within your jurisdiction."
    assert reasons(result) == [
        (3, "superior_code", outside_words),
        (4, "code", "A unified social credit code has 18 characters, an organisation code 9, a temporary code 14"),
        (5, "superior_code", "Its superior stands in row %(row)s, which cannot be taken in."),
        (6, "code", "The same code stands in row %(row)s already"),
        (7, "code", "This is not a temporary code that was issued here"),
        (8, "administrator_number", "This number is registered"),
        (9, "administrator_number", "No account has this document type, number and name."),
        (10, "region_code", "This is not one of the choices"),
        (11, "superior_code", "An organisation of this type cannot stand below the chosen superior."),
    ]


def test_two_rows_of_one_new_administrator_need_the_word_existing(importing: Any, cast: Cast, system: Session) -> None:
    county, number = cast.organisations["county"].code, made_up_number(2500)
    first = unit(1, county, administrator_number=number)
    result = importing(
        cast.county_officer, KIND, workbook(cast, first, unit(2, county, administrator_number=number)), is_dry_run=True
    )
    assert reasons(result) == [(4, "administrator_number", "The same number stands in row %(row)s already")]
    second = unit(2, county, administrator_number=number, administrator_account="existing")
    assert counts(importing(cast.county_officer, KIND, workbook(cast, first, second))) == (3, 2, 0, 0, 1)
    posts = (
        select(Post.state)
        .join(Account, Account.id == Post.account_id)
        .where(Account.number_masked == f"{number[:6]}********{number[-4:]}")
    )
    assert sorted(system.scalars(posts)) == ["active", "offered"]


def test_code_in_use_elsewhere_is_told_in_one_sentence(importing: Any, cast: Cast) -> None:
    importing(cast.foreign_officer, KIND, workbook(cast, unit(1, cast.organisations["foreign_city"].code)))
    result = importing(
        cast.county_officer,
        KIND,
        workbook(cast, unit(1, cast.organisations["county"].code, administrator_number=made_up_number(2600))),
    )
    assert reasons(result) == [(3, "code", "This code is already in use.")]
    assert result["problems"][0]["params"] == {}
