"""Hours of a unit's own training: its one decision lets a record of each participant arise, approved at once, or takes them back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import history, outbox
from models.access import Actor, person_key
from models.base import to_hours, to_tenths, today, utcnow
from models.credits import key_review, rules, windows
from models.credits.form_inputs import clean_inputs, stored
from models.credits.forms import FormSpec, propose
from models.credits.key_review import Reason
from models.credits.rules import Offer
from models.credits.tables import Declaration, DeclarationState, RuleVersion, Source, SubjectKind
from models.credits.workflow import DECLARATIONS
from models.errors import N_, FieldErrors, Invalid, first_of
from models.people.tables import Professional
from models.scope import acting, bulk_insert_returning
from models.workflow import CHUNK

FORM = "DWPX"
"""The learning form of what a unit teaches its own people."""
OPERATION = "grant_unit_hours"


@dataclass(frozen=True, slots=True)
class Held:
    """One training as the record of each participant holds it; *inputs* are fields of the learning form."""

    year: int
    subject: str
    elective: str
    hours_tenths: int
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One participant: the version of the rule on which the training was submitted, and why to look closely."""

    person_id: int
    version_id: int
    key_reasons: Sequence[Reason] = ()
    key: str = ""  # the same twice makes no second record


def prepare(session: Session, people: Sequence[Professional], held: Held) -> list[Entry]:
    """Return what a submission of *held* notes of each of its participants, people of the scope; changes nothing.

    Raises NotAllowed for a year that is closed at the place of one of them, and Invalid for what the rule there does not take.
    """
    offers = {path: _offer(session, path, held) for path in sorted({person.path for person in people})}
    inputs = {offer.version.id: _inputs(session, offer.spec, held) for offer in offers.values()}
    own = key_review.live_records(session, [person.id for person in people])
    found = []
    for person in people:
        offer = offers[person.path]
        record = Declaration(**_values(offer.version, held, inputs[offer.version.id]), person_id=person.id)
        found.append(Entry(person.id, offer.version.id, key_review.beside(record, own[person.id])))
    return found


def grant(session: Session, actor: Actor, held: Held, entries: Sequence[Entry]) -> dict[int, int]:
    """Credit *held* to each participant where she stands now and tell her; return the record of each person.

    In sets of 500. Whoever is not registered any more is left out.
    """
    made: dict[int, int] = {}
    with acting(session, OPERATION):
        versions = {entry.version_id for entry in entries}
        rows = session.scalars(select(RuleVersion).where(RuleVersion.id.in_(versions)))
        ready = {v.id: _values(v, held, _inputs(session, rules.spec_of(v), held)) for v in rows}
        ordered = sorted(entries, key=lambda entry: entry.person_id)
        for start in range(0, len(ordered), CHUNK):
            made |= _grant_chunk(session, actor, held, ordered[start : start + CHUNK], ready)
    return made


def take_back(session: Session, actor: Actor, declaration_ids: Collection[int]) -> None:
    """Let what ``grant`` credited count no more and tell each person; ``discard`` deletes it once nobody points to it."""
    ids = sorted(declaration_ids)
    with acting(session, OPERATION):
        rows = session.execute(
            select(Declaration.id, Declaration.person_id, Declaration.title, Declaration.granted_tenths, Professional.account_id)
            .join(Professional, Professional.id == Declaration.person_id)
            .where(Declaration.id.in_(ids))
            .order_by(Declaration.id)
        ).all()
        DECLARATIONS.move_many(
            session,
            actor,
            ids,
            step="take_back",
            values={
                "granted_tenths": None,
                "granted_at": None,
                "recalculated_tenths": None,
                "recalculated_version_id": None,
            },
            recorded={row.id: {"granted_tenths": [row.granted_tenths, None]} for row in rows},
        ).or_raise()
    message_id = N_("The hours of “%(title)s” were taken back by %(organisation)s; the training is being reviewed again.")
    said = {"organisation": actor.organisation_name}
    told = [(row.account_id, row.person_id, "/portal/declarations", {"title": row.title, **said}) for row in rows]
    _tell(session, message_id, told)


def discard(session: Session, actor: Actor, declaration_ids: Collection[int]) -> None:
    """Delete what was taken back: a draft of a unit is nobody's. Its history and its postings stay."""
    ids = sorted(declaration_ids)
    with acting(session, OPERATION):
        history.record(session, actor, "declaration", ids, "delete")
        session.flush()
        for start in range(0, len(ids), CHUNK):
            gone = delete(Declaration).where(Declaration.id.in_(ids[start : start + CHUNK]))
            session.execute(gone, execution_options={"synchronize_session": False})
    session.expire_all()


