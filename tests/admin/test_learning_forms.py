"""The screens of the rules of hours: list, versions, an edited copy that is tried and saved, publishing, the document."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from pypdf import PdfWriter
from sqlalchemy import func, select

from models import jobs
from models.credits import rule_trial
from models.credits.postings import YearPosting
from models.credits.tables import Requirement, RuleVersion, YearSummary
from models.transaction import unit_of_work
from tests.admin.conftest import Desk
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("lists")


def pdf() -> bytes:
    out = io.BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return out.getvalue()


def base_id(look: Any, code: str = "GWPX") -> int:
    with look() as session:
        return session.scalars(select(RuleVersion.id).where(RuleVersion.form_code == code, RuleVersion.path == "/")).one()


def made(look: Any) -> list[RuleVersion]:
    with look() as session:
        return list(session.scalars(select(RuleVersion).where(RuleVersion.path != "/").order_by(RuleVersion.id)))


def typed(**changed: Any) -> dict[str, Any]:
    """Return what the form of 岗位培训 posts."""
    names = ("school_unit", "class_name", "content", "start_date", "end_date", "score")
    fields = {f"field_{n}_name": name for n, name in enumerate(names)} | {f"field_{n}_label": f"项{n}" for n in range(len(names))}
    return {
        "from_year": "2026",
        "name": "岗位培训",
        "name_en": "On-the-job training",
        "is_enabled": "y",
        "is_offered": "y",
        "subject_kinds": ["professional"],
        "formula": "calendar_days * 8",
        "cap_kind": "per_year",
        "cap_value": "40",
        "evidence": "结业证书",
        "demands_evidence": "y",
        "source": "海人社〔2026〕1号第三条",
        "rule_text": "每天按 8 学时计算。",
        "note": "按新文件调整",
        **fields,
        **changed,
    }


def write(officer: Desk, look: Any, **changed: Any) -> Any:
    return officer.post(f"learning-forms/version/{base_id(look)}/edit", step="save", **typed(**changed))


def test_the_list_says_what_is_own_and_what_is_inherited(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    page = officer.get("learning-forms/").text
    assert page.count("Inherited") == 29
    write(officer, look)
    officer.post(f"learning-forms/version/{made(look)[0].id}/publish")
    page = officer.get("learning-forms/").text
    assert page.count("Inherited") == 28
    assert page.count(">Own<") == 1 or "Own" in page
    assert officer.get("learning-forms/?year=2025").text.count("Inherited") == 29


def test_the_own_rule_is_dropped_with_a_reason_and_the_one_above_holds(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    assert "Inherit the rule again" not in officer.get("learning-forms/versions/GWPX").text
    write(officer, look)
    officer.post(f"learning-forms/version/{made(look)[0].id}/publish")
    assert "Inherit the rule again" in officer.get("learning-forms/versions/GWPX").text
    refused = officer.follow(officer.post("learning-forms/versions/GWPX/inherit", reason=""))
    assert "Please give a reason." in refused.text
    done = officer.follow(officer.post("learning-forms/versions/GWPX/inherit", reason="执行市局规则"))
    assert "The rule above holds again" in done.text
    assert "Inherit the rule again" not in done.text
    twice = officer.follow(officer.post("learning-forms/versions/GWPX/inherit", reason="执行市局规则"))
    assert "inherited already" in twice.text


def test_a_draft_is_tried_without_being_saved(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    sample = {"sample_start_date": "2026-03-02", "sample_end_date": "2026-03-06"}
    page = officer.post(f"learning-forms/version/{base_id(look)}/edit", step="try", **typed(**sample)).text
    assert "By the rule: 40.0 hours" in page
    assert "5 × 8 = 40" in page
    lacking = officer.post(f"learning-forms/version/{base_id(look)}/edit", step="try", **typed(sample_score="优")).text
    assert "to compute it still needs: 天数" in lacking
    wrong = officer.post(f"learning-forms/version/{base_id(look)}/edit", step="try", **typed(sample_start_date="morgen")).text
    assert "This is not a date" in wrong
    assert made(look) == []


def test_a_mistake_in_the_formula_is_shown_at_its_place_and_what_was_typed_stays(desk: Callable[..., Desk], look: Any) -> None:
    answer = write(
        desk("county_officer"),
        look,
        formula="calendar_days * dauer",
        field_6_name="extra",
        field_6_label="附加",
        field_6_type="text",
    )
    assert "At character 17: “dauer” is not an input of this form." in answer.text
    assert "calendar_days * dauer" in answer.text
    assert 'value="extra"' in answer.text
    assert made(look) == []


def test_a_version_is_saved_published_and_read_by_whoever_declares(
    desk: Callable[..., Desk], look: Any, app: Flask, cast: Cast
) -> None:
    officer = desk("county_officer")
    page = officer.follow(write(officer, look, document=(io.BytesIO(pdf()), "海人社1号.pdf"))).text
    assert "The draft was saved" in page
    assert "海人社1号.pdf" in page
    (draft,) = made(look)
    assert (draft.state, draft.version, draft.from_year, draft.made_by) == ("draft", 1, 2026, officer.actor.name)
    page = officer.follow(officer.post(f"learning-forms/version/{draft.id}/publish")).text
    assert "The rule was published" in page
    assert "按新文件调整" in officer.get("learning-forms/versions/GWPX").text
    person = app.test_client()
    person.set_cookie("lang", "en")
    number = cast.accounts["professional"].number
    person.post("/login", data={"document_type": "111", "number": number, "password": PASSWORD, "kind": "professional"})
    form = person.get("/portal/declarations/new?year=2026&form_code=GWPX").text
    assert "每天按 8 学时计算。" in form
    assert f"/files/rules/{draft.id}" in form
    answer = person.get(f"/files/rules/{draft.id}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")


def test_the_document_of_a_draft_is_its_own_department_s(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    write(officer, look, document=(io.BytesIO(pdf()), "文件.pdf"))
    (draft,) = made(look)
    assert officer.client.get(f"/files/rules/{draft.id}").status_code == 200
    for name in ("city_officer", "department_clerk", "foreign_officer"):
        assert desk(name).client.get(f"/files/rules/{draft.id}").status_code == 404


@pytest.mark.parametrize("content", [b"MZ\x90", b"%PDF-1.4 nothing", b""])
def test_a_document_that_is_no_pdf_is_refused(desk: Callable[..., Desk], look: Any, content: bytes) -> None:
    answer = write(desk("county_officer"), look, document=(io.BytesIO(content), "文件.pdf"))
    assert answer.status_code == 200
    assert made(look) == []


def test_another_department_s_version_is_not_found(desk: Callable[..., Desk], look: Any) -> None:
    city, county = desk("city_officer"), desk("county_officer")
    write(city, look)
    (draft,) = made(look)
    assert county.get(f"learning-forms/version/{draft.id}").status_code == 404
    assert county.get(f"learning-forms/version/{draft.id}/edit").status_code == 404
    assert county.post(f"learning-forms/version/{draft.id}/edit", step="save", **typed()).status_code == 404
    county.post(f"learning-forms/version/{draft.id}/publish")
    assert [v.state for v in made(look)] == ["draft"]
    city.post(f"learning-forms/version/{draft.id}/publish")
    assert county.get(f"learning-forms/version/{draft.id}").status_code == 200
    assert county.post(f"learning-forms/version/{draft.id}/discard").status_code == 303
    assert [v.state for v in made(look)] == ["published"]


@pytest.mark.parametrize("name", ["unit_clerk", "department_clerk", "inner_officer"])
def test_others_have_no_such_screen(desk: Callable[..., Desk], look: Any, name: str) -> None:
    other = desk(name)
    assert other.get("learning-forms/").status_code == 403
    assert other.post(f"learning-forms/version/{base_id(look)}/edit", step="save", **typed()).status_code == 403
    assert made(look) == []


@pytest.mark.parametrize("address", ["versions/XX", "versions/%00", "version/987654", "version/987654/edit"])
def test_what_does_not_exist_is_not_found(desk: Callable[..., Desk], address: str) -> None:
    assert desk("county_officer").get(f"learning-forms/{address}").status_code == 404


def test_a_double_click_publishes_once(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    write(officer, look)
    (draft,) = made(look)
    officer.post(f"learning-forms/version/{draft.id}/publish")
    told = officer.follow(officer.post(f"learning-forms/version/{draft.id}/publish")).text
    assert "This step does not fit the present status: Published." in told
    officer.client.set_cookie("lang", "zh")
    told = officer.follow(officer.post(f"learning-forms/version/{draft.id}/discard")).text
    assert "当前状态不能进行此操作：已发布" in told
    assert "published" not in told.partition("当前状态不能进行此操作")[2][:20]


def test_a_form_with_nothing_in_it_changes_nothing(desk: Callable[..., Desk], look: Any) -> None:
    answer = desk("county_officer").post(f"learning-forms/version/{base_id(look)}/edit", step="save")
    assert answer.status_code == 200
    assert "Please enter the name of the form." in answer.text
    with look() as session:
        assert session.scalar(select(func.count()).select_from(RuleVersion)) == 29


def test_a_version_is_told_in_words(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    write(officer, look, formula="min(requested, 30)", sample_requested="40")
    page = officer.get(f"learning-forms/version/{made(look)[0].id}").text
    assert "Hours declared 40: 30.0 hours" in page
    assert "on_paper" not in page


def draft_with_a_cap(officer: Desk, look: Any, value: str) -> int:
    write(officer, look, formula="on_paper", cap_value=value)
    return made(look)[-1].id


def test_a_rule_is_tried_on_a_past_year_as_a_task_with_list_and_workbook(
    desk: Callable[..., Desk],
    look: Any,
    declare: Callable[..., int],
    decide: Callable[..., None],
    run_jobs: Callable[[], int],
    clock: Callable[[str], None],
    cast: Cast,
) -> None:
    with look() as session, unit_of_work(session):
        session.add(Requirement(path="/", year=2026, total_tenths=900, public_tenths=0, professional_tenths=600))
    for review in (declare(hours="30"), declare(hours="60", start_date="2026-04-01", end_date="2026-04-02")):
        decide(review, "unit_clerk", "department_clerk", "county_officer")
    clock("2027-05-01 10:00")
    officer = desk("county_officer")
    draft = draft_with_a_cap(officer, look, "40")
    answer = officer.post(f"learning-forms/version/{draft}/trial", year="2026")
    assert run_jobs() == 1
    page = officer.follow(answer).text
    assert "From passed to not passed: 1 people; from not passed to passed: 0; other hours: 1." in page
    assert cast.people["professional"].name in page
    assert cast.organisations["unit"].name in page
    link = re.search(r'href="(/files/jobs/[^"]+)"', page)
    assert link is not None
    rows = list(load_workbook(io.BytesIO(officer.client.get(link[1]).data)).active.iter_rows(values_only=True))
    assert rows[0][0] == "Employer (unit)"
    expected = (cast.organisations["unit"].name, cast.people["professional"].name, 90, 40, "Passed", "Not passed")
    assert rows[1:] == [expected]


@pytest.mark.parametrize("year", ["2026", "2027", "1999", "", "abc", "99999"])
def test_a_year_that_is_not_over_is_not_tried(
    desk: Callable[..., Desk], look: Any, run_jobs: Callable[[], int], year: str
) -> None:
    officer = desk("county_officer")
    draft = draft_with_a_cap(officer, look, "40")
    told = officer.follow(officer.post(f"learning-forms/version/{draft}/trial", year=year)).text
    assert "Choose a past year." in told
    assert run_jobs() == 0


def test_another_department_s_draft_is_not_tried(desk: Callable[..., Desk], look: Any, run_jobs: Callable[[], int]) -> None:
    draft = draft_with_a_cap(desk("city_officer"), look, "40")
    for name, status in (("county_officer", 404), ("foreign_officer", 404), ("unit_clerk", 403)):
        assert desk(name).post(f"learning-forms/version/{draft}/trial", year="2025").status_code == status
    assert run_jobs() == 0


@pytest.fixture
def tried(
    desk: Callable[..., Desk],
    look: Any,
    declare: Callable[..., int],
    decide: Callable[..., None],
    run_jobs: Callable[[], int],
    clock: Callable[[str], None],
) -> tuple[Desk, int]:
    """A county officer with a version that was tried on a past year in which two people have hours."""
    for name in ("professional", "colleague"):
        decide(declare(name, hours="60"), "unit_clerk", "department_clerk", "county_officer")
    clock("2027-05-01 10:00")
    officer = desk("county_officer")
    draft = draft_with_a_cap(officer, look, "40")
    officer.post(f"learning-forms/version/{draft}/trial", year="2026")
    assert run_jobs() == 1
    return officer, draft


def totals(look: Any) -> list[tuple[int, int, int]]:
    with look() as session:
        sums = select(YearPosting.person_id, func.sum(YearPosting.total_tenths)).group_by(YearPosting.person_id).subquery()
        rows = session.execute(
            select(YearSummary.person_id, YearSummary.total_tenths, sums.c[1])
            .join(sums, sums.c.person_id == YearSummary.person_id)
            .order_by(YearSummary.person_id)
        )
        return [tuple(row) for row in rows]


def test_a_recalculation_that_is_interrupted_goes_on_and_doubles_nothing(
    tried: tuple[Desk, int], look: Any, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, version = tried
    officer.post(f"learning-forms/version/{version}/publish")
    page = officer.get(f"learning-forms/version/{version}").text
    assert "Recalculate granted records" in page
    answer = officer.post(f"learning-forms/version/{version}/recalculate", year="2026", reason="上限调整")
    monkeypatch.setattr(rule_trial, "PEOPLE_AT_ONCE", 1)
    whole, calls = rule_trial.recalculate, iter((False, True))

    def interrupted(*args: Any, **how: Any) -> int:
        done = whole(*args, **how)
        if next(calls, False):
            raise jobs.Stopping
        return done

    monkeypatch.setattr(rule_trial, "recalculate", interrupted)
    run_jobs()
    run_jobs()
    assert "2 people were looked through; 2 records were recalculated." in officer.follow(answer).text
    assert [(total, posted) for _person, total, posted in totals(look)] == [(400, 400), (400, 400)]
    with look() as session:
        lines = session.scalars(select(YearPosting).where(YearPosting.kind == "recalculated")).all()
    assert [(line.total_tenths, line.reason) for line in lines] == [(-200, "上限调整")] * 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reason": " "}, "Please give a reason."),
        ({"year": "2025"}, "Try the version on the year first"),
        ({"year": "2027"}, "Choose a past year."),
    ],
)
def test_a_recalculation_that_does_not_fit_is_refused(
    tried: tuple[Desk, int], look: Any, run_jobs: Callable[[], int], changed: dict[str, str], sentence: str
) -> None:
    officer, version = tried
    before = totals(look)
    fields = {"year": "2026", "reason": "上限调整", **changed}
    if sentence.startswith("Please"):
        told = officer.follow(officer.post(f"learning-forms/version/{version}/recalculate", year="2026", reason="x")).text
        assert "Records are recalculated by a published version" in told
    officer.post(f"learning-forms/version/{version}/publish")
    told = officer.follow(officer.post(f"learning-forms/version/{version}/recalculate", **fields)).text
    assert sentence in told
    assert run_jobs() == 0
    assert totals(look) == before


def test_a_recalculation_by_another_department_is_not_found(
    tried: tuple[Desk, int], desk: Callable[..., Desk], look: Any, run_jobs: Callable[[], int]
) -> None:
    officer, version = tried
    officer.post(f"learning-forms/version/{version}/publish")
    fields = {"year": "2026", "reason": "x"}
    for name, status in (("city_officer", 404), ("foreign_officer", 404), ("unit_clerk", 403)):
        assert desk(name).post(f"learning-forms/version/{version}/recalculate", **fields).status_code == status
    assert run_jobs() == 0
