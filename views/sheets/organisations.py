"""The sheet of organisations with their first administrators."""

from __future__ import annotations

from dataclasses import replace

from models.access import Actor
from models.errors import N_
from models.org.tables import ALLOWED_PARENTS, Organisation, OrganisationKind
from models.people.organisation_imports import IMPORTABLE
from views.codes import REGIONS
from views.sheets.administrators import ADMINISTRATOR_COLUMNS
from views.sheets.columns import Column, Kind, Sheet, column_of

KIND_WORDS = {
    OrganisationKind.COMPETENT_DEPARTMENT: N_("Competent department"),
    OrganisationKind.EMPLOYER: N_("Employer"),
}
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
    *ADMINISTRATOR_COLUMNS,
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
