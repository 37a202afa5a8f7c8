"""重复人员 at the support desk."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from models.access import Actor
from models.people.tables import Professional
from models.reviews.doubles import PersonMerge
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.visits import english, enter, send


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    return english(app)


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> Actor:
    """Support, logged in with this client."""
    return enter(client, cast, "support")


@pytest.fixture
def twice(app: Flask, cast: Cast) -> tuple[int, int]:
    """One person under two numbers."""
    ids = cast.people["professional"].id, cast.people["colleague"].id
    with app.app_context(), system_session() as session, unit_of_work(session):
        same = {"name": "人员-professional", "phone": "13800000000"}
        session.execute(update(Professional).where(Professional.id.in_(ids)).values(same))
    return ids


def test_found_shown_merged_and_parted(client: FlaskClient, desk: Actor, twice: tuple[int, int], app: Flask) -> None:
    kept, gone = map(str, twice)
    assert "Show what merging does: 人员-professional" in client.get("/support/doubles").text
    shown = send(client, "/support/doubles/merge", desk, kept=kept, gone=gone, step="show").text
    assert "Declared hours: 0" in shown
    with app.app_context(), system_session() as session:
        assert session.scalars(select(PersonMerge)).all() == []
    assert "Please give a reason." in send(client, "/support/doubles/merge", desk, kept=kept, gone=gone, step="give").text
    done = send(client, "/support/doubles/merge", desk, kept=kept, gone=gone, step="give", reason="同一人")
    assert done.status_code == 303
    assert "Nobody was found twice." in client.get("/support/doubles").text
    with app.app_context(), system_session() as session:
        made = session.scalars(select(PersonMerge.id)).one()
    for _ in range(2):
        assert send(client, f"/support/doubles/{made}/part", desk).status_code == 303
    assert "Show what merging does" in client.get("/support/doubles").text


def test_by_two_numbers(client: FlaskClient, desk: Actor, twice: tuple[int, int], cast: Cast) -> None:
    numbers = {f"{w}_number": cast.accounts[n].number for w, n in (("kept", "professional"), ("gone", "colleague"))}
    found = send(client, "/support/doubles", desk, kept_type="111", gone_type="111", **numbers).text
    assert "Show what merging does" in found
    assert numbers["kept_number"] not in found.partition("numbers-title")[0]
    missing = send(client, "/support/doubles", desk, kept_type="111", gone_type="111", kept_number="1", gone_number="2").text
    assert "No account has this document type and number." in missing
    once = send(client, "/support/doubles/merge", desk, kept=str(twice[0]), gone=str(twice[0]), step="show")
    assert once.status_code == 303
    assert "These are not two profiles." in client.get("/support/doubles").text
    gone = send(client, "/support/doubles/merge", desk, kept=str(twice[0]), gone="99999", step="show")
    assert gone.status_code == 303
    assert "It does not exist" in client.get("/support/doubles").text
