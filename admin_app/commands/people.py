"""Commands about persons: the first support account, and a password when nobody else can reset it."""

from __future__ import annotations

import click
from flask import Flask

from admin_app.commands.root import Refused, main, with_app
from models import history
from models.access import SYSTEM
from models.base import today
from models.errors import DomainError
from models.people import numbers
from models.people.accounts import NewAccount, create_with_one_time, find_account, give_first_password
from models.people.numbers import DocumentType
from models.people.tables import FirstPassword
from models.scope import system_session
from models.transaction import unit_of_work

document_type = click.option(
    "--document-type",
    default=DocumentType.ID_CARD.value,
    show_default=True,
    type=click.Choice([kind.value for kind in DocumentType]),
)
# Asked for, so that it stands in no list of processes and in no history of a shell.
number = click.option("--number", prompt="Number of the identity document", help="Asked for when left out.")


@main.command("create-support")
@document_type
@number
@click.option("--name", prompt="Name")
@with_app
def create_support(_app: Flask, document_type: str, number: str, name: str) -> None:
    """Create an account of the support desk and show its one-time password."""
    try:
        with system_session() as session, unit_of_work(session):
            checked = numbers.check(DocumentType(document_type), number, today=today())
            account, shown = create_with_one_time(session, SYSTEM, NewAccount(document_type, checked, name.strip()))
            account.is_support = True
            history.record(session, SYSTEM, "account", [account.id], "create_support")
    except DomainError as refusal:
        raise Refused(str(refusal)) from None
    click.echo(f"Login at /support/login with the one-time password {shown}; a new one is asked for then.")


@main.command("reset-password")
@document_type
@number
@click.option("--reason", prompt="Reason", help="Stands in the history.")
@with_app
def reset_password(_app: Flask, document_type: str, number: str, reason: str) -> None:
    """Give an account a one-time password and end its logins."""
    with system_session() as session, unit_of_work(session):
        account = find_account(session, document_type, number)
        if account is None:
            raise Refused("No account has this number.")
        shown = give_first_password(session, account, FirstPassword.ONE_TIME)
        history.record(session, SYSTEM, "account", [account.id], "reset_password", reason=reason.strip())
    click.echo(f"The one-time password is {shown}; a new one is asked for at the login.")
