"""One declaration as its form holds it: what the rule proposes for it, and how it is saved as a draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor
from models.base import to_hours, to_tenths, today
from models.credits import key_review, rules, windows
from models.credits.counting import Cap, Room
from models.credits.declarers import mark, own_profile, own_record, profile, require, source_of
from models.credits.form_inputs import clean_inputs, stored
from models.credits.forms import propose as propose_by_rule
from models.credits.rules import Offer
from models.credits.tables import (
    Declaration,
    DeclarationState,
    Source,
    SubjectKind,
    counting_tenths,
    counting_version_id,
)
from models.errors import N_, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.people.tables import Professional
from models.scope import acting
from models.text import compact, decimal_of

MAX_REQUESTED = Decimal("999.9")
FIRST_YEAR = 1990
ELECTIVE = {"required": N_("Compulsory"), "elective": N_("Elective")}
EDITABLE = (DeclarationState.DRAFT, DeclarationState.REJECTED)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form of a declaration holds; ``inputs`` by field name of the learning form, as typed."""

    year: int
    subject: str
    form_code: str
    inputs: Mapping[str, Any]
    requested_hours: Decimal | str | None = None
    elective: str = "required"


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whom an organisation declares for (申请人), and by which of its forms."""

    person_id: int
    batch_id: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the rule gives for a draft as it stands; ``lines`` are sentences, or message ids with parameters."""

    tenths: int | None
    lines: list[Any] = field(default_factory=list)
    remaining_tenths: int | None = None
    errors: Mapping[str, DomainError] = field(default_factory=dict)


# --- proposing and saving -------------------------------------------------------------------------------------------


def propose(session: Session, actor: Actor, draft: Draft, *, person_id: int | None = None) -> Proposal:
    """Return what the rule gives for *draft*, also while it is half filled; changes nothing.

    *person_id* is the person that an organisation declares for; without one, what the cap leaves is not asked for.
    """
    person = None if person_id is None and source_of(actor) is Source.ORGANISATION else profile(session, actor, person_id)
    try:
        offer = offer_of(session, person.path if person else actor.path, draft.form_code, draft.year)
    except FieldErrors as wrong:
        return Proposal(None, errors=wrong.errors)
    inputs, requested, errors = read(session, offer, draft)
    try:
        found = _proposal(session, person.id if person else None, offer, inputs, requested, year=draft.year, but=None)
    except Invalid as refusal:
        return Proposal(None, errors={**errors, "requested_hours": refusal})
    return Proposal(found.tenths, found.lines, found.remaining_tenths, errors)


def read(session: Session, offer: Offer, draft: Draft) -> tuple[dict[str, Any], Decimal | None, dict[str, DomainError]]:
    """Return the inputs and the hours as far as they are right, and the errors of those that are not, by field."""
    inputs, errors = _read(session, offer, draft)
    try:
        return inputs, declared_hours(draft.requested_hours), errors
    except Invalid as refusal:
        return inputs, None, {**errors, "requested_hours": refusal}


def _read(session: Session, offer: Offer, draft: Draft) -> tuple[dict[str, Any], dict[str, DomainError]]:
    raw = {name: str(value) for name, value in draft.inputs.items() if value is not None}
    try:
        return clean_inputs(offer.spec, raw, today=today(), draft=True, known=rules.known_in(session)), {}
    except FieldErrors as wrong:
        kept = {name: value for name, value in raw.items() if name not in wrong.errors}
        return clean_inputs(offer.spec, kept, today=today(), draft=True, known=rules.known_in(session)), dict(wrong.errors)


