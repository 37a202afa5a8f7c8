"""S082: the import wizard from the template to the result, for people and for organisations."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.jobs import Job, JobState
from models.org.codes import mod31
from models.people import passwords
from models.people.tables import Account, Professional, Role
from models.transaction import unit_of_work
from tests.cast import Cast, made_up_number
from tests.sheets.files import filled, texts

pytestmark = pytest.mark.usefixtures("lists")
Desk = Any


def upload(desk: Desk, screen: str, content: bytes, name: str = "人员.xlsx") -> Any:
    return desk.post(f"{screen}/upload", file=(io.BytesIO(content), name))


def columns_of(template: bytes) -> list[str]:
    return [str(word).rstrip("*") for word in texts(template)[0]]


def people(template: bytes, *rows: dict[str, str]) -> bytes:
    heads = columns_of(template)
    return filled(template, [[row.get(head) for head in heads] for row in rows])


def person(n: int, **more: str) -> dict[str, str]:
    return {"Name": f"王小{'一二三四五六'[n]}", "ID document number": made_up_number(1000 + n), **more}


def test_clerk_imports_people_from_template_to_result(
    desk: Callable[..., Desk], run_jobs: Callable[[], int], look: Any, cast: Cast
) -> None:
    clerk = desk("unit_clerk")
    page = clerk.get("people-import/")
    assert "Download import file" in page.text
    assert "+ Import file" in page.text
    template = clerk.get("people-import/template")
    assert template.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    content = people(template.data, person(0), person(1, **{"Mobile number": "12"}), person(2))
    checked = clerk.follow(upload(clerk, "people-import", content))
    assert 'data-live="1"' in checked.text
    assert run_jobs() == 1
    with look() as session:
        assert session.scalars(select(Professional).where(Professional.name.startswith("王小"))).all() == []
        check = session.scalars(select(Job)).one()
    preview = clerk.get("people-import/task", query_string={"id": check.id})
    assert re.findall(r"<dd>([\d,]+)</dd>", preview.text) == ["4", "2", "0", "1", "1"]
    assert "A mobile number has 11 digits and begins with 1" in preview.text
    assert "Import 2 rows" in preview.text
    clerk.post(f"people-import/run?id={check.id}")
    again = clerk.post(f"people-import/run?id={check.id}")
    assert run_jobs() == 1
    result = clerk.follow(again)
    assert re.findall(r"<dd>([\d,]+)</dd>", result.text) == ["4", "2", "0", "1", "1"]
    with look() as session:
        names = session.scalars(
            select(Professional.name).where(Professional.name.startswith("王小")).order_by(Professional.id)
        ).all()
        job = session.scalars(select(Job).order_by(Job.id.desc())).first()
    assert names == ["王小一", "王小三"]
    failed = clerk.client.get(f"/files/jobs/{job.result['rejected_file']}")
    assert texts(failed.data)[1][-1].startswith("Mobile number：")
    assert "Export failed rows" in clerk.get("people-import/").text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        ("姓名,证件号\n张三,1".encode(), "This is a text file (.csv)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "This is an old .xls file or one with a password"),
        (b"PK\x03\x04 broken", "The file is damaged or not complete"),
        (b"<html><table></table></html>", "This is a web page"),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is no Excel workbook"),
    ],
)
def test_files_of_another_kind_get_a_sentence_with_the_cure(
    desk: Callable[..., Desk], look: Any, content: bytes, sentence: str
) -> None:
    clerk = desk("unit_clerk")
    assert sentence in clerk.follow(upload(clerk, "people-import", content)).text
    with look() as session:
        assert session.scalars(select(Job)).all() == []


def test_a_task_of_somebody_else_is_not_found(desk: Callable[..., Desk], run_jobs: Callable[[], int], look: Any) -> None:
    clerk = desk("unit_clerk")
    content = people(clerk.get("people-import/template").data, person(0), person(1, **{"Mobile number": "12"}))
    upload(clerk, "people-import", content)
    run_jobs()
    with look() as session:
        job = session.scalars(select(Job)).one()
    other = desk("sibling_clerk")
    assert other.get("people-import/task", query_string={"id": job.id}).status_code == 404
    assert other.post(f"people-import/run?id={job.id}").status_code == 404
    assert other.client.get(f"/files/jobs/{job.result['rejected_file']}").status_code == 404
    assert job.state == JobState.DONE


def test_employer_has_no_import_of_organisations(desk: Callable[..., Desk]) -> None:
    assert desk("unit_clerk").get("organisations-import/").status_code == 403


def test_one_time_passwords_are_handed_out_once(
    desk: Callable[..., Desk], run_jobs: Callable[[], int], look: Any, cast: Cast
) -> None:
    officer = desk("county_officer")
    template = officer.get("organisations-import/template").data
    code = "T371100000001" + mod31("T371100000001")
    row = {
        "Unit type": "Employer",
        "Superior unit code": cast.organisations["county"].code,
        "Unit name": "第一中学",
        "Organisation code / unified social credit code": code,
        "Region": "371100",
        "Administrator's name": "新管理员",
        "Administrator's ID document number": made_up_number(2000),
    }
    content = filled(template, [[row.get(head) for head in columns_of(template)]])
    officer.follow(upload(officer, "organisations-import", content, "单位.xlsx"))
    run_jobs()
    officer.post("organisations-import/run?id=1")
    run_jobs()
    with look() as session:
        job = session.get_one(Job, 2)
        account = session.scalars(select(Account).where(Account.name == "新管理员")).one()
    page = officer.get("organisations-import/task", query_string={"id": 2})
    assert "Download the one-time passwords (once)" in page.text
    address = f"/files/once/{job.result['once_file']}"
    sheet = officer.client.post(address, data={"position": officer.actor.position_key})
    line = texts(sheet.data)[1]
    assert line[:4] == ["第一中学", code, "新管理员", made_up_number(2000)]
    assert passwords.matches_hash(line[4], account.password_hash)
    assert officer.client.post(address, data={"position": officer.actor.position_key}).status_code == 404
    assert officer.client.get(f"/files/jobs/{job.result['once_file']}").status_code == 404


def test_an_update_is_shown_before_written_and_undone_again(
    desk: Callable[..., Desk], run_jobs: Callable[[], int], look: Any, cast: Cast
) -> None:
    clerk = desk("unit_clerk")
    assert "Only update people who are there" in clerk.get("people-import/").text
    template = clerk.get("people-import/template").data
    clerk.follow(upload(clerk, "people-import", people(template, person(3, **{"Mobile number": "13800000001"}))))
    run_jobs()

    def last() -> Job:
        with look() as session:
            return session.scalars(select(Job).order_by(Job.id.desc())).first() or Job()

    clerk.post(f"people-import/run?id={last().id}")
    run_jobs()
    new = people(template, person(3, **{"Mobile number": "13800000002"}))
    sent = {"mode": "update", "file": (io.BytesIO(new), "更新.xlsx")}
    clerk.follow(clerk.post("people-import/upload", **sent))
    run_jobs()
    preview = clerk.get(f"people-import/task?id={last().id}").text
    assert "What the import changes" in preview
    assert "13800000001" in preview
    assert "13800000002" in preview
    clerk.post(f"people-import/run?id={last().id}")
    run_jobs()
    updated = last()
    assert updated.result["updated"] == 1
    assert "Undo the import" in clerk.get(f"people-import/task?id={updated.id}").text
    answers = [clerk.post(f"people-import/undo?id={updated.id}") for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert run_jobs() == 1
    assert "Put back to what it was: 1" in clerk.follow(answers[0]).text
    with look() as session:
        assert session.scalars(select(Professional.phone).where(Professional.name == "王小四")).one() == "13800000001"
    assert desk("sibling_clerk").post(f"people-import/undo?id={updated.id}").status_code == 404


def test_administrators_come_in_by_a_sheet_and_go_again(
    desk: Callable[..., Desk], run_jobs: Callable[[], int], look: Any, cast: Cast
) -> None:
    with look() as session, unit_of_work(session):
        unit = cast.organisations["unit"]
        session.add(Role(organisation_id=unit.id, path=unit.path, name="审核员", permissions=["hours.view"]))
    clerk = desk("unit_clerk")
    assert "administrators-import" in clerk.get("administrators/").text
    head = columns_of(clerk.get("administrators-import/template").data)
    row = {"Role name": "审核员", "Administrator's name": "新管理员", "Administrator's ID document number": made_up_number(2700)}
    template = clerk.get("administrators-import/template").data
    bad = {**row, "Role name": "没有", "Administrator's ID document number": made_up_number(2701)}
    content = filled(template, [[each.get(h) for h in head] for each in (row, bad)])
    clerk.follow(upload(clerk, "administrators-import", content, "管理员.xlsx"))
    run_jobs()
    preview = clerk.get("administrators-import/task", query_string={"id": 1}).text
    assert "has no role of this name" in preview
    with look() as session:
        assert session.scalars(select(Account).where(Account.name == "新管理员")).all() == []
    started = [clerk.post("administrators-import/run?id=1").headers["Location"] for _ in range(2)]
    assert started[0] == started[1]
    run_jobs()
    page = clerk.get("administrators-import/task", query_string={"id": 2}).text
    assert "Download the one-time passwords (once)" in page
    assert "Undo the import" in page
    assert desk("sibling_clerk").post("administrators-import/undo?id=2").status_code == 404
    clerk.post("administrators-import/undo?id=2")
    run_jobs()
    with look() as session:
        assert session.scalars(select(Account).where(Account.name == "新管理员")).all() == []
        assert session.get_one(Job, 3).result["removed"] == 1
