"""The parts of a profile beside the basic data: checked rows of title, education, qualifications and honours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import N_, DomainError, FieldErrors, Invalid, NotFound
from models.org import queries
from models.org.code_lists import CHOOSE, CodeList
from models.org.tables import CodeEntry
from models.people.profile import own_profile, plain
from models.people.registration import TITLE_CODES, check_title, check_vocational_level
from models.people.tables import EducationRecord, Professional
from models.people.typed import attempt, past_date, text

TITLE_COLUMNS = (*TITLE_CODES, "title_effective_on", "title_certificate_number", "title_appointed_on")
MOST_ROWS = 20


def title_of(person: Professional) -> dict[str, Any]:
    """Return the columns of the present title as JSON holds them."""
    return {name: plain(getattr(person, name)) for name in TITLE_COLUMNS}


def check_new_title(session: Session, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole title that fits; raises FieldErrors."""
    errors: dict[str, DomainError] = {}
    values: dict[str, Any] = check_title(session, {name: str(typed.get(name) or "") for name in TITLE_CODES}, errors)
    values["title_effective_on"] = attempt(
        errors, "title_effective_on", lambda: past_date(str(typed.get("title_effective_on") or ""))
    )
    values["title_appointed_on"] = attempt(
        errors, "title_appointed_on", lambda: past_date(str(typed.get("title_appointed_on") or ""))
    )
    values["title_certificate_number"] = attempt(
        errors, "title_certificate_number", lambda: text(str(typed.get("title_certificate_number") or ""), 60)
    )
    if errors:
        raise FieldErrors(errors)
    return {name: plain(value) for name, value in values.items()}


def check_qualification(session: Session, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return one vocational qualification that fits; raises FieldErrors."""
    errors: dict[str, DomainError] = {}
    entry = queries.code_entry(session, CodeList.VOCATIONAL_QUALIFICATION, str(typed.get("qualification") or ""))
    if entry is None:
        errors["qualification"] = Invalid(CHOOSE)
    found: dict[str, DomainError] = {}
    level = check_vocational_level(entry, str(typed.get("level") or ""), found)
    if found:
        errors["level"] = next(iter(found.values()))
    number = attempt(errors, "certificate_number", lambda: text(str(typed.get("certificate_number") or ""), 60))
    obtained = attempt(errors, "obtained_on", lambda: past_date(str(typed.get("obtained_on") or "")))
    if errors or entry is None:
        raise FieldErrors(errors)
    return {"qualification": entry.code, "level": level, "certificate_number": number, "obtained_on": plain(obtained)}


def check_honour(session: Session, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return one title of honour that fits; raises FieldErrors."""
    errors: dict[str, DomainError] = {}
    entry = queries.code_entry(session, CodeList.ACADEMIC_TITLE, str(typed.get("title") or ""))
    if entry is None:
        errors["title"] = Invalid(CHOOSE)
    awarded_by = attempt(errors, "awarded_by", lambda: text(str(typed.get("awarded_by") or ""), 200))
    awarded_on = attempt(errors, "awarded_on", lambda: past_date(str(typed.get("awarded_on") or "")))
    if errors or entry is None:
        raise FieldErrors(errors)
    return {"title": entry.code, "awarded_by": awarded_by, "awarded_on": plain(awarded_on)}


# --- education: saved at once -----------------------------------------------------------------------------------------


def save_education(session: Session, actor: Actor, typed: Mapping[str, Any], *, record_id: int | None) -> None:
    """Add a row of education, or change one of one's own; the highest one stands on the profile.

    An import writes the education of its sheet on the profile alone: it becomes a row with the first that is saved, and
    *record_id* 0 changes it.

    Raises FieldErrors, NotFound for another's row and Invalid for more rows than anybody has.
    """
    actor.require(Permission.PORTAL)
    person = own_profile(session, actor)
    values = _education(session, typed)
    if record_id is None or record_id == 0:
        if record_id is None and not _records(session, person) and imported_education(person):
            session.add(EducationRecord(person_id=person.id, path=person.path, **imported_education(person)))
            session.flush()
        if len(_records(session, person)) >= MOST_ROWS:
            raise Invalid(N_("At most %(n)s rows can be kept here."), n=MOST_ROWS)
        session.add(EducationRecord(person_id=person.id, path=person.path, **values))
    else:
        row = _record(session, person, record_id)
        for name, value in values.items():
            setattr(row, name, value)
    session.flush()
    _note_highest(session, actor, person)


EDUCATION_COLUMNS = ("education_level", "degree", "school", "field_of_study", "graduated_on")


def imported_education(person: Professional) -> dict[str, Any]:
    """Return the education that stands on the profile, nothing where there is none."""
    return {name: getattr(person, name) for name in EDUCATION_COLUMNS} if person.education_level else {}


def remove_education(session: Session, actor: Actor, record_id: int) -> None:
    """Delete a row of education of one's own; the last one stays. Raises NotFound and Invalid."""
    actor.require(Permission.PORTAL)
    person = own_profile(session, actor)
    row = _record(session, person, record_id)
    if len(_records(session, person)) == 1:
        raise Invalid(N_("One row has to stay; change it instead."))
    session.delete(row)
    session.flush()
    _note_highest(session, actor, person)


def _education(session: Session, typed: Mapping[str, Any]) -> dict[str, Any]:
    errors: dict[str, DomainError] = {}
    values: dict[str, Any] = {}
    for name, list_name in (
        ("education_level", CodeList.EDUCATION_LEVEL),
        ("degree", CodeList.DEGREE),
        ("field_of_study", CodeList.FIELD_OF_STUDY),
    ):
        entry = queries.code_entry(session, list_name, str(typed.get(name) or ""))
        if entry is None:
            errors[name] = Invalid(CHOOSE)
        values[name] = entry.code if entry else None
    values["school"] = attempt(errors, "school", lambda: text(str(typed.get("school") or ""), 200, is_required=True))
    values["graduated_on"] = attempt(
        errors, "graduated_on", lambda: past_date(str(typed.get("graduated_on") or ""), is_required=True)
    )
    if errors:
        raise FieldErrors(errors)
    return values


def _records(session: Session, person: Professional) -> list[EducationRecord]:
    return list(
        session.scalars(select(EducationRecord).where(EducationRecord.person_id == person.id).order_by(EducationRecord.id))
    )


def _record(session: Session, person: Professional, record_id: int) -> EducationRecord:
    row = session.scalars(
        select(EducationRecord).where(EducationRecord.id == record_id, EducationRecord.person_id == person.id)
    ).first()
    if row is None:
        raise NotFound
    return row


def _note_highest(session: Session, actor: Actor, person: Professional) -> None:
    """Write the highest education (the first in the order of the list, then the latest) where lists look for it."""
    rows = _records(session, person)
    levels = select(CodeEntry).where(CodeEntry.list_name == CodeList.EDUCATION_LEVEL)
    order = {entry.code: entry.position for entry in session.scalars(levels)}
    best = min(rows, key=lambda r: (order.get(r.education_level, 999), -(r.graduated_on or dt.date.min).toordinal()))
    columns = EDUCATION_COLUMNS
    changes = {c: [plain(getattr(person, c)), plain(getattr(best, c))] for c in columns if getattr(person, c) != getattr(best, c)}
    for name in changes:
        setattr(person, name, getattr(best, name))
    session.flush()
    history.record(session, actor, "professional", [person.id], "edit_education", changes=changes)
