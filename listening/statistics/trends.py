"""Trends: whether a theme is mentioned more or less often than in an earlier quarter.

Pure. Quarters are compared, with the same quarter a year before by default: seasons would otherwise look like trends.
"Unclear" is the usual answer and must be shown as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from listening.statistics import intervals
from listening.statistics.arrays import BoolArray, FloatArray, TextArray, part_of, ratio
from listening.statistics.design_effect import effective_size
from listening.statistics.false_discovery import RATE, adjusted
from listening.statistics.tails import log_choose, spans, sums

Trend = Literal["rising", "falling", "stable", "unclear"]

RISING: Final = "rising"
FALLING: Final = "falling"
STABLE: Final = "stable"
UNCLEAR: Final = "unclear"

# The smallest difference worth a word, and the largest that still counts as none: ten points.
MARGIN = 0.10
# With a smaller expected count in one of the four cells the normal distribution does not hold.
FEWEST_EXPECTED = 5
# Tables that are as probable but for rounding; the tolerance of R's fisher.test.
AS_PROBABLE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Trends:
    """Comparisons of two quarters, arrays of the shape of the counts."""

    label: TextArray  # rising, falling, stable or unclear
    difference: FloatArray  # share now - share before, -1 to 1; 0 where not compared
    interval: intervals.Interval  # of the difference, 90 %; -1 to 1 where not compared
    p_value: FloatArray  # two-sided; 1 where not compared
    q_value: FloatArray  # adjusted over the family; 1 where not compared
    is_exact: BoolArray  # Fisher's exact test on deflated counts, instead of z
    is_compared: BoolArray  # False where one of the quarters has no conversations


def compare(
    mentions: ArrayLike,
    conversations: ArrayLike,
    earlier_mentions: ArrayLike,
    earlier_conversations: ArrayLike,
    *,
    design_effect: ArrayLike = 1.0,
    earlier_design_effect: ArrayLike = 1.0,
    family: BoolArray | None = None,
    rate: float = RATE,
    margin: float = MARGIN,
) -> Trends:
    """Compare the shares of two quarters, for all places and themes of one level at once.

    Parameters
    ----------
    mentions, conversations, earlier_mentions, earlier_conversations : array of counts, (places, themes) or broadcast
    design_effect, earlier_design_effect : array, >= 1
    family : array of bool, optional
        The comparisons that are made. Those without conversations in one of the quarters are never among them.
    rate : float
        Share of false alarms among the alarms.
    margin : float
        In shares: 0.10 is ten points.

    Returns
    -------
    Trends
        *rising*, *falling*: q <= rate and a difference of at least the margin. *stable*: the 90 % interval of the
        difference lies within the margin on both sides, which is two one-sided tests of 5 % (TOST). Else *unclear*.

    Raises
    ------
    ImpossibleCounts
        If mentions exceed conversations, or a design effect is below 1.

    Notes
    -----
    z = (r2 - r1) / sqrt(r (1 - r) (deff1 / n1 + deff2 / n2)), r pooled over both. Where a cell expected under equal
    shares is below 5 effective conversations, Fisher's exact test on mentions / deff and n / deff, rounded.
    Without the design effect nine of ten quarters in which nothing changed raise an alarm (deff = 2).

    References
    ----------
    Rao and Scott, "A simple method for the analysis of clustered binary data", Biometrics 48 (1992), 577-585: counts
    divided by the design effect. Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15 (1987), 657-680: TOST.
    """
    c2, n2 = part_of(mentions, conversations)
    c1, n1 = part_of(earlier_mentions, earlier_conversations, names=("earlier_mentions", "earlier_conversations"))
    c2, n2, c1, n1, size2, size1 = np.broadcast_arrays(
        c2, n2, c1, n1, effective_size(n2, design_effect), effective_size(n1, earlier_design_effect)
    )
    compared = (n2 > 0) & (n1 > 0)
    if family is not None:
        compared = compared & family
    r2, r1 = ratio(c2, n2, otherwise=0.0), ratio(c1, n1, otherwise=0.0)
    difference = np.where(compared, r2 - r1, 0.0)
    interval = intervals.difference(r2, np.where(compared, size2, 0.0), r1, np.where(compared, size1, 0.0))

    pooled = ratio(c2 + c1, n2 + n1, otherwise=0.0)
    rarer = np.minimum(pooled, 1 - pooled) * np.minimum(size2, size1)
    exact = compared & (rarer < FEWEST_EXPECTED)
    error = np.sqrt(pooled * (1 - pooled) * (ratio(1, size2, otherwise=0.0) + ratio(1, size1, otherwise=0.0)))
    p = 2 * ndtr(-np.abs(ratio(difference, error, otherwise=0.0)))  # 1 where nothing differs, or is not compared
    p[exact] = fisher_exact(*_deflated(r2, size2, exact), *_deflated(r1, size1, exact))
    q = adjusted(p, family=compared)

    changed = compared & (q <= rate) & (np.abs(difference) >= margin)
    level = compared & (interval.low >= -margin) & (interval.high <= margin)
    label = np.select([changed & (difference > 0), changed, level], [RISING, FALLING, STABLE], default=UNCLEAR)
    return Trends(label.astype(np.str_), difference, interval, p, q, exact, compared)


def _deflated(share: FloatArray, size: FloatArray, where: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Whole counts with these shares and effective sizes."""
    c, n = np.rint(share[where] * size[where]), np.rint(size[where])
    return c, np.maximum(n, c)


def fisher_exact(c1: ArrayLike, n1: ArrayLike, c2: ArrayLike, n2: ArrayLike) -> FloatArray:
    """Fisher's exact test of c1 of n1 against c2 of n2, two-sided: the sum over all tables that are no more probable.

    Parameters
    ----------
    c1, n1, c2, n2 : array of whole numbers, shape (tests,)

    Returns
    -------
    FloatArray, shape (tests,), 0-1

    Notes
    -----
    Costs memory in proportion to the sum over tests of the smallest margin; it is meant for small expected counts.

    References
    ----------
    Fisher, *Statistical Methods for Research Workers* (5th ed. 1934), section 21.02.
    """
    c1, n1 = part_of(c1, n1)
    c2, n2 = part_of(c2, n2)
    c1, n1, c2, n2 = np.broadcast_arrays(c1, n1, c2, n2)
    marked = c1 + c2
    test, k = spans(np.maximum(0, marked - n2), np.minimum(marked, n1))

    marginal = log_choose(n1 + n2, marked)
    observed = log_choose(n1, c1) + log_choose(n2, c2) - marginal
    each = log_choose(n1[test], k) + log_choose(n2[test], marked[test] - k) - marginal[test]
    as_extreme = each <= observed[test] + AS_PROBABLE
    return np.minimum(sums(np.where(as_extreme, np.exp(each), 0.0), test, len(c1)), 1.0)
