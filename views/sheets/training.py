"""The sheets of training: grades of a class, and participants of a training of a unit."""

from __future__ import annotations

from models.errors import N_
from views.sheets.columns import Column, Kind, Sheet

NAME = Column("name", N_("Name"), is_required=True, length=100, example="示例人员", width=16, aliases=("学员姓名",))
NUMBER = Column(
    "number",
    N_("ID card number"),
    Kind.NUMBER,
    is_required=True,
    length=40,
    example="11010519491231002X",
    width=24,
    help=N_("The number and the name have to fit each other."),
    aliases=("证件号码", "身份证号", "身份证号码"),
)
GRADES = Sheet(
    N_("Learner scores"),
    (
        NAME,
        NUMBER,
        Column(
            "score",
            N_("Score"),
            is_required=True,
            length=10,
            example="85",
            width=10,
            help=N_("From 0 to 100, with at most one decimal place."),
            aliases=("学习成绩", "考试成绩", "分数"),
        ),
    ),
    "number",
    (
        N_("One row for each learner of the class that is chosen when the file is imported."),
        N_("Whoever has the same score in this class already stays unchanged."),
    ),
)
PARTICIPANTS = Sheet(
    N_("Participants"),
    (NAME, NUMBER),
    "number",
    (
        N_("One row for each participant; all of them belong to your unit or to one below it."),
        N_("Whoever is on the list already stays unchanged."),
    ),
)


def grades_sheet(_actor: object) -> Sheet:
    """Return the sheet; it is the same for everybody."""
    return GRADES


def participants_sheet(_actor: object) -> Sheet:
    """Return the sheet; it is the same for everybody."""
    return PARTICIPANTS
