"""Long work that a position started: list, progress, cancel, result. A kind of job adds its own words and files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, request
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from models import jobs
from models.access import Actor, Permission
from models.errors import N_, DomainError
from models.jobs import OPEN_STATES, Job
from models.transaction import unit_of_work
from views import states
from views.admin.actions import RowAction
from views.admin.base import ScopedModelView
from views.admin.batch import JOB_KIND, refused_words, undo_of
from views.admin.columns import Col
from views.admin.keyset import Sort
from views.redirects import own_or, redirect_own
from views.words import say, words


@dataclass(frozen=True)
class JobTable:
    """A part of a result that is a list: its title, the headings and the rows, all in words."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class JobWords:
    """How one kind of job is shown: its title, sentences about its result, files to download (label, address), lists."""

    title: Callable[[Job], str]
    sentences: Callable[[Job], Sequence[str]] = lambda _job: ()
    files: Callable[[Job], Sequence[tuple[str, str]]] = lambda _job: ()
    tables: Callable[[Job], Sequence[JobTable]] = lambda _job: ()


_kinds: dict[str, JobWords] = {}


def show_jobs_of(kind: str, shown: JobWords) -> None:
    """Say how jobs of *kind* are shown."""
    _kinds[kind] = shown


show_jobs_of(JOB_KIND, JobWords(lambda job: gettext(str(job.params.get("title", "")))))


def title_of(job: Job) -> str:
    """Return what a job does, in the reader's language."""
    shown = _kinds.get(job.kind)
    return shown.title(job) if shown else gettext(N_("Background task"))


def count_words(job: Job) -> str:
    """Return how far a job is."""
    if not job.n_total:
        return ""
    return gettext(N_("%(done)s of %(total)s"), done=f"{job.n_done:,}", total=f"{job.n_total:,}")


class JobView(ScopedModelView):
    """The tasks of the position in use; each shows its progress and survives a reload."""

    permission = Permission.HOME
    name_id = N_("Background tasks")
    group_id = N_("Home")
    icon = "clock"
    order = 900

    columns = (
        Col("title", label=N_("Task"), value=title_of, is_link=True),
        Col("state", label=N_("Status"), status=states.JOB),
        Col("progress", label=N_("Progress"), value=count_words),
        Col("created_at", label=N_("Started at"), sort="id"),
        Col("ended_at", label=N_("Ended at")),
    )
    sorts = (Sort("id", (Job.id,), is_descending=True),)
    row_actions = (RowAction("details", N_("Details")),)

    def row_name(self, row: Job) -> str:
        """Return what the task does."""
        return title_of(row)

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Let the index of account and position serve the order."""
        return (Job.account_id == actor.account_id, Job.position_key == actor.position_key)

    @expose("/details/")
    def details_view(self) -> str:
        """Show one task: bar, counts, cancel, result."""
        job: Job = self.find(request.args.get("id"))
        shown = _kinds.get(job.kind)
        error = words(job.error["message_id"], job.error["params"]) if job.error else ""
        context: dict[str, Any] = {
            "view": self,
            "job": job,
            "title": title_of(job),
            "state": states.JOB[job.state],
            "is_open": job.state in OPEN_STATES,
            "count_words": count_words(job),
            "error": error,
            "result": job.result,
            "refused": refused_words(job.result),
            "sentences": shown.sentences(job) if shown else (),
            "undo": undo_of(job),
            "files": shown.files(job) if shown else (),
            "tables": shown.tables(job) if shown else (),
            "back": own_or(request.args.get("url"), self.list_url()),
        }
        return self.render("admin/job.html", **context)

    @expose("/progress")
    def progress(self) -> Response:
        """Answer how far one task is, for its page."""
        job: Job = self.find(request.args.get("id"))
        state = states.JOB[job.state]
        return jsonify(
            total=job.n_total,
            done=job.n_done,
            count_words=count_words(job),
            state_word=gettext(state.word),
            ended=job.state not in OPEN_STATES,
        )

    @expose("/cancel", methods=("POST",))
    def cancel(self) -> Response:
        """Ask one task to stop after its present part."""
        job: Job = self.find(request.args.get("id"))
        try:
            with unit_of_work() as session:
                jobs.ask_cancel(session, job)
        except DomainError as error:
            flash(say(error), "info")
        back = own_or(request.args.get("url"), self.list_url())
        return redirect_own(self.get_url("jobs.details_view", id=job.id, url=back), "/")
