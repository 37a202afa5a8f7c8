"""The columns of a sheet that name an administrator: checked alone, against the rows before, against the accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Delete

from models import crypto, history, scope
from models.access import post_key
from models.errors import N_, Conflict, FieldErrors, Invalid
from models.import_rows import ImportRow
from models.outbox import Notice
from models.people import appointments, contacts
from models.people.accounts import NUMBER_REGISTERED, find_account
from models.people.appointments import NOBODY_FITS, FirstAdministrator
from models.people.numbers import DocumentType
from models.people.tables import Account, Post, Professional
from models.transaction import removes

EXISTING = "existing"


class AdministratorRows:
    """The administrators of one file; ``row.found`` gets ``administrator`` and ``number`` where the cells are good."""

    def __init__(self) -> None:
        self._makers: dict[tuple[str, str], ImportRow] = {}  # document type and number -> row that makes the account

    def check(self, row: ImportRow) -> None:
        """Check the cells of a row."""
        for key, how in (("administrator_phone", contacts.check_mobile), ("administrator_email", contacts.check_email)):
            if row.values.get(key):
                try:
                    row.values[key] = how(row.values[key])
                except Invalid as refusal:
                    row.refuse(key, refusal)
        if {"administrator_name", "administrator_number"} & row.errors.keys():
            return
        who = _administrator(row.values)
        try:
            number = appointments.check(who)
        except FieldErrors as refusal:
            row.refuse("", refusal)
            return
        row.found |= {"administrator": who, "number": number.value}
        if not who.is_existing:
            self._makers.setdefault((who.document_type, number.value), row)

    def judge(self, session: Session, row: ImportRow, account: Account | None) -> None:
        """Check a row whose cells are good against the account of its number, None where there is none."""
        who: FirstAdministrator = row.found["administrator"]
        maker = self._makers.get((who.document_type, row.found["number"]))
        if not who.is_existing and account is not None:
            row.refuse("administrator_number", Conflict(NUMBER_REGISTERED))
        elif not who.is_existing and maker is not row and maker is not None:
            row.refuse(
                "administrator_number",
                Conflict(N_("The same number stands in row %(row)s already; choose “existing account” here."), row=maker.number),
            )
        elif who.is_existing and not (
            appointments.fits(session, account, who) if account else maker and maker.number < row.number and not maker.errors
        ):
            row.refuse("administrator_number", Invalid(NOBODY_FITS))


class OneTimePasswords:
    """The one-time passwords that an import has made, encrypted in the job's cursor until the sheet is made."""

    carried = ""

    def keep(self, made: list[list[str]]) -> None:
        """Add rows of unit, code, administrator, number and password."""
        if made:
            self.carried = crypto.encrypt(json.dumps(self.one_time_passwords() + made, ensure_ascii=False))

    def one_time_passwords(self) -> list[list[str]]:
        """Return organisation, code, administrator, number and one-time password of the accounts that were made."""
        return list(json.loads(crypto.decrypt(self.carried))) if self.carried else []


def account_of(session: Session, row: ImportRow) -> Account | None:
    """Return the account of a row's number, wherever its holder works."""
    who: FirstAdministrator = row.found["administrator"]
    with scope.acting(session, "read_accounts"):
        return find_account(session, who.document_type, row.found["number"])


def used_accounts(session: Session, account_ids: Sequence[int]) -> set[int]:
    """Return the accounts whose holder has logged in or got another password, and those that are people, too."""
    with scope.acting(session, "read_positions"):
        own = Account.last_login_at.is_not(None) | Account.first_password.is_(None)
        used = set(session.scalars(select(Account.id).where(Account.id.in_(account_ids), own)))
        people = set(session.scalars(select(Professional.account_id).where(Professional.account_id.in_(account_ids))))
    return used | people | set(history.subjects_with_more_than(session, "account", account_ids, 1))


def remove_post(session: Session, post_id: int, account_id: int, *more: Delete, is_new_account: bool) -> bool:
    """Remove an imported post with what was made beside it, or nothing where something else depends on one of them."""
    position = (Notice.account_id == account_id, Notice.position_key == post_key(post_id))
    account = (delete(Account).where(Account.id == account_id),) if is_new_account else ()
    with scope.acting(session, "undo_appointment"):
        return removes(session, delete(Notice).where(*position), delete(Post).where(Post.id == post_id), *more, *account)


def _administrator(values: Mapping[str, Any]) -> FirstAdministrator:
    return FirstAdministrator(
        values.get("administrator_document_type") or DocumentType.ID_CARD.value,
        values.get("administrator_number") or "",
        values.get("administrator_name") or "",
        values.get("administrator_phone") or "",
        values.get("administrator_email") or "",
        is_existing=values.get("administrator_account") == EXISTING,
    )
