"""Codes of organisations: unified social credit code, organisation code and the temporary code of our own.

The check is our own, not python-stdnum's: that one refuses the registration authorities N, Y and A, and does not look
at the organisation code inside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from models.errors import N_, Invalid
from models.text import compact


class CodeKind(StrEnum):
    """Kinds of codes an organisation can be known by."""

    CREDIT_CODE = "credit_code"  # unified social credit code, GB 32100
    ORGANISATION_CODE = "organisation_code"  # organisation code, GB 11714
    TEMPORARY_CODE = "temporary_code"  # issued here until the organisation has one of the others


@dataclass(frozen=True, slots=True)
class Code:
    """A checked code: ``value`` is what is stored and searched; warnings are sentences for the reviewer."""

    value: str
    kind: CodeKind
    warnings: tuple[Invalid, ...] = ()


# The 31 characters of GB 32100: no I, O, S, V, Z, which are taken for 1, 0, 5, U, 2.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# Registration authority (first character) -> kinds of organisations it registers (second character).
_AUTHORITIES = {
    "1": "1239",  # office for organisation structure
    "2": "19",  # foreign affairs
    "3": "123459",  # justice
    "4": "19",  # culture
    "5": "1239",  # civil affairs
    "6": "129",  # tourism
    "7": "129",  # religious affairs
    "8": "19",  # trade unions
    "9": "1239",  # market regulation
    "A": "19",  # central military commission
    "N": "1239",  # agriculture
    "Y": "1",  # others
}

_CREDIT_SHAPE = re.compile(rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")
_ORGANISATION_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_TEMPORARY_SHAPE = re.compile(rf"T[0-9]{{12}}[{_ALPHABET}]")
_HYPHENS = str.maketrans("", "", "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58")


def normalise(text: str) -> str:
    """Return *text* as it is compared: NFKC, no blanks, zero-width characters or hyphens, upper case."""
    return compact(text).translate(_HYPHENS)


def check(text: str) -> Code:
    """Return the checked code; raises Invalid with a sentence that names what is wrong and the cure."""
    value = normalise(text)
    match len(value):
        case 18:
            return _check_credit_code(value)
        case 9:
            return _check_organisation_code(value)
        case 14 if value.startswith("T"):
            return _check_temporary_code(value)
        case 0:
            raise Invalid(N_("Enter the unified social credit code or the organisation code."))
    raise Invalid(
        N_("A unified social credit code has 18 characters, an organisation code 9, a temporary code 14; here are %(n)s."),
        n=len(value),
    )


def temporary_code(region_code: str, serial: int) -> str:
    """Return the temporary code number *serial* of a region: T, region, six digits, check character."""
    body = f"T{region_code}{serial:06d}"
    return body + mod31(body)


def mod31(body: str) -> str:
    """Return the check character of GB 32100 over at most 17 characters."""
    total = sum(_ALPHABET.index(character) * weight for character, weight in zip(body, _CREDIT_WEIGHTS, strict=False))
    return _ALPHABET[-total % 31]


def organisation_check(body: str) -> str:
    """Return the check character of GB 11714 over eight characters."""
    total = sum(int(character, 36) * weight for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def _check_credit_code(value: str) -> Code:
    if not _CREDIT_SHAPE.fullmatch(value):
        raise Invalid(
            N_("A unified social credit code has digits and capital letters without I, O, S, V, Z, and digits in places 3 to 8.")
        )
    if mod31(value[:17]) != value[17]:
        raise Invalid(N_("The last character does not fit the other 17; compare each character with the certificate."))
    return Code(value, CodeKind.CREDIT_CODE, _credit_warnings(value))


def _credit_warnings(value: str) -> tuple[Invalid, ...]:
    warnings = []
    if value[1] not in _AUTHORITIES.get(value[0], ""):
        warnings.append(
            Invalid(
                N_("The first two characters (%(start)s) name no known registration authority and kind."),
                start=value[:2],
            )
        )
    if organisation_check(value[8:16]) != value[16]:
        warnings.append(Invalid(N_("The organisation code inside (places 9 to 17) does not fit its own check character.")))
    return tuple(warnings)


def _check_organisation_code(value: str) -> Code:
    if not _ORGANISATION_SHAPE.fullmatch(value):
        raise Invalid(N_("An organisation code is 8 digits or letters and a last digit or X."))
    if organisation_check(value[:8]) != value[8]:
        raise Invalid(N_("The last character does not fit the other 8; compare each character with the certificate."))
    return Code(value, CodeKind.ORGANISATION_CODE)


def _check_temporary_code(value: str) -> Code:
    if not _TEMPORARY_SHAPE.fullmatch(value) or mod31(value[:13]) != value[13]:
        raise Invalid(N_("This is not a temporary code that was issued here; compare it with the letter."))
    return Code(value, CodeKind.TEMPORARY_CODE)
