"""Regions, code lists and the tree of organisations with their internal departments and settings."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, EncryptedText, PathString, binary_string, partial_index, utcnow
from models.errors import N_
from models.scope import EitherSide, Inherited, InSubtree, Reference, SystemOnly


class OrganisationKind(StrEnum):
    """The four kinds of organisation."""

    HR_DEPARTMENT = "hr_department"  # 人社部门
    COMPETENT_DEPARTMENT = "competent_department"  # 行业主管部门
    EMPLOYER = "employer"  # 用人单位
    TRAINING_BASE = "training_base"  # 继续教育基地


ALLOWED_PARENTS: dict[OrganisationKind, frozenset[OrganisationKind]] = {
    OrganisationKind.HR_DEPARTMENT: frozenset({OrganisationKind.HR_DEPARTMENT}),
    OrganisationKind.COMPETENT_DEPARTMENT: frozenset({OrganisationKind.HR_DEPARTMENT, OrganisationKind.COMPETENT_DEPARTMENT}),
    OrganisationKind.EMPLOYER: frozenset(
        {OrganisationKind.HR_DEPARTMENT, OrganisationKind.COMPETENT_DEPARTMENT, OrganisationKind.EMPLOYER}
    ),
    OrganisationKind.TRAINING_BASE: frozenset({OrganisationKind.HR_DEPARTMENT, OrganisationKind.COMPETENT_DEPARTMENT}),
}
HAVE_MEMBERS = frozenset({OrganisationKind.EMPLOYER, OrganisationKind.COMPETENT_DEPARTMENT, OrganisationKind.HR_DEPARTMENT})


class OrganisationState(StrEnum):
    """The life of an organisation."""

    PENDING = "pending"  # registered, not decided
    ACTIVE = "active"
    REJECTED = "rejected"
    DISABLED = "disabled"  # by the superior: nothing new is submitted
    MERGED = "merged"  # its code answers with the target's name


class Region(Reference, Base):
    """An administrative division (GB/T 2260), a functional zone or a local row; an abolished code stays."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(binary_string(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), info={"label": N_("Region")})
    level: Mapped[str] = mapped_column(String(20))  # province, prefecture, county, zone
    parent_code: Mapped[str | None] = mapped_column(
        binary_string(12), ForeignKey("regions.code", ondelete="RESTRICT"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20), default="division")  # division, zone, local
    status: Mapped[str] = mapped_column(String(20), default="current")
    from_year: Mapped[int | None]
    to_year: Mapped[int | None]


