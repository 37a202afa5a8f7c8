"""The sheet of applicants: whom an organisation declares hours for by one form, and what differs for each."""

from __future__ import annotations

from models.errors import N_
from views.sheets.columns import Column, Sheet
from views.sheets.training import NAME, NUMBER

APPLICANTS = Sheet(
    N_("Applicants"),
    (
        NAME,
        NUMBER,
        Column(
            "requested_hours",
            N_("Hours requested"),
            length=10,
            example="16",
            width=12,
            help=N_("Left empty they are those of the form; with at most one decimal place."),
            aliases=("申请学时", "学时"),
        ),
        Column(
            "score",
            N_("Score"),
            length=50,
            example="合格",
            width=12,
            help=N_("Left empty it is that of the form; only where the learning form has a score."),
            aliases=("学习成绩", "考试成绩", "成绩"),
        ),
    ),
    "number",
    (
        N_("One row for each person that the declaration is made for; all of them belong to your unit or to one below it."),
        N_("Whoever is on the list already with the same figures stays unchanged."),
    ),
)


def applicants_sheet(_actor: object) -> Sheet:
    """Return the sheet; it is the same for everybody."""
    return APPLICANTS
