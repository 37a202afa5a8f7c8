"""The login window: what it answers, where it leads, and what a session is afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from models.base import db
from models.people.accounts import give_first_password
from models.people.tables import Account, FirstPassword, Post, PostState, Professional, ProfessionalState, WebSession
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import PASSWORD, Cast
from tests.visits import english, enter, log_in, send

WRONG = "Wrong account or password."


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    return english(app)


def change(app: Flask, model: type, row_id: int, **values: object) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        row = session.get(model, row_id)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)


def reset(app: Flask, cast: Cast, name: str, kind: FirstPassword) -> str:
    with app.app_context(), system_session() as session, unit_of_work(session):
        account = session.get(Account, cast.accounts[name].id)
        assert account is not None
        return give_first_password(session, account, kind) or account.number[-6:]


@pytest.mark.parametrize(
    ("name", "start"),
    [("unit_clerk", "/admin/"), ("professional", "/portal/"), ("city_officer", "/admin/"), ("support", "/support/")],
)
def test_each_user_type_lands_on_its_start_page(client: FlaskClient, cast: Cast, name: str, start: str) -> None:
    answer = log_in(client, cast, name)
    assert (answer.status_code, answer.headers["Location"]) == (303, start)
    assert client.get(start).status_code == 200


def test_a_wrong_password_and_an_unknown_number_answer_the_same(
    client: FlaskClient, cast: Cast, clock: Callable[[str], None]
) -> None:
    clock("2026-11-20 09:00")
    known = log_in(client, cast, "unit_clerk", password="wrong-2026")
    unknown = log_in(client, cast, "unit_clerk", password="wrong-2026", number="371102199001019965")
    nonsense = log_in(client, cast, "unit_clerk", password="wrong-2026", number="'; drop table accounts; --")
    for answer in (known, unknown, nonsense):
        assert answer.status_code == 200
        assert WRONG in answer.text
    bodies = {a.text.replace(cast.accounts["unit_clerk"].number, "").replace("371102199001019965", "") for a in (known, unknown)}
    assert len(bodies) == 1


def test_the_types_of_the_account_are_named_when_another_was_chosen(client: FlaskClient, cast: Cast) -> None:
    answer = log_in(client, cast, "unit_clerk", kind="hr_department")
    assert "You do not hold this user type. The types of your account: Employer." in answer.text


def test_support_does_not_log_in_at_the_window_of_the_users(client: FlaskClient, cast: Cast) -> None:
    number = cast.accounts["support"].number
    data = {"document_type": "111", "number": number, "password": PASSWORD, "kind": "support"}
    answer = client.post("/login", data=data)
    assert answer.status_code == 200
    assert client.get("/support/").headers["Location"] == "/support/login?next=/support/"


def test_a_pending_person_is_told_to_wait(client: FlaskClient, app: Flask, cast: Cast) -> None:
    change(app, Professional, cast.people["professional"].id, state=ProfessionalState.PENDING)
    assert "This account has not been reviewed yet." in log_in(client, cast, "professional").text
    assert WRONG in log_in(client, cast, "professional", password="wrong-2026").text


@pytest.mark.parametrize("address", ["/login", "/register/professional", "/verify"])
def test_a_required_field_is_found_by_its_label_alone(client: FlaskClient, address: str) -> None:
    page = client.get(address).text
    labels = [re.sub(r"<[^>]+>", "", label).strip() for label in re.findall(r"<label\b[^>]*>(.*?)</label>", page, re.DOTALL)]
    assert 'class="required-mark"' in page
    assert all(labels)
    assert [label for label in labels if "*" in label] == []


def test_empty_fields_are_named_and_the_password_never_comes_back(client: FlaskClient) -> None:
    answer = client.post("/login", data={"document_type": "111", "number": "", "password": "Secret-123", "kind": "employer"})
    assert "Please enter the ID document number." in answer.text
    assert "Secret-123" not in answer.text


@pytest.mark.parametrize("value", ["0", "admin", "", "employer'"])
def test_a_user_type_that_does_not_exist_is_refused_at_its_field(client: FlaskClient, cast: Cast, value: str) -> None:
    assert log_in(client, cast, "unit_clerk", kind=value).status_code == 200
    assert client.get("/admin/").status_code != 200


# --- limits ----------------------------------------------------------------------------------------------------------


def test_thirty_failures_in_a_minute_close_the_window_for_the_address(client: FlaskClient, cast: Cast) -> None:
    for n in range(30):
        assert log_in(client, cast, "unit_clerk", password="wrong-2026", number=f"no-{n}").status_code == 200
    answer = log_in(client, cast, "unit_clerk")
    assert answer.status_code == 429
    assert "There were too many attempts in a short time." in answer.text
    assert client.get("/login").status_code == 200


def test_successes_cost_nothing(client: FlaskClient, cast: Cast) -> None:
    for _ in range(35):
        assert log_in(client, cast, "unit_clerk").status_code == 303


def test_an_invented_forwarding_header_is_no_other_address(client: FlaskClient, cast: Cast) -> None:
    for n in range(30):
        client.post(
            "/login",
            data={"document_type": "111", "number": f"no-{n}", "password": "x", "kind": "employer"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        )
    assert log_in(client, cast, "unit_clerk").status_code == 429


# --- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "\t//evil.example",
        "/%0d%0aSet-Cookie:a=b",
        "javascript:alert(1)",
        "http:///evil.example",
        "",
    ],
)
def test_a_login_never_leads_off_the_site(client: FlaskClient, cast: Cast, target: str) -> None:
    location = log_in(client, cast, "unit_clerk", next=target).headers["Location"]
    assert location == "/admin/" or location.startswith("/%0d%0a")
    assert "\n" not in location


def test_a_login_leads_back_to_the_page_that_was_asked_for(client: FlaskClient, cast: Cast) -> None:
    asked = client.get("/support/?x=1")
    assert asked.headers["Location"] == "/support/login?next=/support/?x%3D1"
    assert log_in(client, cast, "support", next="/support/?x=1").headers["Location"] == "/support/?x=1"


def test_a_page_of_another_kind_of_position_is_not_led_to(client: FlaskClient, cast: Cast) -> None:
    assert log_in(client, cast, "unit_clerk", next="/portal/").headers["Location"] == "/admin/"


# --- sessions --------------------------------------------------------------------------------------------------------


def test_logging_out_ends_the_session_on_the_server(client: FlaskClient, app: Flask, cast: Cast) -> None:
    enter(client, cast, "support")
    cookie = client.get_cookie("ce_state")
    assert cookie is not None
    assert client.post("/logout").status_code == 303
    thief = app.test_client()
    thief.set_cookie("ce_state", cookie.value)
    assert thief.get("/support/").status_code == 303


def test_logging_out_is_posted(client: FlaskClient, cast: Cast) -> None:
    enter(client, cast, "support")
    assert client.get("/logout").status_code == 405
    assert client.get("/support/").status_code == 200


def test_a_login_keeps_nothing_of_the_visitors_cookie(client: FlaskClient, cast: Cast) -> None:
    client.get("/login")
    with client.session_transaction() as planted:
        planted["login"] = "planted"
        planted["other"] = "planted"
    enter(client, cast, "support")
    with client.session_transaction() as kept:
        assert kept["login"] != "planted"
        assert "other" not in kept


def test_another_login_ends_the_one_before(client: FlaskClient, app: Flask, cast: Cast) -> None:
    enter(client, cast, "support")
    first = client.get_cookie("ce_state")
    assert first is not None
    enter(client, cast, "unit_clerk")
    thief = app.test_client()
    thief.set_cookie("ce_state", first.value)
    assert thief.get("/support/").status_code == 303


def test_a_remembered_login_has_a_lasting_cookie_and_another_has_not(client: FlaskClient, cast: Cast) -> None:
    log_in(client, cast, "unit_clerk")
    plain = client.get_cookie("ce_state")
    log_in(client, cast, "unit_clerk", remember="y")
    kept = client.get_cookie("ce_state")
    assert plain is not None
    assert kept is not None
    assert plain.expires is None
    assert kept.expires is not None
    assert (kept.http_only, kept.same_site) == (True, "Lax")


def test_a_removed_post_ends_the_login_at_the_next_request(client: FlaskClient, app: Flask, cast: Cast) -> None:
    enter(client, cast, "unit_clerk")
    change(app, Post, cast.posts["unit_clerk"].id, state=PostState.ENDED)
    answer = client.get("/admin/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "The position you used has ended; please log in again." in client.get("/").text
    assert client.get("/admin/").status_code != 200


def test_last_seen_is_written_at_most_once_a_minute(
    client: FlaskClient, app: Flask, cast: Cast, clock: Callable[[str], None]
) -> None:
    clock("2026-11-20 09:00")
    enter(client, cast, "support")

    def seen_after_visit_at(time: str) -> str:
        clock(f"2026-11-20 {time}")
        client.get("/support/")
        with app.app_context(), system_session() as session:
            return f"{session.query(WebSession).one().last_seen_at:%H:%M:%S}"

    assert seen_after_visit_at("09:00:50") == "01:00:00"
    assert seen_after_visit_at("09:01:00") == "01:01:00"
    assert seen_after_visit_at("09:01:59") == "01:01:00"


def test_a_request_of_somebody_logged_in_reads_three_statements_for_it(client: FlaskClient, app: Flask, cast: Cast) -> None:
    enter(client, cast, "support")
    client.get("/support/")
    statements: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        client.get("/password/change")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len([s for s in statements if s.startswith("SELECT")]) == 3


# --- the steps that come first ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(FirstPassword))
def test_nothing_works_before_the_first_password_is_changed(
    client: FlaskClient, app: Flask, cast: Cast, kind: FirstPassword
) -> None:
    first = reset(app, cast, "professional", kind)
    answer = log_in(client, cast, "professional", password=first)
    assert answer.headers["Location"] == "/password/change"
    for address in ("/", "/portal/", "/admin/", "/support/", "/login/position", "/register/professional"):
        page = client.get(address)
        assert page.status_code == (200 if address == "/login/position" else 303), address
        if page.status_code == 303:
            assert page.headers["Location"] == "/password/change"
    data = {"old": first, "new": "Learn-2026", "again": "Learn-2026"}
    done = client.post("/password/change", data=data)
    assert (done.status_code, done.headers["Location"]) == (303, "/portal/")
    assert client.get("/portal/").status_code == 200
    client.post("/logout")
    assert WRONG in log_in(client, cast, "professional", password=first).text
    assert log_in(client, cast, "professional", password="Learn-2026").status_code == 303


def test_a_one_time_password_opens_no_second_window(client: FlaskClient, app: Flask, cast: Cast) -> None:
    shown = reset(app, cast, "unit_clerk", FirstPassword.ONE_TIME)
    log_in(client, cast, "unit_clerk", password=shown)
    second = app.test_client()
    second.set_cookie("lang", "en")
    assert WRONG in log_in(second, cast, "unit_clerk", password=shown).text


def test_several_positions_of_the_type_lead_to_the_choice(client: FlaskClient, app: Flask, cast: Cast) -> None:
    change(app, Post, cast.posts["branch_clerk"].id, account_id=cast.accounts["unit_clerk"].id)
    assert log_in(client, cast, "unit_clerk").headers["Location"] == "/login/position"
    assert client.get("/admin/").headers["Location"] == "/login/position"
    page = client.get("/login/position").text
    assert "单位-unit" in page
    assert "单位-branch" in page
    chosen = client.post("/position", data={"to_position": cast.branch_clerk.position_key})
    assert chosen.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("key", ["post:1", "post:999999", "person:1", "support:1", "system", "", "post:", "\x00"])
def test_a_position_that_is_not_ones_own_cannot_be_used(client: FlaskClient, cast: Cast, key: str) -> None:
    enter(client, cast, "unit_clerk")
    if key == cast.unit_clerk.position_key:
        key = cast.city_officer.position_key
    assert client.post("/position", data={"to_position": key}).status_code == 404
    assert client.get("/support/").status_code == 403


def test_a_form_of_another_position_is_refused(client: FlaskClient, app: Flask, cast: Cast) -> None:
    change(app, Post, cast.posts["branch_clerk"].id, account_id=cast.accounts["unit_clerk"].id)
    log_in(client, cast, "unit_clerk")
    client.post("/position", data={"to_position": cast.branch_clerk.position_key})
    answer = send(client, "/password/change", cast.unit_clerk, old=PASSWORD, new="Learn-2026", again="Learn-2026")
    assert answer.status_code == 409
    assert log_in(app.test_client(), cast, "unit_clerk").status_code == 303


def test_an_offered_post_is_confirmed_at_the_next_login(client: FlaskClient, app: Flask, cast: Cast) -> None:
    change(app, Post, cast.posts["unit_clerk"].id, state=PostState.OFFERED)
    assert log_in(client, cast, "unit_clerk").headers["Location"] == "/login/position"
    page = client.get("/login/position").text
    assert "Posts offered to you" in page
    answer = client.post("/login/offer", data={"post": cast.posts["unit_clerk"].id, "answer": "accept"})
    assert answer.status_code == 303
    assert client.get("/admin/").status_code == 200


def test_somebody_elses_offer_cannot_be_answered(client: FlaskClient, app: Flask, cast: Cast) -> None:
    change(app, Post, cast.posts["branch_clerk"].id, state=PostState.OFFERED)
    enter(client, cast, "unit_clerk")
    for post in (cast.posts["branch_clerk"].id, 999_999):
        assert client.post("/login/offer", data={"post": post, "answer": "accept"}).status_code == 404
    with app.app_context(), system_session() as session:
        post = session.get(Post, cast.posts["branch_clerk"].id)
        assert post is not None
        assert post.state == PostState.OFFERED
