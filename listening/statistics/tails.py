"""Sums over the tails of discrete distributions, for many tests at once and without a loop over them.

Pure. Each test has a span of whole numbers of its own length; all spans are laid out one after the other.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import gammaln

from listening.statistics.arrays import FloatArray, IntArray

# Of the numbers of conversations that a place has; each was computed as larger ones are, but once.
LOG_FACTORIALS: Final[FloatArray] = gammaln(np.arange(4096, dtype=np.float64) + 1)


def spans(first: FloatArray, last: FloatArray) -> tuple[IntArray, FloatArray]:
    """For each test the whole numbers from first to last, both included.

    Parameters
    ----------
    first, last : array of whole numbers, shape (tests,)
        Where last < first the span is empty.

    Returns
    -------
    test, value : arrays of one length
        To which test a value belongs, and the value.
    """
    lengths = np.maximum(last - first + 1, 0).astype(np.int64)
    test = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    return test, np.arange(len(test)) - starts[test] + first[test]


def sums(values: FloatArray, test: IntArray, tests: int) -> FloatArray:
    """Sum of the values of each test; 0 for an empty span."""
    return np.bincount(test, weights=values, minlength=tests).astype(np.float64)


def log_choose(n: FloatArray, k: FloatArray) -> FloatArray:
    """Natural logarithm of the number of ways to choose k out of n, for whole numbers 0 <= k <= n of one shape."""
    if n.max(initial=0) < len(LOG_FACTORIALS):
        return LOG_FACTORIALS[_whole(n)] - LOG_FACTORIALS[_whole(k)] - LOG_FACTORIALS[_whole(n - k)]
    result: FloatArray = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return result


def _whole(values: FloatArray) -> IntArray:
    return values.astype(np.int64)
