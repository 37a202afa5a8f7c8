"""Accounts, positions, roles and professionals with their education, qualifications and titles."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from flask_security import UserMixin
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from models.base import Base, BigId, EncryptedText, PathString, binary_string, partial_index, utcnow
from models.errors import N_
from models.org.tables import ChangeState
from models.scope import InSubtree, OwnedByPerson, SystemOnly


class FirstPassword(StrEnum):
    """How the holder of an account without a password of her own gets in once."""

    LAST_SIX = "last_six"  # no hash: compared with the number's last six characters
    ONE_TIME = "one_time"  # hashed, shown once, works once


class Account(SystemOnly, UserMixin, Base):
    """One account per person: document type and number. It may hold several positions."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("document_type", "number_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_type: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(EncryptedText)
    number_hash: Mapped[str] = mapped_column(binary_string(64))
    number_masked: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    first_password: Mapped[FirstPassword | None] = mapped_column(String(12))
    first_password_until: Mapped[dt.datetime | None]
    must_change: Mapped[bool] = mapped_column(default=False)
    password_changed_at: Mapped[dt.datetime | None]
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    is_support: Mapped[bool] = mapped_column(default=False)
    last_login_at: Mapped[dt.datetime | None]  # type: ignore[assignment]
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    roles: list[Any] = []  # noqa: RUF012 - Flask-Security's global roles stay empty, ours belong to organisations

    @property
    def password(self) -> str | None:  # type: ignore[override]
        """Return the hash under the name that Flask-Security looks for."""
        return self.password_hash


class LoginFailure(SystemOnly, Base):
    """Failed logins per number, known or not: five wrong ones lock it for 15 minutes."""

    __tablename__ = "login_failures"

    number_hash: Mapped[str] = mapped_column(binary_string(64), primary_key=True)
    n_failures: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[dt.datetime] = mapped_column(default=utcnow, index=True)
    locked_until: Mapped[dt.datetime | None]


class WebSession(SystemOnly, Base):
    """A login on the server: ended rows are refused at the next request."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index("ix_web_sessions_account", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(binary_string(64), unique=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    position_key: Mapped[str] = mapped_column(String(40), default="")
    is_remembered: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    last_seen_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    ended_at: Mapped[dt.datetime | None]


class CaptchaUse(SystemOnly, Base):
    """A captcha that was answered, rightly or not: none is taken twice. Its picture comes from its key alone."""

    __tablename__ = "captcha_uses"

    key: Mapped[str] = mapped_column(binary_string(43), primary_key=True)
    used_at: Mapped[dt.datetime] = mapped_column(default=utcnow, index=True)


class Role(InSubtree, Base):
    """A set of permissions that belongs to one organisation."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(60), info={"label": N_("Role name")})
    description: Mapped[str] = mapped_column(String(300), default="", info={"label": N_("Role description")})
    permissions: Mapped[list[Any]] = mapped_column(default=list)


class PostState(StrEnum):
    """The life of an administrator's post."""

    OFFERED = "offered"  # an existing account was named; its holder confirms at the next login
    ACTIVE = "active"
    DISABLED = "disabled"
    ENDED = "ended"


class Post(InSubtree, Base):
    """A position as administrator of one organisation: its super administrator, or with a role."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_account", "account_id"),
        Index("ix_posts_organisation", "organisation_id", "state"),
        partial_index(
            "uq_posts_live",
            "account_id",
            "organisation_id",
            unique=True,
            where="state <> 'ended'",
        ),
        partial_index(
            "uq_posts_super",
            "organisation_id",
            unique=True,
            where="is_super and state <> 'ended'",
        ),
        CheckConstraint("state in ('offered','active','disabled','ended')", name="known_state"),
        CheckConstraint("is_super or role_id is not null or state = 'ended'", name="role_unless_super"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="RESTRICT"))
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    role_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("roles.id", ondelete="RESTRICT"))
    department_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("departments.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(100), info={"label": N_("Name")})
    number_masked: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("ID document number")})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Mobile number")})
    email: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("E-mail address")})
    landline: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Landline")})
    is_super: Mapped[bool] = mapped_column(default=False)
    is_inner: Mapped[bool] = mapped_column(default=False)  # 内部账户: the department's own staff only
    state: Mapped[PostState] = mapped_column(String(12), default=PostState.ACTIVE, info={"label": N_("Status")})
    digest_on: Mapped[dt.date | None] = mapped_column(Date)  # of the last mail about what waits
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class ProfessionalState(StrEnum):
    """The life of a professional's profile."""

    PENDING = "pending"  # registered, waits for its organisation
    ACTIVE = "active"
    REJECTED = "rejected"  # the number is free again
    DISABLED = "disabled"


