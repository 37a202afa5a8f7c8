"""Mails of the outbox go out in the reader's language, once."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, Self

import pytest
from flask import Flask
from sqlalchemy import select

from admin_app import mails
from models.outbox import OutboxMail
from models.people.forgotten import MAIL
from models.scope import system_session
from models.transaction import unit_of_work

LINK = "http://127.0.0.1:8000/password/new?k=x"


class MailServer:
    """Stands in for the mail server, which is outside of the product."""

    sent: list[EmailMessage]
    refuses: bool
    asked_for: list[Any]

    def __init__(self, host: str, port: int, **_options: Any) -> None:
        self.asked_for.append((host, port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Say goodbye."""

    def ehlo(self) -> None:
        """Say hello."""

    def has_extn(self, name: str) -> bool:
        return name == "starttls"

    def starttls(self, **_options: Any) -> None:
        self.asked_for.append("starttls")

    def login(self, user: str, password: str) -> None:
        self.asked_for.append((user, password))

    def send_message(self, message: EmailMessage) -> None:
        if self.refuses:
            raise smtplib.SMTPRecipientsRefused({})
        self.sent.append(message)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[MailServer]]:
    MailServer.sent, MailServer.asked_for, MailServer.refuses = [], [], False
    monkeypatch.setattr(smtplib, "SMTP", MailServer)
    return MailServer


def _write(*languages: str) -> None:
    with system_session() as session, unit_of_work(session):
        for language in languages:
            session.add(OutboxMail(to_address="a@example.invalid", message_id=MAIL, params={"link": LINK}, language=language))


def _states() -> list[tuple[int, bool]]:
    with system_session() as session:
        return [(mail.n_tries, mail.sent_at is not None) for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id))]


def test_each_mail_goes_out_once_in_its_language(in_app: Flask, server: type[MailServer]) -> None:
    _write("zh_Hans_CN", "en")
    url = "smtp://noreply%40ce.cn:p%2Fw@mail.ce.cn"
    assert mails.send_waiting(in_app, url) == 2
    assert mails.send_waiting(in_app, url) == 0
    assert server.asked_for == [("mail.ce.cn", 587), "starttls", ("noreply@ce.cn", "p/w")]
    chinese, english = server.sent
    assert (english["To"], english["From"]) == ("a@example.invalid", "noreply@ce.cn")
    assert english.get_content() == f"{MAIL % {'link': LINK}}\n"
    assert LINK in chinese.get_content()
    assert _states() == [(1, True), (1, True)]


def test_a_refused_mail_is_tried_again_but_not_for_ever(in_app: Flask, server: type[MailServer]) -> None:
    _write("en")
    server.refuses = True
    for _ in range(mails.MAX_TRIES + 2):
        assert mails.send_waiting(in_app, "smtp://mail.ce.cn:25") == 0
    assert _states() == [(mails.MAX_TRIES, False)]


def test_nothing_waiting_asks_no_server(in_app: Flask, server: type[MailServer]) -> None:
    assert mails.send_waiting(in_app, "smtp://mail.ce.cn") == 0
    assert server.asked_for == []
