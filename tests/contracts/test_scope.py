"""The isolation contract: every address, every position, everybody's objects; nothing seen, changed or told outside.

`make test` asks a seeded sample in which each address meets each position, on one database or the other; `make test-hard`
asks every cell. Planted holes prove that the matrix would notice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import CRITICAL
from typing import Any

import pytest
import structlog
from flask import Flask

from models.base import Base
from models.scope import reading, system_session, writing
from models.transaction import Intent, expect, unit_of_work
from tests.cast import PEOPLE, POSTS, Cast
from tests.contracts import canaries
from tests.contracts.canaries import World
from tests.contracts.cells import VISITOR, Matrix
from tests.contracts.matrix import Run, Verdicts, matrix_of
from tests.databases import has_postgres
from views.limits import limiter

SEED = int(os.environ.get("CE_TEST_SEED", "20261122"))
POSITIONS = (VISITOR, *PEOPLE, *POSTS, "support")


@pytest.fixture
def world(app: Flask, cast: Cast) -> World:
    """The cast with a row of every table for everybody."""
    with app.app_context():
        expect(Intent.WRITE)
        with system_session() as session, unit_of_work(session):
            return canaries.build(session, cast)


@pytest.fixture
def matrix(app: Flask, world: World) -> Matrix:
    """All cells of the application."""
    return matrix_of(app, world)


def asked(app: Flask, world: World, cells: Any, *, until_a_leak: bool = False) -> Verdicts:
    app.config["FLASK_ADMIN_RAISE_ON_VIEW_EXCEPTION"] = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    # So many requests of one address are no visitor: what a limit answers would tell nothing of the scope.
    limiter.enabled = False
    # Nor does anybody read a line of the log for each of so many requests.
    logging = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    try:
        return Run(app, world).over(cells, until_a_leak=until_a_leak)
    finally:
        structlog.configure(**logging)
        app.config["FLASK_ADMIN_RAISE_ON_VIEW_EXCEPTION"] = True
        app.config["PROPAGATE_EXCEPTIONS"] = None
        limiter.enabled = True


def test_every_table_with_a_scope_carries_canaries(world: World) -> None:
    scoped = {m.local_table.name for m in Base.registry.mappers if m.class_.__scope__ not in {"reference", "system_only"}}
    assert scoped - set(world.ids) == set()


def test_the_matrix_knows_every_address(matrix: Matrix) -> None:
    endpoints = {cell.endpoint for cell in matrix.cells("city_officer")}
    assert {"people.details_view", "hours.details_view", "portal.declaration", "files.download"} <= endpoints


@pytest.mark.both_databases
def test_a_sample_of_the_matrix_has_no_hole(app: Flask, world: World, matrix: Matrix, database_kind: str) -> None:
    """Where both databases are there, each is asked about half of the pairs of address and position."""
    kinds = ("sqlite", "postgresql") if has_postgres() else ("sqlite",)
    found = asked(app, world, matrix.sample(SEED, part=kinds.index(database_kind), n_parts=len(kinds)))
    assert found.holes == []
    assert found.n_cells > 2_000


def test_the_parts_of_the_matrix_are_the_whole(world: World) -> None:
    assert set(POSITIONS) == {VISITOR, *world.cast.actors}


@pytest.mark.hard
@pytest.mark.both_databases
@pytest.mark.parametrize("position", POSITIONS)
def test_the_whole_matrix_has_no_hole(position: str, app: Flask, world: World, matrix: Matrix) -> None:
    """Each position meets a world that no other has written to."""
    found = asked(app, world, matrix.cells(position))
    assert found.holes == []


def test_each_position_reaches_objects_of_its_own(app: Flask, world: World, matrix: Matrix) -> None:
    """A matrix that only meets closed doors proves nothing."""
    names = {
        "people.details_view": "unit_clerk",
        "hours.details_view": "unit_clerk",
        "organisations.details_view": "county_officer",
        "portal.declaration": "professional",
        "people.index_view": "city_officer",
    }
    for endpoint, position in names.items():
        cells = [c for c in matrix.cells(position, endpoint) if c.method == "GET"]
        found = asked(app, world, cells)
        assert found.holes == []
        if any(c.owner for c in cells):
            assert position in found.reached.get(endpoint, set()), endpoint


# --- planted holes ----------------------------------------------------------------------------------------------------


@contextmanager
def without_criteria(app: Flask) -> Iterator[None]:
    """The listener adds nothing: every query sees everything."""
    before = reading.options_of
    reading.options_of = lambda _scope: []  # type: ignore[assignment]
    try:
        yield
    finally:
        reading.options_of = before


@contextmanager
def one_kind_forgotten(app: Flask) -> Iterator[None]:
    """Rows of persons are not filtered."""
    before = reading.options_of
    reading.options_of = lambda s: [
        o for o, kind in zip(before(s), reading.declared_of(s), strict=True) if kind != "owned_by_person"
    ]  # type: ignore[assignment]
    try:
        yield
    finally:
        reading.options_of = before


@contextmanager
def wrong_range(app: Flask) -> Iterator[None]:
    """The subtree's range begins at the root: a county sees its sister."""
    before = reading.path_range
    reading.path_range = lambda path: before("/" + path.strip("/").split("/")[0] + "/")
    reading.options_of.cache_clear()
    try:
        yield
    finally:
        reading.path_range = before
        reading.options_of.cache_clear()


@contextmanager
def unguarded_writes(app: Flask) -> Iterator[None]:
    """The guard of the flush lets everything through, and nothing is filtered."""
    lets = writing.lets
    writing.lets = lambda _scope, _thing: True
    with without_criteria(app):
        try:
            yield
        finally:
            writing.lets = lets


HOLES = {
    "no criteria": without_criteria,
    "a kind forgotten": one_kind_forgotten,
    "a range too wide": wrong_range,
    "no guard": unguarded_writes,
}


@pytest.mark.parametrize("name", HOLES)
def test_a_planted_hole_turns_the_matrix_red(name: str, app: Flask, world: World, matrix: Matrix) -> None:
    plant: Callable[[Flask], Any] = HOLES[name]
    cells = matrix.sample(SEED, ("unit_clerk", "county_officer"))
    with plant(app):
        found = asked(app, world, cells, until_a_leak=True)
    assert found.leaks != []
