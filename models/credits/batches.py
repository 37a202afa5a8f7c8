"""代申报: the one form by which an organisation declares hours for many; its evidence is uploaded once and shared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import files, history
from models.access import Actor, Permission
from models.base import Base, BigId, binary_string, to_hours, to_tenths, today, utcnow
from models.credits import rules, windows
from models.credits.declarations import ELECTIVE, MAX_ATTACHMENTS
from models.credits.drafts import fitting_of, in_words
from models.credits.form_inputs import clean_inputs, stored
from models.credits.rules import Offer
from models.credits.saving import Draft, check_choices, offer_of, read
from models.errors import N_, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.scope import InSubtree, OwnedByPerson
from models.uploads import Checked

SUBJECT_KIND = "declaration_batch"


class DeclarationBatch(InSubtree, Base):
    """One form for many people: the values that their records share, and whose it is."""

    __tablename__ = "declaration_batches"
    __table_args__ = (
        UniqueConstraint("organisation_id", "form_key"),
        Index("ix_declaration_batches_path", "path", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    year: Mapped[int]
    subject: Mapped[str] = mapped_column(String(14), default="")
    elective: Mapped[str] = mapped_column(String(10), default="required")
    form_code: Mapped[str] = mapped_column(binary_string(10), default="")  # empty while none is chosen
    form_name: Mapped[str] = mapped_column(String(60), default="")
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    requested_tenths: Mapped[int] = mapped_column(default=0)
    form_key: Mapped[str | None] = mapped_column(binary_string(43))  # of the page it was made on: a second click makes no other
    made_by: Mapped[str] = mapped_column(String(100), default="")
    kept_at: Mapped[dt.datetime | None] = mapped_column(default=utcnow)  # when somebody worked on it last
    submitted_at: Mapped[dt.datetime | None]  # from then on the form stays as it is
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class BatchApplicant(OwnedByPerson, Base):
    """Somebody whom a form declares for (申请人), and what became of it: a record, or the reason why there is none."""

    __tablename__ = "batch_applicants"
    __table_args__ = (
        UniqueConstraint("batch_id", "person_id"),
        Index("ix_batch_applicants_path", "path", "id"),
        Index("ix_batch_applicants_declaration", "declaration_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("declaration_batches.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"), index=True)
    requested_tenths: Mapped[int | None]  # where it differs from the form's
    score: Mapped[str] = mapped_column(String(50), default="")  # where it differs from the form's
    declaration_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("declarations.id", ondelete="SET NULL"))
    refusal: Mapped[dict[str, Any] | None]  # message id with parameters
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class BatchFile(InSubtree, Base):
    """A picture or PDF that proves every record of a form."""

    __tablename__ = "batch_files"
    __table_args__ = (Index("ix_batch_files_batch", "batch_id"), Index("ix_batch_files_path", "path"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("declaration_batches.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(binary_string(43), unique=True)  # in addresses and in the storage
    original_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(60))
    n_bytes: Mapped[int]
    content_hash: Mapped[str] = mapped_column(binary_string(64))
    picture_hash: Mapped[str | None] = mapped_column(binary_string(16))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


@dataclass(slots=True)
class Kept:
    """What became of a form: the batch (None: nothing could be kept) and what did not fit, by field."""

    batch: DeclarationBatch | None
    errors: dict[str, DomainError] = field(default_factory=dict)
    refused_files: list[DomainError] = field(default_factory=list)


# --- finding --------------------------------------------------------------------------------------------------------


def own(session: Session, actor: Actor, batch_id: int | None, *, is_locked: bool = False) -> DeclarationBatch:
    """Return a form of the actor's own organisation; raises NotAllowed and NotFound, also for one of a unit below."""
    actor.require(Permission.HOURS_DECLARE)
    statement = select(DeclarationBatch).where(
        DeclarationBatch.id == (batch_id or 0), DeclarationBatch.organisation_id == actor.organisation_id
    )
    if is_locked:
        statement = statement.with_for_update()
    found = session.scalars(statement, execution_options={"populate_existing": is_locked}).first()
    if found is None:
        raise NotFound
    return found


