"""公需科目: the public subjects of a year, which an HR department offers to all training bases and units below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission
from models.base import Base, BigId, utcnow
from models.errors import N_, Conflict, DomainError, FieldErrors, NotFound
from models.org import queries
from models.org.settings import ancestors
from models.people.typed import attempt, text
from models.scope import Inherited
from models.training import offering, typed
from models.workflow import Moved

LONGEST_NAME = 100


class PublicSubject(Inherited, Base):
    """One public subject of a year; a disabled one cannot be chosen for new plans and classes."""

    __tablename__ = "public_subjects"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "name"),
        Index("ix_public_subjects_path", "path", "year"),
        CheckConstraint("hours_tenths > 0", name="has_hours"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info={"label": N_("Name of the public subject")})
    hours_tenths: Mapped[int] = mapped_column(info={"label": N_("Hours")})
    is_enabled: Mapped[bool] = mapped_column(default=True, info={"label": N_("Status")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Created at")})


@dataclass(frozen=True, slots=True)
class PublicSubjectData:
    """What is typed of a public subject."""

    year: int | None
    name: str
    hours: Decimal | None


def add(session: Session, actor: Actor, data: PublicSubjectData) -> PublicSubject:
    """Offer a subject from the actor's own HR department; raises NotAllowed and FieldErrors."""
    actor.require(Permission.PUBLIC_SUBJECTS)
    organisation = queries.own(session, actor, is_locked=True)
    year, name, hours = _checked(session, organisation.id, data)
    made = PublicSubject(organisation_id=organisation.id, path=organisation.path, year=year, name=name, hours_tenths=hours)
    session.add(made)
    session.flush()
    history.record(session, actor, "public_subject", [made.id], "create", changes={"name": [None, name], "year": [None, year]})
    return made


def edit(session: Session, actor: Actor, subject_id: int, data: PublicSubjectData) -> None:
    """Change an own subject; plans keep the name of their time. Raises NotFound, NotAllowed and FieldErrors."""
    actor.require(Permission.PUBLIC_SUBJECTS)
    queries.own(session, actor, is_locked=True)
    subject = offering.own(session, actor, PublicSubject, [subject_id]).get(subject_id)
    if subject is None:
        raise NotFound
    before = {"year": subject.year, "name": subject.name, "hours_tenths": subject.hours_tenths}
    year, name, hours = _checked(session, subject.organisation_id, data, but=subject.id)
    subject.year, subject.name, subject.hours_tenths = year, name, hours
    session.flush()
    after = {"year": year, "name": name, "hours_tenths": hours}
    changes = {k: [before[k], after[k]] for k in before if before[k] != after[k]}
    history.record(session, actor, "public_subject", [subject.id], "edit", changes=changes)


def set_enabled(session: Session, actor: Actor, ids: Sequence[int], *, is_enabled: bool) -> Moved:
    """Enable or disable own subjects; the others are refused as absent."""
    actor.require(Permission.PUBLIC_SUBJECTS)
    return offering.switch(session, actor, PublicSubject, "public_subject", ids, is_enabled=is_enabled)


def offered(session: Session, path: str, year: int | None = None) -> Sequence[PublicSubject]:
    """Return the enabled subjects that hold at *path*: of all HR departments above it, the newest year first."""
    statement = select(PublicSubject).where(PublicSubject.path.in_(ancestors(path)), PublicSubject.is_enabled)
    if year is not None:
        statement = statement.where(PublicSubject.year == year)
    return session.scalars(statement.order_by(PublicSubject.year.desc(), PublicSubject.path, PublicSubject.name)).all()


def _checked(session: Session, organisation_id: int, data: PublicSubjectData, *, but: int = 0) -> tuple[int, str, int]:
    errors: dict[str, DomainError] = {}
    year = attempt(errors, "year", lambda: typed.year(data.year))
    name = attempt(errors, "name", lambda: text(data.name, LONGEST_NAME, is_required=True))
    hours = attempt(errors, "hours", lambda: typed.hours(data.hours))
    same = select(PublicSubject.id).where(
        PublicSubject.organisation_id == organisation_id,
        PublicSubject.year == year,
        PublicSubject.name == name,
        PublicSubject.id != but,
    )
    if not errors and session.scalars(same).first() is not None:
        errors["name"] = Conflict(N_("A subject of this name is there already."))
    if errors or year is None or name is None or hours is None:
        raise FieldErrors(errors)
    return year, name, hours
