"""S003 and S004: the lists behind the form of registration, shown in a window over it or as pages of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, jsonify, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import StringField

from models.base import db
from models.errors import N_, NotFound
from models.org import directory
from models.org.code_lists import CodeList
from models.org.tables import ALLOWED_PARENTS, HAVE_MEMBERS, CodeEntry, OrganisationKind
from models.scope import system_session
from views.actor import KIND_WORDS
from views.arguments import read_id
from views.limits import LOOKUPS, limiter

blueprint = Blueprint("pickers", __name__, url_prefix="/register")

NO_LEVEL = "none"


@dataclass(frozen=True, slots=True)
class Option:
    """One row of a list: what is sent, what is read, what it belongs to."""

    value: str
    name: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Picker:
    """A list of S004: its title, the field of the form, and where the rows come from."""

    title: str
    field: str
    options: Callable[[], Iterable[Option]]


@blueprint.get("/organisations")
@limiter.limit(LOOKUPS)
def organisations() -> str:
    """List active organisations that have members, by a piece of their name (所在单位)."""
    text = request.args.get("q", "").strip()
    found = directory.find(text, limit=directory.MOST + 1)
    return render_template(
        "public/pick_organisation.html",
        text=text,
        rows=found[: directory.MOST],
        has_more=len(found) > directory.MOST,
        kind_words=KIND_WORDS,
        most=directory.MOST,
    )


@blueprint.get("/units")
@limiter.limit(LOOKUPS)
def units() -> Response:
    """Answer ``{"items": [{"id", "text", "note"}]}`` for a searched choice of a unit from the public directory.

    ``above`` keeps the kinds that may stand above one of that kind; without it those that have members.
    """
    above = request.args.get("above")
    try:
        kinds = ALLOWED_PARENTS[OrganisationKind(above)] if above else HAVE_MEMBERS
    except ValueError:
        raise NotFound from None
    return found_units(kinds)


def found_units(kinds: Collection[OrganisationKind]) -> Response:
    """Answer the search in the public directory for active organisations of *kinds*, as the searched choices read it."""
    found = directory.find(request.args.get("q", ""), kinds=kinds, limit=20)
    return jsonify(items=[{"id": str(e.id), "text": e.name, "note": e.code} for e in found])


def chosen_unit(typed: str | None, *, kinds: Collection[OrganisationKind] = HAVE_MEMBERS) -> directory.Entry | None:
    """Return the unit whose id was chosen, or the one with exactly the typed name; None for every other text."""
    text = (typed or "").strip()
    if read_id(text) is not None:
        return directory.entry(read_id(text) or 0, kinds=kinds)
    found = directory.find(text, kinds=kinds, limit=2) if text else []
    return found[0] if found and found[0].name == text else None


class UnitField(StringField):
    """A unit of the public directory: searched by name, sent as its id; without script its exact name is typed."""

    def __init__(self, label: Any, above: OrganisationKind | None = None, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.above = above

    @property
    def kinds(self) -> Collection[OrganisationKind]:
        """Return the kinds that can be chosen."""
        return ALLOWED_PARENTS[self.above] if self.above else HAVE_MEMBERS

    def unit_id(self) -> int | None:
        """Return the id of what was chosen."""
        found = chosen_unit(self.data, kinds=self.kinds)
        return found.id if found else None

    def __call__(self, **kwargs: Any) -> Any:
        """Render the box with the address of its search."""
        found = chosen_unit(self.data, kinds=self.kinds)
        address = url_for("pickers.units", above=self.above.value if self.above else None)
        return super().__call__(**kwargs, **{"data-picker": address, "data-text": found.name if found else ""})


@blueprint.get("/codes/<name>")
def codes(name: str) -> str:
    """List the entries of one code list (弹窗选择)."""
    picker = PICKERS.get(name) or abort(404)
    text = request.args.get("q", "").strip()
    rows = [o for o in picker.options() if text.casefold() in o.name.casefold()]
    return render_template("public/pick_code.html", picker=picker, name=name, text=text, rows=rows)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a code list, as it is read once per process: code lists change with the seed only."""

    code: str
    name: str
    name_en: str
    parent_code: str | None
    extra: Mapping[str, Any]


