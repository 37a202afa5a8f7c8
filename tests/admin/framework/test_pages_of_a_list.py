"""Paging, order and counts of a list."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from models.people.tables import Professional
from models.scope import system_session
from models.transaction import unit_of_work
from tests.admin.framework.conftest import Clerk, link, names_in
from tests.cast import Cast
from views.admin import keyset

ALL = ["人员-professional", "人员-colleague", *(f"王{i:03d}" for i in range(50)), "人员-branch_worker"]


def test_the_first_page_has_twenty_rows_of_the_own_subtree_only(clerk: Callable[..., Clerk]) -> None:
    page = clerk().get()
    assert names_in(page) == ALL[:20]
    assert "53 rows" in page.text
    assert "Showing 1 to 20" in page.text


def test_next_previous_and_last_walk_the_whole_list(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    second = officer.get(link(officer.get(), "Next page"))
    third = officer.get(link(second, "Next page"))
    assert names_in(second) + names_in(third) == ALL[20:]
    assert "Next page</span>" in third.text
    assert names_in(officer.get(link(third, "Previous page"))) == ALL[20:40]
    last = officer.get(link(second, "Last page"))
    assert names_in(last) == ALL[40:]
    assert "Showing 41 to 53" in last.text
    assert names_in(officer.get(link(last, "First page"))) == ALL[:20]


@pytest.mark.both_databases
@pytest.mark.parametrize("query", ["sort=created", "sort=-created", "sort=id", "sort=-id"])
def test_each_order_walks_forward_and_backward_over_the_same_rows(clerk: Callable[..., Clerk], query: str) -> None:
    officer = clerk()
    pages = [officer.get(f"?{query}")]
    while "Next page</a>" in pages[-1].text:
        pages.append(officer.get(link(pages[-1], "Next page")))
    forward = [name for page in pages for name in names_in(page)]
    assert sorted(forward) == sorted(ALL)
    backward = names_in(pages[-1])
    while "Previous page</a>" in pages[-1].text:
        pages.append(officer.get(link(pages[-1], "Previous page")))
        backward = names_in(pages[-1]) + backward
    assert backward == forward


def test_the_size_of_a_page_is_one_of_three(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    assert len(names_in(officer.get("?size=50"))) == 50
    assert len(names_in(officer.get("?size=100"))) == 53
    assert len(names_in(officer.get("?size=7"))) == 20
    assert len(names_in(officer.get("?size=100000"))) == 20


STRANGE = (
    "page=0",
    "page=-1",
    "page=abc",
    "page=1e3",
    "page=%00",
    "page=1&page=2",
    "after=abc",
    "after=-5",
    "after=0",
    "after=99999999999999999999",
    "sort=evil",
    "sort=name",
    "tab=evil",
    "k=evil",
    "sel=evil",
    "count=evil",
    "at=evil",
    "f_sex[]=male",
    "size=%F0%9F%98%80",
    "k=%00",
    "sel=a%00b",
    "tab=%00",
    "f_sex=%00",
)


@pytest.mark.both_databases
def test_an_address_that_makes_no_sense_shows_the_first_page(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    for query in STRANGE:
        page = officer.get(f"?{query}")
        assert (query, page.status_code, names_in(page)) == (query, 200, ALL[:20])


def test_a_page_beyond_the_end_shows_the_last_rows(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    for number in ("4", "500", "9999999", "1" + "0" * 20):
        page = officer.get(f"?page={number}")
        assert (number, page.status_code, names_in(page)[-1]) == (number, 200, "人员-branch_worker")


def test_a_cursor_whose_row_is_gone_or_not_mine_begins_anew_and_says_so(clerk: Callable[..., Clerk], cast: Cast) -> None:
    officer = clerk()
    for lost in (999_999, cast.people["foreigner"].id):
        page = officer.get(f"?page=2&after={lost}")
        assert "The row that this page began with is gone" in page.text
        assert "foreigner" not in page.text


def test_a_cursor_stands_where_its_row_stood_after_it_left_the_tab(
    clerk: Callable[..., Clerk], app: Flask, people: Callable[[], dict[str, Professional]]
) -> None:
    officer = clerk()
    after = link(officer.get(), "Next page")
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.get_one(Professional, people()["王017"].id).state = "disabled"
    assert names_in(officer.get(after)) == ALL[20:40]


def test_no_address_of_the_page_holds_a_name(clerk: Callable[..., Clerk]) -> None:
    addresses = re.findall(r'(?:href|action)="([^"]*)"', clerk().get("?sort=created").text)
    assert len(addresses) > 60
    assert not [a for a in addresses if "王" in a or "%E7%8E%8B" in a]


def test_only_declared_orders_are_links_and_the_arrow_agrees(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    assert "aria-sort" not in officer.get().text
    down = officer.get(link(officer.get(), "Time of registration"))
    assert re.findall(r'aria-sort="(\w+)"', down.text) == ["descending"]
    up = officer.get(link(down, "Time of registration"))
    assert re.findall(r'aria-sort="(\w+)"', up.text) == ["ascending"]
    assert re.findall(r"<th [^>]*>(?:(?!</th>).)*<a [^>]*>((?:(?!</th>).)*?)<", down.text, re.DOTALL)[:1] == [
        "Time of registration"
    ]


def test_a_count_is_capped_and_counted_exactly_by_a_click(clerk: Callable[..., Clerk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "COUNT_LIMIT", 40)
    monkeypatch.setattr(keyset.count, "__kwdefaults__", {"limit": 40})
    officer = clerk()
    capped = officer.get()
    assert "40+ rows" in capped.text
    assert "53 rows" in officer.get(link(capped, "Count exactly")).text
    last = officer.get(link(capped, "Last page"))
    assert names_in(last) == ALL[33:]
    assert "Showing" not in last.text
    assert names_in(officer.get(link(last, "Previous page"))) == ALL[13:33]


def test_an_empty_result_differs_from_an_empty_list(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    assert "No data" in officer.get("?tab=disabled").text
    empty = officer.get("?f_registered_from=2199-01-01").text
    assert "No row fits these filters." in empty
    assert "No data" not in empty


def test_a_chosen_column_stays_for_this_position_only(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    answer = officer.post("columns", columns=["phone", "name"], url="/trial/people/?page=2")
    assert answer.headers["Location"] == "/trial/people/?page=2"
    assert re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', officer.get().text) == [
        "No.",
        "Mobile number",
        "Name",
        "Operation",
    ]
    assert "Mobile number" not in clerk("department_clerk").get().text
    officer.post("columns", reset="1")
    assert "Mobile number</th>" not in officer.get().text


def test_unknown_columns_are_not_kept(clerk: Callable[..., Clerk]) -> None:
    officer = clerk()
    officer.post("columns", columns=["number_hash", "name"])
    assert "number_hash" not in officer.get("columns").text
    assert re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', officer.get().text) == ["No.", "Name", "Operation"]


def test_a_list_asks_the_database_at_most_twelve_times(
    clerk: Callable[..., Clerk], app: Flask, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    officer = clerk()
    second = link(officer.get("?size=50"), "Next page")
    with statements() as asked:
        officer.get(second)
    assert len(asked) <= 12, asked
