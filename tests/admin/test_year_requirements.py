"""The screen of yearly requirements and windows: own or inherited, previewed, saved, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.credits.tables import DeclarationWindow, Requirement
from tests.admin.conftest import Desk
from tests.cast import Cast

FIGURES = {"year": "2026", "total": "60", "public": "20", "professional": "40"}


def stored(look: Any) -> list[tuple[str, int, int]]:
    with look() as session:
        return [(r.path, r.year, r.total_tenths) for r in session.scalars(select(Requirement))]


def shown(answer: Any) -> dict[str, str]:
    """Return what a preview sends back when it is confirmed."""
    return dict(re.findall(r'name="(confirm|stood)" value="([^"]+)"', answer.text))


def save(officer: Desk, year: str = "2026", **typed: str) -> None:
    address, typed = f"year-requirements/needs?year={year}", {**FIGURES, "year": year, **typed}
    assert officer.post(address, **typed, **shown(officer.post(address, **typed))).status_code == 303


def test_figures_are_previewed_then_saved_and_inherited_below(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    city = desk("city_officer")
    asked = city.post("year-requirements/needs?year=2026", **FIGURES)
    assert "0 people" in asked.text
    assert stored(look) == []
    assert city.post("year-requirements/needs?year=2026", **FIGURES, **shown(asked)).status_code == 303
    assert stored(look) == [(cast.organisations["city"].path, 2026, 600)]
    page = desk("county_officer").get("year-requirements/").text
    assert "60.0" in page
    assert "Set here." not in page
    assert "Set here." in city.get("year-requirements/").text
    back = city.post("year-requirements/inherit", year="2026", what="needs")
    assert "0 people" in back.text
    assert "<dd>90.0</dd>" in back.text
    assert stored(look) == [(cast.organisations["city"].path, 2026, 600)]
    assert city.post("year-requirements/inherit", year="2026", what="needs", **shown(back)).status_code == 303
    assert stored(look) == []
    assert city.post("year-requirements/inherit", year="2026", what="needs", **shown(back)).status_code == 303
    assert "This is what holds already." in city.get("year-requirements/").text


def test_what_a_year_s_row_leads_to_is_told_apart_by_its_words(desk: Callable[..., Desk]) -> None:
    page = desk("city_officer").get("year-requirements/").text
    words = [re.sub(r"<[^>]+>", "", link) for link in re.findall(r'<a href="/admin/year-requirements/[^"]+">(.*?)</a>', page)]
    assert len(words) > 2
    assert len(set(words)) == len(words)


def test_other_figures_than_the_previewed_ones_are_previewed_again(desk: Callable[..., Desk], look: Any) -> None:
    city = desk("city_officer")
    answer = city.post("year-requirements/needs?year=2026", **FIGURES, confirm="90/30/60")
    assert answer.status_code == 200
    assert 'value="60/20/40"' in answer.text
    assert stored(look) == []


MEANWHILE = "Meanwhile another requirement holds"


def test_a_confirmation_does_not_overwrite_what_was_set_meanwhile(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    city, path = desk("city_officer"), cast.organisations["city"].path
    first = city.post("year-requirements/needs?year=2026", **FIGURES)
    save(city, "2025", total="70")  # holds for 2026, too
    again = city.post("year-requirements/needs?year=2026", **FIGURES, **shown(first))
    assert again.status_code == 200
    assert MEANWHILE in again.text
    assert stored(look) == [(path, 2025, 700)]
    without_it = city.post("year-requirements/needs?year=2026", **FIGURES, confirm=shown(again)["confirm"])
    assert MEANWHILE in without_it.text
    assert stored(look) == [(path, 2025, 700)]
    assert city.post("year-requirements/needs?year=2026", **FIGURES, **shown(again)).status_code == 303
    assert stored(look) == [(path, 2025, 700), (path, 2026, 600)]


@pytest.mark.parametrize("who", ["city_officer", "county_officer"])
def test_inheriting_is_previewed_again_when_either_side_has_changed(desk: Callable[..., Desk], look: Any, who: str) -> None:
    county = desk("county_officer")
    save(county, "2026")
    first = county.post("year-requirements/inherit", year="2026", what="needs")
    save(desk(who), "2026", total="75")
    before = stored(look)
    county = desk("county_officer")
    again = county.post("year-requirements/inherit", year="2026", what="needs", **shown(first))
    assert MEANWHILE in again.text
    assert stored(look) == before
    assert county.post("year-requirements/inherit", year="2026", what="needs", **shown(again)).status_code == 303
    assert len(stored(look)) == len(before) - 1


def test_the_list_says_from_which_year_or_whether_from_above_the_hours_come(desk: Callable[..., Desk]) -> None:
    city = desk("city_officer")
    save(city, "2025")
    cells = re.findall(r'data-label="Requirement"><span class="muted">([^<]+)<', city.get("year-requirements/").text)
    assert cells == ["Set here for 2025.", "Set here for 2025.", "Set here.", "Inherited."]
    below = re.findall(
        r'data-label="Requirement"><span class="muted">([^<]+)<', desk("county_officer").get("year-requirements/").text
    )
    assert below == ["Inherited."] * 4


WHOLE = {
    **FIGURES,
    "senior_total": "72", "senior_public": "24", "senior_professional": "48",
    "carry_years": "2", "carries_professional": "y", "carry_most": "30", "make_up_years": "1",
}  # fmt: skip


def test_levels_carry_over_and_make_up_are_saved_shown_and_kept_when_the_page_is_saved_again(
    desk: Callable[..., Desk], look: Any
) -> None:
    city = desk("city_officer")
    save(city, **WHOLE)
    with look() as session:
        row = session.scalars(select(Requirement)).one()
        assert row.levels == {"senior": [720, 240, 480]}
        assert (row.carry_years, row.carries_public, row.carries_professional) == (2, False, True)
        assert (row.carry_most_tenths, row.make_up_years) == (300, 1)
    page = desk("county_officer").get("year-requirements/").text
    for said in (
        "Senior: 72 in total, 24 public, 48 professional",
        "Carry-over: professional hours, 2 years",
        "Carried over at most: 30 hours a year",
        "Make-up: within 1 years",
    ):
        assert said in page
    filled = desk("county_officer").get("year-requirements/needs?year=2026").text
    for name, value in (("senior_total", "72.0"), ("carry_most", "30.0")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', filled), name
    assert '<option selected value="2">' in filled


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"senior_public": ""}, "Fill in all three figures of a title level, or none."),
        ({"senior_public": "60"}, "Public and professional hours together exceed the total."),
        ({"senior_total": "-1"}, "Hours lie between 0 and 1000."),
        ({"carries_professional": ""}, "Choose which hours are carried over, or that none are."),
        ({"carry_years": "4"}, "Not a valid choice"),
        ({"make_up_years": "99999999999999999999"}, "Not a valid choice"),
        ({"carry_most": "1001"}, "Hours lie between 0 and 1000."),
        ({"carry_most": "0"}, "empty means without limit"),
        ({"carry_most": "0.04"}, "empty means without limit"),
        ({"carry_years": "0"}, "Choose which hours are carried over, or that none are."),
        ({"carry_years": "0", "carries_professional": ""}, "Hours are not carried over: leave their limit empty"),
    ],
)
def test_levels_and_moves_that_make_no_sense_are_refused(
    desk: Callable[..., Desk], look: Any, wrong: dict[str, str], sentence: str
) -> None:
    sent = {name: value for name, value in {**WHOLE, **wrong}.items() if value or name != "carries_professional"}
    answer = desk("city_officer").post("year-requirements/needs?year=2026", **sent)
    assert sentence in answer.text
    assert "confirm" not in re.findall(r'name="([^"]+)"', answer.text)
    assert stored(look) == []


@pytest.mark.parametrize("year", ["0", "99999", "1999", "2029", "x", ""])
def test_a_year_out_of_reach_is_not_found(desk: Callable[..., Desk], look: Any, year: str) -> None:
    officer = desk("county_officer")
    for page in ("needs", "window"):
        assert officer.get(f"year-requirements/{page}?year={year}").status_code == 404
        assert officer.post(f"year-requirements/{page}?year={year}", year=year, total="1").status_code == 404
    assert officer.post("year-requirements/inherit", year=year).status_code == 404
    assert stored(look) == []


@pytest.mark.parametrize("total", ["", "-1", "1001", "NaN", "Infinity", "1e99", "九十", "0"])
def test_figures_that_are_none_are_refused(desk: Callable[..., Desk], look: Any, total: str) -> None:
    answer = desk("city_officer").post("year-requirements/needs?year=2026", **{**FIGURES, "total": total})
    assert answer.status_code == 200
    assert "error-summary" in answer.text
    assert "confirm" not in re.findall(r'name="([^"]+)"', answer.text)
    assert stored(look) == []


def test_a_window_is_saved_with_its_grace_and_let_go_again(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    city = desk("city_officer")
    days = {"year": "2026", "opens_on": "2026-02-01", "closes_on": "2026-12-31", "grace_days": "7"}
    assert city.post("year-requirements/window?year=2026", **days).status_code == 303
    with look() as session:
        row = session.scalars(select(DeclarationWindow)).one()
        assert (row.path, row.year, str(row.closes_on), row.grace_days) == (
            cast.organisations["city"].path,
            2026,
            "2026-12-31",
            7,
        )
    assert "2026-02-01 – 2026-12-31" in desk("county_officer").get("year-requirements/").text
    wrong = city.post("year-requirements/window?year=2026", **{**days, "closes_on": "2026-01-01", "grace_days": "8"})
    assert "lies before" in wrong.text
    city.post("year-requirements/inherit", year="2026", what="window")
    with look() as session:
        assert session.scalars(select(DeclarationWindow)).all() == []


@pytest.mark.parametrize("name", ["unit_clerk", "department_clerk", "inner_officer"])
def test_nobody_else_has_the_page(desk: Callable[..., Desk], look: Any, name: str) -> None:
    assert desk(name).get("year-requirements/").status_code == 403
    assert desk(name).post("year-requirements/needs?year=2026", **FIGURES, confirm="60/20/40").status_code == 403
    assert stored(look) == []
