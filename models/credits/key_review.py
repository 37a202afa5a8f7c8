"""Why a declaration deserves a closer look (重点审核): reasons as message ids with parameters, never a refusal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import crypto
from models.base import to_hours
from models.credits.tables import AuditState, Declaration, DeclarationState, Source
from models.errors import N_
from models.files import Attachment
from models.scope import acting
from models.text import compact
from models.uploads import looks_alike

SUBJECT_KIND = "declaration"
LIVE = (DeclarationState.PENDING, DeclarationState.APPROVED)
Reason = dict[str, Any]
_ALSO_BY_BASE = N_("The class %(title)s has been posted by a training base already.")
_ALSO_BY_PERSON = N_("The person has declared the class of the training base herself: %(title)s.")


def certificate_key(number: str | None) -> str | None:
    """Return the keyed hash of the evidence's number, the same for every way of writing it."""
    return crypto.keyed_hash(f"certificate:{compact(number)}") if number else None


def reasons(
    session: Session, declaration: Declaration, evidence: Sequence[Attachment], own: Sequence[Declaration] | None = None
) -> list[Reason]:
    """Return every reason for a closer look at *declaration* as it is submitted now; *own* as ``live_records`` gave them."""
    if own is None:
        own = [r for r in live_records(session, [declaration.person_id])[declaration.person_id] if r.id != declaration.id]
    return [
        *beside(declaration, own),
        *_same_number(session, declaration),
        *_same_file(session, declaration, evidence),
        *_alike_picture(session, declaration, evidence, own),
    ]


def beside(declaration: Declaration, own: Sequence[Declaration]) -> list[Reason]:
    """Return the reasons that follow from the record itself and from the person's *own* other live ones; reads nothing."""
    return [
        *_over_the_rule(declaration),
        *_overlapping(declaration, own),
        *_same_class(declaration, own),
        *_outside_the_year(declaration),
    ]


def _reason(message_id: str, **params: object) -> Reason:
    return {"message_id": message_id, "params": {name: str(value) for name, value in params.items()}}


def live_records(session: Session, person_ids: Collection[int]) -> dict[int, list[Declaration]]:
    """Return the records of each person that count or are in review, and were not failed by the audit; for many people at once."""
    found: dict[int, list[Declaration]] = {i: [] for i in person_ids}
    wanted = sorted(found)
    for start in range(0, len(wanted), 500):
        rows = select(Declaration).where(
            Declaration.person_id.in_(wanted[start : start + 500]),
            Declaration.state.in_(LIVE),
            Declaration.audit_state != AuditState.FAILED,
        )
        for row in session.scalars(rows.order_by(Declaration.id)):
            found[row.person_id].append(row)
    return found


def _over_the_rule(declaration: Declaration) -> list[Reason]:
    proposed = declaration.proposed_tenths
    if proposed is None or declaration.requested_tenths <= proposed:
        return []
    return [
        _reason(
            N_("%(requested)s hours are declared, the rule gives %(proposed)s."),
            requested=to_hours(declaration.requested_tenths),
            proposed=to_hours(proposed),
        )
    ]


def _overlapping(declaration: Declaration, own: Sequence[Declaration]) -> list[Reason]:
    first, last = declaration.starts_on, declaration.ends_on
    if first is None or last is None:
        return []
    return [
        _reason(
            N_("The period overlaps with another record of the person: %(title)s, %(first)s to %(last)s."),
            title=other.title or other.form_name,
            first=other.starts_on,
            last=other.ends_on,
        )
        for other in own
        if other.starts_on is not None and other.ends_on is not None and other.starts_on <= last and first <= other.ends_on
    ]


def _same_class(declaration: Declaration, own: Sequence[Declaration]) -> list[Reason]:
    """Find the class that a training base has posted and the person has declared, by its name, however it is written.

    Each is marked by the other, whichever comes second.
    """
    name, is_of_base = compact(declaration.title), declaration.source == Source.BASE
    if not name:
        return []
    message_id = _ALSO_BY_PERSON if is_of_base else _ALSO_BY_BASE
    return [
        _reason(message_id, title=other.title)
        for other in own
        if (other.source == Source.BASE) != is_of_base and other.year == declaration.year and compact(other.title) == name
    ]


def _outside_the_year(declaration: Declaration) -> list[Reason]:
    first, last, year = declaration.starts_on, declaration.ends_on, declaration.year
    if first is None or last is None or (dt.date(year, 1, 1) <= first and last <= dt.date(year, 12, 31)):
        return []
    return [_reason(N_("The period %(first)s to %(last)s is not wholly within %(year)s."), first=first, last=last, year=year)]


def _of_others(declaration: Declaration) -> tuple[Any, ...]:
    """Leave out what was declared for others by the same form: one certificate of a class proves all of its records."""
    return (Declaration.batch_id.is_distinct_from(declaration.batch_id),) if declaration.batch_id is not None else ()


def _same_number(session: Session, declaration: Declaration) -> list[Reason]:
    """Find the same number on any live record: what is told is only that there is one."""
    if declaration.certificate_key is None:
        return []
    with acting(session, "find_same_evidence"):
        other = session.scalar(
            select(Declaration.id)
            .where(
                Declaration.certificate_key == declaration.certificate_key,
                Declaration.id != declaration.id,
                Declaration.state.in_(LIVE),
                Declaration.audit_state != AuditState.FAILED,
                *_of_others(declaration),
            )
            .limit(1)
        )
    return [_reason(N_("The certificate number has been used in another record."))] if other else []


def _same_file(session: Session, declaration: Declaration, evidence: Sequence[Attachment]) -> list[Reason]:
    """Find the very same file on a record of anybody that is not a draft, or on a live one of the person."""
    hashes = {a.content_hash: a.original_name for a in evidence}
    if not hashes:
        return []
    live_own = Declaration.state.in_(LIVE) & (Declaration.audit_state != AuditState.FAILED)
    others = (Declaration.person_id != declaration.person_id) & (Declaration.state != DeclarationState.DRAFT)
    with acting(session, "find_same_evidence"):
        found = set(
            session.scalars(
                select(Attachment.content_hash)
                .join(Declaration, (Declaration.id == Attachment.subject_id) & (Attachment.subject_kind == SUBJECT_KIND))
                .where(Attachment.content_hash.in_(hashes), Declaration.id != declaration.id, or_(others, live_own))
                .where(*_of_others(declaration))
            )
        )
    return [
        _reason(N_("The evidence file %(name)s has been used in another record."), name=name)
        for content_hash, name in hashes.items()
        if content_hash in found
    ]


def _alike_picture(
    session: Session, declaration: Declaration, evidence: Sequence[Attachment], own: Sequence[Declaration]
) -> list[Reason]:
    pictures = [a for a in evidence if a.picture_hash]
    if not pictures or not own:
        return []
    titles = {other.id: other.title or other.form_name for other in own}
    rows = session.execute(
        select(Attachment.subject_id, Attachment.picture_hash, Attachment.content_hash).where(
            Attachment.person_id == declaration.person_id,
            Attachment.subject_kind == SUBJECT_KIND,
            Attachment.picture_hash.is_not(None),
        )
    ).all()
    return [
        _reason(
            N_("The picture %(name)s looks like one of another record of the person: %(title)s."),
            name=picture.original_name,
            title=titles[row.subject_id],
        )
        for picture in pictures
        for row in rows
        if row.subject_id in titles
        and row.content_hash != picture.content_hash
        and looks_alike(str(picture.picture_hash), row.picture_hash)
    ]
