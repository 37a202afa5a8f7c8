"""The form of a declaration (S022): its own fields are made from the learning form's description, one field for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import DateInput

from models.credits.declarations import Draft
from models.credits.forms import FieldSpec, FieldType, FormSpec, Words
from models.credits.rules import TRAINING_BASE, Offer
from models.credits.tables import Declaration
from models.errors import N_, DomainError, FieldErrors
from models.uploads import ENDINGS
from views.arguments import read_year
from views.codes import code_choices
from views.forms import PlainForm
from views.portal.reader import mark_required, options
from views.portal.words import ELECTIVE, SUBJECTS, TYPES
from views.public.language import words_language
from views.words import plain_hours

PREFIX = "f_"
"""Before the names of the learning form's own fields, so that none meets one of ours."""
LONG_TEXT = 200
FORM_KEY_LENGTH = 43


class DeclarationForm(PlainForm):
    """What every declaration has; ``form_class`` adds the fields of a learning form."""

    year = SelectField(lazy_gettext(N_("Counts toward year")), validate_choice=False)
    declaration_type = SelectField(lazy_gettext(N_("Declaration type")), validate_choice=False)
    form_code = SelectField(lazy_gettext(N_("Learning form")), validate_choice=False)
    subject = RadioField(lazy_gettext(N_("Counts toward subject")), validate_choice=False)
    elective = RadioField(lazy_gettext(N_("Compulsory / elective")), validate_choice=False, default="required")
    requested_hours = StringField(
        lazy_gettext(N_("Hours requested")),
        render_kw={"inputmode": "decimal", "maxlength": 6, "class": "w-short", "autocomplete": "off"},
    )
    attachments = MultipleFileField(
        lazy_gettext(N_("Attachments")), render_kw={"accept": ",".join(f".{e}" for e in ENDINGS), "data-files": ""}
    )
    form_key = HiddenField()

    def __iter__(self) -> Iterator[Field]:
        """Yield the fields in the order of the page, so that the summary of errors follows it."""
        last = ("subject", "elective", "requested_hours", "attachments")
        return iter(sorted(self._fields.values(), key=lambda f: last.index(f.name) + 1 if f.name in last else 0))

    def draft(self, spec: FormSpec | None) -> Draft:
        """Return what was typed, as the operations take it."""
        inputs = {f.name: _typed(self[PREFIX + f.name]) for f in spec.fields} if spec else {}
        return Draft(
            year=as_year(self.year.data),
            subject=self.subject.data or "",
            form_code=self.form_code.data or "",
            inputs=inputs,
            requested_hours=self.requested_hours.data or None,
            elective=self.elective.data or "",
        )

    def show_refused(self, errors: Mapping[str, DomainError], spec: FormSpec | None) -> None:
        """Put each refusal at its field; the learning form's own fields carry their prefix."""
        own = {f.name for f in spec.fields} if spec else set()
        self.show_error(FieldErrors({PREFIX + name if name in own else name: error for name, error in errors.items()}))


def _typed(field: Field) -> str:
    if isinstance(field, BooleanField):
        return "1" if field.data else "0"
    return field.data or ""


def as_year(text: Any) -> int:
    """Return a posted year, 0 for anything that is none: no year is open then."""
    return read_year(str(text or "")) or 0


def form_class(spec: FormSpec, bases: Sequence[tuple[str, str]]) -> type[DeclarationForm]:
    """Return the form with the fields of *spec*; *bases* are the training bases that a field may name."""
    fields = {PREFIX + field.name: _field(field, bases) for field in spec.fields}
    return type("DeclarationOf", (DeclarationForm,), fields)


_NUMBERS = {FieldType.INT: "numeric", FieldType.DECIMAL: "decimal"}


def _field(spec: FieldSpec, bases: Sequence[tuple[str, str]]) -> Field:
    label = spec.label.of(words_language())
    if spec.type in _NUMBERS:
        return StringField(label, render_kw={"inputmode": _NUMBERS[spec.type], "maxlength": 12, "class": "w-short"})
    if spec.type in (FieldType.ENUM, FieldType.REF):
        return _choice(spec, label, bases)
    if spec.type is FieldType.DATE:
        return StringField(label, widget=DateInput(), render_kw={"class": "w-medium"})
    if spec.type is FieldType.BOOL:
        return BooleanField(label)
    if spec.max_length > LONG_TEXT:
        return TextAreaField(label, render_kw={"maxlength": spec.max_length, "rows": 4})
    return StringField(label, render_kw={"maxlength": spec.max_length})


