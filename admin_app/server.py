"""`run`: one command that serves the web and works the jobs, and stops both. docs/decisions says why it is Granian."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from admin_app.settings import Settings

log = logging.getLogger(__name__)

WEB_STOP_SECONDS = 15
WORKER_STOP_SECONDS = 25
RESTART_SECONDS = (1, 2, 5, 10, 30)


class PortTaken(Exception):
    """Another program listens where the server should."""


def run(settings: Settings, *, announce: Callable[[], None]) -> None:
    """Serve until a signal, with one worker beside; call *announce* once the first page answers."""
    _check_port(settings)
    # Threads run beside when a web process is started: a forked copy could inherit a lock that one of them held, and hang.
    multiprocessing.set_start_method("spawn", force=True)
    worker = WorkerProcess()
    worker.start()
    threading.Thread(target=_announce, args=(settings, announce), daemon=True, name="announce").start()
    try:
        _web_server(settings).serve()
    finally:
        worker.stop()


def _web_server(settings: Settings) -> Any:
    return Granian(
        "admin_app.web:load",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,  # admin_app/bodies.py stands before the threads of the application
        workers=settings.workers,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=WEB_STOP_SECONDS,
        log_level=LogLevels.error,
    )


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTaken(f"CE_PORT: {settings.host}:{settings.port} cannot be used ({error.strerror})") from error


def _announce(settings: Settings, announce: Callable[[], None]) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    url = f"http://{host}:{settings.port}/healthz"
    pause = threading.Event()
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):
                announce()
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.1)


class WorkerProcess:
    """The worker beside the web: started again when it dies, stopped with the server."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_alive, daemon=True, name="worker process")

    def start(self) -> None:
        """Start the process and the thread that watches it."""
        self._thread.start()

    def stop(self) -> None:
        """Let the worker end its present chunk; kill it when that takes too long (its job goes on from the cursor)."""
        self._stopping.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(WORKER_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        self._thread.join(5)

    def _keep_alive(self) -> None:
        n_deaths = 0
        while not self._stopping.is_set():
            # A group of its own: Ctrl-C in a terminal reaches the server alone, which then stops the worker in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no word from outside
                [sys.executable, "-m", "admin_app", "worker", "--with-parent", str(os.getpid())],
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
            code = self._process.wait()
            if not self._stopping.is_set():
                log.error("the worker ended", extra={"code": code})
                self._stopping.wait(RESTART_SECONDS[min(n_deaths, len(RESTART_SECONDS) - 1)])
                n_deaths += 1
