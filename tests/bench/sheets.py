"""An import (dry run, then the import itself) and an export: time, memory, how long a write lasts, how long others wait."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import xlsxwriter
from flask_babel import force_locale, gettext
from sqlalchemy import func, select

from admin_app.settings import Settings
from models import files, jobs
from models.org.tables import Organisation
from models.people.tables import Account, Professional
from models.scope import system_session
from models.transaction import unit_of_work
from seed import made_up
from tests.bench.figures import Figure, p99
from tests.bench.ground import Ground, Officer, environment_of
from views.codes import code_name
from views.sheets.jobs import IMPORT_PEOPLE
from views.sheets.people import people_sheet
from views.sheets.workbook import XLSX

KEYS = (
    "organisation_code",
    "name",
    "document_type",
    "number",
    "phone",
    "email",
    "ethnic_group",
    "education_level",
    "degree",
    "title_series",
    "title_level",
    "title_qualification",
)
CODED = {
    "document_type": "111",
    "ethnic_group": "01",
    "education_level": "21",
    "degree": "4",
    "title_series": "05",
    "title_level": "420",
    "title_qualification": "0503",
}
CHINESE = "zh_Hans_CN"


def rows_wanted() -> int:
    """Return how many rows an import and an export have."""
    return int(os.environ.get("CE_BENCH_ROWS", "50000"))


def run(ground: Ground, settings: Settings) -> Iterator[Figure]:
    """Measure the dry run, the import and the export of the county."""
    officer, n = ground.officer("county"), rows_wanted()
    with ground.app.app_context():
        workbook = _workbook(officer, n)
    for is_dry_run, name in ((True, "import, dry run"), (False, "import")):
        with ground.app.app_context():
            job_id = _start_import(officer, workbook, is_dry_run=is_dry_run)
        done, waits = work(settings, job_id, officer)
        assert done["result"]["created"] == n, done
        yield from _told(ground, name, done, n, seconds=5, memory=200)
        yield Figure(f"{name}: longest write", done["longest"], "s", ground.database, n, 1)
        yield Figure(f"{name}: p99 of a write meanwhile", p99(waits), "ms", ground.database, len(waits), 200)
    yield from _export(ground, settings, n)


def _told(ground: Ground, name: str, done: dict[str, Any], n: int, *, seconds: float, memory: float) -> Iterator[Figure]:
    yield Figure(name, done["seconds"], "s", ground.database, n, seconds)
    yield Figure(f"{name}: processor", done["processor"], "s", ground.database, n)
    yield Figure(f"{name}: memory with the parser", done["memory"], "MB", ground.database, n, memory)
    yield Figure(f"{name}: memory before it began", done["before"], "MB", ground.database, n)


def _export(ground: Ground, settings: Settings, n: int) -> Iterator[Figure]:
    officer = ground.officer("city")
    with ground.app.app_context(), officer.session() as session:
        statement = select(Professional.id).where(Professional.state == "active").order_by(Professional.path, Professional.id)
        ids = list(session.scalars(statement.limit(n)))
        view = ground.app.view_functions["people.index_view"]
        assert view is not None
        columns = [
            "name",
            "number_masked",
            "organisation_name",
            "education_level",
            "title_series",
            "title_level",
            "title_qualification",
            "sex",
            "birth_on",
            "phone",
            "state",
            "created_at",
        ]
        params = {"view": "people", "tab": "", "ids": ids, "columns": columns, "is_unmasked": False, "title": "人员信息"}
        with unit_of_work(session):
            job_id = jobs.enqueue(session, officer.actor, "export_people", params, n_total=len(ids)).id
    done, _ = work(settings, job_id, officer)
    assert done["result"]["n"] == len(ids), done
    yield from _told(ground, "export", done, len(ids), seconds=3, memory=100)


# --- the workbook ---------------------------------------------------------------------------------------------------


def _workbook(officer: Officer, n: int) -> bytes:
    """Return a filled-in sheet of people whom nobody knows yet, at some organisations of the county."""
    with officer.session() as session:
        codes = session.scalars(
            select(Organisation.code).where(Organisation.kind == "employer").order_by(Organisation.path).limit(40)
        ).all()
    with system_session() as session:
        first = session.scalar(select(func.count()).select_from(Account)) or 0
    numbers = made_up.NumberSpace(made_up.districts(), first=_day(1951), last=_day(1962))
    rng = Random(first)
    with force_locale(CHINESE):
        sheet = people_sheet(officer.actor)
        head = [gettext(sheet.column(key).label) for key in KEYS]
        words = {key: code_name(key if key != "ethnic_group" else "nationality", code) for key, code in CODED.items()}
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"constant_memory": True})
        page = book.add_worksheet(gettext(sheet.name))
        page.write_row(0, 0, head)
        for place in range(n):
            number = numbers.number(place)
            values = words | {
                "organisation_code": codes[place * len(codes) // n],
                "name": made_up.person_name(rng, number.sex),
                "number": number.value,
                "phone": made_up.mobile(place),
                "email": made_up.email(place),
            }
            page.write_row(place + 1, 0, [values[key] for key in KEYS])
        book.close()
    return out.getvalue()


def _day(year: int) -> Any:
    return made_up.date(year, 1, 1)


def _start_import(officer: Officer, content: bytes, *, is_dry_run: bool) -> int:
    with officer.session() as session, unit_of_work(session):
        file = files.keep_for_job(session, officer.actor, name="人员.xlsx", media_type=XLSX, content=content)
        return jobs.enqueue(session, officer.actor, IMPORT_PEOPLE, {"file": file.key, "is_dry_run": is_dry_run}).id


# --- a worker beside the web ----------------------------------------------------------------------------------------


def work(settings: Settings, job_id: int, officer: Officer) -> tuple[dict[str, Any], list[float]]:
    """Let a worker do the job while the officer goes on writing; return what it took and how long the writes waited."""
    command = [sys.executable, "-m", "tests.bench.job", str(job_id)]
    waits = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment_of(settings)) as worker:
        while worker.poll() is None:
            began = time.perf_counter()
            answer = officer.post("people/columns", columns=["name", "number_masked"])
            waits.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 303
            time.sleep(0.05)
        assert worker.stdout is not None
        return json.loads(worker.stdout.read().splitlines()[-1]), waits
