"""The versions of a learning form's rule: written as a copy, tried, published in one step, never changed.

A published version holds for what is submitted afterwards; records keep the version that they were submitted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import files, history
from models.access import Actor, Permission
from models.base import today, utcnow
from models.credits import rules
from models.credits.forms import FieldType
from models.credits.requirements import prefixes
from models.credits.rule_editing import FieldEdit, MadeOf, RuleEdit, edited, tried
from models.credits.tables import LearningForm, RuleState, RuleVersion
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound
from models.org import queries
from models.text import compact
from models.uploads import Checked, Upload, check
from models.workflow import Step, Workflow

DRAFT, PUBLISHED, DISCARDED = RuleState.DRAFT, RuleState.PUBLISHED, RuleState.DISCARDED
PDF = "application/pdf"
NAME_TAKEN = N_("There is a learning form of this name already.")

RULES = Workflow(
    RuleVersion,
    "rule_version",
    RuleState,
    [
        Step("publish", frozenset({DRAFT}), PUBLISHED, N_("Publish"), Permission.RULES),
        Step("discard", frozenset({DRAFT}), DISCARDED, N_("Discard"), Permission.RULES),
        Step("inherit", frozenset({PUBLISHED}), DISCARDED, N_("Inherit again"), Permission.RULES, needs_reason=True),
    ],
)


def check_pdf(upload: Upload) -> Checked:
    """Return a regulation as it is to be stored; to be called before the transaction. Raises FieldErrors."""
    try:
        checked = check(upload)
    except Invalid as refusal:
        raise FieldErrors({"document": refusal}) from None
    if checked.media_type != PDF:
        raise FieldErrors({"document": Invalid(N_("The document of a rule is a PDF."))})
    return checked


def first_years() -> list[int]:
    """Return the years that a new version may begin with: those that are declared, from the last to the next one."""
    year = today().year
    return [year - 1, year, year + 1]


def versions_of(session: Session, path: str, form_code: str) -> Sequence[RuleVersion]:
    """Return the versions that an HR department at *path* sees: its own, and those published above; the newest first."""
    statement = select(RuleVersion).where(RuleVersion.form_code == form_code, RuleVersion.path.in_(prefixes(path)))
    rows = [v for v in session.scalars(statement) if v.path == path or v.state == PUBLISHED]
    return sorted(rows, key=lambda v: (len(v.path), v.version), reverse=True)


def version(session: Session, actor: Actor, version_id: int) -> RuleVersion:
    """Return a version that the actor's own department sees; raises NotFound."""
    actor.require(Permission.RULES)
    found = session.scalars(select(RuleVersion).where(RuleVersion.id == version_id)).first()
    own = found is not None and found.path == actor.path
    if found is None or not (own or (found.state == PUBLISHED and found.path in prefixes(actor.path))):
        raise NotFound
    return found


def document(session: Session, actor: Actor, version_id: int) -> tuple[str, str]:
    """Return name and storage key of the regulation of a version above or of the actor's place; raises NotFound."""
    found = session.scalars(select(RuleVersion).where(RuleVersion.id == version_id)).first()
    if found is None or not found.document_key or found.path not in prefixes(actor.path):
        raise NotFound
    if found.state != PUBLISHED and not (found.path == actor.path and actor.can(Permission.RULES)):
        raise NotFound
    return found.document_name, found.document_key


def bases_of(session: Session, versions: Sequence[RuleVersion]) -> dict[int, dict[str, Any]]:
    """Return the descriptions that *versions* were copied from, by their ids."""
    ids = {v.based_on_id for v in versions} - {None}
    rows = session.execute(select(RuleVersion.id, RuleVersion.spec).where(RuleVersion.id.in_(ids)))
    return {row.id: row.spec for row in rows}


def write(
    session: Session, actor: Actor, base_id: int, edit: RuleEdit, *, from_year: int, document: Checked | None = None
) -> RuleVersion:
    """Write a draft of the actor's HR department as an edited copy of a version that it sees.

    Raises NotAllowed, also when period or title of a form from above are chosen, NotFound, FieldErrors (a formula's with the
    place of the mistake) and Conflict when another officer was faster.
    """
    base = version(session, actor, base_id)
    queries.own(session, actor, is_locked=True)  # two officers number and publish one after the other
    if edit.made_of is not None and not _is_own(session, actor, base.form_code):
        raise NotAllowed(N_("Only of a learning form of one's own period and title can be chosen."))
    data = checked(base, edit, from_year)
    if taken := taken_names(session, actor.path, data, but=base.form_code, before=base.spec):
        raise FieldErrors(taken)
    return store(session, actor, data, edit, from_year=from_year, document=document, base=base)


def _is_own(session: Session, actor: Actor, form_code: str) -> bool:
    own = (LearningForm.code == form_code, LearningForm.path == actor.path)
    return session.scalar(select(LearningForm.id).where(*own)) is not None