def own_open(session: Session, actor: Actor, batch_id: int | None) -> DeclarationBatch:
    """Return a form that is not submitted yet, locked; raises WrongState for one that is."""
    found = own(session, actor, batch_id, is_locked=True)
    if found.submitted_at is not None:
        raise WrongState(N_("These declarations were submitted already; nothing was changed."))
    return found


def unfinished(session: Session, actor: Actor, *, limit: int = 20) -> Sequence[DeclarationBatch]:
    """Return the forms of the own organisation that are not submitted yet; the one that was worked on last comes first."""
    mine = (DeclarationBatch.organisation_id == actor.organisation_id, DeclarationBatch.submitted_at.is_(None))
    return session.scalars(
        select(DeclarationBatch).where(*mine).order_by(DeclarationBatch.kept_at.desc(), DeclarationBatch.id.desc()).limit(limit)
    ).all()


def of_form(session: Session, actor: Actor, form_key: str) -> DeclarationBatch | None:
    """Return what a page has made already: a second click on its button must not make another."""
    mine = (DeclarationBatch.organisation_id == actor.organisation_id, DeclarationBatch.form_key == form_key)
    return session.scalars(select(DeclarationBatch).where(*mine)).first() if form_key else None


def files_of(session: Session, batch_id: int) -> Sequence[BatchFile]:
    """Return the evidence of a form in the order it was added."""
    return session.scalars(select(BatchFile).where(BatchFile.batch_id == batch_id).order_by(BatchFile.id)).all()


def file(session: Session, key: str) -> BatchFile:
    """Return a file of a form of the scope by its random key; raises NotFound."""
    found = session.scalars(select(BatchFile).where(BatchFile.key == key)).first() if files.is_key(key) else None
    if found is None:
        raise NotFound
    return found


def draft_of(batch: DeclarationBatch) -> Draft:
    """Return what a form holds, as it is declared."""
    hours = to_hours(batch.requested_tenths) if batch.requested_tenths else None
    return Draft(batch.year, batch.subject, batch.form_code, dict(batch.inputs), hours, batch.elective)


# --- saving ---------------------------------------------------------------------------------------------------------


def keep(
    session: Session,
    actor: Actor,
    draft: Draft,
    *,
    batch_id: int | None,
    form_key: str = "",
    uploads: Sequence[Checked] = (),
    remove: str = "",
) -> Kept:
    """Save what fits of *draft* and the *uploads* that were found good; the errors name what does not, and so was left out.

    Of a form whose learning form nobody can declare by any more nothing changes before another one is chosen.
    Raises WrongState for a form that was submitted and NotFound for another organisation's, or another form's file.
    """
    actor.require(Permission.HOURS_DECLARE)
    batch = own_open(session, actor, batch_id) if batch_id is not None else None
    if batch is not None and not draft.form_code and rules.unusable(session, actor.path, batch.form_code, batch.year):
        return Kept(batch)  # its form was put out of use: what was entered stays until another one is chosen
    fitting, offer, inputs, errors = _sorted_out(session, actor, draft, batch)
    if "year" in errors and batch is None:
        return Kept(None, errors)
    if batch is None:
        batch = _made(session, actor, fitting, form_key)
    if "year" not in errors:
        batch.year = fitting.year
    batch.subject, batch.elective = fitting.subject, fitting.elective
    batch.form_code, batch.form_name = (offer.form.code, offer.spec.label.zh[:60]) if offer else ("", "")
    batch.inputs = inputs
    batch.kept_at = utcnow()
    hours = fitting.requested_hours
    batch.requested_tenths = to_tenths(hours) if hours is not None and not isinstance(hours, str) else 0
    session.flush()
    kept = Kept(batch, errors)
    if remove:
        _remove_file(session, batch, remove)
    for upload in uploads:
        try:
            _add_file(session, batch, upload)
        except Invalid as refusal:
            kept.refused_files.append(refusal)
    return kept


