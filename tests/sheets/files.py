"""Workbooks for the tests of sheets, filled as a clerk would fill them, and code lists to fill them from."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy.orm import Session

from models.org.tables import CodeEntry

LISTS = {
    "document_type": [("111", "居民身份证", "Resident identity card"), ("414", "普通护照", "Ordinary passport")],
    "nationality": [("01", "汉族", "Han"), ("02", "蒙古族", "Mongol")],
    "education_level": [
        ("20", "大学本科教育", "Undergraduate"),
        ("21", "大学本科毕业", "Bachelor"),
        ("31", "大学专科毕业", "Junior college"),
    ],
    "degree": [("4", "学士", "Bachelor")],
    "title_series": [("01", "高等学校教师", "Higher education teachers"), ("10", "工程技术人员", "Engineers")],
    "title_level": [("3", "中级", "Intermediate"), ("4", "初级", "Junior")],
    "title_qualification": [("10-3-1", "工程师", "Engineer"), ("10-4-1", "助理工程师", "Assistant engineer")],
    "unit_nature": [("20", "事业单位", "Public institution")],
    "unit_level": [("103", "省、部级", "Provincial")],
    "industry": [("P", "教育", "Education")],
}


MORE: dict[tuple[str, str], dict[str, Any]] = {
    ("title_qualification", "10-3-1"): {"parent_code": "10", "extra": {"level": "3"}},
    ("title_qualification", "10-4-1"): {"parent_code": "10", "extra": {"level": "4"}},
    ("education_level", "20"): {"extra": {"is_group": True}},
}


def add_lists(session: Session) -> None:
    """Write the code lists into a system session."""
    for list_name, entries in LISTS.items():
        for position, (code, name, english) in enumerate(entries):
            more = MORE.get((list_name, code), {})
            session.add(CodeEntry(list_name=list_name, code=code, name=name, name_en=english, position=position, **more))
    session.flush()


def filled(template: bytes, rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the template with rows below what stands in its first worksheet, as Excel would save it."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """Return a workbook as a file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def first_sheet(content: bytes) -> Worksheet:
    """Return the first worksheet of a file."""
    sheet: Worksheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return sheet


def texts(content: bytes) -> list[list[Any]]:
    """Return the values of the first worksheet, row by row."""
    return [[cell.value for cell in row] for row in first_sheet(content).iter_rows()]
