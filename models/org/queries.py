"""Reading the tree within the scope of the session."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.errors import NotFound
from models.org.code_lists import CodeList
from models.org.tables import CodeEntry, Department, Organisation


def organisation(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation of the scope; raises NotFound."""
    found = session.scalars(select(Organisation).where(Organisation.id == organisation_id)).first()
    if found is None:
        raise NotFound
    return found


def own(session: Session, actor: Actor, *, is_locked: bool = False) -> Organisation:
    """Return the actor's own organisation; locked, two who change what belongs to it come one after the other."""
    statement = select(Organisation).where(Organisation.id == actor.organisation_id)
    return session.scalars(statement.with_for_update() if is_locked else statement).one()


def code_entry(session: Session, list_name: CodeList, code: str) -> CodeEntry | None:
    """Return an entry that can be chosen, None for every other code: headings of a list cannot."""
    found = session.scalars(select(CodeEntry).where(CodeEntry.list_name == list_name, CodeEntry.code == code)).first()
    return None if found is None or (found.extra or {}).get("is_group") else found


def departments(session: Session, organisation_id: int) -> Sequence[Department]:
    """Return the enabled internal departments of an organisation, by name."""
    return session.scalars(
        select(Department).where(Department.organisation_id == organisation_id, Department.is_enabled).order_by(Department.name)
    ).all()
