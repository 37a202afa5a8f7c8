"""Mobile numbers, landlines and e-mail addresses: what is taken, in which form, and what is refused."""

from __future__ import annotations

import pytest

from models.errors import Invalid
from models.people.contacts import check_email, check_landline, check_mobile


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("13800001111", "13800001111"),
        (" 138 0000 1111 ", "13800001111"),
        ("１３８００００１１１１", "13800001111"),
        ("+86 138-0000-1111", "13800001111"),
        ("+852 9123 4567", "+85291234567"),
        ("138—0000—1111", "13800001111"),
    ],
)
def test_a_mobile_number_is_brought_into_one_form(typed: str, stored: str) -> None:
    assert check_mobile(typed) == stored


@pytest.mark.parametrize("typed", ["", "12345", "23800001111", "1380000111", "138000011112", "+0123456789", "phone", "<b>"])
def test_what_is_no_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        check_mobile(typed)


def test_a_mobile_number_may_be_left_out_where_it_is_not_required() -> None:
    assert check_mobile(" ", is_required=False) == ""
    assert check_email(" ", is_required=False) == ""


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("0633-8123456", "0633-8123456"),
        ("(0633)8123456", "0633-8123456"),
        ("8123456", "8123456"),
        ("010-81234567-12", "010-81234567-12"),
    ],
)
def test_a_landline_is_brought_into_one_form(typed: str, stored: str) -> None:
    assert check_landline(typed) == stored


@pytest.mark.parametrize("typed", ["12", "0633-812", "abc", "0633-8123456-1234567"])
def test_what_is_no_landline_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        check_landline(typed)


@pytest.mark.parametrize(
    ("typed", "stored"), [(" Lin@Example.COM ", "Lin@example.com"), ("ｌｉｎ@example.com", "lin@example.com")]
)
def test_an_address_is_brought_into_one_form(typed: str, stored: str) -> None:
    assert check_email(typed) == stored


@pytest.mark.parametrize(
    "typed", ["", "lin", "lin@", "@example.com", "a b@example.com", "lin@example", f"{'a' * 250}@example.com"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        check_email(typed)
