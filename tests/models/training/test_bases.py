"""Subjects, data and reports of a training base, and the public subjects of the HR department."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.training import attachments, base_data, public_subjects, reports, subjects
from models.training.attachments import TrainingFile
from models.training.base_data import BaseData, BaseFigures
from models.training.filings import FilingState
from models.training.public_subjects import PublicSubject, PublicSubjectData
from models.training.reports import ReportData, YearlyReport
from models.training.subjects import ProfessionalSubject
from models.uploads import Checked, Upload, check
from tests.cast import Cast
from tests.models.credits.conftest import picture
from tests.models.training.conftest import anew

pytestmark = pytest.mark.both_databases
Run = Callable[..., Any]
REPORT = ReportData(2026, "2026年度报告", "含下年计划")


def scan(seed: int) -> Checked:
    return check(Upload("年度报告.png", picture(seed)))


def test_a_subject_is_named_once_renamed_and_disabled(run: Run, cast: Cast, subject: int, system: Session) -> None:
    for again in ("数字技术", " 数字技术 ", ""):
        with pytest.raises(FieldErrors):
            run(subjects.add, cast.base_clerk, again)
    run(subjects.edit, cast.base_clerk, subject, "数字技术应用")
    run(subjects.set_enabled, cast.base_clerk, [subject], is_enabled=False)
    kept = anew(system).scalars(select(ProfessionalSubject)).one()
    assert (kept.name, kept.is_enabled) == ("数字技术应用", False)
    assert subjects.offered(system, cast.organisations["base"].id) == []


def test_public_subjects_hold_for_everybody_below_and_are_their_departments_own(
    run: Run, cast: Cast, public_subject: int, session_of: Callable[..., Session], system: Session
) -> None:
    base, cousin = cast.organisations["base"].path, cast.organisations["cousin_unit"].path
    assert [s.id for s in public_subjects.offered(session_of(cast.base_clerk), base, 2026)] == [public_subject]
    assert public_subjects.offered(session_of(cast.cousin_clerk), cousin) == []
    moved = run(public_subjects.set_enabled, cast.city_officer, [public_subject], is_enabled=False)
    assert (moved.done, list(moved.refused)) == ((), [public_subject])
    with pytest.raises(NotFound):
        run(public_subjects.edit, cast.city_officer, public_subject, PublicSubjectData(2026, "别的", Decimal(1)))
    for actor in ("department_clerk", "unit_clerk", "base_clerk", "inner_officer"):
        with pytest.raises(NotAllowed):
            run(public_subjects.add, cast.actors[actor], PublicSubjectData(2026, "别的", Decimal(1)))
    kept = anew(system).scalars(select(PublicSubject)).one()
    assert (kept.name, kept.is_enabled, kept.hours_tenths) == ("人工智能", True, 300)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (PublicSubjectData(2026, "人工智能", Decimal(30)), "name"),
        (PublicSubjectData(2020, "新课", Decimal(30)), "year"),
        (PublicSubjectData(2026, "新课", None), "hours"),
        (PublicSubjectData(2026, "新课", Decimal(1000)), "hours"),
    ],
)
@pytest.mark.usefixtures("public_subject")
def test_a_public_subject_that_does_not_fit_is_refused(
    data: PublicSubjectData, field: str, run: Run, cast: Cast, system: Session
) -> None:
    with pytest.raises(FieldErrors) as refused:
        run(public_subjects.add, cast.county_officer, data)
    assert set(refused.value.errors) == {field}
    assert len(anew(system).scalars(select(PublicSubject)).all()) == 1


def test_facilities_and_staff_are_written_over_and_over(run: Run, cast: Cast, system: Session) -> None:
    run(base_data.save, cast.base_clerk, BaseFigures("海州路 1 号", 1200, 8, 400, 60, "投影", 5, 12, 20, 9, "以本校教师为主"))
    run(base_data.save, cast.base_clerk, BaseFigures("海州路 2 号", n_full_time=3, n_senior=2))
    kept = anew(system).scalars(select(BaseData)).one()
    assert (kept.place, kept.area_m2, kept.n_full_time, kept.n_part_time, kept.n_senior) == ("海州路 2 号", None, 3, 0, 2)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (BaseFigures(n_seats=-1), "n_seats"),
        (BaseFigures(area_m2=10**8), "area_m2"),
        (BaseFigures(n_full_time=3, n_part_time=1, n_senior=5), "n_senior"),
        (BaseFigures(staff="师" * 2001), "staff"),
        (BaseFigures(place="路" * 301), "place"),
    ],
)
def test_impossible_figures_are_refused(data: BaseFigures, field: str, run: Run, cast: Cast, system: Session) -> None:
    with pytest.raises(FieldErrors) as refused:
        run(base_data.save, cast.base_clerk, data)
    assert set(refused.value.errors) == {field}
    assert anew(system).scalars(select(BaseData)).all() == []


def test_a_report_needs_its_attachment_and_is_not_deleted_once_it_is_filed(
    run: Run, decide: Callable[..., None], cast: Cast, system: Session
) -> None:
    made = run(reports.save, cast.base_clerk, REPORT)
    with pytest.raises(Invalid, match="attach"):
        run(reports.submit, cast.base_clerk, made.id)
    run(reports.save, cast.base_clerk, REPORT, report_id=made.id, added=[scan(1)])
    run(reports.submit, cast.base_clerk, made.id)
    for operation in (reports.remove, reports.submit):
        with pytest.raises(WrongState):
            run(operation, cast.base_clerk, made.id)
    decide(cast.county_officer, made.id)
    anew(system)
    assert anew(system).scalars(select(YearlyReport.state)).one() == FilingState.APPROVED
    with pytest.raises(WrongState):
        run(reports.remove, cast.base_clerk, made.id)
    assert len(anew(system).scalars(select(TrainingFile)).all()) == 1


def test_a_draft_goes_with_its_attachments(run: Run, cast: Cast, system: Session) -> None:
    made = run(reports.save, cast.base_clerk, REPORT, added=[scan(1), scan(2)])
    first = attachments.of(system, "yearly_report", made.id)[0]
    run(reports.save, cast.base_clerk, REPORT, report_id=made.id, removed=[first.key, "another"])
    assert len(anew(system).scalars(select(TrainingFile)).all()) == 1
    run(reports.remove, cast.base_clerk, made.id)
    assert anew(system).scalars(select(TrainingFile)).all() == []
    assert anew(system).scalars(select(YearlyReport)).all() == []


def test_too_many_attachments_and_the_same_one_twice_are_refused(run: Run, cast: Cast, system: Session) -> None:
    for added in ([scan(n) for n in range(attachments.MOST + 1)], [scan(1), scan(1)]):
        with pytest.raises(Invalid):
            run(reports.save, cast.base_clerk, REPORT, added=added)
    assert anew(system).scalars(select(YearlyReport)).all() == []


def test_only_a_base_reports_on_its_year(run: Run, cast: Cast, system: Session) -> None:
    for actor in ("unit_clerk", "county_officer", "foreign_officer"):
        with pytest.raises(NotAllowed):
            run(reports.save, cast.actors[actor], REPORT)
    assert anew(system).scalars(select(YearlyReport)).all() == []
