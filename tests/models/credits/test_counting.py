"""What counts of a year: caps, the order of granting, the split of 全部, and an independent recomputation."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.credits.counting import DEFAULT_NEEDS, Cap, Granted, Needs, Room, count_year, split
from models.credits.tables import CapKind

NOON = dt.datetime(2026, 3, 1, 4, tzinfo=dt.UTC)
CAPS = {
    "FREE": Cap(),
    "YEAR": Cap(CapKind.PER_YEAR, 300),
    "RECORD": Cap(CapKind.PER_RECORD, 120),
    "ONCE": Cap(CapKind.COUNT_PER_YEAR, 1),
}


def record(n: int, tenths: int, *, form: str = "FREE", subject: str = "professional", day: int = 0) -> Granted:
    return Granted(n, form, subject, tenths, NOON + dt.timedelta(days=day), CAPS[form])


def test_hours_without_a_cap_all_count() -> None:
    found = count_year([record(1, 400), record(2, 350, subject="public")], DEFAULT_NEEDS)
    assert (found.total, found.public, found.professional, found.is_met) == (750, 350, 400, False)


def test_a_cap_per_year_is_used_up_in_the_order_of_granting() -> None:
    found = count_year([record(1, 200, form="YEAR", day=2), record(2, 200, form="YEAR", day=1)], DEFAULT_NEEDS)
    assert {n: c.total for n, c in found.records.items()} == {2: 200, 1: 100}


def test_the_same_moment_is_ordered_by_id() -> None:
    found = count_year([record(8, 200, form="YEAR"), record(7, 200, form="YEAR")], DEFAULT_NEEDS)
    assert {n: c.total for n, c in found.records.items()} == {7: 200, 8: 100}


def test_a_cap_per_record_cuts_each() -> None:
    found = count_year([record(1, 200, form="RECORD"), record(2, 90, form="RECORD")], DEFAULT_NEEDS)
    assert [c.total for c in found.records.values()] == [120, 90]


def test_of_a_count_per_year_the_later_ones_count_nothing() -> None:
    found = count_year([record(1, 640, form="ONCE"), record(2, 480, form="ONCE", day=1)], DEFAULT_NEEDS)
    assert [c.total for c in found.records.values()] == [640, 0]


def test_when_one_falls_away_the_later_one_counts_more() -> None:
    both = [record(1, 200, form="YEAR"), record(2, 200, form="YEAR", day=1)]
    assert count_year(both, DEFAULT_NEEDS).records[2].total == 100
    assert count_year(both[1:], DEFAULT_NEEDS).records[2].total == 200


@pytest.mark.parametrize(
    ("tenths", "public", "professional"), [(900, 300, 600), (450, 150, 300), (100, 34, 66), (1, 1, 0), (2, 1, 1), (899, 300, 599)]
)
def test_all_subjects_are_split_in_the_ratio_of_the_requirement(tenths: int, public: int, professional: int) -> None:
    counted = split(tenths, "all", DEFAULT_NEEDS)
    assert (counted.total, counted.public, counted.professional) == (tenths, public, professional)


def test_the_ratio_is_that_of_the_year_and_place() -> None:
    assert split(480, "all", Needs(720, 180, 540)).public == 120


def test_a_requirement_without_parts_splits_as_the_national_one() -> None:
    assert split(900, "all", Needs(900, 0, 0)).public == 300


def test_a_year_passes_only_when_every_part_is_met() -> None:
    assert not count_year([record(1, 900)], DEFAULT_NEEDS).is_met
    assert count_year([record(1, 900, subject="all")], DEFAULT_NEEDS).is_met
    assert count_year([record(1, 600), record(2, 300, subject="public")], DEFAULT_NEEDS).is_met


def test_what_is_left_under_a_cap() -> None:
    room = Room()
    assert room.left("YEAR", CAPS["YEAR"]) == 300
    assert room.take("YEAR", CAPS["YEAR"], 280) == 280
    assert room.left("YEAR", CAPS["YEAR"]) == 20
    assert room.left("ONCE", CAPS["ONCE"]) is None
    room.take("ONCE", CAPS["ONCE"], 5)
    assert room.left("ONCE", CAPS["ONCE"]) == 0
    assert room.left("FREE", CAPS["FREE"]) is None


RECORDS = st.lists(
    st.builds(
        record,
        st.integers(1, 10_000),
        st.integers(1, 999),
        form=st.sampled_from(sorted(CAPS)),
        subject=st.sampled_from(["public", "professional", "all"]),
        day=st.integers(0, 3),
    ),
    max_size=12,
    unique_by=lambda r: r.id,
)


def by_hand(records: Sequence[Granted], needs: Needs) -> tuple[int, int, int]:
    """Sum the year a second way: hour by hour, a tenth at a time."""
    total = public = professional = 0
    for form in CAPS:
        counted = 0
        of_form = sorted((r for r in records if r.form_code == form), key=lambda r: (r.granted_at, r.id))
        for n_records, r in enumerate(of_form, start=1):
            mine = 0
            for _tenth in range(r.granted_tenths):
                is_full = (
                    (form == "YEAR" and counted >= 300)
                    or (form == "RECORD" and mine >= 120)
                    or (form == "ONCE" and n_records > 1)
                )
                mine, counted = (mine, counted) if is_full else (mine + 1, counted + 1)
            whole = needs.public_tenths + needs.professional_tenths
            half = (mine * needs.professional_tenths) // whole
            total += mine
            public += {"public": mine, "professional": 0, "all": mine - half}[r.subject]
            professional += {"public": 0, "professional": mine, "all": half}[r.subject]
    return total, public, professional


@given(RECORDS)
def test_the_sums_equal_an_independent_computation(records: list[Granted]) -> None:
    found = count_year(records, DEFAULT_NEEDS)
    assert (found.total, found.public, found.professional) == by_hand(records, DEFAULT_NEEDS)


@given(RECORDS, st.integers())
def test_the_order_in_which_records_are_read_makes_no_difference(records: list[Granted], seed: int) -> None:
    shuffled = list(records)
    random.Random(seed).shuffle(shuffled)
    assert count_year(shuffled, DEFAULT_NEEDS) == count_year(records, DEFAULT_NEEDS)


@given(RECORDS)
def test_no_record_counts_more_than_was_granted_and_the_parts_make_the_whole(records: list[Granted]) -> None:
    granted = {r.id: r.granted_tenths for r in records}
    for n, counted in count_year(records, DEFAULT_NEEDS).records.items():
        assert 0 <= counted.total <= granted[n]
        assert counted.public + counted.professional == counted.total
