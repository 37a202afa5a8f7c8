"""A row of a sheet on its way in: what it says, what is wrong with it, and what became of it. Knows no workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from models.errors import DomainError, FieldErrors


class _Clear:
    """The value of a cell that clears what is stored."""

    def __repr__(self) -> str:
        """Return the word that is typed."""
        return CLEAR_WORD


CLEAR_WORD = "#清空"
CLEAR = _Clear()
"""Stands in a row for a cell with ``#清空``: a blank one keeps what is stored."""


@dataclass(slots=True)
class ImportRow:
    """One row; ``values`` and ``errors`` are keyed by the columns of its sheet, an error of the whole row by ``""``."""

    number: int  # of the row in the workbook
    values: dict[str, Any]
    errors: dict[str, DomainError] = field(default_factory=dict)
    is_unchanged: bool = False  # it is there already
    is_update: bool = False  # it is there already, and the row changes it
    found: dict[str, Any] = field(default_factory=dict)  # what the checks worked out, for the writing

    @property
    def is_good(self) -> bool:
        """Say whether the row is to be written."""
        return not self.errors and not self.is_unchanged

    def refuse(self, key: str, error: DomainError) -> None:
        """Note an error of a column, unless the column has one already; several fields' errors go to their columns."""
        if isinstance(error, FieldErrors):
            for name, each in error.errors.items():
                self.errors.setdefault(name, each)
        else:
            self.errors.setdefault(key, error)


class Importer(Protocol):
    """What one kind of rows brings: checks, judgement against the database, creation."""

    chunk_size: int  # rows of one transaction
    carried: str  # what the job's cursor keeps for it from chunk to chunk, encrypted if it is secret

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check each row without the database."""

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Check each row against the database; may be called again for the same rows."""

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Write good rows; flush only."""
