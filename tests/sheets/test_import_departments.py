"""Import of internal departments: a tree in one sheet, the same file twice, what cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.org.departments import DEEPEST
from models.org.tables import Department
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.sheets.files import filled
from tests.sheets.test_import_people import counts
from views.sheets.departments import SHEET
from views.sheets.template import template

KIND = "import_departments"
pytestmark = pytest.mark.both_databases


def workbook(*rows: tuple[str, str, str]) -> bytes:
    return filled(template(SHEET, "zh_Hans_CN"), rows)


def tree(system: Session, cast: Cast) -> dict[str, str]:
    system.rollback()
    rows = list(system.scalars(select(Department).where(Department.organisation_id == cast.organisations["unit"].id)))
    names = {str(d.id): d.name for d in rows}
    return {d.name: "/".join(names[i] for i in d.place.strip("/").split("/")) for d in rows}


def test_a_tree_comes_in_by_one_sheet_and_the_same_file_again_adds_nothing(importing: Any, cast: Cast, system: Session) -> None:
    content = workbook(("医务部", "", "0599-1234567"), ("内科", "医务部", ""), ("心内科", "内科", ""))
    assert counts(importing(cast.unit_clerk, KIND, content)) == (4, 3, 0, 0, 1)
    assert tree(system, cast) == {"医务部": "医务部", "内科": "医务部/内科", "心内科": "医务部/内科/心内科"}
    assert counts(importing(cast.unit_clerk, KIND, content)) == (4, 0, 3, 0, 1)


def test_what_cannot_be_is_named_at_its_cell_and_the_rest_goes_in(importing: Any, cast: Cast, system: Session) -> None:
    unit = cast.organisations["unit"]
    with unit_of_work(system):
        system.add(Department(id=70, organisation_id=unit.id, path=unit.path, place="/70/", name="旧科室", is_enabled=False))
    deep = [(f"第{n}层", f"第{n - 1}层" if n else "", "") for n in range(DEEPEST + 2)]
    rows = [
        ("甲", "", ""),
        ("甲", "", ""),
        ("乙", "没有", ""),
        ("丙", "丙", ""),
        ("丁", "旧科室", ""),
        ("戊", "己", ""),
        ("己", "", ""),
    ]
    result = importing(cast.unit_clerk, KIND, workbook(*rows, *deep))
    assert {(p["row"], p["key"]) for p in result["problems"]} >= {
        (4, "name"),
        (5, "parent"),
        (6, "parent"),
        (7, "parent"),
        (8, "parent"),
    }
    found = tree(system, cast)
    assert {"甲", "己"} <= set(found)
    assert not {"乙", "丙", "丁", "戊"} & set(found)
    assert max(path.count("/") for path in found.values()) < DEEPEST + 1
