"""Grants and ends exemptions, one person or many at once; the years are counted anew in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.base import today, utcnow
from models.credits.exemptions import LONGEST_NOTE, WHOLE_YEAR, Exemption, ExemptionKind, holding
from models.credits.recount import recount_years
from models.errors import N_, Conflict, DomainError, Invalid, NotAllowed, NotFound
from models.people.tables import Professional, ProfessionalState
from models.workflow import Moved

YEARS_BACK = 5


def exempt_many(
    session: Session, actor: Actor, person_ids: Collection[int], *, year: int, kind: str, months: int, note: str
) -> Moved:
    """Exempt people of the subtree from *months* of a year; each other one is refused with a sentence.

    Raises NotAllowed, and Invalid for the year, the kind, the months and a missing reason.
    """
    actor.require(Permission.EXEMPTIONS)
    reason = _checked(year, kind, months, note)
    locked = select(Professional).where(Professional.id.in_(person_ids)).order_by(Professional.id)
    people = {p.id: p for p in session.scalars(locked.with_for_update(), execution_options={"populate_existing": True})}
    held = holding(session, year, people)
    refused: dict[int, DomainError] = {}
    done: list[int] = []
    for person_id in sorted(set(person_ids)):
        refusal = _obstacle(actor, people.get(person_id), held.get(person_id))
        if refusal is not None:
            refused[person_id] = refusal
            continue
        person = people[person_id]
        session.add(
            Exemption(
                person_id=person.id,
                path=person.path,
                person_name=person.name,
                organisation_name=person.organisation_name,
                year=year,
                kind=ExemptionKind(kind),
                months=months,
                note=reason,
                granted_by=actor.name,
            )
        )
        done.append(person_id)
    session.flush()
    _follow(session, actor, done, year, "exempt", reason)
    return Moved(tuple(done), refused)


def end_many(session: Session, actor: Actor, exemption_ids: Collection[int]) -> Moved:
    """End exemptions: what the years demand, and whether they pass, is as without them."""
    actor.require(Permission.EXEMPTIONS)
    locked = select(Exemption).where(Exemption.id.in_(exemption_ids)).order_by(Exemption.id)
    found = {e.id: e for e in session.scalars(locked.with_for_update(), execution_options={"populate_existing": True})}
    refused: dict[int, DomainError] = {}
    ended: dict[int, list[int]] = {}
    done: list[int] = []
    for exemption_id in sorted(set(exemption_ids)):
        row = found.get(exemption_id)
        if row is None or row.ended_at is not None:
            refused[exemption_id] = NotFound() if row is None else Conflict(N_("This exemption has ended already."))
            continue
        row.ended_at, row.ended_by = utcnow(), actor.name
        ended.setdefault(row.year, []).append(row.person_id or 0)
        done.append(exemption_id)
    session.flush()
    for year, person_ids in sorted(ended.items()):
        _follow(session, actor, person_ids, year, "end_exemption", "")
    return Moved(tuple(done), refused)


def _checked(year: int, kind: str, months: int, note: str) -> str:
    if not today().year - YEARS_BACK <= year <= today().year + 1:
        raise Invalid(N_("Exemptions are granted for the running year, the next one and the last five."))
    if kind not in set(ExemptionKind):
        raise Invalid(N_("Please choose a kind of exemption."))
    if not 1 <= months <= WHOLE_YEAR:
        raise Invalid(N_("The months lie between 1 and 12."))
    reason = " ".join(note.split())
    if not reason or len(reason) > LONGEST_NOTE:
        raise Invalid(N_("Please give a reason of at most %(n)s characters."), n=LONGEST_NOTE)
    return reason


def _obstacle(actor: Actor, person: Professional | None, held: Exemption | None) -> DomainError | None:
    if person is None:
        return NotFound()
    if person.account_id == actor.account_id:
        return NotAllowed(N_("Nobody exempts herself."))
    if person.state not in {ProfessionalState.ACTIVE, ProfessionalState.DISABLED}:
        return Conflict(N_("The person is not registered yet."))
    if held is not None:
        return Conflict(N_("An exemption for this year holds already; it ends first."))
    return None


def _follow(session: Session, actor: Actor, person_ids: Sequence[int], year: int, action: str, reason: str) -> None:
    if person_ids:
        history.record(session, actor, "professional", person_ids, action, reason=reason, changes={"year": [None, year]})
        recount_years(session, actor, [(person_id, year) for person_id in person_ids])
