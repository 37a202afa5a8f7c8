"""What a person who registers herself sends in, checked field by field before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import today
from models.errors import N_, DomainError, FieldErrors, Invalid
from models.org import directory, queries
from models.org.code_lists import CHOOSE, NONE_TITLE_LEVEL, NONE_TITLE_SERIES, CodeList
from models.org.tables import CodeEntry
from models.people import accounts, contacts, names, numbers
from models.people.numbers import Number, Sex
from models.people.typed import attempt, past, text

NO_QUALIFICATION = "VQ00"


@dataclass(frozen=True, slots=True)
class Registration:
    """The form 专业技术人员注册 as it was typed; codes are those of the lists, empty for nothing chosen."""

    document_type: str
    number: str
    organisation_id: int | None
    name: str
    sex: str
    phone: str
    email: str
    ethnic_group: str
    education_level: str
    school: str
    field_of_study: str
    graduated_on: dt.date | None
    degree: str
    is_postdoc: bool
    title_series: str
    title_level: str
    title_qualification: str
    vocational_qualification: str
    vocational_level: str
    landline: str = ""
    department_id: int | None = None
    birth_on: dt.date | None = None
    admin_post: str = ""
    admin_rank: str = ""
    title_effective_on: dt.date | None = None
    title_certificate_number: str = ""
    password: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A registration that fits: the place, the number, and the columns of the profile."""

    organisation: directory.Entry
    number: Number
    values: Mapping[str, Any]


def check(session: Session, data: Registration, *, with_password: bool) -> Checked:
    """Return what can be written; raises FieldErrors whose keys are the fields of Registration."""
    errors: dict[str, DomainError] = {}
    number = attempt(errors, "number", lambda: numbers.check(data.document_type, data.number, today=today()))
    organisation = attempt(errors, "organisation_id", lambda: _organisation(data.organisation_id))
    values: dict[str, Any] = {"is_postdoc": data.is_postdoc}
    for field, column_check in _plain_checks(data, number).items():
        values[field] = attempt(errors, field, column_check)
    values |= _codes(session, data, errors)
    if organisation is not None:
        values["department_id"] = attempt(errors, "department_id", lambda: _department(organisation.id, data.department_id))
    if with_password:
        errors |= _password_errors(data, number)
    if errors or number is None or organisation is None:
        raise FieldErrors(errors)
    return Checked(organisation, number, values)


def _plain_checks(data: Registration, number: Number | None) -> dict[str, Callable[[], Any]]:
    return {
        "name": lambda: names.check(data.name),
        "sex": lambda: _sex(data.sex, number),
        "birth_on": lambda: _birth(data.birth_on, number),
        "phone": lambda: contacts.check_mobile(data.phone),
        "email": lambda: contacts.check_email(data.email),
        "landline": lambda: contacts.check_landline(data.landline),
        "school": lambda: text(data.school, 200, is_required=True),
        "admin_post": lambda: text(data.admin_post, 100),
        "title_certificate_number": lambda: text(data.title_certificate_number, 60),
        "graduated_on": lambda: past(data.graduated_on, is_required=True),
        "title_effective_on": lambda: past(data.title_effective_on),
    }


def _sex(value: str, number: Number | None) -> str:
    if value not in set(Sex):
        raise Invalid(N_("Choose the sex."))
    if number is not None and number.sex is not None and number.sex.value != value:
        raise Invalid(N_("The sex does not fit the ID number; correct one of the two."))
    return value


def _birth(value: dt.date | None, number: Number | None) -> dt.date | None:
    told = number.birth_on if number is not None else None
    if told is not None and value is not None and value != told:
        raise Invalid(N_("The date of birth does not fit the ID number; correct one of the two."))
    return told or past(value)


def _organisation(organisation_id: int | None) -> directory.Entry:
    found = directory.entry(organisation_id) if organisation_id is not None else None
    if found is None:
        raise Invalid(N_("Choose your unit from the list."))
    return found


def _department(organisation_id: int, department_id: int | None) -> int | None:
    if department_id is not None and department_id not in {i for i, _ in directory.departments(organisation_id)}:
        raise Invalid(N_("This department does not belong to the chosen unit; choose again."))
    return department_id


