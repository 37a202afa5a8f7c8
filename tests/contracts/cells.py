"""The cells of the isolation matrix: who asks which address about whose object, made from the URL map.

A route whose argument nobody knows how to fill stops the run: a new screen is covered the day it is registered.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import inspect
from werkzeug.routing import Rule

from tests.contracts.canaries import IN_ADDRESSES, World
from views.admin.actions import Listing

VISITOR = "visitor"
NOBODY = "nobody"  # the placement of an id that no row has
ABSENT_ID = 987_654

ARGUMENTS = {
    # name of a route's argument -> (table, column) whose values it takes
    "declaration_id": ("declarations", "id"),
    "person_id": ("professionals", "id"),
    "organisation_id": ("organisations", "id"),
    "job_id": ("jobs", "id"),
    "review_id": ("reviews", "id"),
    "notice_id": ("notices", "id"),
    "publication_id": ("publications", "id"),
    "order_id": ("change_orders", "id"),
    "rule_version_id": ("rule_versions", "id"),
    "learning_form_id": ("learning_forms", "id"),
    "merge_id": ("person_merges", "id"),
    "id": ("*", "id"),
}
BY_ENDPOINT = {
    ("files.download", "key"): ("attachments", "key"),
    ("files.scan", "key"): ("organisation_scans", "key"),
    ("files.job_file", "key"): ("job_files", "key"),
    ("files.training", "key"): ("training_files", "key"),
    ("files.once", "key"): ("job_files", "key"),
    ("documents.certificate", "number"): ("certificates", "number"),
    ("documents.badge", "number"): ("certificates", "number"),
    ("verify.certificate", "number"): ("certificates", "number"),
    ("verify.state", "number"): ("certificates", "number"),
    ("files.of_batch", "key"): ("batch_files", "key"),
    # Whom the support desk looked up stands on the server under a key of its own.
    ("support.account", "key"): ("filter_states", "key"),
    ("support.reset", "key"): ("filter_states", "key"),
    ("support.unlock", "key"): ("filter_states", "key"),
    ("support.correct_name", "key"): ("filter_states", "key"),
}
PLAIN = {
    # arguments that name no row: one harmless value each
    "code": "zh",
    "filename": "css/none.css",
    "token": "none",
    "key_id": "none",
    "year": "2026",
    "form_code": "QT",
    "list_name": "degree",
    "kind": "person",
    "step": "withdraw",
    "section": "title",
    "name": "people",
}
OF_OTHER_TABLES = {"person_id": "professionals", "declaration_id": "declarations", "organisation_id": "organisations"}
"""Names under which a form may look for an id of that very table: an id of another one may belong to anybody there."""
FORGED: dict[str, Any] = {
    # columns that no form may set, and names that a form may look for an id under
    "path": "/1/",
    "state": "approved",
    "role": "super",
    "role_id": "1",
    "is_super": "1",
    "password": "x",
    "password_hash": "x",
    "granted_tenths": "900",
    "is_support": "1",
    "reason": "because",
    "verdict": "pass",
    "confirm": "1",
    "action": "approve",
    "year": "2026",
}
PROBES = (
    {},
    {"page": "99999999999999999999"},
    {"after": "!!"},
    {"sort": "name"},
    {"tab": "reviewed"},
    {"q": "CANARY"},
    {"size": "100000"},
    {"f.name": "CANARY"},
    {"url": "https:evil.example"},
    {"export": "1"},
)
LEFT_OUT = frozenset({"static", "admin.static"})
"""Files of ours, the same for everybody."""
ENDS_THE_LOGIN = frozenset({"auth.logout"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One request: who, where, about whose object."""

    position: str
    endpoint: str
    method: str
    address: str
    owner: str = ""  # of the object that is named, empty for none, NOBODY for an absent one
    query: tuple[tuple[str, str], ...] = ()
    named: str = ""  # the object's id, for a form
    action: str = ""  # of a form
    tab: str = ""  # of the list that offers the action

    @property
    def words(self) -> str:
        """Return the cell as one line of a failure."""
        asked = f"{self.position}: {self.method} {self.address}?{dict(self.query)}"
        return f"{asked} {self.tab} {self.action} about {self.owner or '-'} [{self.endpoint}]"


@dataclass(frozen=True, slots=True)
class Place:
    """One address with what it is about, whoever asks."""

    address: str
    owner: str
    named: str
    query: dict[str, str]


class NoRecipe(AssertionError):
    """A route has an argument that the matrix does not know how to fill."""


