"""A process that works the jobs of a database and may be killed, as by `kill -9`, at any call of any function."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import Table, event, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from admin_app.factory import create_app
from models import jobs, storage
from models.base import Base, db
from models.people.imports import PeopleImport
from models.transaction import Intent, intending
from tests.conftest import settings_for
from tests.databases import engine_of
from views.admin import batch, certificate_jobs

CHUNK = 8
"""Rows of one transaction here: a few dozen rows have beginnings, middles and ends."""

SHEETS = 2
"""Sheets of one part of a printing."""

Photograph = tuple[tuple[str, str, int], ...]
"""How many rows each table holds, by their state where they have one."""


@dataclass(frozen=True)
class Place:
    """Where the jobs wait: a database, the files beside it, and what time it is there."""

    database: str
    files: str
    now: dt.datetime  # with its zone


@dataclass
class Told:
    """What a process that lived has to tell: a photograph of before and of each commit, the last one of its end."""

    n_calls: int = 0
    photographs: list[Photograph] = field(default_factory=list)


@cache
def app() -> Flask:
    """Return the application of this process."""
    return create_app(settings_for(Path(tempfile.mkdtemp(prefix="ce-deaths-"))))


def photograph() -> Photograph:
    """Count the rows of every table over a connection of its own, which sees what is committed and nothing else."""
    counts = union_all(*(_counted(table) for table in Base.metadata.sorted_tables))
    with intending(Intent.READ), db.engine.connect() as connection:
        rows = connection.execute(counts, execution_options={"scope_decided": True})
        return tuple(sorted((str(name), str(state or ""), int(n)) for name, state, n in rows if n))


def _counted(table: Table) -> Any:
    name, counted = literal(table.name), func.count()
    if "state" not in table.c:
        return select(name, null().label("state"), counted).select_from(table)
    return select(name, table.c.state, counted).group_by(table.c.state)


def work(place: Place, die_at: int, out: Connection) -> None:
    """Work all jobs; die at the call number *die_at*, or live (0) and send what was Told.

    Each commit that came back is sent at once: how many there were is known of the dead, too.
    """
    PeopleImport.chunk_size = batch.CHUNK = CHUNK
    certificate_jobs.PRINTED_AT_ONCE = SHEETS
    told = Told()

    def committed(_session: Session) -> None:
        counting, _ = sys.getprofile(), sys.setprofile(None)  # who dies takes no photographs: both count the same calls
        out.send("committed")
        if not die_at:
            told.photographs.append(photograph())
        sys.setprofile(counting)

    def count(_frame: FrameType, what: str, _value: object) -> None:
        if what == "call":
            told.n_calls += 1
            if told.n_calls == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    with time_machine.travel(place.now), engine_of(app(), place.database), app().app_context():
        storage.configure(place.files)
        jobs.free_all()  # as a worker does first
        if not die_at:
            told.photographs.append(photograph())
        event.listen(Session, "after_commit", committed)
        sys.setprofile(count)
        for job_id in jobs.due_job_ids():
            jobs.run_job(job_id)
        sys.setprofile(None)
    out.send(told)
