"""重复人员: found, merged and parted; hours count once, and everything comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits.recompute import recompute_all
from models.credits.tables import Declaration, YearSummary
from models.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from models.people.tables import EducationRecord, Post, Professional, ProfessionalState
from models.reviews import doubles
from models.scope import system_session
from models.transaction import rehearsal, unit_of_work
from tests.cast import Cast
from tests.models.credits.test_orders import picture

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Decide = Callable[..., None]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def twice(cast: Cast, declare: Declare, approve: Decide, system: Session) -> tuple[int, int]:
    """One person under two documents, with hours under both."""
    kept, gone = cast.people["professional"].id, cast.people["colleague"].id
    approve(declare(cast.professional, hours="40", submit=True))
    approve(declare(cast.colleague, hours="30", submit=True))
    with unit_of_work(system):
        same = {"name": "人员-professional", "phone": "13800000000"}
        system.execute(update(Professional).where(Professional.id.in_([kept, gone])).values(same))
        person = system.get_one(Professional, gone)
        system.add(EducationRecord(person_id=gone, path=person.path, education_level="20", school="海州学院"))
    return kept, gone


def merge(session_of: Open, actor: Actor, kept: int, gone: int, reason: str = "护照与身份证为同一人") -> int:
    session = session_of(actor)
    with unit_of_work(session):
        return doubles.unite(session, actor, kept, gone, reason=reason).id


def totals() -> dict[int, int]:
    with system_session() as session:
        assert recompute_all(session, check_only=True).is_clean
        return dict(session.execute(select(YearSummary.person_id, YearSummary.total_tenths)).all())


def test_they_are_found_merged_and_parted_and_hours_count_once(
    session_of: Open, cast: Cast, twice: tuple[int, int], system: Session
) -> None:
    kept, gone = twice
    groups = doubles.find(session_of(cast.support), cast.support)
    assert [(g.name, [p.id for p in g.people]) for g in groups] == [("人员-professional", [kept, gone])]
    before, hours = picture(), totals()
    assert hours == {kept: 400, gone: 300}
    session = session_of(cast.support)
    with rehearsal(session):
        doubles.unite(session, cast.support, kept, gone, reason="x")
    assert picture() == before
    made = merge(session_of, cast.support, kept, gone)
    assert totals() == {kept: 700, gone: 0}
    with system_session() as session:
        assert session.get_one(Professional, gone).state == ProfessionalState.DISABLED
        assert set(session.scalars(select(Declaration.person_id))) == {kept}
        assert session.scalars(select(EducationRecord.person_id)).all() == [kept]
    assert doubles.find(session_of(cast.support), cast.support) == []
    session = session_of(cast.support)
    with unit_of_work(session):
        doubles.part(session, cast.support, made)
    assert totals() == hours
    after = picture()
    after.pop("person_merges"), before.pop("person_merges")
    assert after == before
    with pytest.raises(Conflict), unit_of_work(session):
        doubles.part(session, cast.support, made)


def test_what_comes_after_the_merger_stays_with_the_kept_one(
    session_of: Open, cast: Cast, twice: tuple[int, int], declare: Declare, approve: Decide
) -> None:
    kept, gone = twice
    made = merge(session_of, cast.support, kept, gone)
    approve(declare(cast.professional, hours="10", start_date="2026-07-01", end_date="2026-07-02", submit=True))
    session = session_of(cast.support)
    with unit_of_work(session):
        doubles.part(session, cast.support, made)
    assert totals() == {kept: 500, gone: 300}


@pytest.mark.parametrize("who", ["city_officer", "unit_clerk", "professional"])
def test_only_support_merges(session_of: Open, cast: Cast, twice: tuple[int, int], who: str) -> None:
    with pytest.raises(NotAllowed):
        merge(session_of, cast.actors[who], *twice)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"name": "别人"}, Invalid),
        ({"birth_on": "1999-01-01"}, Invalid),
        ({"state": ProfessionalState.DISABLED}, Invalid),
    ],
)
def test_who_is_not_the_same_is_not_merged(
    session_of: Open, cast: Cast, twice: tuple[int, int], system: Session, values: dict[str, Any], refusal: type[DomainError]
) -> None:
    if "birth_on" in values:
        values = {"birth_on": Professional.__table__.c.birth_on.type.python_type.fromisoformat(values["birth_on"])}
    with unit_of_work(system):
        system.execute(update(Professional).where(Professional.id == twice[1]).values(values))
    with pytest.raises(refusal):
        merge(session_of, cast.support, *twice)


def test_what_is_pending_or_held_comes_first(
    session_of: Open, cast: Cast, twice: tuple[int, int], declare: Declare, system: Session
) -> None:
    kept, gone = twice
    with pytest.raises(Invalid):
        merge(session_of, cast.support, kept, kept)
    with pytest.raises(NotFound):
        merge(session_of, cast.support, kept, 9_999)
    with pytest.raises(Invalid, match="reason"):
        merge(session_of, cast.support, kept, gone, reason=" ")
    with unit_of_work(system):
        system.execute(
            update(Post).where(Post.id == cast.posts["branch_clerk"].id).values(account_id=cast.accounts["colleague"].id)
        )
    with pytest.raises(Conflict, match="post"):
        merge(session_of, cast.support, kept, gone)
    declare(cast.colleague, hours="8", start_date="2026-08-01", end_date="2026-08-02", submit=True)
    with pytest.raises(Conflict, match="pending"):
        merge(session_of, cast.support, kept, gone)
