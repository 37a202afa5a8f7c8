"""The one approval engine's tables: a review, its levels and its decisions."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, binary_string, partial_index, utcnow
from models.errors import N_
from models.scope import OwnedByPerson


class ReviewKind(StrEnum):
    """What is being reviewed."""

    REGISTRATION = "registration"  # 审核注册人员
    PERSON_CHANGE = "person_change"  # 审核人员信息修改
    ORGANISATION = "organisation"  # 审核下级单位, 审核用人单位 and the other kinds
    ORGANISATION_CHANGE = "organisation_change"  # 审核机构信息修改
    TRANSFER_OUT = "transfer_out"  # 人员调出审核
    TRANSFER_IN = "transfer_in"  # 人员调入
    SUPERIOR_OUT = "superior_out"  # 更换上级部门: the old superior lets go
    SUPERIOR_IN = "superior_in"  # and the new one accepts
    DECLARATION = "declaration"  # 学时审批
    TRAINING_PLAN = "training_plan"  # 审核培训计划申报
    YEARLY_PLAN = "yearly_plan"  # 审核继教机构年度培训计划
    YEARLY_REPORT = "yearly_report"  # 审核继续教育基地年度报告
    UNIT_PLAN = "unit_plan"  # 单位培训计划审核
    UNIT_HOURS = "unit_hours"  # 单位培训学时审核: one item for all participants


class ReviewState(StrEnum):
    """The state of the present round."""

    OPEN = "open"  # 待审核
    PASSED = "passed"  # 审核通过
    REJECTED = "rejected"  # 审核不通过
    WITHDRAWN = "withdrawn"  # 已撤销


class LevelState(StrEnum):
    """The state of one step of the chain."""

    WAITING = "waiting"
    OPEN = "open"
    PASSED = "passed"
    REJECTED = "rejected"
    SKIPPED = "skipped"  # 已跳过: right closed or organisation disabled
    CLOSED = "closed"  # never reached: rejected or withdrawn before


class Verdict(StrEnum):
    """What a decision said."""

    PASS = "pass"  # noqa: S105 - a verdict
    REJECT = "reject"
    UNDONE = "undone"


class Facets:
    """What lists of matters are narrowed by, as the matter was submitted: copied, so that such a list reads no subject."""

    year: Mapped[int | None]  # of a declaration: the year it counts toward
    topic: Mapped[str | None] = mapped_column(binary_string(20))  # its learning form
    part: Mapped[str | None] = mapped_column(binary_string(20))  # the subject it counts toward


class Review(Facets, OwnedByPerson, Base):
    """One subject's way through its chain; a resubmission opens the next round of the same review."""

    __tablename__ = "reviews"
    __may_move__ = frozenset({"deciding_organisation_id"})  # the engine alone sets it, from the review's own levels
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        partial_index(
            "ix_reviews_todo",
            "deciding_organisation_id",
            "kind",
            "submitted_at",
            "id",
            "path",  # from here on only so that counting and the search of a name read no row
            "person_id",
            "subject_id",
            "year",
            "topic",
            "part",
            "state",
            # The open ones, as a check below says; by this word also the check of an organisation that goes finds it.
            where="deciding_organisation_id is not null",
        ),
        partial_index(
            "ix_reviews_waiting",
            "path",
            "submitted_at",
            where="state = 'open'",
        ),
        Index("ix_reviews_person", "person_id", "state"),
        CheckConstraint("state in ('open','passed','rejected','withdrawn')", name="known_state"),
        CheckConstraint("(state = 'open') = (deciding_organisation_id is not null)", name="open_has_decider"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[ReviewKind] = mapped_column(String(20))
    subject_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[ReviewState] = mapped_column(String(12), default=ReviewState.OPEN, info={"label": N_("Status")})
    round: Mapped[int] = mapped_column(default=1)
    level: Mapped[int] = mapped_column(default=1)
    n_levels: Mapped[int] = mapped_column(default=1)
    attempt: Mapped[int] = mapped_column(default=0)
    deciding_organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    in_place_of_id: Mapped[int | None] = mapped_column(BigId)  # the level's own organisation when another decides for it
    submitted_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    submitted_by_id: Mapped[int] = mapped_column(BigId)  # account: nobody decides an own matter
    subject_account_id: Mapped[int | None] = mapped_column(BigId)  # account of the person the matter is about
    decided_at: Mapped[dt.datetime | None]


class ReviewLevel(OwnedByPerson, Base):
    """One step of a round's chain, with the name and phone that the applicant is shown."""

    __tablename__ = "review_levels"
    __moves_with__ = ("review_id", Review)  # when their person moves: they are many, and no index knows the person
    __table_args__ = (
        UniqueConstraint("review_id", "round", "level"),
        Index("ix_review_levels_decider", "deciding_organisation_id"),
        CheckConstraint("state in ('waiting','open','passed','rejected','skipped','closed')", name="known_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(BigId, ForeignKey("reviews.id", ondelete="CASCADE"))
    round: Mapped[int]
    level: Mapped[int]
    deciding_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    organisation_name: Mapped[str] = mapped_column(String(200))
    organisation_phone: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[LevelState] = mapped_column(String(12))


class Decision(Facets, OwnedByPerson, Base):
    """What one level decided; nothing here is ever changed or deleted."""

    __tablename__ = "decisions"
    __moves_with__ = ("review_id", Review)
    __table_args__ = (
        UniqueConstraint("review_id", "round", "level", "attempt"),
        # The list of an organisation's own decisions; what else it asks stands behind its order, so that counting reads no row.
        Index(
            "ix_decisions_by",
            "by_organisation_id",
            "kind",
            "is_hidden",
            "decided_at",
            "id",
            "verdict",
            "path",
            "person_id",
            "subject_id",
            "year",
            "topic",
            "part",
        ),
        Index(
            "ix_decisions_by_person",
            "by_organisation_id",
            "kind",
            "is_hidden",
            "person_id",
            "verdict",  # from here on only so that the search of a name reads no row
            "path",
            "subject_id",
            "topic",
        ),
        CheckConstraint("verdict in ('pass','reject','undone')", name="known_verdict"),
        CheckConstraint("verdict <> 'reject' or reason <> ''", name="rejection_has_reason"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(BigId, ForeignKey("reviews.id", ondelete="RESTRICT"))
    kind: Mapped[ReviewKind] = mapped_column(String(20))
    subject_id: Mapped[int] = mapped_column(BigId)
    round: Mapped[int]
    level: Mapped[int]
    attempt: Mapped[int]
    verdict: Mapped[Verdict] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(500), default="")
    values: Mapped[dict[str, Any] | None]
    by_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    by_organisation_name: Mapped[str] = mapped_column(String(200))
    in_place_of: Mapped[str] = mapped_column(String(200), default="")
    account_id: Mapped[int] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(100))
    batch: Mapped[str | None] = mapped_column(String(36))
    is_hidden: Mapped[bool] = mapped_column(default=False)  # 删除 in 已审核: off this organisation's list only
    undone_at: Mapped[dt.datetime | None]  # taken back by ``models.reviews.undo``: it no longer stands
    snapshot: Mapped[dict[str, Any] | None]  # what the reviewer saw, where the subject may change later
    decided_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
