"""`run` from outside: it answers, it is ready, it stops both of its parts, and nobody stays behind."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from admin_app.settings import ROOT
from tests.databases import Templates

PATIENCE = 120  # generous: on a busy machine each process needs long to start


def free_port() -> int:
    """Return a port that no other program is given between here and its use: below those that connections go out from."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")


class Server:
    """A started `python -m admin_app run` on a free port, in an instance folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.environment = {**os.environ, "CE_INSTANCE": str(folder), "CE_PORT": str(self.port), "CE_CAPTCHA": "off"}
        self.log = folder / "log.txt"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start `run`; its log goes to a file."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "admin_app", "run"]
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def get(self, path: str) -> tuple[int, dict[str, str]]:
        """Return status and content of a JSON page; 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def is_ready(self) -> bool:
        """Tell whether every part answers; a server that ended says so at once, with its log."""
        assert self.process.poll() is None, self.log.read_text()
        return self.get("/readyz")[0] == 200

    def children(self) -> list[int]:
        """Return the web process and the worker, without the small process by which Python sees to what they share."""
        found = subprocess.run(["pgrep", "-aP", str(self.process.pid)], check=False, capture_output=True, text=True)
        return [int(line.split()[0]) for line in found.stdout.splitlines() if "resource_tracker" not in line]


def wait_until(what: Callable[[], bool]) -> None:
    """Wait for something that another process brings about."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def server(tmp_path: Path, templates: Templates) -> Iterator[Server]:
    """A server that is ready; whatever is left of it is killed after the test."""
    templates.fresh("sqlite", tmp_path)
    running = Server(tmp_path)
    children: list[int] = []
    try:
        wait_until(running.is_ready)
        children = running.children()
        yield running
    finally:
        for process_id in [running.process.pid, *children, *running.children()]:
            if is_alive(process_id):
                os.kill(process_id, signal.SIGKILL)
        running.process.wait()


def test_slow_senders_hold_no_thread(server: Server) -> None:
    """More unfinished requests than there are threads: everybody else is answered as before."""
    head = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(24)]
    try:
        for sender in slow:
            sender.sendall(head + b"number=")
        assert [server.get("/healthz")[0] for _ in range(5)] == [200] * 5
    finally:
        for sender in slow:
            sender.close()


def test_it_is_ready_and_stops_both_parts_at_a_word(server: Server) -> None:
    assert server.get("/readyz") == (200, {"database": "ok", "jobs": "ok", "status": "ok", "storage": "ok"})
    children = server.children()
    assert len(children) == 2
    server.process.terminate()
    assert server.process.wait(PATIENCE) == 0
    assert [child for child in children if is_alive(child)] == []


def test_killed_without_a_word_it_leaves_no_orphan_and_the_port_is_free(server: Server) -> None:
    children = server.children()
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not any(is_alive(child) for child in children))
    server.process = server.start()
    wait_until(lambda: server.get("/healthz")[0] == 200)


def test_a_part_that_dies_is_started_again(server: Server) -> None:
    before = server.children()
    for child in before:
        os.kill(child, signal.SIGKILL)
    wait_until(lambda: len(set(server.children()) - set(before)) == 2)
    wait_until(lambda: server.get("/healthz")[0] == 200)
    assert is_alive(server.process.pid)


def test_a_taken_port_is_answered_by_one_line(server: Server) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "admin_app", "run"], check=False, cwd=ROOT, env=server.environment, capture_output=True, text=True
    )
    assert second.returncode == 1
    assert second.stderr == f"CE_PORT: 127.0.0.1:{server.port} cannot be used (Address already in use)\n"
