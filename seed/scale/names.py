"""The search tokens of millions of names, made once for each different name and written in the order of their key."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence

from models.pinyin import name_tokens
from seed.scale.tree import Unit

Row = tuple[str, str, int]


class Names:
    """Who is called what: a number for each different name, and that number for each person."""

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}
        self._of_person = array("I", [0])  # person ids begin at 1

    def add(self, names: Iterable[str]) -> None:
        """Add the names of the next people, in the order of their ids."""
        self._of_person.extend(self._number_of.setdefault(name, len(self._number_of)) for name in names)

    def token_rows(self, units: Sequence[Unit]) -> Iterator[Row]:
        """Yield the rows of the search tokens, sorted as their primary key is."""
        by_path = sorted((u for u in units if u.n_people), key=lambda u: u.path)
        people: list[array[int]] = [array("I") for _ in self._number_of]
        path_of: list[str] = []
        ids = array("I")
        for unit in by_path:  # places in this order are the order of (path, person)
            for person_id in range(unit.first_person, unit.first_person + unit.n_people):
                people[self._of_person[person_id]].append(len(ids))
                ids.append(person_id)
                path_of.append(unit.path)
        names_of: dict[str, list[int]] = {}
        for name, number in self._number_of.items():
            for token in name_tokens(name):
                names_of.setdefault(token, []).append(number)
        for token in sorted(names_of):
            for place in sorted(place for number in names_of[token] for place in people[number]):
                yield token, path_of[place], ids[place]
