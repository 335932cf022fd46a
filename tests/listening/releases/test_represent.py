"""Representation of a release is a function of what is public, by hand, and never a NaN."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listening.needmaps.representation import REASONS
from listening.releases.represent import Residents, derive_bands
from listening.releases.values import CellValue
from listening.statistics.intervals import published_share, wilson

AT = ("quartiere", "10")


def cells(bands, *, conversations=100, people=200):
    yield CellValue("P1", "2025", *AT, "_n", conversations)
    yield CellValue("P1", "2025", *AT, "_persons", people)
    for band, number in bands.items():
        yield CellValue("P3", "2025", *AT, "_persons", number, "age", band)


def derive(bands, living=None, *, reason="no-margins", **totals):
    by_place = {} if living is None else {AT: living}
    residents = [Residents("age", 2025, "Register", reason, by_place)]
    return {row.band: row for row in derive_bands(cells(bands, **totals), residents, base=5)}


def test_it_works():
    """50 of 180 where a quarter of the residents are old: 0.2778 / 0.25; two people to a conversation."""
    rows = derive({"0-64": 130, "65+": 50, "unknown": 20}, {"0-64": 750, "65+": 250})
    old = rows["65+"]
    assert (old.share, old.reference_share, old.ratio) == (0.2778, 0.25, 1.1111)
    size = published_share([50], [180], base=5).size[0] / 2
    assert old.n_eff == round(float(size), 1)
    ends = wilson([50 / 180], [size])
    assert (old.ratio_low, old.ratio_high) == (round(ends.low[0] / 0.25, 4), round(ends.high[0] / 0.25, 4))
    assert (old.flag, old.reason, old.residents) == (None, None, 250)
    assert (rows["unknown"].people, rows["unknown"].share) == (20, None)


def test_whoever_is_missing_is_told():
    rows = derive({"0-64": 500, "65+": 10, "unknown": 0}, {"0-64": 750, "65+": 250}, conversations=500, people=510)
    assert (rows["65+"].flag, rows["0-64"].flag) == ("under", "over")


@pytest.mark.parametrize(
    ("bands", "living", "reason"),
    [
        ({"a": 0, "b": 0, "unknown": 0}, {"a": 1, "b": 1}, "nobody-listened"),
        ({"a": 40, "b": 40, "unknown": 0}, None, "no-margins"),
        ({"a": 40, "b": 40, "unknown": 0}, {"a": 0, "b": 0}, "no-residents"),
        ({"a": 10, "b": 5, "unknown": 0}, {"a": 1, "b": 1}, "few-people"),
        ({"a": 40, "b": 35, "unknown": 20}, {"a": 1, "b": 1}, "many-unknown"),
    ],
)
def test_there_is_a_reason_where_there_is_no_ratio(bands, living, reason):
    assert reason in REASONS
    for row in derive(bands, living).values():
        assert (row.reason, row.ratio, row.flag) == (reason, None, None)
        if reason in ("nobody-listened", "few-people"):
            assert row.share is None


def test_a_band_in_which_nobody_lives_has_no_ratio():
    rows = derive({"a": 40, "b": 40, "unknown": 0}, {"a": 100, "b": 0})
    assert (rows["b"].ratio, rows["b"].share) == (None, 0.5)
    assert rows["a"].ratio == 0.5


COUNT = st.integers(0, 60).map(lambda number: 5 * number)


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries({"a": COUNT, "b": COUNT, "unknown": COUNT}),
    st.none() | st.fixed_dictionaries({"a": st.integers(0, 9), "b": st.integers(0, 9)}),
    COUNT,
    st.randoms(use_true_random=False),
)
def test_whatever_order_the_tables_are_read_in(bands, living, conversations, random):
    told = list(cells(bands, conversations=conversations, people=sum(bands.values())))
    residents = [Residents("age", 2025, "", "no-margins", {} if living is None else {AT: living})]
    rows = derive_bands(told, residents, base=5)
    random.shuffle(told)
    assert derive_bands(told, residents, base=5) == rows
    assert json.dumps([asdict(row) for row in rows], allow_nan=False)
    for row in rows:
        assert (row.ratio is None) == (row.ratio_low is None)
        if row.ratio is not None:
            assert row.ratio_low <= row.ratio + 1e-4
            assert row.ratio <= row.ratio_high + 1e-4
