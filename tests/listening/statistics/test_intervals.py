"""Intervals: Wilson's and Newcombe's, as statsmodels has them, and defined for every input."""

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.intervals import difference, normal_quantile, published_share, wilson
from tests.listening.statistics.invented import given, is_defined, shares, sizes

COUNTS = [(c, n) for n in (1, 2, 7, 20, 41, 500) for c in {0, 1, n // 3, n - 1, n}]


def test_it_works():
    interval = wilson([12 / 41], [41])
    assert np.round(interval.low, 2) == [0.19]
    assert np.round(interval.high, 2) == [0.42]


def test_the_quantile_of_nine_tenths():
    assert normal_quantile(0.90) == pytest.approx(1.6448536)


@pytest.mark.parametrize("level", [0, 1, -0.5, 90])
def test_no_quantile_of_what_is_no_level(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(level)


@pytest.mark.parametrize(("c", "n"), COUNTS)
def test_wilson_as_statsmodels_has_it(c, n):
    interval = wilson(c / n, n)
    expected = proportion_confint(c, n, alpha=0.10, method="wilson")
    assert [*interval.low, *interval.high] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("c", "n"), COUNTS[::2])
@pytest.mark.parametrize(("c0", "n0"), COUNTS[1::3])
def test_the_difference_as_statsmodels_has_it(c, n, c0, n0):
    interval = difference(c / n, n, c0 / n0, n0)
    expected = confint_proportions_2indep(c, n, c0, n0, method="newcomb", compare="diff", alpha=0.10)
    assert [*interval.low, *interval.high] == pytest.approx(expected, abs=1e-12)


def test_nothing_of_twenty_is_not_nothing():
    assert wilson(0, 20).high > 0.11
    assert difference(0, 20, 0, 20).high > 0.11


@given(shares, sizes)
def test_it_holds_the_share_and_lies_between_0_and_1(share, size):
    interval = wilson(share, size)
    assert is_defined(interval.low, interval.high)
    assert 0 <= interval.low <= share <= interval.high <= 1


@given(shares, sizes, shares, sizes)
def test_it_holds_the_difference(share, size, earlier_share, earlier_size):
    interval = difference(share, size, earlier_share, earlier_size)
    assert is_defined(interval.low, interval.high)
    assert -1 <= interval.low <= share - earlier_share <= interval.high <= 1


@given(shares, sizes, sizes)
def test_more_listening_never_widens_it(share, size, more):
    assert wilson(share, size + more).width <= wilson(share, size).width + 1e-12


def test_nobody_listened():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)
    assert (difference(0.5, 10, 0, 0).low, difference(0.5, 10, 0, 0).high) == (-1, 1)


@pytest.mark.parametrize("share", [1.2, -0.1, np.nan])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(ImpossibleCounts):
        wilson(share, 10)
    with pytest.raises(ImpossibleCounts):
        difference(0.5, 10, share, 10)


class TestPublishedShare:
    def test_by_hand(self):
        # c = 10, n = 40, base 5: r = 10.5 / 41, v = 4; r (1 - r) = 0.190512;
        # variance = 0.190512 / 40 + 4 (1 + r^2) / 1600
        published = published_share(10, 40, base=5)
        assert published.share == pytest.approx([0.256098], abs=1e-6)
        assert published.size == pytest.approx([0.190512 / (0.0047628 + 0.0026640)], rel=1e-4)

    def test_without_rounding_it_is_as_many_as_were_counted(self):
        assert published_share(10, 40, base=1).size == pytest.approx([40])

    def test_nobody_listened_or_all_was_rounded_away(self):
        assert published_share([0, 5], [0, 0], base=5).size == pytest.approx([0, 0])

    def test_mentions_rounded_above_the_conversations(self):
        assert (published_share([10], [5], base=5).share <= 1).all()

    def test_a_base_below_1_is_refused(self):
        with pytest.raises(ValueError, match="rounding base"):
            published_share(1, 2, base=0)
