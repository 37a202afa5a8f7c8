"""Many certificates as one task: a zip of signed PDFs, or one unsigned PDF to be put on paper, each page marked 打印件.

Numbers are issued part by part in short transactions; the sheets are drawn between them, while others write. Each part
is appended to the file together with the task's cursor, so that a killed task goes on and gives the same file.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice

from models import files, jobs
from models.access import Actor, Permission
from models.base import LOCAL_ZONE
from models.certificates import operations, printing
from models.certificates.printing import KIND, PRINT, SIGNED
from models.certificates.tables import Certificate
from models.credits.queries import EARNS_CERTIFICATE
from models.credits.tables import YearSummary
from models.errors import N_, DomainError
from models.files import JobFile
from models.jobs import Job, JobState, Run
from models.people.tables import Professional
from views.admin import exports
from views.admin.actions import BatchAction
from views.admin.jobs import JobWords, show_jobs_of
from views.documents import archive, certificate
from views.forms import PlainForm
from views.sheets.export import ExportColumn, export_name, write_export
from views.sheets.workbook import XLSX
from views.words import say, words

LISTED = 200
"""So many without a certificate stand on the page; the list has all."""
SIGNED_AT_ONCE, PRINTED_AT_ONCE = 20, 40
"""Sheets of one part: a few seconds of work, a few megabytes of memory."""
NAME, COPIES = "年度结业证书", "年度结业证书打印件"
TITLES = {SIGNED: N_("Certificates: zip of signed PDFs"), PRINT: N_("Certificates: PDF to be printed, unsigned")}


class PrintForm(PlainForm):
    """What is made of the certificates."""

    how = RadioField(
        _l("What is made"),
        choices=[
            SelectChoice(SIGNED, _l("Zip of signed PDFs, one file for each person")),
            SelectChoice(PRINT, _l('One PDF to be printed: unsigned, each page marked "打印件"')),
        ],
        default=SIGNED,
    )


def preview(session: Session, _actor: Actor, ids: Sequence[int]) -> list[str]:
    """Say how many certificates there will be, and of how many years there will be none."""
    if len(ids) > printing.MOST:
        return [say(printing.too_many())]
    earning = select(func.count()).select_from(YearSummary).where(YearSummary.id.in_(ids), *EARNS_CERTIFICATE)
    passed = session.scalar(earning) or 0
    said = [gettext(N_("Certificates that can be printed: %(n)s; those that have no number yet get one."), n=f"{passed:,}")]
    if passed < len(ids):
        sentence = N_("Years without a certificate: %(n)s; they stand in a list with the reason.")
        said.append(gettext(sentence, n=f"{len(ids) - passed:,}"))
    return said


def start(session: Session, actor: Actor, ids: Sequence[int], values: Mapping[str, Any]) -> Job:
    """Order the certificates of years; raises Invalid for more than one task makes."""
    return printing.order(session, actor, ids, how=values["how"])


PRINT_MANY = BatchAction(
    "print_many",
    N_("Print certificates"),
    start=start,
    all_label=N_("Print all certificates of the filter"),
    permission=Permission.CERTIFICATES_PRINT,
    preview=preview,
    form=PrintForm,
)


# --- the task -----------------------------------------------------------------------------------------------------------


@dataclass
class _Work:
    """The file that grows, and beside it what its end needs: entries or places, and who got none."""

    whole: JobFile
    index: JobFile
    moment: tuple[int, int, int, int, int, int]

    def cursor(self, following: int, *, n_objects: int) -> dict[str, Any]:
        return {"next": following, "file": self.whole.key, "index": self.index.key, "n_objects": n_objects}

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(piece) for piece in files.pieces_of(self.index)]


def run_certificates(run: Run) -> dict[str, Any]:
    """Make the certificates part by part from the cursor; the rights are those of the moment."""
    run.actor.require(Permission.CERTIFICATES_PRINT)
    ids, how = run.job.params["ids"], run.job.params["how"]
    work = _opened(run)
    at_once = SIGNED_AT_ONCE if how == SIGNED else PRINTED_AT_ONCE
    result = dict(run.job.result) or {"done": 0, "skipped": 0, "issued": 0, "refused": []}
    following, n_objects = int(run.job.cursor["next"]), int(run.job.cursor["n_objects"])
    while following < len(ids):
        part = ids[following : following + at_once]
        issued = operations.issue_many(run.session, run.actor, part)
        refused = _refused(run.session, issued.refused)
        result = {**result, "issued": result.get("issued", 0) + len(issued.new)}
        run.commit(result=result)  # the numbers stand and the series are free: drawing takes a while
        content, entry = _drawn(work, how, list(issued.certificates.values()), n_objects)
        if content:
            files.append(run.session, work.whole, content)
        files.append(run.session, work.index, json.dumps({**entry, "refused": refused}, ensure_ascii=False).encode())
        following += len(part)
        n_objects += len(entry.get("places", ()))
        result = {
            **result,
            "done": result["done"] + len(issued.certificates),
            "skipped": result["skipped"] + len(refused),
            "refused": [*result["refused"], *refused][:LISTED],
        }
        run.commit(cursor=work.cursor(following, n_objects=n_objects), n_done=following, n_total=len(ids), result=result)
    result |= _ended(run, work, how)
    exports.record(run.session, run.actor, {"view": KIND, "ids": ids, "is_unmasked": False})
    return run.finish(result)


def _opened(run: Run) -> _Work:
    """Return the files of the task, begun by its first run."""
    started = run.job.created_at.astimezone(LOCAL_ZONE)
    moment = (started.year, started.month, started.day, started.hour, started.minute, started.second)
    known = run.job.cursor
    if known:
        return _Work(files.job_file(run.session, known["file"]), files.job_file(run.session, known["index"]), moment)
    is_signed = run.job.params["how"] == SIGNED
    name = f"{NAME}-{started:%Y%m%d}.zip" if is_signed else f"{COPIES}-{started:%Y%m%d}.pdf"
    media_type = "application/zip" if is_signed else "application/pdf"
    whole = files.begin_for_job(run.session, run.actor, name=name, media_type=media_type)
    index = files.begin_for_job(run.session, run.actor, name="", media_type="application/json")
    if not is_signed:
        files.append(run.session, whole, archive.PDF_HEAD)
    work = _Work(whole, index, moment)
    run.commit(cursor=work.cursor(0, n_objects=0), n_total=len(run.job.params["ids"]))
    return work


def _discard_unfinished(session: Session, job: Job) -> None:
    """Delete the files that a task which goes on no more had begun: without their end nobody can open them."""
    for name in ("file", "index"):
        key = job.cursor.get(name, "")
        if files.exists(session, key):
            files.discard(session, files.job_file(session, key))


def _drawn(work: _Work, how: str, certificates: Sequence[Certificate], n_objects: int) -> tuple[bytes, dict[str, Any]]:
    """Return the next bytes of the file, and what its end needs of them."""
    at = work.whole.n_bytes
    if not certificates:
        return b"", {}
    if how == SIGNED:
        made = ((_file_name(c), certificate.signed_pdf(c)) for c in certificates)
        content, entries = archive.zip_part(made, at=at, moment=work.moment)
        return content, {"entries": entries}
    pdf = certificate.copies_pdf(certificates)
    content, places, pages = archive.pdf_part(pdf, at=at, first=archive.FIRST + n_objects)
    return content, {"places": places, "pages": pages}


def _file_name(of: Certificate) -> str:
    """Return the name in the zip: whose it is and, as the number is in it, unlike any other."""
    return f"{archive.safe_name(of.content['name'])}-{of.year}{NAME}-{of.number}.pdf"


def _refused(session: Session, refused: Mapping[int, DomainError]) -> list[dict[str, Any]]:
    """Return who got no certificate and why; of a year outside the scope nothing is known but its id."""
    rows = session.execute(
        select(YearSummary.id, YearSummary.year, Professional.name, Professional.organisation_name)
        .join(Professional, Professional.id == YearSummary.person_id)
        .where(YearSummary.id.in_(refused))
    )
    known = {row.id: row for row in rows}
    return [
        {
            "id": i,
            "name": known[i].name if i in known else "",
            "unit": known[i].organisation_name if i in known else "",
            "year": known[i].year if i in known else None,
            "message_id": refusal.message_id,
            "params": {k: str(v) for k, v in refusal.params.items()},
        }
        for i, refusal in sorted(refused.items())
    ]


def _ended(run: Run, work: _Work, how: str) -> dict[str, Any]:
    """Write the end of the file and the list of those who got none; return the keys of what can be downloaded."""
    parts = work.entries()
    refused = [line for part in parts for line in part["refused"]]
    entries = [entry for part in parts for entry in part.get("entries", ())]
    places = [place for part in parts for place in part.get("places", ())]
    pages = [page for part in parts for page in part.get("pages", ())]
    found: dict[str, Any] = {}
    if refused:
        with force_locale(run.job.language):
            name, content = export_name(gettext(N_("Without a certificate"))), _list(refused)
        found["list"] = files.keep_for_job(run.session, run.actor, name=name, media_type=XLSX, content=content).key
        if how == SIGNED:
            part, more = archive.zip_part([(name, content)], at=work.whole.n_bytes, moment=work.moment)
            files.append(run.session, work.whole, part)
            entries += more
    if entries or pages:
        at = work.whole.n_bytes
        end = (
            archive.zip_end(entries, at=at, moment=work.moment)
            if entries
            else archive.pdf_end(places, pages, at=at, title=COPIES)
        )
        files.append(run.session, work.whole, end)
        found["file"] = work.whole.key
    else:
        files.discard(run.session, work.whole)
    files.discard(run.session, work.index)
    return found


def _list(refused: Sequence[Mapping[str, Any]]) -> bytes:
    columns = [
        ExportColumn(gettext("Name"), lambda line: line["name"] or f"#{line['id']}"),
        ExportColumn(gettext("Employer (unit)"), lambda line: line["unit"], 30),
        ExportColumn(gettext("Year"), lambda line: line["year"], 10),
        ExportColumn(gettext("Reason"), lambda line: words(line["message_id"], line["params"]), 60),
    ]
    out = io.BytesIO()
    write_export(out, gettext("Without a certificate"), columns, refused)
    return out.getvalue()


# --- its page -------------------------------------------------------------------------------------------------------------


def _title(job: Job) -> str:
    title = TITLES[job.params["how"]]
    return gettext(title)


def _files(job: Job) -> list[tuple[str, str]]:
    labels = {
        "file": N_("Download the zip") if job.params["how"] == SIGNED else N_("Download the PDF"),
        "list": N_("Download the list of those without a certificate"),
    }
    return [
        (gettext(label), url_for("files.job_file", key=job.result[name])) for name, label in labels.items() if name in job.result
    ]


def _sentences(job: Job) -> list[str]:
    """Say of a task that was stopped on the way what is left of it."""
    if job.state not in {JobState.CANCELLED, JobState.FAILED}:
        return []
    if not job.result.get("issued"):
        return [gettext(N_("No file was made, and no new number was issued."))]
    sentence = N_("No file was made. New numbers issued: %(n)s; they stay, and whoever prints again gets the same certificates.")
    return [gettext(sentence, n=f"{job.result['issued']:,}")]


def install() -> None:
    """Register the task."""
    jobs.handler(KIND, tidy=_discard_unfinished)(run_certificates)
    show_jobs_of(KIND, JobWords(_title, _sentences, _files))
