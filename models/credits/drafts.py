"""Drafts as forms make them: what fits is kept, also when the rest does not, and one form makes one draft."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import files
from models.access import Actor
from models.credits import declarations, rules
from models.credits.declarations import ELECTIVE, MAX_ATTACHMENTS, Draft
from models.credits.key_review import SUBJECT_KIND, Reason
from models.credits.tables import Declaration
from models.errors import N_, DomainError, FieldErrors, Invalid
from models.org.tables import Organisation, OrganisationKind, OrganisationState
from models.scope import acting
from models.uploads import Checked, Upload, check, clean_name

_NEEDED = frozenset({"year", "form_code"})  # without them there is nothing to keep
MOST_BASES = 1000


@dataclass(slots=True)
class Kept:
    """What became of a form: the draft (None: nothing could be kept) and what did not fit, by field."""

    declaration: Declaration | None
    errors: dict[str, DomainError] = field(default_factory=dict)
    refused_files: list[DomainError] = field(default_factory=list)


def of_form(session: Session, actor: Actor, form_key: str) -> Declaration | None:
    """Return the draft that a form has made already: a second click on its button must not make another."""
    statement = select(Declaration).where(Declaration.person_id == (actor.person_id or 0), Declaration.form_key == form_key)
    return session.scalars(statement).first() if form_key else None


def check_uploads(
    session: Session, declaration: Declaration | None, uploads: Sequence[Upload]
) -> tuple[list[Checked], list[DomainError]]:
    """Return what may be kept and what is refused; to be called before the writing begins, for pictures take long to draw.

    What is attached already and what there is no room for is not looked into.
    """
    present = files.attachments_of(session, SUBJECT_KIND, declaration.id) if declaration else []
    return sort_out(present, uploads)


def sort_out(present: Sequence[Any], uploads: Sequence[Upload]) -> tuple[list[Checked], list[DomainError]]:
    """Do the same beside the stored files *present*."""
    names = {(a.original_name, a.content_hash) for a in present}
    new = [u for u in uploads if (clean_name(u.filename), hashlib.sha256(u.content).hexdigest()) not in names]
    room = max(MAX_ATTACHMENTS - len(present), 0)
    taken: list[Checked] = []
    refused: list[DomainError] = []
    for upload in new[:room]:
        try:
            taken.append(check(upload))
        except Invalid as refusal:
            refused.append(refusal)
    if len(new) > room:
        refused.append(Invalid(N_("A declaration takes at most %(n)s attachments."), n=MAX_ATTACHMENTS))
    return taken, refused


def keep(
    session: Session,
    actor: Actor,
    draft: Draft,
    *,
    declaration_id: int | None,
    form_key: str = "",
    uploads: Sequence[Checked] = (),
    remove: str = "",
) -> Kept:
    """Save what fits of *draft* and the *uploads* that were found good; the errors name what does not, and so was left out.

    Raises WrongState for a record that may not be edited and NotFound for another's, or another's attachment.
    """
    kept = _save(session, actor, draft, declaration_id)
    if kept.declaration is None:
        return kept
    if declaration_id is None and form_key:
        kept.declaration.form_key = form_key
        session.flush()
    if remove:
        declarations.remove_evidence(session, actor, kept.declaration.id, remove)
    # The same form posted twice brings the same files again: they are there already.
    present = {(a.original_name, a.content_hash) for a in files.attachments_of(session, SUBJECT_KIND, kept.declaration.id)}
    for upload in uploads:
        if (upload.original_name, upload.content_hash) in present:
            continue
        try:
            declarations.add_evidence(session, actor, kept.declaration.id, upload)
        except Invalid as refusal:
            kept.refused_files.append(refusal)
    return kept


def _save(session: Session, actor: Actor, draft: Draft, declaration_id: int | None) -> Kept:
    try:
        return Kept(declarations.save_draft(session, actor, draft, declaration_id=declaration_id))
    except FieldErrors as refusal:
        errors = dict(refusal.errors)
    in_words(draft, errors)
    if errors.keys() & _NEEDED:
        return Kept(None, errors)
    first_subject = rules.offer(session, actor.path, draft.form_code, draft.year).spec.subject_kinds[0]
    try:
        fitting = fitting_of(draft, errors, first_subject)
        return Kept(declarations.save_draft(session, actor, fitting, declaration_id=declaration_id), errors)
    except FieldErrors as refusal:
        return Kept(None, {**dict(refusal.errors), **errors})


def in_words(draft: Draft, errors: dict[str, DomainError]) -> None:
    """Say of a subject that was not chosen that it is missing, not that it is wrong."""
    if "subject" in errors and not draft.subject:
        errors["subject"] = Invalid(N_("Choose the subject that the hours count toward."))


def fitting_of(draft: Draft, errors: Mapping[str, DomainError], first_subject: str) -> Draft:
    """Return the part of a draft that can be saved: what did not fit is left out, a choice becomes the first one."""
    return replace(
        draft,
        inputs={name: value for name, value in draft.inputs.items() if name not in errors},
        requested_hours=None if "requested_hours" in errors else draft.requested_hours,
        subject=first_subject if "subject" in errors else draft.subject,
        elective=next(iter(ELECTIVE)) if "elective" in errors else draft.elective,
    )


def try_to_submit(session: Session, actor: Actor, declaration_id: int) -> list[Reason]:
    """Submit and undo it: raise what ``submit`` raises, or return why reviewers will be asked to look closely."""
    attempt = session.begin_nested()
    try:
        return list(declarations.submit(session, actor, declaration_id).key_reasons)
    finally:
        attempt.rollback()


def training_bases(session: Session) -> list[tuple[str, str]]:
    """Return id and name of the training bases that a declaration may name, by name."""
    with acting(session, "declare"):
        rows = session.execute(
            select(Organisation.id, Organisation.name)
            .where(Organisation.kind == OrganisationKind.TRAINING_BASE, Organisation.state == OrganisationState.ACTIVE)
            .order_by(Organisation.name)
            .limit(MOST_BASES)
        )
        return [(str(row.id), row.name) for row in rows]
