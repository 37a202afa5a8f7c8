"""S085, S086, S140: the years of the people of the subtree, searched, printed and issued anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from models.certificates.tables import Certificate
from models.credits.tables import YearSummary
from models.history import HistoryEntry
from tests.admin.conftest import Desk
from tests.cast import Cast

RECORDS, PRINTS = "learning-records/", "certificates/"


@pytest.fixture
def years(look: Any, declare: Callable[..., int], decide: Callable[..., None], cast: Cast) -> dict[str, int]:
    """A passed year of the professional and one that did not pass of a neighbour; the ids of the years."""
    decide(declare("professional"), "unit_clerk", "department_clerk", "county_officer")
    decide(declare("neighbour"), "sibling_clerk", "department_clerk", "county_officer")
    with look() as session:
        own = cast.people["professional"].id
        session.execute(
            update(YearSummary).where(YearSummary.person_id == own).values(is_passed=True),
            execution_options={"synchronize_session": False},
        )
        session.commit()
        return {
            name: session.scalars(select(YearSummary.id).where(YearSummary.person_id == cast.people[name].id)).one()
            for name in ("professional", "neighbour")
        }


def asked(desk: Desk, screen: str, **values: str) -> str:
    answer = desk.search(screen.rstrip("/"), **{f"f_{name}": value for name, value in values.items()})
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.parametrize("screen", [RECORDS, PRINTS])
def test_the_exact_number_finds_the_year(desk: Callable[..., Desk], years: dict[str, int], cast: Cast, screen: str) -> None:
    number = cast.accounts["professional"].number
    for name in ("unit_clerk", "department_clerk", "county_officer"):
        found = asked(desk(name), screen, number=number)
        assert "人员-professional" in found
        assert number not in found.partition("<tbody>")[2].partition("</tbody>")[0]
        assert "人员-professional" not in asked(desk(name), screen, number=number[:-1] + ("1" if number[-1] != "1" else "2"))


def test_the_name_finds_the_years_and_another_does_not(desk: Callable[..., Desk], years: dict[str, int]) -> None:
    assert "人员-professional" in asked(desk("unit_clerk"), RECORDS, name="人员")
    assert "人员-professional" not in asked(desk("unit_clerk"), RECORDS, name="王五")


@pytest.mark.parametrize("screen", [RECORDS, PRINTS])
def test_the_next_year_to_which_hours_are_carried_can_be_asked_for(
    desk: Callable[..., Desk], years: dict[str, int], look: Any, screen: str
) -> None:
    officer = desk("county_officer")
    assert "人员-professional" not in asked(officer, screen, year="2027")
    with look() as session:
        session.execute(update(YearSummary).where(YearSummary.id == years["professional"]).values(year=2027))
        session.commit()
    page = asked(officer, screen, year="2027")
    assert "人员-professional" in page
    assert '<option value="2027" selected>' in page or '<option selected value="2027">' in page


def test_a_year_without_an_account_is_in_no_list(desk: Callable[..., Desk], years: dict[str, int], look: Any) -> None:
    with look() as session:
        session.execute(update(YearSummary).where(YearSummary.id == years["professional"]).values(has_account=False))
        session.commit()
    page = asked(desk("county_officer"), RECORDS, name="人员")
    assert ("人员-professional" in page, "人员-neighbour" in page) == (False, True)


def test_only_passed_years_can_be_printed(desk: Callable[..., Desk], years: dict[str, int]) -> None:
    page = desk("county_officer").get(PRINTS).text
    assert "人员-professional" in page
    assert "人员-neighbour" not in page
    records = desk("county_officer").get(RECORDS).text
    assert "人员-neighbour" in records
    assert records.count("/admin/year-certificate/") == 1


@pytest.mark.parametrize("name", ["foreign_officer", "sibling_clerk", "inner_officer"])
def test_years_outside_the_subtree_are_neither_listed_nor_opened(
    desk: Callable[..., Desk], years: dict[str, int], name: str
) -> None:
    for page in (RECORDS, PRINTS):
        assert "人员-professional" not in desk(name).get(page).text
    assert desk(name).get(f"year-certificate/?id={years['professional']}").status_code == 404


def test_the_page_of_a_year_offers_print_and_register(desk: Callable[..., Desk], years: dict[str, int], cast: Cast) -> None:
    page = desk("unit_clerk").get(f"year-certificate/?id={years['professional']}").text
    assert 'action="/documents/certificates"' in page
    assert f"/documents/registers/{cast.people['professional'].id}?year=2026" in page
    other = desk("sibling_clerk").get(f"year-certificate/?id={years['neighbour']}").text
    assert 'action="/documents/certificates"' not in other
    assert "hours are missing in total" in other


def issue(desk: Desk, cast: Cast) -> str:
    position = desk.actor.position_key
    answer = desk.client.post(
        "/documents/certificates",
        data={"person_id": cast.people["professional"].id, "year": 2026, "position": position},
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"].rpartition("/")[2].removesuffix(".pdf"))


def id_of(look: Any, number: str) -> int:
    with look() as session:
        return int(session.scalars(select(Certificate.id).where(Certificate.number == number)).one())


def test_a_certificate_is_issued_anew_and_the_old_number_answers_replaced(
    desk: Callable[..., Desk], years: dict[str, int], cast: Cast, client: Any, look: Any
) -> None:
    clerk = desk("unit_clerk")
    old = issue(clerk, cast)
    form = {"id": years["professional"], "certificate_id": id_of(look, old), "reason": "姓名更正"}
    assert f'name="certificate_id" value="{form["certificate_id"]}"' in clerk.get(f"year-certificate/?id={form['id']}").text
    assert clerk.post("year-certificate/replace/", **form).status_code == 303
    twice = clerk.post("year-certificate/replace/", **form)
    assert "This step does not fit the present status: Replaced." in twice.text
    new = issue(clerk, cast)
    assert int(new[10:17]) == int(old[10:17]) + 1
    client.set_cookie("lang", "zh")
    assert client.get(f"/verify/{old}/state").json["word"] == "已被替换"
    assert client.get(f"/verify/{new}/state").json["word"] == "有效"
    assert "姓名更正" in clerk.get(f"year-certificate/?id={years['professional']}").text


@pytest.mark.parametrize(
    ("name", "reason", "status"), [("unit_clerk", "  ", 200), ("sibling_clerk", "x", 404), ("inner_officer", "x", 404)]
)
def test_no_reason_or_no_right_replaces_nothing(
    desk: Callable[..., Desk], years: dict[str, int], cast: Cast, look: Any, name: str, reason: str, status: int
) -> None:
    certificate_id = id_of(look, issue(desk("unit_clerk"), cast))

    def seen() -> tuple[list[tuple[str, str]], int]:
        with look() as session:
            rows = [(c.number, c.state) for c in session.scalars(select(Certificate))]
            return rows, len(session.scalars(select(HistoryEntry.id).where(HistoryEntry.subject_kind == "certificate")).all())

    before = seen()
    form = {"id": years["professional"], "certificate_id": certificate_id, "reason": reason}
    assert desk(name).post("year-certificate/replace/", **form).status_code == status
    assert seen() == before


def test_nothing_is_replaced_where_nothing_was_issued(desk: Callable[..., Desk], years: dict[str, int], look: Any) -> None:
    assert desk("unit_clerk").post("year-certificate/replace/", id=years["professional"], reason="x").status_code == 404
    with look() as session:
        assert session.scalars(select(Certificate)).all() == []


def test_a_year_that_passed_by_an_exemption_alone_is_not_printed(
    desk: Callable[..., Desk], years: dict[str, int], look: Any
) -> None:
    officer = desk("county_officer")
    assert "人员-professional" in officer.get(PRINTS).text
    with look() as session:
        session.execute(
            update(YearSummary).where(YearSummary.id == years["professional"]).values(is_exempt=True, total_tenths=0),
            execution_options={"synchronize_session": False},
        )
        session.commit()
    assert "人员-professional" not in officer.get(PRINTS).text
