"""Background jobs: the Job row is the truth (state, progress, lease, cursor, result); a queue only wakes workers.

A handler works in chunks. Each chunk's rows and the job's cursor are committed together, so that a job that was killed
goes on where it stopped, and nothing is done twice.
"""

from __future__ import annotations

import datetime as dt
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor
from models.base import Base, BigId, ScopedSession, db, utcnow
from models.errors import N_, DomainError, WrongState
from models.scope import SYSTEM, OwnedByAccount, acting, attach, scope_of, system_session
from models.transaction import Intent, after_commit, intending, unit_of_work

LEASE = dt.timedelta(seconds=60)
MAX_TRIES = 5
_FINISHED = "result"
"""In the cursor of a job whose last chunk is written."""
PAUSE_SECONDS = 0.005
"""SQLite's lock is not fair: between two chunks the writing requests get their turn."""


class JobState(StrEnum):
    """The life of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})


class Job(OwnedByAccount, Base):
    """Long work that somebody started in a position: its rights are checked again while it runs."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_account", "account_id", "position_key", "id"),
        Index("ix_jobs_state", "state", "id"),
        CheckConstraint("state in ('queued','running','done','failed','cancelled')", name="known_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    position_key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(String(12), default="zh_Hans_CN")
    state: Mapped[JobState] = mapped_column(String(12), default=JobState.QUEUED)
    n_done: Mapped[int] = mapped_column(default=0)
    n_total: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[dict[str, Any] | None]
    is_cancel_asked: Mapped[bool] = mapped_column(default=False)
    n_tries: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    ended_at: Mapped[dt.datetime | None]
    note: Mapped[str] = mapped_column(Text, default="")


UNEXPECTED = N_("An unexpected error stopped the task; nothing of its last part was written.")


class Cancelled(Exception):
    """The job was asked to stop; what its finished chunks did stays."""


class Stopping(Exception):
    """The worker shuts down: the job goes back to the queue with its cursor."""


class LeaseLost(RuntimeError):
    """Another worker took the job over: this one must not write any more."""


@dataclass
class Run:
    """What a handler gets: the job's row in its own scoped session, and the only way to commit a chunk."""

    session: Session
    actor: Actor
    job: Job
    lease: str
    _fresh: dict[str, Any] = field(default_factory=dict)

    def commit(
        self,
        *,
        cursor: dict[str, Any] | None = None,
        n_done: int | None = None,
        n_total: int | None = None,
        result: dict[str, Any] | None = None,
    ) -> None:
        """Commit the chunk with the job's cursor in one transaction; raises Cancelled or LeaseLost instead of going on."""
        self._write(cursor=cursor, n_done=n_done, n_total=n_total, result=result)
        with intending(Intent.READ):
            is_cancel_asked = self.session.scalar(select(Job.is_cancel_asked).where(Job.id == self.job.id))
            self.session.commit()
        if is_cancel_asked:
            raise Cancelled
        if _stopping.is_set():
            raise Stopping
        time.sleep(PAUSE_SECONDS)

    def finish(self, result: dict[str, Any], *, n_done: int | None = None) -> dict[str, Any]:
        """Commit the last chunk with the result of the job, and return it; raises LeaseLost.

        Nothing is left to be cancelled. Killed from here on, the job ends with that result, and its handler is not asked again.
        """
        self._write(cursor={_FINISHED: result}, n_done=n_done, n_total=n_done)
        return result

    def _write(self, **values: Any) -> None:
        given = {name: value for name, value in values.items() if value is not None}
        for name, value in given.items():
            setattr(self.job, name, value)
        with unit_of_work(self.session):
            if not _hold(self.session, self.job.id, self.lease, {**given, "lease_until": utcnow() + LEASE}):
                raise LeaseLost(f"job {self.job.id}")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read without the write lock: others go on writing while the block runs."""
        with intending(Intent.READ):
            yield self.session
            self.session.commit()


def _hold(session: Session, job_id: int, lease: str, values: dict[str, Any]) -> bool:
    session.flush()
    done = session.execute(
        update(Job).where(Job.id == job_id, Job.lease == lease, Job.state == JobState.RUNNING).values(**values),
        execution_options={"synchronize_session": False},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


Handler = Callable[[Run], dict[str, Any]]
_handlers: dict[str, Handler] = {}
_tidiers: dict[str, Callable[[Session, Job], None]] = {}
_stopping = threading.Event()
_wakers: list[Callable[[int], None]] = []
_actor_loader: list[Callable[[int, str], Actor | None]] = []


def handler(kind: str, *, tidy: Callable[[Session, Job], None] | None = None) -> Callable[[Handler], Handler]:
    """Register the function that does the jobs of *kind*; its return value is the job's result.

    *tidy* takes away what a job that was cancelled, or failed, had begun and nobody will end; it is called once, with the
    job's last cursor, in the transaction that ends the job.
    """

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        if tidy is not None:
            _tidiers[kind] = tidy
        return function

    return register


def on_enqueued(waker: Callable[[int], None]) -> None:
    """Set the function that wakes a worker for a job id once the transaction has committed."""
    _wakers[:] = [waker]


def load_actors_with(loader: Callable[[int, str], Actor | None]) -> None:
    """Set the function that reads an Actor afresh: a job runs with the rights of the moment, not of its start."""
    _actor_loader[:] = [loader]


def enqueue(session: Session, actor: Actor, kind: str, params: dict[str, Any], *, n_total: int = 0) -> Job:
    """Write a job in the running transaction and wake a worker after its commit; raises KeyError for an unknown kind."""
    _handlers[kind]
    job = Job(
        account_id=actor.account_id,
        position_key=actor.position_key,
        kind=kind,
        params=params,
        n_total=n_total,
        language=actor.language,
    )
    with acting(session, "enqueue_job"):
        session.add(job)
    after_commit(session, lambda: _wake(job.id))
    return job


def open_like(session: Session, actor: Actor, kind: str, params: dict[str, Any]) -> Job | None:
    """Return the actor's open job of the same kind with the same *params*, which nobody asked to stop; None without one."""
    mine = (Job.account_id == actor.account_id, Job.position_key == actor.position_key, Job.kind == kind)
    going = (Job.state.in_(OPEN_STATES), Job.is_cancel_asked.is_(False))
    rows = session.scalars(select(Job).where(*mine, *going).order_by(Job.id))
    return next((job for job in rows if job.params == params), None)


def _wake(job_id: int) -> None:
    for wake in _wakers:
        wake(job_id)


def ask_cancel(session: Session, job: Job) -> None:
    """Ask an open job to stop after its present chunk; a queued one ends at once. Raises WrongState for an ended one."""
    if job.state not in OPEN_STATES:
        raise WrongState(N_("This task has ended already."))
    job.is_cancel_asked = True
    if job.state == JobState.QUEUED:
        job.state = JobState.CANCELLED
        job.ended_at = utcnow()
        _tidy(session, job)
    session.flush()


def _tidy(session: Session, job: Job) -> None:
    if job.kind in _tidiers:
        _tidiers[job.kind](session, job)


def due_job_ids() -> Sequence[int]:
    """Return the jobs that wait, or whose worker died (its lease ran out)."""
    with system_session() as session:
        return session.scalars(
            select(Job.id)
            .where(or_(Job.state == JobState.QUEUED, (Job.state == JobState.RUNNING) & (Job.lease_until < utcnow())))
            .order_by(Job.id)
        ).all()


def _take(job_id: int) -> tuple[str, Job] | None:
    lease = secrets.token_hex(16)
    now = utcnow()
    free = or_(Job.state == JobState.QUEUED, (Job.state == JobState.RUNNING) & (Job.lease_until < now))
    with system_session() as session, unit_of_work(session):
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, free)
            .values(state=JobState.RUNNING, lease=lease, lease_until=now + LEASE, n_tries=Job.n_tries + 1),
            execution_options={"synchronize_session": False},
        )
        if not taken.rowcount:  # type: ignore[attr-defined]
            return None
        return lease, session.scalars(select(Job).where(Job.id == job_id)).one()


