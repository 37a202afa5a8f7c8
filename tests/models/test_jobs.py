"""Jobs: taken once, resumed from the cursor after a kill, cancelled between chunks, with the rights of the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import jobs
from models.access import Actor
from models.errors import Invalid, WrongState
from models.jobs import Job, JobState, Run
from models.org.tables import Department
from models.people.tables import Post, PostState
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.deaths.inside import Killed, dying, let_leases_end

Open = Callable[[Actor], Session]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def steps() -> Iterator[dict[str, object]]:
    """Register a job that writes ten departments in chunks of two and does what the test asks on its way."""
    plan: dict[str, object] = {"die_at": None, "fail_at": None}

    def write_departments(run: Run) -> dict[str, object]:
        start = int(run.job.cursor.get("next", 0))
        for first in range(start, 10, 2):
            for n in (first, first + 1):
                run.session.add(Department(organisation_id=run.actor.organisation_id, path=run.actor.path, name=f"D{n}"))
            if plan["die_at"] == first:
                raise Killed
            if plan["fail_at"] == first:
                raise Invalid("It cannot be done.")
            run.commit(cursor={"next": first + 2}, n_done=first + 2, n_total=10)
        return {"created": 10}

    before = dict(jobs._handlers)
    jobs.handler("test_departments")(write_departments)
    yield plan
    jobs._handlers.clear()
    jobs._handlers.update(before)


def enqueue(session_of: Open, actor: Actor) -> int:
    session = session_of(actor)
    with unit_of_work(session):
        return jobs.enqueue(session, actor, "test_departments", {}).id


def look(system: Session, job_id: int) -> tuple[str, int, list[str]]:
    system.expire_all()
    job = system.get_one(Job, job_id)
    found = job.state, job.n_done, sorted(system.scalars(select(Department.name)))
    system.rollback()
    return found


ALL = [f"D{n}" for n in range(10)]


def test_a_job_runs_to_its_end_once(session_of: Open, cast: Cast, steps: object, system: Session) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    assert list(jobs.due_job_ids()) == [job_id]
    assert jobs.run_job(job_id) is JobState.DONE
    assert look(system, job_id) == ("done", 10, ALL)
    assert jobs.run_job(job_id) is None
    assert look(system, job_id) == ("done", 10, ALL)


def test_a_killed_job_goes_on_where_it_stopped(session_of: Open, cast: Cast, steps: dict[str, object], system: Session) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    steps["die_at"] = 4
    with pytest.raises(Killed):
        jobs.run_job(job_id)
    assert look(system, job_id) == ("running", 4, ALL[:4])
    assert list(jobs.due_job_ids()) == []  # the lease still runs
    let_leases_end(system)
    steps["die_at"] = None
    assert list(jobs.due_job_ids()) == [job_id]
    assert jobs.run_job(job_id) is JobState.DONE
    assert look(system, job_id) == ("done", 10, ALL)


def test_a_worker_that_lost_its_lease_writes_no_more(
    session_of: Open, cast: Cast, steps: dict[str, object], system: Session
) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    before = jobs._handlers["test_departments"]

    def robbed(run: Run) -> dict[str, object]:
        run.session.rollback()
        with unit_of_work(system):
            system.execute(update(Job).where(Job.id == job_id).values(lease="another"))
        return before(run)

    jobs.handler("test_departments")(robbed)
    assert jobs.run_job(job_id) is None
    assert look(system, job_id) == ("running", 0, [])


def test_a_cancelled_job_keeps_its_finished_chunks(
    session_of: Open, cast: Cast, steps: dict[str, object], system: Session
) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    session = session_of(cast.unit_clerk)
    steps["die_at"] = 4
    with pytest.raises(Killed):
        jobs.run_job(job_id)
    with unit_of_work(session):
        jobs.ask_cancel(session, session.get_one(Job, job_id))
    let_leases_end(system)
    steps["die_at"] = None
    assert jobs.run_job(job_id) is JobState.CANCELLED
    state, _n_done, names = look(system, job_id)
    assert (state, names) == ("cancelled", ALL[:6])
    with unit_of_work(session), pytest.raises(WrongState):
        jobs.ask_cancel(session, session.get_one(Job, job_id, populate_existing=True))


def test_a_refusal_is_kept_in_words_and_its_chunk_is_not_written(
    session_of: Open, cast: Cast, steps: dict[str, object], system: Session
) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    steps["fail_at"] = 2
    assert jobs.run_job(job_id) is JobState.FAILED
    assert look(system, job_id) == ("failed", 2, ALL[:2])
    assert system.get_one(Job, job_id).error == {"message_id": "It cannot be done.", "params": {}}


def test_a_job_that_was_killed_behind_its_last_chunk_is_not_done_again(
    session_of: Open, cast: Cast, steps: object, system: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    before = jobs._handlers["test_departments"]
    jobs.handler("test_departments")(lambda run: run.finish(before(run), n_done=10))
    with monkeypatch.context() as once:
        once.setattr(jobs, "_end", dying(1, jobs._end))
        with pytest.raises(Killed):
            jobs.run_job(job_id)
    with unit_of_work(system):
        system.execute(update(Post).where(Post.id == cast.posts["unit_clerk"].id).values(state=PostState.DISABLED))
    let_leases_end(system)
    jobs.handler("test_departments")(before)
    assert jobs.run_job(job_id) is JobState.DONE
    assert look(system, job_id) == ("done", 10, ALL)
    assert system.get_one(Job, job_id).result == {"created": 10}


def test_a_job_runs_with_the_rights_of_the_moment(session_of: Open, cast: Cast, steps: object, system: Session) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    with unit_of_work(system):
        system.execute(update(Post).where(Post.id == cast.posts["unit_clerk"].id).values(state=PostState.DISABLED))
    assert jobs.run_job(job_id) is JobState.FAILED
    assert look(system, job_id) == ("failed", 0, [])


def test_a_job_belongs_to_the_position_that_started_it(session_of: Open, cast: Cast, steps: object) -> None:
    job_id = enqueue(session_of, cast.unit_clerk)
    assert session_of(cast.unit_clerk).get(Job, job_id) is not None
    for other in (cast.city_officer, cast.support, cast.professional):
        assert session_of(other).get(Job, job_id) is None
