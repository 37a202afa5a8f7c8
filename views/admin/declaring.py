"""S078 学时申报（代申报）: one form for many people of the subtree, and the edit of a record that came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response

from models import jobs
from models.access import Permission
from models.base import db
from models.credits import applicants, batches, declarations, declarers, drafts
from models.credits.applicants import CHUNK, Tally
from models.credits.batches import DeclarationBatch
from models.credits.forewarning import Forewarned, forewarned
from models.credits.tables import Source
from models.errors import N_, DomainError, FieldErrors, NotFound, WrongState
from models.jobs import Job
from models.transaction import Intent, expect, unit_of_work
from views.admin.jobs import JobWords, show_jobs_of
from views.admin.screen import WITH_MEMBERS, ScopedPage
from views.arguments import read_id
from views.details import Attachment, attachment_of
from views.portal.declaration_page import Page, make_page, shown_proposal
from views.portal.declare import CHOOSE, CONFIRM, KEEP, SAVE, SUBMIT, attempt, token, upload_of
from views.redirects import redirect_own
from views.words import say, words

GROUP = N_("Declare hours")
DECLARE = Permission.HOURS_DECLARE
JOB_KIND = "declare_for_many"
MOST_WARNINGS, NAMED = 20, 5
SHOWN = 100
"""So many applicants are listed on the form; all of them are counted."""
CHOOSING = {"people": "declare_people.index_view", "import": "applicants_import.index"}
"""The steps that lead on to where people are chosen."""


@dataclass
class BatchPage(Page):
    """The form for many: its evidence is its own, and no person's cap is looked at yet."""

    def evidence(self) -> list[tuple[str, Attachment]]:
        """Return the evidence that all records will share."""
        rows = batches.files_of(db.session(), self.declaration.id) if self.declaration else ()
        return [(f.key, attachment_of(f, "files.of_batch")) for f in rows]

    def _is_rule_newer(self) -> bool:
        return False


