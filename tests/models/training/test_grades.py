"""Classes and grades: who is found by a number, what is submitted for whom, what comes back, and that nothing doubles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.credits import declarations
from models.credits.by_base import TOPIC
from models.credits.declarations import Draft
from models.credits.tables import Declaration, DeclarationWindow, YearSummary
from models.errors import FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.org.moving import move_below
from models.org.tables import Organisation, OrganisationState
from models.outbox import Notice
from models.people.tables import Professional
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, ReviewLevel, ReviewState, Verdict
from models.training import classes, grades
from models.training.classes import ClassData, TrainingClass
from models.training.grades import Grade, GradeData, GradeState
from models.training.plans import TrainingPlan
from models.uploads import Upload, check
from models.workflow import Moved
from tests.admin.conftest import lists, picture
from tests.cast import Cast
from tests.models.training.conftest import anew

__all__ = ["lists"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("lists")]
Run = Callable[..., Any]
Enter = Callable[..., Grade]


@pytest.fixture
def of_plan(plan: Callable[..., TrainingPlan], decide: Callable[..., None], cast: Cast) -> TrainingPlan:
    """A plan of the base that the county has passed."""
    made = plan()
    decide(cast.county_officer, made.id)
    return made


@pytest.fixture
def a_class(run: Run, of_plan: TrainingPlan, cast: Cast, clock: Callable[[str], None]) -> TrainingClass:
    """A class of three days that is over."""
    data = ClassData(
        of_plan.id, "新技术应用第一期", dt.date(2026, 12, 20), dt.date(2026, 12, 22), Decimal(24), "一号楼", "周老师"
    )
    made: TrainingClass = run(classes.add, cast.base_clerk, data)
    clock("2026-12-23 10:00")
    return made


@pytest.fixture
def enter(run: Run, cast: Cast, a_class: TrainingClass) -> Enter:
    """Enter somebody's grade by the number."""

    def write(name: str = "professional", score: str = "80", **how: Any) -> Grade:
        number = cast.accounts[name].number
        made: Grade = run(
            grades.add, cast.base_clerk, GradeData(a_class.id, number, Decimal(score), **how), grades.look_up(number)
        )
        return made

    return write


def state(system: Session, grade_id: int) -> str:
    return str(anew(system).get_one(Grade, grade_id).state)


def refusal(moved: Moved) -> str:
    assert moved.done == ()
    (only,) = moved.refused.values()
    return str(only)


def everybody_passes(system: Session, run: Run, cast: Cast, *names: str, reason: str = "") -> None:
    for name in names:
        review = anew(system).scalars(select(Review.id).where(Review.kind == ReviewKind.DECLARATION)).one()
        verdict = Verdict.REJECT if reason else Verdict.PASS
        run(engine.decide, cast.actors[name], review, verdict=verdict, reason=reason)


# --- classes ----------------------------------------------------------------------------------------------------------


def test_a_class_takes_subject_and_hours_from_its_passed_plan(run: Run, of_plan: TrainingPlan, cast: Cast) -> None:
    data = ClassData(of_plan.id, " 第一期 ", dt.date(2026, 12, 20), dt.date(2026, 12, 22))
    made = run(classes.add, cast.base_clerk, data)
    assert (made.name, made.subject, made.hours_tenths, made.year, made.pass_mark) == ("第一期", "professional", 245, 2026, 60)
    with pytest.raises(FieldErrors) as refused:
        run(classes.add, cast.base_clerk, data)
    assert str(refused.value.errors["name"]) == "This plan has a class of this name already."


