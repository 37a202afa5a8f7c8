"""Filters: what stands in the address, what stays on the server, and what a wrong value does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from models.base import db
from models.people.tables import Professional
from models.saved import FilterState
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.framework.conftest import Clerk, names_in
from views.admin import listing


def test_a_private_filter_stays_on_the_server_and_an_open_one_in_the_address(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    answer = officer.post("search", f_name="王00", f_sex="male")
    address = answer.headers["Location"]
    assert address.startswith("/trial/people/?tab=active&f_sex=male&k=")
    assert "王" not in address
    assert "%E7" not in address
    page = officer.follow(answer)
    assert names_in(page) == ["王001", "王003", "王005", "王007", "王009"]
    assert "Name: 王00" in page.text
    assert "Sex: Male" in page.text


def test_what_is_kept_is_encrypted(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    officer.post("search", f_name="王00")
    with officer.client.application.app_context(), system_session() as session:
        kept = session.scalars(select(FilterState)).one()
        stored = db.engine.raw_connection().cursor().execute("select values_json from filter_states").fetchone()[0]
    assert kept.values_json == '{"f_name":"王00"}'
    assert "王" not in stored


def test_the_filter_of_somebody_else_is_not_used(clerk: Callable[..., Clerk]) -> None:
    mine = clerk().post("search", f_name="王00").headers["Location"]
    theirs = clerk("branch_clerk").get(mine)
    assert names_in(theirs) == ["人员-branch_worker"]
    assert "王00" not in theirs.text


def test_removing_one_private_filter_keeps_the_other(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    both = officer.follow(officer.post("search", f_name="王00", f_phone="123"))
    assert names_in(both) == []
    assert both.text.count('class="pill"') == 2
    one = officer.follow(officer.post("search", f_name="王00"))
    assert len(names_in(one)) == 10


WRONG = {
    "f_sex=other": "Please choose one of the listed values.",
    "f_registered_from=31.12.2026": "Write a date as year-month-day, like 2026-03-31.",
    "f_registered_from=99999-99-99": "Write a date as year-month-day, like 2026-03-31.",
    "f_registered_to=9999-12-31": "A date lies between the years 1900 and 2200.",
    "f_registered_from=2026-02-02&f_registered_to=2026-02-01": "The first day is after the last one.",
}


def test_a_value_that_does_not_fit_is_said_at_its_field_and_shows_no_rows(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    for query, sentence in WRONG.items():
        page = officer.get(f"?{query}")
        assert (query, page.status_code, sentence in page.text, names_in(page)) == (query, 200, True, [])


def test_a_text_longer_than_a_hundred_characters_is_refused(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    page = officer.follow(officer.post("search", f_name="王" * 150))
    assert "At most 100 characters may be searched for." in page.text
    assert names_in(page) == []


def test_a_day_is_a_day_in_shanghai(
    clerk: Callable[..., Clerk], app: Flask, people: Callable[[], dict[str, Professional]]
) -> None:
    late = dt.datetime(2026, 3, 1, 15, 59, 59, tzinfo=dt.UTC)  # one second before midnight there
    with app.app_context(), system_session() as session, unit_of_work(session):
        for name, moment in (("王000", late), ("王001", late + dt.timedelta(seconds=1))):
            session.get_one(Professional, people()[name].id).created_at = moment
    officer = clerk()
    assert names_in(officer.get("?f_registered_from=2026-03-01&f_registered_to=2026-03-01")) == ["王000"]
    assert names_in(officer.get("?f_registered_from=2026-03-02&f_registered_to=2026-03-02")) == ["王001"]


def test_clear_leaves_nothing_of_the_filter_in_the_address(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    page = officer.follow(officer.post("search", f_name="王00", f_sex="male", sort="created"))
    assert 'href="/trial/people/?tab=active&amp;sort=created">Clear</a>' in page.text


@pytest.mark.both_databases
def test_a_search_that_no_index_serves_is_cut_with_a_sentence(
    clerk: Callable[..., Clerk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SECONDS", 0.2)
    officer = clerk()
    page = officer.get("?f_endless=1")
    assert page.status_code == 200
    assert "This search takes too long. Please narrow it, for example by year, name or unit." in page.text
    assert "Endless: Yes" in page.text
    assert len(names_in(officer.get())) == 20
