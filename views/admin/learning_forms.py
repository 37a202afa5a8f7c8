"""Learning forms and the rules of their hours, for HR departments: as they hold, their versions, a new version, publishing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models import jobs
from models.access import Permission, PositionKind
from models.base import today
from models.credits import own_forms, rule_editing, rule_trial, rule_versions, rules
from models.credits.forms import FormSpec, Proposal, parse_form
from models.credits.rule_editing import RuleEdit
from models.credits.tables import LearningForm, RuleState, RuleVersion
from models.errors import N_, DomainError, Invalid, NotFound, WrongState
from models.org import directory
from models.org.tables import OrganisationKind
from models.transaction import unit_of_work
from views import states
from views.admin import rule_trials
from views.admin.rule_form import NewFormForm, OwnRuleForm, RuleForm, shown_rows, type_choices
from views.admin.rule_words import change_words, version_pairs
from views.admin.screen import ScopedPage
from views.arguments import read_id, read_year
from views.outcome import telling
from views.portal.declaration_form import cap_sentence
from views.portal.words import SUBJECTS, TYPES
from views.public.language import words_language
from views.redirects import redirect_own
from views.words import say


@dataclass
class Editor:
    """One showing of the form of a new version: what it copies, what was typed, what trying it gave."""

    base: RuleVersion
    form: RuleForm
    edit: RuleEdit
    spec: FormSpec | None = None
    result: Proposal | None = None

    def context(self) -> dict[str, Any]:
        """Return what the template shows."""
        self.form.prepare()
        base_spec = parse_form(self.base.spec)
        spec = self.spec or base_spec
        rows = shown_rows(self.edit, {f.name: f.type for f in base_spec.fields})
        if isinstance(self.form, OwnRuleForm):
            self.form.offer(rows)
        return {
            "form": self.form,
            "base": self.base,
            "is_new": isinstance(self.form, NewFormForm),
            "label": base_spec.label.of(words_language()),
            "rows": rows,
            "types": type_choices(),
            "sample": [(f.name, f.label.of(words_language()), self.edit.sample.get(f.name, "")) for f in spec.fields],
            "requested": self.edit.sample_requested,
            "inputs": sorted(spec.formula.inputs),
            "is_tried": self.spec is not None,
            "result": self.result,
            "lacking": rule_editing.missing_for(spec, self.edit) if self.spec and self.result and not spec.is_on_paper else [],
            "cap": cap_sentence(self.spec) if self.spec else "",
        }


class LearningForms(ScopedPage):
    """The rules of an HR department hold for everything below it, until an HR department below makes its own."""

    permission = Permission.RULES
    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Rules of hours")
    group_id = N_("Manage accounts")
    icon = "book"
    order = 19

    @expose("/")
    def index(self) -> str:
        """List the learning forms as they hold for the own department in a year."""
        year = read_year(request.args.get("year")) or today().year
        held = rule_versions.held_by(self.work, self.actor, year)
        return self.render(
            "admin/learning_forms.html",
            view=self,
            held=held,
            unpublished=own_forms.unpublished(self.work, self.actor),
            year=year,
            years=sorted({*range(today().year - 3, today().year + 2), year}, reverse=True),
            types=TYPES,
            subjects=SUBJECTS,
            language=words_language(),
            cap_sentence=cap_sentence,
        )

    @expose("/versions/<form_code>")
    def versions(self, form_code: str) -> str:
        """Show one learning form: the rule that holds now, and every version."""
        found = rule_versions.versions_of(self.work, self.actor.path, form_code) if form_code.isalnum() else ()
        if not found:
            raise NotFound
        holding = self._holding(form_code)
        newest = holding.version if holding else found[0]
        own_form = own_forms.of_department(self.work, self.actor, form_code)
        return self.render(
            "admin/learning_form.html",
            view=self,
            holding=holding,
            label=parse_form(newest.spec).label.of(words_language()),
            pairs=version_pairs(newest, words_language()),
            lines=self._lines(found),
            form_code=form_code,
            may_inherit=rule_versions.may_inherit(found, self.actor.path),
            own_form=own_form,
            retired=own_forms.retired(self.work, own_form) if own_form else None,
            is_published=own_forms.was_published(found),
        )

    def _holding(self, form_code: str) -> rules.Offer | None:
        """Return a form with the rule that holds this year, None for one of the department's that none holds for yet."""
        try:
            return rules.offer(self.work, self.actor.path, form_code, today().year)
        except NotFound:
            return None

    # --- a form of one's own ------------------------------------------------------------------------------------------

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> str | Response:
        """Add a learning form as an edited copy: try it as often as needed, then save it with the draft of its rule."""
        base = rule_versions.version(self.work, self.actor, read_id(request.args.get("base")) or 0)
        form = NewFormForm()
        if request.method == "GET":
            blank: dict[str, Any] = dict.fromkeys(("name", "name_en", "source", "rule_text", "note", "sample_requested"), "")
            edit = replace(rule_versions.as_edit(base.spec), sample={}, **blank)
            form.fill(edit, today().year)
            form.show(rule_versions.made_of(base.spec))
            form.declaration_type.data = base.spec["declaration_type"]
            return self._shown(Editor(base, form, edit))
        return self._edited(Editor(base, form, form.edit(request.form)))

    @expose("/form/<int:learning_form_id>/retire", methods=("POST",))
    def retire(self, learning_form_id: int) -> Response:
        """Put a form of one's own out of use."""
        return self._use(own_forms.retire, learning_form_id, gettext("The learning form is out of use."))

    @expose("/form/<int:learning_form_id>/bring-back", methods=("POST",))
    def bring_back(self, learning_form_id: int) -> Response:
        """Let hours be declared by a form of one's own again."""
        return self._use(own_forms.bring_back, learning_form_id, gettext("The learning form is in use again."))

    def _use(self, step: Callable[..., LearningForm], form_id: int, done: str) -> Response:
        code = own_forms.own(self.work, self.actor, form_id).code
        with telling(done) as session:
            step(session, self.actor, form_id, reason=request.form.get("reason", ""))
        return redirect_own(url_for("learning_forms.versions", form_code=code), "/")

    @expose("/form/<int:learning_form_id>/delete", methods=("POST",))
    def delete(self, learning_form_id: int) -> Response:
        """Delete a form of one's own that was never published."""
        with telling(gettext("The learning form was deleted.")) as session:
            own_forms.delete(session, self.actor, learning_form_id)
        return redirect_own(url_for("learning_forms.index"), "/")

    @expose("/versions/<form_code>/inherit", methods=("POST",))
    def inherit(self, form_code: str) -> Response:
        """Drop the own rule of a form: the one above holds again."""
        with telling(gettext("The rule above holds again for what is submitted from now on.")) as session:
            rule_versions.inherit(session, self.actor, form_code, reason=request.form.get("reason", ""))
        return redirect_own(url_for("learning_forms.versions", form_code=form_code), "/")

    def _lines(self, versions: Sequence[RuleVersion]) -> list[dict[str, Any]]:
        bases = rule_versions.bases_of(self.work, versions)
        whose = {id_: self._whose(id_) for id_ in {v.organisation_id for v in versions}}
        return [
            {
                "version": version,
                "is_own": version.path == self.actor.path,
                "whose": whose[version.organisation_id],
                "state": states.RULE[version.state],
                "changed": [change_words(*each) for each in rule_versions.differences(bases[version.based_on_id], version.spec)]
                if version.based_on_id
                else [],
            }
            for version in versions
        ]

    @staticmethod
    def _whose(organisation_id: int | None) -> str:
        if organisation_id is None:
            return gettext(N_("National default"))
        above = directory.entry(organisation_id, kinds=frozenset(OrganisationKind))
        return above.name if above else ""

    @expose("/version/<int:rule_version_id>")
    def version(self, rule_version_id: int) -> str:
        """Show one version: every part, what changed, and what can be done with a draft."""
        found = rule_versions.version(self.work, self.actor, rule_version_id)
        return self.render(
            "admin/rule_version.html",
            view=self,
            version=found,
            label=parse_form(found.spec).label.of(words_language()),
            line=self._lines([found])[0],
            pairs=version_pairs(found, words_language()),
            is_own=found.path == self.actor.path,
            is_draft=found.state == RuleState.DRAFT,
            past_years=[today().year - n for n in range(1, 6)],
            trials=self._trials(found),
        )

    def _trials(self, version: RuleVersion) -> list[tuple[int, str]]:
        if version.state != RuleState.PUBLISHED or version.path != self.actor.path:
            return []
        found = rule_trials.trials_of(self.work, self.actor, version.id)
        return [(job.params["year"], rule_trials.trial_words(job)) for job in found]

    @expose("/version/<int:rule_version_id>/edit", methods=("GET", "POST"))
    def edit(self, rule_version_id: int) -> str | Response:
        """Write a new version as an edited copy: try it as often as needed, then save the draft."""
        base = rule_versions.version(self.work, self.actor, rule_version_id)
        is_own = own_forms.of_department(self.work, self.actor, base.form_code) is not None
        form = OwnRuleForm() if is_own else RuleForm()
        if request.method == "GET":
            edit = rule_versions.as_edit(base.spec)
            form.fill(edit, base.from_year)
            if isinstance(form, OwnRuleForm):
                form.show(rule_versions.made_of(base.spec))
            return self._shown(Editor(base, form, edit))
        return self._edited(Editor(base, form, form.edit(request.form)))

    def _shown(self, editor: Editor) -> str:
        return self.render("admin/rule_edit.html", view=self, **editor.context())

    def _edited(self, editor: Editor) -> str | Response:
        if request.form.get("step") == "save":
            made = self._save(editor)
            if made is not None:
                flash(gettext("The draft was saved; it holds for nobody until it is published."), "success")
                return redirect_own(url_for("learning_forms.version", rule_version_id=made), "/")
        else:
            self._try(editor)
        return self._shown(editor)

    def _try(self, editor: Editor) -> None:
        try:
            data, result = rule_editing.tried(rule_editing.edited(editor.base.spec, editor.edit), editor.edit)
        except DomainError as refusal:
            editor.form.show_error(refusal)
        else:
            editor.spec, editor.result = parse_form(data), result

    def _save(self, editor: Editor) -> int | None:
        upload = editor.form.sent_document()
        year = read_year(editor.form.from_year.data) or 0
        try:
            document = rule_versions.check_pdf(upload) if upload else None
            with unit_of_work() as session:
                return self._written(session, editor, from_year=year, document=document).id
        except DomainError as refusal:
            editor.form.show_error(refusal)
        editor.base = rule_versions.version(self.work, self.actor, editor.base.id)
        return None

    def _written(self, session: Session, editor: Editor, **how: Any) -> RuleVersion:
        if isinstance(editor.form, NewFormForm):
            chosen = editor.form.declaration_type.data or ""
            return own_forms.add(session, self.actor, editor.base.id, editor.edit, declaration_type=chosen, **how)
        return rule_versions.write(session, self.actor, editor.base.id, editor.edit, **how)

    @expose("/version/<int:rule_version_id>/publish", methods=("POST",))
    def publish(self, rule_version_id: int) -> Response:
        """Let a draft hold from now on."""
        with telling(gettext("The rule was published; it holds for what is submitted from now on.")) as session:
            rule_versions.publish(session, self.actor, rule_version_id)
        return redirect_own(url_for("learning_forms.version", rule_version_id=rule_version_id), "/")

    @expose("/version/<int:rule_version_id>/discard", methods=("POST",))
    def discard(self, rule_version_id: int) -> Response:
        """Give up a draft."""
        with telling(gettext("The draft was discarded.")) as session:
            rule_versions.discard(session, self.actor, rule_version_id)
        return redirect_own(url_for("learning_forms.version", rule_version_id=rule_version_id), "/")

    @expose("/version/<int:rule_version_id>/trial", methods=("POST",))
    def trial(self, rule_version_id: int) -> Response:
        """Try a version of one's own on the granted records of a past year, as a task; nothing is written."""
        here = url_for("learning_forms.version", rule_version_id=rule_version_id)
        try:
            with unit_of_work() as session:
                found = rule_versions.own_version(session, self.actor, rule_version_id)
                year = read_year(request.form.get("year")) or 0
                rule_trial.check_year(year)
                job = jobs.enqueue(session, self.actor, rule_trials.KIND, rule_trials.params_of(found, year))
        except Invalid as refusal:
            flash(say(refusal), "error")
            return redirect_own(here, "/")
        return redirect_own(url_for("jobs.details_view", id=job.id, url=here), "/")

    @expose("/version/<int:rule_version_id>/recalculate", methods=("POST",))
    def recalculate(self, rule_version_id: int) -> Response:
        """Let a published version stand for the records of a past year that it was tried on, as a task, with a reason."""
        here = url_for("learning_forms.version", rule_version_id=rule_version_id)
        year, reason = read_year(request.form.get("year")) or 0, (request.form.get("reason") or "").strip()[:500]
        try:
            with unit_of_work() as session:
                found = rule_versions.own_version(session, self.actor, rule_version_id)
                rule_trial.check_recalculation(self.actor, found, year, reason=reason)
                rule_trials.require_trial(session, self.actor, found.id, year)
                params = {**rule_trials.params_of(found, year), "reason": reason}
                job = jobs.enqueue(session, self.actor, rule_trials.RECALCULATION, params)
        except (Invalid, WrongState) as refusal:
            flash(say(refusal), "error")
            return redirect_own(here, "/")
        return redirect_own(url_for("jobs.details_view", id=job.id, url=here), "/")
