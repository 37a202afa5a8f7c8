"""The post-audit (学时审验): a second look at granted hours, one verdict for each record; a higher one replaces it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor, Permission, PositionKind
from models.base import Base, BigId, utcnow
from models.credits.recount import recount_records
from models.credits.tables import AuditState, Declaration, DeclarationState
from models.credits.workflow import AUDITS
from models.errors import N_, Conflict, DomainError, NotAllowed, NotFound, WrongState
from models.org.settings import SettingKey, setting
from models.org.tables import Organisation
from models.people.notices import Told, tell_people
from models.reviews import undo
from models.reviews.tables import Decision, ReviewKind, Verdict
from models.reviews.undo import Undone
from models.scope import OwnedByPerson, bulk_insert, bulk_update
from models.workflow import CHUNK, Moved


class Audit(OwnedByPerson, Base):
    """The verdict that holds for one record; who gave an earlier one, which a higher one replaced, tells the history."""

    __tablename__ = "audits"
    __may_move__ = frozenset({"by_organisation_id"})  # a higher verdict replaces a lower one
    __table_args__ = (
        Index("ix_audits_path", "path", "id"),
        Index("ix_audits_person", "person_id"),
        CheckConstraint("verdict in ('passed','failed')", name="known_verdict"),
        CheckConstraint("verdict <> 'failed' or reason <> ''", name="failure_has_reason"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    declaration_id: Mapped[int] = mapped_column(BigId, ForeignKey("declarations.id", ondelete="RESTRICT"), unique=True)
    verdict: Mapped[AuditState] = mapped_column(String(8), info={"label": N_("Result of the audit")})
    reason: Mapped[str] = mapped_column(String(500), default="", info={"label": N_("Audit opinion")})
    by_organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    by_organisation_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Audited by")})
    account_id: Mapped[int] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Time of the audit")})
    # What the person declared anew after a failure: one record, and none once that draft was deleted.
    renewed_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("declarations.id", ondelete="SET NULL"), unique=True)


AUDITORS = frozenset({PositionKind.HR_DEPARTMENT, PositionKind.COMPETENT_DEPARTMENT})
FAILED = N_("“%(title)s” did not pass the audit by %(organisation)s, its hours no longer count: %(reason)s You may declare anew.")
PASSED_AFTER_ALL = N_("“%(title)s” has passed the audit by %(organisation)s after all; its hours count again.")


def may_audit(session: Session, actor: Actor) -> bool:
    """Say whether the actor's organisation audits: HR departments, and competent ones where ``audit_by`` lets them."""
    if actor.kind not in AUDITORS or not actor.can(Permission.HOURS_AUDIT):
        return False
    return actor.kind is PositionKind.HR_DEPARTMENT or setting(session, actor.path, SettingKey.AUDIT_BY) == "departments"


def not_an_auditor() -> NotAllowed:
    """Return the refusal of whoever may not audit."""
    return NotAllowed(N_("Granted hours are audited by HR departments; your settings let nobody else."))


def count_auditable(session: Session, actor: Actor, ids: Collection[int]) -> int:
    """Return how many of the records the actor could give a verdict now; changes nothing."""
    wanted, n = sorted(set(ids)), 0
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        rows = {d.id: d for d in session.scalars(select(Declaration).where(Declaration.id.in_(part)))}
        n += len(part) - len(_refusals(session, actor, part, rows, audits_of(session, rows)))
    return n


def audit_many(session: Session, actor: Actor, ids: Collection[int], *, verdict: AuditState, reason: str = "") -> Moved:
    """Give the records one verdict each; refuse each other with its own sentence, nothing of which changes.

    Refused are what is not approved, what an organisation above the actor's granted, and what was audited already, unless
    below the actor. Years and certificates follow in the same transaction, and the persons are told of a failure.
    Raises NotAllowed for an organisation that does not audit and Invalid for a failure without reason.
    """
    actor.require(Permission.HOURS_AUDIT)
    if not may_audit(session, actor):
        raise not_an_auditor()
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        chunk = _audit(session, actor, wanted[start : start + CHUNK], verdict, reason.strip()[:500])
        done.extend(chunk.done)
        refused.update(chunk.refused)
    return Moved(tuple(done), refused)


def _audit(session: Session, actor: Actor, ids: Sequence[int], verdict: AuditState, reason: str) -> Moved:
    session.flush()
    locked = select(Declaration).where(Declaration.id.in_(ids)).order_by(Declaration.id).with_for_update()
    rows = {d.id: d for d in session.scalars(locked, execution_options={"populate_existing": True})}
    earlier = audits_of(session, rows)
    refused = _refusals(session, actor, ids, rows, earlier)
    fits = [i for i in ids if i not in refused]
    step = "audit_fail" if verdict is AuditState.FAILED else "audit_pass"
    moved = AUDITS.move_many(session, actor, fits, step=step, reason=reason, recorded=_recorded(actor, fits, earlier))
    _write(session, actor, [rows[i] for i in moved.done], earlier, verdict, reason)
    after_all = [i for i in moved.done if i in earlier and earlier[i].verdict == AuditState.FAILED]
    if verdict is AuditState.FAILED:
        _tell(session, actor, [rows[i] for i in moved.done], FAILED, reason)
    else:
        _tell(session, actor, [rows[i] for i in after_all], PASSED_AFTER_ALL, reason)
    for audit in earlier.values():
        session.expire(audit)
    return Moved(moved.done, {**refused, **moved.refused})


