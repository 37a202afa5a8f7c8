"""The sheet of people: what a clerk fills in to bring her people into the system."""

from __future__ import annotations

from dataclasses import replace

from models.access import Actor, PositionKind
from models.errors import N_
from models.people.numbers import DocumentType
from models.people.tables import Professional
from views.sheets.columns import Column, Kind, Sheet, column_of

_ORGANISATION = Column(
    "organisation_code",
    N_("Employer code"),
    Kind.NUMBER,
    length=40,
    width=24,
    example="T37990100001210",
    help=N_("Organisation code / unified social credit code of the person's organisation; it must lie within your jurisdiction."),
)
_DEPARTMENT = Column(
    "department", N_("Work department"), length=100, width=16, help=N_("An internal department that exists already.")
)
_COLUMNS = (
    column_of(Professional.name, is_required=True, example="示例", width=12, aliases=("真实姓名",)),
    column_of(
        Professional.document_type,
        example=DocumentType.ID_CARD.value,
        is_kept=True,
        width=16,
        help=N_("Left empty it is the resident identity card."),
    ),
    Column(
        "number",
        N_("ID document number"),
        Kind.NUMBER,
        is_required=True,
        length=60,
        example="11010519491231002X",
        width=24,
        help=N_("It becomes the account; its last six characters are the first password."),
        aliases=("证件号码", "身份证号", "身份证号码"),
    ),
    column_of(Professional.sex, is_kept=True, width=8, help=N_("An ID card tells the sex: it may stay empty.")),
    column_of(Professional.birth_on, is_kept=True, width=13, help=N_("An ID card tells the date of birth: it may stay empty.")),
    column_of(Professional.ethnic_group, example="01", width=10),
    replace(column_of(Professional.phone, example="13900000000", width=16, aliases=("手机", "手机号码")), kind=Kind.NUMBER),
    column_of(Professional.email, width=24, aliases=("邮箱",)),
    column_of(Professional.education_level, width=16, aliases=("学历",)),
    column_of(Professional.degree, width=12),
    column_of(Professional.title_series, width=18),
    column_of(Professional.title_level, width=12),
    column_of(Professional.title_qualification, width=18),
    column_of(Professional.field_of_work, width=16),
    column_of(Professional.admin_post, width=14),
)
_NOTES = (
    N_("One row for each person. Imported people need no registration."),
    N_("After the import the account is the ID document number, and the password its last six characters."),
    N_("A person who is in the organisation already stays unchanged; importing the same file twice creates nobody twice."),
    N_("In an import that updates, an empty cell keeps what is stored, and #清空 clears it."),
    N_("Rows that cannot be taken in come back as a workbook with the reason; correct them there and import that file."),
)


def people_sheet(actor: Actor) -> Sheet:
    """Return the sheet for a position: whoever has organisations below must say which one a person belongs to."""
    must_say = actor.kind is not PositionKind.EMPLOYER and not actor.is_inner
    place = replace(_ORGANISATION, is_required=must_say)
    if not must_say:
        place = replace(place, help=N_("Left empty it is your own organisation."), example="")
    return Sheet(N_("Professionals"), (place, _DEPARTMENT, *_COLUMNS), "number", _NOTES, may_clear=True)
