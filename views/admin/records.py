"""Pages about one row: details, new, edit, delete. Each change calls one operation of the screen inside a unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models.access import Actor
from models.errors import N_, DomainError, NotAllowed
from models.transaction import unit_of_work
from views.admin.actions import Section
from views.admin.columns import Col
from views.admin.declared import Declared
from views.forms import PlainForm
from views.redirects import own_or, redirect_own
from views.words import say


class RecordPages(Declared):
    """Pages about one row; a screen gives the operations."""

    details_template = "admin/details.html"
    form_template = "admin/form.html"
    new_word: ClassVar[str] = ""
    """The head of the page that makes a new one, where the name of the screen is none of one row."""

    # --- the operations a screen gives ---------------------------------------------------------------------------

    def create_row(self, session: Session, actor: Actor, form: Any) -> Any:
        """Call the one operation that creates; raises NotAllowed where the screen has none."""
        raise NotAllowed(N_("This cannot be created here."))

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Call the one operation that changes *row*; raises NotAllowed where the screen has none."""
        raise NotAllowed(N_("This cannot be changed here."))

    def delete_row(self, session: Session, actor: Actor, row: Any) -> None:
        """Call the one operation that deletes *row*; raises NotAllowed where the screen has none."""
        raise NotAllowed(N_("This cannot be deleted here."))

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form filled from the request, else from *row*; screens set choices here."""
        return form_class(obj=row)

    def details_context(self, row: Any) -> dict[str, Any]:
        """Return more values for the details template."""
        return {}

    # --- pages ---------------------------------------------------------------------------------------------------

    @expose("/details/")
    def details_view(self) -> str:
        """Show one row: description list, attachments, course of the review, changes."""
        listing = self.listing(request.args.get("tab", ""))
        row = self.find(request.args.get("id"))
        back = own_or(request.args.get("url"), self.list_url())
        near, more = self.row_words(listing, row, back)
        own_page = url_for(f"{self.endpoint}.details_view")
        return self.render(
            self.details_template,
            view=self,
            row=row,
            listing=listing,
            back=back,
            other_words=[w for w in (*near, *more) if not w.href.startswith(own_page)],
            sections=self.described_sections(),
            attachments=self.attachments(row),
            timeline=self.timeline(row),
            changes=self.changes(row),
            can_edit=self.edit_form_class is not None and self.may(self.edit_permission),
            **self.details_context(row),
        )

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> str | Response:
        """Create one row by a form."""
        if self.create_form_class is None:
            raise NotAllowed(N_("This cannot be created here."))
        self._require(self.create_permission)
        back = own_or(request.values.get("url"), self.list_url())
        form = self.make_form(self.create_form_class, None)
        if request.method == "POST" and form.validate():
            row = self.create_model(form)
            if row is not None:
                flash(self.done_words(), "success")
                return redirect_own(self.after_create(row, back), back)
        return self._form_page(form, None, back)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> str | Response:
        """Change one row by a form."""
        if self.edit_form_class is None:
            raise NotAllowed(N_("This cannot be changed here."))
        self._require(self.edit_permission)
        back = own_or(request.values.get("url"), self.list_url())
        row = self.find(request.args.get("id"))
        form = self.make_form(self.edit_form_class, row)
        if request.method == "POST" and form.validate() and self.update_model(form, row):
            flash(self.done_words(), "success")
            return redirect_own(back, "/")
        return self._form_page(form, row, back)

    def done_words(self) -> str:
        """Return what is said once a form has done its work."""
        return gettext(N_("Saved."))

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self) -> str | Response:
        """Ask, then delete one row."""
        if self.delete_permission is None:
            raise NotAllowed(N_("This cannot be deleted here."))
        self._require(self.delete_permission)
        back = own_or(request.values.get("url"), self.list_url())
        row = self.find(request.values.get("id"))
        if request.method == "GET":
            return self.render("admin/confirm.html", view=self, row=row, back=back)
        if self.delete_model(row):
            flash(gettext(N_("Deleted.")), "success")
        return redirect_own(back, "/")

    # --- Flask-Admin's own names for the three changes -----------------------------------------------------------

    def create_model(self, form: PlainForm) -> Any | None:
        """Create in one unit of work; a refusal stands at its field and None is returned."""
        try:
            with unit_of_work() as session:
                return self.create_row(session, self.actor, form)
        except DomainError as error:
            form.show_error(error)
            return None

    def update_model(self, form: PlainForm, model: Any) -> bool:
        """Change in one unit of work; a refusal stands at its field."""
        try:
            with unit_of_work() as session:
                self.update_row(session, self.actor, model, form)
        except DomainError as error:
            form.show_error(error)
            return False
        return True

    def delete_model(self, model: Any) -> bool:
        """Delete in one unit of work; a refusal is said on the page that follows."""
        try:
            with unit_of_work() as session:
                self.delete_row(session, self.actor, model)
        except DomainError as error:
            flash(say(error), "error")
            return False
        return True

    def after_create(self, row: Any, back: str) -> str:
        """Return where to go after a row was created."""
        return back

    # --- inside --------------------------------------------------------------------------------------------------

    def described_sections(self) -> Sequence[tuple[Section, Sequence[Col]]]:
        """Return the headed parts of the details page with their columns completed."""
        if not self.details:
            return [(Section(N_("Details"), ()), self.listing("").columns)]
        return [
            (part, [(Col(c) if isinstance(c, str) else c).described(self.model) for c in part.columns]) for part in self.details
        ]

    def _require(self, permission: Any) -> None:
        if permission is not None:
            self.actor.require(permission)

    def _form_page(self, form: PlainForm, row: Any | None, back: str) -> str:
        return self.render(self.form_template, view=self, form=form, row=row, back=back)
