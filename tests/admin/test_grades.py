"""Classes and grades at the desk of a base, and their review: each in the list where it belongs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from models.credits.tables import Declaration
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, Verdict
from models.training import plans, subjects
from models.training.classes import TrainingClass
from models.training.grades import Grade, GradeState
from models.training.plans import PlanData, PlanKind
from tests.admin.conftest import Desk, names_in
from tests.cast import Cast, made_up_number

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("lists")]
Sit = Callable[..., Desk]
Look = Callable[[], Any]
NAME = "数字技术应用第一期"


@pytest.fixture
def plan_id(cast: Cast, acting_as: Callable[..., Any]) -> int:
    """A plan of a training of the base that the county has passed."""
    base, county = cast.actors["base_clerk"], cast.actors["county_officer"]
    with acting_as(base) as session:
        subject = subjects.add(session, base, "数字技术")
        data = PlanData(
            PlanKind.SINGLE,
            2026,
            "数字技术应用",
            subject="professional",
            professional_subject_id=subject.id,
            hours=Decimal(24),
            starts_on=dt.date(2026, 12, 1),
            ends_on=dt.date(2026, 12, 3),
            n_people=60,
            place="一号楼",
            content="数字技术",
        )
        made = plans.save(session, base, data)
        plans.submit(session, base, made.id)
    with acting_as(county) as session:
        review = session.scalars(select(Review.id).where(Review.kind == ReviewKind.TRAINING_PLAN)).one()
        engine.decide(session, county, review, verdict=Verdict.PASS)
    return int(made.id)


@pytest.fixture
def class_id(desk: Sit, look: Look, plan_id: int) -> int:
    """A class of the plan, written by the form."""
    base = desk("base_clerk")
    answer = base.post(
        "training-classes/new/", plan_id=plan_id, name=NAME, starts_on="2026-12-01", ends_on="2026-12-03", pass_mark="60"
    )
    assert names_in(base.follow(answer)) == [NAME]
    with look() as session:
        return int(session.scalars(select(TrainingClass.id)).one())


def enter(base: Desk, class_id: int, number: str, score: str = "80") -> Any:
    return base.post("grade-entry/", class_id=class_id, number=number, score=score, year="")


def grade_of(look: Look, name: str, cast: Cast) -> Grade:
    with look() as session:
        found: Grade = session.scalars(select(Grade).where(Grade.person_id == cast.people[name].id)).one()
        return found


def test_each_click_adds_one_grade_below_the_form(desk: Sit, class_id: int, cast: Cast) -> None:
    base, person = desk("base_clerk"), cast.people["professional"]
    page = base.follow(enter(base, class_id, cast.accounts["professional"].number, "85.5")).text
    assert f"Entered: {person.name}, {person.organisation_name}." in page
    assert "85.5" in page
    assert cast.accounts["professional"].number not in page
    assert person.number_masked in page


def test_a_wrong_number_is_told_at_its_field_and_guessing_is_stopped(
    desk: Sit, class_id: int, cast: Cast, look: Look, app: Any
) -> None:
    base = desk("base_clerk")
    page = enter(base, class_id, made_up_number(700))
    assert page.status_code == 200
    assert "Nobody with this number is registered and active" in page.text
    assert "Please choose the class." in base.post("grade-entry/", number=made_up_number(700), score="80").text
    assert base.post("grade-entry/", class_id=987_654, number=made_up_number(700), score="80").status_code == 404
    answers = [enter(base, class_id, made_up_number(700 + n)).status_code for n in range(40)]
    assert answers[-1] == 429
    with look() as session:
        assert session.scalar(select(func.count()).select_from(Grade)) == 0


def test_only_a_base_has_the_screens(desk: Sit, class_id: int, cast: Cast) -> None:
    for name in ("unit_clerk", "county_officer"):
        for address in ("training-classes/", "grade-entry/", "grades/", f"training-classes/details/?id={class_id}"):
            assert desk(name).get(address).status_code == 403
    assert desk("unit_clerk").get("base-hours/").status_code == 403
    assert desk("base_clerk").get("base-hours/").status_code == 403


def test_filed_grades_are_reviewed_in_the_list_of_base_hours(
    desk: Sit, class_id: int, cast: Cast, look: Look, declare: Callable[..., int]
) -> None:
    base = desk("base_clerk")
    enter(base, class_id, cast.accounts["professional"].number)
    enter(base, class_id, cast.accounts["colleague"].number, "59")
    good, bad = grade_of(look, "professional", cast), grade_of(look, "colleague", cast)
    asked = base.post("grades/action/", action="submit", ids=[good.id, bad.id], url="/admin/grades/")
    assert "1 of 2 are passed and not submitted" in asked.text
    for _twice in range(2):
        base.post("grades/action/run", action="submit", ids=[good.id, bad.id], url="/admin/grades/")
    with look() as session:
        assert session.scalars(select(Declaration.source)).all() == ["base"]
        assert session.get_one(Grade, bad.id).state == GradeState.WAITING
        review = session.scalars(select(Review.id).where(Review.kind == ReviewKind.DECLARATION)).one()
    person = cast.people["professional"].name
    for officer in ("unit_clerk", "department_clerk"):
        assert names_in(desk(officer).get("hours/")) == [person]
        desk(officer).post("hours/decide", id=review, step="pass", url="/admin/hours/")
    county = desk("county_officer")
    assert names_in(county.get("hours/")) == []
    listed = county.get("base-hours/").text
    assert NAME in listed
    assert cast.people["professional"].number_masked in listed
    details = county.get(f"base-hours/details/?id={review}").text
    assert "80.0" in details or ">80<" in details
    assert details.count("Computed by the rule") == 1  # the fields of the form stand once, beside what was declared
    assert county.get(f"base-hours/details/?id={review}&tab=pending").status_code == 200
    county.post("base-hours/decide", id=review, step="pass", url="/admin/base-hours/")
    assert grade_of(look, "professional", cast).state == GradeState.APPROVED
    assert names_in(county.get("hours/?tab=reviewed")) == []
    assert NAME in county.get("base-hours/?tab=reviewed").text
    assert "Approved" in base.get("grades/").text


def test_the_list_of_base_hours_is_narrowed_by_every_filter(desk: Sit, class_id: int, cast: Cast, look: Look) -> None:
    base = desk("base_clerk")
    enter(base, class_id, cast.accounts["civil_servant"].number)
    row = grade_of(look, "civil_servant", cast)
    base.post("grades/action/run", action="submit", row=row.id, url="/admin/grades/")
    county = desk("county_officer")
    assert len(names_in(county.get("base-hours/"))) == 1
    for query, n in (
        ("f_year=2026", 1),
        ("f_year=2025", 0),
        ("f_form=JDPX", 1),
        ("f_subject=professional", 1),
        ("f_subject=public", 0),
        ("f_base=base", 1),
        ("f_base=none", 0),
        ("f_key=0", 1),
    ):
        assert len(names_in(county.get(f"base-hours/?{query}"))) == n, query
    withdrawn = base.post("grades/action/run", action="withdraw", row=row.id, url="/admin/grades/")
    assert withdrawn.status_code == 303
    assert names_in(county.get("base-hours/")) == []
    assert names_in(base.get("grades/?f_state=waiting")) == [row.name]


def test_a_person_sees_the_bases_record_and_no_way_to_change_it(
    desk: Sit, class_id: int, cast: Cast, look: Look, app: Any
) -> None:
    base = desk("base_clerk")
    enter(base, class_id, cast.accounts["professional"].number)
    base.post("grades/action/run", action="submit", row=grade_of(look, "professional", cast).id, url="/admin/grades/")
    with look() as session:
        record = session.scalars(select(Declaration.id)).one()
    person = desk("professional")
    page = person.client.get(f"/portal/declarations/{record}").text
    assert cast.actors["base_clerk"].organisation_name in page
    assert "Withdraw" not in page
    data = {"position": person.actor.position_key}
    person.client.post(f"/portal/declarations/{record}/withdraw", data=data)
    with look() as session:
        assert session.scalars(select(Declaration.state)).one() == "pending"
