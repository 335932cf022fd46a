"""P4 is a function of what is public: whoever has the tables can make it again, byte for byte."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listening.releases.derive import derive_needs, with_coarser, year_of_quarters
from listening.releases.values import CellValue, PlaceValue
from listening.statistics import intervals

BASES = {"_n": 5, "_persons": 5, "housing": 5, "mobility": 5, "health": 10}


def place(code, layer="zona", position=0, **parents):
    return PlaceValue(layer, "first", code, code, 1, (), parents, b"", None, position)


PLACES = (
    place("A", position=0, quartiere={"10": 1.0}),
    place("B", position=1, quartiere={"10": 1.0}),
    place("C", position=2, quartiere={"11": 1.0}),
    place("10", "quartiere", 0),
    place("11", "quartiere", 1),
)


def cells(counts, period="2026-Q2"):
    return tuple(
        CellValue("P1", period, "zona", code, theme, value)
        for code, told in counts.items()
        for theme, value in told.items()
    )


COUNTS = {
    "A": {"_n": 100, "housing": 30, "mobility": 0},
    "B": {"_n": 40, "housing": 20, "mobility": 5},
    "C": {"_n": 10, "housing": 5, "mobility": 0},
}


def test_it_works():
    told = with_coarser(cells(COUNTS), PLACES)
    sums = {(cell.place, cell.theme): cell.value for cell in told if cell.layer == "quartiere"}
    assert sums["10", "_n"] == 140
    assert sums["10", "housing"] == 50
    assert sums["11", "_n"] == 10
    needs = {(need.layer, need.place, need.theme): need for need in derive_needs(told, PLACES, bases=BASES)}
    need = needs["zona", "A", "housing"]
    # (30 + 1/2) / (100 + 1), rounded to four decimals.
    assert need.share == 0.302
    known = intervals.published_share([30], [100], base=5)
    wilson = intervals.wilson(known.share, known.size)
    assert (need.share_low, need.share_high) == (round(float(wilson.low[0]), 4), round(float(wilson.high[0]), 4))
    assert need.reliability in {"A", "B", "C"}
    assert need.trend is None


def test_nothing_is_said_of_a_place_with_too_little_listening():
    need = next(
        need
        for need in derive_needs(cells(COUNTS), PLACES, bases=BASES)
        if (need.place, need.theme) == ("C", "housing")
    )
    assert need.reliability == "X"
    assert (need.share, need.share_low, need.share_high, need.share_eb, need.class_index) == (None,) * 5
    assert (need.conversations, need.mentioning) == (10, 5)


def test_never_listened_and_never_mentioned_do_not_look_alike():
    told = cells({"A": {"_n": 0, "housing": 0}, "B": {"_n": 100, "housing": 0}})
    needs = {need.place: need for need in derive_needs(told, PLACES, bases=BASES)}
    assert (needs["A"].reliability, needs["A"].share_eb) == ("0", None)
    assert needs["B"].reliability in {"A", "B"}
    assert needs["B"].share_eb is not None


def test_a_year_of_quarters_holds_four_roundings():
    quarters = [cells(COUNTS, f"2026-Q{number}") for number in (1, 2, 3, 4)]
    year = year_of_quarters("2026", quarters, "zona")
    assert {(cell.place, cell.theme): cell.value for cell in year}["A", "_n"] == 400
    need = next(
        need for need in derive_needs(year, PLACES, bases=BASES) if (need.place, need.theme) == ("A", "housing")
    )
    known = intervals.published_share([120], [400], base=5, times=4)
    assert need.n_eff == round(float(known.size[0]), 1)
    assert known.size < intervals.published_share([120], [400], base=5).size
    assert year_of_quarters("2026", quarters[:3], "zona") == ()


def test_a_trend_needs_a_year_before():
    now = {"A": {"_n": 400, "housing": 300}}
    before = cells({"A": {"_n": 400, "housing": 100}}, "2025-Q2")
    (need,) = derive_needs(cells(now), PLACES, bases=BASES, earlier=before)
    assert need.trend == "rising"
    assert need.trend_difference == 0.5


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("ABC"),
        st.fixed_dictionaries(
            {
                name: st.integers(0, 60).map(lambda number: 5 * number)
                for name in ("_n", "_persons", "housing", "mobility")
            }
        ),
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_order_the_tables_are_read_in(counts, random):
    """And it is never a NaN: each number can be written as JSON."""
    told = list(with_coarser(cells(counts), PLACES))
    needs = derive_needs(told, PLACES, bases=BASES)
    random.shuffle(told)
    again = derive_needs(told, random.sample(PLACES, len(PLACES)), bases=BASES)
    text = [json.dumps([asdict(need) for need in one], allow_nan=False) for one in (needs, again)]
    assert text[0] == text[1]
    for need in needs:
        if need.share is not None:
            assert 0 <= need.share_low <= need.share <= need.share_high <= 1
            assert 0 <= need.share_eb <= 1
        assert np.isfinite(need.conversations)


@pytest.mark.parametrize("times", [0, -1])
def test_a_sum_of_no_counts_is_refused(times):
    with pytest.raises(ValueError, match="sum of 1 or more"):
        intervals.published_share(1, 1, base=5, times=times)
