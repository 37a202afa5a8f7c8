"""Columns of a sheet: label, kind, codes and limits, taken from the mapped column's type and ``info`` where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, String
from sqlalchemy.orm import InstrumentedAttribute


class Kind(StrEnum):
    """What a cell of the column holds."""

    TEXT = "text"
    NUMBER = "number"  # an identity or organisation number: text that Excel likes to turn into a figure
    DATE = "date"
    CODE = "code"  # one of a code list or of fixed choices


@dataclass(frozen=True)
class Column:
    """One column of a sheet; ``label``, ``help`` and the words of ``choices`` are message ids."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    is_required: bool = False
    codes: str = ""  # a code list, or "regions"
    choices: Mapping[str, str] = field(default_factory=dict)
    length: int = 200
    example: str = ""  # of a coded column: the code
    help: str = ""
    width: int = 14
    also: Mapping[str, str] = field(default_factory=dict)  # further words that are understood -> code
    is_kept: bool = False  # never cleared by an import that updates, as a required one
    offers: tuple[str, ...] = ()  # words of a drop-down list beside which anything else may be typed
    aliases: tuple[str, ...] = ()  # other headings that older templates and other systems use


def column_of(attribute: InstrumentedAttribute[Any], **more: Any) -> Column:
    """Return the column that describes a mapped *attribute*; *more* replaces or adds what its ``info`` does not say."""
    mapped = attribute.property.columns[0]
    info = mapped.info
    found: dict[str, Any] = {"key": attribute.key, "label": info["label"], "help": info.get("help", "")}
    if info.get("codes") or info.get("choices"):
        found |= {"kind": Kind.CODE, "codes": info.get("codes", ""), "choices": info.get("choices", {})}
    elif isinstance(mapped.type, Date):
        found["kind"] = Kind.DATE
    elif isinstance(mapped.type, String) and mapped.type.length:
        found["length"] = mapped.type.length
    return Column(**(found | more))


@dataclass(frozen=True)
class Sheet:
    """A sheet: its columns, where they come from and what its file is called; all words are message ids."""

    name: str  # of the worksheet and the file
    columns: tuple[Column, ...]
    identity: str  # key of the column by which the example row is known
    notes: tuple[str, ...] = ()  # sentences of 填写说明, before the table of columns
    may_clear: bool = False  # ``#清空`` in a cell clears what is stored

    def column(self, key: str) -> Column:
        """Return the column of that key."""
        return next(c for c in self.columns if c.key == key)

    @property
    def example(self) -> dict[str, str]:
        """Return the example row: key -> what stands in the cell (the code in a coded column)."""
        return {c.key: c.example for c in self.columns if c.example}
