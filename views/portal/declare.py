"""S022 学时申报（个人）: one form that grows with the learning form, keeps what fits and submits once."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from models.access import Actor
from models.base import db
from models.credits import declarations, drafts, queries
from models.credits.drafts import Kept
from models.credits.tables import Declaration
from models.errors import FieldErrors, NotFound, WrongState
from models.transaction import Intent, expect, unit_of_work
from models.uploads import MAX_BYTES, Upload
from views.portal.course import waits_for
from views.portal.declaration_form import FORM_KEY_LENGTH
from views.portal.declaration_page import Page, make_page, shown_proposal
from views.portal.reader import blueprint, reader
from views.words import say, words

KEEP, CHOOSE, SAVE, SUBMIT, CONFIRM = "attach", "choose", "save", "submit", "confirm"
_READ_ONLY = frozenset({CHOOSE})
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{1,{FORM_KEY_LENGTH}}}")


@blueprint.route("/declarations/new", methods=["GET", "POST"])
def declare() -> str | Response:
    """Show an empty form; keep or submit what was filled in."""
    expect(Intent.READ)  # until what was sent is checked: pictures are drawn anew while others write
    actor = reader()
    if request.method == "GET":
        return make_page(actor, None, Page).render()
    return _posted(actor, drafts.of_form(db.session(), actor, _form_key()))


@blueprint.route("/declarations/<int:declaration_id>/edit", methods=["GET", "POST"])
def edit_declaration(declaration_id: int) -> str | Response:
    """Show a draft or a rejected declaration in its form; keep or submit what was changed."""
    expect(Intent.READ)  # as above
    actor = reader()
    declaration = queries.declaration(db.session(), declaration_id)
    if request.method == "POST":
        return _posted(actor, declaration)
    if "edit" not in declarations.what_can(declaration):
        flash(gettext("Only a draft or a rejected declaration can be edited."), "error")
        return redirect(url_for("portal.declaration", declaration_id=declaration_id), code=303)
    return make_page(actor, declaration, Page).render()


@blueprint.post("/declarations/propose")
def propose() -> str:
    """Return what the rule gives for the form as it stands; nothing is saved."""
    expect(Intent.READ)
    page = make_page(reader(), None, Page)
    if page.offer is None:
        raise NotFound
    proposal = declarations.propose(db.session(), page.actor, page.form.draft(page.offer.spec))
    return render_template("portal/proposal.html", proposal=shown_proposal(page.offer.spec, proposal))


def token(field: str) -> str:
    """Return a random key that one of our own pages wrote into the form; anything else is none."""
    text = request.form.get(field, "")
    return text if _TOKEN.fullmatch(text) else ""


def _form_key() -> str:
    return token("form_key")


def _step() -> str:
    return KEEP if token("remove") else request.form.get("step", KEEP)


def _posted(actor: Actor, declaration: Declaration | None) -> str | Response:
    if declaration is not None and "edit" not in declarations.what_can(declaration):
        return _too_late(declaration)
    page = make_page(actor, declaration, Page)
    step = _step()
    if step in _READ_ONLY or page.offer is None:
        if step not in _READ_ONLY:
            page.form.form_code.errors = [gettext("Choose the learning form.")]
        return page.render()
    try:
        kept = _keep(page)
    except (WrongState, IntegrityError):
        # The same form was posted twice at once; the other one was first.
        first = declaration or drafts.of_form(db.session(), actor, _form_key())
        return _too_late(first) if first else redirect(url_for("portal.declarations"), code=303)
    page.declaration = kept.declaration
    page.show_refused(kept.errors)
    page.form.attachments.errors = [*page.form.attachments.errors, *(say(e) for e in kept.refused_files)]
    if step in (SUBMIT, CONFIRM) and kept.declaration is not None:
        return _submit(page, kept.declaration, is_confirmed=step == CONFIRM)
    if page.form.errors or kept.declaration is None:
        return page.render()
    if step == SAVE:
        flash(gettext("Saved as a draft; it is not submitted yet."), "success")
        return redirect(url_for("portal.declarations", tab=kept.declaration.state), code=303)
    return redirect(url_for("portal.edit_declaration", declaration_id=kept.declaration.id, _anchor="attachments-block"), code=303)


def _keep(page: Page) -> Kept:
    """Save what fits, add the chosen files, take off the one that was to go."""
    uploads = [upload_of(f) for f in request.files.getlist("attachments") if f.filename]
    draft = page.form.draft(page.spec)
    declaration_id = page.declaration.id if page.declaration else None
    taken, refused = drafts.check_uploads(db.session(), page.declaration, uploads)
    with unit_of_work() as session:
        kept = drafts.keep(
            session,
            page.actor,
            draft,
            declaration_id=declaration_id,
            form_key=_form_key(),
            uploads=taken,
            remove=token("remove"),
        )
    kept.refused_files += refused
    return kept


def upload_of(file: FileStorage) -> Upload:
    """Return a file of the request as it is checked."""
    # One byte more than is allowed tells the check enough.
    return Upload(file.filename or "", file.stream.read(MAX_BYTES + 1))


def attempt(page: Page, declaration: Declaration, *, is_confirmed: bool, only_try: bool = False) -> bool:
    """Submit; say whether it is submitted. What is wrong or missing, and what reviewers would ask about, goes to the page."""
    try:
        with unit_of_work() as session:
            reasons = [] if is_confirmed else drafts.try_to_submit(session, page.actor, declaration.id)
            page.warnings = [words(r["message_id"], r["params"]) for r in reasons]
            if only_try or page.warnings:
                return False
            declarations.submit(session, page.actor, declaration.id)
    except FieldErrors as refusal:
        page.show_refused({n: e for n, e in refusal.errors.items() if not page.has_error(n)})
        return False
    return True


def _submit(page: Page, declaration: Declaration, *, is_confirmed: bool) -> str | Response:
    has_errors = bool(page.form.errors)
    try:
        # With a wrong value it is only tried, so that what is missing elsewhere is told at once, too.
        is_submitted = attempt(page, declaration, is_confirmed=is_confirmed, only_try=has_errors)
    except WrongState:
        return _too_late(declaration)
    if not is_submitted:
        page.warnings = [] if page.form.errors else page.warnings
        return page.render()
    progress = queries.progress(db.session(), declaration)
    # Apart from the string: what stands inside one is not found for the catalogue.
    submitted = gettext("The declaration is submitted.")
    flash(f"{submitted} {waits_for(progress.waits_for, progress.waits_for_phone)}", "success")
    return redirect(url_for("portal.declaration", declaration_id=declaration.id), code=303)


def _too_late(declaration: Declaration) -> Response:
    """Lead a second click, or a form of yesterday, to what became of the declaration; nothing is changed."""
    flash(gettext("This declaration was submitted already; nothing was changed."), "info")
    return redirect(url_for("portal.declaration", declaration_id=declaration.id), code=303)
