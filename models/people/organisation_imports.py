"""Organisations that come in by a sheet, each with its first administrator.

It stands with the people because an administrator is one. A superior may be an organisation of an earlier row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import crypto, scope
from models.access import Actor, Permission
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound
from models.import_rows import ImportRow
from models.org import codes
from models.org.operations import CODE_TAKEN, LIVE, NewOrganisation, check_new, taken_codes
from models.org.tables import Organisation, OrganisationKind, OrganisationState
from models.people import appointments, contacts
from models.people.accounts import NUMBER_REGISTERED, find_account
from models.people.appointments import NOBODY_FITS, FirstAdministrator, create_with_administrator
from models.people.numbers import DocumentType

IMPORTABLE = (OrganisationKind.COMPETENT_DEPARTMENT, OrganisationKind.EMPLOYER)
EXISTING = "existing"
_COLUMN_OF = {"parent_id": "superior_code"}


class OrganisationsImport:
    """One import of organisations by one actor; ``carried`` holds the one-time passwords, encrypted, until the sheet is made."""

    chunk_size = 20  # each new administrator costs a password hash of 20 ms
    carried = ""

    def __init__(self, actor: Actor) -> None:
        actor.require(Permission.ORGANISATIONS_CREATE)
        self.actor = actor
        self._planned: dict[str, ImportRow] = {}  # code -> row of this file
        self._people: dict[tuple[str, str], ImportRow] = {}  # document type and number -> row that makes the account

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check each row by itself and against the rows before it."""
        for row in rows:
            for key, how in (("administrator_phone", contacts.check_mobile), ("administrator_email", contacts.check_email)):
                if row.values.get(key):
                    try:
                        row.values[key] = how(row.values[key])
                    except Invalid as refusal:
                        row.refuse(key, refusal)
            self._check_code(row)
            self._check_administrator(row)

    def _check_code(self, row: ImportRow) -> None:
        try:
            code = codes.check(row.values["code"]).value if row.values.get("code") else ""
        except Invalid as refusal:
            row.refuse("code", refusal)
            return
        row.found["code"] = code
        first = self._planned.setdefault(code, row) if code else row
        if first is not row:
            row.refuse(
                "code", Conflict(N_("The same code stands in row %(row)s already; delete one of the two rows."), row=first.number)
            )

    def _check_administrator(self, row: ImportRow) -> None:
        who = _administrator(row.values)
        if not {"administrator_name", "administrator_number"} & row.errors.keys():
            try:
                number = appointments.check(who)
            except FieldErrors as refusal:
                row.refuse("", refusal)
                return
            row.found |= {"administrator": who, "number": number.value}
            if not who.is_existing:
                self._people.setdefault((who.document_type, number.value), row)

    # --- against the database ----------------------------------------------------------------------------------------

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Check each row against the tree, the codes in use and the accounts."""
        wanted = {row.found.get("code") for row in rows} | {_superior(row) for row in rows}
        statement = select(Organisation).where(Organisation.code.in_(wanted - {None, ""}), Organisation.state.in_(LIVE))
        visible = {o.code: o for o in session.scalars(statement)}
        taken = taken_codes(sorted({row.found["code"] for row in rows if row.found.get("code")}))
        for row in rows:
            row.is_unchanged = False
            self._judge_place(session, row, visible, taken)
            if "number" in row.found and not row.is_unchanged:
                self._judge_administrator(session, row)

    def _judge_place(self, session: Session, row: ImportRow, visible: Mapping[str, Organisation], taken: set[str]) -> None:
        code = row.found.get("code")
        there = visible.get(code) if code and "code" not in row.errors else None
        if there is not None and _is_same(row, there, visible):
            row.is_unchanged = not row.errors
            return
        try:
            parent = self._parent(row, visible)
            if parent is not None and not {"kind", "name", "region_code", "code"} & row.errors.keys():
                check_new(session, new_organisation(row, parent.id), parent, taken)
            elif code in taken:
                row.refuse("code", Conflict(CODE_TAKEN))
        except FieldErrors as refusal:
            for key, error in refusal.errors.items():
                row.refuse(_COLUMN_OF.get(key, key), error)
        except DomainError as refusal:
            row.refuse("superior_code", refusal)

    def _parent(self, row: ImportRow, visible: Mapping[str, Organisation]) -> Organisation | None:
        code = _superior(row)
        if not code or "superior_code" in row.errors:
            return None
        if code in visible:
            return visible[code]
        above = self._planned.get(code)
        if above is None or above is row or above.number > row.number:
            raise NotFound
        if above.errors:
            raise Invalid(N_("Its superior stands in row %(row)s, which cannot be taken in."), row=above.number)
        # Not in the session: it stands for the superior that the earlier row makes.
        return Organisation(kind=above.values["kind"], state=OrganisationState.ACTIVE, code=code)

    def _judge_administrator(self, session: Session, row: ImportRow) -> None:
        who: FirstAdministrator = row.found["administrator"]
        maker = self._people.get((who.document_type, row.found["number"]))
        with scope.acting(session, "read_accounts"):
            account = find_account(session, who.document_type, row.found["number"])
        if not who.is_existing and account is not None:
            row.refuse("administrator_number", Conflict(NUMBER_REGISTERED))
        elif not who.is_existing and maker is not row and maker is not None:
            row.refuse(
                "administrator_number",
                Conflict(N_("The same number stands in row %(row)s already; choose “existing account” here."), row=maker.number),
            )
        elif who.is_existing and account is None and not (maker and maker.number < row.number and not maker.errors):
            row.refuse("administrator_number", Invalid(NOBODY_FITS))

    # --- writing -------------------------------------------------------------------------------------------------------

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Create the organisations of good rows one after the other; one that is refused now is left out whole."""
        made: list[list[str]] = []
        for row in rows:
            try:
                with session.begin_nested():
                    one_time = self._create(session, row)
            except DomainError as refusal:
                for key, error in (refusal.errors if isinstance(refusal, FieldErrors) else {"": refusal}).items():
                    row.refuse(_COLUMN_OF.get(key, key), error)
                continue
            if one_time:
                who: FirstAdministrator = row.found["administrator"]
                made.append([row.values["name"], row.found["code"], who.name, row.found["number"], one_time])
        if made:
            self.carried = crypto.encrypt(json.dumps(self.one_time_passwords() + made, ensure_ascii=False))

    def _create(self, session: Session, row: ImportRow) -> str | None:
        parent = session.scalars(
            select(Organisation.id).where(Organisation.code == _superior(row), Organisation.state.in_(LIVE))
        ).first()
        return create_with_administrator(session, self.actor, new_organisation(row, parent), row.found["administrator"]).one_time

    def one_time_passwords(self) -> list[list[str]]:
        """Return organisation, code, administrator, number and one-time password of the accounts that were made."""
        return list(json.loads(crypto.decrypt(self.carried))) if self.carried else []


