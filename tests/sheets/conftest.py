"""What the tests of sheets share: code lists in the database, and an import from upload to result."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from models import files, jobs
from models.access import Actor
from models.base import db
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.sheets.files import add_lists
from views.sheets import jobs as sheet_jobs  # noqa: F401 - registers the kinds
from views.sheets.workbook import XLSX


@pytest.fixture
def lists(in_app: Flask) -> None:
    """The code lists that the sheets offer."""
    with system_session() as session, unit_of_work(session):
        add_lists(session)


class Importing:
    """Upload a workbook as somebody, run the job, return its result."""

    def __init__(self, actors: dict[str, Actor]) -> None:
        self.actors = actors

    def start(self, actor: Actor, kind: str, content: bytes, *, is_dry_run: bool = False, **more: str) -> int:
        """Upload and enqueue; return the job's id."""
        with self._session(actor) as session, unit_of_work(session):
            file = files.keep_for_job(session, actor, name="人员.xlsx", media_type=XLSX, content=content)
            return jobs.enqueue(session, actor, kind, {"file": file.key, "is_dry_run": is_dry_run, **more}).id

    def __call__(self, actor: Actor, kind: str, content: bytes, *, is_dry_run: bool = False, **more: str) -> dict[str, Any]:
        """Upload, run, and return the result; a failed job returns its error."""
        job_id = self.start(actor, kind, content, is_dry_run=is_dry_run, **more)
        jobs.run_job(job_id)
        job = self.job(job_id)
        return job.result if job.error is None else {"error": job.error["message_id"], "params": job.error["params"]}

    def job(self, job_id: int) -> jobs.Job:
        """Return the job as it stands."""
        with system_session() as session:
            return session.get_one(jobs.Job, job_id)

    def rejected(self, actor: Actor, result: dict[str, Any]) -> bytes:
        """Return the workbook of rejected rows."""
        with self._session(actor) as session:
            return files.read(files.job_file(session, result["rejected_file"]))

    def _session(self, actor: Actor) -> ScopedSession:
        session = ScopedSession(db, expire_on_commit=False, autoflush=False)
        attach(session, scope_of(actor))
        return session


@pytest.fixture
def importing(in_app: Flask, cast: Any, lists: None) -> Any:
    """Run imports as the actors of the cast, in Chinese."""
    by_key = {a.position_key: a for a in cast.actors.values()}
    loaders = list(jobs._actor_loader)
    jobs.load_actors_with(lambda _account_id, key: by_key.get(key))
    with force_locale("zh_Hans_CN"):
        yield Importing(cast.actors)
    jobs._actor_loader[:] = loaders
