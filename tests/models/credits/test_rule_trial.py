"""A rule tried on a past year: which hours follow it, who would turn, and that publishing and recalculating gives the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import rule_trial, rule_versions, rules, why
from models.credits.forms import parse_form
from models.credits.postings import PostingKind, YearPosting
from models.credits.recompute import recompute_all
from models.credits.tables import Declaration, RuleVersion, YearSummary
from models.errors import Invalid, NotAllowed, WrongState
from models.history import HistoryEntry
from models.scope import bulk_update, system_session
from models.transaction import unit_of_work
from tests.cast import Cast

Version = Callable[..., int]


@pytest.fixture
def version(session_of: Callable[[Actor], Session], forms: dict[str, int]) -> Version:
    """Write a draft of an officer: `version(cast.county_officer, "SK", formula="6 * lesson_hours")`."""

    def write(actor: Actor, code: str, **changed: Any) -> int:
        session = session_of(actor)
        with unit_of_work(session):
            base = session.get_one(RuleVersion, rules.offer(session, actor.path, code, 2026).version.id)
            edit = replace(rule_versions.as_edit(base.spec), note="试算", sample={}, sample_requested="", **changed)
            return rule_versions.write(session, actor, base.id, edit, from_year=2027).id

    return write


@pytest.fixture
def year(
    cast: Cast,
    forms: dict[str, int],
    declare: Callable[..., int],
    approve: Callable[..., None],
    clock: Callable[[str], None],
) -> dict[str, int]:
    """A past year: the professional passed by 岗位培训, the colleague did not with 授课 among her hours."""
    one, other = cast.actors["professional"], cast.actors["colleague"]
    with system_session() as session:
        teaching = session.get_one(RuleVersion, forms["SK"]).spec
    lessons = {**teaching["example"]["inputs"], "lesson_hours": "10", **dict.fromkeys(teaching["period"], "2026-05-06")}
    found = {
        "public": declare(one, hours="30", subject="public", submit=True),
        "professional": declare(one, hours="60", start_date="2026-04-01", end_date="2026-04-02", submit=True),
        "her public": declare(other, hours="30", subject="public", submit=True),
        "her own": declare(other, hours="20", start_date="2026-04-01", end_date="2026-04-02", submit=True),
        "lessons": declare(other, form="SK", hours="20", submit=True, **lessons),
    }
    approve(*found.values())
    clock("2027-06-01 10:00")
    return found


def tried(session: Session, actor: Actor, version_id: int) -> rule_trial.Outcome:
    of = rule_trial.trial(session, actor, session.get_one(RuleVersion, version_id), 2026)
    people = rule_trial.people_after(session, of, 0)
    assert rule_trial.count_people(session, of) == len(people)
    return rule_trial.outcome(session, of, people)


def recalculate_on_a_copy(version_id: int, ids: list[int]) -> dict[int, bool]:
    """Let the version stand for the records, as if they had been declared by it; return who passes then."""
    with system_session() as session, unit_of_work(session):
        found = session.get_one(RuleVersion, version_id)
        spec = parse_form(found.spec)
        rows = session.scalars(select(Declaration).where(Declaration.id.in_(ids), Declaration.form_code == found.form_code)).all()
        changed = []
        for r in rows:
            tenths = rule_trial.regranted(spec, r.inputs, r.requested_tenths, r.proposed_tenths, r.granted_tenths or 0)
            most = max(tenths, r.requested_tenths)
            changed.append({"id": r.id, "granted_tenths": tenths, "requested_tenths": most, "rule_version_id": version_id})
        bulk_update(session, Declaration, changed)
    with system_session() as session:
        recompute_all(session, check_only=False)
        return dict(session.execute(select(YearSummary.person_id, YearSummary.is_passed)).all())


@pytest.mark.parametrize(
    ("code", "changed", "lost", "gained"),
    [
        ("GWPX", {"cap_value": "40"}, {"professional": (900, 400)}, {}),
        ("GWPX", {"cap_value": "95"}, {}, {}),
        ("GWPX", {"cap_kind": "count_per_year", "cap_value": "1"}, {"professional": (900, 300)}, {}),
        ("SK", {"formula": "6 * lesson_hours", "cap_value": "100"}, {}, {"colleague": (700, 1100)}),
        ("SK", {"formula": "6 * lesson_hours"}, {}, {"colleague": (700, 900)}),  # the old cap of 40 still holds
        ("SK", {"formula": "1"}, {}, {}),
    ],
)
def test_the_trial_says_who_turns_and_publishing_and_recalculating_gives_the_same(
    cast: Cast,
    session_of: Callable[[Actor], Session],
    version: Version,
    year: dict[str, int],
    code: str,
    changed: dict[str, Any],
    lost: dict[str, Any],
    gained: dict[str, Any],
) -> None:
    county = cast.actors["county_officer"]
    made = version(county, code, **changed)
    with system_session() as session:
        before = dict(session.execute(select(YearSummary.person_id, YearSummary.is_passed)).all())
    found = tried(session_of(county), county, made)
    told = {
        is_passed: {t.person_id: (t.old_tenths, t.new_tenths) for t in found.turned if t.is_passed is is_passed}
        for is_passed in (False, True)
    }
    assert told == {
        False: {cast.people[name].id: figures for name, figures in lost.items()},
        True: {cast.people[name].id: figures for name, figures in gained.items()},
    }
    after = recalculate_on_a_copy(made, list(year.values()))
    turned = {person: is_passed for person, is_passed in after.items() if before[person] != is_passed}
    assert turned == {t.person_id: t.is_passed for t in found.turned}


def test_nothing_is_written(cast: Cast, session_of: Any, version: Version, year: dict[str, int]) -> None:
    county = cast.actors["county_officer"]
    made = version(county, "GWPX", cap_value="40")

    def everything() -> Any:
        with system_session() as session:
            records = session.execute(select(*Declaration.__table__.columns).order_by(Declaration.id)).all()
            years = session.execute(select(*YearSummary.__table__.columns).order_by(YearSummary.id)).all()
            return records, years, session.scalar(select(func.count()).select_from(HistoryEntry))

    before = everything()
    session = session_of(county)
    with unit_of_work(session):
        assert len(tried(session, county, made).turned) == 1
    assert everything() == before


@pytest.mark.parametrize(
    ("proposed", "granted", "requested", "expected"),
    [
        (200, 200, 200, 600),  # followed the proposal: follows the new one
        (200, 150, 200, 150),  # a reviewer lowered it: stays lower
        (200, 250, 300, 250),  # granted above the rule: stays
        (None, 400, 400, 400),  # stood on paper: stays
        (900, 700, 900, 600),  # lowered, and the new rule gives less still
    ],
)
def test_which_hours_follow(forms: dict[str, int], proposed: int | None, granted: int, requested: int, expected: int) -> None:
    with system_session() as session:
        spec = parse_form({**session.get_one(RuleVersion, forms["SK"]).spec, "formula": "6 * lesson_hours"})
        inputs = {"lesson_hours": "10"}
    assert rule_trial.regranted(spec, inputs, requested, proposed, granted) == expected


def test_hours_stay_where_the_new_rule_proposes_nothing_and_where_it_lacks_an_input(forms: dict[str, int]) -> None:
    with system_session() as session:
        data = session.get_one(RuleVersion, forms["SK"]).spec
    on_paper, spec = parse_form({**data, "formula": "on_paper"}), parse_form(data)
    assert rule_trial.regranted(on_paper, {"lesson_hours": "10"}, 200, 200, 200) == 200
    assert rule_trial.regranted(spec, {}, 200, 200, 200) == 200
    with pytest.raises(Invalid):
        rule_trial.regranted(spec, {"lesson_hours": "ten"}, 200, 200, 200)


def test_a_county_s_own_rule_is_not_touched_by_the_city_s(
    cast: Cast, session_of: Any, version: Version, declare: Any, approve: Any, clock: Any, forms: dict[str, int]
) -> None:
    city, county, person = cast.actors["city_officer"], cast.actors["county_officer"], cast.actors["professional"]
    with system_session() as session, unit_of_work(session):
        spec = session.get_one(RuleVersion, forms["GWPX"]).spec
        place = {"organisation_id": county.organisation_id, "path": county.path}
        session.add(RuleVersion(form_code="GWPX", version=1, from_year=2026, spec=spec, **place))
    approve(declare(person, hours="30", submit=True))
    clock("2027-06-01 10:00")
    made = version(city, "GWPX", cap_value="10")
    assert tried(session_of(city), city, made).n_people == 0


@pytest.mark.parametrize("wrong", [0, 1999, 2027, 2028])
def test_only_a_past_year_is_tried(cast: Cast, session_of: Any, version: Version, year: dict[str, int], wrong: int) -> None:
    county = cast.actors["county_officer"]
    session = session_of(county)
    found = session.get_one(RuleVersion, version(county, "GWPX"))
    with pytest.raises(Invalid):
        rule_trial.trial(session, county, found, wrong)
    with pytest.raises(NotAllowed):
        rule_trial.trial(session, cast.actors["unit_clerk"], found, 2026)


def publish(session: Session, actor: Actor, version_id: int) -> None:
    with unit_of_work(session):
        rule_versions.publish(session, actor, version_id)


def recalculated(session: Session, actor: Actor, version_id: int, reason: str = "按新规则重新计算") -> int:
    with unit_of_work(session):
        of = rule_trial.trial(session, actor, session.get_one(RuleVersion, version_id), 2026)
        return rule_trial.recalculate(session, actor, of, rule_trial.people_after(session, of, 0), reason=reason)


def grants() -> Any:
    with system_session() as session:
        columns = ("granted_tenths", "requested_tenths", "rule_version_id", "proposed_tenths", "inputs", "arithmetic", "state")
        return session.execute(select(*(getattr(Declaration, name) for name in columns)).order_by(Declaration.id)).all()


@pytest.mark.parametrize(
    ("code", "changed", "n", "posted"),
    [
        ("GWPX", {"cap_value": "40"}, 4, {"professional": -500, "colleague": -100}),
        ("SK", {"formula": "6 * lesson_hours", "cap_value": "100"}, 1, {"colleague": 400}),
        ("SK", {"formula": "0"}, 1, {"colleague": -200}),
    ],
)
def test_a_recalculation_turns_whom_the_trial_named_posts_the_difference_and_rewrites_no_grant(
    cast: Cast,
    session_of: Callable[[Actor], Session],
    version: Version,
    year: dict[str, int],
    code: str,
    changed: dict[str, Any],
    n: int,
    posted: dict[str, int],
) -> None:
    county = cast.actors["county_officer"]
    session, before = session_of(county), grants()
    made = version(county, code, **changed)
    told = {t.person_id: (t.is_passed, t.new_tenths) for t in tried(session, county, made).turned}
    publish(session, county, made)
    passed = years()
    assert recalculated(session, county, made) == n
    assert grants() == before
    after = years()
    assert {p: after[p] for p in after if after[p][0] != passed[p][0]} == told
    with system_session() as looking:
        lines = looking.scalars(select(YearPosting).where(YearPosting.details.is_not(None))).all()
        assert {line.kind for line in lines} == {PostingKind.RECALCULATED}
        assert {(line.details or {})["version"] for line in lines} == {made}
        sums: dict[int, int] = {}
        for line in lines:
            sums[line.person_id] = sums.get(line.person_id, 0) + line.total_tenths
        assert sums == {cast.people[name].id: tenths for name, tenths in posted.items()}
        assert recompute_all(looking, check_only=True).is_clean
    assert recalculated(session, county, made) == 0  # a second click finds nothing to do


def years() -> dict[int, tuple[bool, int]]:
    with system_session() as session:
        rows = session.execute(select(YearSummary.person_id, YearSummary.is_passed, YearSummary.total_tenths))
        return {row.person_id: (row.is_passed, row.total_tenths) for row in rows}


def test_only_a_published_own_version_recalculates_with_a_reason(
    cast: Cast, session_of: Any, version: Version, year: dict[str, int]
) -> None:
    city, county = cast.actors["city_officer"], cast.actors["county_officer"]
    session = session_of(county)
    made, before = version(county, "GWPX", cap_value="40"), years()
    with pytest.raises(WrongState):
        recalculated(session, county, made)
    publish(session, county, made)
    with pytest.raises(Invalid):
        recalculated(session, county, made, reason=" ")
    with pytest.raises(WrongState):
        recalculated(session_of(city), city, made)
    clerk = cast.actors["unit_clerk"]
    with pytest.raises(NotAllowed):
        recalculated(session_of(clerk), clerk, made)
    assert years() == before


def test_a_recalculated_record_is_explained_by_what_counts(
    cast: Cast, session_of: Any, version: Version, year: dict[str, int]
) -> None:
    county = cast.actors["county_officer"]
    session = session_of(county)
    made = version(county, "SK", formula="6 * lesson_hours", cap_value="50")
    publish(session, county, made)
    recalculated(session, county, made)
    looking = session_of(cast.actors["colleague"])
    told = why.why(looking, looking.get_one(Declaration, year["lessons"])).counted
    assert told is not None
    assert (told[1]["granted"], told[1]["cap"], told[1]["counted"]) == ("60", "50", "50")
