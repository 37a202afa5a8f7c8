"""The form of a new version of a rule: its own parts, a table of the learning form's fields, and a sample to try it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from models.credits.forms import FieldType
from models.credits.rule_editing import LENGTHS, MADE_TYPES, MOST_FIELDS, TITLE_TYPES, FieldEdit, MadeOf, RuleEdit
from models.credits.rule_versions import first_years
from models.credits.tables import CapKind
from models.errors import N_
from models.text import line
from models.uploads import MAX_BYTES, Upload
from views.forms import PlainForm
from views.portal.words import SUBJECTS
from views.portal.words import TYPES as DECLARATION_TYPES

NEW_ROWS = 3
"""Empty rows below the fields; saving or trying gives new ones."""
TYPES = {
    FieldType.TEXT: N_("Words"),
    FieldType.INT: N_("Whole number"),
    FieldType.DECIMAL: N_("Number"),
    FieldType.DATE: N_("Date"),
    FieldType.BOOL: N_("Yes or no"),
    FieldType.ENUM: N_("One of several choices"),
    FieldType.REF: N_("Entry of a code list"),
}
CAPS = {
    CapKind.NONE: N_("No limit"),
    CapKind.PER_RECORD: N_("Hours for each declaration"),
    CapKind.PER_YEAR: N_("Hours a year"),
    CapKind.COUNT_PER_YEAR: N_("Declarations a year"),
}
_SAMPLE = "sample_"


def _long(name: str, rows: int) -> dict[str, Any]:
    return {"rows": rows, "maxlength": LENGTHS[name]}


class RuleForm(PlainForm):
    """The parts of a rule; the operation checks them."""

    from_year = SelectField(_l("Holds from the year"), validate_choice=False)
    name = StringField(_l("Name of the form"), render_kw={"maxlength": LENGTHS["name"]})
    name_en = StringField(_l("English name"), render_kw={"maxlength": LENGTHS["name_en"]})
    is_enabled = BooleanField(_l("Hours can be declared by this learning form"))
    is_offered = BooleanField(_l("Persons declare it themselves"))
    subject_kinds = SelectMultipleField(
        _l("Counts toward subject"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    formula = TextAreaField(_l("Formula"), render_kw={**_long("formula", 4), "spellcheck": "false", "class": "mono"})
    cap_kind = SelectField(_l("What is limited"), validate_choice=False)
    cap_value = StringField(_l("At most"), render_kw={"inputmode": "decimal", "maxlength": 8, "class": "w-short"})
    evidence = TextAreaField(_l("Evidence"), render_kw=_long("evidence", 2))
    demands_evidence = BooleanField(_l("At least one scan of the evidence is demanded"))
    source = TextAreaField(
        _l("Source"), description=_l("Regulation and article that the rule follows."), render_kw=_long("source", 2)
    )
    rule_text = TextAreaField(
        _l("Words of the regulation"),
        description=_l("Quoted; persons read them when they declare."),
        render_kw=_long("rule_text", 5),
    )
    document = FileField(_l("Document"), description=_l("The regulation as PDF, at most 4 MB."), render_kw={"accept": ".pdf"})
    note = TextAreaField(_l("Reason of the change"), render_kw=_long("note", 2))

    first: tuple[str, ...] = ("from_year", "name", "name_en", "is_enabled", "is_offered", "subject_kinds")

    def fill(self, edit: RuleEdit, from_year: int) -> None:
        """Show a rule as it stands."""
        for name in (*LENGTHS, "is_enabled", "is_offered", "cap_kind", "cap_value", "demands_evidence"):
            self[name].data = getattr(edit, name)
        self.subject_kinds.data = list(edit.subject_kinds)
        self.from_year.data = str(from_year if from_year in first_years() else first_years()[1])

    def prepare(self) -> None:
        """Give the choices and mark what is required."""
        self.from_year.choices = [(str(year), str(year)) for year in first_years()]
        self.subject_kinds.choices = [(kind, gettext(word)) for kind, word in SUBJECTS.items()]
        self.cap_kind.choices = [(kind, gettext(word)) for kind, word in CAPS.items()]
        for name in ("from_year", "name", "subject_kinds", "formula", "cap_kind", "note"):
            self[name].flags.required = True

    def edit(self, values: Mapping[str, str]) -> RuleEdit:
        """Return what was typed, the table of fields and the sample included."""
        texts: dict[str, Any] = {name: self[name].data or "" for name in (*LENGTHS, "cap_kind", "cap_value")}
        return RuleEdit(
            **texts,
            is_enabled=bool(self.is_enabled.data),
            is_offered=bool(self.is_offered.data),
            demands_evidence=bool(self.demands_evidence.data),
            subject_kinds=self.subject_kinds.data or (),
            fields=_rows(values),
            sample={k.removeprefix(_SAMPLE): v for k, v in values.items() if k.startswith(_SAMPLE) and k != "sample_requested"},
            sample_requested=values.get("sample_requested", ""),
        )

    def sent_document(self) -> Upload | None:
        """Return the document that was chosen."""
        file: Any = self.document.data
        if not file:
            return None
        with closing(file):
            return Upload(file.filename, file.stream.read(MAX_BYTES + 1))


class OwnRuleForm(RuleForm):
    """The parts of a rule of a learning form of one's own: also what period and title of a record are made of."""

    first_day = SelectField(_l("First day"), validate_choice=False)
    last_day = SelectField(_l("Last day"), validate_choice=False)
    title_field = SelectField(_l("Title of a record"), validate_choice=False)

    made_of: tuple[str, ...] = ("first_day", "last_day", "title_field")

    def show(self, made_of: MadeOf) -> None:
        """Show what period and title are made of."""
        self.first_day.data, self.last_day.data, self.title_field.data = made_of.first_day, made_of.last_day, made_of.title

    def offer(self, rows: Sequence[ShownRow]) -> None:
        """Let a choice be made among the fields as they stand in the table, those just typed included."""
        named = [
            (r.row.name.strip(), r.kind or r.row.type, line(r.row.label)) for r in rows if r.row.name and not r.row.is_removed
        ]
        days = [(name, f"{label} ({name})") for name, kind, label in named if kind == FieldType.DATE]
        self.first_day.choices = [("", gettext(N_("No period is asked for"))), *days]
        self.last_day.choices = [("", gettext(N_("The same day"))), *days]
        titles = [(name, f"{label} ({name})") for name, kind, label in named if kind in TITLE_TYPES]
        self.title_field.choices = [("", gettext(N_("The name of the learning form"))), *titles]

    def edit(self, values: Mapping[str, str]) -> RuleEdit:
        """Return what was typed, with what period and title are made of."""
        chosen = MadeOf(self.first_day.data or "", self.last_day.data or "", self.title_field.data or "")
        return replace(super().edit(values), made_of=chosen)


