"""The filters of the list of people; each is served by an index, or walks the list's own order and stops early."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext
from sqlalchemy import Select, or_, select

from models.access import PositionKind
from models.base import db, today
from models.errors import N_, NotFound
from models.org.tables import Organisation, OrganisationKind
from models.people import queries as people
from models.people.tables import Professional
from models.scope import path_range
from models.text import compact
from views.actor import current_actor
from views.admin.filters import Filter, choice_filter, code_filter, picker_filter, text_filter
from views.admin.pickers import organisation_address, organisation_words
from views.arguments import read_id
from views.codes import REGIONS, code_choices, code_name

BANDS = {
    "-35": (0, 35),
    "36-40": (36, 40),
    "41-45": (41, 45),
    "46-50": (46, 50),
    "51-55": (51, 55),
    "56-60": (56, 60),
    "61-": (61, 150),
}
DIRECT = "direct"
NAME_HELP = N_("Characters of the name, pinyin or initials.")


def chosen_organisation(value: str) -> Organisation:
    """Return a chosen organisation of the scope; raises NotFound."""
    organisation_id = read_id(value)
    found = (
        db.session.scalars(select(Organisation).where(Organisation.id == organisation_id)).first() if organisation_id else None
    )
    if found is None:
        raise NotFound
    return found


def _below(statement: Select[Any], path: str) -> Select[Any]:
    low, high = path_range(path)
    return statement.where(Professional.path >= low, Professional.path < high)


def _in_tree(statement: Select[Any], value: str) -> Select[Any]:
    return _below(statement, chosen_organisation(value).path)


def _in_organisation(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Professional.path == chosen_organisation(value).path)


def _hr_departments() -> list[Organisation]:
    """Return the HR departments below the position in use."""
    actor = current_actor()
    statement = select(Organisation).where(Organisation.kind == OrganisationKind.HR_DEPARTMENT).order_by(Organisation.path)
    return [o for o in db.session.scalars(statement) if actor is not None and o.id != actor.organisation_id]


def _regions() -> list[tuple[str, str]]:
    """Return the regions by the HR department that stands for each, and what lies directly under the own one."""
    found = [(str(o.id), code_name(REGIONS, o.region_code) or o.name) for o in _hr_departments()]
    return [(DIRECT, gettext(N_("Directly under the city"))), *found] if found else []


def _in_region(statement: Select[Any], value: str) -> Select[Any]:
    if value != DIRECT:
        return _in_tree(statement, value)
    for department in _hr_departments():
        low, high = path_range(department.path)
        statement = statement.where((Professional.path < low) | (Professional.path >= high))
    return statement


def _years_before(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return dt.date(day.year - years, 3, 1)


def _of_age(statement: Select[Any], value: str) -> Select[Any]:
    youngest, oldest = BANDS[value]
    return statement.where(
        Professional.birth_on <= _years_before(today(), youngest), Professional.birth_on > _years_before(today(), oldest + 1)
    )


def _bands() -> list[tuple[str, str]]:
    words = {
        "-35": gettext(N_("35 and younger")),
        "61-": gettext(N_("61 and older")),
    }
    return [(band, words.get(band) or gettext(N_("%(first)s to %(last)s"), first=a, last=b)) for band, (a, b) in BANDS.items()]


def _of_nature(statement: Select[Any], value: str) -> Select[Any]:
    # The sum keeps the databases from walking every organisation of that nature: the list's own order stops early.
    of_nature = select(Organisation.id).where(Organisation.nature == value)
    return statement.where((Professional.organisation_id + 0).in_(of_nature))


def _by_control_number(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(Professional.certificate_control_number == compact(value))


BY_JOINED_NAME = text_filter("name", N_("Name"), people.by_joined_name, is_private=True, help=NAME_HELP)
"""The same question on the variant of the list that is joined with the search tokens."""

FILTERS: tuple[Filter, ...] = (
    text_filter(
        "name",
        N_("Name"),
        lambda statement, text: people.by_name(statement, text, Professional.id, Professional.name),
        is_private=True,
        help=NAME_HELP,
    ),
    text_filter("number", N_("ID document number"), people.by_number, is_private=True, help=N_("The whole number.")),
    Filter("region", N_("Region"), _in_region, kind="choice", choices=_regions),
    picker_filter(
        "organisation", N_("Employer (unit)"), _in_organisation, address=organisation_address, shown=organisation_words
    ),
    picker_filter(
        "department",
        N_("Competent department"),
        _in_tree,
        address=lambda: organisation_address(kind="competent_department"),
        shown=organisation_words,
        is_quick=False,
    ),
    text_filter(
        "control",
        N_("Certificate control number"),
        _by_control_number,
        is_private=True,
        is_quick=False,
        help=N_("The whole number."),
    ),
    code_filter("education", Professional.education_level, label=N_("Education level"), is_quick=False),
    code_filter("series", Professional.title_series, label=N_("Professional title (series)"), is_quick=False),
    code_filter("title", Professional.title_qualification, is_quick=False),
    Filter(
        "nature",
        N_("Unit nature"),
        _of_nature,
        kind="choice",
        choices=lambda: code_choices("unit_nature"),
        is_quick=False,
    ),
    code_filter(
        "qualification",
        Professional.vocational_qualification,
        label=N_("Vocational qualification of professionals"),
        is_quick=False,
    ),
    choice_filter("sex", Professional.sex, is_quick=False),
    Filter("age", N_("Age range"), _of_age, kind="choice", choices=_bands, is_quick=False),
)
NOT_FOR: dict[PositionKind, frozenset[str]] = {
    PositionKind.EMPLOYER: frozenset({"region", "department"}),
    PositionKind.COMPETENT_DEPARTMENT: frozenset({"region"}),
}
"""What a role has no use for: below an employer there is neither a region nor a competent department."""


def _named_in_reviews(statement: Select[Any], text: str) -> Select[Any]:
    """Search the tokens of waiting people and the names of decided ones: a rejected person has no tokens any more.

    The list is that of one organisation, so a part of the name may be looked for.
    """
    by_tokens = people.by_name(select(Professional.id), text, Professional.id, Professional.name)
    return statement.where(or_(Professional.id.in_(by_tokens), Professional.name.contains(text, autoescape=True)))


NAME_IN_REVIEWS = text_filter(
    "name", N_("Name"), _named_in_reviews, is_private=True, help=N_("Characters of the name, pinyin or initials.")
)
"""Of lists that join the person to a review or a decision."""
