"""Learning forms that an HR department adds for itself and everything below it, beside those that come with the platform.

One begins as an edited copy of a form that is there. Its rule is a draft until it is published, as every version of a rule;
once published it is never deleted, but put out of use and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models import files, history
from models.access import Actor, Permission
from models.credits import rule_versions
from models.credits.requirements import prefixes
from models.credits.rule_editing import RuleEdit
from models.credits.tables import DeclarationType, LearningForm, RuleVersion
from models.errors import N_, DomainError, FieldErrors, Invalid, NotFound, WrongState
from models.org import queries
from models.uploads import Checked

SUBJECT_KIND = "learning_form"
RETIRE = "disable"
_NUMBER = "N"


def add(
    session: Session,
    actor: Actor,
    base_id: int,
    edit: RuleEdit,
    *,
    declaration_type: str,
    from_year: int,
    document: Checked | None = None,
) -> RuleVersion:
    """Add a learning form of the actor's HR department with a draft of its rule, an edited copy of a version that it sees.

    Raises NotAllowed, NotFound, and FieldErrors (a formula's with the place of the mistake; a name that is taken).
    """
    base = rule_versions.version(session, actor, base_id)
    organisation = queries.own(session, actor, is_locked=True)  # two officers number one after the other
    errors: dict[str, DomainError] = {}
    data = {}
    try:
        data = rule_versions.checked(base, edit, from_year)
    except FieldErrors as wrong:
        errors = dict(wrong.errors)
    if declaration_type not in set(DeclarationType):
        errors["declaration_type"] = Invalid(N_("Choose the declaration type."))
    names = data or {"zh": edit.name, "en": edit.name_en or edit.name}
    errors = {**rule_versions.taken_names(session, actor.path, names), **errors}
    if errors:
        raise FieldErrors(errors)
    made = LearningForm(
        organisation_id=organisation.id,
        path=organisation.path,
        code=_next_code(session, organisation.id),
        name=data["zh"],
        name_en=data["en"],
        declaration_type=DeclarationType(declaration_type),
        position=(session.scalar(select(func.max(LearningForm.position)).where(_above(actor.path))) or 0) + 1,
    )
    session.add(made)
    session.flush()
    history.record(session, actor, SUBJECT_KIND, [made.id], "create", changes={"name": [None, made.name]})
    data |= {"code": made.code, "declaration_type": made.declaration_type.value}
    return rule_versions.store(session, actor, data, edit, from_year=from_year, document=document)


def _above(path: str) -> ColumnElement[bool]:
    return LearningForm.path.in_(prefixes(path))


def _next_code(session: Session, organisation_id: int) -> str:
    """Return a code that no other department can come to: made of the organisation's id and a running number."""
    codes = session.scalars(select(LearningForm.code).where(LearningForm.organisation_id == organisation_id))
    last = max((int(code.rpartition(_NUMBER)[2]) for code in codes if code.rpartition(_NUMBER)[2].isdigit()), default=0)
    return f"{organisation_id:X}{_NUMBER}{last + 1}"


# --- finding --------------------------------------------------------------------------------------------------------


def of_department(session: Session, actor: Actor, form_code: str) -> LearningForm | None:
    """Return the form of that code if the actor's own department has added it."""
    actor.require(Permission.RULES)
    return session.scalars(select(LearningForm).where(LearningForm.code == form_code, LearningForm.path == actor.path)).first()


def unpublished(session: Session, actor: Actor) -> Sequence[LearningForm]:
    """Return the forms of the actor's own department whose rule was never published."""
    actor.require(Permission.RULES)
    published = select(RuleVersion.form_code).where(RuleVersion.published_at.is_not(None))
    own = (LearningForm.path == actor.path, LearningForm.code.not_in(published))
    return session.scalars(select(LearningForm).where(*own).order_by(LearningForm.position)).all()


def retired(session: Session, form: LearningForm) -> history.HistoryEntry | None:
    """Return who put a form out of use, when and why; None for one that is in use."""
    if form.is_enabled:
        return None
    entries = history.entries_of(session, SUBJECT_KIND, form.id)
    return next((entry for entry in entries if entry.action == RETIRE), None)  # the newest stands first


def own(session: Session, actor: Actor, form_id: int, *, is_locked: bool = False) -> LearningForm:
    """Return a form that the actor's own department has added; raises NotAllowed and NotFound."""
    actor.require(Permission.RULES)
    statement = select(LearningForm).where(LearningForm.id == form_id, LearningForm.path == actor.path)
    if is_locked:
        statement = statement.with_for_update()
    found = session.scalars(statement, execution_options={"populate_existing": is_locked}).first()
    if found is None:
        raise NotFound
    return found


# --- in use and out of it ---------------------------------------------------------------------------------------------


def retire(session: Session, actor: Actor, form_id: int, *, reason: str) -> LearningForm:
    """Put a form of one's own out of use: nothing more is declared by it; what was declared stays, and is decided.

    Raises NotFound, Invalid without a reason, and WrongState for one that is out of use, or was never published.
    """
    return _set(session, actor, form_id, is_enabled=False, reason=reason)


def bring_back(session: Session, actor: Actor, form_id: int, *, reason: str) -> LearningForm:
    """Let hours be declared by a form again that was put out of use; raises as ``retire``."""
    return _set(session, actor, form_id, is_enabled=True, reason=reason)


def _set(session: Session, actor: Actor, form_id: int, *, is_enabled: bool, reason: str) -> LearningForm:
    found = own(session, actor, form_id, is_locked=True)
    why = " ".join(reason.split())[:500]
    if not why:
        raise Invalid(N_("Please give a reason."))
    if not is_enabled and not was_published(_versions(session, found)):
        raise WrongState(N_("The rule of this form was never published: nobody uses it, and it can be deleted."))
    if found.is_enabled == is_enabled:
        raise WrongState(N_("The learning form is in use already.") if is_enabled else N_("It is out of use already."))
    found.is_enabled = is_enabled
    session.flush()
    action = "enable" if is_enabled else RETIRE
    history.record(
        session, actor, SUBJECT_KIND, [found.id], action, reason=why, changes={"is_enabled": [not is_enabled, is_enabled]}
    )
    return found


def was_published(versions: Iterable[RuleVersion]) -> bool:
    """Say whether any version of a form's rule was published once: then hours may have been declared by it."""
    return any(version.published_at is not None for version in versions)


def _versions(session: Session, form: LearningForm) -> Sequence[RuleVersion]:
    of_form = (RuleVersion.form_code == form.code, RuleVersion.path == form.path)
    return session.scalars(select(RuleVersion).where(*of_form).order_by(RuleVersion.id.desc())).all()


def delete(session: Session, actor: Actor, form_id: int) -> None:
    """Delete a form of one's own whose rule was never published, so that nothing can have been declared by it.

    Raises NotFound, and WrongState for one that was published: it is put out of use.
    """
    queries.own(session, actor, is_locked=True)  # nobody publishes its rule meanwhile
    found = own(session, actor, form_id, is_locked=True)
    versions = _versions(session, found)
    if was_published(versions):
        raise WrongState(N_("The rule of this form was published: it can be put out of use, not deleted."))
    documents = {version.document_key for version in versions} - {None}
    history.record(session, actor, SUBJECT_KIND, [found.id], "delete", changes={"name": [found.name, None]})
    for version in versions:
        session.delete(version)
        session.flush()
    session.delete(found)
    session.flush()
    for key in documents - set(session.scalars(select(RuleVersion.document_key).where(RuleVersion.document_key.in_(documents)))):
        files.forget(session, str(key))