class NewFormForm(OwnRuleForm):
    """The parts of a rule of a learning form that is added: which group it belongs to, too."""

    declaration_type = SelectField(_l("Declaration type"), validate_choice=False)
    first = ("name", "name_en", "declaration_type", "from_year", "is_enabled", "is_offered", "subject_kinds")

    def prepare(self) -> None:
        """Give the choices and mark what is required."""
        super().prepare()
        self.declaration_type.choices = [(kind, gettext(word)) for kind, word in DECLARATION_TYPES.items()]
        self.declaration_type.flags.required = True


def _rows(values: Mapping[str, str]) -> list[FieldEdit]:
    found = []
    for n in range(MOST_FIELDS + NEW_ROWS + 1):
        start = f"field_{n}_"
        if start + "name" not in values:
            break
        found.append(
            FieldEdit(
                **{name: values.get(start + name, "") for name in ("name", "label", "label_en", "type", "choices")},
                required=start + "required" in values,
                is_removed=start + "removed" in values,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of the table of fields; the kind of a field that exists stands in words."""

    n: int
    row: FieldEdit
    kind: FieldType | None = None

    @property
    def kind_word(self) -> str:
        """Return the kind of a field that exists."""
        return gettext(TYPES[self.kind]) if self.kind else ""

    @property
    def has_choices(self) -> bool:
        """Say whether choices can be typed."""
        return self.kind in (None, FieldType.ENUM)


def shown_rows(edit: RuleEdit, known: Mapping[str, FieldType]) -> list[ShownRow]:
    """Return the rows of the table of fields: those that stand, then empty ones; *known* are the fields that exist."""
    rows = [row for row in edit.fields if row.name.strip() or row.label.strip()][: MOST_FIELDS + 1]
    rows += [FieldEdit("", "")] * min(NEW_ROWS, MOST_FIELDS + NEW_ROWS - len(rows))
    return [ShownRow(n, row, known.get(row.name)) for n, row in enumerate(rows)]


def type_choices() -> list[tuple[str, str]]:
    """Return the kinds of fields that can be added."""
    return [(kind.value, gettext(TYPES[kind])) for kind in MADE_TYPES]
