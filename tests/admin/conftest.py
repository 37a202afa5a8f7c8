"""What the tests of the administration share: officers at their desks, declarations and registrations that wait for them."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.access import Actor
from models.base import db
from models.credits import declarations
from models.credits.declarations import Draft
from models.credits.tables import LearningForm, RuleVersion
from models.org.tables import CodeEntry, Organisation
from models.people.registration import Registration
from models.people.tables import NameToken, Professional
from models.pinyin import name_tokens
from models.reviews import engine, registrations
from models.reviews.tables import Review, ReviewKind, Verdict
from models.scope import NOTHING, ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from models.uploads import Upload, check
from tests.cast import PASSWORD, Cast, made_up_number

FORMS = Path(__file__).parents[2] / "seed" / "reference" / "learning_forms.json"
CODES = {
    "nationality": [("01", "汉族")],
    "document_type": [("111", "居民身份证")],
    "education_level": [("21", "大学本科毕业")],
    "field_of_study": [("08", "工学")],
    "degree": [("4", "学士")],
    "title_series": [("01", "工程技术人员"), ("02", "会计专业人员")],
    "title_level": [("432", "中级")],
    "vocational_qualification": [("VQ00", "无")],
    "unit_nature": [("10", "企业"), ("20", "事业单位")],
    "unit_level": [("3", "县处级")],
    "industry": [("I", "信息传输、软件和信息技术服务业")],
    "admin_rank": [("131", "县处级正职")],
}
TRAINING = {
    "school_unit": "海州职业技术学院",
    "class_name": "岗位培训班",
    "score": "合格",
    "start_date": "2026-03-02",
    "end_date": "2026-03-06",
}


def picture(seed: int) -> bytes:
    """Return a picture of noise: another seed looks different to people and machines."""
    out = io.BytesIO()
    Image.frombytes("RGB", (32, 32), random.Random(seed).randbytes(32 * 32 * 3)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None], app: Flask) -> None:
    clock("2026-12-15 10:00")


@dataclass
class Desk:
    """An officer of the cast with a browser; English is the language of the message ids."""

    client: FlaskClient
    actor: Actor

    def get(self, address: str, /, **how: Any) -> TestResponse:
        return self.client.get(f"/admin/{address}", **how)

    def post(self, address: str, /, **data: Any) -> TestResponse:
        return self.client.post(f"/admin/{address}", data={"position": self.actor.position_key, **data})

    def follow(self, answer: TestResponse) -> TestResponse:
        """Open the page that an answer leads to."""
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.headers["Location"])

    def search(self, screen: str, /, **data: Any) -> TestResponse:
        """Search a list and open the result."""
        return self.follow(self.post(f"{screen}/search", **data))


def names_in(answer: TestResponse) -> list[str]:
    """Return the words of the first column of a list, in its order."""
    cells = re.findall(r'<th scope="row" class="first"[^>]*>(.*?)</th>', answer.text, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Callable[..., Desk]:
    """Log an officer of the cast in: `desk("unit_clerk")`."""

    def sit_down(name: str, language: str = "en") -> Desk:
        actor = cast.actors[name]
        client = app.test_client()
        client.set_cookie("lang", language)
        data = {"document_type": "111", "number": cast.accounts[name].number, "password": PASSWORD, "kind": actor.kind.value}
        assert client.post("/login", data=data).status_code == 303
        return Desk(client, actor)

    return sit_down


@pytest.fixture
def look(app: Flask) -> Callable[[], Any]:
    """Open a session that sees everything, to look at what happened."""

    @contextmanager
    def open_session() -> Iterator[Session]:
        with app.app_context(), system_session() as session:
            yield session

    return open_session


@pytest.fixture
def acting_as(app: Flask) -> Callable[[Actor], Any]:
    """Open a session in somebody's scope and commit what happens in it."""

    @contextmanager
    def open_session(actor: Actor) -> Iterator[Session]:
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(actor))
            with unit_of_work(session):
                yield session

    return open_session


