"""S084, S098, S138, S148: finding people, their details, the reset of a password, the learning record."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from models.credits.tables import YearSummary
from models.history import HistoryEntry
from models.org.settings import SettingKey
from models.org.tables import Organisation, OrganisationSetting
from models.people.tables import Account, FirstPassword, Professional
from tests.admin.conftest import Desk, names_in
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("lists")
COLUMNS = [
    "Name",
    "ID document number",
    "Employer (unit)",
    "Education level",
    "Professional title (series)",
    "Vocational qualification of professionals",
    "Operation",
]
SEES = {
    "unit_clerk": ["professional", "colleague", "branch_worker"],
    "branch_clerk": ["branch_worker"],
    "department_clerk": ["professional", "colleague", "branch_worker", "neighbour"],
    "county_officer": ["civil_servant", "professional", "colleague", "branch_worker", "neighbour"],
    "inner_officer": ["civil_servant"],
    "foreign_officer": ["foreigner"],
}


def people_in(answer: Any) -> list[str]:
    return sorted(name.removeprefix("人员-") for name in names_in(answer))


def set_on(look: Any, person: Professional, **values: Any) -> None:
    with look() as session:
        session.execute(
            update(Professional).where(Professional.id == person.id).values(**values),
            execution_options={"synchronize_session": False},
        )
        session.commit()


def account_of(look: Any, person: Professional) -> Account:
    with look() as session:
        return session.get_one(Account, person.account_id)


def history_of(look: Any, action: str) -> list[HistoryEntry]:
    with look() as session:
        return list(session.scalars(select(HistoryEntry).where(HistoryEntry.action == action)))


# --- the list -------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize("name", SEES)
def test_each_position_sees_the_people_of_its_subtree(desk: Callable[..., Desk], name: str) -> None:
    assert people_in(desk(name).get("people/")) == sorted(SEES[name])


def test_the_columns_are_those_of_the_screens_list(desk: Callable[..., Desk]) -> None:
    page = desk("county_officer").get("people/").text
    head = page.split("<thead>")[1].split("</thead>")[0]
    shown = [re.sub("<[^>]+>", "", h).strip() for h in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', head)]
    assert [h for h in shown if h in COLUMNS] == COLUMNS


def test_the_filters_follow_the_role(desk: Callable[..., Desk]) -> None:
    labels = {
        name: set(re.findall(r"<label for=\"f_\w+\">(.*?)</label>", desk(name).get("people/").text))
        for name in ("unit_clerk", "city_officer")
    }
    assert labels["city_officer"] >= {
        "Region",
        "Competent department",
        "Employer (unit)",
        "Name",
        "ID document number",
        "Certificate control number",
        "Education level",
        "Professional title (series)",
        "Present title qualification",
        "Unit nature",
        "Vocational qualification of professionals",
        "Sex",
        "Age range",
    }
    assert labels["city_officer"] - labels["unit_clerk"] == {"Region", "Competent department"}


@pytest.mark.parametrize("typed", ["{n}", " {n} ", "{spaced}", "{wide}"])
def test_the_exact_number_finds_the_person_however_it_is_typed(desk: Callable[..., Desk], cast: Cast, typed: str) -> None:
    number = cast.accounts["neighbour"].number
    wide = number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789X"})
    officer = desk("county_officer")
    answer = officer.post("people/search", f_number=typed.format(n=number, spaced=f"{number[:6]} {number[6:]}", wide=wide))
    assert number not in answer.headers["Location"]
    assert people_in(officer.follow(answer)) == ["neighbour"]


def test_a_number_of_another_subtree_finds_nobody(desk: Callable[..., Desk], cast: Cast) -> None:
    assert people_in(desk("unit_clerk").search("people", f_number=cast.accounts["neighbour"].number)) == []
    assert people_in(desk("unit_clerk").search("people", f_number=cast.accounts["professional"].number[:17])) == []


@pytest.mark.parametrize(
    ("typed", "n"), [("人员", 5), ("renyuan", 5), ("ren", 5), ("员人", 0), ("人员-x", 0), ("!?", 0), ("%", 0), ("人员人员", 0)]
)
def test_a_name_is_found_by_characters_pinyin_and_initials(desk: Callable[..., Desk], typed: str, n: int) -> None:
    assert len(people_in(desk("county_officer").search("people", f_name=typed))) == n


@pytest.mark.both_databases
def test_a_search_by_name_keeps_order_and_pages(desk: Callable[..., Desk]) -> None:
    officer = desk("county_officer")
    plain, named = officer.get("people/"), officer.search("people", f_name="人员")
    assert names_in(plain) == names_in(named)
    key = re.search(r"k=([^&\"]+)", named.request.url or "")
    assert key is not None
    with_last = officer.get(f"people/?k={key[1]}&at=last")
    assert names_in(with_last) == names_in(named)


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("education_level", "21", "f_education"),
        ("title_series", "02", "f_series"),
        ("title_qualification", "0101", "f_title"),
        ("vocational_qualification", "VQ00", "f_qualification"),
        ("certificate_control_number", "ZG2026001", "f_control"),
        ("sex", "male", "f_sex"),
    ],
)
def test_each_single_filter_narrows_the_list(
    desk: Callable[..., Desk], cast: Cast, look: Any, column: str, value: str, field: str
) -> None:
    set_on(look, cast.people["neighbour"], **{column: value})
    assert people_in(desk("county_officer").search("people", **{field: value})) == ["neighbour"]


def test_age_counts_full_years(desk: Callable[..., Desk], cast: Cast, look: Any, clock: Callable[[str], None]) -> None:
    officer = desk("county_officer")  # everybody of the cast is born on 1980-01-01
    assert len(people_in(officer.search("people", f_age="46-50"))) == 5
    assert people_in(officer.search("people", f_age="41-45")) == []
    clock("2025-12-31 12:00")
    assert people_in(desk("county_officer").search("people", f_age="46-50")) == []


@pytest.mark.both_databases
def test_regions_units_departments_and_natures_narrow_the_list(desk: Callable[..., Desk], cast: Cast, look: Any) -> None:
    officer = desk("city_officer")
    assert people_in(officer.search("people", f_region=cast.organisations["other_county"].id)) == ["cousin"]
    assert people_in(officer.search("people", f_region="direct")) == []
    assert people_in(officer.search("people", f_department=cast.organisations["department"].id)) == [
        "branch_worker",
        "colleague",
        "neighbour",
        "professional",
    ]
    assert people_in(officer.search("people", f_organisation=cast.organisations["unit"].id)) == ["colleague", "professional"]
    with look() as session:
        session.execute(update(Organisation).where(Organisation.id == cast.organisations["branch"].id).values(nature="20"))
        session.commit()
    assert people_in(officer.search("people", f_nature="20")) == ["branch_worker"]


@pytest.mark.parametrize("value", ["999999", "abc", "-1", "1,2", "9" * 40])
def test_a_forged_choice_lets_nobody_through(desk: Callable[..., Desk], cast: Cast, value: str) -> None:
    officer = desk("county_officer")
    for field in ("f_department", "f_organisation", "f_region", "f_sex", "f_age"):
        answer = officer.search("people", **{field: value})
        assert answer.status_code == 200
        assert people_in(answer) == []
    foreign = officer.search("people", f_organisation=cast.organisations["foreign_unit"].id)
    assert people_in(foreign) == []
    assert "单位-foreign_unit" not in foreign.text


def test_a_list_page_takes_few_statements(desk: Callable[..., Desk], statements: Any) -> None:
    officer = desk("county_officer")
    officer.get("people/")
    with statements() as told:
        officer.get("people/")
    assert len(told) <= 12, told


# --- details --------------------------------------------------------------------------------------------------------


def test_the_details_show_the_whole_person_with_a_masked_number(desk: Callable[..., Desk], cast: Cast) -> None:
    page = desk("unit_clerk").get(f"people/details/?id={cast.people['professional'].id}").text
    for words in (
        "人员-professional",
        "Education and degree",
        "Vocational qualification",
        "Professional and technical post",
        "Change log",
    ):
        assert words in page
    assert cast.accounts["professional"].number not in page


@pytest.mark.parametrize("address", ["people/details/?id={id}", "people/reset-password/?id={id}", "learning-record/?id={id}"])
def test_absent_and_not_yours_answer_the_same(desk: Callable[..., Desk], cast: Cast, address: str) -> None:
    clerk = desk("unit_clerk")
    answers = [clerk.get(address.format(id=i)) for i in (cast.people["neighbour"].id, 999_999, "x", "1,2", "-1", 10**25)]
    assert {a.status_code for a in answers} == {404}
    assert len({a.text.replace(a.request.url, "") for a in answers[:2]}) <= 2
    assert all("人员-neighbour" not in a.text for a in answers)


# --- reset of the password ------------------------------------------------------------------------------------------


def reset(desk: Desk, person: Professional, reason: str = "忘记密码") -> Any:
    return desk.client.post(
        f"/admin/people/reset-password/?id={person.id}",
        data={"position": desk.actor.position_key, "reason": reason, "url": "/admin/people/"},
    )


@pytest.mark.both_databases
def test_a_reset_gives_the_last_six_by_default(desk: Callable[..., Desk], cast: Cast, look: Any) -> None:
    person = cast.people["professional"]
    answer = reset(desk("unit_clerk"), person)
    assert "last six characters" in answer.text
    account = account_of(look, person)
    assert (account.password_hash, account.first_password, account.must_change) == (None, FirstPassword.LAST_SIX, True)
    (entry,) = history_of(look, "reset_password")
    assert (entry.subject_kind, entry.subject_id, entry.reason) == ("professional", person.id, "忘记密码")
    login = desk("county_officer").client.post
    data = {"document_type": "111", "number": cast.accounts["professional"].number, "kind": "professional"}
    assert login("/login", data={**data, "password": PASSWORD}).status_code == 200
    assert login("/login", data={**data, "password": cast.accounts["professional"].number[-6:]}).status_code == 303


def test_a_reset_stands_in_the_log_of_the_person_with_its_reason(desk: Callable[..., Desk], cast: Cast) -> None:
    clerk, person = desk("unit_clerk"), cast.people["professional"]
    clerk.post(f"people/reset-password/?id={person.id}", reason="本人忘记密码")
    log = clerk.get(f"people/details/?id={person.id}").text
    assert "Reset password" in log[log.index("Change log") :]
    assert "本人忘记密码" in log[log.index("Change log") :]


def test_the_order_of_the_tree_can_be_turned_and_its_heading_says_so(desk: Callable[..., Desk]) -> None:
    clerk = desk("city_officer")
    first = clerk.get("people/")
    assert re.search(r'<th scope="col" class="" aria-sort="ascending"><a href="([^"]+)">Employer \(unit\)', first.text)
    turned = clerk.get("people/?sort=-id")
    assert 'aria-sort="descending"' in turned.text
    assert names_in(turned) == names_in(first)[::-1]


def test_a_one_time_password_is_shown_once_where_the_setting_says_so(desk: Callable[..., Desk], cast: Cast, look: Any) -> None:
    county = cast.organisations["county"]
    with look() as session:
        session.add(
            OrganisationSetting(organisation_id=county.id, path=county.path, key=SettingKey.RESET_PASSWORD, value="one_time")
        )
        session.commit()
    person = cast.people["professional"]
    answer = reset(desk("unit_clerk"), person)
    (shown,) = re.findall(r"<code>(\w{10})</code>", answer.text)
    account = account_of(look, person)
    assert account.first_password == FirstPassword.ONE_TIME
    assert account.password_hash
    assert shown not in account.password_hash
    assert shown not in desk("unit_clerk").get(f"people/details/?id={person.id}").text


def test_a_reset_needs_a_reason(desk: Callable[..., Desk], cast: Cast, look: Any) -> None:
    person = cast.people["professional"]
    before = account_of(look, person).password_hash
    assert "Please give a reason." in reset(desk("unit_clerk"), person, reason="  ").text
    assert account_of(look, person).password_hash == before
    assert history_of(look, "reset_password") == []


def test_a_reset_never_opens_a_position_above_the_officer(desk: Callable[..., Desk], cast: Cast, look: Any) -> None:
    """A unit's clerk could otherwise log in as the city officer who is a member of the unit."""
    with look() as session:
        person = session.get_one(Professional, cast.people["professional"].id)
        person.account_id = cast.city_officer.account_id
        session.commit()
    before = account_of(look, person).password_hash
    clerk = desk("unit_clerk")
    page = clerk.get(f"people/reset-password/?id={person.id}").text
    assert "This password can only be reset by support." in page
    assert 'name="reason"' not in page
    assert reset(clerk, person).status_code == 403
    assert account_of(look, person).password_hash == before
    assert history_of(look, "reset_password") == []


