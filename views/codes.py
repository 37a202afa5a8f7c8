"""Names of coded values in the reader's language, read once per process: code lists change with the seed only."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from flask_babel import get_locale
from sqlalchemy import Engine, select

from models.base import db
from models.org.tables import CodeEntry, Region
from models.scope import system_session

_names: WeakKeyDictionary[Engine, dict[str, dict[str, tuple[str, str]]]] = WeakKeyDictionary()
REGIONS = "regions"


def _load(list_name: str) -> dict[str, tuple[str, str]]:
    # A session of its own: in a writing request the request's session would take SQLite's lock for a mere list.
    with system_session() as session:
        if list_name == REGIONS:
            return {row.code: (row.name, row.name) for row in session.execute(select(Region.code, Region.name))}
        rows = session.execute(
            select(CodeEntry.code, CodeEntry.name, CodeEntry.name_en)
            .where(CodeEntry.list_name == list_name)
            .order_by(CodeEntry.position)
        )
        return {row.code: (row.name, row.name_en or row.name) for row in rows}


def names(list_name: str) -> dict[str, tuple[str, str]]:
    """Return code -> (Chinese, English) of a list in its order; an empty list is asked for again."""
    known = _names.setdefault(db.engine, {})
    if not known.get(list_name):
        known[list_name] = _load(list_name)
    return known[list_name]


_headings: WeakKeyDictionary[Engine, dict[str, frozenset[str]]] = WeakKeyDictionary()


def headings(list_name: str) -> frozenset[str]:
    """Return the codes that head a part of a list: nobody is one of them."""
    known = _headings.setdefault(db.engine, {})
    if list_name not in known:
        with system_session() as session:
            rows = session.execute(select(CodeEntry.code, CodeEntry.extra).where(CodeEntry.list_name == list_name))
            known[list_name] = frozenset(row.code for row in rows if (row.extra or {}).get("is_group"))
    return known[list_name]


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