def _sorted_out(
    session: Session, actor: Actor, draft: Draft, batch: DeclarationBatch | None
) -> tuple[Draft, Offer | None, dict[str, str], dict[str, DomainError]]:
    """Return what fits of a draft by the rule of the actor's place, and the errors of the rest."""
    if not draft.form_code:
        errors: dict[str, DomainError] = {}
        try:
            windows.require_open(session, actor.path, draft.year)
        except NotAllowed as refusal:
            errors["year"] = refusal
        return Draft(draft.year, "", "", {}, None, "required"), None, {}, errors
    try:
        offer = offer_of(session, actor.path, draft.form_code, draft.year)
    except FieldErrors as refusal:
        return Draft(draft.year, "", "", {}, None, "required"), None, {}, dict(refusal.errors)
    inputs, requested, errors = read(session, offer, draft)
    errors |= check_choices(session, actor.path, offer, draft, batch.year if batch else None)
    in_words(draft, errors)
    fitting = fitting_of(draft, errors, offer.spec.subject_kinds[0])
    return (
        Draft(fitting.year, fitting.subject, fitting.form_code, {}, requested, fitting.elective),
        offer,
        stored({name: value for name, value in inputs.items() if name not in errors}),
        errors,
    )


def _made(session: Session, actor: Actor, draft: Draft, form_key: str) -> DeclarationBatch:
    made = DeclarationBatch(
        organisation_id=actor.organisation_id,
        path=actor.path,
        year=draft.year,
        form_key=form_key or None,
        made_by=actor.name,
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError:
        raise WrongState(N_("This form was sent already.")) from None
    history.record(session, actor, SUBJECT_KIND, [made.id], "create", changes={"year": [None, draft.year]})
    return made


def _add_file(session: Session, batch: DeclarationBatch, checked: Checked) -> None:
    present = files_of(session, batch.id)
    if any(f.content_hash == checked.content_hash for f in present):
        return  # the same form posted twice brings the same files again
    if len(present) >= MAX_ATTACHMENTS:
        raise Invalid(N_("A declaration takes at most %(n)s attachments."), n=MAX_ATTACHMENTS)
    session.add(
        BatchFile(
            organisation_id=batch.organisation_id,
            path=batch.path,
            batch_id=batch.id,
            key=files.keep_content(session, checked.content),
            original_name=checked.original_name,
            media_type=checked.media_type,
            n_bytes=len(checked.content),
            content_hash=checked.content_hash,
            picture_hash=checked.picture_hash,
        )
    )
    session.flush()


def _remove_file(session: Session, batch: DeclarationBatch, key: str) -> None:
    found = file(session, key)
    if found.batch_id != batch.id:
        raise NotFound
    files.forget(session, found.key)
    session.delete(found)
    session.flush()


def delete(session: Session, actor: Actor, batch_id: int) -> None:
    """Delete a form that was not submitted, with its files and its list of applicants; raises WrongState and NotFound."""
    batch = own_open(session, actor, batch_id)
    for each in files_of(session, batch.id):
        _remove_file(session, batch, each.key)
    for applicant in session.scalars(select(BatchApplicant).where(BatchApplicant.batch_id == batch.id)):
        session.delete(applicant)
    session.flush()
    history.record(session, actor, SUBJECT_KIND, [batch.id], "delete", changes={"year": [batch.year, None]})
    session.delete(batch)
    session.flush()


# --- submitting -----------------------------------------------------------------------------------------------------


def check_whole(session: Session, actor: Actor, batch: DeclarationBatch) -> None:
    """Check a form by the rule of the actor's place; each record is checked again by that of its person's. Raises FieldErrors."""
    if not batch.form_code:
        raise FieldErrors({"form_code": Invalid(N_("Choose the learning form."))})
    offer = offer_of(session, actor.path, batch.form_code, batch.year)
    errors = check_choices(session, actor.path, offer, draft_of(batch), None)
    try:
        clean_inputs(offer.spec, batch.inputs, today=today(), known=rules.known_in(session))
    except FieldErrors as wrong:
        errors |= dict(wrong.errors)
    if batch.requested_tenths <= 0:
        errors["requested_hours"] = Invalid(N_("Enter the hours that you declare."))
    if offer.spec.demands_evidence and not files_of(session, batch.id):
        errors["attachments"] = Invalid(
            N_("Attach at least one scan of the evidence: %(evidence)s"), evidence=offer.spec.evidence.zh
        )
    if batch.elective not in ELECTIVE:
        errors["elective"] = Invalid(N_("Choose compulsory or elective."))
    if errors:
        raise FieldErrors(errors)
