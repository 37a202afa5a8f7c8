"""One showing of the declaration's form: by which learning form, filled with what, and what is said beside it."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import render_template, request, url_for
from flask_babel import gettext

from models.access import Actor
from models.base import db
from models.credits import declarations, drafts, own_forms, queries, rules, why_not, windows
from models.credits.declarations import Proposal
from models.credits.forms import FormSpec
from models.credits.rules import Offer
from models.credits.tables import CapKind, Declaration, Source
from models.errors import DomainError
from models.uploads import MAX_BYTES
from views.details import Attachment, attachment_of
from views.portal import declaration_form as forms
from views.portal.declaration_form import PREFIX, DeclarationForm, as_year
from views.public.language import words_language
from views.words import plain_hours, say, words


@dataclass(frozen=True, slots=True)
class Unusable:
    """The learning form of a draft that nobody can declare by any more: since when, if it is known, and what was entered."""

    name: str
    since: dt.datetime | None
    entered: Sequence[tuple[str, str]]


@dataclass
class Page:
    """One showing of the form: whose declaration, by which learning form, and what is to be said."""

    actor: Actor
    declaration: Any = None  # a record, or a form for many: what is stored of the form
    offers: Sequence[Offer] = ()
    offer: Offer | None = None
    form: DeclarationForm = field(default_factory=DeclarationForm)
    open_years: Sequence[int] = ()
    warnings: list[str] = field(default_factory=list)
    person_id: int | None = None  # whom an organisation declares for
    path: str = ""  # the place whose rules hold

    def render(self) -> str:
        """Return the page of the form as it stands."""
        return render_template(
            "portal/declare.html",
            why_not=self._why_not(),
            drafts=self._other_drafts(),
            action=_address(self.declaration),
            propose=url_for("portal.propose"),
            **self.shown(),
        )

    def shown(self) -> dict[str, object]:
        """Return what every template of the form takes."""
        spec = self.spec
        forms.prepare(self.form, self.offers, spec, self.open_years)
        return {
            "form": self.form,
            "declaration": self.declaration,
            "spec": spec,
            "language": words_language(),
            "blocks": forms.blocks(self.form, spec) if spec else [],
            "evidence": self.evidence(),
            "warnings": self.warnings,
            "cap": forms.cap_sentence(spec) if spec else "",
            "rule_document": self.offer.version if self.offer and self.offer.version.document_key else None,
            "is_rule_newer": self._is_rule_newer(),
            "unusable": self._unusable(),
            "proposal": self._proposal(),
            "max_bytes": MAX_BYTES,
        }

    @property
    def spec(self) -> FormSpec | None:
        """Return the description of the chosen learning form."""
        return self.offer.spec if self.offer else None

    def _is_rule_newer(self) -> bool:
        """Say whether the saved declaration was computed by another version of its form's rule than holds now."""
        saved = self.declaration
        if saved is None or self.offer is None or saved.form_code != self.offer.spec.code:
            return False
        return saved.rule_version_id != self.offer.version.id

    def _unusable(self) -> Unusable | None:
        """Return what was entered by a learning form that was put out of use since, so that the draft is not just empty."""
        saved, session = self.declaration, db.session()
        found = rules.unusable(session, self.path, saved.form_code, saved.year) if saved is not None else None
        if found is None:
            return None
        entry, language = own_forms.retired(session, found.form), words_language()
        values = queries.entered_values(session, found.spec, saved.inputs, language=language)
        entered = [(each.label, each.value) for each in values]
        if saved.requested_tenths:
            entered.append((gettext("Hours requested"), plain_hours(saved.requested_tenths)))
        return Unusable(found.spec.label.of(language), entry.at if entry else None, entered)

    def show_refused(self, errors: Mapping[str, DomainError]) -> None:
        """Put each refusal at its field."""
        self.form.show_refused(errors, self.spec)

    def has_error(self, name: str) -> bool:
        """Say whether a field, by its name in the operations, has an error already."""
        return any(n in self.form and self.form[n].errors for n in (name, PREFIX + name))

    def evidence(self) -> list[tuple[str, Attachment]]:
        """Return the attachments that are there, each with its key."""
        rows = queries.evidence_of(db.session(), self.declaration.id) if self.declaration else ()
        return [(a.key, attachment_of(a)) for a in rows]

    def _proposal(self) -> dict[str, object] | None:
        if self.offer is None:
            return None
        draft = self.form.draft(self.offer.spec)
        return shown_proposal(self.offer.spec, declarations.propose(db.session(), self.actor, draft, person_id=self.person_id))

    def _why_not(self) -> list[str]:
        """Say before anything is filled in what will keep it from being submitted, and who can help."""
        year = self.declaration.year if self.declaration else None
        return [say(each) for each in why_not.of_declaring(db.session(), self.actor, year=year)]

    def _other_drafts(self) -> Sequence[Declaration]:
        if self.declaration is not None or self.offer is not None or self.actor.person_id is None:
            return ()
        found = queries.declarations_of(db.session(), self.actor.person_id, tab="draft", limit=3)
        return [r.declaration for r in found if r.declaration.source == Source.PERSON]