def _refusals(
    session: Session, actor: Actor, ids: Iterable[int], rows: Mapping[int, Declaration], earlier: Mapping[int, Audit]
) -> dict[int, DomainError]:
    above = _granted_above(session, actor, rows)
    below = _below(session, actor, {a.by_organisation_id for a in earlier.values()})
    refused: dict[int, DomainError] = {}
    for i in ids:
        row, audit = rows.get(i), earlier.get(i)
        if row is None:
            refused[i] = NotFound()
        elif row.state != DeclarationState.APPROVED:
            refused[i] = WrongState(N_("Only approved declarations are audited."))
        elif i in above:
            refused[i] = NotAllowed(N_("%(organisation)s granted the hours; it or one above it audits."), organisation=above[i])
        elif audit is not None and audit.renewed_id is not None:
            refused[i] = WrongState(N_("It did not pass the audit, and the person has declared it anew."))
        elif audit is not None and audit.by_organisation_id not in below:
            refused[i] = Conflict(N_("Already audited by %(name)s at %(time)s."), name=audit.actor_name, time=audit.decided_at)
    return refused


def _granted_above(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, str]:
    """Return the records that were granted by an organisation which is not the HR department's own or one below, with its name.

    Competent departments, where the setting lets them, audit whatever the HR departments above them granted.
    """
    if actor.kind is not PositionKind.HR_DEPARTMENT:
        return {}
    found = _passed_by(session, ids)
    for elsewhere in GRANTED_BY:
        found |= elsewhere(session, [i for i in ids if i not in found])
    own = _below(session, actor, {organisation_id for organisation_id, _ in found.values()}) | {actor.organisation_id}
    return {i: name for i, (organisation_id, name) in found.items() if organisation_id not in own}


def _passed_by(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Return who gave the last pass to each declaration: id and name."""
    statement = select(Decision.subject_id, Decision.by_organisation_id, Decision.by_organisation_name).where(
        Decision.kind == ReviewKind.DECLARATION,
        Decision.subject_id.in_(list(ids)),
        Decision.verdict == Verdict.PASS,
        Decision.undone_at.is_(None),
    )
    rows = session.execute(statement.order_by(Decision.id))
    return {row.subject_id: (row.by_organisation_id, row.by_organisation_name) for row in rows}


GRANTED_BY: list[Callable[[Session, Collection[int]], dict[int, tuple[int, str]]]] = []
"""Who granted records that no decision of their own passed; ``training`` adds the trainings of units."""


def _below(session: Session, actor: Actor, organisation_ids: Collection[int]) -> set[int | None]:
    """Return those of the organisations that stand below the actor's: its scope knows."""
    wanted = set(organisation_ids) - {actor.organisation_id}
    return set(session.scalars(select(Organisation.id).where(Organisation.id.in_(wanted)))) if wanted else set()


def _recorded(actor: Actor, ids: Iterable[int], earlier: Mapping[int, Audit]) -> dict[int, dict[str, list[str | None]]]:
    return {i: {"audited_by": [earlier[i].by_organisation_name if i in earlier else None, actor.organisation_name]} for i in ids}


def _write(
    session: Session,
    actor: Actor,
    rows: Sequence[Declaration],
    earlier: Mapping[int, Audit],
    verdict: AuditState,
    reason: str,
) -> None:
    said = {
        "verdict": verdict.value,
        "reason": reason,
        "by_organisation_id": actor.organisation_id,
        "by_organisation_name": actor.organisation_name,
        "account_id": actor.account_id,
        "actor_name": actor.on_behalf(Permission.HOURS_AUDIT).name,
        "decided_at": utcnow(),
    }
    new = [r for r in rows if r.id not in earlier]
    bulk_insert(
        session,
        Audit,
        [{"declaration_id": r.id, "person_id": r.person_id, "path": r.path, "renewed_id": None, **said} for r in new],
    )
    bulk_update(session, Audit, [{"id": earlier[r.id].id, **said} for r in rows if r.id in earlier])


def _tell(session: Session, actor: Actor, rows: Sequence[Declaration], message_id: str, reason: str) -> None:
    said = {"organisation": actor.organisation_name, "reason": reason}
    told = [
        Told(r.person_id, message_id, {"title": r.title or r.form_name, **said}, f"/portal/declarations/{r.id}") for r in rows
    ]
    tell_people(session, told)


def audits_of(session: Session, declaration_ids: Collection[int]) -> dict[int, Audit]:
    """Return the verdict on each record that has one, within the scope."""
    rows = session.scalars(select(Audit).where(Audit.declaration_id.in_(declaration_ids)))
    return {row.declaration_id: row for row in rows}


def _audited_since(session: Session, undone: Sequence[Undone]) -> dict[int, DomainError]:
    audited = audits_of(session, [u.decision.subject_id for u in undone])
    return {u.decision.id: WrongState(N_("It has been audited since.")) for u in undone if u.decision.subject_id in audited}


undo.keep_where(ReviewKind.DECLARATION, _audited_since)
AUDITS.on("audit_fail", recount_records)
AUDITS.on("audit_pass", recount_records)
