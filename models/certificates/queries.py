"""Reading certificates: within the scope, and for the public page by a system read that returns plain values."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.certificates.content import Content, content_of, name_key
from models.certificates.numbers import normalised
from models.certificates.tables import Certificate, CertificateState
from models.errors import N_, NotAllowed, NotFound
from models.scope import system_session


class PublicState(StrEnum):
    """What the public page answers."""

    VALID = "valid"  # 有效
    REVOKED = "revoked"  # 已撤销
    REPLACED = "replaced"  # 已被替换
    NOT_FOUND = "not_found"  # 未找到


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to anybody: the state, and the content only to whoever has the code or knows the holder's name."""

    state: PublicState
    content: Content | None = None


def certificates_of(session: Session, person_id: int) -> Sequence[Certificate]:
    """Return a person's certificates, the newest first."""
    return session.scalars(
        select(Certificate).where(Certificate.person_id == person_id).order_by(Certificate.year.desc(), Certificate.id.desc())
    ).all()


def by_number(session: Session, number: str) -> Certificate:
    """Return a certificate of the scope by its number; raises NotFound."""
    digits = normalised(number)
    found = session.scalars(select(Certificate).where(Certificate.number == digits)).first() if digits else None
    if found is None:
        raise NotFound
    return found


def require_valid(certificate: Certificate) -> None:
    """Raise NotAllowed for a certificate that was revoked or replaced: nothing of it is handed out any more."""
    if certificate.state != CertificateState.VALID:
        raise NotAllowed(N_("This certificate is no longer valid and cannot be printed."))


def verify(number: str, *, code: str | None = None, name: str | None = None) -> Answer:
    """Answer a stranger: a system read that tells the content only with the QR's code or the holder's name."""
    digits = normalised(number)
    if digits is None:
        return Answer(PublicState.NOT_FOUND)
    with system_session() as session:
        row = session.execute(
            select(Certificate.state, Certificate.code, Certificate.name_key, Certificate.content).where(
                Certificate.number == digits
            )
        ).first()
    if row is None:
        return Answer(PublicState.NOT_FOUND)
    knows = (code is not None and hmac.compare_digest(code.encode(), row.code.encode())) or (
        bool(name and name.strip()) and hmac.compare_digest(name_key(name or ""), row.name_key)
    )
    return Answer(PublicState(CertificateState(row.state)), content_of(row.content) if knows else None)