def taken_names(
    session: Session, path: str, data: Mapping[str, Any], *, but: str = "", before: Mapping[str, Any] | None = None
) -> dict[str, DomainError]:
    """Return the refusal of each name of a description, Chinese or English, that a form seen at a place reads like.

    A form is called by its own names, and by those of the rule that holds there. The form of the code *but* is left out, and
    a name that reads as it did *before*. Blanks, case, invisible characters and full-width letters make no other name.
    """
    columns = (LearningForm.code, LearningForm.name, LearningForm.name_en)
    called = [tuple(row) for row in session.execute(select(*columns).where(LearningForm.path.in_(prefixes(path))))]
    called += [(o.form.code, o.spec.label.zh, o.spec.label.en) for o in rules.all_forms(session, path, today().year)]
    taken: dict[str, DomainError] = {}
    for place, key in enumerate(("zh", "en"), start=1):
        name = compact(data[key])
        if (before and name == compact(before[key])) or (key == "en" and name == compact(data["zh"])):
            continue  # as it was, or not given: then the Chinese one stands in its place
        if name in {compact(each[place]) for each in called if each[0] != but}:
            taken["name" if key == "zh" else "name_en"] = Conflict(NAME_TAKEN)
    return taken


def store(
    session: Session,
    actor: Actor,
    data: dict[str, Any],
    edit: RuleEdit,
    *,
    from_year: int,
    document: Checked | None,
    base: RuleVersion | None = None,
) -> RuleVersion:
    """Store a description that ``checked`` returned as a draft of the actor's department; *base* is what it changes, if it does.

    To be called with the department locked.
    """
    organisation = queries.own(session, actor)
    number = select(func.max(RuleVersion.version)).where(
        RuleVersion.path == organisation.path, RuleVersion.form_code == data["code"]
    )
    made = RuleVersion(
        organisation_id=organisation.id,
        path=organisation.path,
        form_code=data["code"],
        version=(session.scalar(number) or 0) + 1,
        from_year=from_year,
        spec=data,
        state=DRAFT,
        based_on_id=base.id if base else None,
        note=" ".join(edit.note.split()),
        made_by=actor.name,
        document_key=base.document_key if base else None,
        document_name=base.document_name if base else "",
    )
    if document is not None:
        made.document_key, made.document_name = files.keep_content(session, document.content), document.original_name
    session.add(made)
    session.flush()
    changes = {label: [old, new] for label, old, new in differences(base.spec, data)} if base else {"name": [None, data["zh"]]}
    history.record(session, actor, "rule_version", [made.id], "create", reason=made.note, changes=changes)
    return made


def checked(base: RuleVersion, edit: RuleEdit, from_year: int) -> dict[str, Any]:
    """Return the description that *edit* makes of a version, its sample computed; raises FieldErrors for each part that is wrong."""
    errors: dict[str, DomainError] = {}
    data: dict[str, Any] = {}
    if from_year not in first_years():
        errors["from_year"] = Invalid(
            N_("A new version begins with a year from %(first)s to %(last)s."),
            first=str(first_years()[0]),
            last=str(first_years()[-1]),
        )
    if not edit.note.strip():
        errors["note"] = Invalid(N_("Please give a reason."))
    try:
        data, _result = tried(edited(base.spec, edit), edit)
    except FieldErrors as wrong:
        errors = {**wrong.errors, **errors}
    if errors:
        raise FieldErrors(errors)
    return data


def publish(session: Session, actor: Actor, version_id: int) -> RuleVersion:
    """Let a draft of one's own hold from now on, for what is submitted afterwards.

    Raises WrongState for what is no draft, and Conflict when a later version of the form was published meanwhile.
    """
    found = own_version(session, actor, version_id)
    queries.own(session, actor, is_locked=True)
    later = select(RuleVersion.id).where(
        RuleVersion.path == found.path,
        RuleVersion.form_code == found.form_code,
        RuleVersion.state == PUBLISHED,
        RuleVersion.version > found.version,
    )
    if session.scalar(later) is not None:
        raise Conflict(N_("A later version was published meanwhile; make a new one from it."))
    values = {"published_at": utcnow(), "published_by": actor.name}
    RULES.move(session, actor, found.id, step="publish", values=values)
    session.refresh(found)
    form = session.scalars(
        select(LearningForm).where(LearningForm.code == found.form_code, LearningForm.path == found.path)
    ).first()
    if form is not None:  # of the department itself: lists call it as its rule does
        form.name, form.name_en = found.spec["zh"], found.spec["en"]
        session.flush()
    return found


def discard(session: Session, actor: Actor, version_id: int) -> None:
    """Give up a draft of one's own; raises WrongState for what is none."""
    RULES.move(session, actor, own_version(session, actor, version_id).id, step="discard")


