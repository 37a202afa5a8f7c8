"""The form of registration: drafts, errors, lists to choose from, and what a visitor may learn."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from models.org.tables import CodeEntry, Organisation, OrganisationState
from models.people.tables import Professional, ProfessionalState
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast, made_up_number
from tests.models.test_registrations import CODES
from tests.visits import english

NUMBER = made_up_number(500)
REGISTERED = "This number is registered; please tick “Already a user of this system”."


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    return english(app)


@pytest.fixture(autouse=True)
def _codes(app: Flask) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.add_all(
            CodeEntry(list_name=name, code=code, name=words, parent_code=parent, extra=extra, position=n)
            for n, (name, code, words, parent, extra) in enumerate(CODES)
        )


def sex_of(number: str) -> str:
    return "male" if int(number[16]) % 2 else "female"


@pytest.fixture
def filled(cast: Cast) -> dict[str, str]:
    """Everything that the form sends when it fits."""
    return {
        "document_type": "111", "number": NUMBER, "password": "Learn-2026", "again": "Learn-2026", "phone": "13812345678",
        "email": "a@example.com", "landline": "", "organisation_id": str(cast.organisations["unit"].id), "department_id": "",
        "name": "曾小明", "sex": sex_of(NUMBER), "birth_on": "", "ethnic_group": "01", "education_level": "21", "school": "某某大学",
        "field_of_study": "110", "graduated_on": "2003-07-01", "degree": "4", "is_postdoc": "no", "admin_post": "", "admin_rank": "",
        "title_series": "01", "title_level": "420", "title_qualification": "0103", "title_effective_on": "",
        "title_certificate_number": "", "vocational_qualification": "VQ00", "vocational_level": "none", "agrees": "y", "pledges": "y",
    }  # fmt: skip


def n_people(app: Flask) -> int:
    with app.app_context(), system_session() as session:
        return session.scalar(select(func.count()).select_from(Professional)) or 0


def test_the_form_ends_with_the_sentence_and_who_decides(client: FlaskClient, app: Flask, filled: dict[str, str]) -> None:
    before = n_people(app)
    answer = client.post("/register/professional", data=filled)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/register/done")
    page = client.get("/register/done").text
    assert "The registration has been submitted for review; please wait." in page
    assert "单位-unit (0599-0000005)" in page
    assert n_people(app) == before + 1


def test_the_last_page_shows_nothing_to_others(client: FlaskClient) -> None:
    assert client.get("/register/done").headers["Location"] == "/"


def test_an_error_keeps_what_was_typed_but_no_password(client: FlaskClient, app: Flask, filled: dict[str, str]) -> None:
    before = n_people(app)
    page = client.post("/register/professional", data=filled | {"email": "no address"}).text
    assert "An e-mail address has the form name@example.com; check it." in page
    for typed in (NUMBER, "曾小明", "某某大学", "13812345678", "2003-07-01", "单位-unit"):
        assert typed in page
    assert '<option selected value="0103">' in page
    assert "Learn-2026" not in page
    assert n_people(app) == before


def test_every_error_stands_at_its_field_and_in_the_summary(client: FlaskClient) -> None:
    page = client.post("/register/professional", data={}).text
    for field in ("number", "password", "name", "sex", "school", "degree", "title_series", "agrees", "pledges"):
        assert f'href="#{field}"' in page
    assert 'id="organisation_id-error"' in page


@pytest.mark.parametrize("missing", ["agrees", "pledges"])
def test_agreement_and_pledge_are_needed(client: FlaskClient, app: Flask, filled: dict[str, str], missing: str) -> None:
    before = n_people(app)
    assert client.post("/register/professional", data={k: v for k, v in filled.items() if k != missing}).status_code == 200
    assert n_people(app) == before


def test_a_registered_number_is_told_in_one_sentence(client: FlaskClient, cast: Cast, filled: dict[str, str]) -> None:
    pages = []
    for name in ("unit_clerk", "professional", "foreigner"):
        number = cast.accounts[name].number
        pages.append(client.post("/register/professional", data=filled | {"number": number, "sex": sex_of(number)}).text)
    assert all(REGISTERED in page for page in pages)
    assert not any("foreign_unit" in page for page in pages)


def test_telling_of_numbers_is_limited(client: FlaskClient, cast: Cast, filled: dict[str, str]) -> None:
    number = cast.accounts["unit_clerk"].number
    data = filled | {"number": number, "sex": sex_of(number)}
    answers = [client.post("/register/professional", data=data).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


def test_an_existing_user_proves_the_password(client: FlaskClient, app: Flask, cast: Cast, filled: dict[str, str]) -> None:
    account = cast.accounts["unit_clerk"]
    data = filled | {
        "number": account.number, "sex": sex_of(account.number), "name": account.name, "is_existing": "y", "again": ""
    }  # fmt: skip
    wrong = client.post("/register/professional", data=data | {"password": "Wrong-2026"})
    assert "Wrong account or password." in wrong.text
    assert client.post("/register/professional", data=data | {"password": PASSWORD}).status_code == 303
    with app.app_context(), system_session() as session:
        person = session.scalars(select(Professional).where(Professional.account_id == account.id)).one()
        assert person.state == ProfessionalState.PENDING


def test_undeclared_fields_change_nothing(client: FlaskClient, app: Flask, cast: Cast, filled: dict[str, str]) -> None:
    forged = {"state": "active", "path": "/1/", "account_id": "1", "is_support": "1", "person_id": "1"}
    assert client.post("/register/professional", data=filled | forged).status_code == 303
    with app.app_context(), system_session() as session:
        person = session.scalars(select(Professional).where(Professional.name == "曾小明")).one()
        assert (person.state, person.path) == (ProfessionalState.PENDING, cast.organisations["unit"].path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation_id", "-1"),
        ("organisation_id", "1 or 1=1"),
        ("organisation_id", "9" * 40),
        ("organisation_id", "٣"),
        ("department_id", "99999999999999999999999"),
        ("graduated_on", "99999-99-99"),
        ("graduated_on", "2003-02-30"),
        ("birth_on", "0001-01-01"),
        ("name", "A" * 10_000),
        ("number", "\x00" * 50),
        ("document_type", "../../etc/passwd"),
        ("sex", "other"),
        ("phone", "1" * 5000),
        ("title_qualification", "\ud7ff" * 100),
    ],
)
def test_hostile_values_get_a_sentence(client: FlaskClient, app: Flask, filled: dict[str, str], field: str, value: str) -> None:
    before = n_people(app)
    answer = client.post("/register/professional", data=filled | {field: value})
    assert answer.status_code == 200
    assert "error-summary" in answer.text
    assert n_people(app) == before


# --- lists -----------------------------------------------------------------------------------------------------------


def test_the_list_of_organisations_shows_active_ones_with_members(client: FlaskClient, app: Flask, cast: Cast) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        disabled = session.get(Organisation, cast.organisations["sibling_unit"].id)
        base = session.get(Organisation, cast.organisations["branch"].id)
        assert disabled is not None
        assert base is not None
        disabled.state = OrganisationState.DISABLED
        base.kind = "training_base"  # type: ignore[assignment]
    page = client.get("/register/organisations?q=单位-").text
    for words in (
        "No.",
        "Name of the unit",
        "Unit type",
        "Organisation code / unified social credit code",
        "Operation",
        "Choose this",
    ):
        assert words in page
    assert "单位-cousin_unit" in page
    assert "单位-sibling_unit" not in page
    assert "单位-branch" not in page


@pytest.mark.parametrize("text", ["cousin", "T0000000000008", " cousin_unit "])
def test_an_organisation_is_found_by_a_piece_of_its_name_and_by_its_code(client: FlaskClient, text: str) -> None:
    page = client.get("/register/organisations", query_string={"q": text}).text
    assert page.count("data-value=") == 1
    assert "单位-cousin_unit" in page


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", "<script>alert(1)</script>", "x" * 5000])
def test_signs_in_the_search_are_only_signs(client: FlaskClient, text: str) -> None:
    answer = client.get("/register/organisations", query_string={"q": text})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_without_script_a_choice_leads_back_to_the_form(client: FlaskClient, cast: Cast) -> None:
    page = client.get(f"/register/professional?organisation_id={cast.organisations['unit'].id}").text
    assert 'value="单位-unit"' in page


def test_a_qualification_follows_series_and_level(client: FlaskClient) -> None:
    page = client.get("/register/codes/title?title_series=01&title_level=420").text
    assert 'data-value="0103"' in page
    assert 'data-value="0203"' not in page


def test_a_level_follows_the_vocational_qualification(client: FlaskClient) -> None:
    page = client.get("/register/codes/vocational-level?vocational_qualification=VQ72").text
    assert 'data-value="二级"' in page
    assert 'data-value="none"' not in page
    assert 'data-value="none"' in client.get("/register/codes/vocational-level?vocational_qualification=VQ00").text


def test_headings_of_a_list_cannot_be_chosen(client: FlaskClient) -> None:
    page = client.get("/register/codes/education").text
    assert 'data-value="21"' in page
    assert 'data-value="20"' not in page


def test_an_unknown_list_does_not_exist(client: FlaskClient) -> None:
    assert client.get("/register/codes/accounts").status_code == 404


def test_birth_date_and_sex_come_from_the_number(client: FlaskClient) -> None:
    told = client.post("/register/number", data={"document_type": "111", "number": NUMBER.lower()}).get_json()
    assert told == {"birth_on": f"{NUMBER[6:10]}-{NUMBER[10:12]}-{NUMBER[12:14]}", "sex": sex_of(NUMBER)}
    wrong = client.post("/register/number", data={"document_type": "111", "number": "123"}).get_json()
    assert wrong == {"error": "An ID card number has 18 characters, here are 3."}
    assert client.get("/register/number").status_code == 405
