"""Issued certificates and the number series of each issuer and year."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, binary_string, partial_index, utcnow
from models.errors import N_
from models.scope import OwnedByPerson, SystemOnly


class CertificateState(StrEnum):
    """What the public page answers."""

    VALID = "valid"  # 有效
    REVOKED = "revoked"  # 已撤销
    REPLACED = "replaced"  # 已被替换


class Certificate(OwnedByPerson, Base):
    """A year's certificate (年度结业证书): numbered and stored by the first print, the same content ever after."""

    __tablename__ = "certificates"
    __table_args__ = (
        partial_index(
            "uq_certificates_valid",
            "person_id",
            "year",
            unique=True,
            where="state = 'valid'",
        ),
        Index("ix_certificates_person", "person_id"),
        Index("ix_certificates_issuer", "issuer_id"),
        CheckConstraint("state in ('valid','revoked','replaced')", name="known_state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(binary_string(40), unique=True, info={"label": N_("Certificate number")})
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="RESTRICT"))
    year: Mapped[int] = mapped_column(info={"label": N_("Year")})
    issuer_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    state: Mapped[CertificateState] = mapped_column(String(10), default=CertificateState.VALID, info={"label": N_("Status")})
    code: Mapped[str] = mapped_column(binary_string(24))  # 12 random characters of the QR's address
    content: Mapped[dict[str, Any]]  # everything that is printed; the number masked
    name_key: Mapped[str] = mapped_column(binary_string(64))  # keyed hash of the holder's name
    issued_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    ended_at: Mapped[dt.datetime | None]
    end_reason: Mapped[str] = mapped_column(String(300), default="")


class CertificateSeries(SystemOnly, Base):
    """The last serial that an issuer gave in a year: locked while the next is taken, so that there is no gap."""

    __tablename__ = "certificate_series"
    __table_args__ = (UniqueConstraint("region_code", "year"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    region_code: Mapped[str] = mapped_column(binary_string(12))
    year: Mapped[int]
    last_serial: Mapped[int] = mapped_column(default=0)
