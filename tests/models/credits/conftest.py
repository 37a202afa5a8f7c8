"""What the tests of hours share: the learning forms on the cast's database, and a declaration at any stage."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import declarations, reviewing
from models.credits.declarations import Draft
from models.credits.tables import Declaration, LearningForm, RuleVersion
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, Verdict
from models.scope import system_session
from models.transaction import unit_of_work
from models.uploads import Upload, check
from tests.cast import Cast

FORMS = Path(__file__).parents[3] / "seed" / "reference" / "learning_forms.json"
TRAINING = {
    "school_unit": "海州职业技术学院",
    "class_name": "岗位培训班",
    "score": "合格",
    "start_date": "2026-03-02",
    "end_date": "2026-03-06",
}
OFFICERS = ("unit_clerk", "department_clerk", "county_officer")


def picture(seed: int, kind: str = "PNG", size: tuple[int, int] = (32, 32)) -> bytes:
    """Return a picture of noise: another seed looks different to people and machines."""
    noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", size, noise).save(out, kind)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def forms(in_app: Any, tmp_path: Path) -> dict[str, int]:
    """The 29 learning forms as national defaults; the id of each one's rule version by code."""
    with system_session() as session, unit_of_work(session):
        for position, data in enumerate(json.loads(FORMS.read_text(encoding="utf-8"))):
            session.add(
                LearningForm(
                    code=data["code"],
                    path="/",
                    name=data["zh"],
                    name_en=data["en"],
                    declaration_type=data["declaration_type"],
                    is_offered_to_persons=data["offered_to_persons"],
                    position=position,
                )
            )
            session.add(RuleVersion(form_code=data["code"], path="/", version=1, from_year=0, spec=data))
        session.flush()
        return dict(session.execute(select(RuleVersion.form_code, RuleVersion.id)).all())


@pytest.fixture
def declare(forms: dict[str, int], session_of: Callable[[Actor], Session]) -> Callable[..., int]:
    """Save a draft for somebody, with evidence, and return its id; `submit=True` submits it, too."""

    def declare_for(
        actor: Actor,
        *,
        form: str = "GWPX",
        hours: str | None = "40",
        subject: str = "professional",
        year: int = 2026,
        submit: bool = False,
        content: bytes | None = None,
        **inputs: str,
    ) -> int:
        session = session_of(actor)
        draft = Draft(year, subject, form, {**TRAINING, **inputs}, hours)
        with unit_of_work(session):
            saved = declarations.save_draft(session, actor, draft)
            declarations.add_evidence(session, actor, saved.id, check(Upload("证明.png", content or picture(saved.id))))
            if submit:
                declarations.submit(session, actor, saved.id)
        return saved.id

    return declare_for


@pytest.fixture
def decide(session_of: Callable[[Actor], Session]) -> Callable[..., None]:
    """Let an officer decide declarations: `decide(cast.unit_clerk, [id], granted=80)`."""

    def decide_by(
        actor: Actor, ids: list[int], *, verdict: Verdict = Verdict.PASS, granted: int | None = None, reason: str = ""
    ) -> None:
        session = session_of(actor)
        with unit_of_work(session):
            reviews = session.scalars(
                select(Review).where(Review.kind == ReviewKind.DECLARATION, Review.subject_id.in_(ids))
            ).all()
            values = {r.id: {reviewing.GRANTED: granted} for r in reviews} if granted is not None else None
            moved = engine.decide_many(session, actor, [r.id for r in reviews], verdict=verdict, reason=reason, values=values)
        assert not moved.refused, moved.refused
        assert len(moved.done) == len(ids)

    return decide_by


@pytest.fixture
def approve(cast: Cast, decide: Callable[..., None]) -> Callable[..., None]:
    """Pass declarations through every level of the chain of the cast's unit."""

    def approve_all(*ids: int, granted: int | None = None) -> None:
        for name in OFFICERS:
            decide(cast.actors[name], list(ids), granted=granted)

    return approve_all


@pytest.fixture
def stored(in_app: Any) -> Callable[[int], Declaration]:
    """Read a declaration as it stands in the database."""

    def read(declaration_id: int) -> Declaration:
        with system_session() as session:
            return session.scalars(select(Declaration).where(Declaration.id == declaration_id)).one()

    return read
