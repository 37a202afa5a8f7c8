"""The ancestors' path on the organisation and on each scoped row, made anew from parent_id, which is the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.base import Base, today
from models.org.moving import YEARS
from models.org.tables import Organisation
from models.transaction import unit_of_work

NATIONAL = "/"
MOVING = "#"
"""Stands before a path on its way, so that two that change places do not meet."""


class BrokenTree(Exception):
    """Organisations that are their own ancestors: no path can be made for them."""


@dataclass
class Rebuilt:
    """What was found; ``wrong`` maps the wrong path of an organisation to its right one."""

    n_organisations: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    n_rows: int = 0
    n_strays: dict[str, int] = field(default_factory=dict)  # rows by table whose path is no organisation's


def rebuild(session: Session, *, check_only: bool) -> Rebuilt:
    """Compare every path with the tree in a system session; unless *check_only* put it right in one transaction.

    Raises BrokenTree for a circle of parents.
    """
    found = Rebuilt()
    with unit_of_work(session):
        right = _right_paths(session)
        present = {row.id: row.path for row in session.execute(select(Organisation.id, Organisation.path))}
        found.n_organisations = len(present)
        found.wrong = {present[key]: path for key, path in right.items() if present[key] != path}
        if found.wrong and not check_only:
            for ahead in (MOVING, ""):
                found.n_rows = sum(_move(session, cls, found.wrong, ahead) for cls in _with_path())
        known = select(Organisation.path)
        for cls in _with_path():
            strays = select(func.count()).where(cls.path.not_in(known), cls.path != NATIONAL, cls.path != "")
            if cls.__tablename__ == YEARS:
                strays = strays.where(cls.year >= today().year)  # a closed year stays where it was
            if n_strays := session.scalar(strays):
                found.n_strays[cls.__table__.name] = n_strays
    return found


def _with_path() -> list[Any]:
    classes: list[Any] = [mapper.class_ for mapper in Base.registry.mappers]
    return sorted((cls for cls in classes if "path" in cls.__table__.columns), key=lambda cls: str(cls.__table__.name))


def _right_paths(session: Session) -> dict[int, str]:
    parents = {row.id: row.parent_id for row in session.execute(select(Organisation.id, Organisation.parent_id))}
    paths: dict[int, str] = {}
    for start in parents:
        chain = []
        at: int | None = start
        while at is not None and at not in paths:
            if at in chain:
                raise BrokenTree(f"organisation {at} is its own ancestor")
            chain.append(at)
            at = parents[at]
        above = paths[at] if at is not None else NATIONAL
        for key in reversed(chain):
            above = paths[key] = f"{above}{key}/"
    return paths


def _move(session: Session, cls: Any, wrong: dict[str, str], ahead: str) -> int:
    """Move rows to the right path with the mark before it, or, in the second round, take the mark away."""
    n_rows = 0
    for old, new in wrong.items():
        came_from = old if ahead else MOVING + new
        done: Any = session.execute(
            update(cls).where(cls.path == came_from).values(path=ahead + new), execution_options={"synchronize_session": False}
        )
        n_rows += done.rowcount
    return n_rows
