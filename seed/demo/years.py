"""The years of the demo's people: who is exempt, what a county demands, who was reminded, by hand and by the days that are set."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.credits import exempting, reminding, year_settings
from models.credits.carrying import Moving
from models.credits.counting import DEFAULT_NEEDS, Needs
from models.credits.exemptions import Exemption
from models.credits.requirements import Demand
from models.credits.tables import YearSummary
from models.credits.unfinished import unfinished
from models.org import queries
from models.org.settings import SettingKey, set_setting
from models.people.title_levels import TitleLevel
from seed.demo.records import Fate, decide, declare, person_actor
from seed.demo.stage import Stage, acting_as

EXEMPTIONS = (("leave", 12, "产假"), ("partial_year", 6, "七月入职"), ("retirement", 9, "三月退休"), ("other", 12, "援藏一年"))

BY_LEVEL = Demand(DEFAULT_NEEDS, {TitleLevel.JUNIOR: Needs(600, 200, 400), TitleLevel.SENIOR: Needs(1000, 300, 700)})
CARRYING = Demand(
    Needs(700, 300, 400), moving=Moving(carry_years=2, carries_professional=True, carry_most_tenths=300, make_up_years=1)
)
CARRYING_LESS = replace(CARRYING, moving=replace(CARRYING.moving, carry_most_tenths=100))
MAKING_UP = Demand(DEFAULT_NEEDS, moving=Moving(make_up_years=2))


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
    demand_by_county(stage)
    with acting_as(hospital) as session:
        reminding.remind_many(session, hospital, _waiting(session, stage.year, 3), year=stage.year)


def demand_by_county(stage: Stage) -> None:
    """Let one county demand other hours by title level, one carry hours over, then fewer, and one let a year be made up.

    The development zone carries hours over and thinks better of it: what stood in this year goes back to the last one.
    """
    carried = (("yunfeng", CARRYING), ("yunfeng", CARRYING_LESS), ("zone", CARRYING), ("zone", Demand(DEFAULT_NEEDS)))
    for key, demand in (("linsha", BY_LEVEL), *carried, ("wanghai", MAKING_UP)):
        officer = stage.officer(key)
        with acting_as(officer) as session:
            year_settings.set_demand(session, officer, stage.year - 1, demand)
    with acting_as(stage.officer("wanghai")) as session:
        missed = select(YearSummary.person_id).where(YearSummary.year == stage.year - 1, YearSummary.is_passed.is_(False))
        late = session.scalars(
            select(YearSummary.person_id)
            .where(YearSummary.year == stage.year, YearSummary.is_passed, YearSummary.is_exempt.is_(False))
            .where(YearSummary.person_id.in_(missed))
            .order_by(YearSummary.person_id)
        ).all()
    further = [declare(stage, person_actor(i), "XSHY", stage.year, "professional", "20", n) for n, i in enumerate(late)]
    decide(stage, dict.fromkeys(further, Fate()))


def _waiting(session: Session, year: int, n: int) -> list[int]:
    """Return the first of those who have not finished the year."""
    people = session.execute(unfinished(year)).all()
    return sorted(row[0].id for row in people)[:n]
