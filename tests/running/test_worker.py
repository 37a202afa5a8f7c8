"""The queue only wakes; the rows of the jobs are the truth, and nothing is lost when a message is."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from admin_app import worker
from admin_app.job_queue import Queue
from models import jobs
from models.jobs import Job, JobState, Run
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.conftest import settings_for

N_CHUNKS = 3


@pytest.fixture
def seen() -> Iterator[list[int]]:
    """Register a kind of job that counts to three in chunks, and collect what it did."""
    done: list[int] = []

    @jobs.handler("count")
    def count(run: Run) -> dict[str, int]:
        for n in range(run.job.cursor.get("next", 0), N_CHUNKS):
            done.append(n)
            run.commit(cursor={"next": n + 1}, n_done=n + 1)
        return {"n": N_CHUNKS}

    yield done
    del jobs._handlers["count"]


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    """An embedded queue in a folder of its own."""
    return Queue(settings_for(tmp_path / "queue"))


def _enqueue(cast: Cast, n_jobs: int = 1) -> list[int]:
    actor = cast.unit_clerk
    with system_session() as session, unit_of_work(session):
        rows = [Job(account_id=actor.account_id, position_key=actor.position_key, kind="count", params={}) for _ in range(n_jobs)]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def _state(job_id: int) -> tuple[JobState, int, dict[str, int]]:
    with system_session() as session:
        job = session.get_one(Job, job_id)
        return job.state, job.n_done, job.result


def _work_all(queue: Queue) -> None:
    queue.serve(jobs.run_job)
    while task := queue.huey.dequeue():
        queue.huey.execute(task)


def test_a_message_runs_the_job_it_names_and_a_second_one_does_nothing(
    in_app: Flask, cast: Cast, queue: Queue, seen: list[int]
) -> None:
    (job_id,) = _enqueue(cast)
    queue.wake(job_id)
    queue.wake(job_id)
    _work_all(queue)
    assert (seen, _state(job_id)) == ([0, 1, 2], (JobState.DONE, 3, {"n": 3}))


def test_the_sweep_finds_the_jobs_that_no_message_named(in_app: Flask, cast: Cast, queue: Queue, seen: list[int]) -> None:
    ids = _enqueue(cast, 2)
    assert worker.sweep(queue) == 2
    assert worker.sweep(queue) == 0
    _work_all(queue)
    assert [_state(job_id)[0] for job_id in ids] == [JobState.DONE, JobState.DONE]
    assert worker.sweep(queue) == 0


def test_a_job_told_to_stop_goes_back_to_the_queue_and_on_from_its_chunk(
    in_app: Flask, cast: Cast, queue: Queue, seen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    (job_id,) = _enqueue(cast)
    monkeypatch.setattr(jobs, "_stopping", threading.Event())
    jobs.stop_soon()
    assert jobs.run_job(job_id) == JobState.QUEUED
    assert (seen, _state(job_id)) == ([0], (JobState.QUEUED, 1, {}))
    jobs._stopping.clear()
    assert jobs.run_job(job_id) == JobState.DONE
    assert (seen, _state(job_id)) == ([0, 1, 2], (JobState.DONE, 3, {"n": 3}))


def test_a_queue_out_of_reach_is_logged_and_the_request_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue(replace(settings_for(tmp_path), redis_url="redis://127.0.0.1:1/0"))
    with caplog.at_level(logging.WARNING):
        queue.wake(7)
    assert [record.getMessage() for record in caplog.records] == ["queue not reached, the job waits for the sweep"]


def test_a_second_embedded_worker_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []
    holding, waiting = threading.Event(), threading.Event()

    def second() -> None:
        holding.wait()
        waiting.set()
        with worker.alone(tmp_path / "worker.lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with worker.alone(tmp_path / "worker.lock"):
        holding.set()
        waiting.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_chore_that_fails_is_logged_and_the_others_go_on(in_app: Flask, queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    chores = worker.Chores(in_app, queue)
    with caplog.at_level(logging.ERROR):
        chores._do(worker.Chore("broken", 60, lambda: 1 / 0))
        chores._do(worker.Chore("whole", 60, lambda: done.append("whole")))
    assert done == ["whole"]
    assert [record.getMessage() for record in caplog.records] == ["chore failed"]


def test_a_worker_is_seen_as_long_as_it_leaves_word(queue: Queue) -> None:
    assert queue.has_worker() is False
    queue.sign_of_life()
    assert queue.has_worker() is True


@pytest.mark.redis
def test_the_same_on_redis(in_app: Flask, cast: Cast, tmp_path: Path, redis_url: str, seen: list[int]) -> None:
    with Redis.from_url(redis_url) as connection:
        connection.flushdb()
    queue = Queue(replace(settings_for(tmp_path), redis_url=redis_url))
    (job_id,) = _enqueue(cast)
    queue.wake(job_id)
    _work_all(queue)
    queue.sign_of_life()
    assert (seen, _state(job_id), queue.has_worker()) == ([0, 1, 2], (JobState.DONE, 3, {"n": 3}), True)
