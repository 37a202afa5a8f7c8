"""S023 申报进度查询 and S024 详细: the reader's declarations, where each stands and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext

from models.base import db
from models.credits import anew, queries, why_not
from models.credits import declarations as operations
from models.credits.queries import DeclarationRow
from models.credits.rules import spec_of, version_of
from models.credits.standing import declared_years
from models.credits.tables import AuditState, Declaration
from views import states
from views.arguments import read_id, read_year
from views.details import attachment_of
from views.portal.course import course_of
from views.portal.reader import blueprint, person_id, reader
from views.portal.words import ELECTIVE, ORIGINS, SUBJECTS, TABS
from views.public.language import words_language
from views.why import lines_of
from views.words import hours, say, words

PAGE = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader looks for."""

    tab: str
    year: int | None
    subject: str

    def arguments(self, **changed: Any) -> dict[str, Any]:
        """Return the arguments of the address, some of them changed; what is empty is left out."""
        values = {"tab": self.tab, "year": self.year, "subject": self.subject, **changed}
        return {name: value for name, value in values.items() if value and (name, value) != ("tab", "all")}


def _filter() -> Filter:
    tab, subject = (request.args.get(name, "") for name in ("tab", "subject"))
    year = read_year(request.args.get("year"))
    return Filter(tab if tab in TABS else "all", year, subject if subject in SUBJECTS else "")


def _before() -> int | None:
    return read_id(request.args.get("before"))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the reader may do with a declaration now; ``is_asked`` steps ask before they act."""

    label: str
    url: str
    is_asked: bool = False
    is_sent: bool = False  # posts at once


def steps_of(declaration: Declaration) -> list[Step]:
    """Return the row's actions in the words of the screens, by what the state allows."""
    can = operations.what_can(declaration)
    edit = url_for("portal.edit_declaration", declaration_id=declaration.id)
    found = []
    if "withdraw" in can:
        found.append(Step(gettext("Withdraw"), url_for("portal.withdraw", declaration_id=declaration.id), is_asked=True))
    if "resubmit" in can:
        found.append(Step(gettext("Edit and resubmit"), edit))
    elif "edit" in can:
        found.append(Step(gettext("Edit declaration"), edit))
    if "delete" in can:
        found.append(Step(gettext("Delete"), url_for("portal.delete", declaration_id=declaration.id), is_asked=True))
    if "declare_anew" in can:
        found.append(Step(gettext("Declare anew"), url_for("portal.declare_anew", declaration_id=declaration.id), is_sent=True))
    return found


def state_of(declaration: Declaration) -> tuple[str, str]:
    """Return the word of a declaration's state, the audit's where it failed, and its kind."""
    found = (
        states.AUDIT[declaration.audit_state]
        if declaration.audit_state == AuditState.FAILED
        else states.DECLARATION[declaration.state]
    )
    return gettext(found.word), found.kind


@blueprint.get("/declarations")
def declarations() -> str:
    """List the reader's declarations by state, with the organisation that each waits for."""
    session, owner, wanted = db.session(), person_id(reader()), _filter()
    rows: Sequence[DeclarationRow] = queries.declarations_of(
        session, owner, tab=wanted.tab, year=wanted.year, subject=wanted.subject or None, before_id=_before(), limit=PAGE + 1
    )
    counts = queries.tab_counts(session, owner, year=wanted.year, subject=wanted.subject or None)
    tabs = [
        (gettext(word), url_for("portal.declarations", **wanted.arguments(tab=tab)), tab == wanted.tab, counts[tab])
        for tab, word in TABS.items()
    ]
    older = url_for("portal.declarations", **wanted.arguments(before=rows[PAGE - 1].declaration.id)) if len(rows) > PAGE else ""
    return render_template(
        "portal/declarations.html",
        rows=rows[:PAGE],
        tabs=tabs,
        wanted=wanted,
        years=declared_years(session, owner),
        subjects=SUBJECTS,
        older=older,
        is_first=_before() is None,
        state_of=state_of,
        steps_of=steps_of,
        n_all=counts["all"],
    )


@blueprint.get("/declarations/<int:declaration_id>")
def declaration(declaration_id: int) -> str:
    """Show one declaration: its fields, its evidence, its course."""
    session, actor = db.session(), reader()
    found = queries.declaration(session, declaration_id)
    evidence = [attachment_of(a) for a in queries.evidence_of(session, found.id)]
    audit, instead_of = anew.renewed(session, found.id)
    return render_template(
        "portal/declaration.html",
        audit=audit,
        instead_of=instead_of,
        declaration=found,
        items=_pairs(found),
        why=lines_of(session, found),
        evidence=evidence,
        course=course_of(session, found, audit),
        reasons=[words(r["message_id"], r["params"]) for r in found.key_reasons],
        why_not=[say(each) for each in why_not.of_record(session, actor, found)],
        steps=steps_of(found),
        has_receipt=found.submitted_at is not None,
        state=state_of(found),
    )


def _fields(declaration: Declaration) -> list[tuple[str, str]]:
    """Return the learning form's own fields; the first and the last day stand together as they do in the form."""
    session, language = db.session(), words_language()
    rows = [(shown.label, shown.value) for shown in queries.field_values(session, declaration, language=language)]
    spec = spec_of(version_of(session, declaration))  # read by field_values: no second statement
    if not spec.period:
        return rows
    first, last = (spec.field(name) for name in spec.period)
    if first.group is None or first.group != last.group:
        return rows
    labels = {f.label.of(language) for f in (first, last)}
    days = gettext(" to ").join(value for label, value in rows if label in labels)
    place = next((n for n, (label, _) in enumerate(rows) if label in labels), len(rows))
    others = [row for row in rows if row[0] not in labels]
    return [*others[:place], (first.group.of(language), days), *others[place:]]


def _pairs(declaration: Declaration) -> list[tuple[str, str]]:
    granted = hours(declaration.granted_tenths) if declaration.granted_tenths is not None else gettext("Not yet decided")
    figures = [
        (gettext("Hours requested"), hours(declaration.requested_tenths)),
        (gettext("Hours granted"), granted),
        (gettext("Counts toward subject"), gettext(SUBJECTS[declaration.subject])),
        (gettext("Compulsory / elective"), gettext(ELECTIVE[declaration.elective])),
    ]
    head = [(gettext("Counts toward year"), str(declaration.year)), (gettext("Learning form"), declaration.form_name)]
    if declaration.declared_by_name:
        head.append((gettext("Declared by"), declaration.declared_by_name))
    elif declaration.source in ORIGINS:
        head.append((gettext("Origin of the record"), gettext(ORIGINS[declaration.source])))
    return [*head, *_fields(declaration), *figures]
