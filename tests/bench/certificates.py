"""Certificates: one by one as somebody prints them, and many as a task beside the web."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from sqlalchemy import select

from admin_app.settings import Settings
from models import jobs
from models.certificates.printing import KIND, PRINT, SIGNED
from models.credits.tables import YearSummary
from models.transaction import unit_of_work
from tests.bench.figures import Figure, median, p95, p99
from tests.bench.ground import Ground, Officer
from tests.bench.sheets import work

ONE_BY_ONE = 22


def run(ground: Ground, settings: Settings) -> Iterator[Figure]:
    """Measure single prints, then a zip of signed certificates and a PDF to be printed."""
    officer = ground.officer("county")
    n = int(os.environ.get("CE_BENCH_CERTIFICATES", "300"))
    with ground.app.app_context(), officer.session() as session:
        statement = (
            select(YearSummary.id, YearSummary.person_id, YearSummary.year)
            .where(YearSummary.is_passed)
            .order_by(YearSummary.path, YearSummary.year)
        )
        passed = session.execute(statement.limit(ONE_BY_ONE + n)).all()
    yield from _one_by_one(ground, officer, [(row.person_id, row.year) for row in passed[:ONE_BY_ONE]])
    ids = [row.id for row in passed[ONE_BY_ONE:]]
    for how, name, target in ((SIGNED, "certificates signed, each", 1 / 3), (PRINT, "certificates unsigned, each", 0.1)):
        yield from _many(ground, settings, officer, ids, how, name, target)


def _one_by_one(ground: Ground, officer: Officer, passed: list[tuple[int, int]]) -> Iterator[Figure]:
    times, processor = [], []
    for person_id, year in passed:
        data = {"position": officer.actor.position_key, "person_id": person_id, "year": year}
        began, began_own = time.perf_counter(), time.process_time()
        answer = officer.client.post("/documents/certificates", data=data, follow_redirects=True)
        times.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - began_own) * 1000)
        assert answer.data.startswith(b"%PDF"), answer.status_code
    yield Figure("certificate, first of a process", times[0], "ms", ground.database, 1)
    yield Figure("certificate: median", median(times[2:]), "ms", ground.database, len(times) - 2, 150)
    yield Figure("certificate: p95", p95(times[2:]), "ms", ground.database, len(times) - 2)
    yield Figure("certificate: processor", median(processor[2:]), "ms", ground.database, len(times) - 2, 150)


def _many(
    ground: Ground, settings: Settings, officer: Officer, ids: list[int], how: str, name: str, target: float
) -> Iterator[Figure]:
    with ground.app.app_context(), officer.session() as session, unit_of_work(session):
        job_id = jobs.enqueue(session, officer.actor, KIND, {"ids": sorted(ids), "how": how}, n_total=len(ids)).id
    done, waits = work(settings, job_id, officer)
    assert done["result"]["done"] + done["result"]["skipped"] == len(ids), done
    yield Figure(name, done["seconds"] / len(ids), "s", ground.database, len(ids), target)
    yield Figure(f"{name}: processor", done["processor"] / len(ids), "s", ground.database, len(ids), target)
    yield Figure(f"{name}: memory beside the process", done["memory"] - done["before"], "MB", ground.database, len(ids), 200)
    yield Figure(f"{name}: memory before it began", done["before"], "MB", ground.database, len(ids))
    yield Figure(f"{name}: longest write", done["longest"], "s", ground.database, len(ids), 1)
    yield Figure(f"{name}: p99 of a write meanwhile", p99(waits), "ms", ground.database, len(waits), 200)
