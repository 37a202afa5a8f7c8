"""Open steps follow the organisation: rights closed, organisations disabled, administrators that come and go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models.access import Actor
from models.errors import DomainError, NotAllowed, NotFound, WrongState
from models.org.operations import switch
from models.org.tables import Organisation
from models.people import administrators
from models.reviews import queries, rights
from models.reviews.tables import LevelState, Review, Verdict
from models.transaction import unit_of_work
from models.workflow import Moved
from tests.cast import Cast
from tests.models.test_reviews import decide, outcomes, state_of, submit  # noqa: F401 - a fixture

Open = Callable[[Actor], Session]
pytestmark = pytest.mark.both_databases


def close(session_of: Open, actor: Actor, organisation: Organisation, *, is_open: bool = False) -> Moved:
    session = session_of(actor)
    with unit_of_work(session):
        return rights.set_right(session, actor, [organisation.id], is_open=is_open)


def states(system: Session, review: Review) -> list[str]:
    found = [level.state for level in queries.levels_of(system, review)]
    system.rollback()
    return found


@pytest.fixture
def review(session_of: Open, cast: Cast, outcomes: object) -> Review:  # noqa: F811 - the fixture
    return submit(session_of, cast)


def test_what_waits_at_a_closed_organisation_goes_on_above(session_of: Open, cast: Cast, review: Review, system: Session) -> None:
    close(session_of, cast.department_clerk, cast.organisations["unit"])
    assert state_of(system, review) == ("open", 1, 2, cast.organisations["department"].id)
    assert states(system, review) == [LevelState.SKIPPED, LevelState.OPEN, LevelState.WAITING]
    decide(session_of, cast.department_clerk, review)
    decide(session_of, cast.county_officer, review)
    assert state_of(system, review)[0] == "passed"


def test_two_closed_in_a_row_are_both_skipped(session_of: Open, cast: Cast, review: Review, system: Session) -> None:
    close(session_of, cast.county_officer, cast.organisations["department"])
    assert state_of(system, review)[2:] == (1, cast.organisations["unit"].id)
    close(session_of, cast.county_officer, cast.organisations["unit"])
    assert state_of(system, review)[2:] == (3, cast.organisations["county"].id)
    assert states(system, review) == [LevelState.SKIPPED, LevelState.SKIPPED, LevelState.OPEN]


def test_opening_again_holds_for_what_comes_later(session_of: Open, cast: Cast, review: Review, system: Session) -> None:
    close(session_of, cast.department_clerk, cast.organisations["unit"])
    close(session_of, cast.department_clerk, cast.organisations["unit"], is_open=True)
    assert state_of(system, review)[2] == 2
    assert state_of(system, submit(session_of, cast, subject_id=8))[2] == 1


@pytest.mark.parametrize(
    ("who", "which", "refusal"),
    [
        ("city_officer", "county", NotAllowed),  # an HR department's right
        ("department_clerk", "branch", NotAllowed),  # not the direct superior
        ("unit_clerk", "unit", NotFound),  # the own one
        ("unit_clerk", "sibling_unit", NotFound),
        ("other_county_officer", "unit", NotFound),
    ],
)
def test_others_may_not_close_it(
    session_of: Open, cast: Cast, who: str, which: str, refusal: type[DomainError], system: Session
) -> None:
    organisation = cast.organisations[which]
    moved = close(session_of, cast.actors[who], organisation)
    assert isinstance(moved.refused[organisation.id], refusal)
    assert system.get_one(Organisation, organisation.id).can_review_hours


def test_closing_twice_is_said(session_of: Open, cast: Cast) -> None:
    unit = cast.organisations["unit"]
    assert close(session_of, cast.county_officer, unit).done == (unit.id,)
    assert isinstance(close(session_of, cast.county_officer, unit).refused[unit.id], WrongState)


def test_a_disabled_organisation_is_skipped(session_of: Open, cast: Cast, review: Review, system: Session) -> None:
    session = session_of(cast.department_clerk)
    with unit_of_work(session):
        switch(session, cast.department_clerk, [cast.organisations["unit"].id], step="disable", reason="撤并")
    assert state_of(system, review)[2:] == (2, cast.organisations["department"].id)


def test_without_an_administrator_the_one_above_decides_in_its_place_until_there_is_one(
    session_of: Open, cast: Cast, review: Review, system: Session
) -> None:
    session = session_of(cast.department_clerk)
    with unit_of_work(session):
        administrators.revoke(session, cast.department_clerk, [cast.posts["unit_clerk"].id], reason="离职")
    assert state_of(system, review)[2:] == (1, cast.organisations["department"].id)
    row = system.get_one(Review, review.id)
    assert row.in_place_of_id == cast.organisations["unit"].id
    system.rollback()
    decide(session_of, cast.department_clerk, review, verdict=Verdict.REJECT, reason="x")
    assert state_of(system, review)[0] == "rejected"