class Professional(OwnedByPerson, Base):
    """A professional (专业技术人员); the identity number stands on the account, here its mask and keyed hash."""

    __tablename__ = "professionals"
    __table_args__ = (
        # The order of every list first, then what is asked while walking it: the rows themselves are not touched.
        Index("ix_professionals_path_id", "path", "id", "state", "birth_on", "sex", "organisation_id"),
        Index("ix_professionals_number", "number_hash"),
        Index("ix_professionals_organisation", "organisation_id", "state", "id"),
        # A filter by equality, then the order of the list: the first page is there at once, however rare the value.
        Index("ix_professionals_series", "title_series", "path", "id", "state"),
        Index("ix_professionals_title", "title_qualification", "path", "id", "state"),
        Index("ix_professionals_education", "education_level", "path", "id", "state"),
        Index("ix_professionals_vocational", "vocational_qualification", "path", "id", "state"),
        Index("ix_professionals_certificate", "certificate_control_number"),
        # Whoever removes an account or a department would else read every person: the unique index leaves the rejected out.
        Index("ix_professionals_account", "account_id"),
        partial_index(
            "ix_professionals_department",
            "department_id",
            where="department_id is not null",
        ),
        partial_index(
            "uq_professionals_live",
            "account_id",
            unique=True,
            where="state <> 'rejected'",
        ),
        CheckConstraint("state in ('pending','active','rejected','disabled')", name="known_state"),
        CheckConstraint("sex in ('male','female')", name="known_sex"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = synonym("id")
    path: Mapped[str] = mapped_column(PathString)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="RESTRICT"))
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    department_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("departments.id", ondelete="RESTRICT"), info={"label": N_("Department")}
    )
    organisation_name: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("Employer (unit)")})
    state: Mapped[ProfessionalState] = mapped_column(String(12), default=ProfessionalState.PENDING, info={"label": N_("Status")})
    document_type: Mapped[str] = mapped_column(String(8), info={"label": N_("ID document type"), "codes": "document_type"})
    number_hash: Mapped[str] = mapped_column(binary_string(64))
    number_masked: Mapped[str] = mapped_column(String(40), info={"label": N_("ID document number")})
    name: Mapped[str] = mapped_column(String(100), info={"label": N_("Name")})
    sex: Mapped[str] = mapped_column(
        String(8), info={"label": N_("Sex"), "choices": {"male": N_("Male"), "female": N_("Female")}}
    )
    birth_on: Mapped[dt.date | None] = mapped_column(Date, info={"label": N_("Date of birth")})
    ethnic_group: Mapped[str | None] = mapped_column(String(8), info={"label": N_("Ethnic group"), "codes": "nationality"})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Mobile number")})
    email: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("E-mail address")})
    landline: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Landline")})
    admin_post: Mapped[str] = mapped_column(String(100), default="", info={"label": N_("Administrative post")})
    admin_rank: Mapped[str | None] = mapped_column(String(12), info={"label": N_("Administrative rank"), "codes": "admin_rank"})
    is_postdoc: Mapped[bool] = mapped_column(default=False, info={"label": N_("Post-doctoral work experience")})
    field_of_work: Mapped[str] = mapped_column(String(100), default="", info={"label": N_("Profession practised")})
    education_level: Mapped[str | None] = mapped_column(
        String(12), info={"label": N_("Highest education"), "codes": "education_level"}
    )
    school: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("School graduated from")})
    field_of_study: Mapped[str | None] = mapped_column(
        String(12), info={"label": N_("Field of study"), "codes": "field_of_study"}
    )
    graduated_on: Mapped[dt.date | None] = mapped_column(Date, info={"label": N_("Graduation date")})
    degree: Mapped[str | None] = mapped_column(String(12), info={"label": N_("Degree"), "codes": "degree"})
    title_series: Mapped[str | None] = mapped_column(String(12), info={"label": N_("Title series"), "codes": "title_series"})
    title_level: Mapped[str | None] = mapped_column(String(12), info={"label": N_("Title level"), "codes": "title_level"})
    title_qualification: Mapped[str | None] = mapped_column(
        String(40), info={"label": N_("Present title qualification"), "codes": "title_qualification"}
    )
    title_effective_on: Mapped[dt.date | None] = mapped_column(Date, info={"label": N_("Date of announcement (effect)")})
    title_certificate_number: Mapped[str] = mapped_column(String(60), default="", info={"label": N_("Certificate number")})
    title_appointed_on: Mapped[dt.date | None] = mapped_column(Date, info={"label": N_("Date of appointment")})
    vocational_qualification: Mapped[str | None] = mapped_column(
        String(12), info={"label": N_("Vocational qualification"), "codes": "vocational_qualification"}
    )
    vocational_level: Mapped[str] = mapped_column(
        String(40), default="", info={"label": N_("Level of the vocational qualification")}
    )
    certificate_control_number: Mapped[str | None] = mapped_column(
        binary_string(40), info={"label": N_("Certificate control number")}
    )
    rejection_reason: Mapped[str] = mapped_column(String(500), default="")  # said at the login, after the right password
    warnings: Mapped[list[Any]] = mapped_column(default=list)  # of the identity number: the reviewer sees them
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Time of registration")})


