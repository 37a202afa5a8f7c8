"""Undoing an import of people: who goes, what comes back, who stays and why; killed in the middle; by whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import import_batches, jobs
from models.access import Permission
from models.base import utcnow
from models.import_batches import CHANGED, GONE, TOUCHED, ImportedChunk
from models.jobs import Job, JobState
from models.org.codes import temporary_code
from models.org.tables import Department, Organisation
from models.people.tables import Account, Membership, NameToken, Post, PostState, Professional
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.sheets.files import filled
from tests.sheets.test_import_organisations import unit
from tests.sheets.test_import_organisations import workbook as units
from tests.sheets.test_import_people import row, workbook
from tests.sheets.test_update_people import of, people
from views.sheets.departments import SHEET as DEPARTMENTS_SHEET
from views.sheets.template import template

__all__ = ["people"]
pytestmark = pytest.mark.both_databases
KIND, UNDO = "import_people", "undo_import"


def undo(importing: Any, actor: Any, job_id: int) -> dict[str, Any]:
    with importing._session(actor) as session, unit_of_work(session):
        started = jobs.enqueue(session, actor, UNDO, {"job": job_id}).id
    jobs.run_job(started)
    job = importing.job(started)
    return job.result if job.error is None else {"error": job.error["message_id"]}


def run(importing: Any, actor: Any, content: bytes, kind: str = KIND, **more: str) -> int:
    job_id = importing.start(actor, kind, content, **more)
    jobs.run_job(job_id)
    return job_id


def sizes(system: Session) -> tuple[int, ...]:
    system.rollback()
    return tuple(system.scalar(select(func.count()).select_from(c)) or 0 for c in (Professional, Account, Membership, NameToken))


def test_created_people_go_and_updated_ones_get_their_old_values_back(
    importing: Any, cast: Cast, people: None, system: Session
) -> None:
    before = sizes(system)
    rows = [row(n) for n in range(60, 64)]
    content = workbook(cast.unit_clerk, of(cast, "professional", phone="13900000001", admin_post="#清空"), *rows)
    job_id = run(importing, cast.unit_clerk, content, mode="both")
    assert sizes(system) != before
    done = undo(importing, cast.unit_clerk, job_id)
    assert done == {"removed": 4, "restored": 1, "n_kept": 0, "kept": []}
    assert sizes(system) == before
    person = system.get_one(Professional, cast.people["professional"].id)
    assert (person.phone, person.admin_post) == ("13800000000", "主任")
    assert undo(importing, cast.unit_clerk, job_id) == {"removed": 0, "restored": 0, "n_kept": 0, "kept": []}
    again = importing(cast.unit_clerk, KIND, content, mode="both")
    assert (again["created"], again["updated"]) == (4, 1)


def test_who_was_touched_since_stays_and_is_named(importing: Any, cast: Cast, people: None, system: Session) -> None:
    names = ("甲", "乙", "丙", "丁")
    rows = [row(n, f"王小{name}") for n, name in enumerate(names, start=70)]
    updates = [of(cast, n, phone="13900000001") for n in ("professional", "colleague")]
    job_id = run(importing, cast.unit_clerk, workbook(cast.unit_clerk, *rows, *updates), mode="both")
    made = {p.name: p for p in system.scalars(select(Professional).where(Professional.name.startswith("王小")))}
    with unit_of_work(system):
        system.execute(update(Account).where(Account.id == made["王小甲"].account_id).values(password_hash="x"))
        unit = cast.organisations["unit"]
        system.add(
            Post(
                account_id=made["王小乙"].account_id,
                organisation_id=unit.id,
                path=unit.path,
                role_id=None,
                name="x",
                state=PostState.ENDED,
            )
        )
        cousin = cast.organisations["cousin_unit"]
        away = {"organisation_id": cousin.id, "path": cousin.path}
        system.execute(update(Professional).where(Professional.id == made["王小丙"].id).values(away))
        other = update(Professional).where(Professional.id == cast.people["colleague"].id).values(phone="13700000000")
        system.execute(other)
    done = undo(importing, cast.unit_clerk, job_id)
    assert (done["removed"], done["restored"], done["n_kept"]) == (1, 1, 4)
    assert sorted(map(tuple, done["kept"])) == sorted(
        [("王小甲", TOUCHED), ("王小乙", TOUCHED), ("", GONE), (cast.accounts["colleague"].name.replace("-", ""), CHANGED)]
    )


def test_killed_in_the_middle_it_goes_on_where_it_was(
    importing: Any, cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sizes(system)
    monkeypatch.setattr("models.people.imports.PeopleImport.chunk_size", 3)
    job_id = run(importing, cast.unit_clerk, workbook(cast.unit_clerk, *(row(n) for n in range(80, 90))))
    with importing._session(cast.unit_clerk) as session, unit_of_work(session):
        started = jobs.enqueue(session, cast.unit_clerk, UNDO, {"job": job_id}).id
    undo_chunk, n_calls = import_batches.undo_chunk, []

    def dying(*args: Any) -> Any:
        n_calls.append(1)
        if len(n_calls) == 3:
            raise jobs.Stopping
        return undo_chunk(*args)

    monkeypatch.setattr(import_batches, "undo_chunk", dying)
    assert jobs.run_job(started) != JobState.DONE
    jobs.run_job(started)
    assert importing.job(started).result["removed"] == 10
    assert sizes(system) == before


def test_nobody_undoes_the_imports_of_others(importing: Any, cast: Cast, system: Session) -> None:
    job_id = run(importing, cast.unit_clerk, workbook(cast.unit_clerk, row(95)))
    after = sizes(system)
    for other in (cast.sibling_clerk, cast.foreign_officer):
        assert undo(importing, other, job_id)["removed"] == 0
    assert sizes(system) == after
    assert system.scalars(select(ImportedChunk.undone_at)).all() == [None]
    assert system.scalar(select(func.count()).where(Job.kind == UNDO)) == 2


def counted(system: Session, *tables: Any) -> tuple[int, ...]:
    system.rollback()
    found = tuple(system.scalar(select(func.count()).select_from(c)) or 0 for c in tables)
    system.rollback()
    return found


def test_departments_go_again_but_for_those_in_use(importing: Any, cast: Cast, system: Session) -> None:
    rows = [("医务部", "", ""), ("内科", "医务部", ""), ("外科", "医务部", ""), ("后勤", "", "")]
    job_id = run(importing, cast.unit_clerk, filled(template(DEPARTMENTS_SHEET, "zh_Hans_CN"), rows), "import_departments")
    with unit_of_work(system):
        of = select(Department.id).where(Department.name == "外科")
        system.get_one(Professional, cast.people["professional"].id).department_id = system.scalars(of).one()
    done = undo(importing, cast.unit_clerk, job_id)
    assert (done["removed"], done["kept"]) == (2, [["外科", TOUCHED], ["医务部", TOUCHED]])
    left = system.scalars(select(Department.name).order_by(Department.id)).all()
    assert left == ["医务部", "外科"]
    system.rollback()
    assert undo(importing, cast.unit_clerk, job_id) == {"removed": 0, "restored": 0, "n_kept": 0, "kept": []}


def test_organisations_go_with_their_administrators_the_lower_first(importing: Any, cast: Cast, system: Session) -> None:
    tables = (Organisation, Post, Account)
    before = counted(system, *tables)
    county, department = cast.organisations["county"].code, temporary_code("371100", 1)
    existing = {
        "administrator_name": cast.accounts["unit_clerk"].name,
        "administrator_number": cast.accounts["unit_clerk"].number,
    }
    content = units(
        cast,
        unit(1, county, kind="行业主管部门"),
        unit(2, department),
        unit(3, department, administrator_account="existing", **existing),
    )
    job_id = run(importing, cast.county_officer, content, "import_organisations")
    assert counted(system, *tables) == tuple(n + more for n, more in zip(before, (3, 3, 2), strict=True))
    assert undo(importing, cast.county_officer, job_id) == {"removed": 3, "restored": 0, "n_kept": 0, "kept": []}
    assert counted(system, *tables) == before
    result = importing(cast.county_officer, "import_organisations", content)
    assert (result["created"], result["rejected"]) == (3, 0)


def test_an_organisation_in_use_stays_with_the_one_above_it(importing: Any, cast: Cast, system: Session) -> None:
    county, department = cast.organisations["county"].code, temporary_code("371100", 1)
    rows = [unit(1, county, kind="行业主管部门"), unit(2, department), unit(3, department), unit(4, department), unit(5, county)]
    job_id = run(importing, cast.county_officer, units(cast, *rows), "import_organisations")
    made = {o.name: (o.id, o.path) for o in system.scalars(select(Organisation).where(Organisation.name.startswith("第")))}
    system.rollback()
    with unit_of_work(system):
        in_it = select(Account).join(Post, Post.account_id == Account.id).where(Post.organisation_id == made["第2中学"][0])
        system.scalars(in_it).one().last_login_at = utcnow()
        away = cast.organisations["cousin_unit"].path
        gone_id = made["第5中学"][0]
        system.execute(update(Organisation).where(Organisation.id == gone_id).values(path=f"{away}{gone_id}/"))
        person = {"organisation_id": made["第3中学"][0], "path": made["第3中学"][1]}
        system.execute(update(Professional).where(Professional.id == cast.people["professional"].id).values(person))
    done = undo(importing, cast.county_officer, job_id)
    assert (done["removed"], done["n_kept"]) == (1, 4)
    assert sorted(map(tuple, done["kept"])) == sorted(
        [("", GONE), ("第3中学", TOUCHED), ("第2中学", TOUCHED), ("第1中学", TOUCHED)]
    )
    left = set(system.scalars(select(Organisation.name).where(Organisation.name.startswith("第"))))
    assert left == {"第1中学", "第2中学", "第3中学", "第5中学"}


def test_undoing_asks_for_the_permission_of_its_sheet(importing: Any, cast: Cast, system: Session) -> None:
    rows = [("医务部", "", "")]
    job_id = run(importing, cast.unit_clerk, filled(template(DEPARTMENTS_SHEET, "zh_Hans_CN"), rows), "import_departments")
    less = replace(cast.unit_clerk, permissions=cast.unit_clerk.permissions - {Permission.DEPARTMENTS_MANAGE})
    jobs.load_actors_with(lambda _account_id, _key: less)
    assert undo(importing, less, job_id)["error"] == "Your role does not include this permission: %(permission)s."
    assert counted(system, Department) == (1,)
