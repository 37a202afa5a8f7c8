"""S003 and S004: the lists behind the form of registration, shown in a window over it or as pages of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import get_locale, gettext
from sqlalchemy import select

from models.base import db
from models.errors import N_
from models.org import directory
from models.org.code_lists import CodeList
from models.org.tables import CodeEntry
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
