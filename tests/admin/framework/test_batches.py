"""Batches: asked first, run on what was selected at that moment, answered with what became of each row."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from models.people.tables import Professional, ProfessionalState
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.framework.conftest import Clerk, add_people, names_in
from tests.cast import Cast
from views.admin import selection

People = Callable[[], dict[str, Professional]]


def select_all(officer: Clerk, query: str = "tab=active") -> tuple[str, str]:
    """Select all of the filter and return the address and the key of the selection."""
    address = officer.post("select", list=query).headers["Location"]
    return address, re.findall("sel=([^&]+)", address)[0]


def disabled(people: dict[str, Professional]) -> set[str]:
    return {name for name, person in people.items() if person.state == "disabled"}


def test_a_batch_asks_first_and_changes_nothing(clerk: Callable[..., Clerk], people: People) -> None:
    before = people()
    ids = [before["王000"].id, before["王001"].id]
    page = clerk().post("action/", action="disable", ids=ids, list="tab=active", url="/trial/people/?page=2")
    assert "<strong>2 rows</strong>: 王000, 王001" in page.text
    assert f"{sum(1 for i in ids if i % 7)} of 2 can be disabled." in page.text
    assert 'href="/trial/people/?page=2"' in page.text
    assert disabled(people()) == set()


def test_a_batch_without_its_reason_is_stopped_at_the_field(clerk: Callable[..., Clerk], people: People) -> None:
    page = clerk().post("action/run", action="disable", ids=[people()["王000"].id], list="tab=active", reason="   ")
    assert page.status_code == 200
    assert 'id="reason-error"' in page.text
    assert "Please give a reason." in page.text
    assert disabled(people()) == set()


def test_a_batch_without_a_row_says_so(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    assert "Please select at least one row." in officer.follow(officer.post("action/", action="disable", list="tab=active")).text


def test_a_clean_batch_returns_to_the_same_page_with_a_sentence(clerk: Callable[..., Clerk], people: People) -> None:
    officer = clerk()
    chosen = [p.id for p in people().values() if p.name.startswith("王00") and p.id % 7]
    answer = officer.post(
        "action/run", action="disable", ids=chosen, list="tab=active", reason="moved", url="/trial/people/?page=2&sel=x"
    )
    assert answer.headers["Location"] == "/trial/people/?page=2"
    assert f"Batch disable: {len(chosen)} rows done." in officer.follow(answer).text
    assert {p.id for p in people().values() if p.state == "disabled"} == set(chosen)


def test_a_mixed_result_adds_up_and_names_the_reason(clerk: Callable[..., Clerk], people: People) -> None:
    officer = clerk()
    chosen = [p for p in people().values() if p.name.startswith("王0")]
    refused = [p for p in chosen if p.id % 7 == 0]
    page = officer.follow(
        officer.post("action/run", action="disable", ids=[p.id for p in chosen], list="tab=active", reason="moved")
    )
    numbers = re.findall(r"<dd>(\d+)</dd>", page.text)
    assert numbers == [str(len(chosen) - len(refused)), str(len(refused)), str(len(chosen))]
    assert names_in(page) == [p.name for p in sorted(refused, key=lambda p: p.id)]
    assert "This step does not fit the present status: 7." in page.text


def test_rows_of_others_are_refused_as_if_they_did_not_exist(clerk: Callable[..., Clerk], people: People) -> None:
    officer = clerk()
    foreign = people()["人员-foreigner"].id
    page = officer.post("action/", action="disable", ids=[foreign, 999_999], list="tab=active")
    assert "foreigner" not in page.text
    answer = officer.follow(officer.post("action/run", action="disable", ids=[foreign, 999_999], list="tab=active", reason="x"))
    assert answer.text.count("It does not exist, or is not within your jurisdiction.") == 2
    assert "foreigner" not in answer.text
    assert disabled(people()) == set()


def test_an_unknown_or_forbidden_batch_is_refused(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    assert officer.post("action/", action="evil", ids=[1], list="").status_code == 404
    assert officer.post("action/", action="forbidden", ids=[1], list="").status_code == 403
    assert "Print" not in re.findall(r"<button[^>]*>([^<]*)</button>", officer.get().text)


def test_all_of_the_filter_is_counted_exactly_and_run_without_the_excluded(clerk: Callable[..., Clerk], people: People) -> None:
    officer = clerk()
    address, key = select_all(officer, "tab=active&f_sex=male")
    page = officer.get(address)
    assert "All 25 rows of the filter were selected." in page.text
    assert page.text.count(" checked aria-label") == 20
    out = [people()["王001"].id, people()["王049"].id]
    assert officer.post(f"exclude?sel={key}", exclude=out).json == {"count": 23}
    assert officer.post(f"exclude?sel={key}", include=out[:1]).json == {"count": 24}
    officer.post("action/run", action="disable", sel=key, list="tab=active&f_sex=male", reason="x")
    male = {p.name for p in people().values() if p.name.startswith("王") and p.sex == "male" and p.id % 7}
    assert disabled(people()) == male - {"王049"}


def test_a_private_filter_holds_for_the_selection_too(clerk: Callable[..., Clerk], people: People) -> None:
    officer = clerk()
    kept = officer.post("search", f_name="王00").headers["Location"].split("?")[1]
    _, key = select_all(officer, kept)
    officer.post("action/run", action="disable", sel=key, list=kept, reason="x")
    assert disabled(people()) == {p.name for p in people().values() if p.name.startswith("王00") and p.id % 7}


def test_rows_that_came_after_the_moment_are_not_in_the_selection(
    clerk: Callable[..., Clerk], people: People, app: Flask, cast: Cast
) -> None:
    officer = clerk()
    _, key = select_all(officer)
    with app.app_context(), system_session() as session, unit_of_work(session):
        add_people(session, cast, 8, start=50)
    page = officer.post("action/", action="disable", sel=key, list="tab=active")
    assert "<strong>53 rows</strong>" in page.text


def test_rows_that_left_meanwhile_are_named_by_their_number(clerk: Callable[..., Clerk], people: People, app: Flask) -> None:
    officer = clerk()
    _, key = select_all(officer)
    with app.app_context(), system_session() as session, unit_of_work(session):
        for name in ("王001", "王002", "王003"):
            session.get_one(Professional, people()[name].id).state = "disabled"
    page = officer.post("action/", action="disable", sel=key, list="tab=active")
    assert "<strong>50 rows</strong>" in page.text
    assert "3 of the selected rows have left the list since." in page.text


def test_all_of_the_filter_by_its_own_button(clerk: Callable[..., Clerk]) -> None:
    page = clerk().post("action/", action="disable", all="1", list="tab=active&f_sex=female")
    assert re.findall(r"<strong>(\d+ rows)</strong>", page.text) == ["28 rows"]
    assert 'name="sel"' in page.text


def test_all_of_a_list_that_has_become_empty_does_nothing_and_says_so(
    clerk: Callable[..., Clerk], app: Flask, people: People
) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.execute(update(Professional).values(state=ProfessionalState.DISABLED))
    officer = clerk()
    page = officer.follow(officer.post("action/", action="disable", all="1", list="tab=active"))
    assert "The list has no such row any more; nothing was done." in page.text


def test_a_question_about_a_row_outside_says_no_name(clerk: Callable[..., Clerk]) -> None:
    for row in ("1", "987654"):
        page = clerk("foreign_officer").post("action/", action="disable", row=row, list="tab=active").text
        assert "It does not exist, or is not within your jurisdiction." in page
        assert "and others" not in page


def test_all_of_a_filter_that_does_not_fit_is_refused(clerk: Callable[..., Clerk]) -> None:
    assert clerk().post("action/", action="disable", all="1", list="tab=active&f_sex=evil").status_code == 400


def test_the_selection_of_somebody_else_is_not_used(clerk: Callable[..., Clerk], people: People) -> None:
    _, key = select_all(clerk())
    other = clerk("department_clerk")
    answer = other.post("action/run", action="disable", sel=key, list="tab=active", reason="x")
    assert answer.status_code == 400
    assert "The selection is no longer kept; please select again." in answer.text
    assert other.post(f"exclude?sel={key}", exclude=[1]).status_code == 404
    assert disabled(people()) == set()


def test_more_rows_than_a_batch_may_take_are_refused(
    clerk: Callable[..., Clerk], monkeypatch: pytest.MonkeyPatch, people: People
) -> None:
    monkeypatch.setattr(selection, "AT_MOST", 40)
    officer = clerk()
    _, key = select_all(officer)
    answer = officer.post("action/", action="disable", sel=key, list="tab=active")
    assert answer.status_code == 400
    assert "At most 40 rows can be handled at once; please narrow the filter." in answer.text


def test_more_than_five_hundred_rows_become_a_job_with_the_same_result(
    clerk: Callable[..., Clerk], people: People, app: Flask, cast: Cast, run_jobs: Callable[[], int]
) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        add_people(session, cast, 700, start=50)
    officer = clerk()
    _, key = select_all(officer)
    assert "This runs in the background" in officer.post("action/", action="disable", sel=key, list="tab=active").text
    answer = officer.post("action/run", action="disable", sel=key, list="tab=active", reason="x", url="/trial/people/?size=50")
    assert answer.headers["Location"].startswith("/admin/jobs/details/?id=")
    assert disabled(people()) == set()
    assert run_jobs() == 1
    page = officer.follow(answer)
    everybody = [p for p in people().values() if p.path.startswith(cast.organisations["unit"].path)]
    done = [p for p in everybody if p.id % 7]
    assert disabled(people()) == {p.name for p in done}
    assert re.findall(r"<dd>(\d+)</dd>", page.text) == [str(len(done)), str(len(everybody) - len(done)), str(len(everybody))]
    assert 'href="/trial/people/?size=50"' in page.text
    progress = officer.get(answer.headers["Location"].replace("details/", "progress")).json
    assert progress == {"count_words": "753 of 753", "done": 753, "ended": True, "state_word": "Finished", "total": 753}


def test_a_job_can_be_cancelled_and_is_nobody_elses(
    clerk: Callable[..., Clerk], people: People, app: Flask, cast: Cast, run_jobs: Callable[[], int]
) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        add_people(session, cast, 500, start=50)
    officer, other = clerk(), clerk("department_clerk")
    answer = officer.post("action/run", action="disable", sel=select_all(officer)[1], list="tab=active", reason="x")
    job = answer.headers["Location"].split("id=")[1].split("&")[0]
    for address in ("details/", "progress"):
        assert other.get(f"/admin/jobs/{address}?id={job}").status_code == 404
    position = {"position": other.actor.position_key}
    assert other.client.post(f"/admin/jobs/cancel?id={job}", data=position).status_code == 404
    position = {"position": officer.actor.position_key}
    page = officer.follow(officer.client.post(f"/admin/jobs/cancel?id={job}", data=position))
    assert "The task was cancelled; what its finished parts did stays." in page.text
    assert run_jobs() == 0
    assert disabled(people()) == set()
    assert (
        "This task has ended already." in officer.follow(officer.client.post(f"/admin/jobs/cancel?id={job}", data=position)).text
    )
