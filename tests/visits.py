"""Visits with a test client: log in as somebody of the cast, post a form as a page of that position would."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.access import Actor
from tests.cast import PASSWORD, Cast


def english(app: Flask) -> FlaskClient:
    """Return a visitor who reads English, the language of the message ids."""
    visitor = app.test_client()
    visitor.set_cookie("lang", "en")
    return visitor


def log_in(client: FlaskClient, cast: Cast, name: str, *, password: str = PASSWORD, **more: Any) -> TestResponse:
    """Send the login window as *name* in that member's own position; the answer is not followed."""
    actor: Actor = cast.actors[name]
    data = {"document_type": "111", "number": cast.accounts[name].number, "password": password, "kind": actor.kind.value}
    address = "/support/login" if actor.kind == "support" else "/login"
    return client.post(address, data=data | more)


def enter(client: FlaskClient, cast: Cast, name: str) -> Actor:
    """Log in as *name* and return the actor, whose position key every posted form must carry."""
    answer = log_in(client, cast, name)
    assert answer.status_code == 303, answer.text
    return cast.actors[name]


def send(client: FlaskClient, address: str, actor: Actor, **data: Any) -> TestResponse:
    """Post a form as a page of *actor*'s position would."""
    return client.post(address, data={"position": actor.position_key, **data})
