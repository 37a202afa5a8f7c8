"""Internal departments that come in by a sheet; the department above may stand in an earlier row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import N_, Conflict, Invalid
from models.import_batches import GONE, TOUCHED, Undone, note_chunk, undone_by
from models.import_rows import ImportRow
from models.org import departments
from models.org.departments import DEEPEST, DepartmentData
from models.org.tables import Department
from models.transaction import removes

DEPARTMENTS = "departments"


class DepartmentsImport:
    """One import of departments into the actor's own organisation."""

    chunk_size = 100
    carried = ""  # nothing

    def __init__(self, actor: Actor, *, job_id: int | None = None) -> None:
        actor.require(Permission.DEPARTMENTS_MANAGE)
        self.actor = actor
        self.job_id = job_id  # with one, what was done is kept so that it can be undone
        self._planned: dict[str, ImportRow] = {}  # name -> row of this file

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check each row against the rows before it."""
        for row in rows:
            name = row.values.get("name") or ""
            first = self._planned.setdefault(name, row) if name else row
            if first is not row and first.number != row.number:
                row.refuse("name", Conflict(N_("The same name stands in row %(row)s already."), row=first.number))
            if name and row.values.get("parent") == name:
                row.refuse("parent", Invalid(N_("A department cannot stand below itself.")))

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Check each row against the departments that are there."""
        present = self._present(session)
        depth = {name: department.place.count("/") - 1 for name, department in present.items()}
        for row in rows:
            row.is_unchanged = False
            name, above = row.values.get("name") or "", row.values.get("parent") or ""
            if row.errors:
                continue
            planned = self._planned.get(above)
            is_earlier = planned is not None and planned.number < row.number and not planned.errors
            if above and above not in present and not is_earlier:
                row.refuse(
                    "parent", Invalid(N_("There is no department of this name, neither in the unit nor in an earlier row."))
                )
            elif above in present and not present[above].is_enabled:
                row.refuse("parent", Invalid(N_("The department %(name)s is disabled."), name=above))
            elif name in present:
                row.is_unchanged = True
            elif depth.get(above, 0) >= DEEPEST:
                row.refuse("parent", Invalid(N_("The tree has at most %(n)s levels."), n=DEEPEST))
            else:
                depth[name] = depth.get(above, 0) + 1

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Add the departments of good rows, in their order."""
        present = self._present(session)
        made: list[Department] = []
        for row in rows:
            above = present.get(row.values.get("parent") or "")
            data = DepartmentData(row.values["name"], row.values.get("phone") or "", above.id if above else None)
            made.append(departments.add(session, self.actor, data))
            present[row.values["name"]] = made[-1]
        note_chunk(session, self.actor, self.job_id, DEPARTMENTS, [(d.id,) for d in made])

    def _present(self, session: Session) -> dict[str, Department]:
        own = Department.organisation_id == self.actor.organisation_id
        return {d.name: d for d in session.scalars(select(Department).where(own).order_by(Department.id))}


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    """Remove imported departments, those below first; one with people, administrators or departments of its own stays."""
    ids = [one[0] for one in created]
    own = (Department.id.in_(ids), Department.organisation_id == actor.organisation_id)
    names = {d.id: d.name for d in session.scalars(select(Department).where(*own).with_for_update())}
    touched = set(history.subjects_with_more_than(session, "department", ids, 1))
    for key in reversed(ids):
        if key not in names:
            done.kept.append(("", GONE))
        elif key in touched or not removes(session, delete(Department).where(Department.id == key)):
            done.kept.append((names[key], TOUCHED))
        else:
            done.n_removed += 1
            history.record(session, actor, "department", [key], "undo_import")


undone_by(DEPARTMENTS, Permission.DEPARTMENTS_MANAGE, _remove)
