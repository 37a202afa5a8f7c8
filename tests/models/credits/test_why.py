"""为什么: what is said of a record is what counting did, and its proposal follows from its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import rules, why
from models.credits.proposals import check_proposals
from models.credits.tables import Declaration, RuleVersion
from models.scope import bulk_update, system_session
from models.transaction import unit_of_work
from tests.cast import Cast


def said(session: Session, declaration_id: int) -> dict[str, str]:
    """Return the figures of what is said about a record."""
    found = why.why(session, session.get_one(Declaration, declaration_id)).counted
    assert found is not None
    return found[1]


@pytest.fixture
def three(cast: Cast, declare: Callable[..., int], approve: Callable[..., None]) -> list[int]:
    """Three approved records of a form of which 90 hours count a year."""
    person = cast.actors["professional"]
    ids = []
    for month, hours in ((3, "12"), (4, "70"), (5, "30")):
        day = f"2026-0{month}-02"
        ids.append(declare(person, hours=hours, start_date=day, end_date=day, submit=True))
        approve(ids[-1])
    return ids


def test_a_yearly_cap_is_told_with_what_was_used_before(cast: Cast, session_of: Any, three: list[int]) -> None:
    session = session_of(cast.actors["professional"])
    told = [said(session, i) for i in three]
    assert [(t["granted"], t["cap"], t["used"], t["counted"]) for t in told] == [
        ("12", "90", "0", "12"),
        ("70", "90", "12", "70"),
        ("30", "90", "82", "8"),
    ]
    assert {t["what"] for t in told} == {"岗位培训"}


def test_what_is_told_is_what_was_counted(cast: Cast, session_of: Any, three: list[int], stored: Any) -> None:
    session = session_of(cast.actors["unit_clerk"])
    year = why.of_year(session, cast.people["professional"].id, 2026)
    assert set(year) == set(three)
    for declaration_id, (_message, params) in year.items():
        assert int(params["counted"]) * 10 == stored(declaration_id).counted_tenths


def test_a_record_in_review_is_told_what_the_cap_leaves(
    cast: Cast, session_of: Any, three: list[int], declare: Callable[..., int]
) -> None:
    person = cast.actors["professional"]
    waiting = declare(person, hours="5", start_date="2026-06-01", end_date="2026-06-01", submit=True)
    told = said(session_of(person), waiting)
    assert (told["cap"], told["used"], told["left"]) == ("90", "90", "0")


def test_another_person_s_record_is_not_explained(cast: Cast, session_of: Any, three: list[int]) -> None:
    assert why.of_year(session_of(cast.actors["colleague"]), cast.people["professional"].id, 2026) == {}


def test_a_record_is_explained_also_where_its_rule_stands_elsewhere_now(
    cast: Cast, session_of: Callable[[Actor], Session], three: list[int], forms: dict[str, int]
) -> None:
    """Its person moved: the version is of a city that the person's new place does not lie below."""
    with system_session() as session, unit_of_work(session):
        national = session.get_one(RuleVersion, forms["GWPX"])
        place = cast.actors["foreign_officer"].path
        foreign = next(o for o in cast.organisations.values() if o.path == place)
        moved = RuleVersion(
            organisation_id=foreign.id, path=foreign.path, form_code="GWPX", version=1, from_year=2026, spec=national.spec
        )
        session.add(moved)
        session.flush()
        bulk_update(session, Declaration, [{"id": three[0], "rule_version_id": moved.id}])
    session = session_of(cast.actors["professional"])
    assert said(session, three[0])["counted"] == "12"
    assert rules.version_of(session, session.get_one(Declaration, three[0])).path == foreign.path


def test_every_proposal_is_what_its_inputs_give_on_its_version(cast: Cast, three: list[int], declare: Callable[..., int]) -> None:
    person = cast.actors["professional"]
    for n, hours in enumerate(("8", "8", "8", "30")):  # the fourth is cut at what the cap leaves
        day = f"2026-0{n + 6}-01"
        declare(person, form="XSJZ", hours=hours, submit=True, **lecture(day))
    declare(person, form="XSJZ", hours=None, **lecture("2026-11-01"))  # a draft is computed when it is submitted
    with system_session() as session:
        assert session.scalars(select(Declaration.proposed_tenths).where(Declaration.form_code == "XSJZ")).all() == [
            80,
            80,
            80,
            0,
            0,
        ]
        found = check_proposals(session)
    assert (found.n_records, found.n_wrong, found.wrong) == (7, 0, [])


def lecture(day: str) -> dict[str, str]:
    with system_session() as session:
        spec = session.scalars(select(RuleVersion).where(RuleVersion.form_code == "XSJZ", RuleVersion.path == "/")).one().spec
    filled = {**spec["example"]["inputs"], "half_days": "2"}
    return filled | dict.fromkeys(spec["period"], day)


@pytest.mark.parametrize(
    "change", [{"proposed_tenths": 70}, {"inputs": {}}, {"arithmetic": ["学时 = 1"]}, {"proposed_tenths": None}]
)
def test_a_figure_that_was_tampered_with_is_found(cast: Cast, declare: Callable[..., int], change: dict[str, Any]) -> None:
    made = declare(cast.actors["professional"], form="XSJZ", hours="8", submit=True, **lecture("2026-06-01"))
    with system_session() as session, unit_of_work(session):
        bulk_update(session, Declaration, [{"id": made, **change}])
    with system_session() as session:
        found = check_proposals(session)
    assert (found.n_records, found.n_wrong, found.wrong) == (1, 1, [made])
