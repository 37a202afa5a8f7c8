"""The platform on a phone's home screen: the manifest, its icons, the service worker and the page without a network."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from PIL import Image

from tests.cast import Cast
from tests.visits import english


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
