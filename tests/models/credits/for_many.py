"""Forms that declare for several people of the cast at once: filled in, submitted, and the records that come of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.access import Actor
from models.credits import applicants, batches
from models.credits.applicants import Tally
from models.credits.declarations import Draft
from models.credits.tables import Declaration
from models.scope import system_session
from models.uploads import Upload, check
from tests.cast import Cast
from tests.models.credits.conftest import TRAINING, picture

Make = Callable[..., int]


@pytest.fixture
def make(cast: Cast, run: Callable[..., Any]) -> Make:
    """Fill in a form for people of the cast, with evidence, and return its id."""

    def made(actor: Actor, *people: str, hours: str = "40", form: str = "GWPX", key: str = "", **inputs: str) -> int:
        draft = Draft(2026, "professional", form, {**TRAINING, **inputs}, hours)
        uploads = [check(Upload("结业证书.png", picture(7)))]
        kept = run(batches.keep, actor, draft, batch_id=None, form_key=key, uploads=uploads)
        assert (kept.errors, kept.refused_files) == ({}, [])
        if people:
            moved = run(applicants.add_many, actor, kept.batch.id, [cast.people[p].id for p in people])
            assert moved.refused == {}
        return int(kept.batch.id)

    return made


@pytest.fixture
def submit(run: Callable[..., Any]) -> Callable[..., Tally]:
    """Submit a form, chunk by chunk, to its end."""

    def submitted(actor: Actor, batch_id: int) -> Tally:
        run(applicants.begin, actor, batch_id)
        while run(applicants.declare_next, actor, batch_id):
            pass
        found: Tally = run(applicants.finish, actor, batch_id)
        return found

    return submitted


def records(batch_id: int) -> list[Declaration]:
    with system_session() as session:
        return list(session.scalars(select(Declaration).where(Declaration.batch_id == batch_id).order_by(Declaration.person_id)))
