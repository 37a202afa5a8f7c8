"""Collects rows by table, as tuples in the order of named columns, on their way to ``scope.bulk_load``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Tuple = tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """The rows of one chunk: one list for each mapped class, in the order in which they are written."""

    of: dict[type, list[Tuple]] = field(default_factory=dict)

    def to(self, cls: type) -> list[Tuple]:
        """Return the list of a class, to append to."""
        return self.of.setdefault(cls, [])