def inherit(session: Session, actor: Actor, form_code: str, *, reason: str) -> None:
    """Drop every published version of a form that is the own department's: what is published above holds again from now on.

    Records keep the version that they were submitted on. Raises NotAllowed, Invalid without a reason, and Conflict when the
    department has no rule of its own, or nothing above could hold instead.
    """
    actor.require(Permission.RULES)
    organisation = queries.own(session, actor, is_locked=True)
    published = select(RuleVersion).where(
        RuleVersion.form_code == form_code,
        RuleVersion.path.in_(prefixes(organisation.path)),
        RuleVersion.state == PUBLISHED,
    )
    found = session.scalars(published).all()
    own = [v.id for v in found if v.path == organisation.path]
    if not own:
        raise Conflict(N_("The rule is inherited already."))
    if not may_inherit(found, organisation.path):
        raise Conflict(N_("No rule above could hold instead of this one."))
    RULES.move_many(session, actor, own, step="inherit", reason=" ".join(reason.split())[:500])


def may_inherit(versions: Sequence[RuleVersion], path: str) -> bool:
    """Say whether there is a rule of the department at *path* to drop, and one above it that would hold then."""
    published = [v.path == path for v in versions if v.state == PUBLISHED]
    return any(published) and not all(published)


def own_version(session: Session, actor: Actor, version_id: int) -> RuleVersion:
    """Return a version of the actor's own department; that of another one is none of its business."""
    found = version(session, actor, version_id)
    if found.path != actor.path:
        raise NotFound
    return found


# --- what changed, and the form as it stands for editing -------------------------------------------------------------


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the message id of each part that differs with both texts."""
    before, after = _parts(old), _parts(new)
    return [(label, before[label], after[label]) for label in before if before[label] != after[label]]


def _parts(data: Mapping[str, Any]) -> dict[str, str]:
    cap = data["cap"]
    return {
        N_("Name of the form"): data["zh"],
        N_("Enabled"): _yes(data.get("enabled", True)),
        N_("Declared by persons"): _yes(data["offered_to_persons"]),
        N_("Counts toward subject"): ", ".join(sorted(data["subject_kinds"])),
        N_("Period"): _labels(data, dict.fromkeys(data["period"])),
        N_("Title of a record"): _labels(data, filter(None, (data["title_field"],))),
        N_("Fields"): "; ".join(_field_words(row) for row in data["fields"]),
        N_("Formula"): data["formula"],
        N_("Cap"): f"{cap['kind']} {cap['value'] or ''}".strip(),
        N_("Evidence"): data["evidence"]["zh"],
        N_("Evidence is demanded"): _yes(data["evidence"]["required"]),
        N_("Source"): data["source"]["zh"],
        N_("Words of the regulation"): data.get("rule_text", ""),
    }


def _yes(value: object) -> str:
    return "✓" if value else "✗"


def _labels(data: Mapping[str, Any], names: Iterable[str]) -> str:
    labels = {row["name"]: row["zh"] for row in data["fields"]}
    return " – ".join(labels[name] for name in names)


def _field_words(row: Mapping[str, Any]) -> str:
    choices = f" ({', '.join(c['zh'] for c in row['choices'])})" if row.get("choices") else ""
    return f"{row['zh']}{'*' if row['required'] else ''}{choices}"


def as_edit(data: Mapping[str, Any]) -> RuleEdit:
    """Return a stored description as the form shows it."""
    example = data["example"]
    return RuleEdit(
        name=data["zh"],
        name_en=data["en"],
        subject_kinds=list(data["subject_kinds"]),
        fields=[_as_row(row) for row in data["fields"]],
        formula=data["formula"],
        cap_kind=data["cap"]["kind"],
        cap_value=data["cap"]["value"] or "",
        evidence=data["evidence"]["zh"],
        demands_evidence=data["evidence"]["required"],
        source=data["source"]["zh"],
        rule_text=data.get("rule_text", ""),
        is_enabled=data.get("enabled", True),
        is_offered=data["offered_to_persons"],
        sample=dict(example["inputs"]),
        sample_requested=example["requested"] if Decimal(example["requested"]) else "",
    )


def made_of(data: Mapping[str, Any]) -> MadeOf:
    """Return what period and title of a record are made of by a stored description."""
    first, last = data["period"] or ("", "")
    return MadeOf(first, last, data["title_field"] or "")


def _as_row(row: Mapping[str, Any]) -> FieldEdit:
    choices = "\n".join(f"{c['code']} = {c['zh']}" for c in row.get("choices", ())) if row["type"] == FieldType.ENUM else ""
    return FieldEdit(row["name"], row["zh"], row["en"], row["type"], choices, required=row["required"])


@dataclass(frozen=True, slots=True)
class Held:
    """A learning form as it holds for an HR department, and whether its rule is the department's own."""

    offer: rules.Offer
    is_own: bool
    n_drafts: int


def held_by(session: Session, actor: Actor, year: int) -> list[Held]:
    """Return every learning form with the rule that holds for the actor's department in *year*."""
    actor.require(Permission.RULES)
    drafts = dict(
        session.execute(
            select(RuleVersion.form_code, func.count())
            .where(RuleVersion.path == actor.path, RuleVersion.state == DRAFT)
            .group_by(RuleVersion.form_code)
        ).all()
    )
    return [
        Held(offer, offer.version.path == actor.path, drafts.get(offer.form.code, 0))
        for offer in rules.all_forms(session, actor.path, year)
    ]
