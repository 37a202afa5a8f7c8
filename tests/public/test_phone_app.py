"""The platform on a phone's home screen: the manifest, its icons, the service worker and the page without a network."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import update

from models.people.tables import Post
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast
from tests.visits import english
from views.brand import VERSION


def test_the_manifest_names_the_platform_and_icons_that_are_there(app: Flask) -> None:
    client = app.test_client()
    assert 'rel="manifest" href="/manifest.webmanifest"' in client.get("/").text
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    told = answer.json
    assert (told["start_url"], told["scope"], told["display"]) == ("/", "/", "standalone")
    assert told["short_name"]
    for icon in told["icons"]:
        with client.get(icon["src"]) as file:
            picture = Image.open(io.BytesIO(file.data))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]


@pytest.mark.parametrize("address", ["/service-worker.js", "/offline"])
def test_the_worker_and_its_page_are_for_everybody_and_name_nobody(app: Flask, cast: Cast, address: str) -> None:
    answer = english(app).get(address)
    assert answer.status_code == 200
    assert not any(account.name in answer.text for account in cast.accounts.values())


def test_the_worker_reaches_the_whole_platform_and_is_asked_for_anew(app: Flask) -> None:
    answer = app.test_client().get("/service-worker.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "javascript" in answer.mimetype


def test_the_account_page_names_the_version_that_the_project_declares(app: Flask, cast: Cast) -> None:
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert declared == VERSION
    client = english(app)
    assert client.get("/account").status_code == 303  # to the login
    data = {"document_type": "111", "number": cast.accounts["professional"].number, "password": PASSWORD, "kind": "professional"}
    client.post("/login", data=data)
    page = client.get("/account").text
    assert VERSION in page
    assert "This is the newest version." in client.get(f"/account?from={VERSION}").text
    assert "has been renewed" in client.get("/account?from=0.0.1").text


def test_who_holds_several_positions_finds_the_way_to_choose(app: Flask, cast: Cast) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.execute(
            update(Post).where(Post.id == cast.posts["branch_clerk"].id).values(account_id=cast.accounts["professional"].id)
        )
    client = english(app)
    data = {"document_type": "111", "number": cast.accounts["professional"].number, "password": PASSWORD, "kind": "professional"}
    client.post("/login", data=data)
    assert 'href="/login/position"' in client.get("/account").text
