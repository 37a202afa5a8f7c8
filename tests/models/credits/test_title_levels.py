"""What is demanded of a title level: whose year follows it, and what follows when the level is another one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import SYSTEM, Actor
from models.credits.counting import Needs
from models.credits.recompute import recompute_all
from models.credits.recount import recount_years
from models.credits.requirements import Demand, demanded_of
from models.credits.tables import Requirement, YearSummary
from models.credits.year_settings import set_demand, turning
from models.errors import Invalid
from models.import_rows import ImportRow
from models.org.settings import SettingKey, set_setting
from models.org.tables import CodeEntry, Organisation
from models.people import import_undo, title_levels
from models.people.import_updates import write_updates
from models.people.tables import Professional
from models.people.title_levels import FormerTitleLevel, TitleLevel
from models.reviews import engine, person_changes
from models.reviews.tables import Review, ReviewKind, Verdict
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.test_recount import a_record

Open = Callable[[Actor], Session]
USUAL, LITTLE, MUCH = Needs(900, 300, 600), Needs(300, 0, 300), Needs(1200, 300, 900)
OF_LEVELS = Demand(USUAL, {TitleLevel.JUNIOR: LITTLE, TitleLevel.SENIOR: MUCH})
GROUPS = {"411": "senior", "412": "senior", "420": "intermediate", "434": "junior", "435": "junior", "499": "none"}
SERIES = "01"


@pytest.fixture(autouse=True)
def levels(in_app: Any) -> None:
    """The code list as it is delivered, with one series and a qualification of each level."""
    with system_session() as session, unit_of_work(session):
        session.add(CodeEntry(list_name="title_series", code=SERIES, name="工程技术人员"))
        for code, group in GROUPS.items():
            session.add(CodeEntry(list_name="title_level", code=code, name=code, extra={"group": group}))
            session.add(
                CodeEntry(
                    list_name="title_qualification", code=f"q{code}", name=f"q{code}", parent_code=SERIES, extra={"level": code}
                )
            )


def demand(session_of: Open, actor: Actor, year: int, demand: Demand | None) -> None:
    session = session_of(actor)
    with unit_of_work(session):
        set_demand(session, actor, year, demand)


def give(cast: Cast, name: str, level: str | None, *, is_taken_back: bool = False) -> None:
    """Let somebody have another level, as a change of titles does it."""
    with system_session() as session, unit_of_work(session):
        person = session.get_one(Professional, cast.people[name].id)
        former, person.title_level = person.title_level, level
        session.flush()
        title_levels.changed(session, SYSTEM, {person.id: former}, is_taken_back=is_taken_back)


def granted(cast: Cast, forms: dict[str, int], name: str, *years: int, tenths: int = 300) -> None:
    """Let somebody have so many professional hours of each year."""
    person = cast.people[name]
    with system_session() as session, unit_of_work(session):
        for year in years:
            record = a_record(cast, forms, random.Random(1))
            record.person_id, record.organisation_id, record.path = person.id, person.organisation_id, person.path
            record.form_code, record.rule_version_id, record.year, record.subject = "QT", forms["QT"], year, "professional"
            record.requested_tenths = record.granted_tenths = tenths
            session.add(record)
        session.flush()
        recount_years(session, SYSTEM, [(person.id, year) for year in years])


def required(cast: Cast, name: str) -> dict[int, tuple[int, bool]]:
    """Return by year what is demanded in total and whether it is passed; nothing that is stored is wrong."""
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean
        rows = session.scalars(select(YearSummary).where(YearSummary.person_id == cast.people[name].id))
        return {s.year: (s.required_total_tenths, s.is_passed) for s in rows}


@pytest.mark.both_databases
def test_each_level_follows_its_own_figures_where_it_has_some(session_of: Open, cast: Cast, forms: dict[str, int]) -> None:
    for name, level in (("professional", "434"), ("colleague", "412"), ("branch_worker", "420"), ("neighbour", None)):
        give(cast, name, level)
        granted(cast, forms, name, 2026)
    city = session_of(cast.city_officer)
    found = turning(city, cast.organisations["city"].path, 2026, OF_LEVELS)
    city.rollback()
    assert (found.n_years, found.n_to_passed, found.n_to_failed) == (4, 1, 0)
    demand(session_of, cast.city_officer, 2026, OF_LEVELS)
    assert required(cast, "professional") == {2026: (300, True)}
    assert required(cast, "colleague") == {2026: (1200, False)}
    assert required(cast, "branch_worker") == required(cast, "neighbour") == {2026: (900, False)}
    members = {cast.people[name].id: cast.people[name].organisation_id for name in ("professional", "neighbour")}
    told = demanded_of(session_of(cast.professional), 2026, dict([next(iter(members.items()))]))
    assert [(each.needs, each.level) for each in told.values()] == [(LITTLE, TitleLevel.JUNIOR)]


@pytest.mark.both_databases
def test_the_preview_of_very_many_goes_by_the_level_of_each_year(
    session_of: Open, cast: Cast, forms: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    give(cast, "professional", "434")
    granted(cast, forms, "professional", 2025, 2026)
    give(cast, "professional", "412")
    session = session_of(cast.county_officer)
    for most in (2000, 1):
        monkeypatch.setattr("models.credits.year_settings.MOST_TRIED", most)
        found = turning(session, cast.organisations["county"].path, 2025, OF_LEVELS)
        # Nothing was known of 2025 but the level before the one of this year, which was none.
        assert (found.n_years, found.n_to_passed, found.n_to_failed, found.is_without_moves) == (2, 0, 0, False)
        found = turning(session, cast.organisations["county"].path, 2025, Demand(LITTLE, {TitleLevel.SENIOR: MUCH}))
        assert (found.n_years, found.n_to_passed, found.n_to_failed) == (2, 1, 0)
    session.rollback()


def test_a_county_without_a_demand_inherits_the_levels_and_one_with_its_own_does_not(
    session_of: Open, cast: Cast, forms: dict[str, int]
) -> None:
    give(cast, "professional", "434")
    granted(cast, forms, "professional", 2026)
    demand(session_of, cast.city_officer, 2026, OF_LEVELS)
    assert required(cast, "professional") == {2026: (300, True)}
    demand(session_of, cast.county_officer, 2026, Demand(USUAL))
    assert required(cast, "professional") == {2026: (900, False)}
    demand(session_of, cast.county_officer, 2026, None)
    assert required(cast, "professional") == {2026: (300, True)}


@pytest.mark.both_databases
def test_a_closed_year_follows_the_level_of_its_last_day(
    session_of: Open, cast: Cast, forms: dict[str, int], clock: Callable[[str], None]
) -> None:
    demand(session_of, cast.county_officer, 2025, OF_LEVELS)
    give(cast, "professional", "434")
    granted(cast, forms, "professional", 2026)
    clock("2027-02-01 10:00")
    granted(cast, forms, "professional", 2027)
    give(cast, "professional", "420")
    give(cast, "professional", "411")
    assert required(cast, "professional") == {2026: (300, True), 2027: (1200, False)}
    with system_session() as session:
        kept = session.execute(
            select(FormerTitleLevel.last_year, FormerTitleLevel.title_level).order_by(FormerTitleLevel.last_year)
        )
        assert [tuple(row) for row in kept] == [(2025, ""), (2026, "434")]
    clock("2028-02-01 10:00")
    assert required(cast, "professional") == {2026: (300, True), 2027: (1200, False)}


def test_what_is_taken_back_a_year_later_leaves_nothing_behind(
    session_of: Open, cast: Cast, forms: dict[str, int], clock: Callable[[str], None]
) -> None:
    demand(session_of, cast.county_officer, 2026, OF_LEVELS)
    give(cast, "professional", "411")
    granted(cast, forms, "professional", 2026)
    give(cast, "professional", "434")
    assert required(cast, "professional") == {2026: (300, True)}
    clock("2027-02-01 10:00")
    give(cast, "professional", "411", is_taken_back=True)
    assert required(cast, "professional") == {2026: (1200, False)}


def test_a_changed_title_is_followed_when_it_takes_effect_and_when_it_is_taken_back(
    session_of: Open, cast: Cast, forms: dict[str, int]
) -> None:
    demand(session_of, cast.county_officer, 2026, OF_LEVELS)
    granted(cast, forms, "professional", 2026)
    person = session_of(cast.professional)

    def ask(code: str) -> None:
        with unit_of_work(person):
            typed = {"title_series": SERIES, "title_level": code, "title_qualification": f"q{code}"}
            person_changes.ask_title(person, cast.professional, typed)

    def decide(verdict: Verdict) -> None:
        session = session_of(cast.unit_clerk)
        with unit_of_work(session):
            newest = select(Review.id).where(Review.kind == ReviewKind.PERSON_CHANGE).order_by(Review.id.desc())
            review_id = session.scalars(newest).first()
            assert review_id is not None
            engine.decide(session, cast.unit_clerk, review_id, verdict=verdict, reason="证书编号不符")

    ask("434")
    assert required(cast, "professional") == {2026: (900, False)}
    decide(Verdict.PASS)
    assert required(cast, "professional") == {2026: (300, True)}
    with system_session() as session, unit_of_work(session):
        county = session.get_one(Organisation, cast.organisations["county"].id)
        set_setting(session, cast.county_officer, county, SettingKey.TITLE_CHANGE, "effective_at_once")
    ask("411")
    assert required(cast, "professional") == {2026: (1200, False)}
    decide(Verdict.REJECT)
    assert required(cast, "professional") == {2026: (300, True)}
    ask("411")
    with unit_of_work(person):
        person_changes.withdraw(person, cast.professional, "title")
    assert required(cast, "professional") == {2026: (300, True)}


def test_an_import_and_its_undoing_are_followed(session_of: Open, cast: Cast, forms: dict[str, int]) -> None:
    demand(session_of, cast.county_officer, 2026, OF_LEVELS)
    names = ("professional", "colleague")
    for name in names:
        granted(cast, forms, name, 2026)
    changes = {cast.people[name].id: {"title_level": [None, "434"]} for name in names}
    session = session_of(cast.unit_clerk)
    with unit_of_work(session):
        rows = [ImportRow(n, {}, found={"person_id": i, "changes": each}) for n, (i, each) in enumerate(changes.items())]
        write_updates(session, cast.unit_clerk, rows)
    assert [required(cast, name) for name in names] == [{2026: (300, True)}] * 2
    with unit_of_work(session):
        done = import_undo.Undone()
        import_undo._restore(session, cast.unit_clerk, changes, done)
    assert done.n_restored == 2
    assert [required(cast, name) for name in names] == [{2026: (900, False)}] * 2


@pytest.mark.parametrize("wrong", [Needs(-1, 0, 0), Needs(10_001, 0, 0), Needs(900, 400, 600)])
def test_figures_of_a_level_that_make_no_sense_change_nothing(session_of: Open, cast: Cast, wrong: Needs) -> None:
    with pytest.raises(Invalid):
        demand(session_of, cast.county_officer, 2026, Demand(USUAL, {TitleLevel.SENIOR: wrong}))
    with system_session() as session:
        assert session.scalars(select(Requirement)).all() == []
