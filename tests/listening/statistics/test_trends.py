"""Trends: tests as scipy and statsmodels have them, and labels that claim no more than they may."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.trends import FALLING, RISING, STABLE, UNCLEAR, compare, fisher_exact
from tests.listening.statistics.invented import counts, given, is_defined


@pytest.mark.parametrize(("c1", "n1", "c2", "n2"), [(40, 100, 60, 120), (30, 41, 12, 50), (200, 900, 231, 840)])
def test_z_as_statsmodels_has_it(c1, n1, c2, n2):
    _, p = proportions_ztest([c2, c1], [n2, n1])
    found = compare(c2, n2, c1, n1)
    assert not found.is_exact[0]
    assert found.p_value == pytest.approx([p])


def test_the_design_effect_counts_both_quarters_for_less():
    # r = 0.5 and 0.4 of 100: pooled 0.45, z = 0.1 / sqrt(0.2475 (2/100 + 3/100)) = 0.898933, p = 0.368689.
    found = compare(50, 100, 40, 100, design_effect=2, earlier_design_effect=3)
    assert found.p_value == pytest.approx([0.368689], abs=1e-5)


@given(st.integers(0, 25), st.integers(0, 25), st.integers(0, 25), st.integers(0, 25))
def test_fisher_as_scipy_has_it(c1, rest1, c2, rest2):
    expected = stats.fisher_exact([[c1, rest1], [c2, rest2]]).pvalue
    assert fisher_exact([c1], [c1 + rest1], [c2], [c2 + rest2]) == pytest.approx([expected], rel=1e-6)


@pytest.mark.parametrize(("c1", "n1", "c2", "n2"), [(0, 4, 4, 11), (12, 16, 12, 32), (15, 27, 20, 34)])
def test_tables_that_are_as_probable_but_for_rounding_count(c1, n1, c2, n2):
    expected = stats.fisher_exact([[c1, n1 - c1], [c2, n2 - c2]]).pvalue
    assert fisher_exact([c1], [n1], [c2], [n2]) == pytest.approx([expected])


def test_fisher_of_very_uneven_quarters():
    expected = stats.fisher_exact([[3, 1], [900, 99_100]]).pvalue
    assert fisher_exact([3], [4], [900], [100_000]) == pytest.approx([expected], rel=1e-6)


def test_small_expected_counts_are_tested_exactly_and_deflated():
    found = compare([6, 12], [20, 40], [0, 0], [20, 40], design_effect=[1, 2], earlier_design_effect=[1, 2])
    assert found.is_exact.all()
    assert found.p_value == pytest.approx([stats.fisher_exact([[6, 14], [0, 20]]).pvalue] * 2)


def test_labels():
    found = compare(
        #  rising, falling, stable, too small a change to tell, significant but under ten points, few conversations
        [90, 30, 300, 22, 1200, 3],
        [200, 200, 1000, 50, 4000, 6],
        [30, 90, 300, 18, 1000, 1],
        [200, 200, 1000, 50, 4000, 6],
    )
    assert found.label.tolist() == [RISING, FALLING, STABLE, UNCLEAR, STABLE, UNCLEAR]
    assert found.q_value[4] < 0.01


def test_silence_in_two_small_quarters_is_not_stability():
    assert compare(0, 10, 0, 10).label == UNCLEAR
    assert compare(0, 60, 0, 60).label == STABLE


def test_a_quarter_without_listening_is_not_compared():
    found = compare([5, 0, 0], [20, 0, 0], [0, 5, 0], [0, 20, 0])
    assert not found.is_compared.any()
    assert found.label.tolist() == [UNCLEAR] * 3
    assert found.difference.tolist() == [0, 0, 0]
    assert found.q_value.tolist() == [1, 1, 1]
    assert found.interval.width.tolist() == [2, 2, 2]


def test_what_is_not_compared_is_not_counted_in_the_family():
    alone = compare(30, 60, 15, 60)
    beside = compare([30, 0, 5], [60, 0, 5], [15, 0, 5], [60, 9, 5], family=np.array([True, True, False]))
    assert beside.q_value[0] == pytest.approx(alone.q_value[0])
    assert beside.label[2] == UNCLEAR


def test_one_of_many_must_be_more_remarkable():
    one = compare([30], [60], [18], [60])
    many = compare([30] + [20] * 99, [60] * 100, [18] + [20] * 99, [60] * 100)
    assert one.label[0] == RISING
    assert many.label[0] == UNCLEAR


@given(counts(), counts(), st.floats(1, 5), st.floats(1, 5))
def test_it_is_always_defined(now, before, deff, earlier_deff):
    places = min(len(now[0]), len(before[0]))
    found = compare(*(a[:places] for a in (*now, *before)), design_effect=deff, earlier_design_effect=earlier_deff)
    assert is_defined(found.difference, found.interval.low, found.interval.high, found.p_value, found.q_value)
    assert ((found.p_value >= 0) & (found.p_value <= 1) & (found.q_value >= found.p_value - 1e-12)).all()
    assert ((found.interval.low <= found.difference) & (found.difference <= found.interval.high)).all()


@given(counts(most_places=1), counts(most_places=1))
def test_backwards_rising_is_falling(now, before):
    forth, back = compare(*now, *before), compare(*before, *now)
    assert forth.p_value == pytest.approx(back.p_value)
    assert forth.difference == pytest.approx(-back.difference)
    opposite = {RISING: FALLING, FALLING: RISING, STABLE: STABLE, UNCLEAR: UNCLEAR}
    assert opposite[str(forth.label[0])] == back.label[0]


def test_what_cannot_be_is_refused():
    with pytest.raises(ImpossibleCounts, match="earlier_mentions holds 3 of 2 earlier_conversations"):
        compare(1, 2, 3, 2)
