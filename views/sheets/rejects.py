"""The rows that were not taken in, spooled to the disk while a job runs, and the workbook that gives them back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from flask_babel import gettext

from models.errors import DomainError
from views.sheets.columns import Sheet
from views.sheets.rows import Layout, Line
from views.sheets.template import RejectedRow, rejected
from views.words import say

SHOWN = 200
"""So many bad cells a result names one by one; the workbook holds all."""


class Rejects:
    """Rejected lines in the order of the file; memory does not grow with them."""

    def __init__(self, layout: Layout, language: str) -> None:
        self.layout = layout
        self.language = language
        self.n_rows = 0
        self.n_problems = 0
        self.problems: list[dict[str, Any]] = []
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by __exit__
        self._order = {c.key: place for place, c in enumerate(layout.sheet.columns)}
        self._labels = {c.key: gettext(c.label) for c in layout.sheet.columns}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, line: Line) -> None:
        """Note a line with its errors; the words are those of the uploader's language."""
        errors = dict(sorted(line.row.errors.items(), key=lambda item: self._order.get(item[0], -1)))
        reason = "；".join(self._words(key, error).rstrip("。.") for key, error in errors.items())
        self._file.write(json.dumps([line.cells, sorted(errors), reason], ensure_ascii=False) + "\n")
        self.n_rows += 1
        self.n_problems += len(errors)
        for key, error in errors.items():
            if len(self.problems) < SHOWN:
                self.problems.append(self._problem(line.row.number, key, error))

    def _words(self, key: str, error: DomainError) -> str:
        label = self._labels.get(key, "")
        return f"{label}：{say(error)}" if label else say(error)

    def _problem(self, row: int, key: str, error: DomainError) -> dict[str, Any]:
        params = {name: str(value) for name, value in error.params.items()}
        return {"row": row, "column": self.layout.letter(key), "key": key, "message_id": error.message_id, "params": params}

    def workbook(self) -> bytes:
        """Return all of them in the sheet's own template, with reasons and marks."""
        sheet: Sheet = self.layout.sheet
        return rejected(sheet, self.language, self._rows())

    def _rows(self) -> Iterator[RejectedRow]:
        self._file.seek(0)
        for text in self._file:
            cells, bad, reason = json.loads(text)
            yield RejectedRow(cells, frozenset(bad), reason)
