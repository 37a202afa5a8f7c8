"""Undoing an import of people: who goes, what comes back, who stays and why; killed in the middle; by whom."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import jobs
from models.jobs import Job, JobState
from models.people import import_undo
from models.people.import_undo import CHANGED, GONE, TOUCHED, ImportedChunk
from models.people.tables import Account, Membership, NameToken, Post, PostState, Professional
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.sheets.test_import_people import row, workbook
from tests.sheets.test_update_people import of, people

__all__ = ["people"]
pytestmark = pytest.mark.both_databases
KIND, UNDO = "import_people", "undo_import"


def undo(importing: Any, actor: Any, job_id: int) -> dict[str, Any]:
    with importing._session(actor) as session, unit_of_work(session):
        started = jobs.enqueue(session, actor, UNDO, {"job": job_id}).id
    jobs.run_job(started)
    job = importing.job(started)
    return job.result if job.error is None else {"error": job.error["message_id"]}


def run(importing: Any, actor: Any, content: bytes, **more: str) -> int:
    job_id = importing.start(actor, KIND, content, **more)
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
    undo_chunk, n_calls = import_undo.undo_chunk, []

    def dying(*args: Any) -> Any:
        n_calls.append(1)
        if len(n_calls) == 3:
            raise jobs.Stopping
        return undo_chunk(*args)

    monkeypatch.setattr(import_undo, "undo_chunk", dying)
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