def _end(job_id: int, lease: str, state: JobState, **values: Any) -> None:
    with system_session() as session, unit_of_work(session):
        ended = session.execute(
            update(Job)
            .where(Job.id == job_id, Job.lease == lease)
            .values(state=state, ended_at=utcnow(), lease=None, lease_until=None, **values),
            execution_options={"synchronize_session": False},
        )
        if ended.rowcount and state != JobState.DONE:  # type: ignore[attr-defined]
            _tidy(session, session.scalars(select(Job).where(Job.id == job_id)).one())


def _put_back(job_id: int, lease: str) -> None:
    with system_session() as session, unit_of_work(session):
        session.execute(
            update(Job)
            .where(Job.id == job_id, Job.lease == lease)
            .values(state=JobState.QUEUED, lease=None, lease_until=None, n_tries=Job.n_tries - 1),
            execution_options={"synchronize_session": False},
        )


def free_all() -> None:
    """Give back the jobs that a dead worker held. Only for a worker that knows it is alone, as on the embedded queue."""
    with system_session() as session, unit_of_work(session):
        session.execute(
            update(Job).where(Job.state == JobState.RUNNING).values(lease_until=utcnow()),
            execution_options={"synchronize_session": False},
        )


def stop_soon() -> None:
    """Let the jobs of this process end after their present chunk and go back to the queue."""
    _stopping.set()


