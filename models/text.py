"""What somebody typed or pasted, brought into one form; this module decides nothing about meaning."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation

# A character class for regular expressions: the private use area is where older systems put rare characters of names.
HAN = r"[\u3007\u3400-\u9fff\ue000-\ufaff\U00020000-\U0003ffff]"
# Letters and marks that show nothing and are not in the categories below: joiner, fillers, braille blank.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Separators, format characters (zero width, direction marks, BOM) and control characters (tab, line end).
_BLANK_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Cf", "Cc"})


def _shows(character: str) -> bool:
    if character in _INVISIBLE or "\ufe00" <= character <= "\ufe0f":
        return False
    return unicodedata.category(character) not in _BLANK_CATEGORIES


def compact(text: str) -> str:
    """Return *text* in NFKC, upper case, without any blank or invisible character.

    Full-width, spaced and zero-width variants of a number are the same number, so this runs before every check,
    search and comparison.
    """
    if text.isascii() and text.isalnum():
        return text.upper()  # nothing to fold or to drop: what most numbers are
    shown = "".join(character for character in unicodedata.normalize("NFKC", text) if _shows(character))
    # Upper-casing can leave NFKC again (ligatures, sharp s), and what is compared must be stable when done twice.
    return unicodedata.normalize("NFKC", shown.upper())


def line(text: str) -> str:
    """Return *text* as one line that holds nothing but what is seen: no invisible characters, one space for a run of blanks."""
    return " ".join("".join(character for character in text if character.isspace() or _shows(character)).split())


def with_phone(name: str, phone: str | None) -> str:
    """Return whom somebody can call: a name with the phone behind it, the name alone where there is none."""
    return f"{name}（{phone}）" if phone else name


def decimal_of(text: str) -> Decimal:
    """Return the figure that *text* is in ASCII digits, NaN for anything else: no check of a range passes it."""
    try:
        return Decimal(text) if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        return Decimal("NaN")
