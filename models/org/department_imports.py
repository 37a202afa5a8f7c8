"""Internal departments that come in by a sheet; the department above may stand in an earlier row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.errors import N_, Conflict, Invalid
from models.import_rows import ImportRow
from models.org import departments
from models.org.departments import DEEPEST, DepartmentData
from models.org.tables import Department


class DepartmentsImport:
    """One import of departments into the actor's own organisation."""

    chunk_size = 100
    carried = ""  # nothing

    def __init__(self, actor: Actor) -> None:
        actor.require(Permission.DEPARTMENTS_MANAGE)
        self.actor = actor
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
        for row in rows:
            above = present.get(row.values.get("parent") or "")
            data = DepartmentData(row.values["name"], row.values.get("phone") or "", above.id if above else None)
            present[row.values["name"]] = departments.add(session, self.actor, data)

    def _present(self, session: Session) -> dict[str, Department]:
        own = Department.organisation_id == self.actor.organisation_id
        return {d.name: d for d in session.scalars(select(Department).where(own).order_by(Department.id))}
