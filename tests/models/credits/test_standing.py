"""How a person's year stands: what is missing at least, and which years are told."""

from __future__ import annotations

import datetime as dt

import pytest

from models.credits.carrying import STAYING
from models.credits.counting import DEFAULT_NEEDS
from models.credits.requirements import Demanded
from models.credits.standing import Part, YearStanding


def standing(public: int, professional: int, total: int) -> YearStanding:
    return YearStanding(
        2026,
        Part(public, 300),
        Part(professional, 600),
        Part(total, 900),
        is_passed=False,
        is_exempt=False,
        exemption_reason="",
        in_review_tenths=0,
        closes_on=dt.date(2027, 3, 31),
        is_open=True,
        demanded=Demanded(DEFAULT_NEEDS, None, STAYING),
    )


@pytest.mark.parametrize(
    ("public", "professional", "total", "missing"),
    [
        (0, 0, 0, 900),
        (300, 320, 620, 280),  # 28 hours of professional subjects
        (100, 800, 900, 200),  # more of one subject does not fill the other
        (300, 600, 900, 0),
        (500, 900, 1400, 0),
    ],
)
def test_what_is_missing_at_least(public: int, professional: int, total: int, missing: int) -> None:
    assert standing(public, professional, total).missing_tenths == missing


def test_a_part_that_is_more_than_done_lacks_nothing() -> None:
    assert Part(700, 600).missing == 0
