"""What the operator of an installation does to accounts from the command line, in a system session."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import history
from models.access import SYSTEM
from models.base import today
from models.errors import N_, Conflict, NotFound
from models.people import names, numbers
from models.people.accounts import NewAccount, create_with_one_time, find_account, give_first_password
from models.people.tables import FirstPassword, LoginFailure


def create_support(session: Session, *, document_type: str, number: str, name: str) -> str | None:
    """Make a person support; return a one-time password, or None where the person has an account and keeps its password.

    Raises Invalid for number or name, and Conflict for somebody who is support already or has another name.
    """
    checked = numbers.check(document_type, number, today=today())
    account, shown = find_account(session, document_type, checked.value), None
    if account is None:
        account, shown = create_with_one_time(session, SYSTEM, NewAccount(document_type, checked, names.check(name)))
    elif account.name != names.check(name):
        raise Conflict(N_("The account of this number has another name."))
    elif account.is_support:
        raise Conflict(N_("This account is support already."))
    account.is_support = True
    session.flush()
    history.record(session, SYSTEM, "account", [account.id], "make_support")
    return shown


def reset_password_by_number(session: Session, *, document_type: str, number: str) -> str:
    """Give the account of a number a one-time password, end its sessions and lift its lock; raises NotFound."""
    account = find_account(session, document_type, number)
    if account is None:
        raise NotFound(N_("No account has this document type and number."))
    shown = give_first_password(session, account, FirstPassword.ONE_TIME)
    session.execute(
        delete(LoginFailure).where(LoginFailure.number_hash == account.number_hash),
        execution_options={"synchronize_session": False},
    )
    history.record(session, SYSTEM, "account", [account.id], "reset_password")
    return shown or ""
