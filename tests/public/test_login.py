"""The login window: what it answers, what it counts, and what a session is afterwards."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import PASSWORD, Cast
from views.limits import limiter

WRONG = "Wrong account or password."


@pytest.fixture(autouse=True)
def _forget_limits(app: Flask) -> None:
    limiter.reset()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English, the language of the message ids."""
    visitor = app.test_client()
    visitor.set_cookie("lang", "en")
    return visitor


def log_in(client: FlaskClient, number: str, kind: str = "employer", password: str = PASSWORD, **more: str) -> TestResponse:
    data = {"document_type": "111", "number": number, "password": password, "kind": kind, **more}
    return client.post("/login", data=data)


def test_a_clerk_logs_in_and_lands_in_the_administration(client: FlaskClient, cast: Cast) -> None:
    answer = log_in(client, cast.accounts["unit_clerk"].number)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/admin/"


def test_a_wrong_password_and_an_unknown_number_answer_the_same(client: FlaskClient, cast: Cast) -> None:
    known = log_in(client, cast.accounts["unit_clerk"].number, password="wrong-2026").text
    unknown = log_in(client, "371102199001019965", password="wrong-2026").text
    assert WRONG in known
    assert WRONG in unknown
