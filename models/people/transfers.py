"""人员调转: a person on the way from one organisation to another; table, state machine and what is read of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, BigId, utcnow
from models.errors import N_
from models.org.tables import OPEN_MOVES, MoveState, move_rules
from models.org.workflow import MOVE_STEPS
from models.scope import EitherSide
from models.workflow import Workflow


class Transfer(EitherSide, Base):
    """One transfer with what both sides may read of the person: the one that does not see her row reads this one."""

    __tablename__ = "transfers"
    __table_args__ = (*move_rules("transfers", "person_id"), Index("ix_transfers_person", "person_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="RESTRICT"))
    state: Mapped[MoveState] = mapped_column(String(12), info={"label": N_("Status")})
    is_by_person: Mapped[bool]  # 个人申请, else 单位发起
    started_by: Mapped[str] = mapped_column(String(100), info={"label": N_("Submitted by")})
    started_by_id: Mapped[int] = mapped_column(BigId)  # account: nobody decides an own matter
    started_in: Mapped[str] = mapped_column(String(40))  # the position of it: where the answer is told
    subject_account_id: Mapped[int] = mapped_column(BigId)  # account of the person
    contact_phone: Mapped[str] = mapped_column(String(40), info={"label": N_("Contact phone of the former unit")})
    from_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    from_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Original unit (transferred out)")})
    to_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    to_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Receiving unit")})
    name: Mapped[str] = mapped_column(String(100), info={"label": N_("Name")})
    number_masked: Mapped[str] = mapped_column(String(40), info={"label": N_("ID document number")})
    field_of_work: Mapped[str] = mapped_column(String(100), default="", info={"label": N_("Profession practised")})
    title_series: Mapped[str | None] = mapped_column(String(12), info={"label": N_("Title series"), "codes": "title_series"})
    title_qualification: Mapped[str | None] = mapped_column(
        String(40), info={"label": N_("Present title qualification"), "codes": "title_qualification"}
    )
    reason: Mapped[str] = mapped_column(String(500), default="", info={"label": N_("Reason")})  # of the refusal
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Time of submission")})
    decided_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Time of the decision")})


TRANSFERS = Workflow(Transfer, "transfer", MoveState, MOVE_STEPS)


def open_transfer(session: Session, person_id: int) -> Transfer | None:
    """Return the transfer of a person that waits for a decision."""
    return session.scalars(
        select(Transfer).where(Transfer.person_id == person_id, Transfer.state.in_(sorted(OPEN_MOVES)))
    ).first()


def on_the_way(session: Session, person_ids: Collection[int]) -> set[int]:
    """Return those of the people who have a transfer that waits for a decision."""
    waiting = (Transfer.person_id.in_(person_ids), Transfer.state.in_(sorted(OPEN_MOVES)))
    return {i for i in session.scalars(select(Transfer.person_id).where(*waiting)) if i is not None}


def transfers_of(session: Session, person_id: int) -> list[Transfer]:
    """Return a person's transfers, the newest first."""
    statement = select(Transfer).where(Transfer.person_id == person_id).order_by(Transfer.id.desc()).limit(100)
    return list(session.scalars(statement))
