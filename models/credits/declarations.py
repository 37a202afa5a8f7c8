"""What whoever declared hours does with a record: prove, submit, withdraw, delete; the form of one stands in ``saving``."""

from __future__ import annotations

from sqlalchemy.orm import Session

from models import files, history
from models.access import Actor
from models.base import to_hours, today, utcnow
from models.credits import key_review, rules, windows
from models.credits.declarers import own_record, profile, require, source_of
from models.credits.form_inputs import clean_inputs
from models.credits.saving import (
    EDITABLE,
    ELECTIVE,
    Draft,
    Proposal,
    figures,
    fill,
    offer_of,
    own_editable,
    propose,
    save_draft,
)
from models.credits.tables import AuditState, Declaration, DeclarationState, Source
from models.credits.workflow import DECLARATIONS
from models.errors import N_, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.files import Attachment
from models.people.tables import Professional
from models.reviews import submission
from models.reviews.tables import ReviewKind
from models.scope import acting
from models.uploads import Checked
from models.workflow import WRONG_STEP

__all__ = [
    "ELECTIVE",
    "Draft",
    "Proposal",
    "add_evidence",
    "delete_draft",
    "propose",
    "remove_evidence",
    "save_draft",
    "submit",
    "what_can",
    "withdraw",
]

MAX_ATTACHMENTS = 10


def what_can(declaration: Declaration, by: Source = Source.PERSON) -> frozenset[str]:
    """Return what its person, or whoever else declared it, may do with it now.

    That is edit, submit, resubmit, withdraw, delete; and declare it anew, which is the person's alone.
    """
    if declaration.audit_state == AuditState.FAILED:
        # Nobody declares the training of a whole unit alone.
        is_of_unit = declaration.source == Source.ORGANISATION and declaration.declared_by_id is None
        return frozenset({"declare_anew"}) if by is Source.PERSON and not is_of_unit else frozenset()
    if declaration.source != by:
        return frozenset()  # its steps belong to whoever declared it
    return frozenset(
        {
            DeclarationState.DRAFT: {"edit", "submit", "delete"},
            DeclarationState.PENDING: {"withdraw"},
            DeclarationState.REJECTED: {"edit", "resubmit"},
        }.get(DeclarationState(declaration.state), set())
    )


# --- evidence -------------------------------------------------------------------------------------------------------


def add_evidence(session: Session, actor: Actor, declaration_id: int, checked: Checked) -> Attachment:
    """Attach a picture or PDF, checked before the transaction began, to a draft or a rejected record; raises Invalid."""
    declaration = own_editable(session, actor, declaration_id)
    present = files.attachments_of(session, "declaration", declaration.id)
    if len(present) >= MAX_ATTACHMENTS:
        raise Invalid(N_("A declaration takes at most %(n)s attachments."), n=MAX_ATTACHMENTS)
    if any(a.content_hash == checked.content_hash for a in present):
        raise Invalid(N_("The file %(name)s is attached already."), name=checked.original_name)
    kept = files.keep(
        session,
        checked,
        subject_kind="declaration",
        subject_id=declaration.id,
        person_id=declaration.person_id,
        path=declaration.path,
    )
    history.record(
        session, actor, "declaration", [declaration.id], "add_evidence", changes={"attachment": [None, kept.original_name]}
    )
    return kept


def remove_evidence(session: Session, actor: Actor, declaration_id: int, key: str) -> None:
    """Take an attachment off a draft or a rejected record; raises NotFound for one of another record."""
    declaration = own_editable(session, actor, declaration_id)
    attachment = files.attachment(session, key)
    if (attachment.subject_kind, attachment.subject_id) != ("declaration", declaration.id):
        raise NotFound
    name = attachment.original_name
    files.discard(session, attachment)
    history.record(session, actor, "declaration", [declaration.id], "remove_evidence", changes={"attachment": [name, None]})


# --- steps ----------------------------------------------------------------------------------------------------------


