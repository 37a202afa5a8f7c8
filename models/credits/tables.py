"""Learning forms and rules, declarations of hours, requirements, windows and the year's summaries.

Hours are integer tenths of an hour (学时) in every column that ends in ``_tenths``.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, binary_string, partial_index, utcnow
from models.errors import N_
from models.scope import Inherited, InSubtree, OwnedByPerson


class DeclarationState(StrEnum):
    """The life of a declaration (学时申报)."""

    DRAFT = "draft"  # 待提交
    PENDING = "pending"  # 待审核
    APPROVED = "approved"  # 审核通过
    REJECTED = "rejected"  # 审核不通过


class AuditState(StrEnum):
    """The verdict of the post-audit (学时审验)."""

    NONE = "none"
    PASSED = "passed"  # 审验通过
    FAILED = "failed"  # 审验不通过


class SubjectKind(StrEnum):
    """Which part of the year's requirement hours count toward (计入科目)."""

    PUBLIC = "public"  # 公需课
    PROFESSIONAL = "professional"  # 专业课
    ALL = "all"  # 全部: once in the total, split in the ratio of the requirement


class DeclarationType(StrEnum):
    """The groups of learning forms (申报类型)."""

    TRAINING = "training"  # 培训类
    ACHIEVEMENT = "achievement"  # 成果类
    OTHER = "other"  # 其他类


class Source(StrEnum):
    """Who declared a record; the steps of a record are those of its source."""

    PERSON = "person"
    ORGANISATION = "organisation"  # 代申报
    BASE = "base"  # a training base, from its grades
    LEARNING = "learning"  # the learning platform


class CapKind(StrEnum):
    """How a rule limits what counts."""

    NONE = "none"
    PER_RECORD = "per_record"
    PER_YEAR = "per_year"
    COUNT_PER_YEAR = "count_per_year"


class RuleState(StrEnum):
    """The life of a version of a rule."""

    DRAFT = "draft"  # written, holds for nobody
    PUBLISHED = "published"  # holds from its first year on, for what is submitted afterwards
    DISCARDED = "discarded"  # a draft that was given up


