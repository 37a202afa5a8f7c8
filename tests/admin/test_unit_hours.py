"""Hours of unit trainings in the administration: the unit enters and names, its chain decides, the person sees the record."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from models.access import Actor
from models.credits.tables import Declaration
from models.reviews import engine
from models.reviews.tables import Decision, Review, ReviewKind, Verdict
from models.training import plans
from models.training.participants import Participant
from models.training.plans import PlanKind
from models.training.unit_hours import UnitTraining
from tests.admin.conftest import Desk
from tests.cast import Cast
from tests.contracts.town import PLAN

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("lists")]
Sit = Callable[..., Desk]
Look = Callable[[], Any]
FIRST = dt.date(2026, 12, 1)


@pytest.fixture
def plan_id(acting_as: Callable[[Actor], Any], cast: Cast, look: Look) -> int:
    """A passed plan of the unit."""
    unit = cast.actors["unit_clerk"]
    with acting_as(unit) as session:
        data = replace(PLAN, kind=PlanKind.UNIT, subject="all", name="护理培训", starts_on=FIRST, ends_on=FIRST)
        made = plans.save(session, unit, replace(data, hours=Decimal(12))).id
        plans.submit(session, unit, made)
    for name in ("department_clerk", "county_officer"):
        with acting_as(cast.actors[name]) as session:
            wanted = (Review.kind == ReviewKind.UNIT_PLAN, Review.subject_id == made)
            engine.decide(
                session, cast.actors[name], session.scalars(select(Review.id).where(*wanted)).one(), verdict=Verdict.PASS
            )
    return int(made)


@pytest.fixture
def training(desk: Sit, look: Look, plan_id: int, cast: Cast) -> int:
    """A draft with one person on its list, entered by the forms."""
    unit = desk("unit_clerk")
    assert unit.post("unit-hours/new/", plan_id=str(plan_id), name="护理第一期", hours="8", form_key="one").status_code == 303
    made = one(look, UnitTraining.id)
    answer = unit.post("unit-hours/participants/add", id=made, number=cast.accounts["professional"].number)
    assert "On the list" in unit.follow(answer).text
    assert answer.headers["Location"].endswith("#participants")
    return int(made)


def test_a_wrong_number_is_told_where_it_is_seen(desk: Sit, training: int) -> None:
    unit = desk("unit_clerk")
    answer = unit.post("unit-hours/participants/add", id=training, number="123")
    assert "#" not in answer.headers["Location"]  # the sentence stands at the head of the page
    assert "18" in unit.follow(answer).text


def one(look: Look, column: Any, *where: Any) -> Any:
    with look() as session:
        return session.scalars(select(column).where(*where)).one()


def review(look: Look) -> int:
    return int(one(look, Review.id, Review.kind == ReviewKind.UNIT_HOURS))


def test_a_unit_enters_its_chain_passes_and_the_person_sees_the_record(desk: Sit, look: Look, training: int, cast: Cast) -> None:
    unit, department, county = desk("unit_clerk"), desk("department_clerk"), desk("county_officer")
    assert unit.post("unit-hours/action/run", row=training, action="submit").status_code == 303
    assert "护理第一期" in department.get("unit-hours-reviews/").text
    page = department.get(f"unit-hours-reviews/details/?id={review(look)}")
    assert cast.people["professional"].name in page.text
    for desk_of in (department, county):
        assert desk_of.post("unit-hours-reviews/decide", id=review(look), step="pass").status_code == 303
    record = one(look, Declaration.id)
    assert (one(look, Declaration.state), one(look, UnitTraining.state)) == ("approved", "approved")
    person = desk("professional").client
    portal = person.get(f"/portal/declarations/{record}").text
    for words in ("护理第一期", "护理培训", "Training of a unit"):
        assert words in portal
    assert "护理第一期" in person.get("/portal/declarations").text


def test_a_batch_is_undone_from_the_list(desk: Sit, look: Look, training: int, plan_id: int, cast: Cast) -> None:
    unit, department, county = desk("unit_clerk"), desk("department_clerk"), desk("county_officer")
    assert unit.post("unit-hours/new/", plan_id=str(plan_id), name="护理第二期", hours="4").status_code == 303
    second = one(look, UnitTraining.id, UnitTraining.id != training)
    unit.post("unit-hours/participants/add", id=second, number=cast.accounts["colleague"].number)
    for training_id in (training, second):
        unit.post("unit-hours/action/run", row=training_id, action="submit")
    with look() as session:
        waiting = list(session.scalars(select(Review.id).where(Review.kind == ReviewKind.UNIT_HOURS)))
    for level in (department, county):
        assert level.post("unit-hours-reviews/action/run", ids=waiting, action="approve").status_code == 303
    assert one(look, func.count(Declaration.id)) == 2
    page = county.get("unit-hours-reviews/?tab=reviewed").text
    assert "Undo" in page
    with look() as session:
        mine = (Decision.kind == ReviewKind.UNIT_HOURS, Decision.level == 2)
        decisions = list(session.scalars(select(Decision.id).where(*mine)))
    answer = county.post("unit-hours-reviews/action/run", list="tab=reviewed", ids=decisions, action="undo")
    assert answer.status_code == 303
    assert one(look, func.count(Declaration.id)) == 0


def test_people_are_put_on_the_list_from_the_list_of_people(desk: Sit, look: Look, training: int, cast: Cast) -> None:
    unit = desk("unit_clerk")
    person = cast.people["colleague"].id
    asked = unit.post("people/action/", ids=[person], action="participants")
    assert "护理第一期" in asked.text
    answer = unit.post("people/action/run", ids=[person], action="participants", training_id=str(training))
    assert answer.status_code == 303
    assert one(look, UnitTraining.n_people) == 2
    again = unit.post("people/action/run", ids=[person], action="participants", training_id=str(training))
    assert "in the list already" in unit.follow(again).text
    rows = re.findall(r'name="ids" value="(\d+)"', unit.get(f"unit-hours/details/?id={training}").text)
    assert unit.post("unit-hours/participants/remove", id=training, ids=rows[:1]).status_code == 303
    assert one(look, func.count(Participant.id)) == 1


def test_what_is_not_ones_own_is_refused(desk: Sit, look: Look, training: int, cast: Cast) -> None:
    for name in ("sibling_clerk", "cousin_clerk", "department_clerk"):
        other = desk(name)
        assert other.get(f"unit-hours/details/?id={training}").status_code in {403, 404}
        answer = other.post("unit-hours/participants/add", id=training, number=cast.accounts["neighbour"].number)
        assert answer.status_code in {403, 404}
        answer = other.post(
            "people/action/run", ids=[cast.people["neighbour"].id], action="participants", training_id=str(training)
        )
        assert answer.status_code in {200, 303, 403, 404}
    assert desk("base_clerk").get("unit-hours/").status_code == 403
    assert desk("county_officer").get("unit-hours/").status_code == 403
    assert one(look, UnitTraining.n_people) == 1


def test_a_form_that_does_not_fit_is_told_at_its_fields(desk: Sit, look: Look, plan_id: int) -> None:
    unit = desk("unit_clerk")
    page = unit.post("unit-hours/new/", plan_id="99999", name="", hours="99")
    for id_ in ("plan_id", "name"):
        assert f'id="{id_}-error"' in page.text
    page = unit.post("unit-hours/new/", plan_id=str(plan_id), name="一", hours="99")
    assert 'id="hours-error"' in page.text
    with look() as session:
        assert session.scalar(select(func.count()).select_from(UnitTraining)) == 0
