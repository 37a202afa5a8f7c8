"""Identity document numbers: normal form, checks, birth date and sex; nothing here touches the database.

Rules: GB 11643 for resident identity cards, GA/T 517 for the codes of document types. python-stdnum is used for the
check digit and its list of region codes only: its own validation refuses real people, whose district code was made
after they were born, and accepts birth dates in the future.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from stdnum import numdb
from stdnum.cn import ric

from models.errors import N_, Invalid
from models.text import compact


class DocumentType(StrEnum):
    """Kinds of identity documents (GA/T 517; the two residence permits have codes of our own)."""

    ID_CARD = "111"  # resident identity card
    TEMPORARY_ID_CARD = "112"  # temporary resident identity card
    HOUSEHOLD_REGISTER = "113"  # household register, carries the same number
    ARMY_OFFICER = "114"  # PLA officer card
    ARMED_POLICE_OFFICER = "115"  # armed police officer card
    POLICE_OFFICER = "123"  # police officer card
    PASSPORT = "414"  # ordinary passport
    HONG_KONG_PASSPORT = "420"  # HKSAR passport
    MACAO_PASSPORT = "421"  # Macao SAR passport
    TAIWAN_TRAVEL_PERMIT = "511"  # mainland travel permit for Taiwan residents
    HONG_KONG_MACAO_TRAVEL_PERMIT = "516"  # mainland travel permit for Hong Kong and Macao residents
    PERMANENT_RESIDENT = "553"  # foreigner permanent resident card
    HONG_KONG_MACAO_RESIDENT = "HKM"  # residence permit for Hong Kong and Macao residents
    TAIWAN_RESIDENT = "TW"  # residence permit for Taiwan residents
    OTHER = "990"  # any other document


class Sex(StrEnum):
    """Sex as the documents state it."""

    MALE = "male"  # odd order number on an ID card
    FEMALE = "female"  # even order number on an ID card


@dataclass(frozen=True, slots=True)
class Number:
    """A checked number: ``value`` is what is stored and searched; warnings are sentences for the reviewer."""

    value: str
    birth_on: date | None = None
    sex: Sex | None = None
    warnings: tuple[Invalid, ...] = ()


PROVINCES = frozenset(
    str(code)
    for codes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71,),
        range(81, 84),
    )
    for code in codes
)

# Documents that carry an 18-digit number of GB 11643, with the region codes they may begin with (none: all).
_CITIZEN_NUMBER: dict[DocumentType, tuple[str, ...]] = {
    DocumentType.ID_CARD: (),
    DocumentType.TEMPORARY_ID_CARD: (),
    DocumentType.HOUSEHOLD_REGISTER: (),
    DocumentType.HONG_KONG_MACAO_RESIDENT: ("810000", "820000"),
    DocumentType.TAIWAN_RESIDENT: ("830000",),
}

_OFFICER = re.compile(r"[\u4e00-\u9fa5]字第[0-9A-Z]{4,8}号?")
_OTHER_FORMATS: dict[DocumentType, re.Pattern[str]] = {
    DocumentType.ARMY_OFFICER: _OFFICER,
    DocumentType.ARMED_POLICE_OFFICER: _OFFICER,
    DocumentType.POLICE_OFFICER: re.compile(r"[0-9A-Z\u4e00-\u9fa5-]{6,20}"),
    DocumentType.PASSPORT: re.compile(r"[0-9A-Z]{5,20}"),
    DocumentType.HONG_KONG_PASSPORT: re.compile(r"[HK][A-Z]?[0-9]{8}"),
    DocumentType.MACAO_PASSPORT: re.compile(r"M[A-Z]?[0-9]{7,8}"),
    DocumentType.TAIWAN_TRAVEL_PERMIT: re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]?"),
    DocumentType.HONG_KONG_MACAO_TRAVEL_PERMIT: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    DocumentType.PERMANENT_RESIDENT: re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
    DocumentType.OTHER: re.compile(r"[0-9A-Z\u4e00-\u9fa5()./-]{4,30}"),
}

_LENGTH = 18
_FIRST_YEAR = 1800  # before the first number that was ever given
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_OLD_SHAPE = re.compile(r"[0-9]{15}")
_FIGURE = re.compile(r"[0-9]\.[0-9]+E\+?[0-9]+|[0-9]{15,18}\.0*")
_regions = numdb.get("cn/loc")


def normalise(text: str) -> str:
    """Return *text* as it is compared: NFKC, no blanks or zero-width characters, upper case."""
    return compact(text)


def check(document_type: str, text: str, *, today: date) -> Number:
    """Return the checked number of a document; *today* is the date in Asia/Shanghai.

    Raises Invalid with a sentence that names what is wrong and the cure.
    """
    try:
        kind = DocumentType(document_type)
    except ValueError:
        raise Invalid(N_("Choose the type of the identity document from the list.")) from None
    value = normalise(text)
    if not value:
        raise Invalid(N_("Enter the number of the identity document."))
    if kind in _CITIZEN_NUMBER:
        return _check_citizen_number(value, begins=_CITIZEN_NUMBER[kind], today=today)
    if not _OTHER_FORMATS[kind].fullmatch(value):
        raise Invalid(N_("The number does not have the form of this type of document; check both."))
    if kind is DocumentType.PERMANENT_RESIDENT and value.startswith("9"):
        return _check_permanent_resident(value, today=today)
    return Number(value)


def masked(value: str) -> str:
    """Return *value* with its middle hidden, as lists and certificates show it."""
    if len(value) == _LENGTH:
        return f"{value[:6]}{'*' * 8}{value[-4:]}"
    shown = min(2, len(value) // 4)
    return f"{value[:shown]}{'*' * (len(value) - 2 * shown)}{value[len(value) - shown :]}"


def last_six(value: str) -> str:
    """Return the last six characters: the first password of people who were imported or reset."""
    return value[-6:].upper()


def from_old_form(value: str) -> str:
    """Return the 18-digit form of a 15-digit number: the century after the region, the check digit at the end."""
    longer = f"{value[:6]}19{value[6:]}"
    return longer + check_digit(longer)


def check_digit(first_17: str) -> str:
    """Return the last character of a citizen number (GB 11643, MOD 11-2)."""
    return str(ric.calc_check_digit(first_17 + "0"))


def _check_citizen_number(value: str, *, begins: tuple[str, ...], today: date) -> Number:
    if not _SHAPE.fullmatch(value):
        if _OLD_SHAPE.fullmatch(value):
            value = from_old_form(value)
        _check_shape(value)
    if value[:2] not in PROVINCES or (begins and not value.startswith(begins)):
        raise Invalid(N_("The first digits are not those of this type of document; compare the number with the document."))
    birth_on = _birth_date(value[6:14], today=today)
    _check_last_character(value)
    return Number(value, birth_on, _sex(value), _region_warnings(value[:6]))


def _check_permanent_resident(value: str, *, today: date) -> Number:
    birth_on = _birth_date(value[6:14], today=today)
    _check_last_character(value)
    return Number(value, birth_on, _sex(value))


def _check_shape(value: str) -> None:
    if _FIGURE.fullmatch(value):
        raise Invalid(
            N_("The number was stored as a figure and lost digits; format the cell as text and enter all 18 characters.")
        )
    if len(value) != _LENGTH:
        raise Invalid(N_("An ID card number has 18 characters, here are %(n)s."), n=len(value))
    if not _SHAPE.fullmatch(value):
        raise Invalid(N_("An ID card number is 17 digits and a last digit or X."))


def _check_last_character(value: str) -> None:
    if check_digit(value[:17]) != value[17]:
        raise Invalid(N_("The last character does not fit the other 17; compare each digit with the document."))


def _birth_date(digits: str, *, today: date) -> date:
    try:
        birth_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        birth_on = date.min
    if birth_on.year < _FIRST_YEAR:
        raise Invalid(N_("Digits 7 to 14 (%(digits)s) are not a date of birth."), digits=digits)
    if birth_on > today:
        raise Invalid(N_("The date of birth in the number (%(digits)s) lies in the future."), digits=digits)
    return birth_on


def _sex(value: str) -> Sex:
    return Sex.MALE if int(value[16]) % 2 else Sex.FEMALE


@lru_cache(maxsize=10_000)
def _region_warnings(code: str) -> tuple[Invalid, ...]:
    if code in ("810000", "820000", "830000"):
        return ()
    if code.endswith("0000"):
        return (Invalid(N_("The first six digits (%(code)s) name a province, not a county or district."), code=code),)
    if any("county" in properties for _digits, properties in _regions.info(code)):
        return ()
    return (Invalid(N_("The first six digits (%(code)s) are in no list of counties and districts of any year."), code=code),)