def shown_proposal(spec: FormSpec, proposal: Proposal) -> dict[str, object]:
    """Return what the template shows of a proposal: the figure, its arithmetic and what is left under the cap."""
    # Under a cap per record nothing is used up by the others.
    left = proposal.remaining_tenths if spec.cap.kind is CapKind.PER_YEAR else None
    return {
        "hours": plain_hours(proposal.tenths) if proposal.tenths is not None else "",
        "lines": [line if isinstance(line, str) else words(line["message_id"], line["params"]) for line in proposal.lines],
        "left": plain_hours(left) if left is not None else "",
    }


def _address(declaration: Declaration | None) -> str:
    return url_for("portal.edit_declaration", declaration_id=declaration.id) if declaration else url_for("portal.declare")


def _chosen(offers: Sequence[Offer], values: Mapping[str, str]) -> Offer | None:
    """Return the learning form that was chosen; one that is not of the chosen type is not chosen yet."""
    offer = next((o for o in offers if o.spec.code == values.get("form_code")), None)
    wanted = values.get("declaration_type")
    return offer if offer and (not wanted or wanted == offer.spec.declaration_type) else None


AnyPage = TypeVar("AnyPage", bound=Page)


def make_page(actor: Actor, declaration: Any | None, page_class: type[AnyPage], *, path: str = "") -> AnyPage:
    """Return the page for what was posted, or for what is stored, or for a new declaration.

    *declaration* is a record, or a form for many; the rules and windows are those of *path*, else of the actor's place.
    """
    path = path or actor.path
    session = db.session()
    stored = {"year": str(declaration.year), "form_code": declaration.form_code} if declaration else {}
    values: Mapping[str, str] = request.form if request.method == "POST" else {**stored, **request.args}
    open_years = windows.open_years(session, path)
    year = as_year(values.get("year")) or (open_years[0] if open_years else 0)
    offers = rules.offered(session, path, year) if year else []
    offer = _chosen(offers, values)
    bases = drafts.training_bases(session) if offer and any(f.list_name == rules.TRAINING_BASE for f in offer.spec.fields) else []
    cls = forms.form_class(offer.spec, bases) if offer else DeclarationForm
    data: dict[str, object] = {"year": str(year), "form_key": secrets.token_urlsafe(32)}
    if offer is not None:
        data |= {"form_code": offer.spec.code, "declaration_type": offer.spec.declaration_type.value}
    if declaration is not None:
        is_same = offer is not None and declaration.form_code == offer.spec.code
        data |= forms.stored_values(declaration, offer.spec) if offer and is_same else forms.common_values(declaration)
    form = cls(data=data)
    if offer is not None:
        form.declaration_type.data = offer.spec.declaration_type.value
    elif request.method == "POST":
        form.form_code.data = ""
    return page_class(actor, declaration, offers, offer, form, open_years, path=path)
