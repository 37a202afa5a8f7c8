"""单位资料管理: what an organisation changes of itself at once, without a review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import DomainError, FieldErrors, Invalid
from models.history import HistoryEntry
from models.org import queries
from models.org.code_lists import CHOOSE, CodeList
from models.people import contacts
from models.people.typed import attempt, text

LONGEST_ADDRESS, LONGEST_PHONE = 300, 40


@dataclass(frozen=True, slots=True)
class OwnData:
    """What an organisation saves of itself without a review."""

    nature: str
    unit_level: str
    industry: str
    phone: str
    address: str


def save(session: Session, actor: Actor, data: OwnData) -> None:
    """Save nature, level, industry, phone and address of the own organisation; raises NotAllowed and FieldErrors."""
    actor.require(Permission.ORGANISATION_EDIT)
    organisation = queries.own(session, actor, is_locked=True)
    errors: dict[str, DomainError] = {}
    values = {
        "nature": attempt(errors, "nature", partial(_code, session, CodeList.UNIT_NATURE, data.nature)),
        "unit_level": attempt(errors, "unit_level", partial(_code, session, CodeList.UNIT_LEVEL, data.unit_level)),
        "industry": attempt(errors, "industry", partial(_code, session, CodeList.INDUSTRY, data.industry)),
        "phone": attempt(errors, "phone", lambda: contacts.check_landline(text(data.phone, LONGEST_PHONE, is_required=True))),
        "address": attempt(errors, "address", lambda: text(data.address, LONGEST_ADDRESS, is_required=True)),
    }
    if errors:
        raise FieldErrors(errors)
    changes = {k: [getattr(organisation, k), v] for k, v in values.items() if getattr(organisation, k) != v}
    for name, value in values.items():
        setattr(organisation, name, value)
    session.flush()
    if changes:
        history.record(session, actor, "organisation", [organisation.id], "edit", changes=changes)


def _code(session: Session, list_name: CodeList, code: str) -> str:
    found = queries.code_entry(session, list_name, code)
    if found is None:
        raise Invalid(CHOOSE)
    return found.code


def edits_of(session: Session, organisation_id: int) -> Sequence[HistoryEntry]:
    """Return what was saved at once of an organisation that the caller has loaded through its scope, the newest first."""
    return [e for e in history.entries_of(session, "organisation", organisation_id) if e.action == "edit"]
