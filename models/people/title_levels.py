"""The title level that a person's year follows: that of its 31 December; the running year the present one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.access import Actor
from models.among import among
from models.base import Base, BigId, today
from models.org.code_lists import CodeList
from models.org.tables import CodeEntry
from models.people.tables import Professional
from models.scope import OwnedByPerson, acting, bulk_insert

Follower = Callable[[Session, Actor, Collection[int], int], object]
_followers: list[Follower] = []


class TitleLevel(StrEnum):
    """The levels that the code list groups its entries into (职称级别)."""

    JUNIOR = "junior"  # 初级
    INTERMEDIATE = "intermediate"  # 中级
    SENIOR = "senior"  # 高级: 正高级 and 副高级
    NONE = "none"  # 无


class FormerTitleLevel(OwnedByPerson, Base):
    """The level that a person had on 31 December of ``last_year``, where the next one brought another."""

    __tablename__ = "former_title_levels"
    __table_args__ = (UniqueConstraint("person_id", "last_year"), Index("ix_former_title_levels_path", "path"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("professionals.id", ondelete="CASCADE"))
    last_year: Mapped[int]
    title_level: Mapped[str] = mapped_column(String(12))  # a code of the list, empty where none was known


def follow_with(call: Follower) -> None:
    """Call *call* with the people whose level has changed and the first year that it may concern; in the same transaction."""
    _followers.append(call)


def changed(session: Session, actor: Actor, former: Mapping[int, str | None], *, is_taken_back: bool = False) -> None:
    """Keep the levels that people had until now, by person; the years from the running one on follow the new ones.

    A change that *is_taken_back* leaves nothing behind: every year that followed it goes back.
    """
    if not former:
        return
    running = today().year
    if not is_taken_back:
        _keep(session, former, running - 1)
    for call in _followers:
        call(session, actor, sorted(former), 0 if is_taken_back else running)


def _keep(session: Session, former: Mapping[int, str | None], last: int) -> None:
    """Keep the levels as those of the year *last*, where an earlier change of the next year has not kept one."""
    with acting(session, "keep_title_level"):
        of_last = (among(FormerTitleLevel.person_id, former), FormerTitleLevel.last_year == last)
        kept = set(session.scalars(select(FormerTitleLevel.person_id).where(*of_last)))
        new = {i: level or "" for i, level in former.items() if i not in kept}
        paths = dict(session.execute(select(Professional.id, Professional.path).where(among(Professional.id, new))).all())
        bulk_insert(
            session,
            FormerTitleLevel,
            [{"person_id": i, "path": paths[i], "last_year": last, "title_level": new[i]} for i in sorted(paths)],
        )


def codes(session: Session) -> dict[str, TitleLevel]:
    """Return the level of each code of the list; a code of no group is not there."""
    rows = session.execute(select(CodeEntry.code, CodeEntry.extra).where(CodeEntry.list_name == CodeList.TITLE_LEVEL))
    groups = ((row.code, (row.extra or {}).get("group")) for row in rows)
    return {code: TitleLevel(group) for code, group in groups if group in set(TitleLevel)}


def code_of_year(year: ColumnElement[int] | Any) -> ColumnElement[str]:
    """Return the code that a year of ``Professional`` follows, as an expression; empty where none is known."""
    former = (
        select(FormerTitleLevel.title_level)
        .where(FormerTitleLevel.person_id == Professional.id, FormerTitleLevel.last_year >= year)
        .order_by(FormerTitleLevel.last_year)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(former, Professional.title_level, "")


def of_years(session: Session, wanted: Mapping[int, Collection[int]]) -> dict[tuple[int, int], TitleLevel]:
    """Return the levels that the years of people follow; a person without a known one is not there. Three statements."""
    groups = codes(session)
    present = dict(session.execute(select(Professional.id, Professional.title_level).where(among(Professional.id, wanted))).all())
    former: dict[int, list[tuple[int, str]]] = {}
    statement = select(FormerTitleLevel.person_id, FormerTitleLevel.last_year, FormerTitleLevel.title_level)
    for row in session.execute(statement.where(among(FormerTitleLevel.person_id, wanted)).order_by(FormerTitleLevel.last_year)):
        former.setdefault(row.person_id, []).append((row.last_year, row.title_level))
    found: dict[tuple[int, int], TitleLevel] = {}
    for person, years in wanted.items():
        for year in years:
            code = next((level for last, level in former.get(person, ()) if last >= year), present.get(person))
            if code in groups:
                found[person, year] = groups[code]
    return found