_read: dict[tuple[str, CodeList], tuple[Entry, ...]] = {}


def entries(list_name: CodeList) -> tuple[Entry, ...]:
    """Return the entries of a list that can be chosen, in their order; headings are left out."""
    key = (str(db.engine.url), list_name)
    if not _read.get(key):
        with system_session() as session:
            rows = session.scalars(select(CodeEntry).where(CodeEntry.list_name == list_name).order_by(CodeEntry.position))
            found = [Entry(r.code, r.name, r.name_en, r.parent_code, r.extra or {}) for r in rows]
        _read[key] = tuple(e for e in found if not e.extra.get("is_group"))
    return _read[key]


def shown_name(entry: Entry) -> str:
    """Return the name of an entry in the reader's language."""
    return entry.name_en if str(get_locale()).startswith("en") and entry.name_en else entry.name


def options_of(list_name: CodeList) -> list[Option]:
    """Return a whole list as options."""
    return [Option(e.code, shown_name(e)) for e in entries(list_name)]


def title_qualifications(series: str = "", level: str = "") -> list[Option]:
    """Return the qualifications (任职资格) of a series and a level, of all where none is given."""
    names = {e.code: shown_name(e) for e in entries(CodeList.TITLE_SERIES)}
    return [
        Option(e.code, shown_name(e), names.get(e.parent_code or "", ""))
        for e in entries(CodeList.TITLE_QUALIFICATION)
        if series in {"", e.parent_code} and level in {"", e.extra.get("level")}
    ]


def vocational_levels(code: str = "") -> list[Option]:
    """Return the levels of a vocational qualification, of all where none is given; "none" for one without levels."""
    found: dict[str, Option] = {}
    for entry in entries(CodeList.VOCATIONAL_QUALIFICATION):
        if code in {"", entry.code}:
            found |= {level: Option(level, level) for level in entry.extra.get("levels") or ()}
    return [*found.values(), Option(NO_LEVEL, gettext("None"))] if not code or not found else list(found.values())


def departments() -> list[Option]:
    """Return the internal departments of the chosen organisation."""
    organisation_id = read_id(request.args.get("organisation_id"))
    if organisation_id is None or directory.entry(organisation_id) is None:
        return []
    return [Option(str(i), name) for i, name in directory.departments(organisation_id)]


def _list(list_name: CodeList) -> Callable[[], list[Option]]:
    return lambda: options_of(list_name)


PICKERS: dict[str, Picker] = {
    "department": Picker(N_("Work department"), "department_id", departments),
    "education": Picker(N_("Education level"), "education_level", _list(CodeList.EDUCATION_LEVEL)),
    "study": Picker(N_("Field of study"), "field_of_study", _list(CodeList.FIELD_OF_STUDY)),
    "degree": Picker(N_("Degree"), "degree", _list(CodeList.DEGREE)),
    "rank": Picker(N_("Administrative rank"), "admin_rank", _list(CodeList.ADMIN_RANK)),
    "series": Picker(N_("Title series"), "title_series", _list(CodeList.TITLE_SERIES)),
    "level": Picker(N_("Title level"), "title_level", _list(CodeList.TITLE_LEVEL)),
    "title": Picker(
        N_("Title qualification"),
        "title_qualification",
        lambda: title_qualifications(request.args.get("title_series", ""), request.args.get("title_level", "")),
    ),
    "vocation": Picker(N_("Vocational qualification"), "vocational_qualification", _list(CodeList.VOCATIONAL_QUALIFICATION)),
    "vocational-level": Picker(
        N_("Level of the vocational qualification"),
        "vocational_level",
        lambda: vocational_levels(request.args.get("vocational_qualification", "")),
    ),
}