def save_draft(
    session: Session, actor: Actor, draft: Draft, *, declaration_id: int | None = None, applicant: Applicant | None = None
) -> Declaration:
    """Save a new draft, or the edit of a draft or a rejected record; what is missing may stay missing.

    An organisation makes a new one for one of its *applicants*. Raises FieldErrors for a wrong value, WrongState for a record
    that may not be edited, NotFound for another's.
    """
    require(actor)
    if source_of(actor) is Source.PERSON:
        own_profile(session, actor)
    declaration = own_record(session, actor, declaration_id) if declaration_id is not None else None
    if declaration is not None and declaration.state not in EDITABLE:
        raise WrongState(N_("Only a draft or a rejected declaration can be edited."))
    person = profile(session, actor, applicant.person_id if applicant else declaration.person_id if declaration else None)
    offer = offer_of(session, person.path, draft.form_code, draft.year)
    inputs, requested, errors = read(session, offer, draft)
    errors |= check_choices(session, person.path, offer, draft, declaration.year if declaration else None)
    if errors:
        raise FieldErrors(errors)
    is_new = declaration is None
    if declaration is None:
        declaration = Declaration(person_id=person.id, state=DeclarationState.DRAFT, **mark(actor))
    if applicant is not None:
        declaration.batch_id, declaration.form_key = applicant.batch_id, f"batch:{applicant.batch_id}"
    before = figures(declaration)
    fill(session, person, declaration, offer=offer, draft=draft, inputs=inputs, requested=requested)
    with acting(session, "declare"):
        session.add(declaration)
    changes = {k: [before[k], v] for k, v in figures(declaration).items() if before[k] != v}
    history.record(session, actor, "declaration", [declaration.id], "create" if is_new else "edit", changes=changes)
    return declaration


def figures(declaration: Declaration) -> dict[str, Any]:
    names = ("year", "subject", "form_code", "title", "requested_tenths", "elective")
    dates = {name: str(getattr(declaration, name) or "") for name in ("starts_on", "ends_on")}
    return {**{name: getattr(declaration, name) for name in names}, **dates, "inputs": dict(declaration.inputs or {})}


def check_choices(session: Session, path: str, offer: Offer, draft: Draft, stored_year: int | None) -> dict[str, DomainError]:
    """Return what does not fit of subject, kind and year; a year that is stored already is asked for at the submission."""
    errors: dict[str, DomainError] = {}
    if draft.subject not in offer.spec.subject_kinds:
        errors["subject"] = Invalid(N_("This learning form does not count toward the chosen subject."))
    if draft.elective not in ELECTIVE:
        errors["elective"] = Invalid(N_("Choose compulsory or elective."))
    if stored_year != draft.year:
        try:
            windows.require_open(session, path, draft.year)
        except NotAllowed as refusal:
            errors["year"] = refusal
    return errors


def declared_hours(hours: Decimal | str | None) -> Decimal | None:
    """Return the declared figure, None for an empty one; raises Invalid unless it has at most one place."""
    text = compact(str(hours)) if hours is not None else ""
    if not text:
        return None
    value = decimal_of(text)
    if not value.is_finite() or abs(value) > MAX_REQUESTED:
        raise Invalid(N_("Enter hours from 0.1 to %(most)s."), most=MAX_REQUESTED)
    if value <= 0 or value * 10 != (value * 10).to_integral_value():
        raise Invalid(N_("Enter hours greater than 0 with at most one decimal place."))
    return value


def fill(
    session: Session,
    person: Professional,
    declaration: Declaration,
    *,
    offer: Offer,
    draft: Draft,
    inputs: Mapping[str, Any],
    requested: Decimal | None,
    live: Sequence[Declaration] | None = None,
) -> None:
    """Write the values of *draft* and everything that follows from them into the record.

    *live* are the person's other records that count or wait, where they were read already, for many people at once.
    """
    try:
        proposal = _proposal(session, person.id, offer, inputs, requested, year=draft.year, but=declaration.id, live=live)
    except Invalid as refusal:
        raise FieldErrors({"requested_hours": refusal}) from None
    declaration.organisation_id, declaration.path = person.organisation_id, person.path
    declaration.person_name, declaration.organisation_name = person.name, person.organisation_name
    declaration.year, declaration.subject, declaration.elective = draft.year, SubjectKind(draft.subject), draft.elective
    declaration.form_code, declaration.form_name = offer.form.code, offer.spec.label.zh[:60]
    declaration.rule_version_id = offer.version.id
    declaration.title = _title(session, offer, inputs)
    declaration.inputs = stored(inputs)
    declaration.starts_on, declaration.ends_on = offer.spec.days(inputs)
    declaration.requested_tenths = to_tenths(requested) if requested is not None else proposal.tenths or 0
    declaration.proposed_tenths, declaration.arithmetic = proposal.tenths, proposal.lines
    if declaration.requested_tenths == 0 and declaration.state == DeclarationState.REJECTED:
        raise FieldErrors({"requested_hours": Invalid(N_("Enter the hours that you declare."))})
    number = inputs.get(offer.spec.number_field) if offer.spec.number_field else None
    declaration.certificate_key = key_review.certificate_key(number)


