"""The searched choices of the administration's forms and filters, as JSON: organisations of the scope, regions, codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import jsonify, request, url_for
from flask_admin import expose
from sqlalchemy import Select, or_, select
from werkzeug.wrappers import Response

from models.access import Permission
from models.base import db
from models.errors import N_, NotFound
from models.org.tables import ALLOWED_PARENTS, Organisation, OrganisationKind, OrganisationState, Region
from models.people.queries import by_name, by_number
from models.people.tables import Professional, ProfessionalState
from views.admin.screen import ScopedPage
from views.arguments import read_id
from views.codes import REGIONS, code_name, names
from views.public.language import page_lang

LIMIT = 20
CODE_LISTS = frozenset({"industry", "title_qualification", "field_of_study", "vocational_qualification"})


def organisation_address(**how: Any) -> str:
    """Return the address that searches organisations; ``kind`` keeps one kind, ``use="superior"`` those above it."""
    return url_for("choices.organisations", **how)


def organisation_words(text: str) -> str:
    """Return the name of a chosen organisation of the scope, its id when it is gone."""
    organisation_id = read_id(text)
    name = db.session.scalar(select(Organisation.name).where(Organisation.id == organisation_id)) if organisation_id else None
    return name or text


def region_address() -> str:
    """Return the address that searches regions."""
    return url_for("choices.regions")


def region_words(text: str) -> str:
    """Return the name of a chosen region."""
    return code_name(REGIONS, text)


class Pickers(ScopedPage):
    """Answers ``{"items": [{"id", "text", "note"}]}`` for ``?q=``; at most twenty, whatever is asked."""

    permission = Permission.HOME
    name_id = N_("Choices")
    in_menu = False

    @expose("/")
    def index(self) -> Response:
        """Answer that a choice must be named."""
        raise NotFound

    @expose("/organisations")
    def organisations(self) -> Response:
        """Search the organisations of the scope by a part of the name, or by the code."""
        statement = matching_units(asked())
        kinds = _kinds()
        if kinds is not None:
            statement = statement.where(Organisation.kind.in_(kinds))
        if request.args.get("use") == "superior":
            statement = statement.where(Organisation.state == OrganisationState.ACTIVE)
        rows = self.work.scalars(statement)
        return items([(str(o.id), o.name, f"{code_name(REGIONS, o.region_code)} {o.code}") for o in rows])

    @expose("/people")
    def people(self) -> Response:
        """Search the people of the own organisation who could become its administrators."""
        self.actor.require(Permission.ADMINISTRATORS_MANAGE)
        own = (Professional.organisation_id == self.actor.organisation_id, Professional.state == ProfessionalState.ACTIVE)
        statement = select(Professional).where(*own)
        q = asked()
        if q:
            statement = by_name(statement, q, Professional.id, Professional.name)
        rows = self.work.scalars(statement.order_by(Professional.path, Professional.id).limit(LIMIT))
        return items([(str(p.id), p.name, p.number_masked) for p in rows])

    @expose("/transferable")
    def transferable(self) -> Response:
        """Search the active people of the scope by name, or by the whole number: whom the unit may let go."""
        self.actor.require(Permission.TRANSFERS)
        statement = select(Professional).where(Professional.state == ProfessionalState.ACTIVE)
        q = asked()
        if q and any(c.isdigit() for c in q):
            statement = by_number(statement, q)
        elif q:
            statement = by_name(statement, q, Professional.id, Professional.name)
        rows = self.work.scalars(statement.order_by(Professional.path, Professional.id).limit(LIMIT))
        return items([(str(p.id), p.name, f"{p.number_masked} {p.organisation_name}") for p in rows])

    @expose("/regions")
    def regions(self) -> Response:
        """Search the regions in use by name or by the beginning of the code."""
        q = asked()
        statement = select(Region).where(Region.status == "current")
        if q:
            statement = statement.where(or_(Region.name.contains(q, autoescape=True), Region.code.startswith(q, autoescape=True)))
        return items([(r.code, r.name, r.code) for r in self.work.scalars(statement.order_by(Region.code).limit(LIMIT))])

    @expose("/codes")
    def codes(self) -> Response:
        """Search one of the long code lists by a part of the name, or by the beginning of the code."""
        list_name = request.args.get("list", "")
        if list_name not in CODE_LISTS:
            raise NotFound
        q = asked().casefold()
        column = 1 if page_lang() == "en" else 0
        found = [
            (code, pair[column], code)
            for code, pair in names(list_name).items()
            if not q or code.casefold().startswith(q) or q in pair[column].casefold()
        ]
        return items(found[:LIMIT])


def matching_units(q: str) -> Select[Organisation]:
    """Select the first organisations whose name has *q* in it or whose code it is; all of them when it is empty."""
    statement = select(Organisation).where(Organisation.state != OrganisationState.REJECTED)
    if q:
        statement = statement.where(or_(Organisation.name.contains(q, autoescape=True), Organisation.code == q.upper()))
    return statement.order_by(Organisation.path, Organisation.id).limit(LIMIT)


def asked() -> str:
    """Return what is searched for."""
    return request.args.get("q", "").replace("\0", "").strip()[:60]


def _kinds() -> frozenset[OrganisationKind] | None:
    """Return the kinds that are asked for: one, or those that may stand above one; None for every kind."""
    kind = request.args.get("kind", "")
    if not kind:
        return None
    try:
        wanted = OrganisationKind(kind)
    except ValueError:
        raise NotFound from None
    return ALLOWED_PARENTS[wanted] if request.args.get("use") == "superior" else frozenset({wanted})


def items(found: Sequence[tuple[str, str, str]]) -> Response:
    """Return the answer of a search: id, text and note of each."""
    return jsonify(items=[{"id": i, "text": text, "note": note} for i, text, note in found])
