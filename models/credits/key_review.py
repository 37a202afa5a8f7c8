"""Why a declaration deserves a closer look (重点审核): reasons as message ids with parameters, never a refusal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import crypto
from models.among import among
from models.base import to_hours
from models.credits.tables import AuditState, Declaration, DeclarationState, Source
from models.errors import N_
from models.files import Attachment
from models.scope import acting
from models.text import compact
from models.uploads import looks_alike

SUBJECT_KIND = "declaration"
IS_LIVE = (
    Declaration.state.in_((DeclarationState.PENDING, DeclarationState.APPROVED)),
    Declaration.audit_state != AuditState.FAILED,
)
"""What a live record is: it counts or is in review, and was not failed by the audit."""
Reason = dict[str, Any]


class Evidence(Protocol):
    """A stored file that proves a record, or will prove those of a form."""

    @property
    def original_name(self) -> str: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def picture_hash(self) -> str | None: ...


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
        own = live_records(session, [declaration.person_id])[declaration.person_id]
    return reasons_of_many(session, [declaration], evidence, {declaration.person_id: own})[0]


def reasons_of_many(
    session: Session, declarations: Sequence[Declaration], evidence: Sequence[Evidence], live: Mapping[int, Sequence[Declaration]]
) -> list[list[Reason]]:
    """Return the reasons for each of several records of different people that share their evidence, stored or not; in sets.

    All of them belong to one form, or there is only one. *live* are the live records of each person.
    """
    own = [[r for r in live[d.person_id] if r is not d and (d.id is None or r.id != d.id)] for d in declarations]
    used_numbers = _used_numbers(session, declarations)
    used_files = _used_files(session, declarations, evidence)
    pictures = _pictures_of(session, declarations, evidence)
    used_twice = _reason(N_("The certificate number has been used in another record."))
    return [
        [
            *beside(declaration, others),
            *([used_twice] if declaration.certificate_key in used_numbers else []),
            *_same_file(declaration, evidence, used_files),
            *_alike_picture(evidence, others, pictures.get(declaration.person_id, ())),
        ]
        for declaration, others in zip(declarations, own, strict=True)
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
        rows = select(Declaration).where(Declaration.person_id.in_(wanted[start : start + 500]), *IS_LIVE)
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


def _of_others(declarations: Sequence[Declaration]) -> tuple[Any, ...]:
    """Leave out the records themselves, and what was declared for others by the same form: one certificate proves all of them."""
    ids, batch_id = [d.id for d in declarations if d.id is not None], declarations[0].batch_id
    itself = (Declaration.id.not_in(ids),) if ids else ()
    return (*itself, Declaration.batch_id.is_distinct_from(batch_id)) if batch_id is not None else itself


def _used_numbers(session: Session, declarations: Sequence[Declaration]) -> frozenset[str | None]:
    """Return the numbers that any live record has: what is told is only that there is one."""
    keys = {d.certificate_key for d in declarations} - {None}
    if not keys:
        return frozenset()
    statement = select(Declaration.certificate_key).distinct().where(Declaration.certificate_key.in_(keys), *IS_LIVE)
    with acting(session, "find_same_evidence"):
        return frozenset(session.scalars(statement.where(*_of_others(declarations))))


@dataclass(frozen=True, slots=True)
class _Use:
    """Who uses a file: the first and the last person by id, drafts left out, and the own people with a live record."""

    first: int | None = None
    last: int | None = None
    live: frozenset[int] = frozenset()

    def by_others_than(self, person_id: int) -> bool:
        return self.first is not None and (self.first, self.last) != (person_id, person_id)


def _used_files(session: Session, declarations: Sequence[Declaration], evidence: Sequence[Evidence]) -> dict[str, _Use]:
    """Return who uses each file beside the records themselves, by its hash."""
    hashes = {a.content_hash for a in evidence}
    if not hashes:
        return {}
    of_record = (Declaration.id == Attachment.subject_id) & (Attachment.subject_kind == SUBJECT_KIND)
    people = {d.person_id for d in declarations}
    uses = (
        select(Attachment.content_hash, func.min(Declaration.person_id), func.max(Declaration.person_id))
        .join(Declaration, of_record)
        .where(Attachment.content_hash.in_(hashes), Declaration.state != DeclarationState.DRAFT, *_of_others(declarations))
        .group_by(Attachment.content_hash)
    )
    live = (
        select(Attachment.content_hash, Declaration.person_id)
        .join(Declaration, of_record)
        .where(Attachment.content_hash.in_(hashes), among(Declaration.person_id, people), *IS_LIVE, *_of_others(declarations))
    )
    with acting(session, "find_same_evidence"):
        ends = {content_hash: (first, last) for content_hash, first, last in session.execute(uses)}
        found: dict[str, set[int]] = {}
        for content_hash, person_id in session.execute(live) if ends else ():
            found.setdefault(content_hash, set()).add(person_id)
    return {h: _Use(first, last, frozenset(found.get(h, ()))) for h, (first, last) in ends.items()}


def _same_file(declaration: Declaration, evidence: Sequence[Evidence], used: Mapping[str, _Use]) -> list[Reason]:
    """Name the files that are on a record of anybody else that is not a draft, or on a live one of the person."""
    person_id, names = declaration.person_id, {a.content_hash: a.original_name for a in evidence}
    uses = {content_hash: used.get(content_hash, _Use()) for content_hash in names}
    return [
        _reason(N_("The evidence file %(name)s has been used in another record."), name=names[content_hash])
        for content_hash, use in uses.items()
        if use.by_others_than(person_id) or person_id in use.live
    ]


def _pictures_of(
    session: Session, declarations: Sequence[Declaration], evidence: Sequence[Evidence]
) -> dict[int, list[tuple[int, str, str]]]:
    """Return record, picture and content of the pictures that each person has handed in."""
    if not any(a.picture_hash for a in evidence):
        return {}
    rows = session.execute(
        select(Attachment.person_id, Attachment.subject_id, Attachment.picture_hash, Attachment.content_hash).where(
            among(Attachment.person_id, {d.person_id for d in declarations}),
            Attachment.subject_kind == SUBJECT_KIND,
            Attachment.picture_hash.is_not(None),
        )
    )
    found: dict[int, list[tuple[int, str, str]]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append((row.subject_id, row.picture_hash, row.content_hash))
    return found


def _alike_picture(
    evidence: Sequence[Evidence], own: Sequence[Declaration], pictures: Sequence[tuple[int, str, str]]
) -> list[Reason]:
    titles = {other.id: other.title or other.form_name for other in own}
    return [
        _reason(
            N_("The picture %(name)s looks like one of another record of the person: %(title)s."),
            name=picture.original_name,
            title=titles[record_id],
        )
        for picture in evidence
        if picture.picture_hash
        for record_id, picture_hash, content_hash in pictures
        if record_id in titles and content_hash != picture.content_hash and looks_alike(picture.picture_hash, picture_hash)
    ]