def _choice(spec: FieldSpec, label: str, bases: Sequence[tuple[str, str]]) -> Field:
    entries = [(code, words.of(words_language())) for code, words in (spec.choices or {}).items()]
    if spec.type is FieldType.REF:
        entries = list(bases) if spec.list_name == TRAINING_BASE else code_choices(spec.list_name or "")
    choices = options(entries, may_be_empty=True)
    return SelectField(label, choices=choices, validate_choice=False, render_kw={"data-picker": ""} if len(choices) > 12 else {})


@dataclass(frozen=True, slots=True)
class Block:
    """Fields that stand together; ``title`` is the legend of a group, empty for a single field."""

    title: str
    fields: tuple[Field, ...]
    shown_with: str = ""  # id of the tick without which they are not asked


def blocks(form: DeclarationForm, spec: FormSpec) -> list[Block]:
    """Return the learning form's own fields in their order, those of a period together."""
    found = []
    for group, specs in groupby(spec.fields, key=lambda f: f.group):
        members = list(specs)
        if isinstance(group, Words):
            found.append(Block(group.of(words_language()), tuple(form[PREFIX + f.name] for f in members)))
        else:
            found += [Block("", (form[PREFIX + f.name],), PREFIX + f.required_if if f.required_if else "") for f in members]
    return found


def prepare(form: DeclarationForm, offers: Sequence[Offer], spec: FormSpec | None, years: Iterable[int]) -> None:
    """Give the choices of the fields that every declaration has, and mark what is required."""
    stored = as_year(form.year.data)
    open_years = [(str(y), str(y)) for y in years]
    if stored and str(stored) not in dict(open_years):
        open_years.append((str(stored), gettext("%(year)s (closed)", year=stored)))
    form.year.choices = options(open_years)
    form.declaration_type.choices = options(((value, gettext(word)) for value, word in TYPES.items()), may_be_empty=True)
    form.form_code.choices = options([], may_be_empty=True) + [
        SelectChoice(o.spec.code, o.spec.label.of(words_language()), {"data-type": value}, gettext(word))
        for value, word in TYPES.items()
        for o in offers
        if o.spec.declaration_type == value
    ]
    kinds = spec.subject_kinds if spec else tuple(SUBJECTS)
    form.subject.choices = options((kind, gettext(SUBJECTS[kind])) for kind in kinds)
    if spec and len(kinds) == 1:
        form.subject.data = kinds[0]
    form.elective.choices = options((value, gettext(word)) for value, word in ELECTIVE.items())
    mark_required(form, "year", "declaration_type", "form_code", "subject", "requested_hours")
    if spec is not None:
        mark_required(form, *(PREFIX + f.name for f in spec.fields if f.required and f.type is not FieldType.BOOL))
        if spec.demands_evidence:
            mark_required(form, "attachments")


def stored_values(declaration: Declaration, spec: FormSpec) -> dict[str, Any]:
    """Return what a saved declaration puts into its form."""
    ticks = {f.name for f in spec.fields if f.type is FieldType.BOOL}
    own = {PREFIX + name: value == "1" if name in ticks else value for name, value in declaration.inputs.items()}
    return {
        **own,
        **common_values(declaration),
        "year": str(declaration.year),
        "form_code": declaration.form_code,
        "declaration_type": spec.declaration_type.value,
    }


def common_values(declaration: Declaration) -> dict[str, Any]:
    """Return what a saved declaration puts into any form: whatever its learning form, these are asked."""
    return {
        "subject": declaration.subject,
        "elective": declaration.elective,
        "requested_hours": plain_hours(declaration.requested_tenths) if declaration.requested_tenths else "",
    }


def cap_sentence(spec: FormSpec) -> str:
    """Say in words how much of the form's hours counts."""
    value = f"{spec.cap.value:f}" if spec.cap.value is not None else ""
    return {
        "none": gettext("No upper limit for this learning form."),
        "per_record": gettext("At most %(value)s hours for each declaration.", value=value),
        "per_year": gettext("At most %(value)s hours of this learning form count in a year.", value=value),
        "count_per_year": gettext("At most %(value)s declarations of this learning form count in a year.", value=value),
    }[spec.cap.kind]
