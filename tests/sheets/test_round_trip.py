"""Each sheet there and back: template, filled, imported, exported, and the export says what was filled in."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from flask_babel import force_locale
from sqlalchemy import select

from models.access import Actor
from models.base import ScopedSession, db
from models.org.codes import temporary_code
from models.org.tables import Department, Organisation
from models.people.tables import Post, Professional
from models.scope import attach, scope_of
from tests.cast import Cast, made_up_number
from tests.sheets.files import filled, saved, texts
from tests.sheets.test_import_people import counts, row, workbook
from views.admin import exports
from views.sheets.departments import SHEET
from views.sheets.organisations import organisations_sheet
from views.sheets.people import people_sheet
from views.sheets.template import template


def exported(actor: Actor, view: str, tab: str, model: Any, columns: list[str]) -> list[list[Any]]:
    """Return the rows that an export of everything in the actor's scope gives, in the order of *columns*."""
    with ScopedSession(db, expire_on_commit=False, autoflush=False) as session, force_locale("zh_Hans_CN"):
        attach(session, scope_of(actor))
        params = {
            "tab": tab,
            "columns": columns,
            "ids": list(session.scalars(select(model.id).order_by(model.id))),
            "title": "往返",
            "is_unmasked": "number_masked" in columns and model is Professional,
        }
        listing = exports.registered(view).listing(tab)
        order = [c.name for c in listing.columns if c.name in columns]
        rows = texts(exports.write(session, actor, exports.registered(view), params))[1:]
    return [[line[order.index(name)] for name in columns] for line in rows]


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_people_there_and_back(importing: Any, cast: Cast, language: str) -> None:
    sheet = people_sheet(cast.unit_clerk)
    number, english = made_up_number(1700), language == "en"
    values = {
        "name": "欧阳修",
        "number": number,
        "phone": "13900000001",
        "education_level": "Bachelor" if english else "大学本科毕业",
        "title_qualification": "Engineer" if english else "工程师",
        "birth_on": dt.date.fromisoformat(number[6:14]),
    }
    content = filled(template(sheet, language), [[values.get(c.key) for c in sheet.columns]])
    assert counts(importing(cast.unit_clerk, "import_people", content)) == (2, 1, 0, 0, 1)
    columns = [
        "name",
        "number_masked",
        "phone",
        "education_level",
        "title_series",
        "title_qualification",
        "birth_on",
        "organisation_name",
    ]
    rows = exported(cast.unit_clerk, "people", "", Professional, columns)
    born = dt.datetime.combine(values["birth_on"], dt.time())  # type: ignore[arg-type]
    assert ["欧阳修", number, "13900000001", "大学本科毕业", "工程技术人员", "工程师", born, "单位-unit"] in rows


def test_organisations_there_and_back(importing: Any, cast: Cast) -> None:
    sheet = organisations_sheet(cast.county_officer)
    code = temporary_code("371100", 7)
    values = {
        "kind": "用人单位",
        "superior_code": cast.organisations["county"].code,
        "name": "=第一中学",
        "code": code,
        "region_code": "测试市 (371100)",
        "nature": "事业单位",
        "industry": "教育",
        "phone": "0633-8123456",
        "address": "海州路 1 号",
        "administrator_name": "新管理员",
        "administrator_number": made_up_number(1800),
    }
    content = _with_text(template(sheet, "zh_Hans_CN"), [values.get(c.key) for c in sheet.columns])
    assert counts(importing(cast.county_officer, "import_organisations", content)) == (2, 1, 0, 0, 1)
    columns = ["name", "code", "nature", "industry", "phone", "address", "region_code"]
    rows = exported(cast.county_officer, "organisations", "employer", Organisation, columns)
    assert ["=第一中学", code, "事业单位", "教育", "0633-8123456", "海州路 1 号", "测试市"] in rows


def _with_text(content: bytes, values: list[Any]) -> bytes:
    """Return a workbook whose next row holds *values*, a leading = as text."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(3, column)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
    return saved(book)


def test_inner_account_imports_its_own_staff_only(importing: Any, cast: Cast) -> None:
    content = workbook(cast.inner_officer, row(1), row(2, organisation_code=cast.organisations["unit"].code))
    result = importing(cast.inner_officer, "import_people", content)
    assert counts(result) == (3, 1, 0, 1, 1)
    assert result["problems"][0]["key"] == "organisation_code"


def test_departments_there_and_back(importing: Any, cast: Cast) -> None:
    rows = [["医务部", "", "0599-1234567"], ["内科", "医务部", ""]]
    content = filled(template(SHEET, "zh_Hans_CN"), rows)
    assert counts(importing(cast.unit_clerk, "import_departments", content)) == (3, 2, 0, 0, 1)
    found = exported(cast.unit_clerk, "departments", "", Department, ["name", "phone"])
    assert [[str(name).strip("\u3000 "), phone or ""] for name, phone in found] == [["医务部", "0599-1234567"], ["内科", ""]]


def test_the_administrators_of_the_own_unit_are_exported_with_masked_numbers(importing: Any, cast: Cast) -> None:
    found = exported(cast.unit_clerk, "administrators", "", Post, ["name", "number_masked"])
    masked = cast.accounts["unit_clerk"].number_masked
    assert ["人员-unit_clerk", masked] in found
    assert "人员-sibling_clerk" not in {row[0] for row in found}
