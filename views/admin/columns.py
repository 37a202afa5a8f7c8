"""Columns of a list, a details page and an export: declared by name, described by the ORM column's ``info``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext
from sqlalchemy import Boolean, Date, Integer
from sqlalchemy.orm import ColumnProperty, InstrumentedAttribute

from models.base import UtcDateTime
from models.errors import N_
from views.codes import code_name
from views.states import StateWord
from views.words import choice_word, hours, local_time

NUMERIC = frozenset({"number", "hours"})


@dataclass(frozen=True)
class Col:
    """One column.

    What is left out comes from the model's column of that name: the label, choices and code list from its ``info``, the
    kind from its type (``*_tenths`` are hours). ``value`` computes what no column holds. ``sort`` names one of the
    view's sorts; ``shown=False`` leaves the column to 列设置; ``is_link`` makes its words the link to the details.
    """

    name: str
    label: str = ""
    value: Callable[[Any], Any] | None = None
    kind: str = ""  # text, number, hours, date, time, flag, code, choice, status
    status: Mapping[str, StateWord] | None = None
    choices: Mapping[str, str] | None = None
    codes: str = ""
    sort: str = ""
    shown: bool = True
    is_link: bool = False

    def described(self, model: type) -> Col:
        """Return the column completed from *model*; raises TypeError when it has no label."""
        attribute = getattr(model, self.name, None)
        info: Mapping[str, Any] = {}
        kind = self.kind
        if self.value is None and isinstance(attribute, InstrumentedAttribute) and isinstance(attribute.property, ColumnProperty):
            column = attribute.property.columns[0]
            info = column.info
            kind = kind or _kind_of(self.name, column)
        label = self.label or str(info.get("label", ""))
        if not label:
            raise TypeError(f"the column {self.name} of {model.__name__} has no label")
        codes = self.codes or str(info.get("codes", ""))
        choices = self.choices or info.get("choices")
        kind = "status" if self.status else "code" if codes else "choice" if choices else kind or "text"
        return replace(self, label=label, kind=kind, codes=codes, choices=choices)

    @property
    def title(self) -> str:
        """Return the label in the reader's language."""
        return gettext(self.label)

    @property
    def is_numeric(self) -> bool:
        """Say whether the values stand right."""
        return self.kind in NUMERIC

    def raw(self, row: Any) -> Any:
        """Return the value behind the words, as an export needs it."""
        return self.value(row) if self.value is not None else getattr(row, self.name)

    def state(self, row: Any) -> StateWord | None:
        """Return the state's word of a status column."""
        if self.status is None:
            return None
        value = self.raw(row)
        return None if value is None else self.status.get(_key_of(value))

    def text(self, row: Any) -> str:
        """Return the words of the cell in the reader's language."""
        state = self.state(row)
        return gettext(state.word) if state else words_of(self, self.raw(row))


def _key_of(value: Any) -> str:
    """Return the key of a state in its table of words; a switch is ``true`` or ``false``."""
    return str(value).lower() if isinstance(value, bool) else str(getattr(value, "value", value))


def words_of(col: Col, value: Any) -> str:
    """Return *value* in words, by the kind of its column."""
    if value is None or value == "":
        return ""
    if col.kind == "code":
        return code_name(col.codes, str(value))
    if col.kind == "choice":
        return choice_word(col.choices or {}, value)
    if col.kind == "hours":
        return hours(int(value))
    if col.kind == "flag" or isinstance(value, bool):
        return gettext(N_("Yes")) if value else gettext(N_("No"))
    if isinstance(value, (dt.date, dt.datetime)):
        return local_time(value)
    return str(value)


def _kind_of(name: str, column: Any) -> str:
    if name.endswith("_tenths"):
        return "hours"
    if isinstance(column.type, Boolean):
        return "flag"
    if isinstance(column.type, UtcDateTime):
        return "time"
    if isinstance(column.type, Date):
        return "date"
    # A year or a serial is read as a name: it is neither summed nor aligned.
    return "number" if isinstance(column.type, Integer) and name.startswith("n_") else "text"


def chosen(columns: tuple[Col, ...], names: list[str] | None) -> tuple[Col, ...]:
    """Return the columns a reader chose, in that order; without a choice those shown by default."""
    if not names:
        return tuple(c for c in columns if c.shown)
    by_name = {c.name: c for c in columns}
    picked = tuple(by_name[n] for n in names if n in by_name)
    return picked or tuple(c for c in columns if c.shown)
