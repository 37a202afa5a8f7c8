"""S005 to S009: organisations register in two steps, wait for the superior they chose, and are decided there."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import storage
from models.base import utcnow
from models.files import Attachment
from models.org.codes import mod31
from models.org.tables import CodeEntry, Organisation, OrganisationDraft, OrganisationScan
from models.people.tables import Account, Post
from models.reviews import organisation_registrations
from models.reviews.tables import Review
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast, made_up_number
from tests.models.credits.conftest import picture
from tests.visits import english

NUMBER = made_up_number(700)
LISTS = {"unit_nature": "20", "unit_level": "3", "industry": "I"}
ADMINISTRATOR = {
    "is_existing": "new",
    "document_type": "111",
    "number": NUMBER,
    "password": "Secret-2026!",
    "again": "Secret-2026!",
    "real_name": "钱小红",
    "phone": "13800000700",
    "email": "q@example.com",
    "landline": "",
    "pledges": "y",
}


@pytest.fixture(autouse=True)
def _lists(app: Flask) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        for list_name, code in LISTS.items():
            session.add(CodeEntry(list_name=list_name, code=code, name=code, name_en=code, position=0))
        session.add(CodeEntry(list_name="document_type", code="111", name="居民身份证", name_en="ID card", position=0))


@pytest.fixture
def code() -> str:
    """A made-up credit code with a right check character."""
    body = "12371102MB2864123"
    return body + mod31(body)


@pytest.fixture
def unit(cast: Cast, code: str) -> dict[str, Any]:
    """The first step of an employer below the cast's department."""
    return {
        "name": "海州市第九中学",
        "nature": "20",
        "unit_level": "3",
        "industry": "I",
        "phone": "0633-8123456",
        "address": "海州路 1 号",
        "has_superior": "yes",
        "superior_id": cast.organisations["department"].id,
        "has_code": "yes",
        "code": code,
        "agrees": "y",
    }


@contextmanager
def looking(app: Flask) -> Iterator[Session]:
    with app.app_context(), system_session() as session:
        yield session


def first(app: Flask, data: dict[str, Any], kind: str = "employer") -> TestResponse:
    return english(app).post(f"/register/{kind}", data=data, content_type="multipart/form-data")


def key_of(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].split("k=")[1]


def register(app: Flask, unit: dict[str, Any], *, kind: str = "employer", **changed: str) -> TestResponse:
    key = key_of(first(app, unit, kind))
    return english(app).post("/register/organisation/administrator", data={**ADMINISTRATOR, "k": key, **changed})


def log_in(app: Flask, kind: str = "employer", number: str = NUMBER, password: str = "Secret-2026!") -> TestResponse:
    return english(app).post("/login", data={"document_type": "111", "number": number, "password": password, "kind": kind})


def officer(app: Flask, cast: Cast, name: str) -> Any:
    client = english(app)
    actor = cast.actors[name]
    typed = {"document_type": "111", "number": cast.accounts[name].number, "password": PASSWORD, "kind": actor.kind.value}
    assert client.post("/login", data=typed).status_code == 303
    return client


def decide(app: Flask, cast: Cast, name: str, action: str, screen: str = "employer-reviews") -> TestResponse:
    with looking(app) as session:
        review = session.scalars(select(Review.id).order_by(Review.id.desc())).first()
    data = {
        "position": cast.actors[name].position_key,
        "action": action,
        "ids": review,
        "reason": "代码与证书不符",
        "list": "tab=pending",
    }
    return officer(app, cast, name).post(f"/admin/{screen}/action/run", data=data)


def made(app: Flask) -> Organisation:
    with looking(app) as session:
        return session.scalars(select(Organisation).order_by(Organisation.id.desc())).first()  # type: ignore[return-value]


def test_an_employer_registers_waits_and_logs_in_once_it_passed(app: Flask, cast: Cast, unit: dict[str, Any]) -> None:
    client = english(app)
    key = key_of(client.post("/register/employer", data=unit))
    page = client.get(f"/register/organisation/administrator?k={key}").text
    assert "海州市第九中学" in page
    answer = client.post("/register/organisation/administrator", data={**ADMINISTRATOR, "k": key})
    done = client.get(answer.headers["Location"]).text
    assert "has been submitted for review" in done
    assert cast.organisations["department"].name in done
    waiting = made(app)
    assert (waiting.state, waiting.parent_id, waiting.region_code) == ("pending", cast.organisations["department"].id, "371100")
    assert "not been reviewed yet" in log_in(app).text
    assert decide(app, cast, "department_clerk", "approve").status_code == 303
    assert log_in(app).status_code == 303
    assert made(app).state == "active"


