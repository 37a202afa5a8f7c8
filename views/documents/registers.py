"""S028 继续教育学时登记表 of a year, and the record sheet of one declaration: as they stand on the day of printing."""

from __future__ import annotations

from flask import Response, current_app, make_response, render_template, request

from models.access import Actor, Permission
from models.base import db, today, utcnow
from models.credits import queries, windows
from models.credits.moving_years import moves_of_year
from models.credits.tables import AuditState, Declaration, DeclarationState
from models.errors import NotFound
from models.people import queries as people
from models.people.tables import Professional
from views.actor import required_actor
from views.arguments import read_year
from views.documents import pdf
from views.documents.certificate import blueprint
from views.downloads import content_disposition
from views.portal.course import course_of
from views.portal.words import ELECTIVE, SUBJECTS
from views.states import DECLARATION
from views.words import local_time, words

STYLE = "register.css"


@blueprint.get("/registers/<int:person_id>")
def register_of_year(person_id: int) -> Response:
    """Return the register of one year of a person of the scope: what was approved, record by record."""
    person = _person(required_actor(), person_id)
    year = read_year(request.args.get("year"))
    summary = queries.year_summary(db.session(), person.id, year) if year else None
    if summary is None:
        raise NotFound
    html = render_template(
        "documents/register.html",
        person=person,
        summary=summary,
        records=queries.learning_record(db.session(), person.id, summary.year),
        is_unfinished=windows.is_unfinished(summary.year, windows.open_years(db.session(), person.path)),
        moves=moves_of_year(db.session(), person.id, summary.year),
        subjects={kind: words(word) for kind, word in SUBJECTS.items()},
        printed_on=f"{today():%Y-%m-%d}",
        base=current_app.config["CE_BASE_URL"],
    )
    return handed_out_pdf(pdf.render(html, style=STYLE), f"{person.name}-{summary.year}年度继续教育学时登记表.pdf")


@blueprint.get("/declarations/<int:declaration_id>")
def record_sheet(declaration_id: int) -> Response:
    """Return one declaration of the scope with its fields and its course."""
    actor, session = required_actor(), db.session()
    found = queries.declaration(session, declaration_id)
    person = _person(actor, found.person_id)
    if found.state == DeclarationState.DRAFT and actor.person_id != person.id:
        raise NotFound
    html = render_template(
        "documents/record_sheet.html",
        person=person,
        declaration=found,
        state=_state(found),
        subject=words(SUBJECTS[found.subject]),
        elective=words(ELECTIVE[found.elective]),
        fields=queries.field_values(session, found),
        evidence=queries.evidence_of(session, found.id),
        course=course_of(session, found),
        printed_at=local_time(utcnow()),
    )
    return handed_out_pdf(pdf.render(html, style=STYLE), f"{person.name}-学时申报记录-{found.id}.pdf")


def _person(actor: Actor, person_id: int) -> Professional:
    """Everybody prints her own, an administrator those of the people of the subtree; raises NotFound outside the scope."""
    if actor.person_id == person_id and actor.post_id is None:
        actor.require(Permission.PORTAL)
    else:
        actor.require(Permission.CERTIFICATES_PRINT)
    return people.person(db.session(), person_id)


def _state(declaration: Declaration) -> str:
    failed = declaration.audit_state == AuditState.FAILED
    return words("Verification failed") if failed else words(DECLARATION[declaration.state].word)


def handed_out_pdf(content: bytes, name: str) -> Response:
    """Return a made document: shown, or saved where the address asks for a download."""
    response = make_response(content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = content_disposition(name, inline="download" not in request.args)
    response.headers["Cache-Control"] = "private, no-store"
    return response
