"""The national code lists, regions and learning forms: the files beside this one, and the loader that writes them.

``SOURCES.md`` says where the files come from. Rows that have gone from a file stay in the database: people refer to them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import to_tenths
from models.credits.forms import parse_form
from models.credits.tables import LearningForm, Requirement, RuleVersion
from models.org.code_lists import CodeList
from models.org.tables import CodeEntry, Region

FOLDER = Path(__file__).parent
NATIONAL = "/"
"""The path of the defaults that hold where no HR department has its own."""

_PLAIN_COLUMNS = frozenset({"code", "name", "name_en", "parent_code", "source"})
_FLAGS = frozenset({"is_group", "recommended"})
_LISTS = frozenset({"aliases", "levels"})


@dataclass(slots=True)
class Seeded:
    """How many rows a run added and how many it brought up to date."""

    n_added: int = 0
    n_changed: int = 0


def seed_reference(session: Session) -> Seeded:
    """Write regions, code lists and national defaults through *session* (system scope); a second run changes nothing."""
    seeded = Seeded()
    _write(session, Region, "code", region_rows(), seeded)
    _write_code_lists(session, seeded)
    _write_forms(session, seeded)
    _write_requirement(session, seeded)
    session.flush()
    return seeded


def region_rows() -> Iterator[dict[str, Any]]:
    """Yield the regions, each after its parent."""
    for row in _read("regions"):
        years = {name: int(row[name]) if row[name] else None for name in ("from_year", "to_year")}
        yield {**row, **years, "parent_code": row["parent_code"] or None}


def code_rows(list_name: CodeList) -> Iterator[dict[str, Any]]:
    """Yield the entries of one code list in their order."""
    for position, row in enumerate(_read(list_name)):
        yield {
            "list_name": list_name.value,
            "code": row["code"],
            "name": row["name"],
            "name_en": row["name_en"],
            "parent_code": row["parent_code"] or None,
            "extra": dict(_extra(row)) or None,
            "position": position,
        }


def form_specs() -> list[dict[str, Any]]:
    """Return the learning forms as JSON objects, in the order in which they are offered."""
    specs: list[dict[str, Any]] = json.loads((FOLDER / "learning_forms.json").read_text(encoding="utf-8"))
    return specs


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _extra(row: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name in _PLAIN_COLUMNS or not value:
            continue
        if name in _FLAGS:
            yield name, True
        else:
            yield name, value.split(";") if name in _LISTS else value


def _write(session: Session, cls: Any, key: str, rows: Iterable[dict[str, Any]], seeded: Seeded, *where: Any) -> None:
    """Add the rows that are not there and change those that differ."""
    present = {getattr(thing, key): thing for thing in session.scalars(select(cls).where(*where))}
    for row in rows:
        thing = present.get(row[key])
        if thing is None:
            session.add(cls(**row))
            seeded.n_added += 1
            continue
        changed = {name: value for name, value in row.items() if getattr(thing, name) != value}
        for name, value in changed.items():
            setattr(thing, name, value)
        seeded.n_changed += bool(changed)
    session.flush()


def _write_code_lists(session: Session, seeded: Seeded) -> None:
    for name in CodeList:
        _write(session, CodeEntry, "code", code_rows(name), seeded, CodeEntry.list_name == name.value)


def _write_forms(session: Session, seeded: Seeded) -> None:
    rows = []
    for position, data in enumerate(form_specs()):
        spec = parse_form(data)
        rows.append(
            {
                "path": NATIONAL,
                "organisation_id": None,
                "code": spec.code,
                "name": spec.label.zh,
                "name_en": spec.label.en,
                "declaration_type": spec.declaration_type,
                "is_offered_to_persons": spec.is_offered_to_persons,
                "position": position,
            }
        )
        _write_rule(session, data, seeded)
    _write(session, LearningForm, "code", rows, seeded, LearningForm.path == NATIONAL)


def _write_rule(session: Session, data: dict[str, Any], seeded: Seeded) -> None:
    """Add a version when the file differs from the last one; declarations go on naming the version they were made by."""
    last = session.scalars(
        select(RuleVersion)
        .where(RuleVersion.path == NATIONAL, RuleVersion.form_code == data["code"])
        .order_by(RuleVersion.version.desc())
        .limit(1)
    ).first()
    if last is not None and last.spec == data:
        return
    version = 1 if last is None else last.version + 1
    session.add(RuleVersion(path=NATIONAL, form_code=data["code"], version=version, from_year=0, spec=data))
    seeded.n_added += 1


def _write_requirement(session: Session, seeded: Seeded) -> None:
    """Add the national requirement of every year: 90 hours, of them 30 public and 60 professional."""
    if session.scalars(select(Requirement).where(Requirement.path == NATIONAL, Requirement.year == 0)).first():
        return
    total, public, professional = (to_tenths(hours) for hours in (90, 30, 60))
    session.add(Requirement(path=NATIONAL, year=0, total_tenths=total, public_tenths=public, professional_tenths=professional))
    seeded.n_added += 1