class DeclareForMany(ScopedPage):
    """学时申报: whom, what, with which evidence; every button keeps what was filled in."""

    permission = DECLARE
    kinds = WITH_MEMBERS
    name_id = N_("Declare hours for people")
    group_id = GROUP
    icon = "plus"
    order = 26

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str | Response:
        """Show an empty form; keep or submit what was filled in."""
        expect(Intent.READ)  # until what was sent is checked: pictures are drawn anew while others write
        if request.method == "POST":
            return self._posted(batches.of_form(self.work, self.actor, token("form_key")))
        return self._show(make_page(self.actor, None, BatchPage))

    @expose("/edit", methods=("GET", "POST"))
    def edit(self) -> str | Response:
        """Show a form of the own organisation: to go on with, or what became of it."""
        expect(Intent.READ)
        batch = batches.own(self.work, self.actor, read_id(request.args.get("id")))
        if request.method == "POST":
            return self._posted(batch)
        if batch.submitted_at is not None:
            return self._show_result(batch)
        return self._show(make_page(self.actor, batch, BatchPage))

    @expose("/propose", methods=("POST",))
    def propose(self) -> str:
        """Return what the rule gives for the form as it stands; nothing is saved."""
        expect(Intent.READ)
        page = make_page(self.actor, None, BatchPage)
        if page.offer is None:
            raise NotFound
        proposal = declarations.propose(self.work, self.actor, page.form.draft(page.offer.spec))
        return self.render("portal/proposal.html", proposal=shown_proposal(page.offer.spec, proposal))

    @expose("/again", methods=("POST",))
    def again(self) -> Response:
        """Try once more to declare for those who were refused."""
        batch_id = batches.own(self.work, self.actor, read_id(request.args.get("id"))).id
        try:
            with unit_of_work() as session:
                applicants.begin_again(session, self.actor, batch_id)
        except WrongState as refusal:
            flash(say(refusal), "info")
            return redirect_own(_address(batch_id), "/")
        return self._declare(batch_id)

    @expose("/delete", methods=("POST",))
    def delete(self) -> Response:
        """Delete a form that was not submitted."""
        try:
            with unit_of_work() as session:
                batches.delete(session, self.actor, read_id(request.args.get("id")) or 0)
        except WrongState as refusal:
            flash(say(refusal), "error")
        else:
            flash(gettext("The draft is deleted."), "success")
        return redirect_own(url_for("declare_for.index"), "/")

    # --- one record ---------------------------------------------------------------------------------------------------

    @expose("/record/edit", methods=("GET", "POST"))
    def record(self) -> str | Response:
        """Show a record that came back, or was taken back, in its form; keep or submit what was changed."""
        expect(Intent.READ)
        found = declarers.own_record(self.work, self.actor, read_id(request.args.get("id")) or 0)
        if "edit" not in declarations.what_can(found, Source.ORGANISATION):
            flash(gettext("Only a draft or a rejected declaration can be edited."), "error")
            return redirect_own(url_for("declared_for.details_view", id=found.id), "/")
        page = make_page(self.actor, found, Page, path=found.path)
        page.person_id = found.person_id
        step = _step()
        if request.method == "GET" or step == CHOOSE or page.offer is None:
            return self._show_record(page)
        taken, refused_files = drafts.check_uploads(self.work, found, _uploads())
        with unit_of_work() as session:
            draft = page.form.draft(page.spec)
            kept = drafts.keep(session, self.actor, draft, declaration_id=found.id, uploads=taken, remove=token("remove"))
        self._tell(page, kept.errors, [*kept.refused_files, *refused_files])
        if page.form.errors or step not in {SUBMIT, CONFIRM, SAVE}:
            return self._show_record(page)
        if step != SAVE:
            try:
                is_submitted = attempt(page, found, is_confirmed=step == CONFIRM)
            except DomainError as refusal:
                page.form.form_errors.append(say(refusal))
                is_submitted = False
            if not is_submitted:
                return self._show_record(page)
            flash(gettext("The declaration is submitted."), "success")
        return redirect_own(url_for("declared_for.details_view", id=found.id), "/")

    def _show_record(self, page: Page) -> str:
        found: Any = page.declaration
        return self.render(
            "admin/declared_record.html",
            view=self,
            action=url_for("declare_for.record", id=found.id),
            propose=url_for("declare_for.propose"),
            record=found,
            **page.shown(),
        )

    # --- the form for many ----------------------------------------------------------------------------------------------

    def _posted(self, batch: DeclarationBatch | None) -> str | Response:
        if batch is not None and batch.submitted_at is not None:
            flash(gettext("These declarations were submitted already; nothing was changed."), "info")
            return redirect_own(_address(batch.id), "/")
        page = make_page(self.actor, batch, BatchPage)
        step = _step()
        if step == CHOOSE:
            return self._show(page)
        try:
            kept = self._keep(page, batch)
        except WrongState as refusal:  # the same form was sent twice at once; the other one was first
            flash(say(refusal), "info")
            return redirect_own(url_for("declare_for.index"), "/")
        page.declaration = kept.batch
        self._tell(page, kept.errors, kept.refused_files)
        if kept.batch is None:
            return self._show(page)
        return self._go_on(page, kept.batch, step)

    def _go_on(self, page: BatchPage, batch: DeclarationBatch, step: str) -> str | Response:
        """Lead on from a form that was kept, by the button that was pressed."""
        if step in CHOOSING:
            return redirect_own(url_for(CHOOSING[step], target=batch.id), "/")
        if step in {SUBMIT, CONFIRM}:
            return self._submit(page, batch, is_confirmed=step == CONFIRM)
        if page.form.errors:
            return self._show(page)
        if step == SAVE:
            flash(gettext("Saved as a draft; it is not submitted yet."), "success")
        return redirect_own(_address(batch.id), "/")

    def _keep(self, page: BatchPage, batch: DeclarationBatch | None) -> batches.Kept:
        present = batches.files_of(self.work, batch.id) if batch else ()
        taken, refused = drafts.sort_out(present, _uploads())
        batch_id, gone = batch.id if batch else None, read_id(request.form.get("drop"))
        with unit_of_work() as session:
            kept = batches.keep(
                session,
                self.actor,
                page.form.draft(page.spec),
                batch_id=batch_id,
                form_key=token("form_key"),
                uploads=taken,
                remove=token("remove"),
            )
            if kept.batch is not None and (gone or "drop_all" in request.form):
                applicants.remove(session, self.actor, kept.batch.id, gone)
        kept.refused_files += refused
        return kept

    def _tell(self, page: Page, errors: Any, refused_files: list[DomainError]) -> None:
        page.show_refused(errors)
        page.form.attachments.errors = [*page.form.attachments.errors, *(say(e) for e in refused_files)]

    def _submit(self, page: BatchPage, batch: DeclarationBatch, *, is_confirmed: bool) -> str | Response:
        """Submit; but first show what is missing, and what reviewers would be asked to look at closely."""
        batch_id = batch.id
        try:
            if page.form.errors or not is_confirmed:
                applicants.check(self.work, self.actor, batch)
                page.warnings = [] if page.form.errors else warning_words(forewarned(self.work, self.actor, batch))
            if page.form.errors or page.warnings:
                return self._show(page)
            with unit_of_work() as session:
                applicants.begin(session, self.actor, batch_id)
        except FieldErrors as refusal:
            page.show_refused({n: e for n, e in refusal.errors.items() if not page.has_error(n)})
            return self._show(page)
        except WrongState as refusal:
            flash(say(refusal), "info")
            return redirect_own(_address(batch_id), "/")
        return self._declare(batch_id)

    def _declare(self, batch_id: int) -> Response:
        """Make the records here, where they are few, else as a task."""
        n = applicants.tally(self.work, batch_id).n_waiting
        if n > CHUNK:
            with unit_of_work() as session:
                job = jobs.enqueue(session, self.actor, JOB_KIND, {"batch": batch_id}, n_total=n)
            return redirect_own(url_for("jobs.details_view", id=job.id, url=_address(batch_id)), "/")
        with unit_of_work() as session:
            applicants.declare_next(session, self.actor, batch_id)
            found = applicants.finish(session, self.actor, batch_id)
        flash(" ".join(tally_words(found)), "warning" if found.n_refused else "success")
        return redirect_own(_address(batch_id), "/")

    def _show(self, page: BatchPage) -> str:
        batch: Any = page.declaration
        return self.render(
            "admin/declare_for.html",
            view=self,
            batch=batch,
            action=_address(batch.id) if batch else url_for("declare_for.index"),
            propose=url_for("declare_for.propose"),
            unfinished=[] if batch or page.offer else batches.unfinished(self.work, self.actor, limit=5),
            **self._people(batch),
            **page.shown(),
        )

    def _show_result(self, batch: DeclarationBatch) -> str:
        return self.render(
            "admin/declared_batch.html",
            view=self,
            batch=batch,
            sentences=tally_words(applicants.tally(self.work, batch.id)),
            **self._people(batch),
        )

    def _people(self, batch: DeclarationBatch | None) -> dict[str, Any]:
        rows = applicants.rows_of(self.work, batch.id, limit=SHOWN) if batch else []
        refused = applicants.rows_of(self.work, batch.id, limit=SHOWN, is_refused=True) if batch else []
        return {
            "rows": rows,
            "has_own": any(r.applicant.requested_tenths or r.applicant.score for r in rows),
            "refused": [(r, _refusal_words(r)) for r in refused],
            "reason_of": _refusal_words,
            "tally": applicants.tally(self.work, batch.id) if batch else Tally(),
        }


