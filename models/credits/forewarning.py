"""What reviewers would be asked to look at closely (重点审核) if hours were declared for many now; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import files
from models.access import Actor
from models.among import among
from models.base import canonical_json, to_hours
from models.credits import key_review
from models.credits.applicants import draft_for
from models.credits.batches import BatchApplicant, DeclarationBatch, files_of
from models.credits.declarers import declaring_ids, mark
from models.credits.key_review import Reason
from models.credits.rules import Offer
from models.credits.saving import EDITABLE, Draft, fill, offer_of, read
from models.credits.tables import Declaration
from models.errors import FieldErrors
from models.people.tables import Professional


@dataclass(frozen=True, slots=True)
class Forewarned:
    """One applicant with a reason for a closer look, or several."""

    name: str
    reasons: Sequence[Reason]


def forewarned(session: Session, actor: Actor, batch: DeclarationBatch) -> list[Forewarned]:
    """Return whose records would deserve a closer look and why, in the order of the list.

    Whoever could not be declared for at all is left out: the submission names her with its own sentence.
    """
    rows = session.execute(
        select(BatchApplicant, Professional)
        .join(Professional, Professional.id == BatchApplicant.person_id)
        .where(BatchApplicant.batch_id == batch.id, BatchApplicant.declaration_id.is_(None))
        .order_by(BatchApplicant.id)
    ).all()
    live = key_review.live_records(session, [person.id for _, person in rows])
    read_as = _Readings(session)
    records = []
    for applicant, person in rows:
        draft = draft_for(batch, applicant)
        record = Declaration(person_id=person.id, batch_id=batch.id, **mark(actor))
        try:
            offer, inputs, requested = read_as(person.path, draft)
            fill(session, person, record, offer=offer, draft=draft, inputs=inputs, requested=requested, live=live[person.id])
        except FieldErrors:
            continue
        records.append(record)
    if not records:
        return []
    found = key_review.reasons_of_many(session, records, files_of(session, batch.id), live)
    return [Forewarned(record.person_name, why) for record, why in zip(records, found, strict=True) if why]


def forewarned_again(session: Session, actor: Actor, declaration_ids: Collection[int]) -> list[Forewarned]:
    """Return which records that came back would deserve a closer look if they were submitted again now, and why, by their ids.

    What cannot be submitted at all is left out, as are records that others declared.
    """
    again = (Declaration.state.in_(EDITABLE), Declaration.declared_by_id.in_(declaring_ids(session, actor)))
    rows = session.execute(
        select(Declaration, Professional)
        .join(Professional, Professional.id == Declaration.person_id)
        .where(among(Declaration.id, declaration_ids), *again)
        .order_by(Declaration.id)
    ).all()
    live = key_review.live_records(session, {person.id for _, person in rows})
    read_as = _Readings(session)
    found = []
    for record, person in rows:
        draft = Draft(
            record.year, record.subject, record.form_code, record.inputs, to_hours(record.requested_tenths), record.elective
        )
        # Beside the stored record, which stays as it is.
        tried = Declaration(id=record.id, person_id=person.id, batch_id=record.batch_id, source=record.source, state=record.state)
        try:
            offer, inputs, requested = read_as(person.path, draft)
            fill(session, person, tried, offer=offer, draft=draft, inputs=inputs, requested=requested, live=live[person.id])
        except FieldErrors:
            continue
        evidence = files.attachments_of(session, key_review.SUBJECT_KIND, record.id)
        if why := key_review.reasons(session, tried, evidence, live[person.id]):
            found.append(Forewarned(person.name, why))
        live[person.id].append(tried)  # the next one of the person comes after it
    return found


class _Readings:
    """What was filled in, read by the rule of each place: once for all people of a place who have the same values."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._offers: dict[tuple[str, str, int], Offer] = {}
        self._read: dict[tuple[int, str], tuple[dict[str, Any], Decimal | None]] = {}

    def __call__(self, path: str, draft: Draft) -> tuple[Offer, dict[str, Any], Decimal | None]:
        """Return the rule of a place with the values by it; raises FieldErrors where there is none any more."""
        place = (path, draft.form_code, draft.year)
        if place not in self._offers:
            self._offers[place] = offer_of(self.session, *place)
        offer = self._offers[place]
        key = (offer.version.id, canonical_json([dict(draft.inputs), str(draft.requested_hours)]))
        if key not in self._read:
            inputs, requested, _errors = read(self.session, offer, draft)
            self._read[key] = inputs, requested
        return offer, *self._read[key]
