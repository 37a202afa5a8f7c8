"""Pages for what went wrong: one sentence, one next step, never SQL, never a trace."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import structlog
from flask import Flask, jsonify, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from models.access import Actor
from models.base import db
from models.errors import N_, DomainError, NotAllowed, NotFound
from models.people import queries as people
from models.reviews import chain as chains
from models.text import with_phone
from views.actor import current_actor
from views.redirects import own_or
from views.words import say, words

log = structlog.get_logger(__name__)


class PositionChanged(DomainError):
    """A form was made in another position than the one in use now."""

    def __init__(self) -> None:
        super().__init__(N_("Your position has changed; please reload the page."))


@dataclass(frozen=True, slots=True)
class Page:
    """The words of one kind of failure."""

    title: str
    sentence: str
    next_step: str


PAGES: dict[int, Page] = {
    400: Page(
        N_("The request cannot be read"),
        N_("Something in the address or the form does not fit."),
        N_("Go back, reload the page and try again."),
    ),
    403: Page(
        N_("No permission"),
        N_("Your position in use may not open this page."),
        N_("Switch to another position at the top right, or ask your administrator for the permission."),
    ),
    404: Page(
        N_("Page not found"),
        N_("It does not exist, or is not within your jurisdiction."),
        N_("Check the address, or start again from the home page."),
    ),
    405: Page(
        N_("The request cannot be read"),
        N_("This address does not take this kind of request."),
        N_("Go back, reload the page and try again."),
    ),
    409: Page(
        N_("Your position has changed"),
        N_("Your position has changed; please reload the page."),
        N_("Nothing was saved. Reload the page and enter it again in the position you want."),
    ),
    413: Page(
        N_("The file is too large"),
        N_("What you sent is larger than this page accepts."),
        N_("Each attachment may have 4 MB. Make the picture smaller or split the file, then try again."),
    ),
    429: Page(N_("Too many attempts"), N_("There were too many attempts in a short time."), N_("Wait a minute, then try again.")),
    500: Page(
        N_("Something went wrong"),
        N_("The platform could not finish this; nothing was changed."),
        N_("Try again later. If it happens again, tell support the reference below."),
    ),
    503: Page(N_("Busy at the moment"), N_("The platform is busy; nothing was changed."), N_("Wait a moment, then try again.")),
}
CSRF = Page(
    N_("The page has expired"),
    N_("This page was open for too long, or was not opened here; nothing was saved."),
    N_("Go back, reload the page and send it again."),
)
INTEGRITY = Page(
    N_("It cannot be saved"),
    N_("It is already there, or something else still depends on it; nothing was changed."),
    N_("Go back, reload the page and check what others have changed meanwhile."),
)


def error_answer(status: int, page: Page, *, sentence: str = "", reference: str = "") -> tuple[str | Response, int]:
    """Return the page of a failure, or JSON for a script that asked for it."""
    told = sentence or gettext(page.sentence)
    if _wants_json():
        return jsonify(error=told), status
    back = own_or(request.args.get("url"), "")
    html = render_template(
        "public/error.html",
        title=gettext(page.title),
        sentence=told,
        next_step=(who_helps() if status == 403 else "") or gettext(page.next_step),
        back=back,
        reference=reference,
    )
    return html, status


def who_helps() -> str:
    """Return who can grant what the reader's role lacks: the super administrator of the own unit, empty for that one herself;
    a professional asks the own unit.
    """
    actor = current_actor()
    if actor is not None and actor.person_id is not None and actor.post_id is None:
        return _unit_helps(actor)
    if actor is None or actor.post_id is None or actor.is_super:
        return ""
    found = next((p for p in people.administrators_of(db.session(), actor.organisation_id or 0) if p.is_super), None)
    if found is None:
        return ""
    who = {"who": with_phone(found.name, found.phone)}
    return words(N_("%(who)s, the super administrator of your unit, can grant this."), who)


def _unit_helps(actor: Actor) -> str:
    """Return whom a professional asks: the own unit, with its phone."""
    own = next(iter(chains.links(db.session(), actor.path)), None) if actor.path else None
    return words(N_("%(who)s can help."), {"who": with_phone(own.name, own.phone)}) if own else ""


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _http(error: HTTPException) -> tuple[str | Response, int] | Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    return error_answer(status, PAGES.get(status, PAGES[400 if status < 500 else 500]))


def _csrf(_error: CSRFError) -> tuple[str | Response, int]:
    return error_answer(400, CSRF)


def _domain(error: DomainError) -> tuple[str | Response, int]:
    if isinstance(error, PositionChanged):
        return error_answer(409, PAGES[409])
    if isinstance(error, NotFound):
        return error_answer(404, PAGES[404], sentence=say(error))
    if isinstance(error, NotAllowed):
        return error_answer(403, PAGES[403], sentence=say(error))
    return error_answer(400, PAGES[400], sentence=say(error))


WAITED_IN_VAIN = frozenset({"DeadlockDetected", "LockNotAvailable"})
"""Of PostgreSQL: two who wait for each other, one of whom has to begin again."""


def _database(error: SQLAlchemyError) -> tuple[str | Response, int]:
    db.session.rollback()
    if isinstance(error, DataError):
        return error_answer(400, PAGES[400])
    if isinstance(error, IntegrityError):
        return error_answer(409, INTEGRITY)
    if isinstance(error, OperationalError) and ("locked" in str(error.orig) or type(error.orig).__name__ in WAITED_IN_VAIN):
        return error_answer(503, PAGES[503])
    return _unexpected(error)


def _unexpected(error: Exception) -> tuple[str | Response, int]:
    reference = secrets.token_hex(4)
    # Only the kind and the place: a statement's parameters may hold a person's data.
    log.error("unexpected_error", reference=reference, kind=type(error).__name__, place=_place(error), endpoint=request.endpoint)
    return error_answer(500, PAGES[500], reference=reference)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def install(app: Flask) -> None:
    """Register the pages of failures."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SQLAlchemyError, _database)
    app.register_error_handler(Exception, _unexpected)
