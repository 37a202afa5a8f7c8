"""Pages about one row, and what keeps strangers, forged forms and raw errors out."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask_admin import Admin, BaseView, expose
from flask_admin.contrib.sqla import ModelView

from models.base import db
from models.credits.tables import Declaration, RuleVersion
from models.people.tables import Professional
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.framework.conftest import Clerk, TrialView
from tests.cast import Cast
from views.admin.base import THEME, ScopedModelView, UndeclaredPermission, add_views
from views.admin.columns import Col
from views.admin.home import HomePage
from views.admin.keyset import Sort

People = Callable[[], dict[str, Professional]]
NOT_YOURS = "It does not exist, or is not within your jurisdiction."


def test_the_details_show_the_declared_parts(clerk: Callable[..., Clerk], people: People) -> None:
    person = people()["王000"]
    page = clerk().get(f"details/?id={person.id}&url=/trial/people/?page=2").text
    assert re.findall(r"<dt>([^<]+)</dt>", page) == ["Name", "ID document number", "Mobile number"]
    assert person.number_masked in page
    assert 'href="/trial/people/?page=2"' in page


def test_another_subtrees_row_answers_like_one_that_is_absent(clerk: Callable[..., Clerk], people: People) -> None:
    officer, foreign = clerk(), people()["人员-foreigner"].id
    for page in ("details", "edit", "delete"):
        answers = {officer.get(f"{page}/?id={i}").text.split("<main")[1] for i in (foreign, 999_999)}
        assert len(answers) == 1
        assert NOT_YOURS in answers.pop()
    assert officer.post(f"edit/?id={foreign}", name="x").status_code == 404
    assert officer.post("delete/", id=foreign).status_code == 404
    assert people()["人员-foreigner"].id == foreign


def test_an_id_that_is_none_answers_that_it_does_not_exist(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    for wrong in (
        "",
        "?id=",
        "?id=1,2",
        "?id=-1",
        "?id=1e3",
        "?id=0x1",
        "?id=99999999999999999999",
        "?id=1%00",
        "?id=%EF%BC%91",
        "?id=1;drop",
    ):
        answer = officer.get(f"details/{wrong}")
        assert (wrong, answer.status_code, NOT_YOURS in answer.text) == (wrong, 404, True)
    assert officer.get("details/?id=1&id=2").status_code in {200, 404}


def test_an_edit_returns_to_the_same_page_of_the_list(clerk: Callable[..., Clerk], people: People) -> None:
    officer, person = clerk(), people()["王000"]
    answer = officer.post(f"edit/?id={person.id}", name="新名", url="/trial/people/?page=2&sort=created")
    assert answer.headers["Location"] == "/trial/people/?page=2&sort=created"
    assert people()["新名"].id == person.id


def test_an_edit_leads_off_the_site_for_nobody(clerk: Callable[..., Clerk], people: People) -> None:
    officer, person = clerk(), people()["王000"]
    for target in (
        "https:evil.example",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
    ):
        answer = officer.post(f"edit/?id={person.id}", name="王000", url=target)
        assert (target, answer.headers["Location"]) == (target, "/trial/people/")
        page = officer.get("details/", query_string={"id": person.id, "url": target}).text.split("<main")[1]
        assert "evil" not in page
        assert 'class="back" href="/trial/people/"' in page


def test_columns_that_the_form_does_not_list_cannot_be_posted(clerk: Callable[..., Clerk], people: People, cast: Cast) -> None:
    officer, person = clerk(), people()["王000"]
    officer.post(f"edit/?id={person.id}", name="王000", state="rejected", path="/9/", organisation_id=9, account_id=1)
    after = people()["王000"]
    assert (after.state, after.path, after.organisation_id) == ("active", person.path, person.organisation_id)


def test_a_refusal_stands_at_its_field_or_at_the_head(clerk: Callable[..., Clerk], people: People) -> None:
    officer, person = clerk(), people()["王000"]
    created = officer.post("new/", name="x").text
    assert 'id="phone-error"' in created
    assert '<a href="#phone">Phone: Please give a reason.</a>' in created
    head = officer.post(f"edit/?id={person.id}", name="nobody").text
    assert "<li>This cannot be changed here.</li>" in head
    assert officer.post("new/", name="").text.count("This field is required.") == 2


def test_a_delete_asks_first(clerk: Callable[..., Clerk], people: People) -> None:
    officer, person = clerk(), people()["王000"]
    assert "Delete 王000? This cannot be undone." in officer.get(f"delete/?id={person.id}").text
    assert people()["王000"].id == person.id
    assert officer.post("delete/", id=person.id).headers["Location"] == "/trial/people/"
    assert "王000" not in people()


def test_a_broken_reference_is_a_sentence_without_sql(
    clerk: Callable[..., Clerk], people: People, cast: Cast, acting: None
) -> None:
    answer = clerk().post("delete/", id=people()["人员-professional"].id)
    assert answer.status_code == 409
    assert "It is already there, or something else still depends on it; nothing was changed." in answer.text
    assert not re.search(r"(?i)integrityerror|delete from|sqlite|foreign key|3711", answer.text)
    assert "人员-professional" in people()


@pytest.fixture
def acting(app: Flask, cast: Cast) -> None:
    """Hang a declaration's form on the professional, so that she cannot be deleted."""
    with app.app_context(), system_session() as session, unit_of_work(session):
        rule = RuleVersion(form_code="X", path="/", version=1, spec={})
        session.add(rule)
        session.flush()
        person = cast.people["professional"]
        session.add(
            Declaration(
                person_id=person.id,
                path=person.path,
                organisation_id=person.organisation_id,
                person_name=person.name,
                organisation_name="x",
                year=2026,
                subject="all",
                form_code="X",
                form_name="x",
                rule_version_id=rule.id,
            )
        )


