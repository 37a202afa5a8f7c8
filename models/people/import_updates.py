"""Update-import of people: what a sheet changes of somebody who is there already. A blank cell keeps, ``#清空`` clears."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission
from models.errors import N_, Invalid, NotFound, WrongState
from models.import_rows import CLEAR, ImportRow
from models.org.tables import Department
from models.people import title_levels
from models.people.profile import plain
from models.people.tables import Account, Professional, ProfessionalState


class Mode(StrEnum):
    """What an import may do."""

    NEW = "new"  # 仅新增
    UPDATE = "update"  # 仅更新
    BOTH = "both"  # 新增并更新


EMPTY_TEXT = frozenset({"phone", "email", "field_of_work", "admin_post"})
COPIED = (
    "name",
    "document_type",
    "sex",
    "birth_on",
    "ethnic_group",
    "phone",
    "email",
    "education_level",
    "degree",
    "title_series",
    "title_level",
    "title_qualification",
    "field_of_work",
    "admin_post",
)
"""Columns of the sheet that are columns of the professional, too."""
UPDATABLE = COPIED[2:]
"""A name is corrected by support, and a document never changes."""
KEEPS = frozenset({"sex", "birth_on"})
"""Never cleared: the document tells them, or every person has one."""


def judge_updates(session: Session, rows: Sequence[ImportRow], mode: Mode) -> None:
    """Note on each judged row what it would change of its person; refuse what the mode does not allow."""
    if mode is Mode.NEW:
        return
    there = [row for row in rows if row.is_unchanged]
    accounts = [row.found["account_id"] for row in there]
    statement = select(Professional).where(
        Professional.account_id.in_(accounts), Professional.state != ProfessionalState.REJECTED
    )
    people = {p.account_id: p for p in session.scalars(statement, execution_options={"populate_existing": True})}
    for row in rows:
        row.is_update = False
        if row.is_unchanged and row.found["account_id"] in people:
            _judge(row, people[row.found["account_id"]])
        elif row.is_good and mode is Mode.UPDATE:
            row.refuse("number", NotFound(N_("This person is not in the organisation; nothing was updated.")))


def _judge(row: ImportRow, person: Professional) -> None:
    if row.values.get("name") not in {None, person.name}:
        row.refuse("name", Invalid(N_("The name differs from the one that is stored; names are corrected by support.")))
    if person.state != ProfessionalState.ACTIVE:
        row.refuse("", WrongState(N_("This person is disabled; nothing was updated.")))
    changes = {name: [plain(old), plain(new)] for name, old, new in _differences(row, person)}
    if row.errors:
        row.is_unchanged = False
        return
    row.found |= {"person_id": person.id, "changes": changes}
    row.is_update, row.is_unchanged = bool(changes), not changes


def _differences(row: ImportRow, person: Professional) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    for name in UPDATABLE:
        value = row.values.get(name)
        if value is CLEAR and name in KEEPS:
            row.refuse(name, Invalid(N_("This cannot be cleared.")))
        elif value is not None and value != "":
            new = ("" if name in EMPTY_TEXT else None) if value is CLEAR else value
            if new != getattr(person, name):
                found.append((name, getattr(person, name), new))
    department = row.values.get("department")
    if department is not None and department != "":
        new_id = None if department is CLEAR else row.found["place"].departments.get(department)
        if new_id != person.department_id:
            found.append(("department_id", person.department_id, new_id))
    return found


def write_updates(session: Session, actor: Actor, rows: Sequence[ImportRow]) -> None:
    """Write what good rows change, with history; the account's phone and e-mail follow. Flushes only."""
    changes = {row.found["person_id"]: row.found["changes"] for row in rows}
    if not changes:
        return
    actor.require(Permission.PEOPLE_IMPORT)
    statement = select(Professional).where(Professional.id.in_(changes)).order_by(Professional.id).with_for_update()
    people = session.scalars(statement).all()
    former = {p.id: p.title_level for p in people if "title_level" in changes[p.id]}
    for person in people:
        apply(session, person, {name: new for name, (_old, new) in changes[person.id].items()})
    session.flush()
    history.record(session, actor, "professional", [p.id for p in people], "import_update", each=changes)
    title_levels.changed(session, actor, former)


def apply(session: Session, person: Professional, values: dict[str, Any]) -> None:
    """Set JSON values on a person, dates included; the department must be one of hers."""
    for name, value in values.items():
        column = Professional.__table__.c[name]
        setattr(person, name, column.type.python_type.fromisoformat(value) if name == "birth_on" and value else value)
    if values.get("department_id") is not None:
        session.get_one(Department, values["department_id"])
    if values.keys() & {"phone", "email"}:
        with scope.acting(session, "set_contact"):
            account = session.scalars(select(Account).where(Account.id == person.account_id)).one()
            account.phone, account.email = person.phone, person.email