def run_job(job_id: int) -> JobState | None:
    """Run one job to its end if no other worker holds it; return its state, or None when it was not free."""
    taken = _take(job_id)
    if taken is None:
        return None
    lease, row = taken
    if _FINISHED in row.cursor:  # killed between its last transaction and its end
        _end(job_id, lease, JobState.DONE, result=row.cursor[_FINISHED])
        return JobState.DONE
    if row.n_tries > MAX_TRIES:
        _end(job_id, lease, JobState.FAILED, error=_words(N_("The task was interrupted too often.")))
        return JobState.FAILED
    actor = _actor_loader[0](row.account_id, row.position_key)
    if actor is None:
        _end(job_id, lease, JobState.FAILED, error=_words(N_("The position that started this task no longer exists.")))
        return JobState.FAILED
    return _work(job_id, lease, row, actor)


def _work(job_id: int, lease: str, row: Job, actor: Actor) -> JobState | None:
    with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, SYSTEM if actor.position_key == "system" else scope_of(actor))
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
        session.commit()  # the handler's first transaction begins with its own intent
        run = Run(session, actor, job, lease)
        try:
            # Every chunk writes in the end, so it takes SQLite's lock first; long reading goes into intending(READ).
            with intending(Intent.WRITE):
                result = _handlers[row.kind](run)
        except Cancelled:
            session.rollback()
            _end(job_id, lease, JobState.CANCELLED)
            return JobState.CANCELLED
        except LeaseLost:
            session.rollback()
            return None
        except Stopping:
            session.rollback()
            _put_back(job_id, lease)
            return JobState.QUEUED
        except DomainError as refusal:
            session.rollback()
            _end(job_id, lease, JobState.FAILED, error=_words(refusal.message_id, refusal.params))
            return JobState.FAILED
        except Exception:
            session.rollback()
            _end(job_id, lease, JobState.FAILED, error=_words(UNEXPECTED))
            raise
    _end(job_id, lease, JobState.DONE, result=result)
    return JobState.DONE


def _words(message_id: str, params: dict[str, object] | None = None) -> dict[str, Any]:
    return {"message_id": message_id, "params": {k: str(v) for k, v in (params or {}).items()}}
