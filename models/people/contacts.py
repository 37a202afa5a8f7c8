"""How a person can be reached: mobile number, landline, e-mail address. Checks and normal forms, nothing else."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from models.errors import N_, DomainError, Invalid
from models.people.typed import attempt

PHONE_LENGTH = 40
EMAIL_LENGTH = 200
# Eleven digits of the mainland, or a number of another country with its prefix.
_MOBILE = re.compile(r"1[3-9][0-9]{9}|\+[1-9][0-9]{6,14}")
_LANDLINE = re.compile(r"(?:0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(?:(?:-|转)[0-9]{1,6})?|1[3-9][0-9]{9}|\+[1-9][0-9]{6,14}")
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[A-Za-z0-9_]+(?:[.+-][A-Za-z0-9_]+)*")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−－", "-"))


def _plain(text: str) -> str:
    """Return *text* in NFKC without blanks, every dash the same."""
    if text.isascii() and text.isalnum():
        return text  # what most numbers are
    return "".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def check_mobile(text: str, *, is_required: bool = True) -> str:
    """Return a mobile number as it is stored; raises Invalid."""
    value = _plain(text).replace("-", "").removeprefix("+86")
    if not value and not is_required:
        return ""
    if not value:
        raise Invalid(N_("Enter the mobile number."))
    if not _MOBILE.fullmatch(value):
        raise Invalid(N_("A mobile number has 11 digits and begins with 1; one of another country begins with + and its prefix."))
    return value


def check_landline(text: str) -> str:
    """Return a landline as it is stored, empty for none; raises Invalid."""
    value = _plain(text).replace("(", "").replace(")", "-").strip("-")
    if value and not _LANDLINE.fullmatch(value):
        raise Invalid(N_("A landline has an area code and 7 or 8 digits, as 0633-8123456."))
    return value


def check_email(text: str, *, is_required: bool = True) -> str:
    """Return an e-mail address as it is stored; raises Invalid."""
    value = unicodedata.normalize("NFKC", text).strip()
    if not value and not is_required:
        return ""
    if not value:
        raise Invalid(N_("Enter the e-mail address."))
    local, _at, domain = value.rpartition("@")
    try:
        # Most addresses of a sheet share a few domains, and a plain name before the @ needs no closer look.
        plain = f"{local}@{_checked_domain(domain)}" if _PLAIN_LOCAL.fullmatch(local) else ""
        found = plain or str(validate_email(value, check_deliverability=False).normalized)
    except EmailNotValidError:
        raise Invalid(N_("An e-mail address has the form name@example.com; check it.")) from None
    if len(found) > EMAIL_LENGTH:
        raise Invalid(N_("The e-mail address is too long."))
    return found


@lru_cache(maxsize=1000)
def _checked_domain(domain: str) -> str:
    return str(validate_email(f"a@{domain}", check_deliverability=False).domain)


def checked(errors: dict[str, DomainError], *, phone: str, email: str, landline: str) -> dict[str, str | None]:
    """Return how somebody is reached, as it is stored; what is wrong goes into *errors*."""
    return {
        "phone": attempt(errors, "phone", lambda: check_mobile(phone)),
        "email": attempt(errors, "email", lambda: check_email(email)),
        "landline": attempt(errors, "landline", lambda: check_landline(landline)),
    }