class CodeEntry(Reference, Base):
    """One entry of a code list; ``list_name`` is one of ``models.org.code_lists``."""

    __tablename__ = "code_entries"
    __table_args__ = (UniqueConstraint("list_name", "code"), Index("ix_code_entries_list", "list_name", "position"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    list_name: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(binary_string(40))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    parent_code: Mapped[str | None] = mapped_column(binary_string(40))
    extra: Mapped[dict[str, Any] | None]
    position: Mapped[int] = mapped_column(default=0)


class Organisation(InSubtree, Base):
    """An organisation; ``path`` is its own, ending in its id, and ``parent_id`` is the truth it is built from."""

    __tablename__ = "organisations"
    __table_args__ = (
        Index("ix_organisations_path_id", "path", "id"),
        Index("ix_organisations_kind_path", "kind", "path", "id"),
        Index("ix_organisations_name", "name"),
        Index("ix_organisations_nature", "nature", "path", "id"),
        partial_index(
            "uq_organisations_live_code",
            "code",
            unique=True,
            where="state in ('pending','active','disabled')",
        ),
        CheckConstraint("state in ('pending','active','rejected','disabled','merged')", name="known_state"),
        CheckConstraint("kind in ('hr_department','competent_department','employer','training_base')", name="known_kind"),
        CheckConstraint("parent_id is not null or kind = 'hr_department'", name="root_is_hr_department"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[OrganisationKind] = mapped_column(String(24), info={"label": N_("Unit type")})
    state: Mapped[OrganisationState] = mapped_column(String(12), default=OrganisationState.PENDING, info={"label": N_("Status")})
    name: Mapped[str] = mapped_column(String(200), info={"label": N_("Unit name")})
    code: Mapped[str] = mapped_column(binary_string(20), info={"label": N_("Organisation code / unified social credit code")})
    code_kind: Mapped[str] = mapped_column(String(20), default="credit_code")  # a member of models.org.codes.CodeKind
    region_code: Mapped[str] = mapped_column(
        binary_string(12), ForeignKey("regions.code", ondelete="RESTRICT"), info={"label": N_("Region")}
    )
    nature: Mapped[str | None] = mapped_column(String(10), info={"label": N_("Unit nature"), "codes": "unit_nature"})
    unit_level: Mapped[str | None] = mapped_column(String(10), info={"label": N_("Unit level"), "codes": "unit_level"})
    industry: Mapped[str | None] = mapped_column(String(10), info={"label": N_("Industry"), "codes": "industry"})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Unit phone")})
    address: Mapped[str] = mapped_column(String(300), default="", info={"label": N_("Unit address")})
    can_review_hours: Mapped[bool] = mapped_column(default=True)  # 关闭 / 开启审核权限; never off for an HR department
    rejection_reason: Mapped[str] = mapped_column(String(500), default="")  # said at the login, after the right password
    merged_into_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class OrganisationScan(InSubtree, Base):
    """The scan of a certificate that an organisation showed when it registered."""

    __tablename__ = "organisation_scans"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"), index=True)
    key: Mapped[str] = mapped_column(binary_string(43), unique=True)
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(60))
    n_bytes: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class ChangeState(StrEnum):
    """The life of a change that the superior reviews."""

    OPEN = "open"
    PASSED = "passed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class OrganisationChange(InSubtree, Base):
    """A change of name or code (修改单位信息): asked by the organisation, decided by its superior."""

    __tablename__ = "organisation_changes"
    __table_args__ = (
        Index("ix_organisation_changes_organisation", "organisation_id", "id"),
        partial_index(
            "uq_organisation_changes_open",
            "organisation_id",
            unique=True,
            where="state = 'open'",
        ),
        CheckConstraint("state in ('open','passed','rejected','withdrawn')", name="known_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    state: Mapped[ChangeState] = mapped_column(String(12), default=ChangeState.OPEN, info={"label": N_("Status")})
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    was_applied: Mapped[bool] = mapped_column(default=False)  # effective at once: a rejection puts the old values back
    asked_by: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")  # of the rejection
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class MoveState(StrEnum):
    """How far somebody, or an organisation, has come on the way from one side of the tree to the other."""

    WAITING_OUT = "waiting_out"  # 待转出: the old side has to let go
    WAITING_IN = "waiting_in"  # 待转入: the new side has to accept
    ACCEPTED = "accepted"
    REFUSED_OUT = "refused_out"
    REFUSED_IN = "refused_in"
    WITHDRAWN = "withdrawn"


OPEN_MOVES = frozenset({MoveState.WAITING_OUT, MoveState.WAITING_IN})
OPEN_MOVE_ROWS = "state in ('waiting_out','waiting_in')"


def move_rules(table: str, subject: str) -> tuple[Index | CheckConstraint, ...]:
    """Return what holds for every table of such moves: each side finds its rows, and a subject has one open move."""
    known = "state in ('waiting_out','waiting_in','accepted','refused_out','refused_in','withdrawn')"
    return (
        Index(f"ix_{table}_path", "path"),
        Index(f"ix_{table}_from", "from_path"),
        Index(f"ix_{table}_to", "to_path"),
        partial_index(f"uq_{table}_open", subject, unique=True, where=OPEN_MOVE_ROWS),
        CheckConstraint(known, name="known_state"),
    )


class SuperiorChange(EitherSide, Base):
    """An organisation on the way to another superior (更换上级部门); the sides are the old superior and the new one."""

    __tablename__ = "superior_changes"
    __table_args__ = move_rules("superior_changes", "organisation_id")

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    state: Mapped[MoveState] = mapped_column(String(12), info={"label": N_("Status")})
    name: Mapped[str] = mapped_column(String(200), info={"label": N_("Unit name")})
    code: Mapped[str] = mapped_column(binary_string(20), info={"label": N_("Organisation code / unified social credit code")})
    from_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    from_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Present superior")})
    to_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    to_name: Mapped[str] = mapped_column(String(200), info={"label": N_("New superior")})
    asked_by: Mapped[str] = mapped_column(String(100), info={"label": N_("Administrator")})
    asked_by_id: Mapped[int] = mapped_column(BigId)  # account: nobody decides an own matter
    asked_in: Mapped[str] = mapped_column(String(40))  # the position of it: where the answer is told
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Contact phone")})
    reason: Mapped[str] = mapped_column(String(500), default="", info={"label": N_("Reason")})  # of the refusal
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Time of submission")})
    decided_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Time of the decision")})


class OrderKind(StrEnum):
    """What a change order does to an organisation."""

    MOVE = "move"  # with its subtree below another superior
    MERGE = "merge"  # into another one, which takes over everything
    RENAME = "rename"
    DISABLE = "disable"
    SPLIT = "split"  # departments and units below go to a new one beside it


class OrderState(StrEnum):
    """A change order is carried out when it is given, and may be taken back."""

    DONE = "done"
    UNDONE = "undone"


class ChangeOrder(InSubtree, Base):
    """An order that changed the tree: what it did, in figures, and what has to be known to undo it."""

    __tablename__ = "change_orders"
    __table_args__ = (
        Index("ix_change_orders_path", "path", "id"),
        Index("ix_change_orders_subject", "subject_id", "id"),
        CheckConstraint("state in ('done','undone')", name="known_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[OrderKind] = mapped_column(String(12), info={"label": N_("Kind of change")})
    state: Mapped[OrderState] = mapped_column(String(12), default=OrderState.DONE, info={"label": N_("Status")})
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    subject_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Unit name")})
    target_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    target_name: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("Goes to / new name")})
    reason: Mapped[str] = mapped_column(String(500), info={"label": N_("Reason")})
    effect: Mapped[dict[str, Any]]  # the figures, as they were shown beforehand
    before: Mapped[dict[str, Any]]  # what is put back by undoing it
    ordered_by: Mapped[str] = mapped_column(String(100), info={"label": N_("Ordered by")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Time")})
    undone_by: Mapped[str] = mapped_column(String(100), default="", info={"label": N_("Undone by")})
    undone_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Time of undoing")})


class OrganisationDraft(SystemOnly, Base):
    """The first step of a visitor who registers an organisation, until the second; swept after a day."""

    __tablename__ = "organisation_drafts"

    key: Mapped[str] = mapped_column(binary_string(43), primary_key=True)
    values_json: Mapped[str] = mapped_column(EncryptedText)
    scan_key: Mapped[str | None] = mapped_column(binary_string(43))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, index=True)


class Department(InSubtree, Base):
    """An internal department (内设部门); disabled, not deleted, while people are in it."""

    __tablename__ = "departments"
    __table_args__ = (
        Index("ix_departments_organisation", "organisation_id", "name"),
        Index("ix_departments_place", "organisation_id", "place", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("departments.id", ondelete="RESTRICT"))
    place: Mapped[str] = mapped_column(PathString, default="")  # the ids of those above it and its own: the order of the tree
    name: Mapped[str] = mapped_column(String(100), info={"label": N_("Department name")})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Department phone")})
    is_enabled: Mapped[bool] = mapped_column(default=True)


class OrganisationSetting(Inherited, Base):
    """A setting of an HR department, inherited down the tree unless set lower."""

    __tablename__ = "organisation_settings"
    __table_args__ = (UniqueConstraint("path", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(200))
