"""Passwords of one's own: changed with the old one, set by a link, and never a word about who is registered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models.outbox import OutboxMail
from models.people.tables import Account
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast
from tests.visits import english, enter, log_in, send

NEW = "Learn-2026"
SENT = "If the document number and the e-mail address belong to one account"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    return english(app)


def links(app: Flask) -> list[str]:
    with app.app_context(), system_session() as session:
        return [mail.params["link"] for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id))]


def ask(client: FlaskClient, cast: Cast, name: str, **more: str) -> str:
    data = {"document_type": "111", "number": cast.accounts[name].number, "email": cast.accounts[name].email}
    return client.post("/password/forgot", data=data | more).text


def test_a_change_needs_the_old_password_and_ends_the_other_sessions(client: FlaskClient, app: Flask, cast: Cast) -> None:
    elsewhere = english(app)
    enter(elsewhere, cast, "unit_clerk")
    actor = enter(client, cast, "unit_clerk")
    wrong = send(client, "/password/change", actor, old="Wrong-2026", new=NEW, again=NEW)
    assert "The current password is wrong." in wrong.text
    assert elsewhere.get("/admin/").status_code == 200
    assert send(client, "/password/change", actor, old=PASSWORD, new=NEW, again=NEW).headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code != 200
    assert log_in(english(app), cast, "unit_clerk", password=PASSWORD).status_code == 200
    assert log_in(english(app), cast, "unit_clerk", password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("new", "again", "sentence"),
    [
        (NEW, "Other-2026", "The two passwords differ."),
        ("short1", "short1", "The password needs at least 8 characters."),
        ("onlyletters", "onlyletters", "The password needs letters and digits."),
        (PASSWORD, PASSWORD, "The new password must differ from the current one."),
        ("", "", "Please fill this in."),
    ],
)
def test_a_new_password_that_does_not_fit_is_refused(
    client: FlaskClient, cast: Cast, new: str, again: str, sentence: str
) -> None:
    actor = enter(client, cast, "unit_clerk")
    answer = send(client, "/password/change", actor, old=PASSWORD, new=new, again=again)
    assert answer.status_code == 200
    assert sentence in answer.text


def test_changing_needs_a_login(client: FlaskClient) -> None:
    assert client.get("/password/change").headers["Location"] == "/login?next=/password/change"


def test_the_answer_to_a_forgotten_password_is_always_the_same(
    client: FlaskClient, app: Flask, cast: Cast, clock: Callable[[str], None]
) -> None:
    clock("2026-11-20 09:00")
    answers = {
        ask(client, cast, "unit_clerk"),
        ask(client, cast, "unit_clerk", email="somebody@example.invalid"),
        ask(client, cast, "unit_clerk", number="371102199001019965"),
        ask(client, cast, "unit_clerk", number="nonsense"),
    }
    assert len(answers) == 1
    assert SENT in answers.pop()
    assert len(links(app)) == 1


def test_a_link_sets_the_password_once(client: FlaskClient, app: Flask, cast: Cast) -> None:
    elsewhere = english(app)
    enter(elsewhere, cast, "unit_clerk")
    ask(client, cast, "unit_clerk")
    (link,) = links(app)
    assert link.startswith("http://127.0.0.1:8000/password/reset?k=")
    key = link.partition("k=")[2]
    page = client.get(f"/password/reset?k={key}").text
    assert "Set a new password" in page
    short = client.post("/password/reset", data={"key": key, "new": "short1", "again": "short1"})
    assert "The password needs at least 8 characters." in short.text
    done = client.post("/password/reset", data={"key": key, "new": NEW, "again": NEW})
    assert done.headers["Location"] == "/login"
    assert elsewhere.get("/admin/").status_code != 200
    again = client.post("/password/reset", data={"key": key, "new": "Other-2026", "again": "Other-2026"})
    assert "This link has been used or has expired; please ask for a new one." in again.text
    assert log_in(client, cast, "unit_clerk", password=NEW).status_code == 303


def test_a_link_ends_after_half_an_hour(client: FlaskClient, app: Flask, cast: Cast, clock: Callable[[str], None]) -> None:
    clock("2026-11-20 09:00")
    ask(client, cast, "unit_clerk")
    (link,) = links(app)
    clock("2026-11-20 09:31")
    assert "This link has been used or has expired" in client.get("/password/reset?k=" + link.partition("k=")[2]).text


@pytest.mark.parametrize("key", ["", "x", "AAAA", "ÿÿÿ", "a" * 5000, "e30"])
def test_an_invented_link_is_refused_in_words(client: FlaskClient, key: str) -> None:
    answer = client.get("/password/reset", query_string={"k": key})
    assert answer.status_code == 200
    assert "This link has been used or has expired; please ask for a new one." in answer.text


def test_one_number_gets_at_most_a_few_mails(client: FlaskClient, app: Flask, cast: Cast) -> None:
    for _ in range(9):
        assert SENT in ask(client, cast, "unit_clerk")
    assert len(links(app)) == 5


def test_an_account_without_an_address_gets_no_mail(client: FlaskClient, app: Flask, cast: Cast) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        account = session.get(Account, cast.accounts["unit_clerk"].id)
        assert account is not None
        account.email = ""
    assert SENT in ask(client, cast, "unit_clerk", email="a@example.invalid")
    assert links(app) == []
