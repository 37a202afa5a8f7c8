"""Issuing a year's certificate by its first print, replacing it on request, revoking it when the year falls."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.base import today, utcnow
from models.certificates.content import compose, issuer_of, name_key
from models.certificates.numbers import locked_series, series_region, take_number
from models.certificates.tables import Certificate, CertificateState
from models.certificates.workflow import CERTIFICATES
from models.credits import by_unit
from models.credits.events import YearChange, year_changed
from models.credits.queries import earns_certificate
from models.credits.tables import YearSummary
from models.errors import N_, DomainError, NotAllowed, NotFound, WrongState
from models.people.tables import Professional
from models.reviews import undo
from models.reviews.tables import ReviewKind, Verdict
from models.reviews.undo import Undone
from models.scope import acting
from models.training import unit_granting

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""Without 0, O, 1, I and l: the code of the QR can be read out and typed."""
NOT_PASSED = N_("The year %(year)s does not meet the requirement yet; the certificate can be printed when it does.")
EXEMPT = N_("The year %(year)s is exempt: without the required hours there is no certificate.")
YEAR_FELL = N_("The year's hours no longer meet the requirement.")


def issue(session: Session, actor: Actor, person_id: int, year: int) -> Certificate:
    """Return the valid certificate of a person's year; the first call issues it, later hours change nothing.

    Raises NotFound for a person outside the scope, NotAllowed for a year that is not passed, and Invalid for a name
    that cannot be printed.
    """
    _require_right(actor, person_id)
    person = session.scalars(select(Professional).where(Professional.id == person_id)).first()
    if person is None:
        raise NotFound
    found = _valid(session, person_id, year)
    if found is not None:
        return found
    summary = _passed_summary(session, person_id, year)
    certificate = _issue(session, person, summary)
    history.record(session, actor, "certificate", [certificate.id], "issue", changes={"number": [None, certificate.number]})
    return certificate


def replace(session: Session, actor: Actor, certificate_id: int, *, reason: str) -> Certificate:
    """Issue a certificate anew after a correction of name or hours; the old one answers 已被替换 from now on.

    Raises NotFound outside the scope, WrongState unless it is valid, Invalid without a reason.
    """
    actor.require(Permission.CERTIFICATES_PRINT)
    old = session.scalars(select(Certificate).where(Certificate.id == certificate_id)).first()
    if old is None:
        raise NotFound
    person = session.scalars(select(Professional).where(Professional.id == old.person_id)).one()
    summary = _passed_summary(session, person.id, old.year)
    CERTIFICATES.move(session, actor, old.id, step="replace", reason=reason, values={"ended_at": utcnow(), "end_reason": reason})
    certificate = _issue(session, person, summary)
    history.record(
        session,
        actor,
        "certificate",
        [certificate.id],
        "issue",
        changes={"number": [old.number, certificate.number]},
        reason=reason,
    )
    return certificate


def _require_right(actor: Actor, person_id: int) -> None:
    """Everybody prints for herself, an administrator for the people of the subtree."""
    if actor.person_id == person_id and actor.post_id is None:
        actor.require(Permission.PORTAL)
    else:
        actor.require(Permission.CERTIFICATES_PRINT)


def _valid(session: Session, person_id: int, year: int) -> Certificate | None:
    return session.scalars(
        select(Certificate).where(
            Certificate.person_id == person_id, Certificate.year == year, Certificate.state == CertificateState.VALID
        )
    ).first()


def _passed_summary(session: Session, person_id: int, year: int) -> YearSummary:
    summary = session.scalars(
        select(YearSummary).where(YearSummary.person_id == person_id, YearSummary.year == year).with_for_update()
    ).first()
    if summary is None or not earns_certificate(summary):
        is_exempt = summary is not None and summary.is_exempt
        raise NotAllowed(EXEMPT if is_exempt else NOT_PASSED, year=str(year))
    return summary


def _issue(session: Session, person: Professional, summary: YearSummary) -> Certificate:
    with acting(session, "next_certificate_number"):
        issuer = issuer_of(session, summary.year_organisation_id)
        series = locked_series(session, series_region(issuer.region_code), summary.year)
        # Whoever waited for the lock may find that the other one has issued this very certificate.
        found = _valid(session, person.id, summary.year)
        if found is not None:
            return found
        content = compose(session, person, summary, issuer, number=take_number(series), issued_on=today())
        certificate = Certificate(
            number=content.number,
            person_id=person.id,
            path=person.path,
            year=summary.year,
            issuer_id=issuer.organisation_id,
            state=CertificateState.VALID,
            code="".join(secrets.choice(_LETTERS) for _ in range(12)),
            content=content.as_json(),
            name_key=name_key(person.name),
            issued_at=utcnow(),
        )
        session.add(certificate)
    return certificate


def _revoke_fallen(session: Session, actor: Actor, changes: Sequence[YearChange]) -> None:
    """Revoke the certificates of years that no longer pass; if one passes again the next print takes a new number."""
    fallen = {(c.person_id, c.year) for c in changes if not c.is_passed}
    if not fallen:
        return
    rows = session.execute(
        select(Certificate.id, Certificate.person_id, Certificate.year).where(
            Certificate.person_id.in_({person for person, _ in fallen}), Certificate.state == CertificateState.VALID
        )
    ).all()
    ids = [row.id for row in rows if (row.person_id, row.year) in fallen]
    if ids:
        CERTIFICATES.move_many(
            session, actor, ids, step="revoke", reason=YEAR_FELL, values={"ended_at": utcnow(), "end_reason": YEAR_FELL}
        )


year_changed.subscribe(_revoke_fallen)


def _issued_since(session: Session, undone: Sequence[Undone]) -> dict[int, DomainError]:
    """Return the decisions after which the certificate of the person's year was issued."""
    closing = [u for u in undone if u.was_last and u.decision.verdict == Verdict.PASS]
    statement = select(Certificate.person_id, Certificate.year, func.max(Certificate.issued_at)).where(
        Certificate.person_id.in_({u.decision.person_id for u in closing}), Certificate.state == CertificateState.VALID
    )
    rows = session.execute(statement.group_by(Certificate.person_id, Certificate.year))
    issued = {(person_id, year): at for person_id, year, at in rows}
    return {
        u.decision.id: WrongState(N_("The certificate of the year has been issued since."))
        for u in closing
        if (at := issued.get((u.decision.person_id or 0, u.decision.year or 0))) is not None and at >= u.decision.decided_at
    }


undo.keep_where(ReviewKind.DECLARATION, _issued_since)


def _issued_to_participants(session: Session, undone: Sequence[Undone]) -> dict[int, DomainError]:
    """Return the decisions on trainings of units after which the certificate of a participant's year was issued."""
    people = unit_granting.credited_people(session, undone)
    everybody = {person_id for each in people.values() for person_id in each}
    with acting(session, by_unit.OPERATION):
        rows = session.execute(
            select(Certificate.person_id, Certificate.year, Certificate.issued_at).where(
                Certificate.person_id.in_(everybody), Certificate.state == CertificateState.VALID
            )
        ).all()
    return {
        u.decision.id: WrongState(N_("The certificate of the year has been issued since."))
        for u in undone
        for row in rows
        if row.person_id in people[u.decision.id] and row.year == u.decision.year and row.issued_at >= u.decision.decided_at
    }


undo.keep_where(ReviewKind.UNIT_HOURS, _issued_to_participants)
