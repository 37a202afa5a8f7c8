"""The cost of one thing: a login in hashes, a statement with the scope's criterion, the years of everybody counted anew."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select

from admin_app.settings import Settings
from models.people.passwords import hash_password
from models.people.tables import Professional
from models.scope import system_session
from seed.scale import PASSWORD
from tests.bench.figures import Figure, median
from tests.bench.ground import Ground, environment_of, log_in


def login(ground: Ground, _settings: Settings) -> Iterator[Figure]:
    """Measure a login against the hash alone, both in processor time."""
    officer = ground.officer("unit")
    hashing = _times(lambda: hash_password(PASSWORD), 20, time.thread_time)

    def enter() -> None:
        officer.client.delete_cookie("ce_session")
        assert log_in(officer).status_code == 303

    entering = _times(enter, 20, time.thread_time)
    yield Figure("hash of a password", median(hashing), "ms", ground.database, 1, 25)
    yield Figure("login", median(entering) / median(hashing), "hashes", ground.database, ground.n_people, 1.5)
    yield Figure("login: time", median(_times(enter, 20, time.perf_counter)), "ms", ground.database, ground.n_people)


def years(ground: Ground, settings: Settings) -> Iterator[Figure]:
    """Measure how long it takes to prove that the years of everybody are right, start of the processes included."""
    command = [sys.executable, "-m", "admin_app", "recompute-years", "--check"]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=environment_of(settings), stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    yield Figure("years of everybody: check", seconds, "s", ground.database, ground.n_people, 60)
    yield Figure("years of everybody: processor", processor, "s", ground.database, ground.n_people)


def scope(ground: Ground) -> Iterator[Figure]:
    """Measure what the criterion adds to a statement, beside the same statement of the system."""
    with ground.app.app_context():
        officer = ground.officer("county")
        with officer.session() as session, system_session() as free:
            wanted = session.scalars(select(Professional.id).order_by(Professional.path, Professional.id).limit(1)).one()

            def read(work: Any) -> Callable[[], Any]:
                return lambda: work.execute(select(Professional.id, Professional.name).where(Professional.id == wanted)).all()

            scoped, plain = (median(_times(read(work), 400, time.thread_time)) for work in (session, free))
    yield Figure("scope of a statement", scoped - plain, "ms", ground.database, ground.n_people, 0.3)


def _times(call: Callable[[], object], n: int, clock: Callable[[], float]) -> list[float]:
    found = []
    for _ in range(n):
        began = clock()
        call()
        found.append((clock() - began) * 1000)
    return found