def _title(session: Session, offer: Offer, inputs: Mapping[str, Any]) -> str:
    name = offer.spec.title_field
    value = inputs.get(name) if name else None
    if name is None or value is None:
        return ""
    if offer.spec.field(name).list_name is None:
        return str(value)[:200]
    return rules.ref_names(session, offer.spec, inputs).get(name, str(value))[:200]


def _proposal(
    session: Session,
    person_id: int | None,
    offer: Offer,
    inputs: Mapping[str, Any],
    requested: Decimal | None,
    *,
    year: int,
    but: int | None,
    live: Sequence[Declaration] | None = None,
) -> Proposal:
    """Return the rule's hours, cut at what the cap leaves beside the records that count or are in review."""
    by_rule = propose_by_rule(offer.spec, inputs, requested)
    left = room_left(session, person_id, offer, year, but=but, live=live) if person_id is not None else None
    if by_rule.hours is None:
        return Proposal(None, list(by_rule.arithmetic), left)
    tenths = to_tenths(by_rule.hours)
    lines: list[Any] = list(by_rule.arithmetic)
    if left is not None and left < tenths:
        message_id = N_("%(left)s hours are left of what this form can count in %(year)s.")
        lines.append({"message_id": message_id, "params": {"left": str(to_hours(left)), "year": str(year)}})
        tenths = left
    return Proposal(tenths, lines, left)


def room_left(
    session: Session,
    person_id: int,
    offer: Offer,
    year: int,
    *,
    but: int | None,
    live: Sequence[Declaration] | None = None,
) -> int | None:
    """Return how many tenths one more record of the form could count (剩余), those in review included; None: no limit."""
    room, cap = Room(), rules.cap_of(offer.spec)
    if live is not None:
        same = [row for row in live if (row.form_code, row.year) == (offer.form.code, year) and row.id != but]
        rows: Sequence[Any] = sorted(same, key=_as_granted)
    else:
        rows = _rows_of_form(session, person_id, offer, year, but)
    caps = rules.caps_of(session, {counting_version_id(row) for row in rows}) if rows else {}
    for row in rows:
        granted = counting_tenths(row) if row.granted_tenths is not None else row.requested_tenths
        room.take(offer.form.code, caps.get(counting_version_id(row), Cap()), granted)
    return room.left(offer.form.code, cap)


def _as_granted(row: Declaration) -> tuple[bool, dt.datetime | None, int]:
    """Put what was granted first, in that order, then what waits."""
    return row.granted_at is None, row.granted_at, row.id


def _rows_of_form(session: Session, person_id: int, offer: Offer, year: int, but: int | None) -> Sequence[Any]:
    return session.execute(
        select(
            Declaration.granted_tenths,
            Declaration.recalculated_tenths,
            Declaration.recalculated_version_id,
            Declaration.requested_tenths,
            Declaration.rule_version_id,
        )
        .where(
            Declaration.person_id == person_id,
            Declaration.year == year,
            Declaration.form_code == offer.form.code,
            *key_review.IS_LIVE,
            Declaration.id != (but or 0),
        )
        .order_by(Declaration.granted_at.is_(None), Declaration.granted_at, Declaration.id)
    ).all()


# --- by which rule ----------------------------------------------------------------------------------------------------


def offer_of(session: Session, path: str, form_code: str, year: int) -> Offer:
    """Return the learning form by which hours of *year* are declared at a place; raises FieldErrors."""
    if not FIRST_YEAR <= year <= today().year + 1:
        raise FieldErrors({"year": Invalid(N_("Choose a year of the list."))})
    try:
        # What is no code at all would reach the database as text that PostgreSQL does not take.
        offer = rules.offer(session, path, form_code if form_code.isalnum() else "", year)
    except NotFound as refusal:
        raise FieldErrors({"form_code": refusal}) from None
    if not offer.is_enabled:
        raise FieldErrors({"form_code": NotAllowed(N_("This learning form is not in use any more; choose another one."))})
    if not offer.is_for_persons:
        raise FieldErrors({"form_code": NotAllowed(N_("This learning form is not declared by persons."))})
    return offer


def own_editable(session: Session, actor: Actor, declaration_id: int) -> Declaration:
    """Return a draft or a rejected record that the actor declared, locked; raises NotFound and WrongState."""
    require(actor)
    declaration = own_record(session, actor, declaration_id)
    if declaration.state not in EDITABLE:
        raise WrongState(N_("Only a draft or a rejected declaration can be edited."))
    return declaration
