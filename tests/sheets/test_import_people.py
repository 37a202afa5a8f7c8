"""Import of people: from the template to accounts, and back as a workbook of rejected rows."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import today
from models.history import HistoryEntry
from models.people.accounts import NewAccount, account_row
from models.people.numbers import check
from models.people.tables import Account, FirstPassword, Membership, NameToken, Professional
from models.transaction import unit_of_work
from tests.cast import Cast, made_up_number
from tests.sheets.files import filled, first_sheet, saved, texts
from views.sheets.people import people_sheet
from views.sheets.template import template

KIND = "import_people"
pytestmark = pytest.mark.both_databases


def row(n: int, name: str = "王小明", **more: Any) -> dict[str, Any]:
    return {"name": name, "number": made_up_number(1000 + n), "phone": "13800000000", **more}


def workbook(cast_actor: Any, *rows: dict[str, Any]) -> bytes:
    sheet = people_sheet(cast_actor)
    return filled(template(sheet, "zh_Hans_CN"), [[r.get(c.key) for c in sheet.columns] for r in rows])


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result[name] for name in ("found", "created", "unchanged", "rejected", "example"))


def test_good_rows_become_accounts_with_a_first_password(importing: Any, cast: Cast, system: Session) -> None:
    content = workbook(
        cast.unit_clerk,
        row(1, ethnic_group="汉族", education_level="大学本科毕业", title_series="工程技术人员", title_level="3"),
        row(2, "李四", birth_on=None, email="li@example.com"),
    )
    assert counts(importing(cast.unit_clerk, KIND, content)) == (3, 2, 0, 0, 1)
    number = made_up_number(1001)
    account = system.scalars(select(Account).where(Account.number_masked == f"{number[:6]}********{number[-4:]}")).one()
    assert (account.number, account.name, account.password_hash, account.must_change) == (number, "王小明", None, True)
    assert account.first_password == FirstPassword.LAST_SIX
    assert (account.first_password_until - account.created_at).days == 30
    person = system.scalars(select(Professional).where(Professional.account_id == account.id)).one()
    unit = cast.organisations["unit"]
    assert (person.organisation_id, person.path, person.organisation_name, person.state) == (
        unit.id,
        unit.path,
        unit.name,
        "active",
    )
    assert (person.ethnic_group, person.education_level, person.title_series, person.title_level) == ("01", "21", "10", "3")
    assert (person.sex, person.birth_on) == ("male" if int(number[16]) % 2 else "female", dt.date.fromisoformat(number[6:14]))
    assert system.scalars(select(Membership.member_of_id).where(Membership.person_id == person.id)).all() == [unit.id]
    assert "王小" in system.scalars(select(NameToken.token).where(NameToken.person_id == person.id)).all()
    entry = system.scalars(
        select(HistoryEntry).where(HistoryEntry.subject_kind == "professional", HistoryEntry.subject_id == person.id)
    ).one()
    assert (entry.action, entry.account_id, entry.changes) == (
        "import",
        cast.unit_clerk.account_id,
        {"organisation": [None, unit.name]},
    )


def test_dry_run_writes_nothing_and_counts_the_same(importing: Any, cast: Cast, system: Session) -> None:
    before = system.scalar(select(func.count()).select_from(Account))
    content = workbook(cast.unit_clerk, row(1), row(2, number="123"))
    result = importing(cast.unit_clerk, KIND, content, is_dry_run=True)
    assert counts(result) == (3, 1, 0, 1, 1)
    system.rollback()
    assert system.scalar(select(func.count()).select_from(Account)) == before
    assert [(p["row"], p["column"], p["key"]) for p in result["problems"]] == [(4, "E", "number")]


def test_same_file_again_creates_nothing(importing: Any, cast: Cast, system: Session) -> None:
    content = workbook(cast.unit_clerk, row(1), row(2, "李四"))
    importing(cast.unit_clerk, KIND, content)
    before = system.scalar(select(func.count()).select_from(HistoryEntry))
    system.rollback()
    assert counts(importing(cast.unit_clerk, KIND, content)) == (3, 0, 2, 0, 1)
    assert system.scalar(select(func.count()).select_from(HistoryEntry)) == before


def test_rejected_rows_come_back_with_reason_and_mark_and_go_in_after_correction(importing: Any, cast: Cast) -> None:
    content = workbook(
        cast.unit_clerk,
        row(1, number=made_up_number(1001)[:-1] + "0"),
        row(2, "李四", phone="12", birth_on="99999-99-99"),
        row(3, "赵六"),
    )
    result = importing(cast.unit_clerk, KIND, content)
    assert counts(result) == (4, 1, 0, 2, 1)
    again = importing.rejected(cast.unit_clerk, result)
    head, *bad = texts(again)
    assert head[-1] == gettext("Reason of failure")
    assert head[:-1] == texts(content)[0]
    columns = [c.key for c in people_sheet(cast.unit_clerk).columns]
    number, phone, birth = (columns.index(key) for key in ("number", "phone", "birth_on"))
    assert (bad[0][number], bad[1][phone], bad[1][birth]) == (made_up_number(1001)[:-1] + "0", "12", "99999-99-99")
    assert bad[0][-1].startswith(gettext("ID document number") + "：")
    sheet = first_sheet(again)
    assert [sheet.cell(2, i + 1).fill.fgColor.rgb == "00FDECEC" for i in (number, phone)] == [True, False]
    assert [sheet.cell(3, i + 1).fill.fgColor.rgb == "00FDECEC" for i in (number, phone, birth)] == [False, True, True]
    book = openpyxl.load_workbook(io.BytesIO(again))
    for place, value in (((2, number), made_up_number(1001)), ((3, phone), "13900000001"), ((3, birth), None)):
        book.worksheets[0].cell(place[0], place[1] + 1).value = value
    assert counts(importing(cast.unit_clerk, KIND, saved(book))) == (2, 2, 0, 0, 0)


def test_registered_elsewhere_is_told_in_one_sentence(importing: Any, cast: Cast) -> None:
    names = ("neighbour", "foreigner", "branch_worker")
    content = workbook(cast.unit_clerk, *(row(0, "某人", number=cast.accounts[n].number) for n in names))
    result = importing(cast.unit_clerk, KIND, content)
    assert counts(result) == (4, 0, 0, 3, 1)
    sentence = "This number is registered at another organisation; please start a transfer."
    assert {(p["message_id"], tuple(p["params"])) for p in result["problems"]} == {(sentence, ())}


def test_pending_registration_is_named_and_an_administrator_becomes_a_professional(
    importing: Any, cast: Cast, system: Session
) -> None:
    person = cast.people["colleague"]
    system.get_one(Professional, person.id).state = "pending"
    system.commit()
    clerk = cast.accounts["unit_clerk"]
    content = workbook(cast.unit_clerk, row(0, number=cast.accounts["colleague"].number), row(1, clerk.name, number=clerk.number))
    result = importing(cast.unit_clerk, KIND, content)
    assert counts(result) == (3, 1, 0, 1, 1)
    assert result["problems"][0]["message_id"] == "This person's registration is under review."
    added = system.scalars(select(Professional).where(Professional.account_id == clerk.id)).one()
    assert added.organisation_id == cast.organisations["unit"].id


def test_same_number_twice_in_a_file_is_rejected_the_second_time(importing: Any, cast: Cast) -> None:
    number = made_up_number(1001)
    result = importing(cast.unit_clerk, KIND, workbook(cast.unit_clerk, row(1), row(1, number=f" {number.lower()} "), row(2)))
    assert counts(result) == (4, 2, 0, 1, 1)
    assert result["problems"][0]["params"] == {"row": "3"}


def test_whoever_registered_with_a_number_and_was_rejected_does_not_keep_its_account(
    importing: Any, cast: Cast, system: Session
) -> None:
    number = made_up_number(1077)
    with unit_of_work(system):
        taken = Account(
            **account_row(NewAccount("111", check("111", number, today=today()), "冒名", "1", "x@example.com", "Impostor9x"))
        )
        system.add(taken)
    assert counts(importing(cast.unit_clerk, KIND, workbook(cast.unit_clerk, {**row(1), "number": number}))) == (2, 1, 0, 0, 1)
    system.expire_all()
    account = system.get_one(Account, taken.id)
    assert (account.name, account.email, account.password_hash, account.must_change) == ("王小明", "", None, True)
    assert account.first_password == FirstPassword.LAST_SIX


def test_an_administrators_account_is_not_taken_under_another_name(importing: Any, cast: Cast) -> None:
    number = cast.accounts["city_officer"].number
    result = importing(cast.unit_clerk, KIND, workbook(cast.unit_clerk, {**row(1), "number": number}))
    assert counts(result) == (2, 0, 0, 1, 1)


def test_the_number_of_the_example_row_is_never_a_person(importing: Any, cast: Cast, system: Session) -> None:
    changed = {**row(1), "number": people_sheet(cast.unit_clerk).example["number"]}
    result = importing(cast.unit_clerk, KIND, workbook(cast.unit_clerk, changed))
    assert counts(result) == (2, 0, 0, 1, 1)
    assert result["problems"][0]["message_id"].startswith("This is the number of the example row")


def test_department_must_name_organisations_of_its_subtree(importing: Any, cast: Cast) -> None:
    codes = {name: cast.organisations[name].code for name in ("unit", "cousin_unit")}
    content = workbook(
        cast.department_clerk,
        row(1, organisation_code=codes["unit"]),
        row(2, organisation_code=codes["cousin_unit"]),
        row(3),
    )
    result = importing(cast.department_clerk, KIND, content)
    assert counts(result) == (4, 1, 0, 2, 1)
    assert [(p["row"], p["message_id"]) for p in result["problems"]] == [
        (4, "It does not exist, or is not within your jurisdiction."),
        (5, "This cell must be filled in."),
    ]


def test_title_qualification_tells_series_and_level_and_is_compared_with_them(
    importing: Any, cast: Cast, system: Session
) -> None:
    content = workbook(
        cast.unit_clerk,
        row(1, title_qualification="工程师"),
        row(2, title_qualification="工程师", title_series="高等学校教师"),
        row(3, title_qualification="工程师", title_level="初级"),
        row(4, education_level="大学本科教育"),
    )
    result = importing(cast.unit_clerk, KIND, content)
    assert [(p["row"], p["key"], p["message_id"].split(";")[0]) for p in result["problems"]] == [
        (4, "title_qualification", "This qualification belongs to another title series"),
        (5, "title_qualification", "This qualification belongs to another title level"),
        (6, "education_level", "This is not one of the choices"),
    ]
    person = system.scalars(select(Professional).where(Professional.name == "王小明")).one()
    assert (person.title_series, person.title_level, person.title_qualification) == ("10", "3", "10-3-1")


def test_five_kinds_of_bad_cells_are_named_at_their_cells(importing: Any, cast: Cast) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(cast.unit_clerk, row(1), row(2), row(3), row(4), row(5))))
    sheet = book.worksheets[0]
    place = {c.key: n for n, c in enumerate(people_sheet(cast.unit_clerk).columns, start=1)}
    sheet.cell(3, place["number"]).value = 371102198001019966.0
    sheet.cell(4, place["name"]).value = "=1+1"
    sheet.cell(5, place["title_level"]).value = "很高"
    sheet.cell(6, place["birth_on"]).value = "99999-99-99"
    sheet.cell(7, place["phone"]).value = "#N/A"
    sheet.cell(7, place["phone"]).data_type = "e"
    result = importing(cast.unit_clerk, KIND, saved(book))
    assert counts(result) == (6, 0, 0, 5, 1)
    starts = [(p["row"], p["key"], p["message_id"].split(";")[0]) for p in result["problems"]]
    assert starts == [
        (3, "number", "This was stored as a number and has lost digits"),
        (4, "name", "This cell holds a formula"),
        (5, "title_level", "This is not one of the choices"),
        (6, "birth_on", "This is not a date"),
        (7, "phone", "This cell holds an error value (%(value)s)"),
    ]
    assert result["n_problems"] == 5
