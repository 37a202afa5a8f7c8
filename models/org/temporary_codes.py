"""临时代码: what a unit without a certificate registers with, issued by support or the HR department of the same level."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor, Permission, PositionKind
from models.base import Base, BigId, binary_string, utcnow
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed
from models.org import codes, queries
from models.org.tables import Organisation, Region
from models.scope import InSubtree, system_session

LONGEST_NAME = 200
OF_SUPPORT = "/"
"""The place of what support issues: no department's list shows it."""


class TemporaryCode(InSubtree, Base):
    """A code that was issued, for whom, where and by whom; nothing here is changed or deleted."""

    __tablename__ = "temporary_codes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))  # the issuer
    code: Mapped[str] = mapped_column(binary_string(20), unique=True, info={"label": N_("Temporary code")})
    region_code: Mapped[str] = mapped_column(binary_string(12), info={"label": N_("Region"), "codes": "regions"})
    name: Mapped[str] = mapped_column(String(200), info={"label": N_("Unit name")})
    issued_by: Mapped[str] = mapped_column(String(100), info={"label": N_("Issued by")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Time of issue")})


def issue(session: Session, actor: Actor, *, name: str, region_code: str = "") -> TemporaryCode:
    """Issue a code for a unit; an HR department for its own region, support for any.

    Raises NotAllowed, and FieldErrors for the name and the region.
    """
    is_support = actor.kind is PositionKind.SUPPORT
    actor.require(Permission.SUPPORT_CODES if is_support else Permission.ORGANISATIONS_CREATE)
    errors: dict[str, DomainError] = {}
    plain = " ".join(name.split())
    if not plain:
        errors["name"] = Invalid(N_("Please enter the unit name."))
    elif len(plain) > LONGEST_NAME:
        errors["name"] = Invalid(N_("At most %(n)s characters fit here."), n=LONGEST_NAME)
    issuer: Organisation | None = None
    if not is_support:
        issuer = queries.own(session, actor, is_locked=True)
        if actor.kind is not PositionKind.HR_DEPARTMENT:
            raise NotAllowed(N_("Temporary codes are issued by HR departments and by support."))
    region = session.get(Region, issuer.region_code if issuer else region_code)
    if region is None:
        errors["region_code"] = Invalid(N_("This region is not in the list."))
    if errors or region is None:
        raise FieldErrors(errors)
    made = TemporaryCode(
        organisation_id=issuer.id if issuer else None,
        path=issuer.path if issuer else OF_SUPPORT,
        code=_next(region.code),
        region_code=region.code,
        name=plain,
        issued_by=actor.name,
    )
    session.add(made)
    session.flush()
    history.record(session, actor, "temporary_code", [made.id], "issue", changes={"code": [None, made.code]})
    return made


def check_issued(code: codes.Code) -> None:
    """Raise FieldErrors for a temporary code that nobody issued: its check character alone proves nothing."""
    if code.kind is not codes.CodeKind.TEMPORARY_CODE:
        return
    with system_session() as session:
        found = session.scalar(select(TemporaryCode.id).where(TemporaryCode.code == code.value))
    if found is None:
        raise FieldErrors(
            {"code": Conflict(N_("This is not a temporary code that was issued here; compare it with the letter."))}
        )


def recent(session: Session, *, limit: int = 20) -> Sequence[TemporaryCode]:
    """Return the codes of the scope that were issued last."""
    return session.scalars(select(TemporaryCode).order_by(TemporaryCode.id.desc()).limit(limit)).all()


def _next(region_code: str) -> str:
    """Return the next code of a region: its serial follows the highest that was issued anywhere."""
    region = region_code[:6].ljust(6, "0")
    with system_session() as session:
        last = session.scalar(select(func.max(TemporaryCode.code)).where(TemporaryCode.code.startswith(f"T{region}")))
    return codes.temporary_code(region, int(last[7:13]) + 1 if last else 1)
