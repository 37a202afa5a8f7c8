"""S082 批量导入: template, upload, dry run of all rows, preview, import, and the rejected rows back. One page for each sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from models import files, jobs
from models.access import Actor, Permission, PositionKind
from models.errors import N_, DomainError, Invalid, NotFound
from models.jobs import OPEN_STATES, Job, JobState
from models.people.import_updates import Mode
from models.training import classes, unit_hours
from models.training.plans import WRITTEN_BY, PlanKind
from models.transaction import unit_of_work
from models.uploads import clean_name
from views import states
from views.admin.jobs import JobWords, count_words, show_jobs_of
from views.admin.screen import WITH_MEMBERS, ScopedPage
from views.arguments import read_id
from views.changes import label_of_person, person_words
from views.downloads import handed_out
from views.redirects import redirect_own
from views.sheets.administrators import administrators_sheet, offering
from views.sheets.columns import Sheet
from views.sheets.departments import departments_sheet
from views.sheets.intake import MAX_BYTES, check_workbook
from views.sheets.jobs import (
    IMPORT_ADMINISTRATORS,
    IMPORT_DEPARTMENTS,
    IMPORT_GRADES,
    IMPORT_ORGANISATIONS,
    IMPORT_PARTICIPANTS,
    IMPORT_PEOPLE,
    UNDO_IMPORT,
)
from views.sheets.organisations import organisations_sheet
from views.sheets.people import people_sheet
from views.sheets.template import template
from views.sheets.training import grades_sheet, participants_sheet
from views.sheets.workbook import XLSX
from views.words import say, words

RECENT = 5


class ImportPage(ScopedPage):
    """The pages of one kind of import."""

    kind: ClassVar[str]
    sheet: ClassVar[Callable[[Actor], Sheet]]
    hints: ClassVar[Sequence[str]] = ()
    template_word: ClassVar[str] = N_("Download import file")
    file_word: ClassVar[str] = N_("+ Import file")
    modes: ClassVar[Mapping[str, str]] = MappingProxyType({})  # what an import may do, where it can be chosen
    target_id: ClassVar[str] = ""  # message id: what the rows go into, where that has to be chosen
    no_target_id: ClassVar[str] = ""  # what is said where there is nothing to choose
    target_endpoint: ClassVar[str] = ""  # the page of what the rows go into, where there is one

    @expose("/")
    def index(self) -> str:
        """Show the steps and the imports that were made lately."""
        statement = select(Job).where(Job.kind == self.kind).order_by(Job.id.desc()).limit(RECENT)
        recent = [(job, states.JOB[job.state], outcome(job)) for job in self.work.scalars(statement)]
        return self.render(
            "admin/import.html",
            view=self,
            recent=recent,
            hints=[gettext(h) for h in self.hints],
            megabytes=MAX_BYTES >> 20,
            modes=[(value, gettext(word)) for value, word in self.modes.items()],
            targets=self.targets(),
            target=request.args.get("target", ""),
            target_page=self._target_page(request.args.get("target")),
        )

    @expose("/template")
    def template(self) -> Response:
        """Hand out the blank template."""
        sheet = self.offered(type(self).sheet(self.actor))
        name = gettext(N_("%(name)s - import template.xlsx"), name=gettext(sheet.name))
        return handed_out(template(sheet, self.actor.language), name=name, media_type=XLSX)

    def offered(self, sheet: Sheet) -> Sheet:
        """Return the sheet with what its drop-down lists take from the rows of the scope."""
        return sheet

    @expose("/upload", methods=("POST",))
    def upload(self) -> Response:
        """Take the workbook and start the dry run of all its rows."""
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Invalid(N_("Please choose the file to import."))
            params = self.more_params()
            content = sent.stream.read(MAX_BYTES + 1)
            check_workbook(content)
        except DomainError as refusal:
            flash(say(refusal), "error")
            return redirect_own(url_for(f"{self.endpoint}.index", target=request.form.get("target") or None), "/")
        with unit_of_work() as session:
            file = files.keep_for_job(session, self.actor, name=clean_name(sent.filename), media_type=XLSX, content=content)
            task = {"file": file.key, "name": file.original_name, "is_dry_run": True, **params}
            job = jobs.enqueue(session, self.actor, self.kind, task)
        return self._to(job)

    def targets(self) -> Sequence[tuple[str, str]]:
        """Return what the rows may go into: id and words."""
        return ()

    def _target_page(self, target: str | None) -> str:
        chosen = read_id(target)
        return url_for(self.target_endpoint, id=chosen) if chosen and self.target_endpoint else ""

    def more_params(self) -> dict[str, str]:
        """Return what else was chosen for the task; raises Invalid where the rows go into nothing."""
        mode, target = request.form.get("mode", ""), request.form.get("target", "")
        if self.target_id and target not in {value for value, _ in self.targets()}:
            raise Invalid(N_("Please choose what the file belongs to."))
        return ({"mode": mode} if mode in self.modes else {}) | ({"target": target} if self.target_id else {})

    @expose("/task")
    def task(self) -> str:
        """Show a dry run or an import: progress while it runs, then what it found or did."""
        job = self._job()
        error = words(job.error["message_id"], job.error["params"]) if job.error else ""
        sheet = type(self).sheet(self.actor)
        return self.render(
            "admin/import_task.html",
            view=self,
            job=job,
            state=states.JOB[job.state],
            is_open=job.state in OPEN_STATES,
            count_words=count_words(job),
            error=error,
            result=job.result if job.state == JobState.DONE else {},
            problems=problems(job, sheet),
            differences=differences(job),
            title=title(job),
            target_page=self._target_page(job.params.get("target")),
            imported=job.note,
            may_undo=job.state not in OPEN_STATES and not job.params["is_dry_run"] and _wrote(job),
            once_is_there=files.exists(self.work, job.result.get("once_file", "")),
        )

    @expose("/run", methods=("POST",))
    def run(self) -> Response:
        """Import the good rows of a workbook whose dry run has ended; pressing twice starts it once."""
        job = self._job()
        if job.state != JobState.DONE or not job.params["is_dry_run"]:
            raise NotFound
        if not job.note:
            with unit_of_work() as session:
                started = jobs.enqueue(session, self.actor, self.kind, {**job.params, "is_dry_run": False})
                job.note = str(started.id)
        return redirect_own(url_for(f"{self.endpoint}.task", id=job.note), "/")

    @expose("/undo", methods=("POST",))
    def undo(self) -> Response:
        """Undo an import that has ended, as a task; pressing twice starts it once."""
        job = self._job()
        if job.state in OPEN_STATES or job.params["is_dry_run"]:
            raise NotFound
        if not job.note:
            with unit_of_work() as session:
                params = {"job": job.id, "name": job.params.get("name", "")}
                started = jobs.enqueue(session, self.actor, UNDO_IMPORT, params)
                job.note = str(started.id)
        return redirect_own(url_for("jobs.details_view", id=job.note), "/")

    def _job(self) -> Job:
        job_id = read_id(request.args.get("id"))
        job = self.work.scalars(select(Job).where(Job.id == job_id, Job.kind == self.kind)).first() if job_id else None
        if job is None:
            raise NotFound
        return job

    def _to(self, job: Job) -> Response:
        return redirect_own(url_for(f"{self.endpoint}.task", id=job.id), "/")


class PeopleImportPage(ImportPage):
    """S082: people of the organisations below."""

    permission = Permission.PEOPLE_IMPORT
    kinds = WITH_MEMBERS
    name_id = N_("Batch import")
    group_id = N_("Queries and statistics")
    icon = "upload"
    order = 60
    kind = IMPORT_PEOPLE
    sheet = people_sheet
    modes = MappingProxyType(
        {
            Mode.NEW: N_("Only new people"),
            Mode.UPDATE: N_("Only update people who are there"),
            Mode.BOTH: N_("New people and updates"),
        }
    )
    hints = (
        N_("First download the template file, fill it in, then import it."),
        N_("After the import the account is the ID document number, and the password its last six characters."),
    )


class OrganisationsImportPage(ImportPage):
    """新增 by a sheet: organisations below with their first administrators."""

    permission = Permission.ORGANISATIONS_CREATE
    kinds = frozenset({PositionKind.COMPETENT_DEPARTMENT, PositionKind.HR_DEPARTMENT})
    name_id = N_("Batch import of organisations")
    group_id = N_("Manage accounts")
    icon = "upload"
    order = 15
    kind = IMPORT_ORGANISATIONS
    sheet = organisations_sheet
    hints = (
        N_("First download the template file, fill it in, then import it."),
        N_("The one-time passwords of new administrators can be downloaded once after the import."),
    )


class DepartmentsImportPage(ImportPage):
    """添加部门 by a sheet: the internal departments of the own unit."""

    permission = Permission.DEPARTMENTS_MANAGE
    kinds = WITH_MEMBERS
    name_id = N_("Batch import of departments")
    group_id = N_("Manage accounts")
    icon = "upload"
    order = 12
    in_menu = False
    kind = IMPORT_DEPARTMENTS
    sheet = departments_sheet
    hints = (N_("First download the template file, fill it in, then import it."),)


class AdministratorsImportPage(ImportPage):
    """新增管理员 by a sheet: administrators of the own unit and of those below."""

    permission = Permission.ADMINISTRATORS_MANAGE
    name_id = N_("Batch import of administrators")
    group_id = N_("Manage accounts")
    icon = "upload"
    order = 14
    in_menu = False
    kind = IMPORT_ADMINISTRATORS
    sheet = administrators_sheet
    hints = (
        N_("First download the template file, fill it in, then import it."),
        N_("The one-time passwords of new administrators can be downloaded once after the import."),
    )

    def offered(self, sheet: Sheet) -> Sheet:
        """Offer the units of the scope, their roles and their departments."""
        return offering(self.work, sheet)


class GradesImportPage(ImportPage):
    """S110 批量导入成绩: grades of one class of the own base."""

    permission = Permission.TRAINING_MANAGE
    kinds = frozenset({PositionKind.TRAINING_BASE})
    name_id = N_("Batch import of scores")
    group_id = N_("Training management")
    icon = "upload"
    order = 44
    kind = IMPORT_GRADES
    sheet = grades_sheet
    template_word = N_("Download the import template")
    file_word = N_("Workbook file")
    hints = (
        N_("First download the template file, fill it in, then import it."),
        N_("Learners are found by their number in the whole platform; number and name have to fit each other."),
    )
    target_id = N_("Training class")
    no_target_id = N_("There is no class yet; add one first.")

    def targets(self) -> Sequence[tuple[str, str]]:
        """Offer the classes of the own base."""
        return [(str(c.id), f"{c.name} ({c.year})") for c in classes.all_own(self.work, self.actor)]


class ParticipantsImportPage(ImportPage):
    """参训人员 by a sheet: the list of one training of the own unit."""

    permission = Permission.TRAINING_MANAGE
    kinds = WRITTEN_BY[PlanKind.UNIT]
    name_id = N_("Batch import of participants")
    group_id = N_("Unit training")
    icon = "upload"
    order = 48
    in_menu = False
    kind = IMPORT_PARTICIPANTS
    sheet = participants_sheet
    hints = (N_("First download the template file, fill it in, then import it."),)
    target_id = N_("Training of the unit")
    no_target_id = N_("There is no training that may still change; enter one first.")
    target_endpoint = "unit_hours.details_view"

    def targets(self) -> Sequence[tuple[str, str]]:
        """Offer the trainings whose list may still change."""
        return [(str(t.id), f"{t.name} ({t.year})") for t in unit_hours.editable_ones(self.work, self.actor)]


# --- words ------------------------------------------------------------------------------------------------------------


def title(job: Job) -> str:
    """Return what an import task does."""
    word = N_("Check of %(name)s") if job.params["is_dry_run"] else N_("Import of %(name)s")
    return gettext(word, name=job.params.get("name", ""))


def outcome(job: Job) -> list[str]:
    """Return what was found, as short sentences that add up."""
    if job.error:
        return [words(job.error["message_id"], job.error["params"])]
    tally: Mapping[str, Any] = job.result or job.cursor.get("tally", {})
    if "found" not in tally:
        return []
    created = N_("%(n)s can be imported") if job.params["is_dry_run"] else N_("%(n)s imported")
    parts = (
        ("found", N_("%(n)s rows found")),
        ("created", created),
        ("updated", N_("%(n)s to update") if job.params["is_dry_run"] else N_("%(n)s updated")),
        ("unchanged", N_("%(n)s exist already, unchanged")),
        ("rejected", N_("%(n)s failed")),
        ("example", N_("%(n)s example row")),
    )
    return [gettext(word, n=f"{tally.get(name, 0):,}") for name, word in parts if tally.get(name) or name in {"found", "created"}]


def problems(job: Job, sheet: Sheet) -> list[tuple[int, str, str]]:
    """Return (row, column, reason and cure) of the bad cells that a result names."""
    labels = {c.key: gettext(c.label) for c in sheet.columns}
    found = []
    for each in job.result.get("problems", ()):
        label = labels.get(each["key"], "")
        column = f"{each['column']} {label}".strip()
        found.append((each["row"], column, words(each["message_id"], each["params"])))
    return found


def differences(job: Job) -> list[tuple[int, str, str, str]]:
    """Return (row, column, before, after) of what an import changes, or has changed, in words."""
    return [
        (d["row"], label_of_person(d["key"]), person_words(d["key"], d["old"]), person_words(d["key"], d["new"]))
        for d in job.result.get("differences", ())
    ]


def _wrote(job: Job) -> bool:
    """Say whether an import has created or updated anybody, also where it was cancelled on the way."""
    tally = job.result or job.cursor.get("tally", {})
    return bool(tally.get("created") or tally.get("updated"))


def _undone(job: Job) -> list[str]:
    """Return what became of an import that was undone."""
    done = job.result or job.cursor
    if "removed" not in done:
        return []
    found = [gettext(N_("Removed again: %(n)s"), n=f"{done['removed']:,}")]
    if done["restored"]:  # most imports only add: there is nothing to put back
        found.append(gettext(N_("Put back to what it was: %(n)s"), n=f"{done['restored']:,}"))
    found.append(gettext(N_("Kept: %(n)s"), n=f"{done['n_kept']:,}"))
    return found + [f"{name or '–'}{gettext(N_(': '))}{gettext(reason)}" for name, reason in done["kept"]]


show_jobs_of(
    UNDO_IMPORT,
    JobWords(lambda job: gettext(N_("Undo the import of %(name)s"), name=job.params.get("name", "")), sentences=_undone),
)


def failed_rows(job: Job) -> Sequence[tuple[str, str]]:
    """Return the link to the rows that were not taken in, where there are any."""
    key = job.result.get("rejected_file")
    return [(gettext(N_("Export failed rows")), url_for("files.job_file", key=key))] if key else ()


for _kind in (
    IMPORT_PEOPLE,
    IMPORT_ORGANISATIONS,
    IMPORT_DEPARTMENTS,
    IMPORT_ADMINISTRATORS,
    IMPORT_GRADES,
    IMPORT_PARTICIPANTS,
):
    show_jobs_of(_kind, JobWords(title, outcome, failed_rows))