class LearningForm(Inherited, Base):
    """A learning form (学习形式); its fields and arithmetic stand in its rule versions."""

    __tablename__ = "learning_forms"
    __table_args__ = (UniqueConstraint("code", "path"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    code: Mapped[str] = mapped_column(binary_string(10))
    name: Mapped[str] = mapped_column(String(60), info={"label": N_("Learning form")})
    name_en: Mapped[str] = mapped_column(String(100))
    declaration_type: Mapped[DeclarationType] = mapped_column(String(12), info={"label": N_("Declaration type")})
    is_offered_to_persons: Mapped[bool] = mapped_column(default=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class RuleVersion(Inherited, Base):
    """One version of a form's rule: fields, formula, cap and evidence, as the whole JSON of a ``FormSpec``."""

    __tablename__ = "rule_versions"
    __table_args__ = (
        UniqueConstraint("path", "form_code", "version"),
        Index("ix_rule_versions_form", "form_code", "path"),
        CheckConstraint("state in ('draft','published','discarded')", name="known_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    form_code: Mapped[str] = mapped_column(binary_string(10))
    version: Mapped[int]
    from_year: Mapped[int] = mapped_column(default=0)  # the first year that it holds for
    spec: Mapped[dict[str, Any]]
    state: Mapped[RuleState] = mapped_column(String(12), default=RuleState.PUBLISHED, info={"label": N_("Status")})
    based_on_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("rule_versions.id", ondelete="RESTRICT"))
    note: Mapped[str] = mapped_column(String(500), default="")  # why it was made
    made_by: Mapped[str] = mapped_column(String(100), default="")
    published_by: Mapped[str] = mapped_column(String(100), default="")
    published_at: Mapped[dt.datetime | None]
    document_key: Mapped[str | None] = mapped_column(binary_string(43))  # of the regulation in the storage; versions share it
    document_name: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class Requirement(Inherited, Base):
    """What a year demands (90/30/60 by default) and where hours above it go, per HR department; the nearest above holds."""

    __tablename__ = "requirements"
    __table_args__ = (
        UniqueConstraint("path", "year"),
        CheckConstraint("total_tenths >= 0 and public_tenths >= 0 and professional_tenths >= 0", name="not_negative"),
        CheckConstraint(
            "carry_years between 0 and 3 and make_up_years between 0 and 3 and carry_most_tenths >= 0", name="a_few_years"
        ),
        CheckConstraint("(carry_years > 0) = (carries_public or carries_professional)", name="carries_something"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    year: Mapped[int]  # 0: the default of every year
    total_tenths: Mapped[int]
    public_tenths: Mapped[int]
    professional_tenths: Mapped[int]
    # By title level what is demanded of it instead: total, public, professional tenths.
    levels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # 结转: for how many years after the one that they were earned in hours may stand in a later one; 0: they stay.
    carry_years: Mapped[int] = mapped_column(default=0)
    carries_public: Mapped[bool] = mapped_column(default=False)
    carries_professional: Mapped[bool] = mapped_column(default=False)
    carry_most_tenths: Mapped[int] = mapped_column(default=0)  # in a year; 0: no limit
    # 补学: in how many years afterwards hours above their requirement still complete this one; 0: in none.
    make_up_years: Mapped[int] = mapped_column(default=0)


class DeclarationWindow(Inherited, Base):
    """When hours of a year may be declared; without a row: from 1 January to 31 March of the next year."""

    __tablename__ = "declaration_windows"
    __table_args__ = (
        UniqueConstraint("path", "year"),
        CheckConstraint("opens_on <= closes_on", name="opens_before_it_closes"),
        CheckConstraint("grace_days >= 0", name="no_negative_grace"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    year: Mapped[int]
    opens_on: Mapped[dt.date] = mapped_column(Date)
    closes_on: Mapped[dt.date] = mapped_column(Date)
    grace_days: Mapped[int] = mapped_column(default=0)


class Declaration(OwnedByPerson, Base):
    """One credit record: declared by a person (or for her), reviewed level by level, counted in one year."""

    __tablename__ = "declarations"
    __may_move__ = frozenset({"recalculated_version_id"})  # names a rule, not whose the record is
    __table_args__ = (
        Index("ix_declarations_person_year", "person_id", "year", "state"),
        Index("ix_declarations_path_id", "path", "id"),
        Index("ix_declarations_organisation", "organisation_id"),
        Index("ix_declarations_declared_by", "declared_by_id", "id"),
        Index("ix_declarations_batch", "batch_id"),
        # The two lists of the audited, at first few among many; what stands behind their order is read by counting.
        *(
            partial_index(
                f"ix_declarations_{state}",
                "path",
                "id",
                "year",
                "state",
                "audit_state",
                where=f"audit_state = '{state}'",
            )
            for state in ("failed", "passed")
        ),
        UniqueConstraint("person_id", "form_key"),
        CheckConstraint("state in ('draft','pending','approved','rejected')", name="known_state"),
        CheckConstraint("declared_by_id is null or source = 'organisation'", name="declarer_of_an_organisation"),
        CheckConstraint("subject in ('public','professional','all')", name="known_subject"),
        CheckConstraint(
            "(state = 'approved') = (granted_tenths is not null and granted_at is not null)", name="approved_has_grant"
        ),
        CheckConstraint(
            "granted_tenths is null or (granted_tenths > 0 and granted_tenths <= requested_tenths)", name="grant_in_request"
        ),
        CheckConstraint("state = 'draft' or requested_tenths > 0", name="submitted_has_hours"),
        CheckConstraint(
            "(recalculated_tenths is null) = (recalculated_version_id is null) and coalesce(recalculated_tenths, 0) >= 0",
            name="recalculated_by_a_version",
        ),
        {"sqlite_autoincrement": True},  # reviews and history name a record by its id: a deleted draft's is never used again
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="RESTRICT"))
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    person_name: Mapped[str] = mapped_column(String(100), info={"label": N_("Name")})
    organisation_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Employer (unit)")})
    year: Mapped[int] = mapped_column(info={"label": N_("Counts toward year")})
    subject: Mapped[SubjectKind] = mapped_column(String(14), info={"label": N_("Counts toward subject")})
    form_code: Mapped[str] = mapped_column(binary_string(10), info={"label": N_("Learning form")})
    form_name: Mapped[str] = mapped_column(String(60), info={"label": N_("Learning form")})
    rule_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("rule_versions.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("Class / course name")})
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    starts_on: Mapped[dt.date | None] = mapped_column(Date)
    ends_on: Mapped[dt.date | None] = mapped_column(Date)
    elective: Mapped[str] = mapped_column(String(10), default="required", info={"label": N_("Compulsory / elective")})
    requested_tenths: Mapped[int] = mapped_column(default=0, info={"label": N_("Hours declared")})
    proposed_tenths: Mapped[int | None]
    arithmetic: Mapped[list[Any]] = mapped_column(default=list)  # in words, as the rule computed the proposal
    granted_tenths: Mapped[int | None] = mapped_column(info={"label": N_("Hours granted")})
    recalculated_tenths: Mapped[int | None]  # counts instead of the grant, which stays what it was
    recalculated_version_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("rule_versions.id", ondelete="RESTRICT"))
    counted_tenths: Mapped[int] = mapped_column(default=0)
    counted_public_tenths: Mapped[int] = mapped_column(default=0)
    counted_professional_tenths: Mapped[int] = mapped_column(default=0)
    state: Mapped[DeclarationState] = mapped_column(String(12), default=DeclarationState.DRAFT, info={"label": N_("Status")})
    audit_state: Mapped[AuditState] = mapped_column(String(8), default=AuditState.NONE)
    is_key_review: Mapped[bool] = mapped_column(default=False, info={"label": N_("Key review")})
    key_reasons: Mapped[list[Any]] = mapped_column(default=list)  # message ids with parameters
    certificate_key: Mapped[str | None] = mapped_column(binary_string(64), index=True)  # keyed hash of the evidence's number
    source: Mapped[Source] = mapped_column(String(12), default=Source.PERSON)
    # 代申报: the form that several people share, and whose it is; empty for every other source.
    batch_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("declaration_batches.id", ondelete="RESTRICT"))
    declared_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    declared_by_name: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("Declared by")})
    form_key: Mapped[str | None] = mapped_column(
        binary_string(43)
    )  # of the page it was made on: a second click makes no second draft
    submitted_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Time of declaration")})
    granted_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Date the hours were gained")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


COUNTS = (Declaration.state == DeclarationState.APPROVED, Declaration.audit_state != AuditState.FAILED)
"""What a record that counts in its year is: approved, and not failed by the audit."""


def counting_tenths(row: Any) -> int:
    """Return the tenths of an approved record that go into the count: as recalculated, else as granted."""
    return int(row.granted_tenths if row.recalculated_tenths is None else row.recalculated_tenths)


def counting_version_id(row: Any) -> int:
    """Return the version whose cap acts on a record: the one it was recalculated by, else the one it was submitted on."""
    return int(row.recalculated_version_id or row.rule_version_id)


class YearSummary(OwnedByPerson, Base):
    """One person's year: always what a recomputation from the records gives."""

    __tablename__ = "year_summaries"
    __table_args__ = (
        UniqueConstraint("person_id", "year"),
        Index("ix_year_summaries_path_year", "path", "year"),
        Index("ix_year_summaries_organisation", "year_organisation_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"))
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    year_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    public_tenths: Mapped[int] = mapped_column(default=0, info={"label": N_("Public hours completed")})
    professional_tenths: Mapped[int] = mapped_column(default=0, info={"label": N_("Professional hours completed")})
    total_tenths: Mapped[int] = mapped_column(default=0, info={"label": N_("Total hours completed")})
    required_public_tenths: Mapped[int] = mapped_column(default=0)
    required_professional_tenths: Mapped[int] = mapped_column(default=0)
    required_total_tenths: Mapped[int] = mapped_column(default=0)
    is_passed: Mapped[bool] = mapped_column(default=False, info={"label": N_("Result")})
    is_exempt: Mapped[bool] = mapped_column(default=False)
    exemption_reason: Mapped[str] = mapped_column(Text, default="")
    # Hours of another year may have stood in a year, and gone again, of which nothing was ever granted: the row stays, and
    # every list and page leaves it out.
    has_account: Mapped[bool] = mapped_column(default=True)


class YearMove(OwnedByPerson, Base):
    """Hours that were earned for one year of a person and stand in another: always what a recomputation gives.

    Later than ``from_year`` they are carried over (结转), earlier they make up for a year that was not complete (补学).
    """

    __tablename__ = "year_moves"
    __table_args__ = (
        UniqueConstraint("person_id", "from_year", "to_year"),
        Index("ix_year_moves_path", "path"),
        CheckConstraint("from_year <> to_year", name="another_year"),
        CheckConstraint("public_tenths >= 0 and professional_tenths >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"))
    from_year: Mapped[int]
    to_year: Mapped[int]
    public_tenths: Mapped[int]
    professional_tenths: Mapped[int]

    @property
    def total_tenths(self) -> int:
        """Return the hours of both kinds."""
        return self.public_tenths + self.professional_tenths


class OrganisationYear(InSubtree, Base):
    """One organisation's own members in one year: how many learn, how many passed; kept with each recount."""

    __tablename__ = "organisation_years"
    __table_args__ = (UniqueConstraint("organisation_id", "year"), Index("ix_organisation_years_path", "path", "year"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="CASCADE"))
    year: Mapped[int]
    n_learning: Mapped[int] = mapped_column(default=0)
    n_passed: Mapped[int] = mapped_column(default=0)
