"""S109, S111: grades that a training base enters one by one, and hands in as declarations of their persons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import Optional

from models.access import Actor
from models.base import today
from models.errors import N_, DomainError, FieldErrors, Invalid
from models.training import classes, grades
from models.training.classes import TrainingClass
from models.training.grades import Grade, GradeData, GradeState
from models.transaction import unit_of_work
from views import states
from views.admin.actions import BatchAction, PageAction, RowAction, ids_only, one_by_one
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.filters import choice_filter, flag_filter, part_filter, with_next_year, year_filter
from views.admin.keyset import Sort
from views.admin.screen import ScopedPage
from views.admin.training_classes import BASES, GROUP, MANAGE
from views.arguments import read_id
from views.forms import PlainForm
from views.limits import failures_limited, note_failure
from views.redirects import redirect_own
from views.words import words

RECENT = 50


class GradeForm(PlainForm):
    """One grade; the operation checks it. The number is posted and stands in no address."""

    class_id = SelectField(_l("Training class name"), validate_choice=False)
    number = StringField(_l("ID card number"), render_kw={"maxlength": 40, "autocomplete": "off", "inputmode": "text"})
    score = DecimalField(_l("Score"), [Optional()], places=1, description=_l("From 0 to 100."))
    year = SelectField(_l("CE year"), validate_choice=False)


class GradeEntry(ScopedPage):
    """成绩录入: each click adds one row to the list below the form."""

    permission = MANAGE
    kinds = BASES
    name_id = N_("Enter scores")
    group_id = GROUP
    icon = "plus"
    order = 43

    @expose("/", methods=("GET", "POST"))
    @failures_limited
    def index(self) -> str | Response:
        """Show the form and what was entered for the class; add a grade."""
        form, chosen = self._form()
        if request.method == "POST" and form.validate():
            made = self._add(form)
            if made is not None:
                flash(gettext("Entered: %(name)s, %(unit)s.", name=made.name, unit=made.unit_name), "success")
                return redirect_own(url_for("grade_entry.index", class_id=made.class_id), "/")
        rows = self._entered(chosen) if chosen is not None else []
        columns = [c.described(Grade) for c in ENTERED]
        return self.render("admin/grade_entry.html", view=self, form=form, chosen=chosen, rows=rows, columns=columns, most=RECENT)

    def _form(self) -> tuple[Any, TrainingClass | None]:
        chosen = self._chosen(read_id(request.values.get("class_id")))
        form: Any = GradeForm(data={"class_id": str(chosen.id) if chosen else ""})
        found = classes.all_own(self.work, self.actor)
        form.class_id.choices = [("", gettext("Please select")), *((str(c.id), f"{c.name} ({c.year})") for c in found)]
        form.year.choices = [
            ("", gettext("The year of the class")),
            *((str(y), str(y)) for y in (today().year + 1, today().year)),
        ]
        for name in ("class_id", "number", "score"):
            form[name].flags.required = True
        return form, chosen

    def _chosen(self, class_id: int | None) -> TrainingClass | None:
        return classes.own(self.work, self.actor, class_id) if class_id is not None else None

    def _add(self, form: Any) -> Grade | None:
        data = GradeData(read_id(form.class_id.data), form.number.data or "", form.score.data, read_id(form.year.data))
        try:
            if data.class_id is None:
                raise FieldErrors({"class_id": Invalid(N_("Please choose the class."))})
            if (form.year.data or "") not in {value for value, _word in form.year.choices}:
                raise FieldErrors({"year": Invalid(N_("Choose a year of the list."))})
            try:
                found = grades.look_up(data.number)
            except Invalid as refusal:
                note_failure()
                raise FieldErrors({"number": refusal}) from None
            with unit_of_work() as session:
                return grades.add(session, self.actor, data, found)
        except DomainError as refusal:
            form.show_error(refusal)
            return None

    def _entered(self, chosen: TrainingClass) -> Sequence[Grade]:
        return self.work.scalars(select(Grade).where(Grade.class_id == chosen.id).order_by(Grade.id.desc()).limit(RECENT)).all()


# --- the list ---------------------------------------------------------------------------------------------------------

STATE = Col("state", status=states.GRADE)
SCORE = Col("score_tenths")
ENTERED = (Col("name"), Col("number_masked"), Col("unit_name"), SCORE, Col("is_passed"), STATE)


def _what_submitting_does(session: Session, _actor: Actor, ids: Sequence[int]) -> list[str]:
    ready = 0
    for start in range(0, len(ids), 500):
        open_ones = Grade.state.in_([GradeState.WAITING, GradeState.REJECTED])
        wanted = (Grade.id.in_(ids[start : start + 500]), Grade.is_passed, open_ones)
        ready += session.scalar(select(func.count()).select_from(Grade).where(*wanted)) or 0
    return [
        words(
            N_("%(n)s of %(total)s are passed and not submitted; each becomes a declaration of the person."),
            {"n": ready, "total": len(ids)},
        ),
        gettext(N_("The unit of each person decides first, then those above it.")),
    ]


def _what_withdrawing_does(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("The declarations leave the lists of the reviewers; the grades can be submitted again."))]


def _can_submit(row: Grade) -> bool:
    return row.is_passed and row.state in {GradeState.WAITING, GradeState.REJECTED}


class GradesView(ScopedModelView):
    """学员成绩申报: what the own base entered, and how far each declaration has come."""

    permission = MANAGE
    kinds = BASES
    name_id = N_("File learner scores")
    group_id = GROUP
    icon = "check"
    order = 45

    columns = (
        Col("name", is_link=True),
        Col("number_masked"),
        Col("class_name"),
        Col("year"),
        Col("unit_name"),
        SCORE,
        Col("hours_tenths"),
        Col("is_passed"),
        STATE,
        Col("base_name"),
        Col("class_year", shown=False),
        Col("reason", shown=False),
        Col("created_at", shown=False),
    )
    sorts = (Sort("id", (Grade.id,), is_descending=True),)
    filters = (
        part_filter("class", Grade.class_name, N_("Training class name")),
        year_filter("class_year", Grade.class_year, choices=with_next_year),
        year_filter("year", Grade.year, choices=with_next_year),
        choice_filter("state", Grade.state, choices={state: word.word for state, word in states.GRADE.items()}),
        part_filter("name", Grade.name, N_("Name"), is_private=True, is_quick=False),
        flag_filter("passed", Grade.is_passed, is_quick=False),
    )
    page_actions = (
        PageAction("enter", N_("Enter scores"), url=lambda _view: url_for("grade_entry.index"), is_primary=True),
        PageAction("import", N_("Batch import of scores"), url=lambda _view: url_for("grades_import.index"), icon="upload"),
    )
    batch_actions = (
        BatchAction(
            "submit",
            N_("File in batch"),
            ids_only(grades.submit_many),
            row_label=N_("File"),
            all_label=N_("File all"),
            permission=MANAGE,
            preview=_what_submitting_does,
        ),
        BatchAction(
            "withdraw",
            N_("Batch withdraw"),
            ids_only(grades.withdraw_many),
            row_label=N_("Withdraw"),
            permission=MANAGE,
            preview=_what_withdrawing_does,
            is_danger=True,
        ),
        BatchAction(
            "remove", N_("Batch delete"), one_by_one(grades.remove), row_label=N_("Delete"), permission=MANAGE, is_danger=True
        ),
    )
    row_actions = (
        RowAction("details", N_("Details")),
        RowAction("submit", N_("File"), batch="submit", when=_can_submit),
        RowAction("withdraw", N_("Withdraw"), batch="withdraw", when=lambda row: row.state == GradeState.PENDING, is_danger=True),
        RowAction("remove", N_("Delete"), batch="remove", when=lambda row: row.state == GradeState.WAITING, is_danger=True),
    )

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Grades that you enter appear here; those that passed are filed as declarations of their persons."))
