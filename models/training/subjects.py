"""专业科目: the professional subjects that a training base teaches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission
from models.base import Base, BigId, utcnow
from models.errors import N_, Conflict, DomainError, FieldErrors, NotFound
from models.org import queries
from models.people.typed import attempt, text
from models.scope import InSubtree
from models.training import offering
from models.workflow import Moved

LONGEST_NAME = 100


class ProfessionalSubject(InSubtree, Base):
    """One subject of a base; a disabled one cannot be chosen for new plans and classes."""

    __tablename__ = "professional_subjects"
    __table_args__ = (UniqueConstraint("organisation_id", "name"), Index("ix_professional_subjects_path", "path"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info={"label": N_("Name of the professional subject")})
    is_enabled: Mapped[bool] = mapped_column(default=True, info={"label": N_("Status")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Created at")})


def add(session: Session, actor: Actor, name: str) -> ProfessionalSubject:
    """Add a subject of the actor's own base; raises NotAllowed and FieldErrors."""
    actor.require(Permission.TRAINING_MANAGE)
    organisation = queries.own(session, actor, is_locked=True)
    made = ProfessionalSubject(
        organisation_id=organisation.id, path=organisation.path, name=_checked(session, organisation.id, name)
    )
    session.add(made)
    session.flush()
    history.record(session, actor, "professional_subject", [made.id], "create", changes={"name": [None, made.name]})
    return made


def edit(session: Session, actor: Actor, subject_id: int, name: str) -> None:
    """Rename an own subject; plans keep the name of their time. Raises NotFound, NotAllowed and FieldErrors."""
    actor.require(Permission.TRAINING_MANAGE)
    queries.own(session, actor, is_locked=True)
    subject = offering.own(session, actor, ProfessionalSubject, [subject_id]).get(subject_id)
    if subject is None:
        raise NotFound
    before, subject.name = subject.name, _checked(session, subject.organisation_id, name, but=subject.id)
    session.flush()
    history.record(session, actor, "professional_subject", [subject.id], "edit", changes={"name": [before, subject.name]})


def set_enabled(session: Session, actor: Actor, ids: Sequence[int], *, is_enabled: bool) -> Moved:
    """Enable or disable own subjects; the others are refused as absent."""
    actor.require(Permission.TRAINING_MANAGE)
    return offering.switch(session, actor, ProfessionalSubject, "professional_subject", ids, is_enabled=is_enabled)


def offered(session: Session, organisation_id: int) -> Sequence[ProfessionalSubject]:
    """Return the enabled subjects of a base, by name."""
    wanted = (ProfessionalSubject.organisation_id == organisation_id, ProfessionalSubject.is_enabled)
    return session.scalars(select(ProfessionalSubject).where(*wanted).order_by(ProfessionalSubject.name)).all()


def _checked(session: Session, organisation_id: int, name: str, *, but: int = 0) -> str:
    errors: dict[str, DomainError] = {}
    plain = attempt(errors, "name", lambda: text(name, LONGEST_NAME, is_required=True))
    same = select(ProfessionalSubject.id).where(
        ProfessionalSubject.organisation_id == organisation_id, ProfessionalSubject.name == plain, ProfessionalSubject.id != but
    )
    if plain and session.scalars(same).first() is not None:
        errors["name"] = Conflict(N_("A subject of this name is there already."))
    if errors or plain is None:
        raise FieldErrors(errors)
    return plain
