"""The sheet of internal departments."""

from __future__ import annotations

from models.errors import N_
from models.org import departments
from views.sheets.columns import Column, Kind, Sheet

_NOTES = (
    N_("One row for each department. The department above stands in an earlier row, or is there already; empty means the top."),
    N_("A department that is there already stays unchanged."),
)
SHEET = Sheet(
    N_("Internal departments"),
    (
        Column("name", N_("Department name"), is_required=True, length=departments.LONGEST_NAME, width=24, example="示例部门"),
        Column("parent", N_("Department above"), length=departments.LONGEST_NAME, width=24),
        Column("phone", N_("Department phone"), Kind.NUMBER, length=departments.LONGEST_PHONE, width=18),
    ),
    "name",
    _NOTES,
)


def departments_sheet(_actor: object) -> Sheet:
    """Return the sheet; it is the same for everybody."""
    return SHEET
