"""What the screens of those who file share: the form with attachments, 保存 and 提交, and the words on a row by its state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from types import ModuleType
from typing import Any, ClassVar

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import HiddenField, MultipleFileField, SelectMultipleField, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from models.access import Actor, Permission
from models.errors import N_, Invalid
from models.reviews import queries
from models.reviews.tables import ReviewKind
from models.training import attachments
from models.training.filings import EDITABLE, FilingState
from models.uploads import MAX_BYTES, Checked, Upload, check_document
from views.admin.actions import BatchAction, RowAction, one_by_one
from views.admin.course import course
from views.admin.records import RecordPages
from views.details import Attachment, TimelineEntry, attachment_of
from views.forms import PlainForm
from views.once import once_key
from views.words import say

MANAGE = Permission.TRAINING_MANAGE


class FilingForm(PlainForm):
    """The part of the form that takes files; they are checked before the transaction begins."""

    files = MultipleFileField(_l("Attachments"), description=_l("Pictures, PDF, Word or Excel, each at most 4 MB."))
    removed = SelectMultipleField(
        _l("Take off these attachments"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    form_key = HiddenField(default=once_key)
    checked: Sequence[Checked] = ()
    first: ClassVar[tuple[str, ...]] = ()
    """The fields that stand before all others, in this order; the others stand as they are declared."""

    def __iter__(self) -> Iterator[Any]:
        """Go through the fields in their order, with the files behind all others."""
        places = {name: n for n, name in enumerate(self.first)} | dict.fromkeys(("removed", "files"), len(self.first) + 1)
        return iter(sorted(super().__iter__(), key=lambda field: places.get(field.name, len(self.first))))

    def validate_files(self, field: MultipleFileField) -> None:
        """Refuse what is no picture, PDF or office file, or is too large."""
        try:
            self.checked = [check_document(each) for each in _sent(field.data or ())]
        except Invalid as refusal:
            raise ValidationError(say(refusal)) from None


def _sent(data: Sequence[Any]) -> list[Upload]:
    found = []
    for file in data:
        if file and getattr(file, "filename", ""):
            with closing(file):
                found.append(Upload(file.filename, file.stream.read(MAX_BYTES + 1)))
        if len(found) > attachments.MOST:
            raise Invalid(N_("At most %(n)s attachments are taken."), n=attachments.MOST)
    return found


def in_state(*wanted: FilingState) -> Callable[[Any], bool]:
    """Return whether a filing is in one of the states."""
    return lambda row: row.state in wanted


def _what_withdrawing_does(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("It leaves the list of whoever decides and can be changed and submitted again."))]


def filing_batches(operations: ModuleType, submit_word: str) -> tuple[BatchAction, ...]:
    """Return 提交, 撤销 and 删除 of one row, each asked for first."""
    return (
        BatchAction("submit", submit_word, one_by_one(operations.submit), permission=MANAGE),
        BatchAction(
            "withdraw", N_("Withdraw"), one_by_one(operations.withdraw), permission=MANAGE, preview=_what_withdrawing_does
        ),
        BatchAction("remove", N_("Delete"), one_by_one(operations.remove), permission=MANAGE, is_danger=True),
    )


def filing_words(details_word: str, submit_word: str) -> tuple[RowAction, ...]:
    """Return the words on a row: what its state allows."""
    draft, editable = in_state(FilingState.DRAFT), in_state(*EDITABLE)
    return (
        RowAction("details", details_word),
        RowAction("withdraw", N_("Withdraw"), batch="withdraw", when=in_state(FilingState.PENDING)),
        RowAction("edit", N_("Edit"), when=editable),
        RowAction("submit", submit_word, batch="submit", when=editable),
        RowAction("remove", N_("Delete"), batch="remove", when=draft, is_danger=True),
    )


class FilingScreen(RecordPages):
    """Mixed in before ScopedModelView: the filings of the own organisation."""

    subject_kind: ClassVar[str]
    reviewed_as: ClassVar[staticmethod[[Any], ReviewKind]]  # of a filing
    save_word: ClassVar[str] = N_("Save")
    submit_word: ClassVar[str] = N_("Submit")
    submits_new: ClassVar[bool] = True  # a new one can be whole at once
    form_template = "admin/filing_form.html"

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out what organisations below have filed: it is read where it is reviewed."""
        table: Any = self.model
        return (table.organisation_id == (actor.organisation_id or 0),)

    def filed(self, row: Any) -> Any:
        """Return the filing of a row that may carry more beside it."""
        table: Any = self.model
        return row if row is None or isinstance(row, table) else row[0]

    def row_name(self, row: Any) -> str:
        """Return the name."""
        return str(self.filed(row).name)

    def with_files(self, form: Any, row: Any | None) -> PlainForm:
        """Return the form with the attachments that a row has already, to be ticked off."""
        present = attachments.of(self.work, self.subject_kind, row.id) if row is not None else ()
        form.removed.choices = [(each.key, each.original_name) for each in present]
        if not present:
            del form.removed
        if row is not None:
            del form.form_key
        filing_form: PlainForm = form
        return filing_form

    def file_values(self, form: Any) -> dict[str, Any]:
        """Return what the form says about attachments, as the operations take it."""
        removed = list(form.removed.data or ()) if "removed" in form else []
        return {"added": list(form.checked), "removed": removed}

    def done_words(self) -> str:
        """Say of a filing that left the form submitted that it was."""
        return gettext(N_("Submitted.")) if request.form.get("then") == "submit" else super().done_words()

    def then_submit(self, session: Session, actor: Actor, row: Any, submit: Callable[[Session, Actor, int], Any]) -> Any:
        """Submit what was just saved when the second button was pressed."""
        if request.form.get("then") == "submit" and row.state in EDITABLE:
            submit(session, actor, row.id)
        return row

    def attachments(self, row: Any) -> Sequence[Attachment]:
        """Return the files."""
        return shown_files(self.work, self.subject_kind, self.filed(row).id)

    def timeline(self, row: Any) -> Sequence[TimelineEntry] | None:
        """Return the course of the review with the phone numbers of those who decide; None before it was submitted."""
        review = queries.review_of(self.work, type(self).reviewed_as(self.filed(row)), self.filed(row).id)
        return course(self.work, review) if review is not None else None


def shown_files(session: Session, subject_kind: str, subject_id: int) -> list[Attachment]:
    """Return the attachments of a subject as the pages show them."""
    return [attachment_of(a, "files.training") for a in attachments.of(session, subject_kind, subject_id)]
