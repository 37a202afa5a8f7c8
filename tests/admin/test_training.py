"""Training in the administration: a base writes, its superior decides, a unit plans; and what each may not do."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from models.outbox import Notice
from models.reviews.tables import Review, ReviewState
from models.training.attachments import TrainingFile
from models.training.base_data import BaseData
from models.training.plans import TrainingPlan
from models.training.public_subjects import PublicSubject
from models.training.reports import YearlyReport
from models.training.subjects import ProfessionalSubject
from tests.admin.conftest import Desk, names_in, picture

pytestmark = pytest.mark.both_databases
Sit = Callable[..., Desk]
Look = Callable[[], Any]
PLAN = {
    "year": "2026",
    "name": "新技术应用培训班",
    "subject": "professional",
    "elective": "required",
    "hours": "24",
    "starts_on": "2026-12-20",
    "ends_on": "2026-12-22",
    "n_people": "60",
    "place": "第一教学楼",
    "content": "数字技术应用",
}


@pytest.fixture
def subject(desk: Sit, look: Look) -> str:
    """A professional subject of the base, as the form of a plan names it."""
    assert "<h1>Add professional subject</h1>" in desk("base_clerk").get("subjects/new/").text
    assert desk("base_clerk").post("subjects/new/", name="数字技术").status_code == 303
    with look() as session:
        return f"professional:{session.scalars(select(ProfessionalSubject.id)).one()}"


def one(look: Look, model: Any) -> Any:
    with look() as session:
        return session.scalars(select(model)).one()


def test_a_base_plans_and_its_superior_passes(desk: Sit, look: Look, subject: str) -> None:
    base, county = desk("base_clerk"), desk("county_officer")
    files = (io.BytesIO(picture(1)), "日程安排.png")
    answer = base.post("training-plans/new/", **PLAN, subject_id=subject, files=files, form_key="one")
    assert "新技术应用培训班" in base.follow(answer).text
    plan = one(look, TrainingPlan)
    assert (plan.state, plan.subject_name, plan.hours_tenths) == ("draft", "数字技术", 240)
    assert base.post("training-plans/action/run", row=plan.id, action="submit").status_code == 303
    page = county.get("training-plan-reviews/")
    assert names_in(page) == ["新技术应用培训班"]
    review = one(look, Review)
    details = county.get(f"training-plan-reviews/details/?id={review.id}")
    key = one(look, TrainingFile).key
    assert f"/files/training/{key}" in details.text
    assert county.client.get(f"/files/training/{key}").data == county.client.get(f"/files/training/{key}").data != b""
    decided = county.post("training-plan-reviews/decide", id=review.id, step="pass", version="1.1.0")
    assert decided.status_code == 303
    assert one(look, TrainingPlan).state == "approved"
    assert names_in(county.get("training-plan-reviews/?tab=reviewed")) == ["新技术应用培训班"]
    assert "was approved" in base.get("").text


def test_the_second_button_saves_and_submits_at_once(desk: Sit, look: Look, subject: str) -> None:
    base = desk("base_clerk")
    page = base.follow(base.post("training-plans/new/", **PLAN, subject_id=subject, then="submit"))
    assert "Submitted." in page.text
    assert "Saved." not in page.text
    assert one(look, TrainingPlan).state == "pending"
    plan = one(look, TrainingPlan)
    assert "Withdraw" in base.get("training-plans/").text
    answer = base.post(f"training-plans/edit/?id={plan.id}", **PLAN | {"name": "改名"}, subject_id=subject)
    assert answer.status_code == 200
    assert one(look, TrainingPlan).name == PLAN["name"]


def test_a_wrong_plan_is_told_at_its_fields_and_keeps_what_was_typed(desk: Sit, look: Look, subject: str) -> None:
    base = desk("base_clerk")
    typed = PLAN | {"hours": "-1", "ends_on": "2026-12-01", "n_people": "many", "subject_id": "professional:99999"}
    page = base.post("training-plans/new/", **typed, then="submit")
    assert page.status_code == 200
    assert 'value="新技术应用培训班"' in page.text
    page = base.post("training-plans/new/", **typed | {"n_people": "3"}, then="submit")
    for id_ in ("hours", "starts_on", "subject_id"):
        assert f'id="{id_}-error"' in page.text
    with look() as session:
        assert session.scalars(select(TrainingPlan)).all() == []


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"<script>alert(1)</script>", "plan.png"), (b"MZ" * 100, "plan.exe"), (b"PK\x03\x04vbaProject.bin", "a.docx")],
)
def test_a_hostile_file_is_refused(content: bytes, name: str, desk: Sit, look: Look, subject: str) -> None:
    base = desk("base_clerk")
    page = base.post("training-plans/new/", **PLAN, subject_id=subject, files=(io.BytesIO(content), name))
    assert page.status_code == 200
    assert 'id="files-error"' in page.text
    with look() as session:
        assert session.scalars(select(TrainingPlan)).all() == []
        assert session.scalars(select(TrainingFile)).all() == []


def test_nobody_reaches_the_plan_of_another(desk: Sit, look: Look, subject: str) -> None:
    desk("base_clerk").post("training-plans/new/", **PLAN, subject_id=subject, files=(io.BytesIO(picture(2)), "a.png"))
    plan, key = one(look, TrainingPlan), one(look, TrainingFile).key
    for name in ("unit_clerk", "foreign_officer", "county_officer", "department_clerk"):
        other = desk(name)
        assert other.get(f"training-plans/edit/?id={plan.id}").status_code in {403, 404}, name
        assert other.post("training-plans/action/run", row=plan.id, action="remove").status_code in {403, 404}, name
    for name in ("unit_clerk", "foreign_officer", "inner_officer", "professional"):
        if name != "professional":
            assert desk(name).client.get(f"/files/training/{key}").status_code == 404, name
    unit = desk("unit_clerk")
    assert unit.get(f"unit-plans/edit/?id={plan.id}").status_code == 404
    assert one(look, TrainingPlan).state == "draft"


def test_the_year_of_a_base_and_its_report(desk: Sit, look: Look) -> None:
    base, county = desk("base_clerk"), desk("county_officer")
    yearly = {"year": "2026", "name": "2026年度培训计划", "content": "全年六期", "n_people": ""}
    assert base.post("training-plans/new/?kind=yearly", **yearly, then="submit").status_code == 303
    assert names_in(county.get("yearly-plan-reviews/")) == ["2026年度培训计划"]
    opened = re.findall(r'href="([^"]*/training-plans/new/[^"]*)"', base.get("training-plans/?tab=yearly").text)
    assert ["tab=yearly" in unquote(address) for address in opened] == [True]  # a saved plan is seen in its own list
    with look() as session:
        review = session.scalars(select(Review)).one()
    county.post("yearly-plan-reviews/decide", id=review.id, step="reject", reason="请按季度列出", version="1.1.0")
    with look() as session:
        links = session.scalars(select(Notice.link).where(Notice.link.startswith("/admin/training-plans/"))).all()
    assert links == ["/admin/training-plans/?tab=yearly"]  # where the plan stands
    refused = base.post("yearly-reports/new/", year="2026", name="年度报告", note="", then="submit")
    assert "Please attach the report" in refused.text
    with look() as session:
        assert session.scalars(select(YearlyReport)).all() == []
    sent = base.post(
        "yearly-reports/new/", year="2026", name="年度报告", note="", then="submit", files=(io.BytesIO(picture(3)), "报告.png")
    )
    assert sent.status_code == 303
    report = one(look, YearlyReport)
    assert report.state == "pending"
    assert base.post("yearly-reports/action/run", row=report.id, action="remove").status_code in {200, 303}
    assert one(look, YearlyReport).state == "pending"
    with look() as session:
        review = session.scalars(select(Review).where(Review.kind == "yearly_report")).one()
    county.post("yearly-report-reviews/decide", id=review.id, step="reject", reason="附件无法辨认", version="1.1.0")
    assert (one(look, YearlyReport).state, one(look, YearlyReport).reason) == ("rejected", "附件无法辨认")


def test_a_unit_plans_and_four_buttons_stand_over_the_list_of_its_superiors(desk: Sit, look: Look) -> None:
    unit, department, county = desk("unit_clerk"), desk("department_clerk", "zh"), desk("county_officer")
    asked = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', unit.get("unit-plans/new/").text)
    assert [name for name in asked if name in PLAN] == ["year", "name", "subject", *list(PLAN)[3:]]
    for n in range(3):
        sent = unit.post(
            "unit-plans/new/", **PLAN | {"name": f"单位培训{n}", "subject": "all"}, subject_name="护理", then="submit"
        )
        assert sent.status_code == 303
    page = department.get("unit-plan-reviews/")
    for word in ("全部通过", "批量通过", "批量驳回", "全部驳回", "培训年度", "培训班名称", "计入科目", "所在单位"):
        assert word in page.text, word
    found = department.search("unit-plan-reviews", f_name="单位培训1", f_year="2026", f_subject="all")
    assert "单位培训1" in found.text
    assert "单位培训2" not in found.text
    with look() as session:
        ids = session.scalars(select(Review.id)).all()
    done = department.post("unit-plan-reviews/action/run", ids=ids, action="approve")
    assert done.status_code == 303
    assert len(names_in(county.get("unit-plan-reviews/"))) == 3
    done = county.post("unit-plan-reviews/action/run", ids=ids, action="reject", reason="请合并为一期")
    assert done.status_code == 303
    with look() as session:
        assert {p.state for p in session.scalars(select(TrainingPlan))} == {"rejected"}
        assert {r.state for r in session.scalars(select(Review))} == {ReviewState.REJECTED}


def test_public_subjects_are_offered_disabled_and_then_not_chosen(desk: Sit, look: Look) -> None:
    county, base = desk("county_officer"), desk("base_clerk")
    assert county.post("public-subjects/new/", year="2026", name="人工智能", hours="30").status_code == 303
    found = one(look, PublicSubject)
    assert "人工智能 (2026)" in base.get("training-plans/new/").text
    assert county.post("public-subjects/action/run", row=found.id, action="disable").status_code == 303
    assert "人工智能" not in base.get("training-plans/new/").text
    page = base.post("training-plans/new/", **PLAN | {"subject": "public"}, subject_id=f"public:{found.id}")
    assert 'id="subject_id-error"' in page.text
    for name in ("department_clerk", "unit_clerk", "base_clerk", "inner_officer"):
        assert desk(name).get("public-subjects/").status_code == 403, name


def test_the_data_of_a_base_are_saved_and_impossible_ones_are_not(desk: Sit, look: Look) -> None:
    base = desk("base_clerk")
    figures = {
        "place": "海州路 1 号",
        "area_m2": "1200",
        "n_full_time": "12",
        "n_part_time": "",
        "n_senior": "5",
        "staff": "本校教师",
    }
    assert base.post("base-data/", **figures).status_code == 303
    assert one(look, BaseData).area_m2 == 1200
    for wrong in ({"n_seats": "-3"}, {"n_senior": "13"}, {"area_m2": "many"}):
        assert base.post("base-data/", **figures | wrong).status_code == 200, wrong
    kept = one(look, BaseData)
    assert (kept.area_m2, kept.n_senior, kept.n_seats) == (1200, 5, None)
    assert desk("unit_clerk").get("base-data/").status_code == 403


def test_the_home_of_a_base_leads_to_what_it_does(desk: Sit) -> None:
    page = desk("base_clerk", "zh").get("")
    assert page.status_code == 200
    for word in ("基本信息维护", "管理账户", "培训计划管理", "专业科目管理", "年审报告管理"):
        assert word in page.text, word
    for word in ("单位培训计划", "审核培训计划申报", "公需科目管理"):
        assert word not in page.text, word


@pytest.mark.parametrize("screen", ["training-plan-reviews", "yearly-plan-reviews", "yearly-report-reviews"])
def test_who_reviews_bases(screen: str, desk: Sit) -> None:
    for name, status in (
        ("county_officer", 200),
        ("department_clerk", 200),
        ("unit_clerk", 403),
        ("inner_officer", 403),
        ("base_clerk", 403),
    ):
        assert desk(name).get(f"{screen}/").status_code == status, name