def test_a_rejected_one_is_told_the_reason_and_may_register_again(app: Flask, cast: Cast, unit: dict[str, Any]) -> None:
    register(app, unit)
    decide(app, cast, "department_clerk", "reject")
    assert "代码与证书不符" in log_in(app).text
    again = register(app, unit, password="Other-2026!", again="Other-2026!")
    assert again.status_code == 303, again.text
    assert "Wrong account or password" in log_in(app).text
    assert "not been reviewed yet" in log_in(app, password="Other-2026!").text
    with looking(app) as session:
        states = session.scalars(
            select(Organisation.state).where(Organisation.name == unit["name"]).order_by(Organisation.id)
        ).all()
        assert states == ["rejected", "pending"]
        assert session.scalar(select(func.count()).select_from(Account).where(Account.name == "钱小红")) == 1


@pytest.mark.parametrize("name", ["sibling_clerk", "unit_clerk", "county_officer", "other_county_officer", "city_officer"])
def test_only_the_chosen_superior_decides(app: Flask, cast: Cast, unit: dict[str, Any], name: str) -> None:
    register(app, unit)
    decide(app, cast, name, "approve")
    assert made(app).state == "pending"


@pytest.mark.parametrize(
    ("kind", "above", "decider", "screen"),
    [
        ("employer", "unit", "unit_clerk", "employer-reviews"),
        ("competent-department", "county", "county_officer", "competent-department-reviews"),
        ("training-base", "department", "department_clerk", "training-base-reviews"),
        ("hr-department", "city", "city_officer", "hr-department-reviews"),
    ],
)
def test_each_kind_is_decided_on_its_own_screen(
    app: Flask, cast: Cast, unit: dict[str, Any], kind: str, above: str, decider: str, screen: str
) -> None:
    is_hr = cast.organisations[above].kind == "hr_department"
    field = {"has_superior": "no" if is_hr else "yes", "hr_id" if is_hr else "superior_id": cast.organisations[above].id}
    assert register(app, {**unit, "superior_id": "", **field}, kind=kind).status_code == 303
    page = officer(app, cast, decider).get(f"/admin/{screen}/").text
    assert "海州市第九中学" in page
    assert "钱小红" in page
    decide(app, cast, decider, "approve", screen)
    assert (made(app).state, made(app).kind) == ("active", kind.replace("-", "_"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Please fill this in"),
        ({"nature": "99"}, "Choose an entry of the list"),
        ({"unit_level": ""}, "Choose an entry of the list"),
        ({"phone": "12"}, "A landline has"),
        ({"address": ""}, "Please fill this in"),
        ({"superior_id": "999999"}, "Choose the superior"),
        ({"superior_id": "no such unit"}, "Choose the superior"),
        ({"code": "12371102MB28641230"}, "does not fit the other 17"),
        ({"agrees": ""}, "accept the user agreement"),
    ],
)
def test_a_wrong_first_step_is_told_at_its_field(
    app: Flask, unit: dict[str, Any], changed: dict[str, str], sentence: str
) -> None:
    answer = first(app, {**unit, **changed})
    assert answer.status_code == 200
    assert sentence in answer.text
    with looking(app) as session:
        assert session.scalar(select(func.count()).select_from(OrganisationDraft)) == 0


def test_the_superior_may_be_typed_as_it_is_named(app: Flask, unit: dict[str, Any], cast: Cast) -> None:
    assert register(app, {**unit, "superior_id": cast.organisations["department"].name}).status_code == 303


def test_a_code_in_use_is_told_in_one_sentence(app: Flask, unit: dict[str, Any], cast: Cast) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.get_one(Organisation, cast.organisations["foreign_unit"].id).code = unit["code"]
    answer = first(app, unit)
    assert "This code is already in use." in answer.text
    assert cast.organisations["foreign_unit"].name not in answer.text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"number": "371102198001019960"}, "does not fit the other 17"),
        ({"again": "other"}, "two passwords differ"),
        ({"real_name": ""}, "enter the name"),
        ({"phone": "1"}, "A mobile number"),
        ({"pledges": ""}, "information is true"),
        ({"number": made_up_number(0)}, "number is registered"),
        ({"is_existing": "existing", "password": "wrong"}, "Wrong account or password"),
    ],
)
def test_a_wrong_second_step_writes_nothing(app: Flask, unit: dict[str, Any], changed: dict[str, str], sentence: str) -> None:
    before = made(app).id
    answer = register(app, unit, **changed)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert made(app).id == before


