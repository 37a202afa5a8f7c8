"""What every test may ask for: an application, a fresh database with the fixed cast, a clock, a browser, a server."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import os
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from admin_app import garbage
from admin_app.factory import create_app
from admin_app.settings import Settings
from models import jobs, storage
from models.access import Actor
from models.base import LOCAL_ZONE, db
from models.people import passwords
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import Intent, expect, unit_of_work
from tests.cast import Cast
from tests.databases import REDIS_URL, Templates, engine_of, has_postgres, has_redis
from views.limits import limiter

pytest.register_assert_rewrite("tests.browser.harness")
KEY = base64.urlsafe_b64encode(bytes(32)).decode()


# --- what is not run is named, and with CI=true it is a failure ---------------------------------------------------

NEEDS = {
    "postgres": (has_postgres, "no PostgreSQL server at CE_TEST_POSTGRES_URL or 127.0.0.1:5432"),
    "redis": (has_redis, "no Redis server at CE_TEST_REDIS_URL or 127.0.0.1:6379"),
    "browser": (lambda: chromium() is not None, "no Chromium (CE_TEST_CHROMIUM names another place)"),
}


def chromium() -> str | None:
    """Return the browser that the tests use."""
    return os.environ.get("CE_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked both_databases once on each."""
    if metafunc.definition.get_closest_marker("both_databases"):
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
        metafunc.parametrize("database_kind", kinds, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run."""
    for marker, (is_found, reason) in NEEDS.items():
        needing = [item for item in items if item.get_closest_marker(marker)]
        if needing and not is_found():
            for item in needing:
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name what was not run."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    for reason in sorted(set(reasons)):
        terminalreporter.write_line(f"NOT RUN: {reasons.count(reason)} tests: {reason.removeprefix('Skipped: ')}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where everything must have run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _loggers_speak() -> None:
    """Undo what a library's logging set-up in an earlier test left behind: no test leans on another."""
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in {"admin_app", "models", "views"}:
            logger.disabled = False
            logger.propagate = True


@pytest.fixture(scope="session", autouse=True)
def own_hasher() -> Iterator[PasswordHasher]:
    """What hashes the product's passwords; while tests run something cheap stands in its place."""
    own = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield own
    passwords._hasher = own


# --- application and database ---------------------------------------------------------------------------------------


def settings_for(folder: Path) -> Settings:
    """Return settings that touch nothing outside a folder, with fixed keys and without captcha."""
    return replace(
        Settings.of_instance(folder), secret_key=KEY, data_keys=(KEY,), index_key=KEY, signing_keys=(KEY,), captcha=False
    )


@pytest.fixture(scope="session")
def one_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application of all tests of a worker; ask for `app`, which brings a fresh database with it."""
    app = create_app(settings_for(tmp_path_factory.mktemp("instance")))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, FLASK_ADMIN_RAISE_ON_VIEW_EXCEPTION=True)
    garbage.settle()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def templates(one_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """The databases that are copied for each test."""
    made = Templates(one_app, tmp_path_factory.mktemp("templates"))
    yield made
    made.close()


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """The database of this test: SQLite, unless both_databases asks for each."""
    return str(getattr(request, "param", "sqlite"))


@contextmanager
def nothing_left(app: Flask, templates: Templates, url: str, folder: Path) -> Iterator[Flask]:
    """Let the application work on a database of its own, with a storage and rate limits that no test has touched."""
    storage.configure((folder / "files").as_uri())
    limiter.reset()
    expect(Intent.READ)  # the last request of another test may have meant to write
    with engine_of(app, url):
        yield app
    templates.drop(url)


@pytest.fixture
def app(one_app: Flask, templates: Templates, database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a fresh database with the cast. It pushes no context: a request brings its own."""
    with nothing_left(one_app, templates, templates.fresh(database_kind, tmp_path), tmp_path) as fresh:
        yield fresh


@pytest.fixture
def empty_app(one_app: Flask, templates: Templates, database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a migrated database without a row."""
    url = templates.fresh(database_kind, tmp_path, with_cast=False)
    with nothing_left(one_app, templates, url, tmp_path) as fresh:
        yield fresh


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without a login."""
    return app.test_client()


@pytest.fixture
def cast(app: Flask, templates: Templates) -> Cast:
    """The fixed cast of the database; a copy, so that a test may change what it holds."""
    built: Cast = pickle.loads(templates.cast)
    return built


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """An application context for tests of the models; not together with `client`."""
    with app.app_context():
        yield app


@pytest.fixture
def session_of(in_app: Flask) -> Iterator[Callable[[Actor], Session]]:
    """Open a session in somebody's scope: `session_of(cast.unit_clerk)`."""
    with ExitStack() as opened:

        def open_session(actor: Actor) -> Session:
            session = opened.enter_context(ScopedSession(db, expire_on_commit=False, autoflush=False))
            attach(session, scope_of(actor))
            return session

        yield open_session


@pytest.fixture
def run(session_of: Callable[[Actor], Session]) -> Callable[..., Any]:
    """Call an operation as somebody, in a session and a transaction of its own: `run(plans.save, actor, data)`."""

    def call(operation: Callable[..., Any], actor: Actor, *args: Any, **values: Any) -> Any:
        session = session_of(actor)
        with unit_of_work(session):
            return operation(session, actor, *args, **values)

    return call


@pytest.fixture
def system(in_app: Flask) -> Iterator[Session]:
    """A session that sees everything, to look at what an operation did."""
    with system_session() as session:
        yield session


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], int]:
    """Work every waiting job to its end in this process; return how many there were."""

    def run() -> int:
        n_run = 0
        with app.app_context():
            while ids := jobs.due_job_ids():
                for job_id in ids:
                    jobs.run_job(job_id)
                    n_run += 1
        return n_run

    return run


@pytest.fixture
def redis_url() -> str:
    """The address of a Redis database that the test may fill; mark the test redis."""
    return REDIS_URL


# --- clock ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> Iterator[Callable[[str], None]]:
    """Set the clock to a local time and let it stand: `clock("2026-12-15 23:59")`."""
    with ExitStack() as stack:

        def set_clock(local: str) -> None:
            stack.close()
            moment = dt.datetime.fromisoformat(local).replace(tzinfo=LOCAL_ZONE)
            stack.enter_context(time_machine.travel(moment, tick=False))

        yield set_clock


# --- browser --------------------------------------------------------------------------------------------------------


class _QuietHandler(WSGIRequestHandler):
    def log(self, *_arguments: Any) -> None:
        """Write nothing: the application writes its own line."""


@pytest.fixture
def live_server(app: Flask, run_jobs: Callable[[], int]) -> Iterator[str]:
    """The application behind a port of this machine; its jobs are worked at once. Returns the address."""
    workers: list[threading.Thread] = []

    def work(_job_id: int) -> None:
        workers.append(threading.Thread(target=run_jobs))
        workers[-1].start()

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    wakers = list(jobs._wakers)
    jobs.on_enqueued(work)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    for worker in workers:
        worker.join()
    jobs._wakers[:] = wakers


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, which looks for nothing outside this machine."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    silent = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
    return {"executable_path": chromium(), "args": quiet + silent}


@pytest.fixture
def base_url(live_server: str) -> str:
    """What `page.goto("/")` begins with."""
    return live_server


@pytest.fixture
def browser_context_args(base_url: str) -> dict[str, Any]:
    """An officer's desk: a small laptop, Chinese, the local time zone."""
    return {
        "base_url": base_url,
        "viewport": {"width": 1366, "height": 768},
        "locale": "zh-CN",
        "timezone_id": str(LOCAL_ZONE),
    }
