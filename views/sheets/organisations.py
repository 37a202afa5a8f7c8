"""The sheet of organisations with their first administrators, and the sheet of their one-time passwords."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace

from flask_babel import gettext

from models.access import Actor
from models.errors import N_
from models.org.tables import ALLOWED_PARENTS, Organisation, OrganisationKind
from models.people.numbers import DocumentType
from models.people.organisation_imports import EXISTING, IMPORTABLE
from models.people.tables import Professional
from views.codes import REGIONS
from views.sheets.columns import Column, Kind, Sheet, column_of
from views.sheets.workbook import Cell, Look, Value, new_workbook, save, set_columns

KIND_WORDS = {
    OrganisationKind.COMPETENT_DEPARTMENT: N_("Competent department"),
    OrganisationKind.EMPLOYER: N_("Employer"),
}
_ACCOUNTS = {"new": N_("New account"), EXISTING: N_("Existing account")}
_CODE_HELP = N_("Organisation code / unified social credit code, or a temporary code that was issued here.")
_COLUMNS = (
    Column(
        "superior_code",
        N_("Superior unit code"),
        Kind.NUMBER,
        is_required=True,
        length=40,
        width=24,
        example="T37990100001210",
        help=N_("The code of an organisation within your jurisdiction, or of an earlier row of this sheet."),
    ),
    Column("name", N_("Unit name"), is_required=True, width=28, example="示例单位"),
    Column(
        "code",
        N_("Organisation code / unified social credit code"),
        Kind.NUMBER,
        is_required=True,
        length=40,
        width=24,
        example="T3799010000121",
        help=_CODE_HELP,
        aliases=("组织机构代码", "统一社会信用代码"),
    ),
    Column("region_code", N_("Region"), Kind.CODE, is_required=True, codes=REGIONS, width=22),
    column_of(Organisation.nature, width=14),
    column_of(Organisation.unit_level, width=14),
    column_of(Organisation.industry, width=18),
    replace(column_of(Organisation.phone, width=16), kind=Kind.NUMBER),
    column_of(Organisation.address, width=28),
    Column("administrator_name", N_("Administrator's name"), is_required=True, length=100, width=14, example="示例"),
    replace(
        column_of(Professional.document_type, width=16),
        key="administrator_document_type",
        label=N_("Administrator's ID document type"),
        example=DocumentType.ID_CARD.value,
        help=N_("Left empty it is the resident identity card."),
    ),
    Column(
        "administrator_number",
        N_("Administrator's ID document number"),
        Kind.NUMBER,
        is_required=True,
        length=60,
        width=24,
        example="11010519491231002X",
    ),
    Column("administrator_phone", N_("Administrator's mobile number"), Kind.NUMBER, length=40, width=16),
    Column("administrator_email", N_("Administrator's e-mail address"), width=24),
    Column(
        "administrator_account",
        N_("Administrator's account"),
        Kind.CODE,
        choices=_ACCOUNTS,
        example="new",
        width=14,
        help=N_("Left empty it is a new account; an existing one gets the post once its holder confirms at the next login."),
    ),
)
_NOTES = (
    N_("One row for each organisation; it is active at once. A superior may stand in an earlier row of the same sheet."),
    N_("New administrators get a one-time password each; after the import they are in a sheet that can be downloaded once."),
    N_("An organisation that is there already stays unchanged; importing the same file twice creates nothing twice."),
)


def organisations_sheet(actor: Actor) -> Sheet:
    """Return the sheet for a position: the kinds of organisation that may stand somewhere below it."""
    own = OrganisationKind(actor.kind.value)
    kinds = {k.value: KIND_WORDS[k] for k in IMPORTABLE if _may_stand_below(k, own)}
    kind = Column(
        "kind",
        N_("Unit type"),
        Kind.CODE,
        is_required=True,
        choices=kinds,
        also={"行业主管部门": OrganisationKind.COMPETENT_DEPARTMENT},
        example=OrganisationKind.EMPLOYER.value,
        width=16,
    )
    return Sheet(N_("Organisations"), (kind, *_COLUMNS), "code", _NOTES)


def _may_stand_below(kind: OrganisationKind, above: OrganisationKind) -> bool:
    return above in ALLOWED_PARENTS[kind] or any(
        _may_stand_below(p, above) for p in ALLOWED_PARENTS[kind] if p is not kind and p in IMPORTABLE
    )


def one_time_sheet(rows: Iterable[Sequence[str]]) -> bytes:
    """Return the sheet of one-time passwords, in the reader's language."""
    labels = (
        N_("Unit name"),
        N_("Organisation code / unified social credit code"),
        N_("Administrator's name"),
        N_("Administrator's ID document number"),
        N_("One-time password"),
    )
    head: list[Value | Cell] = [Cell(gettext(label), Look.HEAD) for label in labels]
    book, sheet = new_workbook(gettext(N_("One-time passwords")))
    sheet.freeze_panes = "A2"
    set_columns(sheet, [(width, Look.TEXT) for width in (30, 24, 14, 24, 18)])
    out = io.BytesIO()
    save(book, [head, *(list[Value | Cell](row) for row in rows)], out)
    return out.getvalue()