def test_a_user_of_the_system_proves_the_password(app: Flask, unit: dict[str, Any], cast: Cast) -> None:
    number = cast.accounts["neighbour"].number
    assert register(app, unit, is_existing="existing", number=number, password=PASSWORD).status_code == 303
    with looking(app) as session:
        post = session.scalars(select(Post).where(Post.organisation_id == made(app).id)).one()
        assert (post.account_id, post.is_super, post.state) == (cast.accounts["neighbour"].id, True, "active")


def test_the_same_form_sent_twice_registers_once(app: Flask, unit: dict[str, Any]) -> None:
    key = key_of(first(app, unit))
    for _ in range(2):
        answer = english(app).post("/register/organisation/administrator", data={**ADMINISTRATOR, "k": key})
    assert answer.headers["Location"] == "/"
    with looking(app) as session:
        assert session.scalar(select(func.count()).select_from(Organisation).where(Organisation.state == "pending")) == 1


def test_two_who_register_the_same_code_at_once_get_one_organisation(app: Flask, unit: dict[str, Any]) -> None:
    one, two = key_of(first(app, unit)), key_of(first(app, unit))
    english(app).post("/register/organisation/administrator", data={**ADMINISTRATOR, "k": one})
    second = english(app).post(
        "/register/organisation/administrator", data={**ADMINISTRATOR, "k": two, "number": made_up_number(701)}
    )
    assert "already in use" in second.text


def test_the_scan_is_seen_by_the_superior_alone(app: Flask, unit: dict[str, Any], cast: Cast) -> None:
    register(app, {**unit, "scan": (io.BytesIO(picture(5)), "证书.png")})
    with looking(app) as session:
        scan = session.scalars(select(OrganisationScan)).one()
        review = session.scalars(select(Review.id)).one()
        assert session.scalar(select(func.count()).select_from(OrganisationDraft)) == 0
        assert session.scalar(select(func.count()).select_from(Attachment)) == 0
    address = f"/files/scans/{scan.key}"
    assert address in officer(app, cast, "department_clerk").get(f"/admin/employer-reviews/details/?id={review}").text
    assert officer(app, cast, "department_clerk").get(address).mimetype == "image/png"
    for name in ("sibling_clerk", "other_county_officer"):
        assert officer(app, cast, name).get(address).status_code == 404
    assert app.test_client().get(address).status_code == 303


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [(b"<html>", "a.png", "neither a picture"), (b"%PDF-1.4", "a.pdf", "damaged"), (b"x", "a.exe", "has to end in")],
)
def test_a_bad_scan_is_refused(app: Flask, unit: dict[str, Any], content: bytes, name: str, sentence: str) -> None:
    assert sentence in first(app, {**unit, "scan": (io.BytesIO(content), name)}).text


def test_a_first_step_is_swept_with_its_scan(app: Flask, unit: dict[str, Any]) -> None:
    key = key_of(first(app, {**unit, "scan": (io.BytesIO(picture(6)), "证书.png")}))
    with app.app_context(), system_session() as session, unit_of_work(session):
        draft = session.get_one(OrganisationDraft, key)
        scan_key = draft.scan_key or ""
        assert storage.read(scan_key)
        draft.created_at = utcnow() - dt.timedelta(days=2)
    with app.app_context(), system_session() as session, unit_of_work(session):
        assert organisation_registrations.sweep(session) == 1
    with app.app_context(), pytest.raises(FileNotFoundError):
        storage.read(scan_key)
    assert english(app).get(f"/register/organisation/administrator?k={key}").status_code == 303


def test_superiors_are_those_that_may_stand_above(app: Flask, cast: Cast) -> None:
    def found(kind: str, field: str) -> set[str]:
        items = english(app).get(f"/register/superiors?kind={kind}&field={field}&q=单位").json["items"]
        return {i["text"].removeprefix("单位-") for i in items}

    assert found("employer", "hr_id") == {"city", "county", "other_county", "foreign_city"}
    assert found("competent_department", "superior_id") == {"department"}
    assert found("hr_department", "superior_id") == set()
    assert english(app).get("/register/superiors?kind=x").status_code == 404


def test_the_home_page_leads_to_each_registration(app: Flask) -> None:
    page = app.test_client().get("/").text
    for kind in ("employer", "competent-department", "training-base", "hr-department"):
        assert re.search(rf'href="/register/{kind}"', page)
        assert app.test_client().get(f"/register/{kind}").status_code == 200


def test_waiting_and_rejected_ones_are_not_among_the_organisations_below(
    app: Flask, unit: dict[str, Any], cast: Cast, clock: Callable[[str], None]
) -> None:
    register(app, unit)
    assert "海州市第九中学" not in officer(app, cast, "department_clerk").get("/admin/organisations/?tab=employer").text
