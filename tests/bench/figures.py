"""One measured figure and how it is printed."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """A figure with its target; ``n`` is how many rows it was measured on."""

    name: str
    value: float
    unit: str
    database: str
    n: int
    target: float | None = None

    @property
    def ok(self) -> bool:
        """Say whether the target is reached: every figure is better when it is smaller."""
        return self.target is None or self.value <= self.target

    def show(self) -> None:
        """Print the figure as one line of JSON."""
        line = {**asdict(self), "value": round(self.value, 3 if self.value < 10 else 1), "ok": self.ok}
        print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201 - the figures are the output


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 % of *values* do not pass."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def p99(values: Sequence[float]) -> float:
    """Return the value that 99 % of *values* do not pass."""
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)
