"""Import of administrators: by role, as a super administrator below, a new account or an existing one; nobody grants what they lack."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import files, jobs
from models.access import Permission
from models.history import HistoryEntry
from models.import_batches import ImportedChunk
from models.org.tables import Department
from models.people import posts
from models.people.tables import Account, Post, PostState, Role
from models.transaction import unit_of_work
from tests.cast import Cast, made_up_number
from tests.sheets.files import filled, texts
from tests.sheets.test_import_people import counts
from tests.sheets.test_undo_import import undo
from views.sheets.administrators import administrators_sheet, offering
from views.sheets.template import template

KIND = "import_administrators"
pytestmark = pytest.mark.both_databases
HOURS = [Permission.HOURS_VIEW.value, Permission.HOURS_REVIEW.value]


def row(n: int, **more: Any) -> dict[str, Any]:
    return {"role": "学时审核员", "administrator_name": "新管理员", "administrator_number": made_up_number(3000 + n), **more}


def workbook(cast: Cast, *rows: dict[str, Any], actor: str = "unit_clerk") -> bytes:
    sheet = administrators_sheet(cast.actors[actor])
    return filled(template(sheet, "zh_Hans_CN"), [[r.get(c.key) for c in sheet.columns] for r in rows])


def existing(cast: Cast, name: str) -> dict[str, Any]:
    account = cast.accounts[name]
    return {"administrator_name": account.name, "administrator_number": account.number, "administrator_account": "已有账号"}


def reasons(result: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(p["row"], p["key"], p["message_id"]) for p in result["problems"]]


def sizes(system: Session) -> tuple[int, ...]:
    system.rollback()
    tables = (Post, Account, HistoryEntry, ImportedChunk)
    found = tuple(system.scalar(select(func.count()).select_from(cls)) or 0 for cls in tables)
    system.rollback()
    return found


@pytest.fixture
def roles(cast: Cast, system: Session) -> dict[str, int]:
    """A role of the same name in each unit, one with everything, and a department."""
    with unit_of_work(system):
        for name in ("county", "unit", "branch", "sibling_unit", "cousin_unit"):
            unit = cast.organisations[name]
            system.add(Role(organisation_id=unit.id, path=unit.path, name="学时审核员", permissions=HOURS))
        unit = cast.organisations["unit"]
        every = sorted(p.value for p in cast.unit_clerk.permissions)
        system.add(Role(organisation_id=unit.id, path=unit.path, name="全部权限", permissions=every))
        system.add(Department(organisation_id=unit.id, path=unit.path, place="/1/", name="医务部"))
    found = {f"{r.name}@{r.organisation_id}": r.id for r in system.scalars(select(Role))}
    system.rollback()
    return found


def test_new_and_existing_administrators_come_in_with_roles(
    importing: Any, cast: Cast, roles: dict[str, int], system: Session
) -> None:
    unit, branch = cast.organisations["unit"], cast.organisations["branch"]
    content = workbook(
        cast,
        row(1, department="医务部", administrator_phone="13900000001"),
        row(2, organisation_code=f"{branch.code} {branch.name}"),
        row(3, **existing(cast, "professional")),
    )
    before = sizes(system)
    dry = importing(cast.unit_clerk, KIND, content, is_dry_run=True)
    assert counts(dry) == (4, 3, 0, 0, 1)
    assert sizes(system) == before
    result = importing(cast.unit_clerk, KIND, content)
    assert (counts(result), result["n_once"]) == ((4, 3, 0, 0, 1), 2)
    made = system.scalars(select(Post).order_by(Post.id.desc()).limit(3)).all()[::-1]
    department = system.scalars(select(Department.id).where(Department.name == "医务部")).one()
    assert [(p.organisation_id, p.role_id, p.department_id, p.state, p.is_super, p.phone) for p in made] == [
        (unit.id, roles[f"学时审核员@{unit.id}"], department, PostState.ACTIVE, False, "13900000001"),
        (branch.id, roles[f"学时审核员@{branch.id}"], None, PostState.ACTIVE, False, ""),
        (unit.id, roles[f"学时审核员@{unit.id}"], None, PostState.OFFERED, False, cast.accounts["professional"].phone),
    ]
    account = system.get_one(Account, made[0].account_id)
    assert (account.first_password, account.must_change) == ("one_time", True)
    with importing._session(cast.unit_clerk) as session:
        sheet = texts(files.read(files.job_file(session, result["once_file"])))
    assert [line[:4] for line in sheet[1:]] == [
        [unit.name, unit.code, "新管理员", made_up_number(3001)],
        [branch.name, branch.code, "新管理员", made_up_number(3002)],
    ]


def test_same_file_again_creates_nothing(importing: Any, cast: Cast, roles: dict[str, int], system: Session) -> None:
    content = workbook(cast, row(1), row(3, **existing(cast, "professional")))
    importing(cast.unit_clerk, KIND, content)
    before = sizes(system)
    result = importing(cast.unit_clerk, KIND, content)
    assert counts(result) == (3, 0, 2, 0, 1)
    assert "once_file" not in result
    assert sizes(system) == before


def test_a_super_administrator_is_appointed_below_where_there_is_none(importing: Any, cast: Cast, system: Session) -> None:
    branch = cast.organisations["branch"]
    sent = row(1, role="", post_kind="超级管理员", organisation_code=branch.code)
    assert reasons(importing(cast.unit_clerk, KIND, workbook(cast, sent), is_dry_run=True)) == [
        (3, "post_kind", "This organisation has a super administrator already.")
    ]
    with unit_of_work(system):
        system.get_one(Post, cast.posts["branch_clerk"].id).state = PostState.ENDED
    double = row(2, role="", post_kind="超级管理员", organisation_code=branch.code)
    own = row(4, role="", post_kind="超级管理员")
    with_role = row(5, post_kind="超级管理员", organisation_code=branch.code)
    result = importing(cast.unit_clerk, KIND, workbook(cast, sent, double, own, with_role))
    assert [(r, key) for r, key, _ in reasons(result)] == [(4, "post_kind"), (5, "organisation_code"), (6, "role")]
    made = system.scalars(select(Post).where(Post.organisation_id == branch.id, Post.state != PostState.ENDED)).one()
    assert (made.is_super, made.role_id, made.state) == (True, None, PostState.ACTIVE)


def test_each_bad_cell_is_named_and_nothing_is_written(
    importing: Any, cast: Cast, roles: dict[str, int], system: Session
) -> None:
    sibling, cousin = cast.organisations["sibling_unit"], cast.organisations["cousin_unit"]
    content = workbook(
        cast,
        row(1, organisation_code=cousin.code),
        row(2, organisation_code=sibling.code),
        row(3, organisation_code="T999"),
        row(4, role="没有这个角色"),
        row(5, role=None),
        row(6, department="没有这个部门"),
        row(7, administrator_number="123"),
        row(8, administrator_number=cast.accounts["professional"].number),
        row(9, administrator_number=cast.accounts["colleague"].number, administrator_account="已有账号"),
        row(10),
        row(10),
        row(11, administrator_phone="12"),
        row(12, **existing(cast, "unit_clerk")),
    )
    before = sizes(system)
    result = importing(cast.unit_clerk, KIND, content, is_dry_run=True)
    outside = "It does not exist, or is not within your jurisdiction."
    assert [(r, key, words.split(";")[0]) for r, key, words in reasons(result)] == [
        (3, "organisation_code", outside),
        (4, "organisation_code", outside),
        (5, "organisation_code", outside),
        (6, "role", "%(unit)s has no role of this name"),
        (7, "role", "Choose the role."),
        (8, "department", "%(unit)s has no department of this name"),
        (9, "administrator_number", reasons(result)[6][2].split(";")[0]),
        (10, "administrator_number", "This number is registered"),
        (11, "administrator_number", "No account has this document type, number and name."),
        (13, "administrator_number", "The same number stands in row %(row)s already"),
        (14, "administrator_phone", reasons(result)[10][2].split(";")[0]),
        (15, "administrator_number", "This person is an administrator of the organisation already."),
    ]
    assert sizes(system) == before


def test_nobody_grants_what_they_lack(importing: Any, cast: Cast, roles: dict[str, int], system: Session) -> None:
    little = replace(
        cast.unit_clerk, is_super=False, permissions=frozenset({Permission.ADMINISTRATORS_MANAGE, *map(Permission, HOURS)})
    )
    branch = cast.organisations["branch"]
    content = workbook(cast, row(1, role="全部权限"), row(2, organisation_code=branch.code), row(3))
    loaders = {little.position_key: little}
    jobs.load_actors_with(lambda _account_id, key: loaders.get(key))
    result = importing(little, KIND, content)
    assert [(r, key, words) for r, key, words in reasons(result)] == [
        (3, "role", "You can only grant what your own role holds."),
        (4, "organisation_code", "Your role does not include this permission: %(permission)s."),
    ]
    assert result["created"] == 1
    nobody = replace(little, permissions=frozenset({Permission.HOME}))
    loaders[little.position_key] = nobody
    before = sizes(system)
    assert importing(nobody, KIND, content)["error"] == "Your role does not include this permission: %(permission)s."
    assert sizes(system) == before


def test_an_inner_account_adds_inner_accounts_of_the_own_department_only(
    importing: Any, cast: Cast, roles: dict[str, int], system: Session
) -> None:
    unit = cast.organisations["unit"]
    content = workbook(cast, row(1), row(2, account_kind="内部账户"), row(3, organisation_code=unit.code), actor="inner_officer")
    result = importing(cast.inner_officer, KIND, content)
    assert [(r, key) for r, key, _ in reasons(result)] == [(3, "account_kind"), (5, "organisation_code")]
    made = system.scalars(select(Post).order_by(Post.id.desc()).limit(1)).one()
    assert (made.organisation_id, made.is_inner) == (cast.organisations["county"].id, True)
    only_hr = workbook(cast, row(4, account_kind="内部账户", organisation_code=unit.code), actor="county_officer")
    assert reasons(importing(cast.county_officer, KIND, only_hr)) == [
        (3, "account_kind", "Only an HR department has internal accounts.")
    ]


def test_an_import_is_undone_and_who_was_touched_stays(
    importing: Any, cast: Cast, roles: dict[str, int], system: Session
) -> None:
    before = sizes(system)[:2]
    content = workbook(cast, row(1), row(2), row(3, **existing(cast, "professional")), row(4, **existing(cast, "colleague")))
    job_id = importing.start(cast.unit_clerk, KIND, content)
    jobs.run_job(job_id)
    newest = select(Post.id, Post.account_id, Post.name).order_by(Post.id.desc()).limit(4)
    made = list(system.execute(newest))[::-1]
    system.rollback()
    with unit_of_work(system):
        system.get_one(Account, made[1].account_id).first_password = None  # its holder has chosen a password
    with importing._session(cast.colleague) as session, unit_of_work(session):
        posts.answer_offer(session, cast.colleague, made[3].id, is_accepted=True)
    done = undo(importing, cast.unit_clerk, job_id)
    touched = "It has been used or changed since."
    assert done == {
        "removed": 2,
        "restored": 0,
        "n_kept": 2,
        "kept": [[made[3].name, touched], ["新管理员", touched]],
    }
    assert [after - was for after, was in zip(sizes(system)[:2], before, strict=True)] == [2, 1]
    assert counts(importing(cast.unit_clerk, KIND, content)) == (5, 2, 2, 0, 1)


def test_the_template_offers_units_roles_and_departments_of_the_scope(importing: Any, cast: Cast, roles: dict[str, int]) -> None:
    with importing._session(cast.unit_clerk) as session:
        sheet = offering(session, administrators_sheet(cast.unit_clerk))
    book = openpyxl.load_workbook(io.BytesIO(template(sheet, "zh_Hans_CN")))

    def offered(key: str) -> list[str]:
        name, cells = book.defined_names[f"list_{key}"].attr_text.split("!")
        found = book[name][cells.replace("$", "")]
        return [r[0].value for r in found] if isinstance(found, tuple) else [found.value]

    unit, branch = cast.organisations["unit"], cast.organisations["branch"]
    assert offered("organisation_code") == [f"{o.code} {o.name}" for o in (unit, branch)]
    assert sorted(offered("role")) == sorted(["全部权限", "学时审核员"])
    assert offered("department") == ["医务部"]
    assert offered("post_kind") == ["按角色", "超级管理员"]
    strict = {v.formula1: v.showErrorMessage for v in book.worksheets[0].data_validations.dataValidation}
    assert (strict["list_post_kind"], strict["list_role"]) == (True, False)
