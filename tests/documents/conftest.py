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
