"""The sheet of administrators, and the columns that name one in the sheet of organisations, too."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor, PositionKind
from models.errors import N_
from models.org.tables import Department, Organisation, OrganisationState
from models.people.administrator_imports import BY_ROLE, INNER, SUPER
from models.people.administrator_rows import EXISTING
from models.people.numbers import DocumentType
from models.people.tables import Professional, Role
from views.sheets.columns import Column, Kind, Sheet, column_of

MOST_OFFERED = 500
"""So many units, departments and roles are offered in a drop-down list; others are typed."""

_ACCOUNTS = {"new": N_("New account"), EXISTING: N_("Existing account")}
ADMINISTRATOR_COLUMNS = (
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
_POSTS = {BY_ROLE: N_("By role"), SUPER: N_("Super administrator")}
_KINDS = {"outer": N_("External account"), INNER: N_("Internal account")}
_UNIT = Column(
    "organisation_code",
    N_("Unit code"),
    Kind.NUMBER,
    length=260,
    width=30,
    example="T37990100001210",
    help=N_("The code of your own unit or of one within your jurisdiction; left empty it is your own."),
)
_SEAT = (
    Column(
        "post_kind",
        N_("Kind of administrator"),
        Kind.CODE,
        choices=_POSTS,
        example=BY_ROLE,
        width=14,
        help=N_("Left empty it is by role; a super administrator is appointed where the unit below has none."),
    ),
    Column(
        "role",
        N_("Role name"),
        length=60,
        width=18,
        example="示例角色",
        help=N_("A role of that unit; it must hold nothing that your own lacks."),
    ),
    Column("department", N_("Working department"), length=100, width=18, help=N_("An internal department that exists already.")),
)
_KIND = Column(
    "account_kind",
    N_("Account type"),
    Kind.CODE,
    choices=_KINDS,
    width=14,
    help=N_("Of an HR department: an external account sees everything below, an internal one the own staff only."),
)
_NOTES = (
    N_("One row for each administrator: somebody with a role, or the super administrator of a unit below that has none."),
    N_("New administrators get a one-time password each; after the import they are in a sheet that can be downloaded once."),
    N_("An administrator who is there already stays unchanged; importing the same file twice creates nobody twice."),
)


def administrators_sheet(actor: Actor) -> Sheet:
    """Return the sheet for a position: only an HR department has two types of accounts."""
    more = (_KIND,) if actor.kind is PositionKind.HR_DEPARTMENT else ()
    return Sheet(N_("Administrators"), (_UNIT, *_SEAT, *more, *ADMINISTRATOR_COLUMNS), "administrator_number", _NOTES)


def offering(session: Session, sheet: Sheet) -> Sheet:
    """Return the sheet with the units of the scope, their roles and their departments offered in drop-down lists."""
    units = (
        select(Organisation.code, Organisation.name)
        .where(Organisation.state == OrganisationState.ACTIVE)
        .order_by(Organisation.path)
        .limit(MOST_OFFERED)
    )
    names = {
        "role": select(Role.name).distinct().order_by(Role.name),
        "department": select(Department.name).where(Department.is_enabled).distinct().order_by(Department.name),
    }
    offers = {key: tuple(session.scalars(statement.limit(MOST_OFFERED))) for key, statement in names.items()}
    offers["organisation_code"] = tuple(f"{code} {name}" for code, name in session.execute(units))
    return replace(sheet, columns=tuple(replace(c, offers=offers.get(c.key, ())) for c in sheet.columns))
