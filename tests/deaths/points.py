"""Kill a process at many points of the same work and compare what it left, and what came of it, with one that lived."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask

from models import storage
from models.base import db
from tests.databases import Templates, engine_of
from tests.deaths.process import Photograph, Place, Told, photograph, work

SEED = 20261127
LATER = dt.timedelta(minutes=5)
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.deaths.ready"])


@dataclass
class Deaths:
    """The work that waits in a test's database, to be begun many times, each time on copies."""

    app: Flask
    templates: Templates
    folder: Path
    now: dt.datetime

    def at(self, n_points: int, look: Callable[[], Any]) -> int:
        """Kill the work at so many points and let it go on; return how often the killed process had not ended.

        Three claims at each point: what the dead left is what one that lived left between two transactions, with every
        commit that had come back; what came of it in the end is the same; and so is what *look* finds there.
        """
        with self.app.app_context():
            place = Place(db.engine.url.render_as_string(hide_password=False), storage._Configured.root, self.now)
            db.engine.dispose()
        with self._copied(place) as own:
            lived = self._live(own)
            expected = self._in(own, look)
        n_dead = 0
        for point in sorted(random.Random(SEED).sample(range(1, lived.n_calls), n_points)):
            with self._copied(place) as own:
                n_commits, is_dead = self._die(own, point)
                n_dead += is_dead
                left = self._in(own, photograph)
                between = lived.photographs[n_commits : n_commits + 2]
                assert left in between, f"at call {point}, after {n_commits} commits: {_difference(left, between[0])}"
                # Who goes on comes later: what was counted first stays first.
                end = self._live(replace(own, now=own.now + LATER)).photographs[-1]
                assert end == lived.photographs[-1], f"after call {point}: {_difference(end, lived.photographs[-1])}"
                assert self._in(own, look) == expected, f"after call {point}"
        return n_dead

    @contextmanager
    def _copied(self, place: Place) -> Iterator[Place]:
        database = self.templates.copied(place.database, self.folder)
        files = self.folder / f"files-{database.rpartition('/')[2]}"
        if Path(place.files).exists():
            shutil.copytree(place.files, files)
        yield replace(place, database=database, files=files.as_uri())
        self.templates.drop(database)
        shutil.rmtree(files, ignore_errors=True)

    def _live(self, place: Place) -> Told:
        *_commits, told = self._run(place, 0)
        assert isinstance(told, Told)
        return told

    def _die(self, place: Place, point: int) -> tuple[int, bool]:
        messages = self._run(place, point)
        return messages.count("committed"), not isinstance(messages[-1] if messages else None, Told)

    def _run(self, place: Place, die_at: int) -> list[Any]:
        out, into = _processes.Pipe(duplex=False)
        process = _processes.Process(target=work, args=(place, die_at, into))
        process.start()
        into.close()
        messages = []
        while True:
            try:
                messages.append(out.recv())
            except EOFError:
                break
        process.join()
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
        return messages

    def _in(self, place: Place, look: Callable[[], Any]) -> Any:
        with engine_of(self.app, place.database), self.app.app_context():
            before = storage._Configured.filesystem, storage._Configured.root
            storage.configure(place.files)
            try:
                return look()
            finally:
                storage._Configured.filesystem, storage._Configured.root = before


def _difference(found: Photograph, expected: Photograph) -> str:
    more, less = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
    return f"found {more}, not {less}"