@dataclass
class Matrix:
    """All cells of an application over a world."""

    app: Flask
    world: World
    values: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def groups(self, positions: Collection[str] = (), endpoint: str = "") -> Iterator[list[Cell]]:
        """Yield what one position asks of one address in one way, group by group, in a fixed order: all are too many to keep."""
        rules = sorted(self.app.url_map.iter_rules(), key=lambda r: (r.endpoint, r.rule))
        for name, alike in itertools.groupby(rules, key=lambda r: r.endpoint):
            if name in LEFT_OUT or name != (endpoint or name):
                continue
            places = [(rule, self._places(rule)) for rule in alike]
            for method in dict.fromkeys(m for rule, _ in places for m in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})):
                for position in positions or (VISITOR, *self.world.cast.actors):
                    asked = (found for rule, found in places if method in (rule.methods or ()))
                    yield [cell for found in asked for cell in self._of(found, method, position, name)]

    def cells(self, position: str, endpoint: str = "") -> list[Cell]:
        """Return every cell of a position, of all addresses or of one."""
        return [cell for group in self.groups((position,), endpoint) for cell in group]

    def sample(self, seed: int, positions: Collection[str] = (), *, part: int = 0, n_parts: int = 1) -> list[Cell]:
        """Return cells by chance: each address meets each position about somebody's object, every sixth also about none.

        Of every sixth group the answer is held against the one about an absent object. Of several parts each holds other
        groups, all positions among them.
        """
        chosen = random.Random(seed)
        taken: list[Cell] = []
        for group in itertools.islice(self.groups(positions), part, None, n_parts):
            named = [c for c in group if c.owner not in {"", NOBODY}]
            plain = [c for c in group if not c.owner]
            if named:
                taken.append(chosen.choice(named))
            if plain and (not named or chosen.random() < 1 / 6):
                taken.append(chosen.choice(plain))
            if named and chosen.random() < 1 / 6:
                taken += [c for c in group if c.owner == NOBODY and (c.tab, c.action) == (taken[-1].tab, taken[-1].action)][:1]
        return taken

    def _places(self, rule: Rule) -> list[Place]:
        """Return what an address is asked about: the same for each method and position."""
        return [
            Place(
                self._address(rule, arguments),
                owner,
                next(iter(arguments.values()), "") if owner else "",
                {k: v for k, v in arguments.items() if k not in rule.arguments},
            )
            for owner, arguments in self._arguments(rule, self._tables(rule))
        ]

    def _of(self, places: list[Place], method: str, position: str, endpoint: str) -> Iterator[Cell]:
        for place in places:
            if method == "GET":
                # What is handed out as a file is addressed by its object; a list or form reads no such word.
                for probe in PROBES if not place.owner else (({},) if place.query else ({}, {"download": "1"})):
                    query = tuple((place.query | probe).items())
                    yield Cell(position, endpoint, method, place.address, place.owner, query)
            else:
                query = tuple(place.query.items())
                for tab, action in self._batches_of(endpoint) or [("", "approve")]:
                    yield Cell(position, endpoint, method, place.address, place.owner, query, place.named, action, tab)

    def _batches_of(self, endpoint: str) -> list[tuple[str, str]]:
        """Return every batch of every tab that an address of a list can be asked for; none for any other address."""
        if endpoint.rpartition(".")[2] not in {"action_view", "action_run"}:
            return []
        listings: Mapping[str, Listing] = getattr(self._view_of(endpoint), "listings", {})
        return [(tab, name) for tab, listing in listings.items() for name in listing.batches]

    def _tables(self, rule: Rule) -> dict[str, tuple[str, str]]:
        view = self._view_of(rule.endpoint)
        found: dict[str, tuple[str, str]] = {}
        for name in sorted(rule.arguments):
            known = BY_ENDPOINT.get((rule.endpoint, name)) or ARGUMENTS.get(name)
            if known and known[0] == "*":
                known = (view.model.__tablename__, "id") if view is not None and hasattr(view, "model") else None
            if known:
                found[name] = known
            elif name not in PLAIN:
                raise NoRecipe(f"{rule.endpoint}: the matrix does not know how to fill <{name}> of {rule.rule}")
        if view is not None and hasattr(view, "model") and not found:
            found["id"] = (view.model.__tablename__, inspect(view.model).primary_key[0].name)
        return found

    def _view_of(self, endpoint: str) -> Any:
        for extension in self.app.extensions.get("admin", []):
            for view in extension._views:
                if endpoint.partition(".")[0] == view.endpoint:
                    return view
        return None

    def _arguments(self, rule: Rule, tables: dict[str, tuple[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
        plain = {name: PLAIN[name] for name in rule.arguments if name not in tables}
        if not set(tables) & set(rule.arguments):
            yield "", plain
        if not tables:
            return
        (name, place), *others = tables.items()
        absent = f"{place[1] if place[1] in IN_ADDRESSES else ''}{ABSENT_ID}"
        for owner, value in itertools.chain(self._values_of(place).items(), [(NOBODY, absent)]):
            yield owner, plain | {name: value} | {n: next(iter(self._values_of(p).values())) for n, p in others}

    def _values_of(self, place: tuple[str, str]) -> dict[str, str]:
        return self.values.get(place, {})

    def _address(self, rule: Rule, arguments: dict[str, str]) -> str:
        in_path = {k: v for k, v in arguments.items() if k in rule.arguments}
        typed = {k: int(v) if v.isdigit() and f"int:{k}" in rule.rule else v for k, v in in_path.items()}
        built = rule.build(typed)
        if built is None:
            raise NoRecipe(f"{rule.endpoint}: {in_path} do not fit {rule.rule}")
        return "/" + str(built[1]).partition("?")[0].lstrip("/")


def form_of(cell: Cell, world: World) -> dict[str, Any]:
    """Return what a cell posts: columns that no form may set, and its object's id under every name that a form may look for."""
    actor = world.cast.actors.get(cell.position)
    common = FORGED | {"position": actor.position_key if actor else "", "list": f"tab={cell.tab}", "action": cell.action}
    if not cell.named:
        return common
    names = ("id", "row", "ids", "parent_id", "account_id", "to_position", "key", "number")
    others = {name: _of_the_same(world, cell.owner, table) for name, table in OF_OTHER_TABLES.items()}
    return common | dict.fromkeys(names, cell.named) | others


def _of_the_same(world: World, owner: str, table: str) -> str:
    """Return the id of a row of *table* that belongs to *owner*, or to a member of that organisation; else of none."""
    found = world.ids.get(table, {})
    organisation = world.cast.organisations.get(owner)
    members = [n for n, p in world.cast.people.items() if organisation is not None and p.organisation_id == organisation.id]
    return next((str(found[key]) for key in (owner, *(f"person:{n}" for n in members)) if key in found), str(ABSENT_ID))