def test_a_class_needs_a_passed_plan_of_the_own_base(
    run: Run, plan: Callable[..., TrainingPlan], cast: Cast, system: Session
) -> None:
    waiting = plan()
    for plan_id in (waiting.id, 987_654, None):
        with pytest.raises(FieldErrors) as refused:
            run(classes.add, cast.base_clerk, ClassData(plan_id, "第一期", dt.date(2026, 12, 20), dt.date(2026, 12, 22)))
        assert {name: str(said) for name, said in refused.value.errors.items()} == {
            "plan_id": "Please choose a plan that was approved."
        }
    assert anew(system).scalar(select(func.count()).select_from(TrainingClass)) == 0


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "名" * 101}, "name"),
        ({"hours": Decimal("24.6")}, "hours"),
        ({"hours": Decimal(0)}, "hours"),
        ({"ends_on": dt.date(2026, 12, 19)}, "starts_on"),
        ({"starts_on": dt.date(2025, 12, 20)}, "starts_on"),
        ({"pass_mark": 0}, "pass_mark"),
        ({"pass_mark": 101}, "pass_mark"),
    ],
)
def test_what_a_class_cannot_be(run: Run, of_plan: TrainingPlan, cast: Cast, system: Session, typed: Any, field: str) -> None:
    good = {"name": "第一期", "starts_on": dt.date(2026, 12, 20), "ends_on": dt.date(2026, 12, 22)}
    with pytest.raises(FieldErrors) as refused:
        run(classes.add, cast.base_clerk, ClassData(of_plan.id, **(good | typed)))
    assert set(refused.value.errors) == {field}
    assert anew(system).scalar(select(func.count()).select_from(TrainingClass)) == 0


def test_classes_belong_to_bases_and_stay_while_they_have_grades(
    run: Run, a_class: TrainingClass, enter: Enter, cast: Cast, system: Session
) -> None:
    with pytest.raises(NotAllowed):
        run(grades.remove_class, cast.unit_clerk, a_class.id)
    grade = enter()
    with pytest.raises(WrongState):
        run(grades.remove_class, cast.base_clerk, a_class.id)
    run(grades.remove, cast.base_clerk, grade.id)
    run(grades.remove_class, cast.base_clerk, a_class.id)
    assert anew(system).scalar(select(func.count()).select_from(TrainingClass)) == 0


# --- grades -----------------------------------------------------------------------------------------------------------


def test_a_number_tells_name_and_unit_of_anybody(enter: Enter, cast: Cast) -> None:
    made = enter("foreigner", "60")
    person = cast.people["foreigner"]
    assert (made.name, made.unit_name, made.is_passed) == (person.name, person.organisation_name, True)
    assert (made.path, made.from_path) == (person.path, cast.base_clerk.path)
    assert made.number_masked == cast.accounts["foreigner"].number_masked


def test_wrong_numbers_and_scores_are_told_and_nothing_is_written(
    run: Run, a_class: TrainingClass, enter: Enter, cast: Cast, system: Session
) -> None:
    for number, words in (
        ("37030519871011997", "An ID card number has 18 characters, here are 17."),
        ("370305198710119971", "The last character does not fit the other 17; compare each digit with the document."),
        ("11010119900307999X", None),
    ):
        with pytest.raises(Invalid) as refused:
            grades.look_up(number)
        assert words is None or str(refused.value) == words
    number = cast.accounts["professional"].number
    for score in (None, Decimal("-0.1"), Decimal("100.1"), Decimal("60.05"), Decimal("NaN")):
        with pytest.raises(FieldErrors) as wrong:
            run(grades.add, cast.base_clerk, GradeData(a_class.id, number, score), grades.look_up(number))
        assert set(wrong.value.errors) == {"score"}
    enter()
    with pytest.raises(FieldErrors) as twice:
        enter(score="90")
    assert str(twice.value.errors["number"]) == "This person has a grade in this class already."
    assert anew(system).scalar(select(func.count()).select_from(Grade)) == 1


def test_nobody_else_enters_deletes_or_submits(
    run: Run, enter: Enter, a_class: TrainingClass, cast: Cast, system: Session
) -> None:
    made = enter()
    number = cast.accounts["colleague"].number
    for name in ("unit_clerk", "county_officer"):
        with pytest.raises((NotAllowed, NotFound)):
            run(grades.add, cast.actors[name], GradeData(a_class.id, number, Decimal(80)), grades.look_up(number))
        with pytest.raises((NotAllowed, NotFound)):
            run(grades.remove, cast.actors[name], made.id)
        with pytest.raises(NotAllowed):
            run(grades.submit_many, cast.actors[name], [made.id])
    assert state(system, made.id) == GradeState.WAITING


# --- submission -------------------------------------------------------------------------------------------------------


