"""`python -m tests.bench.job <id>`: run one job in a process of its own and print time, memory and the longest write."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from sqlalchemy import event

from admin_app import garbage, logs
from admin_app.factory import create_app
from admin_app.settings import Settings
from models import jobs
from models.base import db
from models.scope import system_session
from models.transaction import intends_to_write


class Writes:
    """The times between the begin and the end of each writing transaction."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._began: dict[Any, float] = {}

    def listen(self, engine: Any) -> None:
        """Watch the transactions of *engine*."""
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "commit", self._end)
        event.listen(engine, "rollback", self._end)

    def _begin(self, connection: Any) -> None:
        if intends_to_write():
            self._began[connection] = time.perf_counter()

    def _end(self, connection: Any) -> None:
        began = self._began.pop(connection, None)
        if began is not None:
            self.seconds.append(time.perf_counter() - began)


def main() -> None:
    """Run the job and print what it took."""
    logs.configure(level=logging.ERROR)
    app = create_app(Settings.from_environment(os.environ))
    garbage.settle()
    with app.app_context():
        writes = Writes()
        writes.listen(db.engine)
        before = _memory("self")
        began, began_own = time.perf_counter(), time.process_time()
        with Memory() as memory:
            state = jobs.run_job(int(sys.argv[1]))
        seconds, own = time.perf_counter() - began, time.process_time() - began_own
        with system_session() as session:
            result = session.get_one(jobs.Job, int(sys.argv[1])).result
    sys.stdout.write(
        json.dumps(
            {
                "state": str(state),
                "result": {k: v for k, v in result.items() if isinstance(v, int)},
                "seconds": seconds,
                "processor": own,
                "before": before,
                "memory": max(memory.most, _memory("self")),
                "longest": max(writes.seconds),
            }
        )
    )


class Memory:
    """Looks at this process while a parser of workbooks runs; ``most`` is what both had at the same moment, in MB.

    The figure of ``getrusage`` is of no use: a child inherits the parent's peak when it is started.
    """

    def __init__(self) -> None:
        self.most = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(0.01):
            for children in Path("/proc/self/task").glob("*/children"):
                with suppress(OSError):  # a thread or a child that has just ended
                    for child in children.read_text().split():
                        if b"parser.py" in Path(f"/proc/{child}/cmdline").read_bytes():
                            self.most = max(self.most, _memory("self", "VmRSS") + _memory(child, "VmRSS"))


def _memory(process: str, which: str = "VmHWM") -> float:
    """Return the most memory that a process has had, in MB, or with VmRSS what it has now."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(rf"{which}:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
