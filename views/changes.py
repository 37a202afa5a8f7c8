"""Changes that somebody reviews, in words: old beside new, of a person and of an organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from models.base import db
from models.errors import N_
from models.org.tables import Department, Organisation, OrganisationChange
from models.people.tables import AcademicTitle, PersonChange, Professional, Qualification
from models.reviews import person_changes as changes
from views.codes import code_name
from views.details import Change

ORGANISATION = Organisation.__table__.c
SECTION_WORDS = {
    changes.TITLE: N_("Professional and technical post"),
    changes.QUALIFICATIONS: N_("Vocational qualifications"),
    changes.HONOURS: N_("Academic and technical titles of honour"),
}
_TITLE = Professional.__table__.c
_COLUMNS = {changes.QUALIFICATIONS: Qualification.__table__.c, changes.HONOURS: AcademicTitle.__table__.c}


def label_of(name: str) -> str:
    """Return the label of a column of the organisation."""
    return gettext(str(ORGANISATION[name].info["label"]))


def words_of(name: str, value: Any) -> str:
    """Return a value of the organisation in words."""
    codes = ORGANISATION[name].info.get("codes") if name in ORGANISATION else None
    return code_name(codes, str(value)) if codes and value else str(value or "")


def pairs_of_organisation(change: OrganisationChange) -> list[Change]:
    """Return the changed values of one change, old beside new."""
    return [
        Change(
            label_of(name),
            words_of(name, change.before.get(name)),
            words_of(name, value),
            at=change.created_at,
            who=change.asked_by,
        )
        for name, value in change.after.items()
        if name in ORGANISATION and ORGANISATION[name].info.get("label")
    ]


def label_of_person(name: str) -> str:
    """Return the label of a column of the professional."""
    return gettext(str(_TITLE[name].info["label"]))


def person_words(name: str, value: Any) -> str:
    """Return a value of a column of the professional in words."""
    if name == "department_id" and value:
        return db.session.scalar(select(Department.name).where(Department.id == value)) or ""
    if choices := _TITLE[name].info.get("choices"):
        return gettext(choices[value]) if value in choices else ""
    return _title_words(name, value)


def row_words(section: str, name: str, value: Any) -> str:
    """Return one value of a reviewed list in words."""
    codes = _COLUMNS[section][name].info.get("codes")
    return code_name(codes, str(value)) if codes and value else str(value or "")


def pairs_of_person(change: PersonChange) -> list[Change]:
    """Return the changed values of a change, old beside new."""
    if change.section == changes.TITLE:
        return [
            Change(
                gettext(str(_TITLE[n].info["label"])),
                _title_words(n, change.before.get(n)),
                _title_words(n, v),
                at=change.created_at,
            )
            for n, v in change.after.items()
            if change.before.get(n) != v
        ]
    before, after = change.before["rows"], change.after["rows"]
    word = gettext(SECTION_WORDS[change.section])
    gone = [Change(word, _row(change.section, row), "", at=change.created_at) for row in before if row not in after]
    return gone + [Change(word, "", _row(change.section, row), at=change.created_at) for row in after if row not in before]


def _title_words(name: str, value: Any) -> str:
    codes = _TITLE[name].info.get("codes")
    return code_name(codes, str(value)) if codes and value else str(value or "")


def _row(section: str, row: Mapping[str, Any]) -> str:
    return " · ".join(words for name, value in row.items() if (words := row_words(section, name, value)))
