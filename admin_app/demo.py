"""The first start with demo data: tables, code lists and the made-up city; a later start finds them and changes nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url, select

from admin_app import schema
from admin_app.factory import settings_of
from models import jobs
from models.base import db
from models.org.tables import Organisation
from models.scope import system_session
from seed.demo import DemoAccount, seed_demo
from views.public.demo import DEMO_FILE

UNFINISHED_FILE = "demo_unfinished"


class DemoBroken(Exception):
    """The demo data were interrupted while they were made, in a database that is not ours to empty."""


def prepare(app: Flask) -> Sequence[DemoAccount]:
    """Bring the tables up to date, make the demo data in an empty database; return the accounts of the demo, if it is one."""
    mark = Path(app.instance_path) / UNFINISHED_FILE
    if mark.exists():
        _start_again(app, mark)
    if not schema.is_current():
        schema.upgrade()
    if is_empty():
        mark.touch()
        make(app)
        mark.unlink()
    return accounts(app)


def make(app: Flask) -> Sequence[DemoAccount]:
    """Make the demo data in an empty database and keep the list of the accounts; raises Conflict when it is not empty.

    The tasks that people of the demo ordered are run, so that the files that they made are there at once.
    """
    made = seed_demo()
    for job_id in jobs.due_job_ids():
        jobs.run_job(job_id)
    text = json.dumps([dataclasses.asdict(account) for account in made], ensure_ascii=False, indent=1)
    (Path(app.instance_path) / DEMO_FILE).write_text(text, encoding="utf-8")
    return made


def accounts(app: Flask) -> Sequence[DemoAccount]:
    """Return the accounts of the demo; none where the data are not the demo's."""
    path = Path(app.instance_path) / DEMO_FILE
    if not path.exists():
        return []
    return [DemoAccount(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def is_empty() -> bool:
    """Tell whether nobody has put an organisation into the database yet."""
    with system_session() as session:
        return session.scalar(select(Organisation.id).limit(1)) is None


def _start_again(app: Flask, mark: Path) -> None:
    settings = settings_of(app)
    path = Path(make_url(settings.database_url).database or "")
    if not settings.is_sqlite or path.parent != settings.instance_path:
        raise DemoBroken(
            f"The demo data were interrupted while they were made. Empty the database, remove {mark} and start again."
        )
    db.engine.dispose()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        (path.parent / name).unlink(missing_ok=True)
    mark.unlink()
