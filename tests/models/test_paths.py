"""Paths are made anew from the parents, on organisations and on whatever carries one."""

import pytest
from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from models.org import paths
from models.org.tables import Organisation
from models.people.tables import Post, Professional
from models.transaction import unit_of_work
from tests.cast import Cast

WITHOUT_SYNC = {"synchronize_session": False}


def _write(session: Session, *statements: Update) -> None:
    with unit_of_work(session):
        for statement in statements:
            session.execute(statement, execution_options=WITHOUT_SYNC)


def test_right_paths_stay_as_they_are(system: Session, cast: Cast) -> None:
    assert paths.rebuild(system, check_only=False) == paths.Rebuilt(n_organisations=len(cast.organisations))


def test_wrong_paths_are_found_and_put_right_on_every_row_also_when_two_have_changed_places(system: Session, cast: Cast) -> None:
    unit, sibling = cast.organisations["unit"], cast.organisations["sibling_unit"]
    right = dict(system.execute(select(Professional.id, Professional.path)).all())
    _write(
        system,
        *(
            update(cls).where(cls.path == old).values(path=new)
            for old, new in ((unit.path, "#"), (sibling.path, unit.path), ("#", sibling.path))
            for cls in (Organisation, Post, Professional)
        ),
    )
    found = paths.rebuild(system, check_only=True)
    assert (found.wrong, found.n_rows) == ({unit.path: sibling.path, sibling.path: unit.path}, 0)
    found = paths.rebuild(system, check_only=False)
    assert (found.n_rows, found.n_strays) == (7, {})
    assert dict(system.execute(select(Professional.id, Professional.path)).all()) == right
    assert paths.rebuild(system, check_only=True).wrong == {}


def test_a_path_of_no_organisation_is_named(system: Session, cast: Cast) -> None:
    _write(system, update(Professional).where(Professional.id == cast.people["cousin"].id).values(path="/9/9/"))
    assert paths.rebuild(system, check_only=True).n_strays == {"professionals": 1}


def test_a_circle_of_parents_is_refused(system: Session, cast: Cast) -> None:
    city, unit = cast.organisations["city"], cast.organisations["unit"]
    _write(system, update(Organisation).where(Organisation.id == city.id).values(parent_id=unit.id))
    with pytest.raises(paths.BrokenTree, match="is its own ancestor"):
        paths.rebuild(system, check_only=False)
