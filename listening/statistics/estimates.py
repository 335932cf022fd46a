"""What a need map shows of each place and theme, from the sums of its sessions: everything in the right order.

Pure. The one place that says which size goes into which figure; the other modules do not know each other's order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics import breaks, design_effect, intervals, reliability, shares, shrinkage
from listening.statistics.arrays import FloatArray, IntArray, TextArray, floats


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Figures of each place and theme, arrays of the shape of the sums."""

    conversations: FloatArray
    mentions: FloatArray
    share: FloatArray  # direct, 0-1; 0 where nobody listened
    interval: intervals.Interval  # 90 %, of the direct share
    shrunk: shrinkage.ShrunkShares  # what is drawn, with its local weight
    design_effect: FloatArray
    city_design_effect: FloatArray  # of each theme: what trends of few sessions and emerging needs take
    effective_size: FloatArray
    reliability: TextArray  # A, B, C, X or 0
    class_index: IntArray  # of the shrunk share, 1-5; 0 for X and 0: no colour


def estimate(
    sums: design_effect.SessionSums, *, city_design_effect: ArrayLike | None = None, zones: ArrayLike | None = None
) -> Estimates:
    """Estimate the shares of all places of a level.

    Parameters
    ----------
    sums : SessionSums
        Axis 0 is places: all of the city, because what places are drawn to, and how far, comes from all of them. Who
        may see a part gets a part of the answer, and not the answer of a part.
    city_design_effect : array, broadcast against the sums; optional
        Of each theme, when it is known from more than these sums: of a longer period.
    zones : array of int, shape (places,); optional
        See `shrinkage.shrink`.

    Raises
    ------
    ImpossibleCounts
        If the sums are those of no sessions.
    """
    _, n, c, *_ = sums.arrays()
    of_city = floats(
        design_effect.city_design_effect(sums) if city_design_effect is None else city_design_effect,
        "city_design_effect",
    )
    effect = design_effect.design_effect(sums, city=of_city)
    size = design_effect.effective_size(n, effect)
    share = shares.direct_share(c, n)
    interval = intervals.wilson(share, size)
    # By the effect of the theme: errors are the same with that of the place, which is the more uncertain one.
    shrunk = shrinkage.shrink(c / of_city, n / of_city, zones=zones)
    classes = reliability.reliability(n, size, interval)
    return Estimates(
        conversations=n,
        mentions=c,
        share=share,
        interval=interval,
        shrunk=shrunk,
        design_effect=effect,
        city_design_effect=np.broadcast_to(of_city, n.shape),
        effective_size=size,
        reliability=classes,
        class_index=breaks.class_index(shrunk.share, shown=reliability.has_value(classes)),
    )
