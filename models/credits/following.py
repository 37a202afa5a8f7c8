"""The running year follows people who move or have another title level, and organisations; closed years stay as they were."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.among import among
from models.base import today
from models.credits.audits import Audit
from models.credits.postings import follow_records
from models.credits.recount import recount_years
from models.credits.requirements import requirements_of
from models.credits.tables import Declaration, YearSummary
from models.org import moving as organisations
from models.org.moving import Moved
from models.org.tables import Organisation
from models.people import moving as people
from models.people import title_levels
from models.reviews import doubles
from models.scope import acting, path_range


def follow_people(session: Session, actor: Actor, person_ids: Collection[int]) -> None:
    """Count the years from the running one on of people who moved: what is demanded is that of the new organisation."""
    recount_since(session, actor, person_ids, today().year)


def recount_since(session: Session, actor: Actor, person_ids: Collection[int], since: int) -> None:
    """Count the years from *since* on of people anew, of whom something changed that a year follows."""
    with acting(session, "recount_year"):
        rows = session.execute(
            select(YearSummary.person_id, YearSummary.year).where(
                among(YearSummary.person_id, person_ids), YearSummary.year >= since
            )
        ).all()
    recount_years(session, actor, [(row.person_id, row.year) for row in rows])


def follow_doubles(session: Session, actor: Actor, person_ids: Collection[int]) -> None:
    """Count every year of two people whose records have become one's, or two again: hours count once."""
    follow_records(session, person_ids)
    with acting(session, "recount_year"):
        pairs = {
            (row.person_id, row.year)
            for statement in (
                select(Declaration.person_id, Declaration.year).where(Declaration.person_id.in_(person_ids)),
                select(YearSummary.person_id, YearSummary.year).where(YearSummary.person_id.in_(person_ids)),
            )
            for row in session.execute(statement)
        }
    recount_years(session, actor, pairs)


def follow_organisations(session: Session, actor: Actor, moved: Moved) -> None:
    """Count the years from the running one on wherever a moved organisation inherits another requirement than before."""
    low, high = path_range(moved.new_path)
    with acting(session, "recount_year"):
        inside = (Organisation.path >= low) & (Organisation.path < high)
        paths = dict(session.execute(select(Organisation.id, Organisation.path).where(inside)).all())
        years = sorted(
            session.scalars(
                select(YearSummary.year)
                .where(YearSummary.path >= low, YearSummary.path < high, YearSummary.year >= today().year)
                .distinct()
            )
        )
        pairs: list[tuple[int, int]] = []
        for year in years:
            concerned = _differing(session, paths, moved, year)
            for start in range(0, len(concerned), 500):
                pairs += [
                    (person_id, year)
                    for person_id in session.scalars(
                        select(YearSummary.person_id).where(
                            YearSummary.year_organisation_id.in_(concerned[start : start + 500]), YearSummary.year == year
                        )
                    )
                ]
    recount_years(session, actor, pairs)


def _differing(session: Session, paths: dict[int, str], moved: Moved, year: int) -> list[int]:
    # Rows of the subtree itself have moved already: what was inherited is asked for above the old place.
    above_old, above_new = (path.rstrip("/").rpartition("/")[0] + "/" for path in (moved.old_path, moved.new_path))
    inherited = requirements_of(session, {(above_old, year), (above_new, year)})
    if inherited[above_old, year] == inherited[above_new, year]:
        return []
    now = requirements_of(session, {(path, year) for path in paths.values()})
    return [i for i in paths if now[paths[i], year] == inherited[above_new, year]]


doubles.GOING_ALONG.extend((Declaration, Audit))
doubles.follow_with(follow_doubles)
people.follow_with(follow_people)
organisations.follow_with(follow_organisations)
title_levels.follow_with(recount_since)
