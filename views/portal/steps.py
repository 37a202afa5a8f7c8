"""撤销 and 删除: each asks first, on a page of its own or in a dialog, and acts on the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models.access import Actor
from models.base import db
from models.credits import anew, declarations, queries
from models.credits.tables import Declaration
from models.errors import N_, FieldErrors, WrongState
from models.transaction import unit_of_work
from views.portal.declarations import state_of
from views.portal.reader import blueprint, reader
from views.portal.words import SUBJECTS
from views.words import say


@dataclass(frozen=True, slots=True)
class Asked:
    """A step that asks before it acts."""

    name: str  # as in ``what_can``
    title: str
    question: str
    button: str
    done: str
    run: Callable[[Session, Actor, int], Any]
    is_danger: bool = False


WITHDRAW = Asked(
    "withdraw",
    N_("Withdraw the declaration"),
    N_("It goes back to “To be submitted”: you can edit it and submit it again. What was decided so far stays in the record."),
    N_("Withdraw"),
    N_("Withdrawn; it is now under “To be submitted”."),
    declarations.withdraw,
)
DELETE = Asked(
    "delete",
    N_("Delete the draft"),
    N_("The draft and its attachments are deleted; this cannot be undone."),
    N_("Delete"),
    N_("The draft is deleted."),
    declarations.delete_draft,
    is_danger=True,
)


@blueprint.post("/declarations/<int:declaration_id>/withdraw")
def withdraw(declaration_id: int) -> str | Response:
    """Take a submitted declaration back to the drafts."""
    return _ask(WITHDRAW, declaration_id)


@blueprint.post("/declarations/<int:declaration_id>/delete")
def delete(declaration_id: int) -> str | Response:
    """Delete a draft."""
    return _ask(DELETE, declaration_id)


@blueprint.post("/declarations/<int:declaration_id>/anew")
def declare_anew(declaration_id: int) -> Response:
    """Begin a new declaration in place of one that did not pass the audit, and open its form."""
    actor = reader()
    try:
        with unit_of_work() as session:
            draft = anew.declare_anew(session, actor, declaration_id)
            target, can_edit = draft.id, "edit" in declarations.what_can(draft)
    except FieldErrors as refusal:
        flash(" ".join(say(each) for each in refusal.errors.values()), "error")
        return redirect(url_for("portal.declaration", declaration_id=declaration_id), code=303)
    except WrongState as refusal:
        flash(say(refusal), "error")
        return redirect(url_for("portal.declaration", declaration_id=declaration_id), code=303)
    if can_edit:
        flash(gettext("Please check the form, attach the evidence and submit it."), "info")
    return redirect(url_for("portal.edit_declaration" if can_edit else "portal.declaration", declaration_id=target), code=303)


def _ask(step: Asked, declaration_id: int) -> str | Response:
    """Show the question, or do the step when it was answered; a state that moved on is told in a sentence."""
    actor = reader()
    target = url_for("portal.declarations", tab="draft")
    found = queries.declaration(db.session(), declaration_id)
    try:
        _check(step, found)
        if request.form.get("answer") != "yes":
            return render_template("portal/ask.html", step=step, declaration=found, subjects=SUBJECTS)
        with unit_of_work() as session:
            step.run(session, actor, declaration_id)
    except WrongState as refusal:
        flash(say(refusal), "error")
        return redirect(url_for("portal.declaration", declaration_id=declaration_id), code=303)
    flash(gettext(step.done), "success")
    return redirect(target, code=303)


def _check(step: Asked, declaration: Declaration) -> None:
    if step.name not in declarations.what_can(declaration):
        raise WrongState(
            N_("The declaration has moved on meanwhile (%(state)s); nothing was changed."), state=state_of(declaration)[0]
        )
