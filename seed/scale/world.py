"""What every chunk of the scale data is made from: the sizes, the tree, the numbers, the code lists, the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from models.credits.counting import Needs
from models.org.code_lists import CodeList
from seed import made_up
from seed.reference import code_rows
from seed.scale.catalogue import Catalogue
from seed.scale.tree import Unit

SEED = 20260101
YEARS_BACK = 2
"""How many closed years have records, beside the running one."""

CHUNK_PEOPLE = 4000


@dataclass(frozen=True, slots=True)
class Title:
    """A professional title of a series, with how common its level is."""

    series: str
    level: str
    qualification: str


@dataclass(frozen=True, slots=True)
class World:
    """Read-only; the same for every chunk and, with the same keys, on every run."""

    n_people: int
    n_credits: int
    units: Sequence[Unit]
    numbers: made_up.NumberSpace
    titles: Mapping[str, tuple[Sequence[Title], Sequence[int]]]  # by series, with running weights
    catalogue: Catalogue
    needs: Mapping[int, Needs]
    now: dt.datetime
    today: dt.date
    password_hash: str

    @property
    def year(self) -> int:
        """Return the running year."""
        return self.today.year

    def account_of_person(self, person_id: int) -> int:
        """Return the account id of a person: the first ids belong to the administrators, one of each organisation."""
        return len(self.units) + person_id

    def n_credits_before(self, person_id: int) -> int:
        """Return how many credit records belong to the people before this one, so that each chunk knows its ids."""
        return self.n_credits * (person_id - 1) // self.n_people if self.n_people else 0


def chunks(units: Sequence[Unit]) -> list[list[Unit]]:
    """Return the organisations with people in the order of their people's ids, in groups of some thousand people."""
    found: list[list[Unit]] = [[]]
    n = 0
    for unit in sorted((u for u in units if u.n_people), key=lambda u: u.first_person):
        if n >= CHUNK_PEOPLE:
            found.append([])
            n = 0
        found[-1].append(unit)
        n += unit.n_people
    return found


def titles() -> dict[str, tuple[Sequence[Title], Sequence[int]]]:
    """Return the titles of each series from the code list; the lower the level, the more have it."""
    weights = {"411": 3, "412": 15, "420": 40, "434": 35, "435": 7}
    found: dict[str, list[tuple[Title, int]]] = {}
    for row in code_rows(CodeList.TITLE_QUALIFICATION):
        level = (row["extra"] or {}).get("level", "")
        if level in weights:
            series = str(row["parent_code"])
            found.setdefault(series, []).append((Title(series, level, row["code"]), weights[level]))
    return {series: ([t for t, _ in rows], list(accumulate(w for _, w in rows))) for series, rows in found.items()}


def random_of(name: object) -> Random:
    """Return the random numbers of one part of the data, whatever was made before it."""
    return Random(f"{SEED}:{name}")
