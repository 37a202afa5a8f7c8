"""Captchas: each taken once, renewed by click, heard as well as seen; the answer stands nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.visits import english, log_in
from views.public import captcha

WRONG = "The verification code is wrong."


@pytest.fixture(autouse=True)
def _captcha_on(app: Flask) -> Iterator[None]:
    app.config["CE_CAPTCHA"] = True
    yield
    app.config["CE_CAPTCHA"] = False


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    return english(app)


def token_of(page: str) -> str:
    found = re.search(r'name="captcha_token" type="hidden" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def answer_of(app: Flask, token: str) -> str:
    with app.test_request_context():
        key = captcha._key(token)
        assert key is not None
        return captcha._answer(key)


def test_the_right_answer_opens_and_is_taken_once(client: FlaskClient, app: Flask, cast: Cast) -> None:
    token = token_of(client.get("/login").text)
    answer = answer_of(app, token)
    first = log_in(client, cast, "unit_clerk", captcha=answer, captcha_token=token)
    assert first.status_code == 303
    client.post("/logout")
    replayed = log_in(client, cast, "unit_clerk", captcha=answer, captcha_token=token)
    assert replayed.status_code == 200
    assert WRONG in replayed.text


def test_a_wrong_answer_uses_the_captcha_up_and_brings_another(client: FlaskClient, app: Flask, cast: Cast) -> None:
    token = token_of(client.get("/login").text)
    page = log_in(client, cast, "unit_clerk", captcha="x", captcha_token=token).text
    assert WRONG in page
    assert token_of(page) != token
    repeated = log_in(client, cast, "unit_clerk", captcha=answer_of(app, token), captcha_token=token)
    assert WRONG in repeated.text


@pytest.mark.parametrize("token", ["", "made-up", "a.b.c", "x" * 10_000, "\x00"])
def test_an_invented_captcha_is_wrong(client: FlaskClient, cast: Cast, token: str) -> None:
    answer = log_in(client, cast, "unit_clerk", captcha="1234", captcha_token=token)
    assert answer.status_code == 200
    assert WRONG in answer.text


def test_no_captcha_at_all_is_wrong(client: FlaskClient, cast: Cast) -> None:
    assert WRONG in log_in(client, cast, "unit_clerk").text


def test_a_captcha_ends_after_an_hour(client: FlaskClient, app: Flask, cast: Cast, clock: Callable[[str], None]) -> None:
    clock("2026-11-20 09:00")
    token = token_of(client.get("/login").text)
    answer = answer_of(app, token)
    clock("2026-11-20 10:01")
    assert WRONG in log_in(client, cast, "unit_clerk", captcha=answer, captcha_token=token).text


def test_full_width_and_spaced_answers_are_the_same(client: FlaskClient, app: Flask, cast: Cast) -> None:
    token = token_of(client.get("/login").text)
    typed = " ".join(chr(ord(c) + 0xFEE0) for c in answer_of(app, token))
    assert log_in(client, cast, "unit_clerk", captcha=typed, captcha_token=token).status_code == 303


def test_the_picture_and_the_sound_come_from_the_token(client: FlaskClient) -> None:
    made = client.get("/captcha/new").get_json()
    picture = client.get(made["image"])
    sound = client.get(made["audio"])
    assert (picture.mimetype, picture.data[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert (sound.mimetype, sound.data[:4]) == ("audio/wav", b"RIFF")
    assert picture.headers["Cache-Control"] == "no-store"
    assert client.get("/captcha/made-up.png").status_code == 404


def test_answers_are_four_digits_that_the_page_does_not_hold(client: FlaskClient, app: Flask) -> None:
    page = client.get("/login").text
    answer = answer_of(app, token_of(page))
    assert re.fullmatch(r"\d{4}", answer)
    assert answer not in re.sub(r"\?v=\w+", "", page).replace(token_of(page), "")
