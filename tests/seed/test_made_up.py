"""Made-up people and codes pass every check, never repeat and are the same on each run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

import pytest

from models.base import clock_set_back, today
from models.org.codes import CodeKind
from models.org.codes import check as check_code
from models.people.numbers import DocumentType, Sex
from models.people.numbers import check as check_number
from seed.demo import _some_days
from seed.made_up import (
    NumberSpace,
    credit_code,
    districts,
    email,
    id_number,
    landline,
    mobile,
    organisation_code,
    person_name,
)

TODAY = date(2026, 6, 1)


def _space() -> NumberSpace:
    return NumberSpace(districts(), first=date(1961, 1, 1), last=date(2003, 12, 31))


def test_there_are_numbers_for_millions_of_people() -> None:
    assert len(districts()) == 136
    assert _space().size == 136 * 15705 * 4


def test_numbers_are_valid_and_say_what_they_claim() -> None:
    space = _space()
    for index in (*range(0, space.size, space.size // 500), space.size - 1):
        made_up = space.number(index)
        number = check_number(DocumentType.ID_CARD, made_up.value, today=TODAY)
        assert (number.birth_on, number.sex, number.warnings) == (made_up.birth_on, made_up.sex, ())
        assert "996" <= made_up.value[14:17] <= "999"


def test_numbers_never_repeat() -> None:
    small = NumberSpace(["371102", "371103"], first=date(1980, 1, 1), last=date(1980, 1, 31))
    assert len({small.number(index).value for index in range(small.size)}) == small.size == 248
    with pytest.raises(IndexError):
        small.number(small.size)


def test_neighbours_are_scattered_over_years_districts_and_sexes() -> None:
    people = [_space().number(index) for index in range(400)]
    assert len({person.birth_on.year for person in people}) == 43
    assert len({person.value[:6] for person in people}) > 100
    assert 100 < sum(person.sex is Sex.MALE for person in people) < 300


def test_people_are_born_after_1950() -> None:
    with pytest.raises(ValueError, match="after 1950"):
        NumberSpace(["371102"], first=date(1950, 12, 31), last=date(1960, 1, 1))


@pytest.mark.parametrize(("sex", "orders"), [(Sex.MALE, {"997", "999"}), (Sex.FEMALE, {"996", "998"})])
def test_a_chosen_number_has_its_date_and_sex(sex: Sex, orders: set[str]) -> None:
    rng = Random(1)
    numbers = {id_number(rng, "371102", date(1990, 2, 28), sex) for _turn in range(40)}
    assert {number[14:17] for number in numbers} == orders
    for text in numbers:
        number = check_number(DocumentType.ID_CARD, text, today=TODAY)
        assert (number.birth_on, number.sex) == (date(1990, 2, 28), sex)


@pytest.mark.parametrize("begins", ["91", "12", "11", "52", "31"])
def test_codes_are_valid_without_warning_and_unique(begins: str) -> None:
    codes = [credit_code(index, "379901", begins=begins) for index in range(200)]
    assert len(set(codes)) == 200
    for text in codes:
        code = check_code(text)
        assert (code.value, code.kind, code.warnings) == (text, CodeKind.CREDIT_CODE, ())
    assert check_code(organisation_code(7)).kind is CodeKind.ORGANISATION_CODE


def test_names_are_the_same_on_each_run_and_of_one_to_four_characters() -> None:
    first = [person_name(Random(5), Sex.FEMALE) for _turn in range(3)]
    assert len(set(first)) == 1
    rng = Random(5)
    names = [person_name(rng, sex) for sex in Sex for _turn in range(500)]
    assert {len(name) for name in names} <= {2, 3, 4}
    assert len(set(names)) > 850


def test_phones_and_mails_are_seen_to_be_made_up() -> None:
    assert [mobile(7), landline(7), email(7)] == ["19900000007", "0639-5550007", "user7@example.com"]


@pytest.mark.parametrize(
    ("day", "begins"), [("2026-06-15", "2026-06-13"), ("2026-01-02", "2026-01-01"), ("2026-01-01", "2026-01-01")]
)
def test_the_demo_begins_two_days_ago_and_never_in_another_year(clock: Callable[[str], None], day: str, begins: str) -> None:
    clock(f"{day} 09:00")
    with clock_set_back(_some_days()):
        assert today().isoformat() == begins
    assert today().isoformat() == day
