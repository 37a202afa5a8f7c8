"""Send what stands in the outbox: in the reader's language, each mail at most a few times, never twice once it was taken."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from flask import Flask
from flask_babel import force_locale, gettext
from sqlalchemy import select

from models.base import utcnow
from models.outbox import OutboxMail
from models.scope import system_session
from models.transaction import unit_of_work
from views.brand import SITE_NAME
from views.words import words

log = logging.getLogger(__name__)

AT_ONCE = 50
MAX_TRIES = 5
PORTS = {"smtp": 587, "smtps": 465}


def send_waiting(app: Flask, mail_url: str) -> int:
    """Send the mails that wait; return how many went out. A server that cannot be reached leaves them for the next turn."""
    with system_session() as session:
        waiting = (
            select(OutboxMail)
            .where(OutboxMail.sent_at.is_(None), OutboxMail.n_tries < MAX_TRIES)
            .order_by(OutboxMail.n_tries, OutboxMail.id)
            .limit(AT_ONCE)
        )
        mails = session.scalars(waiting).all()
    if not mails:
        return 0
    n_sent = 0
    with _server(mail_url) as server:
        for mail in mails:
            n_sent += _send(app, server, mail, sender=_sender(mail_url))
    return n_sent


@contextmanager
def _server(mail_url: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(mail_url)
    port = parts.port or PORTS[parts.scheme]
    host = parts.hostname or "localhost"
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=20, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=20)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _sender(mail_url: str) -> str:
    parts = urlsplit(mail_url)
    name = unquote(parts.username or "")
    return name if "@" in name else f"noreply@{parts.hostname}"


def _send(app: Flask, server: smtplib.SMTP, mail: OutboxMail, *, sender: str) -> bool:
    with app.test_request_context(), force_locale(mail.language):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, mail.to_address, gettext(SITE_NAME)
        message.set_content(words(mail.message_id, mail.params))
    try:
        server.send_message(message)
        is_sent = True
    except smtplib.SMTPException as error:
        # The address is a person's: only the number of the row is named.
        log.warning("mail refused", extra={"mail_id": mail.id, "kind": type(error).__name__})
        is_sent = False
    with system_session() as session, unit_of_work(session):
        row = session.get_one(OutboxMail, mail.id)
        row.n_tries += 1
        row.sent_at = utcnow() if is_sent else None
    return is_sent
