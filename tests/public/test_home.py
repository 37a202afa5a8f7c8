"""The home page: the login window for visitors, only links that lead somewhere, demo accounts where there is a demo."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.visits import english, enter
from views.public.demo import DEMO_FILE


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    return english(app)


@pytest.fixture
def demo(app: Flask) -> Iterator[None]:
    """The file that the seed of the demo leaves."""
    path = Path(app.instance_path) / DEMO_FILE
    path.write_text(json.dumps([{"title": "市人社局", "number": "379900199001019964", "kind": "人社部门"}]), encoding="utf-8")
    yield
    path.unlink()
    app.config["CE_DEMO"] = False


def test_a_visitor_sees_the_login_window_with_the_user_types(client: FlaskClient) -> None:
    page = client.get("/").text
    for words in ("User type", "ID document type", "ID document number", "Password", "Remember me", "Forgot the login password?"):
        assert words in page
    types = re.findall(r'<option (?:selected )?value="([a-z_]+)">', page)
    assert types == ["professional", "employer", "competent_department", "hr_department", "training_base"]


def test_every_link_of_the_home_page_leads_somewhere(client: FlaskClient) -> None:
    addresses = {a for a in re.findall(r'href="(/[^"#]*)"', client.get("/").text) if "/static/" not in a}
    assert "/register/professional" in addresses
    for address in addresses:
        assert client.get(address, follow_redirects=True).status_code == 200, address


def test_somebody_logged_in_is_led_to_the_start_page(client: FlaskClient, cast: Cast) -> None:
    enter(client, cast, "unit_clerk")
    page = client.get("/").text
    assert 'href="/admin/"' in page
    assert 'name="password"' not in page


@pytest.mark.usefixtures("demo")
def test_demo_accounts_are_shown_only_where_the_demo_is_on(client: FlaskClient, app: Flask) -> None:
    assert "379900199001019964" not in client.get("/").text
    app.config["CE_DEMO"] = True
    for address in ("/", "/login"):
        page = client.get(address).text
        assert "379900199001019964" in page
        assert ">人社部门<" in page
        assert "Demo-2026!" in page
