"""No orphans: a child of the server ends when its parent is gone, also when that was killed without a word."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK_SECONDS = 0.5
GRACE_SECONDS = 15


def end_with(parent: int) -> None:
    """Watch the parent from a thread; when it is gone, stop as on SIGTERM, and by force if that takes too long."""
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent").start()


def _watch(parent: int) -> None:
    # An orphan is given to another parent, on every Unix. The parent may have died before we look the first time.
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
