"""A file of a task that grows piece by piece: each piece comes with its transaction, and all go together."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import files, storage
from models.access import Actor
from models.errors import NotFound
from models.transaction import unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def grown(session_of: Open, cast: Cast) -> tuple[Session, files.JobFile]:
    session = session_of(cast.unit_clerk)
    with unit_of_work(session):
        file = files.begin_for_job(session, cast.unit_clerk, name="证书.zip", media_type="application/zip")
    for piece in (b"one ", b"two"):
        with unit_of_work(session):
            files.append(session, file, piece)
    return session, file


def test_its_pieces_are_one_file_and_stand_encrypted(grown: tuple[Session, files.JobFile]) -> None:
    _session, file = grown
    assert (list(files.pieces_of(file)), files.read(file), file.n_bytes) == ([b"one ", b"two"], b"one two", 7)
    assert all(b"two" not in storage.read(key) for key in files.stored_pieces(file))


def test_a_piece_of_a_transaction_that_fails_is_not_there(grown: tuple[Session, files.JobFile]) -> None:
    session, file = grown
    before = storage.stored_keys()
    files.append(session, file, b"three")
    assert len(storage.stored_keys()) == len(before) + 1
    session.rollback()
    session.refresh(file)
    assert (files.read(file), file.n_bytes, storage.stored_keys()) == (b"one two", 7, before)


def test_it_goes_with_all_its_pieces(grown: tuple[Session, files.JobFile]) -> None:
    session, file = grown
    with unit_of_work(session):
        files.discard(session, file)
    assert storage.stored_keys() == []


def test_nobody_else_finds_it(grown: tuple[Session, files.JobFile], session_of: Open, cast: Cast) -> None:
    for other in (cast.county_officer, cast.sibling_clerk, cast.professional):
        with pytest.raises(NotFound):
            files.job_file(session_of(other), grown[1].key)
