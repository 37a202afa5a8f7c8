"""未完成人员 at the desk: the list of a year, its filters, the reminder of some and of all, and the workbook."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from models import jobs
from models.credits.reminders import Reminder
from models.jobs import Job
from tests.admin.conftest import Desk, names_in
from tests.cast import Cast


def reminded(look: Any) -> dict[int, int]:
    with look() as session:
        return {r.person_id: r.year for r in session.scalars(select(Reminder))}


def test_the_clerk_sees_what_is_missing_and_reminds_one(
    desk: Callable[..., Desk], look: Any, cast: Cast, declare: Callable[..., int], decide: Callable[..., None]
) -> None:
    decide(declare("professional"), "unit_clerk", "department_clerk", "county_officer", granted=100)
    clerk, person = desk("unit_clerk"), cast.people["professional"]
    page = clerk.get("unfinished/")
    assert person.name in names_in(page)
    assert cast.people["neighbour"].name not in page.text
    assert names_in(clerk.search("unfinished", f_hours="1")) == [person.name]
    assert person.name not in names_in(clerk.search("unfinished", f_hours="0"))
    asked = clerk.post("unfinished/action/", action="remind", row=str(person.id), list="tab=2026")
    assert "at most once in 7 days" in asked.text
    assert reminded(look) == {}
    clerk.post("unfinished/action/run", action="remind", row=str(person.id), list="tab=2026")
    assert reminded(look) == {person.id: 2026}
    assert names_in(clerk.search("unfinished", f_reminded="1")) == [person.name]
    twice = clerk.follow(clerk.post("unfinished/action/run", action="remind", row=str(person.id), list="tab=2026"))
    assert "once in 7 days is enough" in twice.text


def test_all_of_the_filter_are_reminded_as_a_task_above_the_limit(
    app: Flask, desk: Callable[..., Desk], look: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.admin.batch.CHUNK", 1)
    officer = desk("county_officer")
    answer = officer.post("unfinished/action/run", action="remind", all="1", list="tab=2026")
    assert "/admin/jobs/details" in answer.headers["Location"]
    with look() as session:
        job_id = session.scalars(select(Job.id).order_by(Job.id.desc())).first()
    assert reminded(look) == {}
    with app.app_context():
        jobs.run_job(job_id)
    found = reminded(look)
    assert {cast.people["professional"].id, cast.people["colleague"].id} <= set(found)
    assert cast.people["foreigner"].id not in found
    assert set(found.values()) == {2026}
    assert "done" in officer.get(f"jobs/details/?id={job_id}").text.lower()


def test_the_list_of_a_year_is_exported_with_what_is_missing(desk: Callable[..., Desk], cast: Cast) -> None:
    officer = desk("county_officer")
    columns = ["name", "number_masked", "total", "public", "professional"]
    answer = officer.post("unfinished/export/run", columns=columns, unmask="1", list="tab=2026")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)  # type: ignore[union-attr]
    told = {row[0]: row for row in rows}
    mine = told[cast.people["professional"].name]
    assert [float(cell) for cell in mine[2:]] == [90, 30, 60]
    assert "*" in str(mine[1])
    assert cast.people["foreigner"].name not in told


@pytest.mark.parametrize("query", ["tab=x", "tab=1850", "f_near=7", "f_below=987654", "f_hours=2", "tab=2026&after=99"])
def test_an_odd_address_is_answered(desk: Callable[..., Desk], query: str) -> None:
    assert desk("county_officer").get(f"unfinished/?{query}").status_code == 200


def test_forged_ids_of_others_are_refused_and_a_base_has_no_such_list(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    forged = [str(cast.people["foreigner"].id), "987654", "x"]
    desk("county_officer").post("unfinished/action/run", action="remind", ids=forged, list="tab=2026")
    assert reminded(look) == {}
    assert desk("base_clerk").get("unfinished/").status_code == 403
