"""S001, S144, S145: what the HR department makes public on the home page: announcements, downloads, the user agreement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, ClassVar

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import FileField, HiddenField, StringField, TextAreaField

from models.access import Actor, Permission, PositionKind
from models.errors import N_, DomainError
from models.org import publications
from models.org.publications import Publication, PublicationKind, PublicationState, Text
from models.uploads import MAX_BYTES, Upload
from models.workflow import Moved
from views import states
from views.admin.actions import BatchAction, PageAction, RowAction, RunBatch, Section, Tab, ids_only
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.keyset import Sort
from views.forms import PlainForm

KIND_WORDS = {
    PublicationKind.ANNOUNCEMENT: N_("Announcements"),
    PublicationKind.DOWNLOAD: N_("Download centre"),
    PublicationKind.AGREEMENT: N_("User agreement"),
}


class PublicationForm(PlainForm):
    """Title, text and file; the operation checks them."""

    kind = HiddenField()
    title = StringField(_l("Title"), render_kw={"maxlength": publications.LONGEST_TITLE})
    body = TextAreaField(
        _l("Text"),
        description=_l("An empty line begins a new paragraph."),
        render_kw={"rows": 12, "maxlength": publications.LONGEST_BODY},
    )
    file = FileField(_l("File"), description=_l("Picture, PDF, Word or Excel, at most 4 MB."))


def _each(step: Callable[[Session, Actor, int], None]) -> RunBatch:
    def run(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
        done, refused = [], {}
        for publication_id in sorted(ids):
            try:
                step(session, actor, publication_id)
            except DomainError as refusal:
                refused[publication_id] = refusal
            else:
                done.append(publication_id)
        return Moved(tuple(done), refused)

    return ids_only(run)


def _of_kind(kind: PublicationKind) -> Callable[[Actor], Sequence[ColumnElement[bool]]]:
    return lambda _actor: (Publication.kind == kind,)


def _is_draft(row: Publication) -> bool:
    return row.state == PublicationState.DRAFT


class PublicationsView(ScopedModelView):
    """The texts of the own HR department, a tab for each kind."""

    permission = Permission.PUBLICATIONS
    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Announcements and downloads")
    group_id = N_("Home")
    icon = "bell"
    order = 800

    columns = (
        Col("title", is_link=True),
        Col("state", status=states.PUBLICATION),
        Col("published_at"),
        Col("file_name", shown=False),
        Col("created_at", shown=False),
    )
    sorts = (Sort("id", (Publication.path, Publication.id), is_descending=True),)
    tabs = tuple(Tab(kind.value, word, where=_of_kind(kind)) for kind, word in KIND_WORDS.items())
    row_actions = (
        RowAction("details", N_("Details")),
        RowAction("edit", N_("Edit"), when=_is_draft),
        RowAction("publish", N_("Publish"), batch="publish", when=lambda row: row.state != PublicationState.PUBLISHED),
        RowAction("withdraw", N_("Take back"), batch="withdraw", when=lambda row: row.state == PublicationState.PUBLISHED),
        RowAction("delete", N_("Delete"), when=_is_draft, is_more=True, is_danger=True),
    )
    batch_actions = (
        BatchAction("publish", N_("Publish"), _each(publications.publish), permission=Permission.PUBLICATIONS),
        BatchAction("withdraw", N_("Take back"), _each(publications.take_back), permission=Permission.PUBLICATIONS),
    )
    page_actions = (
        PageAction(
            "new",
            N_("Add"),
            url=lambda view: url_for("publications.create_view", kind=request.args.get("tab"), url=view.list_url()),
            is_primary=True,
        ),
    )
    details = (Section(N_("Text"), ("title", Col("state", status=states.PUBLICATION), "published_at", "file_name", "body")),)
    form_template = "admin/publication_form.html"
    create_form_class: ClassVar[type[PlainForm] | None] = PublicationForm
    create_permission = Permission.PUBLICATIONS
    edit_form_class: ClassVar[type[PlainForm] | None] = PublicationForm
    edit_permission = Permission.PUBLICATIONS
    delete_permission = Permission.PUBLICATIONS

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out what HR departments above and below say: each answers for its own."""
        return (Publication.organisation_id == actor.organisation_id,)

    def row_name(self, row: Publication) -> str:
        """Return the title."""
        return row.title

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form of the row's kind, or of the tab that it was opened from; only downloads have a file."""
        form: Any = form_class(obj=row)
        asked = row.kind if row is not None else request.values.get("kind", "")
        form.kind.data = asked if asked in set(PublicationKind) else PublicationKind.ANNOUNCEMENT.value
        is_download = form.kind.data == PublicationKind.DOWNLOAD
        form.title.flags.required = True
        form.body.flags.required = not is_download
        form.file.flags.required = is_download and row is None
        if not is_download:
            del form.file
        return form

    def create_row(self, session: Session, actor: Actor, form: Any) -> Publication:
        """Write a draft."""
        return publications.write(session, actor, _text(form))

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change a draft."""
        publications.rewrite(session, actor, row, _text(form))

    def delete_row(self, session: Session, actor: Actor, row: Any) -> None:
        """Delete a draft."""
        publications.remove(session, actor, row)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return gettext(N_("What you publish here stands on the home page of the platform."))


def _text(form: Any) -> Text:
    return Text(PublicationKind(form.kind.data), form.title.data or "", form.body.data or "", _sent(form))


def _sent(form: Any) -> Upload | None:
    file: Any = form.file.data if "file" in form else None
    if not file:
        return None
    with closing(file):
        return Upload(file.filename, file.stream.read(MAX_BYTES + 1))
