"""Why a position cannot decide what it sees: each rule by its name, and who can help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.people.tables import Post, PostState
from models.reviews import rights, submission
from models.reviews.reasons import why_not
from models.reviews.tables import Review
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.test_reviews import KIND, decide, outcomes, submit  # noqa: F401 - a fixture

Open = Callable[[Actor], Session]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("outcomes")]


def told(session_of: Open, actor: Actor, review: Review) -> list[str]:
    session = session_of(actor)
    found = [str(reason) for reason in why_not(session, actor, session.get_one(Review, review.id))]
    session.rollback()
    return found


def waits_for(cast: Cast, name: str) -> str:
    organisation = cast.organisations[name]
    return f"It waits for {organisation.name}（{organisation.phone}） to decide."


@pytest.fixture
def second(cast: Cast, system: Session) -> None:
    """Another administrator of the unit, with a phone, who may decide, too."""
    unit, account = cast.organisations["unit"], cast.accounts["unit_second"]
    with unit_of_work(system):
        clerk = system.get_one(Post, cast.posts["unit_clerk"].id)
        clerk.is_super, clerk.state = False, PostState.ENDED
        system.flush()
        own = {"account_id": account.id, "organisation_id": unit.id, "path": unit.path, "state": PostState.ACTIVE}
        system.add(Post(name="第二管理员", phone="13900000009", is_super=True, **own))


def test_whoever_may_decide_is_told_nothing_and_the_ones_above_who_decides_now(session_of: Open, cast: Cast) -> None:
    review = submit(session_of, cast)
    assert told(session_of, cast.unit_clerk, review) == []
    for above in (cast.department_clerk, cast.county_officer, cast.city_officer):
        assert told(session_of, above, review) == [waits_for(cast, "unit")]
    decide(session_of, cast.unit_clerk, review)
    first, then = told(session_of, cast.unit_clerk, review)
    assert first.startswith(f"Already handled by {cast.unit_clerk.name} at ")
    assert then == waits_for(cast, "department")


def test_a_role_or_an_own_matter_is_named_with_those_who_can_decide(session_of: Open, cast: Cast, second: None) -> None:
    review = submit(session_of, cast)
    less = replace(cast.unit_clerk, permissions=frozenset({Permission.HOURS_VIEW}))
    assert told(session_of, less, review) == [
        "Your role does not include this permission: Review declared hours.",
        "These can decide it: 第二管理员（13900000009）.",
    ]
    own = replace(cast.unit_clerk, account_id=cast.accounts["professional"].id)
    assert told(session_of, own, review) == [
        "This is your own matter: another administrator has to decide it.",
        "These can decide it: 第二管理员（13900000009）.",
    ]


def test_a_closed_right_and_a_stand_in_are_named(session_of: Open, cast: Cast, system: Session) -> None:
    review = submit(session_of, cast)
    session = session_of(cast.department_clerk)
    with unit_of_work(session):
        rights.set_right(session, cast.department_clerk, [cast.organisations["unit"].id], is_open=False)
    skipped, waiting = told(session_of, cast.unit_clerk, review)
    assert skipped.startswith("Your unit's step was skipped")
    assert waiting == waits_for(cast, "department")
    with unit_of_work(system):
        system.get_one(Post, cast.posts["sibling_clerk"].id).state = PostState.ENDED
    other = submit(session_of, cast, "neighbour", 8)
    department, own = cast.organisations["department"], cast.organisations["sibling_unit"].name
    (waiting,) = told(session_of, cast.county_officer, other)
    assert waiting.startswith(f"It waits for {department.name}（{department.phone}）, which decides in place of {own}: ")


def test_what_is_closed_says_how(session_of: Open, cast: Cast) -> None:
    review = submit(session_of, cast)
    session = session_of(cast.professional)
    with unit_of_work(session):
        submission.withdraw(session, cast.professional, KIND, 7)
    assert told(session_of, cast.unit_clerk, review) == ["The applicant has withdrawn it."]
