"""`python -m tests.bench`: run the parts that were asked for and print their figures."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator

from admin_app import logs
from admin_app.settings import Settings
from tests.bench import certificates, decisions, pages, sheets, single
from tests.bench.figures import Figure
from tests.bench.ground import Ground, copied, prepare, settings_of_bench

READING: dict[str, Callable[[Ground], Iterable[Figure]]] = {"scope": single.scope, "pages": pages.run}
WRITING: dict[str, Callable[[Ground, Settings], Iterable[Figure]]] = {
    "login": single.login,
    "years": single.years,
    "certificates": certificates.run,
    "decisions": decisions.run,
    "sheets": sheets.run,
}


def figures(asked: set[str]) -> Iterator[Figure]:
    """Yield the figures of the parts *asked* for, all for none."""
    settings = settings_of_bench()
    ground = prepare(settings)
    for name, part in READING.items():
        if not asked or name in asked:
            yield from part(ground)
    wanted = [part for name, part in WRITING.items() if not asked or name in asked]
    if not wanted:
        return
    ground.close()
    with copied(settings) as own:
        ground = prepare(own)
        for part in wanted:
            yield from part(ground, own)
        ground.close()


def main() -> None:
    """Print one line for each figure."""
    logs.configure(level=logging.ERROR)
    asked = {name.strip() for name in os.environ.get("CE_BENCH_ONLY", "").split(",") if name.strip()}
    for figure in figures(asked):
        figure.show()


if __name__ == "__main__":
    main()