def test_who_administers_below_gets_a_one_time_password(desk: Callable[..., Desk], cast: Cast, look: Any) -> None:
    with look() as session:
        person = session.get_one(Professional, cast.people["branch_worker"].id)
        person.account_id = cast.branch_clerk.account_id
        session.commit()
    assert re.findall(r"<code>(\w{10})</code>", reset(desk("unit_clerk"), person).text)
    assert account_of(look, person).first_password == FirstPassword.ONE_TIME


def test_the_own_password_is_not_reset_here(desk: Callable[..., Desk], cast: Cast, look: Any) -> None:
    with look() as session:
        person = session.get_one(Professional, cast.people["professional"].id)
        person.account_id = cast.unit_clerk.account_id
        session.commit()
    assert "Change password" in desk("unit_clerk").get(f"people/reset-password/?id={person.id}").text
    assert reset(desk("unit_clerk"), person).status_code == 403


@pytest.mark.parametrize("name", ["sibling_clerk", "branch_clerk", "foreign_officer", "inner_officer"])
def test_nobody_outside_resets_by_a_forged_id(desk: Callable[..., Desk], cast: Cast, look: Any, name: str) -> None:
    before = account_of(look, cast.people["professional"]).password_hash
    assert reset(desk(name), cast.people["professional"]).status_code == 404
    assert account_of(look, cast.people["professional"]).password_hash == before


