"""The reviewers' digest: who gets it, what it says, how often."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.org.tables import OrganisationSetting
from models.outbox import OutboxMail
from models.people.tables import Account, Post
from models.reviews.digests import write_digests
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.test_reviews import outcomes, submit  # noqa: F401 - a fixture

Open = Callable[[Actor], Session]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("outcomes")]


def digests(session: Session) -> list[tuple[str, dict[str, object]]]:
    with unit_of_work(session):
        write_digests(session)
    return [(m.to_address, m.params) for m in session.scalars(select(OutboxMail).order_by(OutboxMail.id))]


def test_who_has_to_decide_is_told_how_much_waits_and_since_when(
    session_of: Open,
    cast: Cast,
    system: Session,
    clock: Callable[[str], None],
) -> None:
    clock("2026-12-01 10:00")
    submit(session_of, cast)
    clock("2026-12-08 07:59")
    assert digests(system) == []
    clock("2026-12-08 08:01")
    submit(session_of, cast, subject_id=8)
    expected = ("unit_clerk@example.invalid", {"n": 2, "unit": "单位-unit", "days": 7})
    assert digests(system) == [expected]
    clock("2026-12-14 23:00")
    assert len(digests(system)) == 1  # once a week
    clock("2026-12-15 09:00")
    assert [m[1]["days"] for m in digests(system)] == [7, 14]


@pytest.mark.parametrize(("value", "n_after_a_day"), [("off", 0), ("daily", 2), ("weekly", 1)])
def test_the_hr_department_sets_how_often(
    session_of: Open,
    cast: Cast,
    system: Session,
    clock: Callable[[str], None],
    value: str,
    n_after_a_day: int,
) -> None:
    clock("2026-12-01 10:00")
    submit(session_of, cast)
    county = cast.organisations["county"]
    with unit_of_work(system):
        system.add(OrganisationSetting(organisation_id=county.id, path=county.path, key="review_digest", value=value))
    digests(system)
    clock("2026-12-02 10:00")
    assert len(digests(system)) == n_after_a_day


def test_who_has_no_address_or_may_not_decide_gets_none(
    session_of: Open,
    cast: Cast,
    system: Session,
    clock: Callable[[str], None],
) -> None:
    clock("2026-12-01 10:00")
    submit(session_of, cast)
    with unit_of_work(system):
        system.execute(update(Account).where(Account.id == cast.accounts["unit_clerk"].id).values(email=""))
    assert digests(system) == []
    with unit_of_work(system):
        post = system.get_one(Post, cast.posts["unit_clerk"].id)
        post.email, post.is_super, post.role_id = "post@example.invalid", False, cast.posts["inner_officer"].role_id
    assert [address for address, _ in digests(system)] == ["post@example.invalid"]
    with unit_of_work(system):
        system.scalars(select(Post).where(Post.id == post.id)).one().digest_on = None
        system.execute(update(Account).where(Account.id == cast.accounts["unit_clerk"].id).values(active=False))
    assert len(digests(system)) == 1
