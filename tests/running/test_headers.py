"""What every answer tells the browser."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin_app.factory import create_app
from admin_app.headers import csp_nonce
from tests.conftest import settings_for


@pytest.mark.parametrize("path", ["/healthz", "/no-such-page", "/static/no-such-file.css"])
def test_every_answer_is_strict_and_private(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == (
        "script-src 'self'; default-src 'self'; style-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"].startswith("camera=(self), geolocation=()")
    assert "Strict-Transport-Security" not in headers
    assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


def test_a_static_file_with_a_fingerprint_is_kept_for_ever(client: FlaskClient) -> None:
    for address, kept in (("?v=0123456789", "public, max-age=31536000, immutable"), ("", "no-cache")):
        with client.get(f"/static/css/tokens.css{address}") as answer:
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, kept)


def test_a_page_that_asks_for_a_nonce_gets_it_into_the_policy(app: Flask) -> None:
    with app.test_request_context("/"):
        nonce = csp_nonce()
        assert csp_nonce() == nonce
        answer = app.process_response(app.make_response("page"))
    assert f"script-src 'self' 'nonce-{nonce}';" in answer.headers["Content-Security-Policy"]
    with app.test_request_context("/"):
        assert csp_nonce() != nonce


def test_behind_tls_cookies_are_secure_and_the_browser_stays_on_tls(tmp_path: Path) -> None:
    app = create_app(replace(settings_for(tmp_path), base_url="https://ce.example.cn"))
    assert app.config["SESSION_COOKIE_SECURE"] is True
    headers = app.test_client().get("/healthz", base_url="https://ce.example.cn").headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_an_invented_host_is_refused(tmp_path: Path) -> None:
    app = create_app(replace(settings_for(tmp_path), base_url="https://ce.example.cn"))
    assert app.test_client().get("/healthz", base_url="https://evil.example").status_code == 400


def test_the_addresses_of_proxies_count_only_when_they_are_trusted(tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "ce.example.cn"}
    seen = {}
    for hops in (0, 1):
        app = create_app(replace(settings_for(tmp_path), trusted_proxies=hops))
        with app.test_client() as client:
            client.get("/healthz", headers=forwarded)
            from flask import request

            seen[hops] = (request.remote_addr, request.scheme, request.host)
    assert seen == {0: ("127.0.0.1", "http", "localhost"), 1: ("10.1.2.3", "https", "ce.example.cn")}