# --- learning record ------------------------------------------------------------------------------------------------


def test_the_learning_record_shows_years_and_what_was_granted(
    desk: Callable[..., Desk], cast: Cast, declare: Callable[..., int], decide: Any
) -> None:
    decide(declare("professional"), "unit_clerk", "department_clerk", "county_officer", granted=305)
    address = f"learning-record/?id={cast.people['professional'].id}"
    page = desk("unit_clerk").get(address).text
    for words in (
        "岗位培训班",
        "30.5",
        "Professional subject course",
        "2026-12-15",
        "Not qualified",
        "hours are missing in total",
    ):
        assert words in page
    assert "Account of the year" not in page
    of_year = desk("county_officer").get(f"{address}&year=2026").text
    account = of_year[of_year.index("Account of the year") :]
    for words in ("Earned", "岗位培训班", "30.5", "Sum"):
        assert words in account
    assert "Print proof of hours" not in page.split("<tbody>")[1].split("</tbody>")[0]


def test_a_passed_year_offers_the_print(
    desk: Callable[..., Desk], cast: Cast, declare: Callable[..., int], decide: Any, look: Any
) -> None:
    decide(declare("professional"), "unit_clerk", "department_clerk", "county_officer")
    with look() as session:
        session.execute(update(YearSummary).values(is_passed=True), execution_options={"synchronize_session": False})
        session.commit()
    page = desk("unit_clerk").get(f"learning-record/?id={cast.people['professional'].id}").text
    assert 'action="/documents/certificates"' in page