def test_an_unexpected_error_tells_a_reference_and_nothing_else(clerk: Callable[..., Clerk]) -> None:
    answer = clerk().get("/trial/broken")
    assert answer.status_code == 500
    assert re.search(r"Reference for support: [0-9a-f]{8}", answer.text)
    assert "ZeroDivisionError" not in answer.text
    assert "371102198001019969" not in answer.text


def test_a_script_gets_its_errors_as_json(clerk: Callable[..., Clerk]) -> None:
    answer = clerk().get("details/?id=999999", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (404, {"error": NOT_YOURS})


def test_a_form_of_another_position_is_refused(clerk: Callable[..., Clerk], people: People) -> None:
    officer, person = clerk(), people()["王000"]
    for position in ("post:999", "", "evil"):
        answer = officer.post(f"edit/?id={person.id}", name="other", position=position)
        assert answer.status_code == 409
        assert "Your position has changed; please reload the page." in answer.text
    assert "other" not in people()


def test_a_forged_form_is_refused_with_a_next_step(
    clerk: Callable[..., Clerk], people: People, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, person = clerk(), people()["王000"]
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answer = officer.post(f"edit/?id={person.id}", name="other")
    assert answer.status_code == 400
    assert "Go back, reload the page and send it again." in answer.text
    assert "other" not in people()
    token = re.findall(r'name="csrf_token" value="([^"]+)"', officer.get(f"edit/?id={person.id}").text)[0]
    assert officer.post(f"edit/?id={person.id}", name="other", csrf_token=token).status_code == 303


def test_a_visitor_is_led_to_the_login_and_another_kind_is_refused(app: Flask, clerk: Callable[..., Clerk]) -> None:
    answer = app.test_client().get("/trial/people/?page=2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/trial/people/?page%3D2")
    support = clerk("unit_clerk")
    assert support.get("/trial/people/").status_code == 200


def test_flask_admins_own_shortcuts_do_not_exist(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    assert officer.get("export/csv/").status_code == 404
    assert officer.get("ajax/lookup/?name=account&query=&limit=1000000").status_code == 404
    assert officer.post("ajax/update/", list_form_pk=1, name="x").status_code == 404
    assert officer.get("action/").status_code == 405
    assert officer.get("/admin/static/bootstrap/bootstrap4/css/bootstrap.min.css").status_code == 404


# --- the start -----------------------------------------------------------------------------------------------------


def bare() -> Admin:
    return Admin(None, index_view=HomePage(endpoint="bare", url="/bare"), theme=THEME)


def test_the_application_does_not_start_with_a_view_that_nobody_guarded() -> None:
    class Open(ScopedModelView):
        name_id = "Open"
        columns = (Col("name"),)

    class Plain(BaseView):  # type: ignore[misc]
        @expose("/")
        def index(self) -> str:
            return ""

    for view in (Plain(endpoint="plain"), ModelView(Professional, db, endpoint="stock")):
        with pytest.raises(UndeclaredPermission):
            add_views(bare(), view)
    with pytest.raises(UndeclaredPermission, match="Open declares no permission"):
        add_views(bare(), Open(Professional, endpoint="open"))


def test_a_sort_over_a_column_that_may_be_null_does_not_start() -> None:
    class Nullable(TrialView):
        sorts = (Sort("title", (Professional.title_series, Professional.id)),)

    with pytest.raises(TypeError, match="nullable"):
        Nullable(Professional, endpoint="nullable")


def test_a_column_without_a_label_does_not_start() -> None:
    class Unlabelled(TrialView):
        columns = (Col("number_hash"),)

    with pytest.raises(TypeError, match="has no label"):
        Unlabelled(Professional, endpoint="unlabelled")
