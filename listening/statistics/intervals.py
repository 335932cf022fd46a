"""Intervals around a share and around the difference of two shares.

Pure. The size is the *effective* number of conversations (`design_effect`): people at one table talk alike, and an
interval on their plain number would be too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from listening.statistics.arrays import FloatArray, floats, part_of, ratio

# Of the intervals that are shown: nine of ten hold the truth.
LEVEL = 0.90


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Lower and upper ends, arrays of one shape; both ends belong to the interval."""

    low: FloatArray
    high: FloatArray

    @property
    def width(self) -> FloatArray:
        """high - low."""
        return self.high - self.low


def normal_quantile(level: float) -> float:
    """The z with P(-z < Z < z) = level, for Z standard normal: 1.645 for 0.90.

    Raises
    ------
    ValueError
        Unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"{level:g} is not a level; it lies between 0 and 1, as 0.9 does.")
    return float(ndtri((1 + level) / 2))


def wilson(share: ArrayLike, size: ArrayLike, *, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share.

    Parameters
    ----------
    share : array, 0-1
        The direct share. Not the empirical-Bayes share: that one is pulled to the mean, and the interval with it.
    size : array, >= 0, broadcast against `share`
        Effective number of conversations; need not be whole.
    level : float
        Between 0 and 1.

    Returns
    -------
    Interval, 0-1
        Holds the share. From 0 to 1 where the size is 0.

    Raises
    ------
    ImpossibleCounts
        If a share exceeds 1.

    Notes
    -----
    With 0 or all of n it stays an interval of positive width, where the interval of Wald shrinks to a point.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.
    Brown, Cai, DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001), 101-133,
    recommend it for small n.
    """
    r, _ = part_of(share, 1.0, names=("share", "whole"))
    r, n = np.broadcast_arrays(r, floats(size, "size"))
    z2 = normal_quantile(level) ** 2
    # Multiplied by n + z^2 throughout, so that n = 0 needs no case of its own: it gives 0 and 1.
    centre = n * r + z2 / 2
    half = np.sqrt(z2 * (n * r * (1 - r) + z2 / 4))
    low = np.clip((centre - half) / (n + z2), 0.0, 1.0)
    high = np.clip((centre + half) / (n + z2), 0.0, 1.0)
    # By rounding an end may pass the share by 1e-17 when the share is 0 or 1.
    return Interval(np.minimum(low, r), np.maximum(high, r))


def difference(
    share: ArrayLike, size: ArrayLike, earlier_share: ArrayLike, earlier_size: ArrayLike, *, level: float = LEVEL
) -> Interval:
    """Newcombe's interval of `share - earlier_share`, for two independent shares.

    Parameters
    ----------
    share, earlier_share : array, 0-1
    size, earlier_size : array, >= 0
        Effective numbers of conversations.
    level : float
        Between 0 and 1.

    Returns
    -------
    Interval, -1 to 1
        Holds the difference. From -1 to 1 where one of the sizes is 0.

    Notes
    -----
    Made of the two Wilson intervals. The interval of Wald would be a point for 0 of 20 against 0 of 20, and so would
    call *stable* what nobody knows.

    References
    ----------
    Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17
    (1998), 873-890, method 10.
    """
    r, n, r0, n0 = np.broadcast_arrays(
        floats(share, "share"), floats(size, "size"), floats(earlier_share, "share"), floats(earlier_size, "size")
    )
    now, before = wilson(r, n, level=level), wilson(r0, n0, level=level)
    middle = r - r0
    low = middle - np.hypot(r - now.low, before.high - r0)
    high = middle + np.hypot(now.high - r, r0 - before.low)
    nothing = (n == 0) | (n0 == 0)
    return Interval(
        np.where(nothing, -1.0, np.clip(low, -1.0, 1.0)),
        np.where(nothing, 1.0, np.clip(high, -1.0, 1.0)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PublishedShare:
    """A share computed from rounded counts, and the size with which `wilson` tells its uncertainty."""

    share: FloatArray
    size: FloatArray


def published_share(mentions: ArrayLike, conversations: ArrayLike, *, base: int, times: int = 1) -> PublishedShare:
    """Share of counts that were published by systematic rounding, with the rounding as a second source of error.

    Parameters
    ----------
    mentions, conversations : array of counts
        As published: multiples of `base`. Mentions above the conversations are taken as all of them: rounding can do
        that to small counts.
    base : int
        Rounding base, >= 1; 1 is no rounding.
    times : int
        How many rounded counts each of these is the sum of: 4 for the year of four published quarters.

    Returns
    -------
    PublishedShare
        share = (c + 1/2) / (n + 1). size = r (1 - r) / (r (1 - r) / n + v (1 + r^2) / n^2), where
        v = times (base^2 - 1) / 6 is the variance that rounding adds to each count: 4 for base 5, once. The size is 0
        where no conversations are published.

    Raises
    ------
    ValueError
        If base < 1 or times < 1.

    Notes
    -----
    The rounded count is a difference of two cumulated counts, each rounded with an error uniform over `base` values,
    of variance (base^2 - 1) / 12. Two neighbouring cells share one of them; their errors are taken as independent here.
    """
    if base < 1:
        raise ValueError(f"{base} is not a rounding base; it is 1 or more.")
    if times < 1:
        raise ValueError(f"A count is the sum of 1 or more, not of {times}.")
    c, n = np.broadcast_arrays(floats(mentions, "mentions"), floats(conversations, "conversations"))
    c = np.minimum(c, n)
    added = times * (base**2 - 1) / 6
    r = (c + 0.5) / (n + 1)
    # r (1 - r) over the variance, both multiplied by n^2.
    size = ratio(r * (1 - r) * n**2, r * (1 - r) * n + added * (1 + r**2), otherwise=0.0)
    return PublishedShare(r, size)
