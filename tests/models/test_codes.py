"""Codes of organisations: every vector of the reference table and the temporary code."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from models.errors import Invalid
from models.org.codes import Code, CodeKind, check, mod31, normalise, organisation_check, temporary_code

with (Path(__file__).parent / "number_vectors.csv").open(encoding="utf-8", newline="") as _file:
    VECTORS = [row for row in csv.DictReader(_file) if row["kind"] != "RIC"]
KINDS = {"USCC": CodeKind.CREDIT_CODE, "ORGCODE": CodeKind.ORGANISATION_CODE}


def _refusal(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        check(text)
    return str(caught.value)


@pytest.mark.parametrize("row", [row for row in VECTORS if row["expected"] == "valid"], ids=lambda row: row["number"])
def test_vector_is_accepted_without_warning(row: dict[str, str]) -> None:
    assert check(row["number"]) == Code(row["number"].replace("-", ""), KINDS[row["kind"]])


@pytest.mark.parametrize("row", [row for row in VECTORS if row["expected"] == "invalid"], ids=lambda row: row["number"])
def test_vector_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        check(row["number"])


def test_all_vectors_are_used() -> None:
    assert [len([row for row in VECTORS if row["kind"] == kind]) for kind in KINDS] == [18, 10]
    assert sorted({row["expected"] for row in VECTORS}) == ["invalid", "valid", "valid by MOD 31, warn"]


def test_wrong_organisation_code_inside_is_a_warning() -> None:
    code = check("91371102MA3T0X9Y0F")
    assert code.value == "91371102MA3T0X9Y0F"
    assert [str(warning) for warning in code.warnings] == [
        "The organisation code inside (places 9 to 17) does not fit its own check character."
    ]


def test_unknown_authority_is_a_warning() -> None:
    body = "Z1371102MA3T0X9Y4"
    assert _refusal(body + "0").startswith("A unified social credit code has digits and capital letters")
    body = "97371102MA3T0X9Y4"
    code = check(body + mod31(body))
    assert [str(warning) for warning in code.warnings] == [
        "The first two characters (97) name no known registration authority and kind."
    ]


def test_refusals_name_the_reason() -> None:
    assert _refusal("91371102MA3T0X9Y40").startswith("The last character does not fit the other 17")
    assert _refusal("33333333-0").startswith("The last character does not fit the other 8")
    assert _refusal("3333") == (
        "A unified social credit code has 18 characters, an organisation code 9, a temporary code 14; here are 4."
    )
    assert _refusal("12345678Y") == "An organisation code is 8 digits or letters and a last digit or X."
    assert _refusal(" - ") == "Enter the unified social credit code or the organisation code."


def test_blanks_hyphens_and_full_width_do_not_matter() -> None:
    assert normalise("１２３４５６７８－８") == "123456788"
    assert check("d2143569–x").value == "D2143569X"
    assert check(" 91371102 MA3T0X9Y4U\u200b").value == "91371102MA3T0X9Y4U"


def test_temporary_code_carries_its_region_and_a_check_character() -> None:
    code = temporary_code("379901", 12)
    assert code == "T3799010000121"
    assert check(code) == Code(code, CodeKind.TEMPORARY_CODE)
    assert check("t-379901-000012-1") == Code(code, CodeKind.TEMPORARY_CODE)
    assert _refusal("T3799010000211") == "This is not a temporary code that was issued here; compare it with the letter."


def test_check_characters_of_both_standards() -> None:
    assert mod31("91371102MA3T0X9Y4") == "U"
    assert [organisation_check(body) for body in ("33333333", "12345678", "00546211")] == ["X", "8", "6"]