def _refusal_words(row: applicants.Row) -> str:
    refusal = row.applicant.refusal or {}
    return words(refusal.get("message_id", ""), refusal.get("params")) if refusal else ""


def _step() -> str:
    if token("remove") or "drop" in request.form or "drop_all" in request.form:
        return KEEP
    return request.form.get("step", KEEP)


def _uploads() -> list[Any]:
    return [upload_of(f) for f in request.files.getlist("attachments") if f.filename]


def _address(batch_id: int) -> str:
    return url_for("declare_for.edit", id=batch_id)


def warning_words(found: Sequence[Forewarned]) -> list[str]:
    """Return each reason for a closer look once, with the names of those whom it concerns."""
    names: dict[str, list[str]] = {}
    for each in found:
        for reason in each.reasons:
            names.setdefault(words(reason["message_id"], reason["params"]), []).append(each.name)
    said = [gettext("%(reason)s – %(names)s", reason=reason, names=_named(of)) for reason, of in names.items()]
    more = len(said) - MOST_WARNINGS
    return said[:MOST_WARNINGS] + ([gettext("%(n)s more reasons are not shown.", n=more)] if more > 0 else [])


def _named(names: Sequence[str]) -> str:
    some = "、".join(names[:NAMED])
    return some if len(names) <= NAMED else gettext("%(names)s and others, %(n)s people", names=some, n=f"{len(names):,}")


def tally_words(found: Tally) -> list[str]:
    """Return what became of a form, as sentences that add up."""
    said = [gettext("Declared: %(n)s.", n=f"{found.n_declared:,}")]
    if found.n_refused:
        said.append(gettext("Could not be declared: %(n)s; each has its reason.", n=f"{found.n_refused:,}"))
    if found.n_waiting:
        said.append(gettext("Still to be declared: %(n)s.", n=f"{found.n_waiting:,}"))
    return said


# --- as a task --------------------------------------------------------------------------------------------------------


@jobs.handler(JOB_KIND)
def declare_for_many(run: jobs.Run) -> dict[str, Any]:
    """Make the records of a form chunk by chunk; who has one is passed over, so that a killed task goes on."""
    batch_id = int(run.job.params["batch"])
    n_done = run.job.n_done
    while True:
        n = applicants.declare_next(run.session, run.actor, batch_id)
        n_done += n
        if not n:
            found = applicants.finish(run.session, run.actor, batch_id)
            result = {"n_declared": found.n_declared, "n_refused": found.n_refused}
            run.commit(n_done=n_done, result=result)
            return result
        run.commit(n_done=n_done)


def _sentences(job: Job) -> list[str]:
    return tally_words(Tally(job.result["n_declared"], job.result["n_refused"])) if "n_declared" in job.result else []


def _files(job: Job) -> list[tuple[str, str]]:
    return [(gettext("Open the declarations"), _address(int(job.params["batch"])))]


show_jobs_of(JOB_KIND, JobWords(lambda _job: gettext(N_("Declare hours for people")), _sentences, _files))
