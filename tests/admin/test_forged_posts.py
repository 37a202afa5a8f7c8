"""Forged, doubled and hostile posts to the screens of bases, rules, exemptions, audits and undo: refused, nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from models.credits.audits import Audit
from models.credits.exemptions import Exemption
from models.credits.tables import Declaration, LearningForm, RuleVersion
from models.history import HistoryEntry
from models.reviews.tables import Decision
from models.training.classes import TrainingClass
from models.training.grades import Grade
from models.training.plans import TrainingPlan
from models.training.subjects import ProfessionalSubject
from tests.admin.conftest import Desk
from tests.admin.test_grades import class_id, plan_id
from tests.cast import Cast

__all__ = ["class_id", "plan_id"]

Desks = Callable[..., Desk]
TABLES = (Audit, Exemption, Declaration, LearningForm, RuleVersion, HistoryEntry, Decision, TrainingClass, Grade, TrainingPlan)
HOSTILE = ("NaN", "Infinity", "-1", "1e999", "9" * 400, "½", "0x10", "\x00", "1' or 1=1", "<b>", "2026-13-45", "99999-01-01", "")
NEVER = {"ids": ["987654", "x", "-1", str(2**63), "9" * 40, "\x00"]}
SCREENS = (
    ("hour-audits/", "audit_pass"),
    ("hour-audits/", "audit_fail"),
    ("exemptions/", "end"),
    ("hours/", "undo"),
    ("grades/", "submit"),
    ("grades/", "withdraw"),
    ("training-classes/", "delete"),
    ("subjects/", "disable"),
    ("training-plans/", "submit"),
    ("learning-forms/", "disable"),
)
KNOWN = {200, 302, 303, 400, 403, 404, 409}


@pytest.fixture
def before(look: Any) -> Callable[[], tuple[int, ...]]:
    """Count the rows of everything that could have been changed, and the history."""

    def count() -> tuple[int, ...]:
        with look() as session:
            return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (*TABLES, ProfessionalSubject))

    return count


@pytest.mark.usefixtures("class_id")
@pytest.mark.parametrize("name", ["base_clerk", "county_officer", "unit_clerk", "foreign_officer"])
def test_ids_that_are_none_meet_a_sentence_and_change_nothing(
    name: str, desk: Desks, before: Callable[[], tuple[int, ...]]
) -> None:
    officer, earlier = desk(name), before()
    for screen, action in SCREENS:
        for page in ("action/", "action/run"):
            answer = officer.post(f"{screen}{page}", action=action, reason="x", list="", tab="decided", **NEVER)
            assert answer.status_code in KNOWN, (screen, action, answer.status_code)
        for row_id in NEVER["ids"]:
            assert officer.get(f"{screen}details/", query_string={"id": row_id}).status_code in KNOWN - {200}, (screen, row_id)
    assert before() == earlier


@pytest.mark.usefixtures("class_id")
def test_a_form_of_another_position_is_refused_before_anything_is_read(
    desk: Desks, cast: Cast, before: Callable[[], tuple[int, ...]]
) -> None:
    earlier, other = before(), cast.actors["city_officer"].position_key
    for name, screen, values in (
        ("base_clerk", "grade-entry/", {"class_id": "1", "number": cast.accounts["professional"].number, "score": "80"}),
        ("base_clerk", "training-classes/new/", {"name": "x"}),
        ("base_clerk", "subjects/new/", {"name": "x"}),
        ("county_officer", "hour-audits/decide", {"id": "1", "step": "pass"}),
        ("county_officer", "people/action/run", {"action": "exempt", "ids": str(cast.people["professional"].id)}),
        ("county_officer", "hours/action/run", {"action": "undo", "ids": "1"}),
    ):
        answer = desk(name).client.post(f"/admin/{screen}", data={"position": other, **values})
        assert answer.status_code == 409, (screen, answer.status_code)
    assert before() == earlier


@pytest.mark.parametrize("field", ["score", "class_id", "year", "number"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_of_a_grade_are_refused_in_words(
    field: str, value: str, desk: Desks, class_id: int, cast: Cast, before: Callable[[], tuple[int, ...]]
) -> None:
    base, earlier = desk("base_clerk"), before()
    if (field, value) == ("year", ""):
        return  # the year of the class
    values = {"class_id": str(class_id), "number": cast.accounts["professional"].number, "score": "80", "year": "", field: value}
    answer = base.post("grade-entry/", **values)
    assert answer.status_code in KNOWN - {302, 303}, (answer.status_code, answer.headers.get("Location"))
    assert before() == earlier


@pytest.mark.parametrize("field", ["starts_on", "ends_on", "pass_mark", "hours", "plan_id", "year"])
def test_hostile_values_of_a_class_are_refused_in_words(field: str, desk: Desks, class_id: int, plan_id: int, look: Any) -> None:
    base = desk("base_clerk")
    good = {"plan_id": str(plan_id), "starts_on": "2026-12-01", "ends_on": "2026-12-03", "pass_mark": "60"}
    for n, value in enumerate(HOSTILE):
        answer = base.post("training-classes/new/", **{**good, "name": f"班{n}", field: value})
        assert answer.status_code in KNOWN, (value, answer.status_code)
    with look() as session:
        for made in session.scalars(select(TrainingClass)):
            assert (made.plan_id, made.year, str(made.starts_on), str(made.ends_on)) == (
                plan_id,
                2026,
                "2026-12-01",
                "2026-12-03",
            )
            assert (made.pass_mark, made.hours_tenths) == (60, 240)


def test_a_second_click_enters_no_second_grade(desk: Desks, class_id: int, cast: Cast, look: Any) -> None:
    base = desk("base_clerk")
    values = {"class_id": class_id, "number": cast.accounts["professional"].number, "score": "80", "year": ""}
    first, second = base.post("grade-entry/", **values), base.post("grade-entry/", **values)
    assert (first.status_code, second.status_code) == (303, 200)
    with look() as session:
        assert session.scalar(select(func.count()).select_from(Grade)) == 1


def test_no_other_base_or_department_takes_a_class_or_a_grade_by_its_id(
    desk: Desks, class_id: int, cast: Cast, before: Callable[[], tuple[int, ...]]
) -> None:
    desk("base_clerk").post("grade-entry/", class_id=class_id, number=cast.accounts["colleague"].number, score="90", year="")
    earlier = before()
    for name in ("unit_clerk", "foreign_officer", "other_county_officer", "inner_officer", "department_clerk"):
        officer = desk(name)
        for screen in ("training-classes", "grades"):
            for action in ("delete", "submit", "withdraw"):
                officer.post(f"{screen}/action/run", action=action, ids="1", list="", reason="x")
            officer.post(f"{screen}/delete/", id="1")
            officer.post(f"{screen}/edit/?id=1", name="夺", plan_id="1")
        officer.post("grade-entry/", class_id=class_id, number=cast.accounts["professional"].number, score="80", year="")
    assert before() == earlier
