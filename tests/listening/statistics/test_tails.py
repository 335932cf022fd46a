"""Sums over tails: logarithms that are looked up are those that are computed."""

import math

import numpy as np
import pytest
from scipy.special import gammaln

from listening.statistics.tails import LOG_FACTORIALS, log_choose

LAST = len(LOG_FACTORIALS) - 1


@pytest.mark.parametrize("most", [0, 1, 60, LAST, LAST + 1, 50_000])
def test_it_is_the_same_below_and_beyond_what_is_kept(most):
    n = np.array([0, most // 2, most, most, most], np.float64)
    k = np.array([0, most // 4, 0, most, most // 3], np.float64)
    assert log_choose(n, k).tolist() == (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)).tolist()
    assert log_choose(n, k).tolist() == pytest.approx(
        [math.log(math.comb(int(of), int(some))) for of, some in zip(n, k, strict=True)], rel=1e-9, abs=1e-9
    )


def test_of_no_tests_there_is_nothing():
    assert log_choose(np.zeros(0), np.zeros(0)).shape == (0,)