def test_a_grade_becomes_a_declaration_at_the_persons_chain(run: Run, enter: Enter, cast: Cast, system: Session) -> None:
    made = enter(score="85.5")
    assert run(grades.submit_many, cast.base_clerk, [made.id]).done == (made.id,)
    assert state(system, made.id) == GradeState.PENDING
    record = system.scalars(select(Declaration)).one()
    person = cast.professional
    assert (record.person_id, record.path, record.source, record.state) == (person.person_id, person.path, "base", "pending")
    assert (record.form_code, record.title, record.requested_tenths, record.year) == ("JDPX", "新技术应用第一期", 240, 2026)
    assert record.inputs["score"] == "85.5"
    assert record.inputs["base"] == str(cast.base_clerk.organisation_id)
    review = system.scalars(select(Review).where(Review.kind == ReviewKind.DECLARATION)).one()
    assert (review.topic, review.subject_account_id) == (TOPIC, person.account_id)
    levels = system.scalars(select(ReviewLevel.deciding_organisation_id).where(ReviewLevel.review_id == review.id)).all()
    assert levels == [cast.organisations[name].id for name in ("unit", "department", "county")]


def test_the_last_decision_counts_for_the_person_and_shows_at_the_base(
    run: Run, enter: Enter, cast: Cast, system: Session
) -> None:
    made = enter()
    run(grades.submit_many, cast.base_clerk, [made.id])
    everybody_passes(system, run, cast, "unit_clerk", "department_clerk")
    assert state(system, made.id) == GradeState.PENDING
    everybody_passes(system, run, cast, "county_officer")
    assert state(system, made.id) == GradeState.APPROVED
    assert system.scalars(select(YearSummary.professional_tenths)).one() == 240
    with pytest.raises(WrongState):
        run(grades.remove, cast.base_clerk, made.id)
    assert refusal(run(grades.withdraw_many, cast.base_clerk, [made.id])) == "Only what waits for the review can be withdrawn."
    assert state(system, made.id) == GradeState.APPROVED


def test_a_rejected_grade_is_submitted_again_as_the_same_record(run: Run, enter: Enter, cast: Cast, system: Session) -> None:
    made = enter()
    run(grades.submit_many, cast.base_clerk, [made.id])
    everybody_passes(system, run, cast, "unit_clerk", reason="成绩有误")
    assert state(system, made.id) == GradeState.REJECTED
    assert system.scalars(select(Grade.reason)).one() == "成绩有误"
    about = {"organisation": cast.organisations["unit"].name, "title": made.class_name, "reason": "成绩有误"}
    notice = system.scalars(
        select(Notice).where(Notice.account_id == cast.base_clerk.account_id).order_by(Notice.id.desc())
    ).first()
    assert notice is not None
    assert (notice.position_key, notice.link, notice.params) == (
        cast.base_clerk.position_key,
        "/admin/grades/?f_state=rejected",
        {**about, "n": 1, "names": made.name},
    )
    assert run(grades.submit_many, cast.base_clerk, [made.id]).done == (made.id,)
    assert state(system, made.id) == GradeState.PENDING
    assert system.scalar(select(func.count()).select_from(Declaration)) == 1
    assert system.scalars(select(Review.round).where(Review.kind == ReviewKind.DECLARATION)).one() == 2


def test_what_is_not_passed_or_submitted_already_is_refused_with_its_reason(
    run: Run, enter: Enter, cast: Cast, system: Session
) -> None:
    good, bad = enter(), enter("colleague", "59.9")
    moved = run(grades.submit_many, cast.base_clerk, [good.id, bad.id, good.id, 987_654])
    assert moved.done == (good.id,)
    assert str(moved.refused[bad.id]) == "This grade is below the pass mark; only passed grades are submitted."
    assert isinstance(moved.refused[987_654], NotFound)
    assert refusal(run(grades.submit_many, cast.base_clerk, [good.id])) == "This grade has been submitted already."
    assert anew(system).scalar(select(func.count()).select_from(Declaration)) == 1
    assert state(system, bad.id) == GradeState.WAITING