def submit(session: Session, actor: Actor, declaration_id: int) -> Declaration:
    """Submit a draft, or a rejected record again, after checking everything; raises FieldErrors or WrongState."""
    require(actor)
    declaration = own_record(session, actor, declaration_id)
    person = profile(session, actor, declaration.person_id)
    if declaration.state not in EDITABLE:
        raise WrongState(WRONG_STEP, state=str(declaration.state), of=DECLARATIONS.subject_kind)
    step = "submit" if declaration.state == DeclarationState.DRAFT else "resubmit"
    _check_whole(session, person, declaration)
    DECLARATIONS.move(session, actor, declaration.id, step=step, values={"submitted_at": utcnow()})
    session.refresh(declaration)
    submission.submit(
        session,
        actor,
        ReviewKind.DECLARATION,
        declaration.id,
        path=declaration.path,
        person_id=declaration.person_id,
        subject_account_id=person.account_id,
        facets={"year": declaration.year, "topic": declaration.form_code, "part": declaration.subject},
        declared_by=actor.organisation_id if source_of(actor) is Source.ORGANISATION else None,
    )
    return declaration


def _check_whole(session: Session, person: Professional, declaration: Declaration) -> None:
    """Check a record by the rule of today, write what follows from it and why it needs a closer look."""
    offer = offer_of(session, person.path, declaration.form_code, declaration.year)
    errors: dict[str, DomainError] = {}
    try:
        windows.require_open(session, person.path, declaration.year)
    except NotAllowed as refusal:
        errors["year"] = refusal
    try:
        inputs = clean_inputs(offer.spec, declaration.inputs, today=today(), known=rules.known_in(session))
    except FieldErrors as wrong:
        errors, inputs = {**errors, **wrong.errors}, {}
    if declaration.subject not in offer.spec.subject_kinds:
        errors["subject"] = Invalid(N_("This learning form does not count toward the chosen subject."))
    if declaration.requested_tenths <= 0:
        errors["requested_hours"] = Invalid(N_("Enter the hours that you declare."))
    evidence = files.attachments_of(session, "declaration", declaration.id)
    if offer.spec.demands_evidence and not evidence:
        errors["attachments"] = Invalid(
            N_("Attach at least one scan of the evidence: %(evidence)s"), evidence=offer.spec.evidence.zh
        )
    if errors:
        raise FieldErrors(errors)
    draft = Draft(
        declaration.year,
        declaration.subject,
        declaration.form_code,
        declaration.inputs,
        to_hours(declaration.requested_tenths),
        declaration.elective,
    )
    fill(session, person, declaration, offer=offer, draft=draft, inputs=inputs, requested=to_hours(declaration.requested_tenths))
    declaration.key_reasons = key_review.reasons(session, declaration, evidence)
    declaration.is_key_review = bool(declaration.key_reasons)
    with acting(session, "declare"):
        session.flush()


def withdraw(session: Session, actor: Actor, declaration_id: int) -> Declaration:
    """Take a submitted declaration back to the drafts until the last decision; raises WrongState afterwards."""
    require(actor)
    declaration = own_record(session, actor, declaration_id)
    DECLARATIONS.move(session, actor, declaration.id, step="withdraw")
    submission.withdraw(session, actor, ReviewKind.DECLARATION, declaration.id)
    session.refresh(declaration)
    return declaration


def delete_draft(session: Session, actor: Actor, declaration_id: int) -> None:
    """Delete a draft with its attachments; its history stays. Raises WrongState for anything but a draft."""
    declaration = own_editable(session, actor, declaration_id)
    if declaration.state != DeclarationState.DRAFT:
        raise WrongState(N_("Only a draft can be deleted."))
    for attachment in files.attachments_of(session, "declaration", declaration.id):
        files.discard(session, attachment)
    history.record(
        session,
        actor,
        "declaration",
        [declaration.id],
        "delete",
        changes={name: [value, None] for name, value in figures(declaration).items()},
    )
    session.delete(declaration)
    session.flush()
