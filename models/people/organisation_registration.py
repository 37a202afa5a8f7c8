"""What an organisation that registers sends in, in two steps, checked field by field before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from models.base import today
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid
from models.org import codes, directory, queries
from models.org.code_lists import CHOOSE, CodeList
from models.org.operations import CODE_TAKEN, taken_codes
from models.org.settings import SettingKey, setting
from models.org.tables import ALLOWED_PARENTS, Organisation, OrganisationKind
from models.people import accounts, contacts, names, numbers
from models.people.numbers import Number
from models.people.typed import attempt, text

LONGEST_NAME, LONGEST_ADDRESS = 200, 300


@dataclass(frozen=True, slots=True)
class OrganisationRegistration:
    """The first step as it was typed; codes are those of the lists, empty for nothing chosen."""

    kind: OrganisationKind
    name: str
    code: str
    superior_id: int | None
    nature: str
    unit_level: str
    industry: str
    phone: str
    address: str
    has_scan: bool = False


@dataclass(frozen=True, slots=True)
class Applicant:
    """The second step: who will be the super administrator."""

    document_type: str
    number: str
    name: str = ""
    phone: str = ""
    email: str = ""
    landline: str = ""
    password: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class CheckedOrganisation:
    """A first step that fits: the superior, the code and the columns of the organisation."""

    superior: directory.Entry
    code: codes.Code
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckedApplicant:
    """A second step that fits."""

    number: Number
    values: Mapping[str, str]


def check_organisation(session: Session, data: OrganisationRegistration) -> CheckedOrganisation:
    """Return what can be written, in a system session; raises FieldErrors whose keys are the fields of the first step."""
    errors: dict[str, DomainError] = {}
    superior = directory.entry(data.superior_id or 0, kinds=ALLOWED_PARENTS[data.kind])
    if superior is None:
        errors["superior_id"] = Invalid(N_("Choose the superior from the list."))
    values: dict[str, Any] = {
        "name": attempt(errors, "name", lambda: text(data.name, LONGEST_NAME, is_required=True)),
        "address": attempt(errors, "address", lambda: text(data.address, LONGEST_ADDRESS, is_required=True)),
        "phone": attempt(errors, "phone", lambda: contacts.check_landline(text(data.phone, LONGEST_NAME, is_required=True))),
    }
    level_is_needed = superior is None or setting(session, superior.path, SettingKey.UNIT_LEVEL) == "required"
    for name, list_name, is_needed in (
        ("nature", CodeList.UNIT_NATURE, True),
        ("unit_level", CodeList.UNIT_LEVEL, level_is_needed),
        ("industry", CodeList.INDUSTRY, True),
    ):
        values[name] = attempt(errors, name, partial(_entry, session, list_name, getattr(data, name), is_needed=is_needed))
    if superior is not None and not data.has_scan and setting(session, superior.path, SettingKey.SCAN) == "required":
        errors["scan"] = Invalid(N_("Please upload the scan of the certificate."))
    code = attempt(errors, "code", lambda: codes.check(data.code))
    if errors or superior is None or code is None:
        raise FieldErrors(errors)
    above = session.get_one(Organisation, superior.id)
    return CheckedOrganisation(superior, code, {**values, "region_code": above.region_code})


def check_code_is_free(code: codes.Code) -> None:
    """Raise FieldErrors when a live organisation has the code; to be asked after captcha and rate limit only."""
    if taken_codes([code.value]):
        raise FieldErrors({"code": Conflict(CODE_TAKEN)})


def check_applicant(data: Applicant, *, is_existing: bool) -> CheckedApplicant:
    """Return what can be written; raises FieldErrors whose keys are the fields of the second step."""
    errors: dict[str, DomainError] = {}
    number = attempt(errors, "number", lambda: numbers.check(data.document_type, data.number, today=today()))
    values: dict[str, Any] = {}
    if not is_existing:
        values = {
            "name": attempt(errors, "name", lambda: names.check(data.name)),
            **contacts.checked(errors, phone=data.phone, email=data.email, landline=data.landline),
        }
        try:
            accounts.check_twice(number.value if number else "", new=data.password, again=data.again)
        except FieldErrors as refusal:
            errors |= {{"new": "password"}.get(field, field): error for field, error in refusal.errors.items()}
    if errors or number is None:
        raise FieldErrors(errors)
    return CheckedApplicant(number, values)


def _entry(session: Session, list_name: CodeList, code: str, *, is_needed: bool) -> str | None:
    if not code and not is_needed:
        return None
    found = queries.code_entry(session, list_name, code)
    if found is None:
        raise Invalid(CHOOSE)
    return found.code
