"""How a version of a rule is shown: its parts in words, and what it changed."""

from __future__ import annotations

from flask_babel import gettext

from models.credits.forms import REQUESTED, FieldSpec, FieldType, FormSpec, parse_form
from models.credits.formulas import ON_PAPER
from models.credits.tables import CapKind, RuleVersion, SubjectKind
from models.errors import N_
from views.admin.rule_form import CAPS, TYPES
from views.details import Change
from views.portal.declaration_form import cap_sentence
from views.portal.words import SUBJECTS

HOURS_ON_PAPER = N_("The hours stand on the evidence.")
_WORDS = {"✓": N_("Yes"), "✗": N_("No"), ON_PAPER: HOURS_ON_PAPER}


def version_pairs(version: RuleVersion, language: str) -> list[tuple[str, str]]:
    """Return every part of a version with its words."""
    spec = parse_form(version.spec)
    return [
        (gettext("Name of the form"), spec.label.of(language)),
        (gettext("Holds from the year"), str(version.from_year) if version.from_year else gettext("All years")),
        (gettext("Enabled"), _yes(spec.is_enabled)),
        (gettext("Declared by persons"), _yes(spec.is_offered_to_persons)),
        (gettext("Counts toward subject"), "、".join(gettext(SUBJECTS[kind]) for kind in spec.subject_kinds)),
        (gettext("Formula"), gettext(HOURS_ON_PAPER) if spec.is_on_paper else spec.formula.text),
        (gettext("Cap"), cap_sentence(spec)),
        (gettext("Evidence"), spec.evidence.of(language)),
        (gettext("Evidence is demanded"), _yes(spec.demands_evidence)),
        (gettext("Source"), spec.source.of(language)),
        (gettext("Words of the regulation"), spec.rule_text),
        (
            gettext("Period"),
            " – ".join(spec.field(n).label.of(language) for n in dict.fromkeys(spec.period)) or gettext("Not asked for"),
        ),
        (gettext("Title of a record"), _title(spec, language)),
        (gettext("Fields"), "；".join(_field(field, language) for field in spec.fields)),
        (gettext("Sample"), _sample(spec, language)),
    ]


def _title(spec: FormSpec, language: str) -> str:
    if spec.title_field is None:
        return gettext("The name of the learning form")
    return spec.field(spec.title_field).label.of(language)


def _yes(value: bool) -> str:  # noqa: FBT001 - a word for a flag
    return gettext("Yes") if value else gettext("No")


def _field(field: FieldSpec, language: str) -> str:
    kind = gettext(TYPES[field.type])
    if field.type is FieldType.ENUM:
        kind = " / ".join(words.of(language) for words in (field.choices or {}).values())
    return f"{field.label.of(language)}{'*' if field.required else ''}（{kind}）"


def _sample(spec: FormSpec, language: str) -> str:
    if spec.example.hours is None:
        return ""
    labels = spec.labels(language)
    given = {**spec.example.inputs, REQUESTED: f"{spec.example.requested:f}"}
    used = {name: value for name, value in given.items() if name in spec.formula.used}
    words = gettext(", ").join(f"{labels.get(name, name)} {labels.get(f'{name}={value}', value)}" for name, value in used.items())
    hours = f"{spec.example.hours:f}"
    return gettext("%(inputs)s: %(hours)s hours", inputs=words, hours=hours) if words else gettext("%(hours)s hours", hours=hours)


def change_words(label: str, old: str, new: str) -> Change:
    """Return one changed part in the reader's language."""
    return Change(gettext(label), _value(old), _value(new))


def _value(text: str) -> str:
    if text in _WORDS:
        return gettext(_WORDS[text])
    kind, _, figure = text.partition(" ")
    if kind in set(CapKind):
        return f"{gettext(CAPS[CapKind(kind)])} {figure}".strip()
    kinds = text.split(", ")
    if set(kinds) <= set(SubjectKind):
        return "、".join(gettext(SUBJECTS[kind]) for kind in kinds)
    return text
