"""Reading the tree within the scope of the session."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.org.tables import Department, Organisation


def organisation(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation of the scope; raises NotFound."""
    found = session.scalars(select(Organisation).where(Organisation.id == organisation_id)).first()
    if found is None:
        raise NotFound
    return found


def departments(session: Session, organisation_id: int) -> Sequence[Department]:
    """Return the enabled internal departments of an organisation, by name."""
    return session.scalars(
        select(Department).where(Department.organisation_id == organisation_id, Department.is_enabled).order_by(Department.name)
    ).all()
