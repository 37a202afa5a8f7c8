"""`python -m tests.bench.job <id>`: run one job in a process of its own and print time, memory and the longest write."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
from typing import Any

from sqlalchemy import event

from admin_app import logs
from admin_app.settings import Settings
from models import jobs
from models.base import db
from models.scope import system_session
from models.transaction import intends_to_write
from tests.bench.ground import open_app


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
    app = open_app(Settings.from_environment(os.environ))
    with app.app_context():
        writes = Writes()
        writes.listen(db.engine)
        before = _memory(resource.RUSAGE_SELF)
        began, began_own = time.perf_counter(), time.process_time()
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
                "memory": _memory(resource.RUSAGE_SELF),
                "child": _memory(resource.RUSAGE_CHILDREN),
                "longest": max(writes.seconds),
            }
        )
    )


def _memory(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


if __name__ == "__main__":
    main()
