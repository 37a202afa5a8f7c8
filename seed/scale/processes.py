"""Makes the chunks of the scale data in processes beside the one that writes them: most of the work is theirs."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.pool import AsyncResult

from sqlalchemy.engine import Dialect

from models.bulk import prepared
from seed.scale.columns import COLUMNS
from seed.scale.records import chunk_rows
from seed.scale.rows import Rows
from seed.scale.tree import Unit
from seed.scale.world import World, chunks

Made = tuple[Rows, list[str], int]
"""The rows as the driver takes them, the names of the people, and the first organisation's id."""

AHEAD = 3
"""Chunks that may wait for the writer: each takes some ten megabytes."""


class _Task:
    """What the processes inherit when they are forked; no connection is used in them."""

    world: World
    dialect: Dialect
    chunks: Sequence[Sequence[Unit]]


@contextmanager
def made_in_processes(world: World, dialect: Dialect) -> Iterator[Iterator[Made]]:
    """Give the chunks in their order, made by as many processes as there are cores, at most four."""
    _Task.world, _Task.dialect, _Task.chunks = world, dialect, chunks(world.units)
    with multiprocessing.get_context("fork").Pool(min(4, os.cpu_count() or 1)) as pool:
        yield _in_order(pool)


def _in_order(pool: multiprocessing.pool.Pool) -> Iterator[Made]:
    waiting: deque[AsyncResult[Made]] = deque()
    for number in range(len(_Task.chunks)):
        waiting.append(pool.apply_async(_make, (number,)))
        if len(waiting) > AHEAD:
            yield waiting.popleft().get()
    while waiting:
        yield waiting.popleft().get()


def _make(number: int) -> Made:
    units = _Task.chunks[number]
    rows, names = chunk_rows(_Task.world, number, units)
    ready = {cls: prepared(_Task.dialect, cls.__table__, COLUMNS[cls], found) for cls, found in rows.of.items()}  # type: ignore[attr-defined]
    return Rows(ready), names, units[0].id
