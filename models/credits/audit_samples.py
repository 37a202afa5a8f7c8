"""Random samples of the post-audit: drawn by a seed that anybody can draw by again, kept so that a colleague can open them."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission
from models.base import Base, BigId, binary_string, utcnow
from models.credits.audits import may_audit, not_an_auditor
from models.errors import N_, Invalid
from models.scope import InSubtree, bulk_insert
from models.workflow import CHUNK

SEED_LENGTH = 32
SHOWN = 50


class AuditSample(InSubtree, Base):
    """One draw: by which seed, how many of how many; seen by its organisation and those above."""

    __tablename__ = "audit_samples"
    __table_args__ = (
        Index("ix_audit_samples_path", "path", "id"),
        CheckConstraint("n_drawn > 0 and n_drawn <= n_population", name="part_of_the_whole"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    seed: Mapped[str] = mapped_column(binary_string(SEED_LENGTH))
    wanted: Mapped[str] = mapped_column(String(10))  # as it was asked for: "20" or "5%"
    n_population: Mapped[int]
    n_drawn: Mapped[int]
    about: Mapped[str] = mapped_column(String(500), default="")  # the filter of the list, in words
    drawn_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class AuditSampleRow(InSubtree, Base):
    """One record of a sample."""

    __tablename__ = "audit_sample_rows"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sample_id: Mapped[int] = mapped_column(BigId, ForeignKey("audit_samples.id", ondelete="CASCADE"), index=True)
    declaration_id: Mapped[int] = mapped_column(BigId, ForeignKey("declarations.id", ondelete="CASCADE"), index=True)


@dataclass(frozen=True, slots=True)
class Size:
    """How many are to be drawn: a number of records, or a percentage of them."""

    number: int
    is_percent: bool = False

    def of(self, n_population: int) -> int:
        """Return how many that is, a part of one rounded up; raises Invalid for none, or for more than there are."""
        if self.is_percent:
            if not 1 <= self.number <= 100:
                raise Invalid(N_("A percentage lies between 1 and 100."))
            return -(-n_population * self.number // 100)
        if not 1 <= self.number <= n_population:
            raise Invalid(N_("Of %(n)s records, 1 to %(n)s can be drawn."), n=n_population)
        return self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.is_percent else ''}"


def drawn(ids: Collection[int], *, seed: str, n: int) -> list[int]:
    """Return the *n* of *ids* that the seed draws: those with the smallest SHA-256 of "seed:id", whatever the order of *ids*."""
    return sorted(sorted(ids, key=lambda i: hashlib.sha256(f"{seed}:{i}".encode()).digest())[:n])


def draw(session: Session, actor: Actor, ids: Sequence[int], *, size: Size, seed: str = "", about: str = "") -> AuditSample:
    """Draw a sample of the records *ids*, which a scoped list gave, and keep it; without a seed one is made up.

    Raises NotAllowed for an organisation that does not audit and Invalid for a size or a seed that cannot be.
    """
    actor.require(Permission.HOURS_AUDIT)
    if not may_audit(session, actor) or actor.organisation_id is None:
        raise not_an_auditor()
    if not ids:
        raise Invalid(N_("The filter lets no record through: there is nothing to draw from."))
    seed = seed.strip() or secrets.token_hex(4)
    if len(seed) > SEED_LENGTH or not (seed.isascii() and seed.isalnum()):
        raise Invalid(N_("A seed has at most %(n)s letters and digits."), n=SEED_LENGTH)
    taken = drawn(ids, seed=seed, n=size.of(len(ids)))
    sample = AuditSample(
        organisation_id=actor.organisation_id,
        path=actor.path,
        seed=seed,
        wanted=str(size),
        n_population=len(ids),
        n_drawn=len(taken),
        about=about[:500],
        drawn_by=actor.name,
    )
    session.add(sample)
    session.flush()
    for start in range(0, len(taken), CHUNK):
        part = taken[start : start + CHUNK]
        bulk_insert(session, AuditSampleRow, [{"sample_id": sample.id, "path": actor.path, "declaration_id": i} for i in part])
    changes = {"seed": [None, seed], "n": [len(ids), len(taken)]}
    history.record(session, actor, "organisation", [actor.organisation_id], "draw_audit_sample", changes=changes)
    return sample


def recent(session: Session) -> Sequence[AuditSample]:
    """Return the newest samples of the scope."""
    return session.scalars(select(AuditSample).order_by(AuditSample.id.desc()).limit(SHOWN)).all()