# --- inside -----------------------------------------------------------------------------------------------------------


def _offer(session: Session, path: str, held: Held) -> Offer:
    windows.require_open(session, path, held.year)
    offer = rules.offer(session, path, FORM, held.year)
    if not offer.is_enabled:
        raise Invalid(N_("Hours of trainings of units are not accepted in %(year)s."), year=str(held.year))
    if held.subject not in offer.spec.subject_kinds:
        raise Invalid(N_("This learning form does not count toward the chosen subject."))
    return offer


def _inputs(session: Session, spec: FormSpec, held: Held) -> dict[str, Any]:
    try:
        return clean_inputs(spec, held.inputs, today=today(), known=rules.known_in(session))
    except FieldErrors as refusal:
        raise first_of(refusal) from None


def _values(version: RuleVersion, held: Held, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that are the same for every participant under one version of the rule."""
    spec = rules.spec_of(version)
    starts_on, ends_on = spec.days(inputs)
    by_rule = propose(spec, inputs, Decimal(to_hours(held.hours_tenths)))
    return {
        "year": held.year,
        "subject": SubjectKind(held.subject),
        "elective": held.elective,
        "form_code": version.form_code,
        "form_name": spec.label.zh[:60],
        "rule_version_id": version.id,
        "title": str(inputs.get(spec.title_field or "") or "")[:200],
        "inputs": stored(inputs),
        "starts_on": starts_on,
        "ends_on": ends_on,
        "requested_tenths": held.hours_tenths,
        "proposed_tenths": to_tenths(by_rule.hours) if by_rule.hours is not None else None,
        "arithmetic": list(by_rule.arithmetic),
        "source": Source.ORGANISATION,
    }


def _grant_chunk(
    session: Session, actor: Actor, held: Held, entries: Sequence[Entry], ready: Mapping[int, Mapping[str, Any]]
) -> dict[int, int]:
    # Locked first: a transfer or a merger at this moment comes before, or after, the whole of it.
    locked = select(Professional).where(Professional.id.in_([entry.person_id for entry in entries])).order_by(Professional.id)
    rows = session.scalars(locked.with_for_update(key_share=True), execution_options={"populate_existing": True})
    people = {person.id: person for person in rows}
    entries = [entry for entry in entries if entry.person_id in people]
    now = utcnow()
    values = [_row(people[entry.person_id], entry, ready[entry.version_id], now) for entry in entries]
    ids = bulk_insert_returning(session, Declaration, values)
    history.record(session, actor, "declaration", ids, "create", changes={"source": [None, Source.ORGANISATION.value]})
    granted = {"granted_tenths": held.hours_tenths, "granted_at": now}
    recorded = {i: {"granted_tenths": [None, held.hours_tenths]} for i in ids}
    DECLARATIONS.move_many(session, actor, ids, step="grant", values=granted, recorded=recorded).or_raise()
    made = {entry.person_id: i for entry, i in zip(entries, ids, strict=True)}
    hours, year = str(to_hours(held.hours_tenths)), str(held.year)
    said = {"title": held.inputs["class_name"], "hours": hours, "year": year}
    message_id = N_("The training “%(title)s” of your unit was approved: %(hours)s hours for %(year)s.")
    _tell(session, message_id, [(people[p].account_id, p, f"/portal/declarations/{i}", said) for p, i in made.items()])
    return made


def _row(person: Professional, entry: Entry, ready: Mapping[str, Any], now: Any) -> dict[str, Any]:
    return {
        **ready,
        "person_id": person.id,
        "organisation_id": person.organisation_id,
        "path": person.path,
        "person_name": person.name,
        "organisation_name": person.organisation_name,
        "state": DeclarationState.DRAFT,
        "form_key": entry.key or None,
        "is_key_review": bool(entry.key_reasons),
        "key_reasons": list(entry.key_reasons),
        "submitted_at": now,
        "created_at": now,
    }


def _tell(session: Session, message_id: str, told: Sequence[tuple[int | None, int, str, Mapping[str, str]]]) -> None:
    outbox.add_notices(
        session,
        [
            {
                "account_id": account_id,
                "position_key": person_key(person_id),
                "message_id": message_id,
                "link": link,
                "params": dict(params),
            }
            for account_id, person_id, link, params in told
            if account_id
        ],
    )
