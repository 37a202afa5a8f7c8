"""The task that tries a version of a rule on a past year: who would pass no more, who would pass, by unit; as list and Excel."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import url_for
from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import files, jobs
from models.access import Actor
from models.base import to_hours
from models.credits import rule_trial, rule_versions
from models.credits.forms import parse_form
from models.credits.rule_trial import Outcome, Turned
from models.errors import N_, Invalid
from models.jobs import Job, JobState, Run
from views.admin.jobs import JobTable, JobWords, show_jobs_of
from views.sheets.export import ExportColumn, export_name, write_export
from views.sheets.workbook import XLSX, Look
from views.words import hours

KIND, RECALCULATION = "rule_trial", "rule_recalculation"
LISTED = 200
"""So many units and people stand on the page; the workbook has all."""


def run_trial(run: Run) -> dict[str, Any]:
    """Try the version on all people of the scope in parts; a task that was interrupted begins anew, for it writes nothing."""
    params = run.job.params
    version = rule_versions.own_version(run.session, run.actor, params["version"])
    of = rule_trial.trial(run.session, run.actor, version, params["year"])
    whole = Outcome()
    with run.reading() as session:
        n_total = rule_trial.count_people(session, of)
    run.commit(n_done=0, n_total=n_total)
    after = 0
    while True:
        with run.reading() as session:
            people = rule_trial.people_after(session, of, after)
            if people:
                _add(whole, rule_trial.outcome(session, of, people))
        if not people:
            break
        after = people[-1]
        run.commit(n_done=whole.n_people)
    return _result(run, whole)


def _add(whole: Outcome, part: Outcome) -> None:
    whole.n_people += part.n_people
    whole.n_records += part.n_records
    whole.n_changed += part.n_changed
    whole.n_unfit += part.n_unfit
    whole.turned += part.turned


def run_recalculation(run: Run) -> dict[str, Any]:
    """Let a published version stand for the records of a past year, part by part from the cursor; rights are those of the moment."""
    params = run.job.params
    version = rule_versions.own_version(run.session, run.actor, params["version"])
    of = rule_trial.trial(run.session, run.actor, version, params["year"])
    done: dict[str, int] = {"after": 0, "n_people": 0, "n_records": 0, **run.job.cursor}
    with run.reading() as session:
        n_total = rule_trial.count_people(session, of)
    run.commit(n_total=n_total)
    while True:
        with run.reading() as session:
            people = rule_trial.people_after(session, of, done["after"])
        if not people:
            return {"n_records": done["n_records"], "n_people": done["n_people"]}
        n_records = rule_trial.recalculate(run.session, run.actor, of, people, reason=params["reason"])
        done = {
            "after": people[-1],
            "n_people": done["n_people"] + len(people),
            "n_records": done["n_records"] + n_records,
        }
        run.commit(cursor=done, n_done=done["n_people"])


def _result(run: Run, whole: Outcome) -> dict[str, Any]:
    with run.reading() as session:
        people, units = _names(session, whole.turned)
    lines = [
        {**asdict(t), "name": people[t.person_id][0], "unit": units.get(t.organisation_id) or people[t.person_id][1]}
        for t in whole.turned
        if t.person_id in people
    ]
    lines.sort(key=lambda line: (line["unit"], line["person_id"]))
    with force_locale(run.job.language):
        content = _workbook(lines)
        name = export_name(_title(run.job))
    file = files.keep_for_job(run.session, run.actor, name=name, media_type=XLSX, content=content)
    return run.finish(
        {
            "n_people": whole.n_people,
            "n_records": whole.n_records,
            "n_changed": whole.n_changed,
            "n_unfit": whole.n_unfit,
            "n_lost": sum(not t.is_passed for t in whole.turned),
            "n_gained": sum(t.is_passed for t in whole.turned),
            "units": _by_unit(lines)[:LISTED],
            "people": lines[:LISTED],
            "file": file.key,
        }
    )


def _names(session: Session, turned: Sequence[Turned]) -> tuple[dict[int, tuple[str, str]], dict[int, str]]:
    people: dict[int, tuple[str, str]] = {}
    units: dict[int, str] = {}
    for start in range(0, len(turned), rule_trial.PEOPLE_AT_ONCE):
        part = turned[start : start + rule_trial.PEOPLE_AT_ONCE]
        people |= rule_trial.people_of(session, [t.person_id for t in part])
        units |= rule_trial.units_of(session, [t.organisation_id for t in part])
    return people, units


def _by_unit(lines: Sequence[dict[str, Any]]) -> list[list[Any]]:
    lost = Counter(line["unit"] for line in lines if not line["is_passed"])
    gained = Counter(line["unit"] for line in lines if line["is_passed"])
    rows = [[unit, lost[unit], gained[unit]] for unit in {*lost, *gained}]
    return sorted(rows, key=lambda row: (-row[1] - row[2], row[0]))


def _result_word(is_passed: bool) -> str:  # noqa: FBT001 - a word for a flag
    return gettext("Passed") if is_passed else gettext("Not passed")


def _workbook(lines: Sequence[dict[str, Any]]) -> bytes:
    columns = [
        ExportColumn(gettext("Employer (unit)"), lambda row: row["unit"], 30),
        ExportColumn(gettext("Name"), lambda row: row["name"]),
        ExportColumn(gettext("Hours so far"), lambda row: to_hours(row["old_tenths"]), 12, Look.DECIMAL),
        ExportColumn(gettext("Hours by the new rule"), lambda row: to_hours(row["new_tenths"]), 12, Look.DECIMAL),
        ExportColumn(gettext("Result so far"), lambda row: _result_word(not row["is_passed"]), 12),
        ExportColumn(gettext("Result by the new rule"), lambda row: _result_word(row["is_passed"]), 12),
    ]
    out = io.BytesIO()
    write_export(out, gettext("Dry run of a rule"), columns, lines)
    return out.getvalue()


def _recalculation_title(job: Job) -> str:
    words = {"form": job.params["form"], "version": job.params["number"], "year": job.params["year"]}
    return gettext(N_("Recalculation: %(form)s, version %(version)s, of %(year)s"), **words)


def _recalculated(job: Job) -> Sequence[str]:
    if not job.result:
        return ()
    return [
        gettext(
            N_("%(people)s people were looked through; %(records)s records were recalculated."),
            records=f"{job.result['n_records']:,}",
            people=f"{job.result['n_people']:,}",
        )
    ]


def _title(job: Job) -> str:
    words = {"form": job.params["form"], "version": job.params["number"], "year": job.params["year"]}
    return gettext(N_("Dry run of a rule: %(form)s, version %(version)s, on %(year)s"), **words)


def _sentences(job: Job) -> Sequence[str]:
    found = job.result
    if "n_lost" not in found:
        return ()
    said = [
        gettext(
            N_("%(records)s records of %(people)s people were computed by the version; nothing was written."),
            records=f"{found['n_records']:,}",
            people=f"{found['n_people']:,}",
        ),
        gettext(
            N_("From passed to not passed: %(lost)s people; from not passed to passed: %(gained)s; other hours: %(changed)s."),
            lost=f"{found['n_lost']:,}",
            gained=f"{found['n_gained']:,}",
            changed=f"{found['n_changed']:,}",
        ),
    ]
    if found["n_unfit"]:
        said.append(gettext(N_("%(n)s records lack what the new version asks for; they stay as they are."), n=found["n_unfit"]))
    return said


def _files(job: Job) -> Sequence[tuple[str, str]]:
    return [(gettext(N_("Download")), url_for("files.job_file", key=job.result["file"]))] if job.result else ()


def _tables(job: Job) -> Sequence[JobTable]:
    if not job.result.get("units"):
        return ()
    by_unit = JobTable(
        gettext("By unit"),
        (gettext("Employer (unit)"), gettext("From passed to not passed"), gettext("From not passed to passed")),
        [[str(cell) for cell in row] for row in job.result["units"]],
    )
    headings = (
        gettext("Name"),
        gettext("Employer (unit)"),
        gettext("Hours so far"),
        gettext("Hours by the new rule"),
        gettext("Result by the new rule"),
    )
    people = JobTable(gettext("People"), headings, [_cells(row) for row in job.result["people"]])
    return (by_unit, people)


def _cells(row: dict[str, Any]) -> list[str]:
    return [row["name"], row["unit"], hours(row["old_tenths"]), hours(row["new_tenths"]), _result_word(row["is_passed"])]


def params_of(version: Any, year: int) -> dict[str, Any]:
    """Return what the task of a version and a year is started with."""
    return {"version": version.id, "year": year, "form": parse_form(version.spec).label.zh, "number": version.version}


def trials_of(session: Session, actor: Actor, version_id: int) -> list[Job]:
    """Return the finished dry runs of a version that the position started, the latest of each year."""
    rows = session.scalars(
        select(Job)
        .where(
            Job.account_id == actor.account_id,
            Job.position_key == actor.position_key,
            Job.kind == KIND,
            Job.state == JobState.DONE,
        )
        .order_by(Job.id.desc())
        .limit(200)
    )
    latest: dict[int, Job] = {}
    for job in rows:
        if job.params["version"] == version_id:
            latest.setdefault(job.params["year"], job)
    return [latest[year] for year in sorted(latest, reverse=True)]


def require_trial(session: Session, actor: Actor, version_id: int, year: int) -> None:
    """Raise Invalid unless the position has tried the version on the year: nothing is recalculated unseen."""
    if year not in {job.params["year"] for job in trials_of(session, actor, version_id)}:
        raise Invalid(N_("Try the version on the year first, and look at what would change."))


def trial_words(job: Job) -> str:
    """Return year and figures of a finished dry run."""
    return f"{job.params['year']}{gettext(N_(': '))}{_sentences(job)[1]}"


def install() -> None:
    """Register the task."""
    jobs.handler(KIND)(run_trial)
    jobs.handler(RECALCULATION)(run_recalculation)
    show_jobs_of(RECALCULATION, JobWords(_recalculation_title, _recalculated))
    show_jobs_of(KIND, JobWords(_title, _sentences, _files, _tables))
