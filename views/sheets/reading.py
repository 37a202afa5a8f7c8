"""The rows of an uploaded workbook, read by a limited child process that cannot take the worker down with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from models.errors import N_, Invalid
from views.sheets import parser
from views.sheets.cells import Raw
from views.sheets.intake import MAX_ROWS, check_workbook

SECONDS = 25
_PROGRAM = str(Path(parser.__file__).resolve())


class RawRow(NamedTuple):
    """A row as it stands in the workbook: its number there, from 1, and its cells up to the last that holds anything."""

    number: int
    cells: list[Raw]


class RawSheet:
    """The rows of one worksheet, kept in an anonymous file: read as often as needed, in constant memory."""

    def __init__(self, lines: IO[bytes]) -> None:
        self._lines = lines
        self.height = int(json.loads(lines.readline())["height"])
        self._start = lines.tell()

    @property
    def n_rows(self) -> int:
        """Return how many rows there are below the heading, blank ones included."""
        return max(0, self.height - 1)

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows that hold anything, from the first."""
        self._lines.seek(self._start)
        decode = json.JSONDecoder().decode
        for line in self._lines:
            number, cells = decode(line.decode())
            yield RawRow(number, cells)


@contextmanager
def opened(content: bytes, sheet_name: str) -> Iterator[RawSheet]:
    """Read the worksheet *sheet_name* of an .xlsx, else its first visible one; raises Invalid with a sentence.

    The workbook and its rows stand in files without a name that vanish with the block.
    """
    check_workbook(content)
    with tempfile.TemporaryFile() as lines:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            _parse(file.fileno(), sheet_name, lines)
        lines.seek(0)
        yield RawSheet(lines)


def _parse(descriptor: int, sheet_name: str, lines: IO[bytes]) -> None:
    command = [sys.executable, "-I", _PROGRAM, f"/dev/fd/{descriptor}", sheet_name, str(MAX_ROWS)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and a file without a name
            command,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=subprocess.PIPE,
            pass_fds=(descriptor,),
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid(N_("The workbook takes too long to read; copy its rows into the template and upload that.")) from None
    _judge(done)


def _judge(done: subprocess.CompletedProcess[Any]) -> None:
    if done.returncode == 0:
        return
    if done.returncode == parser.NO_WORKBOOK:
        raise Invalid(N_("The workbook cannot be read; open it in Excel or WPS, save it anew as .xlsx and upload it again."))
    if done.returncode == parser.TOO_LARGE or done.returncode < 0:
        raise Invalid(
            N_(
                "The worksheet is too large: at most %(rows)s rows and %(columns)s columns; delete what is beyond, or split the file."
            ),
            rows=MAX_ROWS,
            columns=parser.MOST_COLUMNS,
        )
    raise RuntimeError(f"the parser of workbooks ended with status {done.returncode}")
