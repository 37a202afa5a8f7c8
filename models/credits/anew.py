"""Declaring anew what did not pass the audit: a new draft, filled as the failed record was and linked to it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.base import to_hours
from models.credits.audits import Audit
from models.credits.declarers import personal_record
from models.credits.saving import Draft, save_draft
from models.credits.tables import AuditState, Declaration
from models.errors import N_, WrongState


def declare_anew(session: Session, actor: Actor, declaration_id: int) -> Declaration:
    """Return a new draft in place of a record that did not pass the audit; the evidence is to be attached anew.

    Asked a second time it returns the same record, whatever has become of it. Raises WrongState for any other record and
    FieldErrors when the year or the learning form can no longer be declared.
    """
    actor.require(Permission.PORTAL)
    failed = personal_record(session, actor, declaration_id)
    if failed.audit_state != AuditState.FAILED:
        raise WrongState(N_("Only a record that did not pass the audit is declared anew."))
    audit = session.scalars(select(Audit).where(Audit.declaration_id == failed.id)).one()
    if audit.renewed_id is not None:
        return personal_record(session, actor, audit.renewed_id)
    draft = save_draft(
        session,
        actor,
        Draft(
            failed.year,
            failed.subject,
            failed.form_code,
            dict(failed.inputs),
            to_hours(failed.requested_tenths),
            failed.elective,
        ),
    )
    audit.renewed_id = draft.id
    session.flush()
    history.record(session, actor, "declaration", [failed.id], "declare_anew", changes={"renewed_id": [None, draft.id]})
    return draft


def renewed(session: Session, declaration_id: int) -> tuple[Audit | None, int | None]:
    """Return the verdict on a record of the scope, and the failed record that it was declared in place of, if there is one."""
    audits = session.scalars(
        select(Audit).where((Audit.declaration_id == declaration_id) | (Audit.renewed_id == declaration_id))
    ).all()
    own = next((a for a in audits if a.declaration_id == declaration_id), None)
    return own, next((a.declaration_id for a in audits if a.renewed_id == declaration_id), None)
