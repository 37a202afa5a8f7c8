"""Issuing a year's certificate by its first print, replacing it on request, revoking it when the year falls."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.base import today, utcnow
from models.certificates.content import Content, Issuer, compose, content_of, issuers_of, name_key, words_of
from models.certificates.numbers import locked_series, series_region, take_number
from models.certificates.tables import Certificate, CertificateState
from models.certificates.telling import FEWER_HOURS, YEAR_FELL, tell_replaced, tell_revoked
from models.certificates.workflow import CERTIFICATES
from models.credits import by_unit
from models.credits.events import YearChange, year_changed
from models.credits.queries import earns_certificate
from models.credits.tables import YearSummary
from models.errors import N_, DomainError, Invalid, NotAllowed, NotFound, WrongState
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


def issue(session: Session, actor: Actor, person_id: int, year: int) -> Certificate:
    """Return the valid certificate of a person's year; the first call issues it, later hours change nothing.

    Raises NotFound for a person outside the scope, NotAllowed for a year that is not passed, and Invalid for a name
    that cannot be printed.
    """
    _require_right(actor, person_id)
    person = session.scalars(select(Professional).where(Professional.id == person_id)).first()
    if person is None:
        raise NotFound
    found = _valid(session, {(person_id, year)})
    if found:
        return found[person_id, year]
    summary = _passed_summary(session, person_id, year)
    issued = _issue_all(session, [(person, summary)])
    _record(session, actor, issued.new)
    return _only(issued)


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of years by their ids: each has its certificate, or a reason why there is none."""

    certificates: dict[int, Certificate]
    refused: dict[int, DomainError]
    new: tuple[Certificate, ...] = ()  # those that were issued just now


def issue_many(session: Session, actor: Actor, summary_ids: Sequence[int]) -> Issued:
    """Return the valid certificates of years of the scope in the order of their ids, issuing those that have none yet.

    A year outside the scope is refused with NotFound, one that does not pass with NotAllowed, and one that cannot be
    printed with Invalid; it takes no number. Done twice it gives the same. Raises NotAllowed without the right.
    """
    actor.require(Permission.CERTIFICATES_PRINT)
    ids = sorted(set(summary_ids))
    of_ids = select(YearSummary).where(YearSummary.id.in_(ids)).order_by(YearSummary.id).with_for_update()
    summaries = {s.id: s for s in session.scalars(of_ids)}
    people = {
        p.id: p
        for p in session.scalars(select(Professional).where(Professional.id.in_({s.person_id for s in summaries.values()})))
    }
    issued, refused = _valid_ones(session, summaries.values()), dict[int, DomainError]()
    to_issue = []
    for summary_id in ids:
        summary = summaries.get(summary_id)
        if summary is None or summary.person_id not in people:
            refused[summary_id] = NotFound()
        elif summary_id not in issued and not earns_certificate(summary):
            refused[summary_id] = _not_earned(summary, summary.year)
        elif summary_id not in issued:
            to_issue.append((people[summary.person_id], summary))
    new = _issue_all(session, to_issue)
    _record(session, actor, new.new)
    issued |= new.certificates
    return Issued({i: issued[i] for i in ids if i in issued}, refused | new.refused, new.new)


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
    certificate = _only(_issue_all(session, [(person, summary)]))
    _record(session, actor, [certificate], instead_of={(old.person_id, old.year): old}, reason=reason)
    tell_replaced(session, {old.number: certificate}, reason=reason)
    return certificate


def _require_right(actor: Actor, person_id: int) -> None:
    """Everybody prints for herself, an administrator for the people of the subtree."""
    if actor.person_id == person_id and actor.post_id is None:
        actor.require(Permission.PORTAL)
    else:
        actor.require(Permission.CERTIFICATES_PRINT)


def _valid(session: Session, pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], Certificate]:
    """Return the valid certificates of pairs of a person and a year."""
    found = session.scalars(
        select(Certificate).where(
            Certificate.person_id.in_({person_id for person_id, _ in pairs}),
            Certificate.year.in_({year for _, year in pairs}),
            Certificate.state == CertificateState.VALID,
        )
    )
    return {(c.person_id, c.year): c for c in found if (c.person_id, c.year) in pairs}


def _valid_ones(session: Session, summaries: Collection[YearSummary]) -> dict[int, Certificate]:
    """Return the valid certificates of years by the years' ids."""
    ids = {(s.person_id, s.year): s.id for s in summaries}
    return {ids[pair]: certificate for pair, certificate in _valid(session, ids.keys()).items()}


def _passed_summary(session: Session, person_id: int, year: int) -> YearSummary:
    summary = session.scalars(
        select(YearSummary).where(YearSummary.person_id == person_id, YearSummary.year == year).with_for_update()
    ).first()
    if summary is None or not earns_certificate(summary):
        raise _not_earned(summary, year)
    return summary


def _not_earned(summary: YearSummary | None, year: int) -> NotAllowed:
    return NotAllowed(EXEMPT if summary is not None and summary.is_exempt else NOT_PASSED, year=str(year))


def _only(issued: Issued) -> Certificate:
    """Return the one certificate; raises the refusal where there is none."""
    for refusal in issued.refused.values():
        raise refusal
    (certificate,) = issued.certificates.values()
    return certificate


def _record(
    session: Session,
    actor: Actor,
    new: Collection[Certificate],
    *,
    instead_of: Mapping[tuple[int, int], Certificate] | None = None,
    reason: str = "",
) -> None:
    """Record that certificates were issued; *instead_of* are those that they replace, by person and year."""
    old = {pair: certificate.number for pair, certificate in (instead_of or {}).items()}
    numbers = {c.id: {"number": [old.get((c.person_id, c.year)), c.number]} for c in new}
    history.record(session, actor, "certificate", list(numbers), "issue", each=numbers, reason=reason)


