"""Readers with a browser each, and a professional whose year has passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.access import Actor
from models.base import db
from models.certificates import operations
from models.certificates.content import Content
from models.certificates.tables import Certificate
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast
from tests.years import passed_year


@dataclass
class Reader:
    """Somebody of the cast with a browser, who reads English: the language of the message ids."""

    client: FlaskClient
    actor: Actor

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def post(self, address: str, **data: Any) -> TestResponse:
        return self.client.post(address, data={"position": self.actor.position_key, **data})


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None], app: Flask) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def log_in(app: Flask, cast: Cast) -> Callable[[str], Reader]:
    """Log somebody of the cast in: `log_in("unit_clerk")`."""

    def log_in_as(name: str) -> Reader:
        client = app.test_client()
        client.set_cookie("lang", "en")
        number, kind = cast.accounts[name].number, cast.actors[name].kind
        address = "/support/login" if kind == "support" else "/login"
        answer = client.post(address, data={"document_type": "111", "number": number, "password": PASSWORD, "kind": kind.value})
        assert answer.status_code == 303, answer.text
        return Reader(client, cast.actors[name])

    return log_in_as


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Somebody from the street, reading English."""
    client = app.test_client()
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def passed(app: Flask, cast: Cast) -> int:
    """The person whose year 2026 has passed."""
    person = cast.people["professional"]
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.add(passed_year(person))
    return person.id


@dataclass(frozen=True)
class Issued:
    """What the QR code of an issued certificate holds."""

    number: str
    code: str


@pytest.fixture
def issued(app: Flask, cast: Cast, passed: int) -> Issued:
    """The certificate of the year that has passed."""
    with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
        attach(session, scope_of(cast.professional))
        with unit_of_work(session):
            found = operations.issue(session, cast.professional, passed, 2026)
        return Issued(found.number, found.code)


def a_certificate(**changed: object) -> Certificate:
    """Return a certificate that stands nowhere, to be drawn."""
    content = Content(
        number="371100202600000015",
        year=2026,
        name="买买提·艾力",
        document_type="居民身份证",
        number_masked="371102********9968",
        organisation="海州市" + "第一人民医院" * 6,
        title_series="卫生技术人员",
        title_level="副高级",
        title_qualification="副主任医师",
        public_tenths=300,
        professional_tenths=645,
        total_tenths=945,
        required_public_tenths=300,
        required_professional_tenths=600,
        required_total_tenths=900,
        is_exempt=False,
        issuer="海州市人力资源和社会保障局",
        issued_on="2026-12-15",
    ).as_json()
    return Certificate(number="371100202600000015", code="aB3dE5gH7kMn", content={**content, **changed})
