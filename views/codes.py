"""Names of coded values in the reader's language, read once per process: code lists change with the seed only."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from flask_babel import get_locale
from sqlalchemy import Engine, select

from models.base import db
from models.org.tables import CodeEntry, Region
from models.scope import system_session

REGIONS = "regions"


@dataclass(slots=True)
class _Lists:
    """What one database holds: code -> (Chinese, English) of each list, and the codes that only head a part of one."""

    names: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    headings: dict[str, frozenset[str]] = field(default_factory=dict)


_lists: WeakKeyDictionary[Engine, _Lists] = WeakKeyDictionary()


def _read() -> _Lists:
    """Read all lists but the regions with one statement: a page shows a handful of them, and all are small."""
    found = _Lists()
    statement = select(CodeEntry.list_name, CodeEntry.code, CodeEntry.name, CodeEntry.name_en, CodeEntry.extra)
    # A session of its own: in a writing request the request's session would take SQLite's lock for a mere list.
    with system_session() as session:
        for row in session.execute(statement.order_by(CodeEntry.list_name, CodeEntry.position)):
            found.names.setdefault(row.list_name, {})[row.code] = (row.name, row.name_en or row.name)
            if (row.extra or {}).get("is_group"):
                found.headings[row.list_name] = found.headings.get(row.list_name, frozenset()) | {row.code}
    return found


def _regions() -> dict[str, tuple[str, str]]:
    with system_session() as session:
        return {row.code: (row.name, row.name) for row in session.execute(select(Region.code, Region.name))}


def names(list_name: str) -> dict[str, tuple[str, str]]:
    """Return code -> (Chinese, English) of a list in its order; an empty list is asked for again."""
    known = _lists.setdefault(db.engine, _Lists())
    if not known.names.get(list_name):
        if list_name == REGIONS:
            known.names[REGIONS] = _regions()
        else:
            read = _read()
            known.names |= read.names
            known.headings = read.headings
    return known.names.get(list_name, {})


def headings(list_name: str) -> frozenset[str]:
    """Return the codes that head a part of a list: nobody is one of them."""
    names(list_name)
    return _lists[db.engine].headings.get(list_name, frozenset())


def code_name(list_name: str, code: str | None) -> str:
    """Return the name of *code*, the code itself when the list lacks it, nothing for none."""
    if not code:
        return ""
    found = names(list_name).get(code)
    return code if found is None else found[_column()]


def code_choices(list_name: str) -> list[tuple[str, str]]:
    """Return (code, name) of a whole list in its order."""
    column = _column()
    return [(code, pair[column]) for code, pair in names(list_name).items()]


def _column() -> int:
    return 1 if str(get_locale()).startswith("en") else 0
