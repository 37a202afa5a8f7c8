"""Numbers out of addresses and forms: whatever somebody typed there, nothing else than a number comes out."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

MAX_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1990, 2200


class IdConverter(IntegerConverter):
    """A row's id in an address; a number that no database takes leads nowhere."""

    regex = r"\d{1,19}"

    def __init__(self, map: Map, **limits: Any) -> None:  # noqa: A002 - the name is Werkzeug's
        super().__init__(map, **{"max": MAX_ID, **limits})


def read_id(text: str | None) -> int | None:
    """Return a row's id, None for anything else than a positive whole number that a database takes."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if 0 < number <= MAX_ID else None


def read_year(text: str | None) -> int | None:
    """Return a year, None for anything that is none."""
    value = (text or "").strip()
    year = int(value) if value.isascii() and value.isdigit() and len(value) == 4 else 0
    return year if FIRST_YEAR <= year <= LAST_YEAR else None
