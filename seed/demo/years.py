"""The years of the demo's people: who is exempt, what a county demands, who was reminded, by hand and by the days that are set."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.credits import exempting, reminding, year_settings
from models.credits.counting import Needs
from models.credits.exemptions import Exemption
from models.credits.requirements import Demand
from models.credits.unfinished import unfinished
from models.org import queries
from models.org.settings import SettingKey, set_setting
from seed.demo.stage import Stage, acting_as

EXEMPTIONS = (("leave", 12, "产假"), ("partial_year", 6, "七月入职"), ("retirement", 9, "三月退休"), ("other", 12, "援藏一年"))


def build_years(stage: Stage) -> None:
    """Let a county set what next year demands, exempt four people, end one exemption, and let two offices remind."""
    county, hospital = stage.officer("wanghai"), stage.officer("people_hospital")
    with acting_as(county) as session:
        year_settings.set_demand(session, county, stage.year + 1, Demand(Needs(800, 240, 560)))
        set_setting(session, county, queries.own(session, county), SettingKey.REMINDERS, "d30_7")
        for person_id, (kind, months, note) in zip(_waiting(session, stage.year, len(EXEMPTIONS)), EXEMPTIONS, strict=False):
            exempting.exempt_many(session, county, [person_id], year=stage.year, kind=kind, months=months, note=note)
        last = session.scalars(select(Exemption.id).order_by(Exemption.id.desc()).limit(1)).all()
        exempting.end_many(session, county, last)
        reminding.remind_many(session, county, _waiting(session, stage.year, 5), year=stage.year)
    with acting_as(hospital) as session:
        reminding.remind_many(session, hospital, _waiting(session, stage.year, 3), year=stage.year)


def _waiting(session: Session, year: int, n: int) -> list[int]:
    """Return the first of those who have not finished the year."""
    people = session.execute(unfinished(year)).all()
    return sorted(row[0].id for row in people)[:n]
