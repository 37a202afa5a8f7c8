"""S016 to S020, S071: what a person changes of title and qualifications waits for the own organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from models.org.settings import SettingKey, set_setting
from models.org.tables import CodeEntry, Organisation
from models.people.tables import AcademicTitle, EducationRecord, PersonChange, Professional, Qualification
from models.reviews.tables import Review, ReviewKind
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.conftest import Desk, names_in
from tests.cast import PASSWORD, Cast
from tests.visits import english

TITLE = {
    "title_series": "01",
    "title_level": "432",
    "title_qualification": "0101",
    "title_effective_on": "2026-03-01",
    "title_certificate_number": "A-1",
    "title_appointed_on": "",
}


@pytest.fixture
def entries(app: Flask, lists: None) -> None:
    """What the lists of the cast lack."""
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.add(
            CodeEntry(
                list_name="vocational_qualification", code="VQ09", name="一级建造师", extra={"levels": ["一级"]}, position=9
            )
        )
        session.add(CodeEntry(list_name="academic_title", code="A1", name="享受政府特殊津贴专家", position=0))
        session.add(CodeEntry(list_name="education_level", code="11", name="博士研究生毕业", position=-1))


class Own:
    """A professional's browser: each form carries the position it was made in."""

    def __init__(self, client: FlaskClient, position: str) -> None:
        self.client, self.position = client, position

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def post(self, address: str, data: dict[str, Any] | None = None, **how: Any) -> TestResponse:
        return self.client.post(address, data={"position": self.position, **(data or {})}, **how)


@pytest.fixture
def reader(app: Flask, cast: Cast, entries: None) -> Own:
    """The professional of the cast, logged in."""
    client = english(app)
    number = cast.accounts["professional"].number
    data = {"document_type": "111", "number": number, "password": PASSWORD, "kind": "professional"}
    assert client.post("/login", data=data).status_code == 303
    return Own(client, cast.actors["professional"].position_key)


def person(look: Any, cast: Cast) -> Professional:
    with look() as session:
        return session.get_one(Professional, cast.people["professional"].id)


def decide(officer: Desk, look: Any, action: str) -> None:
    with look() as session:
        wanted = select(Review.id).where(Review.kind == ReviewKind.PERSON_CHANGE).order_by(Review.id.desc())
        review = session.scalars(wanted).first()
    officer.post("person-changes/action/run", action=action, ids=review, reason="证书编号不符", list="tab=pending")


def test_a_title_takes_effect_when_the_unit_has_passed_it(reader: Own, desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    answer = reader.post("/portal/profile/title", data=TITLE, follow_redirects=True)
    assert "The information was submitted for review." in answer.text
    assert person(look, cast).title_qualification is None
    clerk = desk("unit_clerk")
    assert names_in(clerk.get("person-changes/")) == ["人员-professional"]
    decide(clerk, look, "approve")
    now = person(look, cast)
    assert (now.title_series, now.title_level, now.title_qualification) == ("01", "432", "0101")
    assert (str(now.title_effective_on), now.title_certificate_number) == ("2026-03-01", "A-1")
    log = reader.get("/portal/profile/log").text
    assert "Approved" in log
    assert "人员-unit_clerk" in log


def test_a_rejected_title_changes_nothing_and_may_be_asked_for_again(
    reader: Own, desk: Callable[..., Desk], look: Any, cast: Cast
) -> None:
    reader.post("/portal/profile/title", data=TITLE)
    decide(desk("unit_clerk"), look, "reject")
    assert person(look, cast).title_series is None
    assert "证书编号不符" in reader.get("/portal/profile/log").text
    assert reader.post("/portal/profile/title", data=TITLE).status_code == 303


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"title_series": "99"}, "Choose an entry of the list"),
        ({"title_series": "02"}, "another title series"),
        ({"title_effective_on": "2099-01-01"}, "lies in the future"),
        ({"title_effective_on": "gestern"}, "A date has the form"),
        ({"title_certificate_number": "x" * 61}, "At most 60"),
    ],
)
def test_a_wrong_title_is_told_at_its_field(reader: Own, look: Any, changed: dict[str, str], sentence: str) -> None:
    answer = reader.post("/portal/profile/title", data={**TITLE, **changed})
    assert answer.status_code == 200
    assert sentence in answer.text
    with look() as session:
        assert session.scalars(select(PersonChange)).all() == []


def test_only_one_change_of_a_part_waits_and_it_can_be_taken_back(reader: Own, desk: Callable[..., Desk], look: Any) -> None:
    reader.post("/portal/profile/title", data=TITLE)
    again = reader.post("/portal/profile/title", data={**TITLE, "title_certificate_number": "B-2"})
    assert "waits for its review already" in again.text
    assert reader.post("/portal/profile/withdraw/title").status_code == 303
    assert names_in(desk("unit_clerk").get("person-changes/")) == []
    with look() as session:
        assert [c.state for c in session.scalars(select(PersonChange))] == ["withdrawn"]
    assert reader.post("/portal/profile/withdraw/title", follow_redirects=True).status_code == 200
    assert reader.post("/portal/profile/withdraw/x").status_code == 404


