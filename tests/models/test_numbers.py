"""Identity document numbers: every vector of the reference table, and what people type around them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from models.errors import Invalid
from models.people.numbers import DocumentType, Number, Sex, check, last_six, masked, normalise

TODAY = date(2026, 6, 1)
ID_CARD = DocumentType.ID_CARD
with (Path(__file__).parent / "number_vectors.csv").open(encoding="utf-8", newline="") as _file:
    VECTORS = [row for row in csv.DictReader(_file) if row["kind"] == "RIC"]


def _refusal(document_type: str, text: str) -> str:
    with pytest.raises(Invalid) as caught:
        check(document_type, text, today=TODAY)
    return str(caught.value)


def _warnings(number: Number) -> list[str]:
    return [str(warning) for warning in number.warnings]


@pytest.mark.parametrize("row", [row for row in VECTORS if row["expected"].startswith("valid")], ids=lambda row: row["why"])
def test_vector_is_accepted_with_its_birth_date_and_sex(row: dict[str, str]) -> None:
    number = check(ID_CARD, row["number"], today=TODAY)
    assert number.value == normalise(row["number"])
    assert number.birth_on == date.fromisoformat(row["birth_on"])
    assert number.sex == row["sex"]


@pytest.mark.parametrize("row", [row for row in VECTORS if row["expected"] == "invalid"], ids=lambda row: row["why"])
def test_vector_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        check(ID_CARD, row["number"], today=TODAY)


def test_all_vectors_are_used() -> None:
    kinds = sorted(row["expected"] for row in VECTORS)
    assert len(VECTORS) == 23
    assert kinds.count("valid") == 14
    assert kinds.count("invalid") == 6
    assert [kind for kind in kinds if kind not in ("valid", "invalid")] == [
        "invalid-or-warn",
        "legacy",
        "valid after NFKC",
    ]


def test_fifteen_digits_become_eighteen() -> None:
    assert check(ID_CARD, "371102930101999", today=TODAY) == Number("37110219930101999X", date(1993, 1, 1), Sex.MALE)


def test_province_code_is_a_warning_only() -> None:
    number = check(ID_CARD, "370000199301019990", today=TODAY)
    assert number.value == "370000199301019990"
    assert _warnings(number) == ["The first six digits (370000) name a province, not a county or district."]


def test_unknown_region_is_a_warning_only() -> None:
    number = check(ID_CARD, "379901199301019986", today=TODAY)
    assert _warnings(number) == ["The first six digits (379901) are in no list of counties and districts of any year."]


def test_abolished_district_and_residence_permit_codes_are_no_warning() -> None:
    for text in ("410902198506159997", "810000199001019988", "830000199001019981", "440524188001010014"):
        assert check(ID_CARD, text, today=TODAY).warnings == ()


@pytest.mark.parametrize(
    "province", ["00", "10", "16", "20", "24", "38", "40", "47", "55", "66", "70", "72", "80", "84", "91", "99"]
)
def test_first_two_digits_must_be_a_province(province: str) -> None:
    assert _refusal(ID_CARD, f"{province}1102199301019990").startswith("The first digits are not those")


def test_each_refusal_names_its_reason() -> None:
    assert (
        _refusal(ID_CARD, "371102199301019990")
        == "The last character does not fit the other 17; compare each digit with the document."
    )
    assert _refusal(ID_CARD, "37110219930101999") == "An ID card number has 18 characters, here are 17."
    assert _refusal(ID_CARD, "41092819930230998X") == "Digits 7 to 14 (19930230) are not a date of birth."
    assert _refusal(ID_CARD, "37110220991231998X") == "The date of birth in the number (20991231) lies in the future."
    assert _refusal(ID_CARD, "3711021993010199９X".replace("X", "Y")) == "An ID card number is 17 digits and a last digit or X."
    assert _refusal(ID_CARD, "X71102199301019999") == "An ID card number is 17 digits and a last digit or X."
    assert _refusal(ID_CARD, "3.71102E+17").startswith("The number was stored as a figure")
    assert _refusal(ID_CARD, "371102199301019000.0").startswith("The number was stored as a figure")
    assert _refusal(ID_CARD, " \u200b ") == "Enter the number of the identity document."
    assert _refusal("999", "37110219930101999X") == "Choose the type of the identity document from the list."


def test_digits_of_other_scripts_are_not_digits() -> None:
    arabic = "".join(chr(0x0660 + int(digit)) for digit in "37110219930101999")
    assert _refusal(ID_CARD, arabic + "X") == "An ID card number is 17 digits and a last digit or X."


def test_someone_born_today_is_accepted_and_tomorrow_refused() -> None:
    assert check(ID_CARD, "371102202606019987", today=TODAY).birth_on == TODAY
    assert _refusal(ID_CARD, "371102202606029982") == "The date of birth in the number (20260602) lies in the future."


@pytest.mark.parametrize(
    "typed",
    [
        "３７１１０２１９９３０１０１９９９Ｘ",
        " 371102 1993 0101 999x ",
        "\ufeff37110219930101999X\u200b",
        "371102\u00a019930101\u3000999X\t\n",
        "\u202d37110219930101999X\u202c",
        "371102\u200d19930101\u2060999\u00adX",
    ],
)
def test_blank_full_width_and_invisible_variants_are_the_same_number(typed: str) -> None:
    assert check(ID_CARD, typed, today=TODAY).value == "37110219930101999X"


@pytest.mark.parametrize(
    ("document_type", "number"),
    [
        ("112", "37110219930101999X"),
        ("113", "37110219930101999X"),
        ("114", "军字第1234567号"),
        ("115", "武字第12345"),
        ("123", "鲁-012345"),
        ("414", "EA1234567"),
        ("420", "HA12345678"),
        ("421", "MA1234567"),
        ("511", "12345678"),
        ("516", "H12345678"),
        ("553", "CHN370012345678"),
        ("HKM", "810000199001019988"),
        ("TW", "830000199001019981"),
        ("990", "工作证(2020)018"),
    ],
)
def test_each_document_type_accepts_its_form(document_type: str, number: str) -> None:
    assert check(document_type, number, today=TODAY).value == normalise(number)


@pytest.mark.parametrize(
    ("document_type", "number"),
    [
        ("114", "1234567"),
        ("123", "1'--"),
        ("414", "E123"),
        ("420", "X12345678"),
        ("421", "12345678"),
        ("511", "ABC"),
        ("516", "A12345678"),
        ("553", "911156199001019990"),
        ("HKM", "37110219930101999X"),
        ("TW", "810000199001019988"),
        ("990", "=1+1;<b>"),
    ],
)
def test_each_document_type_refuses_another_form(document_type: str, number: str) -> None:
    with pytest.raises(Invalid):
        check(document_type, number, today=TODAY)


def test_permanent_resident_card_of_2023_gives_birth_date_and_sex() -> None:
    number = check("553", "911156199001019998", today=TODAY)
    assert (number.birth_on, number.sex) == (date(1990, 1, 1), Sex.MALE)


def test_document_type_codes_are_those_of_the_list() -> None:
    assert {kind.value for kind in DocumentType} == {
        "111",
        "112",
        "113",
        "114",
        "115",
        "123",
        "414",
        "420",
        "421",
        "511",
        "516",
        "553",
        "HKM",
        "TW",
        "990",
    }


def test_masked_form_shows_region_and_last_four() -> None:
    assert masked("379901199301019986") == "379901********9986"
    assert masked("EA1234567") == "EA*****67"
    assert masked("1234") == "1**4"
    assert masked("") == ""


def test_last_six_ends_in_a_capital_x() -> None:
    assert last_six("37110219930101999x") == "01999X"
    assert last_six(normalise("37110219930101999x")) == "01999X"
