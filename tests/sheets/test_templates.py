"""The blank template as Excel sees it: lists, text cells, example, instructions; and what a workbook holds."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale, gettext

from models.errors import N_
from tests.cast import Cast
from tests.sheets.files import texts
from views.sheets.columns import Column, Kind, Sheet
from views.sheets.organisations import organisations_sheet
from views.sheets.people import people_sheet
from views.sheets.template import template
from views.sheets.workbook import Cell, Look, new_workbook, save


def written(*rows: list[Any]) -> Any:
    book, _ = new_workbook("a")
    out = io.BytesIO()
    assert save(book, rows, out) == len(rows)
    return openpyxl.load_workbook(out).worksheets[0]


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_template_has_drop_down_lists_text_cells_an_example_and_instructions(
    in_app: Flask, lists: None, cast: Cast, language: str
) -> None:
    sheet = people_sheet(cast.department_clerk)
    book = openpyxl.load_workbook(io.BytesIO(template(sheet, language)))
    with force_locale(language):
        words = [gettext(c.label) + ("*" if c.is_required else "") for c in sheet.columns]
        assert book.sheetnames == [gettext("Professionals"), gettext("Instructions for filling in"), "lists"]
    data, explained, offered = book.worksheets
    assert [c.value for c in data[1]] == words
    assert [c.is_required for c in sheet.columns].count(True) == 3
    assert data.freeze_panes == "A2"
    assert offered.sheet_state == "hidden"
    place = {c.key: openpyxl.utils.get_column_letter(n) for n, c in enumerate(sheet.columns, start=1)}
    assert data.column_dimensions[place["number"]].number_format == "@"
    assert data.column_dimensions[place["phone"]].number_format == "@"
    assert data.column_dimensions[place["birth_on"]].number_format == "yyyy-mm-dd"
    assert data[f"{place['number']}2"].value == "11010519491231002X"
    assert data[f"{place['number']}2"].data_type == "s"
    validations = {str(v.sqref).split("2:")[0]: v.formula1 for v in data.data_validations.dataValidation}
    coded = {place[c.key]: f"list_{c.key}" for c in sheet.columns if c.kind is Kind.CODE}
    assert validations == coded
    area = book.defined_names["list_title_series"].attr_text
    name, cells = area.split("!")
    found = [row[0].value for row in book[name][cells.replace("$", "")]]
    words = ["高等学校教师", "工程技术人员"] if language == "zh_Hans_CN" else ["Higher education teachers", "Engineers"]
    assert found == [*words, "#清空"]
    for key in ("sex", "document_type"):
        _name, cells = book.defined_names[f"list_{key}"].attr_text.split("!")
        assert "#清空" not in [row[0].value for row in book[name][cells.replace("$", "")]]
    told = {row[0].value: row[1].value for row in explained.iter_rows(min_row=6)}
    with force_locale(language):
        assert told[gettext("ID document number")] == gettext("Yes")
        assert told[gettext("Work department")] == gettext("No")


def test_lists_longer_than_255_characters_stay_whole(in_app: Flask) -> None:
    choices = {f"{n:03d}": f"一个相当长的选项的名称{n:03d}" for n in range(300)}
    sheet = Sheet(N_("Professionals"), (Column("a", "A", Kind.CODE, choices=choices),), "a")
    book = openpyxl.load_workbook(io.BytesIO(template(sheet, "en")))
    assert book.defined_names["list_a"].attr_text == "lists!$A$1:$A$300"
    assert book["lists"]["A300"].value == "一个相当长的选项的名称299"


def test_words_that_two_codes_share_carry_the_code(in_app: Flask) -> None:
    sheet = Sheet(N_("Professionals"), (Column("a", "A", Kind.CODE, choices={"1": "同名", "2": "同名", "3": "不同"}),), "a")
    book = openpyxl.load_workbook(io.BytesIO(template(sheet, "en")))
    assert [row[0].value for row in book["lists"].iter_rows()] == ["同名 (1)", "同名 (2)", "不同"]


def test_organisations_template_offers_the_kinds_that_may_stand_below(in_app: Flask, lists: None, cast: Cast) -> None:
    kinds = {
        name: list(organisations_sheet(cast.actors[name]).column("kind").choices)
        for name in ("county_officer", "department_clerk")
    }
    assert kinds == {
        "county_officer": ["competent_department", "employer"],
        "department_clerk": ["competent_department", "employer"],
    }


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", 'a<b>&"c"', " x ", "第一行\n第二行"]
)
def test_a_string_stays_a_string(in_app: Flask, text: str) -> None:
    cell = written([text])["A1"]
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")


def test_values_have_real_types(in_app: Flask) -> None:
    moment = dt.datetime(2026, 3, 31, 16, 30, tzinfo=dt.UTC)
    row = written([dt.date(2026, 3, 31), moment, 5, Decimal("12.5"), True, None, 10**16, float("nan"), dt.date(1890, 1, 1)])[1]
    assert [c.value for c in row] == [
        dt.datetime.fromisoformat("2026-03-31"),
        dt.datetime.fromisoformat("2026-04-01T00:30"),
        5,
        12.5,
        True,
        None,
        "10000000000000000",
        "nan",
        "1890-01-01",
    ]
    assert [c.data_type for c in row] == ["d", "d", "n", "n", "b", "n", "s", "s", "s"]


def test_characters_that_xml_forbids_are_left_out(in_app: Flask) -> None:
    assert written(["a\x00b\x0bc\ufffe\ud800d"])["A1"].value == "abcd"
    assert len(written(["字" * 40_000])["A1"].value) == 32_767


def test_looks_are_those_of_the_package(in_app: Flask) -> None:
    row = written([Cell("x", Look.BAD), Cell("x", Look.HEAD), Cell("x", Look.REQUIRED), Cell(None, Look.BAD)])[1]
    assert [c.fill.fgColor.rgb for c in row] == ["00FDECEC", "00EAF0F8", "00FFF4DC", "00FDECEC"]
    assert [c.font.b for c in row] == [False, True, True, False]


def test_template_is_read_back_as_one_example_row(in_app: Flask, lists: None, cast: Cast) -> None:
    rows = texts(template(people_sheet(cast.unit_clerk), "zh_Hans_CN"))
    assert len(rows) == 2
    assert rows[1][2] == "示例"


def test_a_coded_column_that_must_be_filled_in_has_an_example(in_app: Flask, lists: None, cast: Cast) -> None:
    sheet = organisations_sheet(cast.city_officer)
    data = openpyxl.load_workbook(io.BytesIO(template(sheet, "zh_Hans_CN"))).worksheets[0]
    example = dict(zip([c.key for c in sheet.columns], [cell.value for cell in data[2]], strict=False))
    assert [c.key for c in sheet.columns if c.is_required and not example[c.key]] == []
