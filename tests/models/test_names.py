"""A name is stored without the blanks of a list, and what cannot be a name is refused."""

from __future__ import annotations

import pytest

from models.errors import Invalid
from models.people import names


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("张 丽", "张丽"),
        ("张\u3000丽", "张丽"),
        ("欧阳 小 明", "欧阳小明"),
        (" 张丽\u200b ", "张丽"),
        ("\ue864 丽", "\ue864丽"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("Anne  Marie O'Brien", "Anne Marie O'Brien"),
        ("李 John", "李 John"),
    ],
)
def test_a_name_is_stored_as_documents_write_it(typed: str, stored: str) -> None:
    assert names.check(typed) == stored
    assert names.check(stored) == stored


@pytest.mark.parametrize("typed", ["", " \u200b", "张3", "<b>", "a" * 101, "=1+1"])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        names.check(typed)


def test_a_name_that_was_stored_with_a_blank_is_still_the_same() -> None:
    assert names.same("张 丽", "张丽")
    assert not names.same("Anne Marie", "AnneMarie")


def test_the_account_of_a_desk_may_be_numbered() -> None:
    assert names.given(" 值班室 2 ") == "值班室 2"
    with pytest.raises(Invalid):
        names.given(" ")
