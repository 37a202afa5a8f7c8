"""The course of an import: a dry run of all rows, or the import itself in chunks that survive a kill.

Both end with the same totals: rows found = created + unchanged + rejected + example.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from flask_babel import force_locale, gettext
from sqlalchemy.exc import IntegrityError, OperationalError

from models import files
from models.errors import N_, Conflict
from models.files import JobFile
from models.import_rows import Importer, ImportRow
from models.jobs import Run
from models.workflow import CHUNK
from views.sheets.columns import Sheet
from views.sheets.reading import RawSheet, opened
from views.sheets.rejects import Rejects
from views.sheets.rows import Line, lines_of
from views.sheets.workbook import XLSX

TRIES = 3
REPORT_EVERY = 5  # chunks of a dry run
MOST_DIFFERENCES = 200  # shown before an import that updates


@dataclass
class Tally:
    """How many rows were found and what became of them."""

    found: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    example: int = 0

    def plus(self, lines: Iterable[Line]) -> Tally:
        """Return the tally with judged lines counted in."""
        more = Tally(**asdict(self))
        for line in lines:
            more.found += 1
            name = (
                "example"
                if line.is_example
                else "rejected"
                if line.row.errors
                else "unchanged"
                if line.row.is_unchanged
                else "updated"
                if line.row.is_update
                else "created"
            )
            setattr(more, name, getattr(more, name) + 1)
        return more


def run_import(
    run: Run, sheet: Sheet, importer: Importer, *, at_the_end: Callable[[Run], dict[str, Any]] = lambda _run: {}
) -> dict[str, Any]:
    """Do the job: ``params["file"]`` is the key of the upload, ``params["is_dry_run"]`` says that nothing is written.

    What *at_the_end* returns, files it keeps for instance, enters the result in the same transaction.
    """
    language = run.job.language
    with run.reading() as session:
        upload = files.job_file(session, str(run.job.params["file"]))
    with force_locale(language), opened(files.read(upload), gettext(sheet.name)) as raw:
        layout, lines = lines_of(sheet, raw, language)
        with Rejects(layout, language) as rejects:
            work = _Work(run, importer, raw, rejects)
            tally = work.dry_run(lines) if run.job.params["is_dry_run"] else work.write(lines)
            result: dict[str, Any] = {**asdict(tally), "is_dry_run": run.job.params["is_dry_run"], "unknown": layout.unknown[:20]}
            result |= {"problems": rejects.problems, "n_problems": rejects.n_problems, "differences": work.differences}
            workbook = rejects.workbook() if rejects.n_rows else b""
        if workbook:
            result["rejected_file"] = _keep(run, upload, workbook).key
        result |= at_the_end(run)
        return run.finish(result, n_done=raw.n_rows)


def _keep(run: Run, upload: JobFile, content: bytes) -> JobFile:
    stem = upload.original_name.rpartition(".")[0] or upload.original_name
    name = gettext(N_("%(name)s - failed rows.xlsx"), name=stem[:150])
    return files.keep_for_job(run.session, run.actor, name=name, media_type=XLSX, content=content)


def _chunks(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    while chunk := list(islice(lines, size)):
        yield chunk


def _rows(lines: Iterable[Line]) -> list[ImportRow]:
    return [line.row for line in lines if not line.is_example]


@dataclass
class _Work:
    """One pass over the lines of a file."""

    run: Run
    importer: Importer
    raw: RawSheet
    rejects: Rejects
    differences: list[dict[str, Any]] = field(default_factory=list)

    def dry_run(self, lines: Iterator[Line]) -> Tally:
        """Check and judge every line and write nothing."""
        tally = Tally()
        for n_chunk, chunk in enumerate(_chunks(lines, 2 * CHUNK)):
            self.importer.check(_rows(chunk))
            with self.run.reading() as session:
                self.importer.judge(session, _rows(chunk))
            tally = tally.plus(chunk)
            self._note(chunk)
            if n_chunk % REPORT_EVERY == 0:
                self.run.commit(n_done=chunk[-1].row.number - 1, n_total=self.raw.n_rows)
        return tally

    def write(self, lines: Iterator[Line]) -> Tally:
        """Write the good lines; each chunk is one transaction with the job's cursor."""
        place = _Place(dict(self.run.job.cursor), self.raw.height)
        tally = place.tally
        self.importer.carried = place.carried
        for chunk in _chunks(self._after(place, lines), self.importer.chunk_size):
            self.importer.check(_rows(chunk))
            tally = self._write_chunk(chunk, tally, place)
            self._note(chunk)
        return tally

    def _write_chunk(self, chunk: list[Line], tally: Tally, place: _Place) -> Tally:
        rows = _rows(chunk)
        carried = self.importer.carried
        for attempt in range(1, TRIES + 1):
            try:
                self.importer.judge(self.run.session, rows)
                self.importer.create(self.run.session, [row for row in rows if row.is_good])
                after = tally.plus(chunk)
                number = chunk[-1].row.number
                self.run.commit(
                    cursor=place.cursor(number, after, chunk, self.importer.carried), n_done=number - 1, n_total=self.raw.n_rows
                )
            except (IntegrityError, OperationalError):
                # Somebody else wrote one of these people at the same moment: judge the chunk again.
                self.run.session.rollback()
                self.importer.carried = carried
                if attempt == TRIES:
                    raise
            else:
                return after
        raise AssertionError

    def _after(self, place: _Place, lines: Iterator[Line]) -> Iterator[Line]:
        """Pass over what an earlier run of the job did: its doubles are remembered, its rejected rows given back again."""
        if not place.row:
            yield from lines
            return
        past: list[Line] = []
        for line in lines:
            if line.row.number <= place.row:
                past.append(line)
            if past and (line.row.number > place.row or len(past) == 2 * CHUNK):
                self._pass_over(place, past)
                past = []
            if line.row.number > place.row:
                yield line
        self._pass_over(place, past)

    def _pass_over(self, place: _Place, lines: list[Line]) -> None:
        self.importer.check(_rows(lines))
        again = [line for line in lines if place.was_rejected(line.row.number)]
        if not again:
            return
        with self.run.reading() as session:
            self.importer.judge(session, _rows(again))
        for line in again:
            if not line.row.errors:
                line.row.refuse("", Conflict(N_("It could not be taken in at that moment; import it again.")))
        self._note(again)

    def _note(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if line.row.errors:
                self.rejects.add(line)
            elif line.row.is_update and len(self.differences) < MOST_DIFFERENCES:
                changes = line.row.found["changes"].items()
                self.differences += [{"row": line.row.number, "key": k, "old": old, "new": new} for k, (old, new) in changes]


class _Place:
    """How far an import is, as the job's cursor keeps it: row, totals, and one bit for each rejected row."""

    def __init__(self, cursor: dict[str, Any], height: int) -> None:
        self.row = int(cursor.get("row", 0))
        self.tally = Tally(**cursor.get("tally", {}))
        self.carried = str(cursor.get("carried", ""))
        packed = cursor.get("rejected")
        self._bits = bytearray(zlib.decompress(base64.b64decode(packed))) if packed else bytearray(height // 8 + 1)

    def was_rejected(self, number: int) -> bool:
        """Say whether an earlier run rejected the row of that number."""
        return bool(self._bits[number // 8] >> number % 8 & 1)

    def cursor(self, row: int, tally: Tally, chunk: Iterable[Line], carried: str) -> dict[str, Any]:
        """Return the cursor after a chunk."""
        for line in chunk:
            if line.row.errors:
                self._bits[line.row.number // 8] |= 1 << line.row.number % 8
        packed = base64.b64encode(zlib.compress(bytes(self._bits), 1)).decode()
        return {"row": row, "tally": asdict(tally), "rejected": packed, "carried": carried}