def _password_errors(data: Registration, number: Number | None) -> Mapping[str, DomainError]:
    """Return the refusals of the two password fields."""
    try:
        accounts.check_twice(number.value if number else "", new=data.password, again=data.again)
    except FieldErrors as refusal:
        return {{"new": "password"}.get(field, field): error for field, error in refusal.errors.items()}
    return {}


# --- codes that must be of their list, and fit each other ------------------------------------------------------------

TITLE_CODES = ("title_series", "title_level", "title_qualification")
_REQUIRED = {
    "ethnic_group": CodeList.NATIONALITY,
    "education_level": CodeList.EDUCATION_LEVEL,
    "field_of_study": CodeList.FIELD_OF_STUDY,
    "degree": CodeList.DEGREE,
    "title_series": CodeList.TITLE_SERIES,
    "title_level": CodeList.TITLE_LEVEL,
    "title_qualification": CodeList.TITLE_QUALIFICATION,
    "vocational_qualification": CodeList.VOCATIONAL_QUALIFICATION,
}


def check_title(session: Session, typed: Mapping[str, str], errors: dict[str, DomainError]) -> dict[str, str | None]:
    """Return series, level and qualification of a title that fit each other; what is wrong goes into *errors*."""
    chosen = dict(typed)
    if chosen["title_series"] == NONE_TITLE_SERIES:
        chosen |= {"title_level": NONE_TITLE_LEVEL, "title_qualification": _without_title(session)}
    found = {field: queries.code_entry(session, _REQUIRED[field], chosen[field]) for field in TITLE_CODES}
    errors |= {field: Invalid(CHOOSE) for field, entry in found.items() if entry is None}
    _check_title(found, errors)
    return {field: entry.code if entry else None for field, entry in found.items()}


def _codes(session: Session, data: Registration, errors: dict[str, DomainError]) -> dict[str, Any]:
    """Return the coded columns; what is wrong goes into *errors*."""
    values: dict[str, Any] = check_title(session, {f: getattr(data, f) for f in TITLE_CODES}, errors)
    found: dict[str, CodeEntry | None] = {}
    for field, list_name in _REQUIRED.items():
        if field in TITLE_CODES:
            continue
        found[field] = queries.code_entry(session, list_name, getattr(data, field))
        if found[field] is None:
            errors[field] = Invalid(CHOOSE)
    values |= {field: entry.code if entry else None for field, entry in found.items()}
    rank = queries.code_entry(session, CodeList.ADMIN_RANK, data.admin_rank) if data.admin_rank else None
    if data.admin_rank and rank is None:
        errors["admin_rank"] = Invalid(CHOOSE)
    values["admin_rank"] = rank.code if rank else None
    values["vocational_level"] = check_vocational_level(found["vocational_qualification"], data.vocational_level, errors)
    return values


def _without_title(session: Session) -> str:
    """Return the qualification of people without a title."""
    statement = select(CodeEntry.code).where(
        CodeEntry.list_name == CodeList.TITLE_QUALIFICATION, CodeEntry.parent_code == NONE_TITLE_SERIES
    )
    return session.scalar(statement) or ""


def _check_title(found: Mapping[str, CodeEntry | None], errors: dict[str, DomainError]) -> None:
    qualification, series, level = (found[f] for f in ("title_qualification", "title_series", "title_level"))
    if qualification is None:
        return
    if series is not None and qualification.parent_code != series.code:
        errors["title_qualification"] = Invalid(N_("This qualification belongs to another title series; choose again."))
    elif level is not None and (qualification.extra or {}).get("level") != level.code:
        errors["title_qualification"] = Invalid(N_("This qualification belongs to another title level; choose again."))


def check_vocational_level(qualification: CodeEntry | None, typed: str, errors: dict[str, DomainError]) -> str:
    """Return the level of a qualification that has levels, nothing for another."""
    levels = (qualification.extra or {}).get("levels") if qualification is not None else None
    if not levels:
        return ""
    if typed not in levels:
        errors["vocational_level"] = Invalid(CHOOSE)
    return typed
