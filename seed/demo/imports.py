"""Administrators of a hospital that came in by a sheet: by a role with a one-time password, and one who has not confirmed yet."""

from __future__ import annotations

from typing import Any

from models.import_rows import ImportRow
from models.people.administrator_imports import BY_ROLE, AdministratorsImport
from models.people.administrator_rows import EXISTING
from models.people.tables import Account, Professional
from seed import made_up
from seed.demo.stage import Stage, as_system, take_in

UNIT = "people_hospital"
ROLE = "学时审核"


def build_imports(stage: Stage) -> None:
    """Let the hospital import two new administrators and one of its own people, as a filled-in sheet would."""
    officer = stage.officer(UNIT)
    rows = [ImportRow(n, values) for n, values in enumerate([_new(stage), _new(stage), _own_person(stage)], start=3)]
    take_in(officer, AdministratorsImport(officer), rows)


def _new(stage: Stage) -> dict[str, Any]:
    number = stage.next_number()
    return _row(made_up.person_name(stage.rng, number.sex), number.value, "new", made_up.mobile(stage.n_used))


def _own_person(stage: Stage) -> dict[str, Any]:
    with as_system() as session:
        person = session.get_one(Professional, stage.people[UNIT][-1])
        return _row(person.name, session.get_one(Account, person.account_id).number, EXISTING)


def _row(name: str, number: str, account: str, phone: str | None = None) -> dict[str, Any]:
    return {
        "post_kind": BY_ROLE,
        "role": ROLE,
        "administrator_name": name,
        "administrator_number": number,
        "administrator_account": account,
        "administrator_phone": phone,
    }