class NameToken(OwnedByPerson, Base):
    """A search token of a person's name with her path: bigrams, pinyin and initials (``models.pinyin``)."""

    __tablename__ = "name_tokens"
    __table_args__ = ({"sqlite_with_rowid": False},)  # the primary key is the whole row: it is stored once

    token: Mapped[str] = mapped_column(binary_string(60), primary_key=True)
    path: Mapped[str] = mapped_column(PathString, primary_key=True)
    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("professionals.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Membership(OwnedByPerson, Base):
    """Where a person belonged and when: a closed year follows the organisation of its 31 December."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_person", "person_id", "from_on"),
        Index("ix_memberships_member_of", "member_of_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"))
    member_of_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    from_on: Mapped[dt.date] = mapped_column(Date)
    to_on: Mapped[dt.date | None] = mapped_column(Date)


class EducationRecord(OwnedByPerson, Base):
    """One row of education and degrees (学历及学位情况)."""

    __tablename__ = "education_records"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"), index=True)
    education_level: Mapped[str] = mapped_column(String(12), info={"label": N_("Education level"), "codes": "education_level"})
    degree: Mapped[str | None] = mapped_column(String(12), info={"label": N_("Degree"), "codes": "degree"})
    school: Mapped[str] = mapped_column(String(200), info={"label": N_("School graduated from")})
    field_of_study: Mapped[str | None] = mapped_column(
        String(12), info={"label": N_("Field of study"), "codes": "field_of_study"}
    )
    graduated_on: Mapped[dt.date | None] = mapped_column(Date, info={"label": N_("Graduation date")})


class Qualification(OwnedByPerson, Base):
    """A vocational qualification (职(执)业资格) of a person."""

    __tablename__ = "qualifications"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"), index=True)
    qualification: Mapped[str] = mapped_column(
        String(12), info={"label": N_("Vocational qualification"), "codes": "vocational_qualification"}
    )
    level: Mapped[str] = mapped_column(String(40), default="", info={"label": N_("Level of the vocational qualification")})
    certificate_number: Mapped[str] = mapped_column(String(60), default="", info={"label": N_("Certificate number")})
    obtained_on: Mapped[dt.date | None] = mapped_column(Date)


class AcademicTitle(OwnedByPerson, Base):
    """An academic or technical title of honour (学术技术称号) of a person."""

    __tablename__ = "academic_titles"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(
        String(12), info={"label": N_("Academic / technical title of honour"), "codes": "academic_title"}
    )
    awarded_by: Mapped[str] = mapped_column(String(200), default="", info={"label": N_("Awarded by")})
    awarded_on: Mapped[dt.date | None] = mapped_column(Date)


class PersonChange(OwnedByPerson, Base):
    """A change of title, vocational qualifications or titles of honour that the own organisation reviews."""

    __tablename__ = "person_changes"
    __table_args__ = (
        Index("ix_person_changes_person", "person_id", "id"),
        partial_index(
            "uq_person_changes_open",
            "person_id",
            "section",
            unique=True,
            where="state = 'open'",
        ),
        CheckConstraint("state in ('open','passed','rejected','withdrawn')", name="known_state"),
        CheckConstraint("section in ('title','qualifications','honours')", name="known_section"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="RESTRICT"))
    section: Mapped[str] = mapped_column(String(16))
    state: Mapped[ChangeState] = mapped_column(String(12), default=ChangeState.OPEN, info={"label": N_("Status")})
    before: Mapped[dict[str, Any]]  # of lists under "rows"
    after: Mapped[dict[str, Any]]
    was_applied: Mapped[bool] = mapped_column(default=False)  # effective at once: a rejection puts the old values back
    reason: Mapped[str] = mapped_column(String(500), default="")  # of the rejection
    decided_by: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
