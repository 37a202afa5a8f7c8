"""Wakes workers: carries ids of jobs, never their content. A lost message costs a minute, for the sweep finds the job."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import redis
from huey import Huey, RedisHuey, SqliteHuey

from admin_app.settings import Settings
from models.base import utcnow

log = logging.getLogger(__name__)

SEEN_KEY = "worker-seen"
SIGN_SECONDS = 15
SEEN_SECONDS = 90
UNREACHABLE = (OSError, sqlite3.Error, redis.RedisError)


def make_huey(settings: Settings) -> Huey:
    """Return the queue of the settings: in Redis by URL, else in a file of the instance folder."""
    if settings.redis_url:
        return RedisHuey("ce", url=settings.redis_url, results=False)
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    # No fsync: the Job row is the truth, a message lost by a power cut is found again by the sweep.
    return SqliteHuey("ce", filename=str(settings.instance_path / "queue.sqlite3"), fsync=False, results=False)


class Queue:
    """The one queue of an application; the web process puts ids in, a worker takes them out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._huey: Huey | None = None
        self._run: Any = None
        self._signed_at = 0.0
        self._work: Callable[[int], object] | None = None

    @property
    def huey(self) -> Huey:
        """Return the queue, opened at the first use so that making an application touches no file and no network."""
        if self._huey is None:
            self._huey = make_huey(self.settings)
            self._run = self._huey.task(name="run_job")(self._take)
        return self._huey

    def _take(self, job_id: int) -> None:
        if self._work is None:
            raise RuntimeError("this process is no worker")
        self._work(job_id)

    def serve(self, work: Callable[[int], object]) -> None:
        """Say what a worker does with the id of a job."""
        self._work = work

    def wake(self, job_id: int) -> None:
        """Ask a worker to look at a job; a queue that cannot be reached is logged and left to the sweep."""
        try:
            queue = self.huey
            queue.enqueue(self._run.s(job_id))
        except UNREACHABLE:
            log.warning("queue not reached, the job waits for the sweep", extra={"job_id": job_id})

    def n_waiting(self) -> int:
        """Count the messages that no worker has taken yet."""
        waiting: int = self.huey.pending_count()
        return waiting

    def sign_of_life(self) -> None:
        """Leave word that a worker runs; called every second, written every few."""
        now = utcnow().timestamp()
        if now - self._signed_at >= SIGN_SECONDS:
            self.huey.put(SEEN_KEY, now)
            self._signed_at = now

    def has_worker(self) -> bool:
        """Tell whether a worker left word lately; raises the storage's error when it cannot be reached."""
        seen = self.huey.get(SEEN_KEY, peek=True)
        return seen is not None and utcnow().timestamp() - float(seen) < SEEN_SECONDS
