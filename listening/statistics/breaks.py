"""Fixed classes of a map: the same in every period and for every filter, so that maps can be compared by eye.

Pure. Classes that follow the data would make two quarters look different when they are not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import BoolArray, IntArray, part_of

BREAKS = (0.05, 0.10, 0.20, 0.35)
NO_CLASS = 0


def class_index(share: ArrayLike, *, shown: BoolArray | None = None, breaks: Sequence[float] = BREAKS) -> IntArray:
    """Number of the class of each share: 1 for the lowest, len(breaks) + 1 for the highest.

    Parameters
    ----------
    share : array, 0-1
        A share on a break is in the upper class.
    shown : array of bool, optional
        Where False (see `reliability.has_value`) the place has NO_CLASS: no colour.
    breaks : sequence of float
        Ascending, between 0 and 1.

    Raises
    ------
    ValueError
        If the breaks do not ascend; ImpossibleCounts, which is one, if a share exceeds 1.
    """
    limits = np.asarray(breaks, dtype=np.float64)
    if (np.diff(limits) <= 0).any():
        raise ValueError(f"The breaks {', '.join(f'{b:g}' for b in limits)} do not ascend.")
    shares, _ = part_of(share, 1.0, names=("share", "whole"))
    index = np.searchsorted(limits, shares, side="right").astype(np.int64) + 1
    return index if shown is None else np.where(shown, index, NO_CLASS)