def test_withdrawal_takes_the_record_out_of_every_list(run: Run, enter: Enter, cast: Cast, system: Session) -> None:
    made = enter()
    run(grades.submit_many, cast.base_clerk, [made.id])
    assert run(grades.withdraw_many, cast.base_clerk, [made.id]).done == (made.id,)
    assert state(system, made.id) == GradeState.WAITING
    assert system.scalar(select(func.count()).select_from(Declaration)) == 0
    review = system.scalars(select(Review).where(Review.kind == ReviewKind.DECLARATION)).one()
    assert (review.state, review.deciding_organisation_id) == (ReviewState.WITHDRAWN, None)
    assert run(grades.submit_many, cast.base_clerk, [made.id]).done == (made.id,)
    assert state(system, made.id) == GradeState.PENDING


def test_a_closed_window_or_a_disabled_unit_refuses_the_row(run: Run, enter: Enter, cast: Cast, system: Session) -> None:
    made = enter()
    county = cast.organisations["county"]
    window = DeclarationWindow(
        path=county.path, organisation_id=county.id, year=2026, opens_on=dt.date(2026, 1, 1), closes_on=dt.date(2026, 12, 1)
    )
    system.add(window)
    system.commit()
    assert "Hours of 2026 cannot be declared now" in refusal(run(grades.submit_many, cast.base_clerk, [made.id]))
    system.delete(window)
    system.get_one(Organisation, cast.organisations["unit"].id).state = OrganisationState.DISABLED
    system.commit()
    words = "The unit of this person is disabled; nothing can be submitted to it."
    assert refusal(run(grades.submit_many, cast.base_clerk, [made.id])) == words
    assert state(system, made.id) == GradeState.WAITING
    assert system.scalar(select(func.count()).select_from(Declaration)) == 0


def test_the_person_cannot_touch_what_the_base_declared(run: Run, enter: Enter, cast: Cast, system: Session) -> None:
    made = enter()
    run(grades.submit_many, cast.base_clerk, [made.id])
    record = anew(system).scalars(select(Declaration)).one()
    assert declarations.what_can(record) == frozenset()
    for operation in (declarations.withdraw, declarations.submit, declarations.delete_draft):
        with pytest.raises(NotAllowed) as refused:
            run(operation, cast.professional, record.id)
        assert str(refused.value).startswith("This record was declared for you")
    assert state(system, made.id) == GradeState.PENDING


def test_the_same_class_declared_by_the_person_is_marked(run: Run, enter: Enter, cast: Cast, system: Session) -> None:
    made = enter()
    run(grades.submit_many, cast.base_clerk, [made.id])
    assert anew(system).scalars(select(Declaration.is_key_review)).one() is False
    base = {"school_unit": "基地", "class_name": " 新技术应用第一期", "score": "80", "base": str(cast.base_clerk.organisation_id)}
    days = {"start_date": "2026-12-01", "end_date": "2026-12-03"}

    def declare(session: Session, actor: Any) -> Declaration:
        saved = declarations.save_draft(session, actor, Draft(2026, "professional", "JDPX", base | days, "24"))
        declarations.add_evidence(session, actor, saved.id, check(Upload("证明.png", picture(1))))
        return declarations.submit(session, actor, saved.id)

    own = run(declare, cast.professional)
    assert [r["message_id"] for r in own.key_reasons] == ["The class %(title)s has been posted by a training base already."]
    run(grades.withdraw_many, cast.base_clerk, [made.id])
    run(grades.submit_many, cast.base_clerk, [made.id])
    posted = anew(system).scalars(select(Declaration).where(Declaration.source == "base")).one()
    words = "The person has declared the class of the training base herself: %(title)s."
    assert [r["message_id"] for r in posted.key_reasons] == [words]


def test_grades_follow_their_person_and_the_tree(run: Run, enter: Enter, cast: Cast, system: Session) -> None:
    made = enter()
    before = (made.path, made.from_path)
    move_below(system, cast.city_officer, cast.organisations["unit"].id, cast.organisations["other_county"].id)
    system.commit()
    moved = anew(system).get_one(Grade, made.id)
    assert (moved.path, moved.from_path) == (anew(system).get_one(Professional, made.person_id).path, before[1])
    assert moved.path != before[0]
    assert run(grades.submit_many, cast.base_clerk, [made.id]).done == (made.id,)
    assert state(system, made.id) == GradeState.PENDING