def _superior(row: ImportRow) -> str:
    return codes.normalise(row.values.get("superior_code") or "")


def _is_same(row: ImportRow, there: Organisation, visible: Mapping[str, Organisation]) -> bool:
    """Say whether an organisation of the subtree is the one that the row describes: same kind, same superior."""
    above = visible.get(_superior(row))
    return above is not None and there.parent_id == above.id and there.kind == row.values.get("kind")


def new_organisation(row: ImportRow, parent_id: int | None) -> NewOrganisation:
    """Return what a row asks for."""
    values: Mapping[str, Any] = row.values
    return NewOrganisation(
        parent_id=parent_id,
        kind=OrganisationKind(values["kind"]),
        name=values["name"],
        code=values["code"],
        region_code=values["region_code"],
        nature=values.get("nature"),
        unit_level=values.get("unit_level"),
        industry=values.get("industry"),
        phone=values.get("phone") or "",
        address=values.get("address") or "",
    )


def _administrator(values: Mapping[str, Any]) -> FirstAdministrator:
    return FirstAdministrator(
        values.get("administrator_document_type") or DocumentType.ID_CARD.value,
        values.get("administrator_number") or "",
        values.get("administrator_name") or "",
        values.get("administrator_phone") or "",
        values.get("administrator_email") or "",
        is_existing=values.get("administrator_account") == EXISTING,
    )