def _issue_all(session: Session, wanted: Sequence[tuple[Professional, YearSummary]]) -> Issued:
    """Issue certificates in the order given; who cannot be printed is refused before a number is taken."""
    ready, refused = _composed(session, wanted)
    issued = _issue_composed(session, wanted, ready)
    return Issued(issued.certificates, {i: r for i, r in refused.items() if i not in issued.certificates}, issued.new)


def _issue_composed(
    session: Session, wanted: Sequence[tuple[Professional, YearSummary]], ready: Mapping[int, tuple[Issuer, Content]]
) -> Issued:
    """Issue those certificates that are *ready*; whoever has one by now keeps it."""
    if not wanted:
        return Issued({}, {})
    with acting(session, "next_certificate_number"):
        places = {i: (series_region(issuer.region_code), content.year) for i, (issuer, content) in ready.items()}
        # Locked in one order by everybody: two who issue for several series never wait for each other in a circle.
        series = {place: locked_series(session, *place) for place in sorted(set(places.values()))}
        # Whoever waited for the lock may find that the other one has issued these very certificates.
        found = _valid_ones(session, [summary for _, summary in wanted])
        issued = {
            summary.id: _certificate(person, *ready[summary.id], take_number(series[places[summary.id]]))
            for person, summary in wanted
            if summary.id in ready and summary.id not in found
        }
        session.add_all(issued.values())
        session.flush()
    return Issued(found | issued, {}, tuple(issued.values()))


def _composed(
    session: Session, wanted: Sequence[tuple[Professional, YearSummary]]
) -> tuple[dict[int, tuple[Issuer, Content]], dict[int, DomainError]]:
    """Return by the ids of the years who issues and what the certificates say, and why the others cannot be printed."""
    ready, refused = dict[int, tuple[Issuer, Content]](), dict[int, DomainError]()
    if not wanted:
        return ready, refused
    organisations = {summary.year_organisation_id for _, summary in wanted}
    with acting(session, "next_certificate_number"):
        issuers = issuers_of(session, organisations)
        words = words_of(session, [person for person, _ in wanted], organisations)
    for person, summary in wanted:
        issuer = issuers[summary.year_organisation_id]
        try:
            ready[summary.id] = issuer, compose(person, summary, issuer, words, issued_on=today())
        except Invalid as refusal:
            refused[summary.id] = refusal
    return ready, refused


def _certificate(person: Professional, issuer: Issuer, content: Content, number: str) -> Certificate:
    return Certificate(
        number=number,
        person_id=person.id,
        path=person.path,
        year=content.year,
        issuer_id=issuer.organisation_id,
        state=CertificateState.VALID,
        code="".join(secrets.choice(_LETTERS) for _ in range(12)),
        content=dataclasses.replace(content, number=number).as_json(),
        name_key=name_key(person.name),
        issued_at=utcnow(),
    )


def _follow_years(session: Session, actor: Actor, changes: Sequence[YearChange]) -> None:
    """End the certificates that are not true any more.

    That of a year that no longer passes is revoked; if the year passes again the next print takes a new number. One that
    says more hours than its year counts is replaced by one that says what it counts, or revoked where that cannot be printed;
    more hours than it says change nothing. Its holder is told.
    """
    concerned = {(c.person_id, c.year): c for c in changes if c.has_fewer_hours or not c.is_passed}
    if not concerned:
        return
    valid = _valid(session, concerned.keys())
    _revoke(session, actor, [c for pair, c in valid.items() if not concerned[pair].is_passed], YEAR_FELL)
    _replace_untrue(session, actor, [c for pair, c in valid.items() if concerned[pair].is_passed])


def _revoke(session: Session, actor: Actor, certificates: Sequence[Certificate], reason: str) -> None:
    if not certificates:
        return
    values = {"ended_at": utcnow(), "end_reason": reason}
    moved = CERTIFICATES.move_many(session, actor, [c.id for c in certificates], step="revoke", reason=reason, values=values)
    done = set(moved.done)  # another one at the same time may have ended the others, and told
    tell_revoked(session, [c for c in certificates if c.id in done], reason)


def _replace_untrue(session: Session, actor: Actor, valid: Sequence[Certificate]) -> None:
    if not valid:
        return
    of_people = {c.person_id for c in valid}
    summaries = {
        (s.person_id, s.year): s for s in session.scalars(select(YearSummary).where(YearSummary.person_id.in_(of_people)))
    }
    people = {p.id: p for p in session.scalars(select(Professional).where(Professional.id.in_(of_people)))}
    untrue = {(c.person_id, c.year): c for c in valid if content_of(c.content).says_more_than(summaries[c.person_id, c.year])}
    earning = [(people[person_id], summaries[person_id, year]) for person_id, year in untrue]
    earning = [(person, summary) for person, summary in earning if earns_certificate(summary)]
    ready, _refused = _composed(session, earning)  # one that cannot be printed anew has nothing to stand in its place
    old = {pair: c for pair, c in untrue.items() if summaries[pair].id in ready}
    _revoke(session, actor, [c for pair, c in untrue.items() if pair not in old], FEWER_HOURS)
    values = {"ended_at": utcnow(), "end_reason": FEWER_HOURS}
    CERTIFICATES.move_many(session, actor, [c.id for c in old.values()], step="replace", reason=FEWER_HOURS, values=values)
    new = _issue_composed(session, [(person, summary) for person, summary in earning if summary.id in ready], ready).new
    _record(session, actor, new, instead_of=old, reason=FEWER_HOURS)
    tell_replaced(session, {old[c.person_id, c.year].number: c for c in new})


year_changed.subscribe(_follow_years)


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