@pytest.fixture
def lists(app: Flask, cast: Cast) -> None:
    """Some entries of each code list, the learning forms for the whole country, and the search tokens of the cast."""
    with app.app_context(), system_session() as session, unit_of_work(session):
        for list_name, entries in CODES.items():
            for n, (code, name) in enumerate(entries):
                session.add(CodeEntry(list_name=list_name, code=code, name=name, name_en=f"{name}/en", position=n))
        session.add(
            CodeEntry(
                list_name="title_qualification",
                code="0101",
                name="工程师",
                name_en="engineer",
                parent_code="01",
                extra={"level": "432"},
                position=0,
            )
        )
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
        for person in cast.people.values():
            for token in sorted(name_tokens(person.name)):
                session.add(NameToken(token=token, path=person.path, person_id=person.id))


@pytest.fixture
def declare(lists: None, cast: Cast, acting_as: Callable[[Actor], Any]) -> Callable[..., int]:
    """Submit a declaration of somebody of the cast with evidence and return the id of its review."""
    made = iter(range(1, 1000))

    def declare_for(name: str = "professional", *, hours: str = "40", year: int = 2026, **inputs: str) -> int:
        actor = cast.actors[name]
        with acting_as(actor) as session:
            saved = declarations.save_draft(session, actor, Draft(year, "professional", "GWPX", {**TRAINING, **inputs}, hours))
            declarations.add_evidence(session, actor, saved.id, check(Upload("证明.png", picture(next(made)))))
            declarations.submit(session, actor, saved.id)
            return session.scalars(
                select(Review.id).where(Review.kind == ReviewKind.DECLARATION, Review.subject_id == saved.id)
            ).one()

    return declare_for


@pytest.fixture
def decide(cast: Cast, acting_as: Callable[[Actor], Any]) -> Callable[..., None]:
    """Let officers of the cast pass a review one after the other: `decide(7, "unit_clerk", "department_clerk")`."""

    def decide_by(review_id: int, *names: str, granted: int | None = None, reason: str = "") -> None:
        for name in names:
            with acting_as(cast.actors[name]) as session:
                engine.decide(
                    session,
                    cast.actors[name],
                    review_id,
                    verdict=Verdict.REJECT if reason else Verdict.PASS,
                    reason=reason,
                    values={review_id: {"granted_tenths": granted}} if granted else None,
                )

    return decide_by


@pytest.fixture
def register(lists: None, app: Flask, cast: Cast) -> Callable[..., Professional]:
    """Let a visitor register with an organisation of the cast."""

    def register_with(n: int, name: str = "单小明", organisation: str = "unit") -> Professional:
        place: Organisation = cast.organisations[organisation]
        number = made_up_number(100 + n)
        data = Registration(
            document_type="111",
            number=number,
            organisation_id=place.id,
            name=name,
            sex="male" if int(number[16]) % 2 else "female",
            phone=f"138{n:08d}",
            email=f"p{n}@example.com",
            ethnic_group="01",
            education_level="21",
            school="海州大学",
            field_of_study="08",
            graduated_on=dt.date(2002, 7, 1),
            degree="4",
            is_postdoc=False,
            title_series="01",
            title_level="432",
            title_qualification="0101",
            vocational_qualification="VQ00",
            vocational_level="",
            password="Secret-2026",
            again="Secret-2026",
        )
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, NOTHING)
            with unit_of_work(session):
                return registrations.submit_registration(session, data).person

    return register_with


@pytest.fixture
def statements(app: Flask) -> Callable[[], Any]:
    """Collect the SQL statements of a block."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        told: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            told.append(statement)

        with app.app_context():
            engine_ = db.engine
        event.listen(engine_, "before_cursor_execute", note)
        yield told
        event.remove(engine_, "before_cursor_execute", note)

    return collect
