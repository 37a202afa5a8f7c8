"""The task of an export, and how its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import force_locale, gettext

from models import files, jobs
from models.errors import N_, NotFound
from models.jobs import Job, Run
from views.admin.exports import record, registered, write
from views.admin.jobs import JobWords, show_jobs_of
from views.sheets.export import export_name
from views.sheets.workbook import XLSX

KINDS = (
    "export_people",
    "export_organisations",
    "export_declarations",
    "export_audits",
    "export_registrations",
    "export_departments",
    "export_administrators",
    "export_unfinished",
)


def run_export(run: Run) -> dict[str, Any]:
    """Write an export; the rights are those of the moment."""
    params = run.job.params
    view = registered(params["view"])
    if not view.is_for(run.actor) or view.export_permission is None:
        raise NotFound
    run.actor.require(view.export_permission)
    with force_locale(run.job.language), run.reading() as session:
        content = write(session, run.actor, view, params)
    file = files.keep_for_job(run.session, run.actor, name=export_name(params["title"]), media_type=XLSX, content=content)
    record(run.session, run.actor, params)
    n_rows = len(params["ids"])
    return run.finish({"file": file.key, "n": n_rows}, n_done=n_rows)


def _sentences(job: Job) -> Sequence[str]:
    return [gettext(N_("%(n)s rows were exported."), n=f"{job.result['n']:,}")] if job.result else ()


def _files(job: Job) -> Sequence[tuple[str, str]]:
    return [(gettext(N_("Download")), url_for("files.job_file", key=job.result["file"]))] if job.result else ()


def _title(job: Job) -> str:
    return gettext(N_("Export: %(title)s"), title=job.params["title"])


def install() -> None:
    """Register the kinds of export."""
    for kind in KINDS:
        jobs.handler(kind)(run_export)
        show_jobs_of(kind, JobWords(_title, _sentences, _files))
