"""Export of a list: chosen columns, real types, strings that stay strings, masked numbers unless permitted."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from models.history import HistoryEntry
from models.jobs import Job
from models.people.tables import Professional
from tests.cast import Cast
from tests.sheets.files import first_sheet, texts
from views.admin import exports

pytestmark = pytest.mark.usefixtures("lists")
Desk = Any
COLUMNS = ["name", "number_masked", "sex", "birth_on", "education_level", "created_at"]


def test_filtered_list_is_exported_with_chosen_columns_and_real_types(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    with look() as session:
        person = session.get_one(Professional, cast.people["professional"].id)
        person.name, person.education_level = "=1+1", "21"
        session.commit()
    clerk = desk("unit_clerk")
    asked = clerk.post("people/export/", list="")
    assert re.findall(r'name="columns" value="(\w+)" checked', asked.text)[:2] == ["name", "number_masked"]
    answer = clerk.post("people/export/run", list="", columns=COLUMNS)
    name = quote("Learner information-20261215.xlsx")
    assert answer.headers["Content-Disposition"].endswith(f"filename*=UTF-8''{name}")
    sheet = first_sheet(answer.data)
    rows = texts(answer.data)
    assert [c.value for c in sheet[1]] == [
        "Name",
        "ID document number",
        "Education level",
        "Sex",
        "Date of birth",
        "Time of registration",
    ]
    assert len(rows) == 1 + 3
    mine = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "=1+1")
    assert [c.data_type for c in mine] == ["s", "s", "s", "s", "d", "d"]
    assert mine[1].value == cast.accounts["professional"].number_masked
    assert (mine[2].value, mine[3].value, mine[4].value.date()) == ("大学本科毕业/en", "Female", dt.date(1980, 1, 1))
    assert sheet.freeze_panes == "A2"


def test_full_numbers_need_permission_and_are_noted(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    clerk = desk("unit_clerk")
    answer = clerk.post("people/export/run", list="", columns=["name", "number_masked"], unmask="1")
    assert cast.accounts["professional"].number in {row[1] for row in texts(answer.data)}
    with look() as session:
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "export")).one()
    assert entry.subject_id == cast.organisations["unit"].id
    assert entry.changes == {"list": "people", "n": 3, "is_unmasked": True}


def test_ticked_rows_alone_are_exported_and_others_are_out_of_reach(desk: Callable[..., Desk], cast: Cast) -> None:
    ids = [cast.people[name].id for name in ("colleague", "neighbour")]
    answer = desk("unit_clerk").post("people/export/run", list="", columns=["name"], ids=ids)
    assert texts(answer.data) == [["Name"], ["人员-colleague"]]


def test_nothing_chosen_or_nothing_there_is_said(desk: Callable[..., Desk]) -> None:
    clerk = desk("unit_clerk")
    assert "Choose at least one column." in clerk.post("people/export/run", list="").text
    assert "There is nothing to export." in clerk.post("people/export/run", list="f_sex=male", columns=["name"]).text


def test_large_export_is_a_task(
    desk: Callable[..., Desk], run_jobs: Callable[[], int], look: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    officer = desk("county_officer")
    page = officer.follow(officer.post("people/export/run", list="", columns=["name", "organisation_name"]))
    assert "Export: Learner information" in page.text
    assert run_jobs() == 1
    with look() as session:
        job = session.scalars(select(Job)).one()
    assert job.error is None
    assert job.kind == "export_people"
    content = officer.client.get(f"/files/jobs/{job.result['file']}").data
    assert sorted(row[0] for row in texts(content)[1:]) == sorted(
        f"人员-{name}" for name in ("professional", "colleague", "branch_worker", "neighbour", "civil_servant")
    )


def test_organisations_and_declarations_are_exported_by_their_tab(
    desk: Callable[..., Desk], declare: Callable[..., int], cast: Cast
) -> None:
    officer = desk("county_officer")
    answer = officer.post("organisations/export/run", list="tab=employer", columns=["name", "code", "state"])
    assert ["单位-unit", cast.organisations["unit"].code, "Active"] in texts(answer.data)
    declare("professional", hours="12.5")
    clerk = desk("unit_clerk")
    asked = clerk.post("hours/export/", list="tab=pending").text
    names = re.findall(r'name="columns" value="(\w+)"', asked)
    rows = texts(clerk.post("hours/export/run", list="tab=pending", columns=names).data)
    assert len(rows) == 2
    assert 12.5 in rows[1]


def test_the_language_can_be_changed_on_a_page_that_answers_a_form(desk: Callable[..., Desk]) -> None:
    officer = desk("unit_clerk")
    came_from = "http://localhost/admin/people/?f_sex=male"
    page = officer.client.post(
        "/admin/people/export/", data={"position": officer.actor.position_key, "list": ""}, headers={"Referer": came_from}
    )
    assert page.status_code == 200
    assert "/language/zh?to=/admin/people/?f_sex%3Dmale" in page.text.replace("%3F", "?")
    elsewhere = officer.client.post(
        "/admin/people/export/",
        data={"position": officer.actor.position_key, "list": ""},
        headers={"Referer": "http://evil.example/x"},
    )
    assert "evil.example" not in elsewhere.text
