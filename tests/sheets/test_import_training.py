"""Grades of a class and participants of a training that come in by a sheet: looked up by number, told by cell, undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.import_batches import open_chunks, undo_chunk
from models.jobs import run_job
from models.training import classes, grades, plans, subjects, unit_granting, unit_hours
from models.training.classes import ClassData
from models.training.filings import FilingState
from models.training.grades import Grade, GradeState
from models.training.participants import Participant
from models.training.plans import PlanData, PlanKind, TrainingPlan
from models.training.unit_hours import UnitHoursData, UnitTraining
from models.transaction import unit_of_work
from tests.cast import Cast, rejected_registration
from tests.models.credits.conftest import forms
from tests.sheets.files import filled
from tests.sheets.test_import_people import counts
from views.sheets.template import template
from views.sheets.training import GRADES, PARTICIPANTS

__all__ = ["forms"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]
DAY = dt.date(2026, 12, 1)
Open = Callable[[Actor], Session]


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


def passed(run: Callable[..., Any], system: Session, actor: Actor, data: PlanData) -> int:
    made = run(plans.save, actor, data)
    system.rollback()
    system.get_one(TrainingPlan, made.id).state = FilingState.APPROVED
    system.get_one(TrainingPlan, made.id).submitted_at = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    system.commit()
    return int(made.id)


@pytest.fixture
def a_class(run: Callable[..., Any], cast: Cast, system: Session) -> int:
    """A class of the base that is over."""
    subject = run(subjects.add, cast.base_clerk, "数字技术").id
    data = PlanData(
        PlanKind.SINGLE,
        2026,
        "数字技术",
        subject="professional",
        professional_subject_id=subject,
        hours=Decimal(24),
        starts_on=DAY,
        ends_on=DAY,
        n_people=9,
        place="一号楼",
        content="数字",
    )
    plan = passed(run, system, cast.base_clerk, data)
    return int(run(classes.add, cast.base_clerk, ClassData(plan, "数字技术第一期", DAY, DAY)).id)


@pytest.fixture
def a_training(run: Callable[..., Any], cast: Cast, system: Session) -> int:
    """A draft of the unit without participants."""
    data = PlanData(
        PlanKind.UNIT, 2026, "护理", hours=Decimal(12), starts_on=DAY, ends_on=DAY, n_people=9, place="楼", content="护理"
    )
    plan = passed(run, system, cast.unit_clerk, data)
    return int(run(unit_hours.save, cast.unit_clerk, UnitHoursData(plan, "护理第一期")).id)


def number_of(cast: Cast, name: str) -> tuple[str, str]:
    return cast.people[name].name, cast.accounts[name].number


def scores(system: Session) -> dict[str, int]:
    system.rollback()
    return dict(system.execute(select(Grade.name, Grade.score_tenths)).all())


def undone(run: Callable[..., Any], actor: Actor, job_id: int) -> tuple[int, int]:
    n_removed = n_kept = 0
    for chunk in run(lambda session, _actor: open_chunks(session, job_id), actor):
        done = run(undo_chunk, actor, chunk)
        n_removed, n_kept = n_removed + done.n_removed, n_kept + len(done.kept)
    return n_removed, n_kept


def test_grades_of_people_of_any_unit_come_in_and_the_same_file_again_adds_nothing(
    importing: Any, cast: Cast, system: Session, a_class: int, run: Callable[..., Any]
) -> None:
    rows = [(*number_of(cast, "professional"), "85"), (*number_of(cast, "foreigner"), "59.5")]
    content = filled(template(GRADES, "zh_Hans_CN"), rows)
    found = importing(cast.base_clerk, "import_grades", content, is_dry_run=True, target=str(a_class))
    assert (counts(found), scores(system)) == ((3, 2, 0, 0, 1), {})
    assert counts(importing(cast.base_clerk, "import_grades", content, target=str(a_class))) == (3, 2, 0, 0, 1)
    assert scores(system) == {cast.people["professional"].name: 850, cast.people["foreigner"].name: 595}
    assert counts(importing(cast.base_clerk, "import_grades", content, target=str(a_class))) == (3, 0, 2, 0, 1)
    grade = system.scalars(select(Grade).where(Grade.person_id == cast.people["foreigner"].id)).one()
    assert (grade.is_passed, grade.path, grade.unit_name) == (
        False,
        cast.people["foreigner"].path,
        cast.people["foreigner"].organisation_name,
    )


def test_what_does_not_fit_is_named_at_its_cell(importing: Any, cast: Cast, system: Session, a_class: int) -> None:
    name, number = number_of(cast, "professional")
    first = filled(template(GRADES, "zh_Hans_CN"), [(name, number, "85")])
    importing(cast.base_clerk, "import_grades", first, target=str(a_class))
    rows = [
        (name, number, "90"),
        (name, number, "90"),
        ("别人", cast.accounts["colleague"].number, "90"),
        ("某人", "11010119900307999X", "90"),
        ("某人", "110101199003079", "90"),
        (*number_of(cast, "neighbour"), "100.1"),
        (*number_of(cast, "cousin"), "良好"),
        ("", "", "80"),
    ]
    result = importing(cast.base_clerk, "import_grades", filled(template(GRADES, "zh_Hans_CN"), rows), target=str(a_class))
    assert {(p["row"], p["key"]) for p in result["problems"]} >= {
        (3, "score"),
        (4, "number"),
        (5, "name"),
        (6, "number"),
        (7, "number"),
        (8, "score"),
        (9, "score"),
        (10, "number"),
    }
    assert (result["rejected"], result["rejected_file"] != "") == (8, True)
    assert scores(system) == {name: 850}


def test_a_class_of_another_base_takes_nothing(importing: Any, cast: Cast, system: Session, a_class: int) -> None:
    content = filled(template(GRADES, "zh_Hans_CN"), [(*number_of(cast, "professional"), "85")])
    assert "error" in importing(cast.base_clerk, "import_grades", content, target=str(a_class + 1))
    assert "error" in importing(cast.unit_clerk, "import_grades", content, target=str(a_class))
    assert scores(system) == {}


def test_an_import_of_grades_is_undone_but_for_what_was_filed(
    importing: Any, cast: Cast, system: Session, a_class: int, run: Callable[..., Any]
) -> None:
    rows = [(*number_of(cast, "professional"), "85"), (*number_of(cast, "colleague"), "70")]
    job_id = importing.start(cast.base_clerk, "import_grades", filled(template(GRADES, "zh_Hans_CN"), rows), target=str(a_class))
    run_job(job_id)
    filed = system.scalars(select(Grade.id).where(Grade.person_id == cast.people["colleague"].id)).one()
    system.rollback()
    assert run(grades.submit_many, cast.base_clerk, [filed]).refused == {}
    assert undone(run, cast.base_clerk, job_id) == (1, 1)
    system.rollback()
    assert set(system.scalars(select(Grade.state))) == {GradeState.PENDING}


def test_participants_are_people_of_the_subtree(
    importing: Any, cast: Cast, system: Session, a_training: int, run: Callable[..., Any]
) -> None:
    rows = [
        number_of(cast, "professional"),
        number_of(cast, "colleague"),
        number_of(cast, "foreigner"),
        ("别人", "11010519491231002X"),
    ]
    content = filled(template(PARTICIPANTS, "zh_Hans_CN"), [*rows[:3], ("别名", cast.accounts["branch_worker"].number)])
    result = importing(cast.unit_clerk, "import_participants", content, target=str(a_training))
    assert counts(result) == (5, 2, 0, 2, 1)
    assert {(p["row"], p["key"]) for p in result["problems"]} == {(5, "number"), (6, "name")}
    system.rollback()
    assert system.get_one(UnitTraining, a_training).n_people == 2
    again = importing(cast.unit_clerk, "import_participants", content, target=str(a_training))
    assert counts(again) == (5, 0, 2, 2, 1)
    assert "error" in importing(cast.cousin_clerk, "import_participants", content, target=str(a_training))


def test_a_participant_is_found_whose_number_was_rejected_once(
    importing: Any, cast: Cast, system: Session, a_training: int
) -> None:
    person = cast.people["colleague"]
    with unit_of_work(system):
        system.add(rejected_registration(person))
    content = filled(template(PARTICIPANTS, "zh_Hans_CN"), [number_of(cast, "colleague")])
    assert counts(importing(cast.unit_clerk, "import_participants", content, target=str(a_training))) == (2, 1, 0, 0, 1)
    assert system.scalars(select(Participant.person_id)).all() == [person.id]


def test_participants_are_taken_off_again_unless_they_were_handed_in(
    importing: Any, cast: Cast, system: Session, a_training: int, run: Callable[..., Any]
) -> None:
    content = filled(template(PARTICIPANTS, "zh_Hans_CN"), [number_of(cast, "professional")])
    jobs = [importing.start(cast.unit_clerk, "import_participants", content, target=str(a_training)) for _ in range(2)]
    run_job(jobs[0])
    assert undone(run, cast.unit_clerk, jobs[0]) == (1, 0)
    run_job(jobs[1])
    run(unit_granting.submit, cast.unit_clerk, a_training)
    assert undone(run, cast.unit_clerk, jobs[1]) == (0, 1)
    system.rollback()
    assert len(system.scalars(select(Participant.id)).all()) == 1
