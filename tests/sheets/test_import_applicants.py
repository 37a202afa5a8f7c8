"""Applicants of a form for many that come in by a sheet: found in the subtree only, with what differs for each, undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import applicants, batches
from models.credits.applicants import Tally
from models.credits.batches import BatchApplicant
from models.credits.declarations import Draft
from models.credits.tables import Declaration, LearningForm
from models.errors import NotFound
from models.history import HistoryEntry
from models.import_batches import open_chunks, undo_chunk
from models.jobs import run_job
from models.people.tables import ProfessionalState
from models.scope import system_session
from models.transaction import unit_of_work
from models.uploads import Upload, check
from tests.cast import Cast, made_up_number, rejected_registration
from tests.models.credits.conftest import TRAINING, forms, picture
from tests.sheets.files import filled, texts
from tests.sheets.test_import_people import counts
from views.sheets.applicants import APPLICANTS
from views.sheets.template import template

__all__ = ["forms"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]
KIND = "import_applicants"
OUT_OF_REACH = NotFound().message_id


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def a_form(run: Callable[..., Any], cast: Cast) -> Callable[..., int]:
    """A form of the unit with evidence and without people."""

    def made(actor: Actor | None = None, form: str = "GWPX", **inputs: str) -> int:
        draft = Draft(2026, "professional", form, {**TRAINING, **inputs}, "40") if form else Draft(2026, "", "", {})
        uploads = [check(Upload("证书.png", picture(7)))]
        return int(run(batches.keep, actor or cast.unit_clerk, draft, batch_id=None, uploads=uploads).batch.id)

    return made


def person(cast: Cast, name: str, *own: str | None) -> tuple[str | None, ...]:
    return (cast.people[name].name, cast.accounts[name].number, *own)


def sheet(*rows: tuple[str | None, ...]) -> bytes:
    return filled(template(APPLICANTS, "zh_Hans_CN"), rows)


def listed(system: Session) -> dict[int, tuple[int | None, str]]:
    system.rollback()
    found = select(BatchApplicant.person_id, BatchApplicant.requested_tenths, BatchApplicant.score)
    return {row.person_id: (row.requested_tenths, row.score) for row in system.execute(found)}


def said(result: dict[str, Any]) -> set[tuple[int, str, str]]:
    return {(p["row"], p["key"], p["message_id"]) for p in result["problems"]}


def test_people_come_in_with_their_own_figures_and_the_same_file_again_adds_nobody(
    importing: Any, cast: Cast, system: Session, a_form: Any, run: Callable[..., Any]
) -> None:
    batch = a_form()
    content = sheet(
        person(cast, "professional"), person(cast, "colleague", "24.5", "优秀"), person(cast, "branch_worker", "8", "")
    )
    found = importing(cast.unit_clerk, KIND, content, is_dry_run=True, target=str(batch))
    assert (counts(found), listed(system)) == ((4, 3, 0, 0, 1), {})
    assert counts(importing(cast.unit_clerk, KIND, content, target=str(batch))) == (4, 3, 0, 0, 1)
    after = {
        cast.people["professional"].id: (None, ""),
        cast.people["colleague"].id: (245, "优秀"),
        cast.people["branch_worker"].id: (80, ""),
    }
    assert listed(system) == after
    assert counts(importing(cast.unit_clerk, KIND, content, target=str(batch))) == (4, 0, 3, 0, 1)
    assert listed(system) == after
    run(applicants.begin, cast.unit_clerk, batch)
    assert run(applicants.declare_next, cast.unit_clerk, batch) == 3
    assert run(applicants.finish, cast.unit_clerk, batch) == Tally(3, 0, 0)
    system.rollback()
    made = {d.person_id: (d.requested_tenths, d.inputs["score"]) for d in system.scalars(select(Declaration))}
    assert made == {
        cast.people["professional"].id: (400, "合格"),
        cast.people["colleague"].id: (245, "优秀"),
        cast.people["branch_worker"].id: (80, "合格"),
    }


def test_who_is_out_of_reach_and_who_does_not_exist_are_answered_alike(
    importing: Any, cast: Cast, system: Session, a_form: Any
) -> None:
    batch = a_form()
    content = sheet(person(cast, "neighbour"), person(cast, "cousin"), ("某人", made_up_number(1700)))
    n_before = system.query(HistoryEntry).count()
    result = importing(cast.unit_clerk, KIND, content, target=str(batch))
    assert said(result) == {(n, "number", OUT_OF_REACH) for n in (3, 4, 5)}
    assert (result["created"], listed(system)) == (0, {})
    assert system.query(HistoryEntry).count() == n_before


def test_each_bad_cell_is_named_and_comes_back_with_its_reason(importing: Any, cast: Cast, system: Session, a_form: Any) -> None:
    batch = a_form()
    rows = [
        person(cast, "professional", "0"),
        person(cast, "colleague", "12.34"),
        ("别人", cast.accounts["branch_worker"].number, "8"),
        person(cast, "branch_worker", "8"),
        ("无号", "", "8"),
    ]
    result = importing(cast.unit_clerk, KIND, sheet(*rows), target=str(batch))
    assert {(p["row"], p["key"]) for p in result["problems"]} == {
        (3, "requested_hours"),
        (4, "requested_hours"),
        (5, "name"),
        (6, "number"),
        (7, "number"),
    }
    assert listed(system) == {}
    back = texts(importing.rejected(cast.unit_clerk, result))
    assert (back[0][-1], len(back)) == ("失败原因", 6)
    assert all(line[-1] for line in back[1:])


def test_other_figures_for_somebody_on_the_list_are_refused(importing: Any, cast: Cast, system: Session, a_form: Any) -> None:
    batch = a_form()
    importing(cast.unit_clerk, KIND, sheet(person(cast, "professional", "8")), target=str(batch))
    result = importing(cast.unit_clerk, KIND, sheet(person(cast, "professional", "9")), target=str(batch))
    assert [p["message_id"][:35] for p in result["problems"]] == ["This person is an applicant already"]
    assert listed(system) == {cast.people["professional"].id: (80, "")}


@pytest.mark.parametrize(
    ("form", "score", "words"),
    [
        ("", "85", "Choose the learning form"),
        ("XSHY", "85", "has no score"),
        ("GXKPX", "101", "At most 100"),
        ("GXKPX", "良好", "whole number"),
        ("GXKPX", "-5", "whole number from"),
        ("GXKPX", "999999999999", "whole number from"),
    ],
)
def test_a_score_fits_the_learning_form(importing: Any, cast: Cast, a_form: Any, form: str, score: str, words: str) -> None:
    result = importing(cast.unit_clerk, KIND, sheet(person(cast, "professional", "", score)), target=str(a_form(form=form)))
    assert [(p["key"], words in p["message_id"] % p["params"]) for p in result["problems"]] == [("score", True)], result[
        "problems"
    ]


def test_an_exam_score_of_a_public_course_goes_into_the_record(
    importing: Any, cast: Cast, system: Session, a_form: Any, run: Callable[..., Any]
) -> None:
    batch = a_form(form="GXKPX", class_hours="30", exam_score="70")
    form = Draft(2026, "public", "GXKPX", {**TRAINING, "class_hours": "30", "exam_score": "70"}, "30")
    assert run(batches.keep, cast.unit_clerk, form, batch_id=batch).errors == {}
    importing(cast.unit_clerk, KIND, sheet(person(cast, "professional", "", "86")), target=str(batch))
    run(applicants.begin, cast.unit_clerk, batch)
    run(applicants.declare_next, cast.unit_clerk, batch)
    system.rollback()
    assert system.scalars(select(Declaration)).one().inputs["exam_score"] == "86"


def test_another_organisations_form_and_a_submitted_one_take_nobody(
    importing: Any, cast: Cast, system: Session, a_form: Any, run: Callable[..., Any]
) -> None:
    batch = a_form()
    content = sheet(person(cast, "professional"))
    for other in (cast.sibling_clerk, cast.branch_clerk, cast.department_clerk, cast.county_officer):
        assert importing(other, KIND, content, target=str(batch))["error"] == OUT_OF_REACH
    assert "error" in importing(cast.base_clerk, KIND, content, target=str(batch))
    assert listed(system) == {}
    importing(cast.unit_clerk, KIND, content, target=str(batch))
    run(applicants.begin, cast.unit_clerk, batch)
    late = importing(cast.unit_clerk, KIND, sheet(person(cast, "colleague")), target=str(batch))
    assert "submitted already" in late["error"]
    assert set(listed(system)) == {cast.people["professional"].id}


def test_somebody_disabled_is_told_by_rule_and_the_active_registration_counts(
    importing: Any, cast: Cast, system: Session, a_form: Any
) -> None:
    batch = a_form()
    system.merge(cast.people["professional"]).state = ProfessionalState.DISABLED
    system.add(rejected_registration(cast.people["colleague"]))
    system.commit()
    people = [person(cast, name) for name in ("professional", "colleague")]
    result = importing(cast.unit_clerk, KIND, sheet(*people), target=str(batch))
    assert said(result) == {(3, "number", "This person is not registered any more, or is disabled.")}
    assert set(listed(system)) == {cast.people["colleague"].id}


def test_an_import_is_undone_until_the_form_is_submitted(
    importing: Any, cast: Cast, system: Session, a_form: Any, run: Callable[..., Any]
) -> None:
    batch = a_form()
    jobs = [importing.start(cast.unit_clerk, KIND, sheet(person(cast, "professional", "8")), target=str(batch)) for _ in range(2)]
    for job_id, is_submitted in zip(jobs, (False, True), strict=True):
        run_job(job_id)
        assert len(listed(system)) == 1
        if is_submitted:
            run(applicants.begin, cast.unit_clerk, batch)
        [chunk] = run(lambda session, _actor, of=job_id: open_chunks(session, of), cast.unit_clerk)
        done = run(undo_chunk, cast.unit_clerk, chunk)
        assert (done.n_removed, len(done.kept)) == ((0, 1) if is_submitted else (1, 0))
    assert len(listed(system)) == 1


def test_no_more_people_than_a_form_takes(
    importing: Any, cast: Cast, system: Session, a_form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.credits.applicants.MOST", 1)
    monkeypatch.setattr("models.credits.applicant_imports.MOST", 1)
    content = sheet(person(cast, "professional"), person(cast, "colleague"))
    result = importing(cast.unit_clerk, KIND, content, target=str(a_form()))
    assert (result["created"], result["rejected"], len(listed(system))) == (1, 1, 1)


def test_a_form_that_was_put_out_of_use_is_named_as_the_reason(importing: Any, cast: Cast, system: Session, a_form: Any) -> None:
    batch = a_form(form="GXKPX", exam_score="80")
    with system_session() as session, unit_of_work(session):
        session.scalars(select(LearningForm).where(LearningForm.code == "GXKPX")).one().is_enabled = False
    found = importing(cast.unit_clerk, KIND, sheet(person(cast, "professional", "", "85")), target=str(batch))
    (problem,) = found["problems"]
    assert problem["message_id"] == "This learning form is not in use any more; choose another one."
    assert listed(system) == {}
