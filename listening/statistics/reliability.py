"""Reliability classes: whether a share may be read, and how exactly.

Pure. A place where nobody listened and a place without need must never look alike; so they have classes of their own.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import BoolArray, TextArray, floats
from listening.statistics.intervals import Interval

Reliability = Literal["A", "B", "C", "X", "0"]

A: Final = "A"  # the interval is at most 15 points wide
B: Final = "B"  # at most 30 points
C: Final = "C"  # wider
TOO_FEW: Final = "X"  # there was listening, and not enough for a value
NEVER: Final = "0"  # nobody listened

WIDEST_A, WIDEST_B = 0.15, 0.30  # of the 90 % interval
# Of fewer effective conversations an interval is wider than any difference one could act on.
FEWEST_EFFECTIVE = 20


def reliability(conversations: ArrayLike, effective_size: ArrayLike, interval: Interval) -> TextArray:
    """Class of each share: A, B, C, X or 0.

    Parameters
    ----------
    conversations : array of counts
    effective_size : array
        n / deff, see `design_effect.effective_size`.
    interval : Interval
        The 90 % interval of the direct share on the effective size.

    Returns
    -------
    array of one letter
        Of the shape that the three broadcast to.
    """
    n, size, width = np.broadcast_arrays(
        floats(conversations, "conversations"), floats(effective_size, "effective_size"), interval.width
    )
    # Widths are computed: 0.30 may come out as 0.30000000000000004.
    width = np.round(width, 12)
    return np.select(
        [n == 0, size < FEWEST_EFFECTIVE, width <= WIDEST_A, width <= WIDEST_B], [NEVER, TOO_FEW, A, B], default=C
    ).astype(np.str_)


def has_value(classes: TextArray) -> BoolArray:
    """Where a share may be shown and compared: A, B and C."""
    return ~np.isin(classes, (TOO_FEW, NEVER))
