"""What the portal's tests share: learning forms in the database, professionals who are logged in, deciding officers."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.access import Actor
from models.base import db
from models.credits.tables import Declaration, LearningForm, RuleVersion
from models.files import Attachment
from models.history import HistoryEntry
from models.org.tables import CodeEntry
from models.reviews import engine
from models.reviews.tables import Review, Verdict
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast

FORMS = Path(__file__).parents[2] / "seed" / "reference" / "learning_forms.json"
CODES = {"nationality": ("01", "汉族"), "admin_rank": ("131", "县处级正职"), "document_type": ("111", "居民身份证")}
OFFICERS = ("unit_clerk", "department_clerk", "county_officer")
TRAINING = {
    "year": "2026",
    "declaration_type": "training",
    "form_code": "GWPX",
    "subject": "professional",
    "elective": "required",
    "requested_hours": "40",
    "f_school_unit": "海州职业技术学院",
    "f_class_name": "岗位培训班",
    "f_score": "合格",
    "f_start_date": "2026-03-02",
    "f_end_date": "2026-03-06",
}


def picture(seed: int, kind: str = "PNG", size: tuple[int, int] = (32, 32)) -> bytes:
    """Return a picture of noise: another seed looks different to people and machines."""
    noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", size, noise).save(out, kind)
    return out.getvalue()


def file(seed: int, name: str = "结业证书.png") -> tuple[io.BytesIO, str]:
    """Return an upload as the test client takes it."""
    return io.BytesIO(picture(seed)), name


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None], app: Flask) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def forms(app: Flask) -> None:
    """The 29 learning forms for the whole country, and one entry of each code list that a form offers."""
    with app.app_context(), system_session() as session, unit_of_work(session):
        for n, (list_name, (code, name)) in enumerate(CODES.items()):
            session.add(CodeEntry(list_name=list_name, code=code, name=name, name_en=name, position=n))
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


@dataclass
class Reader:
    """A professional with her browser, who reads English: the language of the message ids."""

    client: FlaskClient
    actor: Actor

    def get(self, address: str) -> TestResponse:
        return self.client.get(f"/portal/{address}")

    def post(self, address: str, **data: Any) -> TestResponse:
        return self.client.post(f"/portal/{address}", data={"position": self.actor.position_key, **data})


@pytest.fixture
def log_in(app: Flask, cast: Cast) -> Callable[..., Reader]:
    """Log somebody of the cast in: `log_in("colleague")`."""

    def log_in_as(name: str, language: str = "en") -> Reader:
        client = app.test_client()
        client.set_cookie("lang", language)
        data = {"document_type": "111", "number": cast.accounts[name].number, "password": PASSWORD, "kind": "professional"}
        assert client.post("/login", data=data).status_code == 303
        return Reader(client, cast.actors[name])

    return log_in_as


@pytest.fixture
def reader(forms: None, log_in: Callable[..., Reader]) -> Reader:
    """The professional of the cast, logged in, with learning forms to choose from."""
    return log_in("professional")


@pytest.fixture
def declared(reader: Reader) -> Callable[..., int]:
    """Declare through the form, `declared("submit")` or `declared("save")`, and return the declaration's id."""
    made = iter(range(1, 100))

    def declare(step: str = "submit", who: Reader | None = None, **changed: Any) -> int:
        n = next(made)
        data = {**TRAINING, "form_key": f"form-{n}", "attachments": file(n), **changed, "step": step}
        answer = (who or reader).post("declarations/new", **data)
        assert answer.status_code == 303, answer.text
        return n

    return declare


@pytest.fixture
def look(app: Flask) -> Callable[[], Any]:
    """Open a session that sees everything, to look at what happened."""

    @contextmanager
    def open_session() -> Iterator[Session]:
        with app.app_context(), system_session() as session:
            yield session

    return open_session


@pytest.fixture
def decide(app: Flask, cast: Cast) -> Callable[..., None]:
    """Let an officer of the cast decide a declaration: `decide("unit_clerk", 1)`, `decide("unit_clerk", 1, reason="…")`."""

    def decide_as(name: str, declaration_id: int, *, reason: str = "", hours: str | None = None) -> None:
        actor = cast.actors[name]
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(actor))
            with unit_of_work(session):
                review = session.scalars(select(Review).where(Review.subject_id == declaration_id)).one()
                values = {"granted_tenths": int(float(hours) * 10)} if hours else {}
                engine.decide(
                    session,
                    actor,
                    review.id,
                    verdict=Verdict.REJECT if reason else Verdict.PASS,
                    reason=reason,
                    values={review.id: values},
                )

    return decide_as


@pytest.fixture
def approve(decide: Callable[..., None]) -> Callable[[int], None]:
    """Let every level pass a declaration."""

    def approve_all(declaration_id: int, hours: str | None = None) -> None:
        for name in OFFICERS:
            decide(name, declaration_id, hours=hours)

    return approve_all


def state_of(session: Session, declaration_id: int) -> str:
    """Return the state of a declaration, as a system session sees it."""
    return str(session.scalars(select(Declaration.state).where(Declaration.id == declaration_id)).one())


def counts(look: Any) -> tuple[int, int, int, int]:
    """Return how many declarations, reviews, attachments and history rows there are."""
    with look() as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) for t in (Declaration, Review, Attachment, HistoryEntry))
