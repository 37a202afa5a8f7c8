"""A learning form of one's own on the screens: added, tried, offered to those below, put out of use, deleted, seen by nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models.credits.tables import LearningForm
from tests.admin.conftest import Desk
from tests.admin.test_learning_forms import base_id, made, typed
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("lists")


def new_form(look: Any, officer: Desk, **changed: Any) -> Any:
    own = {"name": "网络研讨", "name_en": "Online seminar", "declaration_type": "other", "step": "save"}
    own |= {"first_day": "start_date", "last_day": "end_date", "title_field": "class_name"}
    return officer.post(f"learning-forms/new?base={base_id(look)}", **typed(**{**own, **changed}))


def own_form(look: Any) -> LearningForm:
    with look() as session:
        return session.scalars(select(LearningForm).where(LearningForm.path != "/")).one()


def test_a_form_is_added_tried_published_offered_put_out_of_use_and_brought_back(
    desk: Callable[..., Desk], look: Any, app: Flask, cast: Cast
) -> None:
    officer, clerk = desk("county_officer"), desk("unit_clerk")
    assert f'<option value="{base_id(look)}">On-the-job training</option>' in officer.get("learning-forms/").text
    page = officer.get(f"learning-forms/new?base={base_id(look)}").text
    assert "New learning form" in page
    assert 'name="field_0_name" value="school_unit"' in page
    sample = {"sample_start_date": "2026-03-02", "sample_end_date": "2026-03-06"}
    tried = new_form(look, officer, step="try", **sample)
    assert "By the rule: 40.0 hours" in tried.text
    assert made(look) == []
    assert "The draft was saved" in officer.follow(new_form(look, officer)).text
    assert "Not published yet" in officer.get("learning-forms/").text
    form, (draft,) = own_form(look), made(look)
    assert "No rule of this learning form holds yet" in officer.get(f"learning-forms/versions/{form.code}").text
    portal = app.test_client()
    portal.set_cookie("lang", "en")
    number = cast.accounts["professional"].number
    portal.post("/login", data={"document_type": "111", "number": number, "password": PASSWORD, "kind": "professional"})
    offered = [lambda: portal.get("/portal/declarations/new?year=2026").text, lambda: clerk.get("declare-for/?year=2026").text]
    listed = lambda: clerk.get("hours/").text  # noqa: E731 - looked at three times
    assert ["Online seminar" in page() for page in (*offered, listed)] == [False, False, False]
    officer.post(f"learning-forms/version/{draft.id}/publish")
    assert ["Online seminar" in page() for page in (*offered, listed)] == [True, True, True]
    assert "Online seminar" not in desk("cousin_clerk").get("declare-for/?year=2026").text
    assert "Please give a reason." in officer.follow(officer.post(f"learning-forms/form/{form.id}/retire", reason="")).text
    gone = officer.follow(officer.post(f"learning-forms/form/{form.id}/retire", reason="不再开展"))
    assert "The learning form is out of use." in gone.text
    assert "不再开展" in gone.text
    assert ["Online seminar" in page() for page in (*offered, listed)] == [False, False, True]  # what was declared is found by it
    refused = officer.follow(officer.post(f"learning-forms/form/{form.id}/delete"))
    assert "not deleted" in refused.text
    back = officer.follow(officer.post(f"learning-forms/form/{form.id}/bring-back", reason="恢复"))
    assert "in use again" in back.text
    assert ["Online seminar" in page() for page in offered] == [True, True]


def test_period_and_title_are_chosen_among_the_fields_as_they_are_typed(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    page = officer.get(f"learning-forms/new?base={base_id(look)}").text
    for chosen in ("start_date", "end_date", "class_name"):
        assert re.search(rf'<option selected value="{chosen}">', page), chosen
    day = {"field_6_name": "on_day", "field_6_label": "日期", "field_6_type": "date"}
    page = new_form(look, officer, step="try", **day, first_day="on_day", last_day="", title_field="score").text
    assert '<option selected value="on_day">日期 (on_day)</option>' in page
    assert (
        new_form(look, officer, title_field="start_date").text.count("Choose words or an entry of a list among the fields.") > 0
    )
    assert made(look) == []
    shown = officer.follow(new_form(look, officer, **day, first_day="on_day", last_day="", title_field="")).text
    assert "The name of the learning form" in shown
    (draft,) = made(look)
    assert (draft.spec["period"], draft.spec["title_field"]) == (["on_day", "on_day"], None)
    assert '<option selected value="on_day">' in officer.get(f"learning-forms/version/{draft.id}/edit").text
    assert "Title of a record" not in officer.get(f"learning-forms/version/{base_id(look)}/edit").text


def test_a_form_that_was_never_published_is_deleted(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    new_form(look, officer)
    assert (
        "The learning form was deleted." in officer.follow(officer.post(f"learning-forms/form/{own_form(look).id}/delete")).text
    )
    assert made(look) == []


def test_what_is_wrong_with_a_new_form_is_shown_and_what_was_typed_stays(desk: Callable[..., Desk], look: Any) -> None:
    page = new_form(look, desk("county_officer"), name="岗位培训", declaration_type="none", cap_value="x").text
    for sentence in (
        "There is a learning form of this name already.",
        "Choose the declaration type.",
        "Enter hours greater than 0",
    ):
        assert sentence in page, sentence
    assert "海人社〔2026〕1号第三条" in page
    assert made(look) == []


def test_another_department_neither_sees_nor_changes_it(desk: Callable[..., Desk], look: Any) -> None:
    new_form(look, desk("county_officer"))
    form = own_form(look)
    for name in ("city_officer", "foreign_officer"):
        other = desk(name)
        assert other.get(f"learning-forms/versions/{form.code}").status_code == 404
        assert "网络研讨" not in other.get("learning-forms/").text
        for step in ("retire", "bring-back", "delete"):
            assert other.post(f"learning-forms/form/{form.id}/{step}", reason="无关").status_code in {303, 404}
    for name in ("unit_clerk", "department_clerk"):
        assert desk(name).post(f"learning-forms/form/{form.id}/delete").status_code == 403
    assert own_form(look).is_enabled


def test_a_form_that_was_never_published_cannot_be_put_out_of_use(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    new_form(look, officer)
    told = officer.follow(officer.post(f"learning-forms/form/{own_form(look).id}/retire", reason="误建")).text
    assert "never published" in told
    assert own_form(look).is_enabled


def test_publishing_is_confirmed_and_the_result_of_a_trial_is_led_to(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("county_officer")
    page = new_form(look, officer, step="try", sample_start_date="2026-03-02", sample_end_date="2026-03-06").text
    assert 'formaction="#result"' in page
    assert '<div id="result"' in page
    asked = officer.follow(new_form(look, officer)).text
    assert "This cannot be undone." in asked
    assert asked.index('popovertarget="publish">Publish') < asked.index("Publish it now")


def test_a_draft_of_a_form_out_of_use_says_so_and_keeps_what_was_entered(
    desk: Callable[..., Desk], look: Any, app: Flask, cast: Cast
) -> None:
    officer, clerk = desk("county_officer"), desk("unit_clerk")
    new_form(look, officer)
    form, (draft,) = own_form(look), made(look)
    officer.post(f"learning-forms/version/{draft.id}/publish")
    portal = app.test_client()
    portal.set_cookie("lang", "en")
    number = cast.accounts["professional"].number
    portal.post("/login", data={"document_type": "111", "number": number, "password": PASSWORD, "kind": "professional"})
    filled = {
        "year": "2026",
        "form_code": form.code,
        "subject": "professional",
        "requested_hours": "12.5",
        "f_class_name": "海洋观测班",
        "form_key": "k" * 43,
    }
    portal.post("/portal/declarations/new", data={**filled, "position": cast.professional.position_key, "step": "save"})
    answer = clerk.post("declare-for/", **{**filled, "step": "attach"})
    places = [lambda: portal.get("/portal/declarations/1/edit").text, lambda: clerk.follow(answer).text]
    assert ["put out of use on" in place() for place in places] == [False, False]
    officer.post(f"learning-forms/form/{form.id}/retire", reason="不再开展")
    for place in places:
        shown = place()
        assert "The learning form “Online seminar” was put out of use on" in shown
        assert "海洋观测班" in shown
        assert "12.5" in shown
    clerk.post(answer.headers["Location"].removeprefix("/admin/").split("#")[0], year="2026", form_code="", step="people")
    assert "海洋观测班" in places[1]()
    officer.post(f"learning-forms/form/{form.id}/bring-back", reason="恢复")
    assert ['value="海洋观测班"' in place() for place in places] == [True, True]
