"""The course of an import: kill, resume, cancel, and somebody else at the same time; the totals always add up."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import jobs, storage
from models.base import db
from models.history import HistoryEntry
from models.jobs import Job, JobState
from models.people.imports import PeopleImport
from models.people.tables import Account, Membership, NameToken, Professional
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.deaths.inside import Killed, dying, let_leases_end
from tests.sheets.files import texts
from tests.sheets.test_import_people import counts, row, workbook
from views.sheets.rejects import Rejects

KIND = "import_people"


def many(cast: Cast, n: int = 1300) -> bytes:
    rows = [row(i, phone="12" if i % 100 == 0 else "13800000000") for i in range(n)]
    return workbook(cast.unit_clerk, *rows, row(0), row(1))


def whole(session: Session) -> tuple[int, ...]:
    """Count what belongs to the imported people: all of it, once."""
    people = select(Professional.id).where(Professional.name == "王小明")
    tables = (
        select(func.count()).select_from(Professional).where(Professional.name == "王小明"),
        select(func.count()).select_from(Account).where(Account.name == "王小明"),
        select(func.count()).select_from(Membership).where(Membership.person_id.in_(people)),
        select(func.count(NameToken.person_id.distinct())).where(NameToken.person_id.in_(people)),
        select(func.count()).select_from(HistoryEntry).where(HistoryEntry.action == "import"),
    )
    found = tuple(session.scalar(t) or 0 for t in tables)
    session.rollback()
    return found


@pytest.mark.parametrize("place", ["before the second chunk", "inside the second chunk", "after the second chunk", "at the end"])
def test_killed_import_goes_on_to_the_same_totals(
    importing: Any, cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    job_id = importing.start(cast.unit_clerk, KIND, many(cast))
    with monkeypatch.context() as patch:
        if place == "before the second chunk":
            patch.setattr(PeopleImport, "judge", dying(2, PeopleImport.judge))
        elif place == "inside the second chunk":
            patch.setattr(jobs.Run, "commit", dying(2, jobs.Run.commit))
        elif place == "after the second chunk":
            patch.setattr(jobs.Run, "commit", dying(2, jobs.Run.commit, after=True))
        else:
            patch.setattr(jobs, "_end", dying(1, jobs._end))
        with pytest.raises(Killed):
            jobs.run_job(job_id)
    let_leases_end(system)
    assert jobs.run_job(job_id) == JobState.DONE
    result = importing.job(job_id).result
    assert counts(result) == (1303, 1287, 0, 15, 1)
    assert result["n_problems"] == 15
    assert whole(system) == (1287,) * 5
    rejected = texts(importing.rejected(cast.unit_clerk, result))
    assert len(rejected) == 16


def test_kill_9_in_the_middle_loses_and_doubles_nothing(importing: Any, cast: Cast, system: Session, in_app: Any) -> None:
    job_id = importing.start(cast.unit_clerk, KIND, many(cast))
    program = textwrap.dedent(f"""
        import os, pickle, signal, sys
        from dataclasses import replace
        from pathlib import Path
        from admin_app.factory import create_app
        from models import jobs, storage
        from tests.conftest import settings_for
        actor = pickle.loads(bytes.fromhex(sys.argv[1]))
        app = create_app(replace(settings_for(Path(sys.argv[2])), database_url=sys.argv[3]))
        storage.configure(sys.argv[4])
        jobs.load_actors_with(lambda _account, _key: actor)
        commit, calls = jobs.Run.commit, []
        def dying(self, **values):
            commit(self, **values)
            calls.append(1)
            if len(calls) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
        jobs.Run.commit = dying
        with app.app_context():
            jobs.run_job({job_id})
    """)
    root = "file://" + storage._Configured.root
    url = db.engine.url.render_as_string(hide_password=False)
    folder = str(Path(db.engine.url.database).parent)
    command = [sys.executable, "-c", program, pickle.dumps(cast.unit_clerk).hex(), folder, url, root]
    done = subprocess.run(
        command, capture_output=True, timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert importing.job(job_id).cursor["row"] == 1001
    let_leases_end(system)
    assert jobs.run_job(job_id) == JobState.DONE
    assert counts(importing.job(job_id).result) == (1303, 1287, 0, 15, 1)
    assert whole(system) == (1287,) * 5


def test_cancelled_import_keeps_its_finished_chunks_and_the_file_goes_in_again(
    importing: Any, cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = many(cast)
    job_id = importing.start(cast.unit_clerk, KIND, content)
    check = PeopleImport.check

    def cancelling(self: PeopleImport, rows: Any) -> None:
        check(self, rows)
        with unit_of_work(system):
            system.execute(update(Job).where(Job.id == job_id).values(is_cancel_asked=True))

    with monkeypatch.context() as patch:
        patch.setattr(PeopleImport, "check", cancelling)
        assert jobs.run_job(job_id) == JobState.CANCELLED
    assert importing.job(job_id).cursor["tally"] == {
        "found": 500,
        "created": 494,
        "updated": 0,
        "unchanged": 0,
        "rejected": 5,
        "example": 1,
    }
    assert whole(system) == (494,) * 5
    assert counts(importing(cast.unit_clerk, KIND, content)) == (1303, 793, 494, 15, 1)


def test_an_import_that_is_cancelled_when_all_is_written_says_what_it_wrote(
    importing: Any, cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = importing.start(cast.unit_clerk, KIND, workbook(cast.unit_clerk, row(1), row(2, phone="12")))
    written = Rejects.workbook

    def cancelling(self: Rejects) -> bytes:
        with unit_of_work(system):
            system.execute(update(Job).where(Job.id == job_id).values(is_cancel_asked=True))
        return written(self)

    monkeypatch.setattr(Rejects, "workbook", cancelling)
    assert jobs.run_job(job_id) == JobState.DONE
    assert counts(importing.job(job_id).result) == (3, 1, 0, 1, 1)


def test_person_created_by_somebody_else_meanwhile_is_judged_again(
    importing: Any, cast: Cast, system: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = PeopleImport.create
    once = iter([True])

    def beaten(self: PeopleImport, session: Any, rows: Any) -> None:
        if next(once, False):
            raise IntegrityError("insert", {}, Exception("unique"))
        create(self, session, rows)

    monkeypatch.setattr(PeopleImport, "create", beaten)
    assert counts(importing(cast.unit_clerk, KIND, workbook(cast.unit_clerk, row(1), row(2)))) == (3, 2, 0, 0, 1)
    assert whole(system) == (2,) * 5


def test_right_that_was_taken_away_stops_the_job(importing: Any, cast: Cast) -> None:
    job_id = importing.start(cast.unit_clerk, KIND, workbook(cast.unit_clerk, row(1)))
    jobs.load_actors_with(lambda _account, _key: None)
    assert jobs.run_job(job_id) == JobState.FAILED
    assert importing.job(job_id).error == {"message_id": "The position that started this task no longer exists.", "params": {}}