def test_effective_at_once_is_put_back_by_a_rejection(
    reader: Own, desk: Callable[..., Desk], look: Any, cast: Cast, acting_as: Any
) -> None:
    county = cast.actors["county_officer"]
    with acting_as(county) as session:
        organisation = session.get_one(Organisation, cast.organisations["county"].id)
        set_setting(session, county, organisation, SettingKey.TITLE_CHANGE, "effective_at_once")
    reader.post("/portal/profile/title", data=TITLE)
    assert person(look, cast).title_series == "01"
    decide(desk("unit_clerk"), look, "reject")
    now = person(look, cast)
    assert (now.title_series, now.title_effective_on, now.title_certificate_number) == (None, None, "")


def test_qualifications_are_added_and_taken_away_by_review(reader: Own, desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    clerk = desk("unit_clerk")
    row = {"qualification": "VQ09", "level": "一级", "certificate_number": "Q-1", "obtained_on": "2020-01-02"}
    assert "Choose an entry" in reader.post("/portal/profile/qualifications", data={**row, "level": ""}).text
    reader.post("/portal/profile/qualifications", data=row)
    decide(clerk, look, "approve")
    with look() as session:
        kept = session.scalars(select(Qualification).where(Qualification.person_id == cast.people["professional"].id)).one()
        assert (kept.qualification, kept.level, str(kept.obtained_on)) == ("VQ09", "一级", "2020-01-02")
    assert person(look, cast).vocational_qualification == "VQ09"
    assert "is there already" in reader.post("/portal/profile/qualifications", data=row).text
    reader.post("/portal/profile/qualifications", data={"remove": "0"})
    decide(clerk, look, "approve")
    with look() as session:
        assert session.scalars(select(Qualification)).all() == []
    assert person(look, cast).vocational_qualification == "VQ00"


def test_titles_of_honour_wait_too(reader: Own, desk: Callable[..., Desk], look: Any) -> None:
    reader.post("/portal/profile/honours", data={"title": "A1", "awarded_by": "国务院", "awarded_on": "2019-12-01"})
    page = desk("unit_clerk").get("person-changes/").text
    assert "titles of honour" in page
    decide(desk("unit_clerk"), look, "approve")
    with look() as session:
        assert session.scalars(select(AcademicTitle.awarded_by)).all() == ["国务院"]
    assert "国务院" in reader.get("/portal/profile/honours").text


def test_education_is_saved_at_once_and_the_highest_stands_on_the_profile(reader: Own, look: Any, cast: Cast) -> None:
    row = {"education_level": "21", "degree": "4", "school": "某大学", "field_of_study": "08", "graduated_on": "2003-07-01"}
    assert "Please fill this in" in reader.post("/portal/profile/education", data={**row, "school": ""}).text
    reader.post("/portal/profile/education", data=row)
    reader.post(
        "/portal/profile/education", data={**row, "education_level": "11", "school": "另一大学", "graduated_on": "2008-07-01"}
    )
    assert (person(look, cast).education_level, person(look, cast).school) == ("11", "另一大学")
    with look() as session:
        first, second = session.scalars(select(EducationRecord.id).order_by(EducationRecord.id)).all()
    reader.post("/portal/profile/education", data={**row, "id": first, "school": "改名大学"})
    reader.post("/portal/profile/education", data={"remove": second})
    assert (person(look, cast).education_level, person(look, cast).school) == ("21", "改名大学")
    assert "One row has to stay" in reader.post("/portal/profile/education", data={"remove": first}).text


def test_rows_of_others_are_out_of_reach(reader: Own, look: Any, cast: Cast) -> None:
    other = cast.people["colleague"]
    with look() as session, unit_of_work(session):
        session.add(EducationRecord(person_id=other.id, path=other.path, education_level="21", school="别人的"))
    with look() as session:
        key = session.scalars(select(EducationRecord.id)).one()
    assert "别人的" not in reader.get(f"/portal/profile/education?id={key}").text
    reader.post("/portal/profile/education", data={"remove": key})
    with look() as session:
        assert session.scalars(select(EducationRecord.school)).all() == ["别人的"]


@pytest.mark.parametrize("name", ["department_clerk", "sibling_clerk", "county_officer"])
def test_only_the_own_organisation_decides(reader: Own, desk: Callable[..., Desk], look: Any, cast: Cast, name: str) -> None:
    reader.post("/portal/profile/title", data=TITLE)
    decide(desk(name), look, "approve")
    assert person(look, cast).title_series is None


def test_what_an_import_wrote_is_the_first_row(reader: Own, desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    with look() as session, unit_of_work(session):
        row = session.get_one(Professional, cast.people["professional"].id)
        row.education_level, row.degree, row.school, row.field_of_study = "21", "4", "导入大学", "08"
        row.vocational_qualification, row.vocational_level = "VQ09", "一级"
    assert "导入大学" in reader.get("/portal/profile/education").text
    assert "一级建造师" in reader.get("/portal/profile/qualifications").text
    new = {"education_level": "11", "degree": "4", "school": "另一大学", "field_of_study": "08", "graduated_on": "2008-07-01"}
    reader.post("/portal/profile/education", data={**new, "id": "0", "school": "改名大学"})
    reader.post("/portal/profile/education", data=new)
    with look() as session:
        assert session.scalars(select(EducationRecord.school).order_by(EducationRecord.id)).all() == ["改名大学", "另一大学"]
