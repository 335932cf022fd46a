"""Sums over the tails of discrete distributions, for many tests at once and without a loop over them.

Pure. Each test has a span of whole numbers of its own length; all spans are laid out one after the other.
"""

from __future__ import annotations

import numpy as np

from listening.statistics.arrays import FloatArray, IntArray


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
