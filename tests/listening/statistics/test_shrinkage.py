"""Empirical-Bayes shares: between the place's own and the mean, and by hand for two places."""

import numpy as np
import pytest
from hypothesis import strategies as st

from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.shrinkage import LEAST_PHI, shrink
from tests.listening.statistics.invented import counts, given, is_defined

zones_of = st.lists(st.integers(0, 3), min_size=12, max_size=12)


def test_by_hand():
    # c = 2 of 20, 12 of 20: mu = 14/40 = 0.35, S = 20 * 2 * 0.25^2 = 2.5, mu (1 - mu) = 0.2275, K - 1 = 1,
    # N - sum n^2 / N - 1 = 40 - 20 - 1 = 19; phi = (2.5 - 0.2275) / (0.2275 * 19) = 0.525737; M = 0.902089.
    shrunk = shrink([2, 12], [20, 20])
    assert shrunk.prior_size == pytest.approx([0.902089] * 2, abs=1e-5)
    assert shrunk.prior_mean == pytest.approx([0.35] * 2)
    assert shrunk.local_weight == pytest.approx([20 / 20.902089] * 2)
    assert shrunk.share == pytest.approx([(2 + 0.902089 * 0.35) / 20.902089, (12 + 0.902089 * 0.35) / 20.902089])


def test_with_zones_by_hand():
    # Two zones of two places of ten. Within zones: S = 10 (2 * 0.1^2 + 2 * 0.2^2) = 1.0; v = 0.2 * 0.8 = 0.16 and 0.24;
    # by chance 0.16 + 0.24 = 0.40; room = (0.16 + 0.24) (20 - 10 - 1) = 3.6; phi = 0.6 / 3.6 = 1/6, M = 5.
    # Zones: c = 4 and 8 of 20, mu = 0.3, S = 20 * 2 * 0.1^2 = 0.4, 0.21 by chance, room 0.21 (40 - 20 - 1) = 3.99;
    # phi = 0.19 / 3.99 = 1/21, M = 20: each zone counts half, so 0.25 and 0.35.
    shrunk = shrink([1, 3, 2, 6], [10, 10, 10, 10], zones=[7, 7, 9, 9])
    assert shrunk.prior_size == pytest.approx([5] * 4)
    assert shrunk.prior_mean == pytest.approx([0.25, 0.25, 0.35, 0.35])
    assert shrunk.share == pytest.approx([2.25 / 15, 4.25 / 15, 3.75 / 15, 7.75 / 15])


def test_few_conversations_are_drawn_further():
    shrunk = shrink([2, 20, 30], [4, 40, 300])
    assert abs(shrunk.share[0] - shrunk.prior_mean[0]) < abs(shrunk.share[1] - shrunk.prior_mean[1])
    assert (np.diff(shrunk.local_weight) > 0).all()


def test_nobody_listened_here():
    shrunk = shrink([5, 0], [20, 0])
    assert shrunk.share[1] == 0.25
    assert shrunk.local_weight[1] == 0
    assert shrunk.is_known.all()


def test_nobody_listened_here_is_the_mean_to_the_last_bit():
    for c in range(1, 40):
        shrunk = shrink([c, 0, 7], [41, 0, 13])
        assert shrunk.share[1] == shrunk.prior_mean[1]


def test_nobody_listened_anywhere():
    shrunk = shrink([[0, 1], [0, 0]], [[0, 2], [0, 3]])
    assert shrunk.share[:, 0] == pytest.approx([0, 0])
    assert shrunk.is_known.tolist() == [[False, True], [False, True]]


@pytest.mark.parametrize(
    ("c", "n"), [([3], [10]), ([2, 2], [10, 10]), ([1, 0, 1], [1, 1, 1]), ([0, 0], [5, 9]), ([5, 9], [5, 9])]
)
def test_places_that_show_no_difference_are_drawn_to_the_mean(c, n):
    assert shrink(c, n).prior_size == pytest.approx([1 / LEAST_PHI - 1] * len(n))


def test_less_than_one_effective_conversation_shows_no_difference():
    # N - sum n^2 / N - (K - 1) = 1 - 0.5 - 1: below 0, as is what is found beyond chance; their ratio would be 2.
    assert shrink([0.25, 0.25], [0.5, 0.5]).prior_size == pytest.approx([1 / LEAST_PHI - 1] * 2)


@given(counts())
def test_a_share_lies_between_its_own_and_the_mean(drawn):
    c, n = drawn
    shrunk = shrink(c, n)
    assert is_defined(shrunk.share, shrunk.local_weight, shrunk.prior_mean, shrunk.prior_size)
    own = np.divide(c, n, out=shrunk.prior_mean.copy(), where=n > 0)
    assert (np.minimum(own, shrunk.prior_mean) <= shrunk.share).all()
    assert (shrunk.share <= np.maximum(own, shrunk.prior_mean)).all()
    assert ((shrunk.local_weight >= 0) & (shrunk.local_weight < 1)).all()


@given(counts(), zones_of)
def test_with_zones_it_is_always_defined(drawn, zones):
    c, n = drawn
    shrunk = shrink(c, n, zones=zones[: len(n)])
    assert is_defined(shrunk.share, shrunk.local_weight, shrunk.prior_mean, shrunk.prior_size)
    assert ((shrunk.share >= 0) & (shrunk.share <= 1)).all()


@given(counts())
def test_one_zone_is_the_city(drawn):
    c, n = drawn
    assert shrink(c, n, zones=[4] * len(n)).share == pytest.approx(shrink(c, n).share)


@given(counts(), zones_of, st.randoms(use_true_random=False))
def test_the_order_of_places_does_not_matter(drawn, zones, random):
    c, n = drawn
    zones = np.array(zones[: len(n)])
    order = np.array(random.sample(range(len(n)), len(n)))
    assert shrink(c[order], n[order], zones=zones[order]).share == pytest.approx(shrink(c, n, zones=zones).share[order])


def test_themes_stand_side_by_side():
    c = np.array([[2, 5], [12, 5], [1, 0]])
    n = np.array([[20], [20], [3]])
    together = shrink(c, n)
    for theme in (0, 1):
        assert together.share[:, theme] == pytest.approx(shrink(c[:, theme], n[:, 0]).share)


def test_what_cannot_be_is_refused():
    with pytest.raises(ImpossibleCounts, match="mentions holds 3 of 2 conversations"):
        shrink([3], [2])
    with pytest.raises(ValueError, match="one number for each of 2 places"):
        shrink([1, 1], [2, 2], zones=[1])
