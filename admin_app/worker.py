"""The worker process: takes ids of jobs from the queue, sweeps up what no message named, does the chores."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from huey.consumer import Consumer

from admin_app import database, garbage, mails
from admin_app.factory import queue_of, settings_of
from admin_app.job_queue import UNREACHABLE, Queue
from models import daily_roots, files, history, jobs
from models.credits import due_reminders
from models.people import delegations, notice_mails
from models.reviews import digests, organisation_registrations
from models.scope import system_session
from models.transaction import unit_of_work

log = logging.getLogger(__name__)

STOP_SECONDS = 20
LOCK_PAUSE = 0.5
MOST_CHUNKS = 40
"""So many chunks of notices are looked at in one turn; the rest in the next."""


class _Consumer(Consumer):
    """huey's consumer, which tells running jobs to stop after their present chunk when it is told to stop."""

    def stop(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 - huey's signature
        jobs.stop_soon()
        super().stop(graceful)


def run(app: Flask, *, threads: int = 2) -> None:
    """Work until SIGTERM (jobs go back to the queue after their present chunk) or SIGINT."""
    settings, queue = settings_of(app), queue_of(app)
    embedded = settings.redis_url is None
    with alone(settings.instance_path / "worker.lock") if embedded else contextlib.nullcontext():
        queue.serve(_in_context(app, jobs.run_job))
        if embedded:
            with app.app_context():
                jobs.free_all()  # who held a job is dead, or would hold the lock
        garbage.settle()
        chores = Chores(app, queue)
        chores.start()
        consumer = _Consumer(
            queue.huey,
            workers=threads,
            periodic=False,
            initial_delay=0.05,
            max_delay=0.5,
            graceful_signal="TERM",
            shutdown_timeout=STOP_SECONDS,
        )
        consumer.run()
        chores.stop()


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a file lock for the block: a second worker on the same embedded queue waits here until the first ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        waited = False
        while not _try_lock(file.fileno()):
            if not waited:
                log.info("another worker holds %s, waiting for it to end", path.name)
                waited = True
            time.sleep(LOCK_PAUSE)
        yield


def is_held(path: Path) -> bool:
    """Tell whether a worker holds the lock: the server of this instance runs."""
    if not path.exists():
        return False
    with path.open("a") as file:
        return not _try_lock(file.fileno())


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_context(app: Flask, work: Callable[[int], object]) -> Callable[[int], object]:
    def in_context(job_id: int) -> object:
        with app.app_context():
            return work(job_id)

    return in_context


def sweep(queue: Queue) -> int:
    """Wake a worker for every job that waits or whose worker died; do nothing while messages wait. Return how many."""
    if queue.n_waiting():
        return 0
    ids = jobs.due_job_ids()
    for job_id in ids:
        queue.wake(job_id)
    return len(ids)


def seal_history() -> None:
    """Publish the roots of the days that are over, then seal the rows of the history that no batch holds yet."""
    with system_session() as session, unit_of_work(session):
        daily_roots.publish(session)
        history.seal(session)


def sweep_files() -> None:
    """Delete the files of tasks that have stayed long enough, and registrations that nobody went on with."""
    with system_session() as session, unit_of_work(session):
        files.sweep(session)
        organisation_registrations.sweep(session)


def follow_delegations() -> None:
    """Let open reviews follow the delegations that began or ran out by their dates."""
    with system_session() as session, unit_of_work(session):
        delegations.follow_days(session)


def tell_reviewers() -> None:
    """Write the mails about what waits into the outbox."""
    with system_session() as session, unit_of_work(session):
        digests.write_digests(session)


def mail_notices() -> None:
    """Write the mails of what was told in the site into the outbox, a chunk at a time until there is nothing to look at."""
    for _ in range(MOST_CHUNKS):
        with system_session() as session, unit_of_work(session):
            if not notice_mails.write_notice_mails(session):
                return


def remind_of_hours() -> None:
    """Remind those who miss hours where a setting asks for it, a chunk at a time until nobody is left today."""
    for _ in range(MOST_CHUNKS):
        with system_session() as session, unit_of_work(session):
            if not due_reminders.write_due_reminders(session):
                return


@dataclass(frozen=True)
class Chore:
    """Something that is due again and again; with several workers only one of them does it."""

    name: str
    every_seconds: float
    do: Callable[[], object]


class Chores(threading.Thread):
    """Do the chores in turn, in a thread beside the jobs; one that fails is logged and tried again at its next turn."""

    def __init__(self, app: Flask, queue: Queue) -> None:
        super().__init__(name="chores", daemon=True)
        self.app = app
        self.queue = queue
        self.chores: tuple[Chore, ...] = (
            Chore("sweep", 30, lambda: sweep(queue)),
            Chore("seal history", 60, seal_history),
            Chore("old files of tasks", 3600, sweep_files),
            Chore("delegations by date", 300, follow_delegations),
            Chore("mails to reviewers", 3600, tell_reviewers),
            Chore("mails of notices", 30, mail_notices),
            Chore("reminders of hours", 60, remind_of_hours),
        )
        mail_url = settings_of(app).mail_url
        if mail_url is not None:
            self.chores = (*self.chores, Chore("send mails", 20, lambda: mails.send_waiting(app, mail_url)))
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End after the present chore."""
        self._stopped.set()
        self.join(timeout=STOP_SECONDS)

    def run(self) -> None:
        """Look once a second for what is due."""
        due = dict.fromkeys(self.chores, 0.0)
        while not self._stopped.is_set():
            now = time.monotonic()
            self._leave_word()
            for chore in self.chores:
                if due[chore] <= now:
                    due[chore] = now + chore.every_seconds
                    self._do(chore)
            self._stopped.wait(1)

    def _leave_word(self) -> None:
        try:
            self.queue.sign_of_life()
        except UNREACHABLE:
            log.warning("queue not reached")

    def _do(self, chore: Chore) -> None:
        try:
            with self.app.app_context(), database.only_one(f"chore {chore.name}") as is_ours:
                if is_ours:
                    chore.do()
        except Exception:
            log.exception("chore failed", extra={"chore": chore.name})
