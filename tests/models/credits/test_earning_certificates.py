"""Which years earn a certificate: what is asked of one year and what lists ask the database for is one rule."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.credits.queries import EARNS_CERTIFICATE, earns_certificate
from models.credits.tables import YearSummary
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.years import passed_year

pytestmark = pytest.mark.both_databases
FIRST = 1000
FLAGS = tuple(product((True, False), repeat=2))
HOURS = tuple(product((0, 899, 900), (0, 299, 300), (0, 599, 600)))
REQUIRED = ((900, 300, 600), (0, 0, 0))
KINDS = ("total_tenths", "public_tenths", "professional_tenths")


def test_a_year_and_the_list_of_years_agree_whatever_a_year_holds(system: Session, cast: Cast) -> None:
    person = cast.people["professional"]
    years = [
        passed_year(
            person,
            FIRST + n,
            is_passed=is_passed,
            is_exempt=is_exempt,
            **dict(zip(KINDS, hours, strict=True)),
            **{f"required_{kind}": tenths for kind, tenths in zip(KINDS, required, strict=True)},
        )
        for n, ((is_passed, is_exempt), hours, required) in enumerate(product(FLAGS, HOURS, REQUIRED))
    ]
    with unit_of_work(system):
        system.add_all(years)
    earning = {summary.year for summary in years if earns_certificate(summary)}
    assert set(system.scalars(select(YearSummary.year).where(*EARNS_CERTIFICATE))) == earning
    # Every one that passed without an exemption; of those exempt one that reached 90/30/60, and 18 that any hour is enough for.
    assert (len(years), len(earning)) == (216, 54 + 1 + 18)
