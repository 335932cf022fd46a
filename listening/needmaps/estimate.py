"""From counts to what they may claim: interval, empirical-Bayes share, how reliable, in which class.

Axis 0 of all arrays is places, the last one being what is in none of the map; axis 1 is themes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from listening.statistics import breaks, intervals, shares, shrinkage
from listening.statistics.arrays import FloatArray, IntArray, TextArray
from listening.statistics.design_effect import SessionSums, city_design_effect, design_effect, effective_size
from listening.statistics.intervals import Interval
from listening.statistics.reliability import has_value, reliability

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """What the counts of places and themes say; arrays of shape (places + 1, themes), `city_…` of (themes,)."""

    share: FloatArray
    interval: Interval
    shrunk: shrinkage.ShrunkShares
    deff: FloatArray
    n_eff: FloatArray
    reliability: TextArray
    location_quotient: FloatArray
    class_index: IntArray
    city_share: FloatArray
    city_deff: FloatArray
    city_interval: Interval


def estimate(held: Integers, mentioning: Integers, sums: SessionSums) -> Estimates:
    """Work out all measures of places and themes at once.

    `held` is (places + 1, 1), `mentioning` (places + 1, themes); the last place takes part in the city's figures alone:
    it is no place, and no share is drawn towards its neighbours.
    """
    city_deff = city_design_effect(sums)
    deff = design_effect(sums, city=city_deff)
    share = shares.direct_share(mentioning, held)
    n_eff = effective_size(held, deff)
    interval = intervals.wilson(share, n_eff)
    classes = reliability(held, n_eff, interval)
    # People at one table count as the fewer that they are, for the prior too.
    drawn = shrinkage.shrink(mentioning[:-1] / deff[:-1], held[:-1] / deff[:-1])
    shrunk = shrinkage.ShrunkShares(*(_with_last(getattr(drawn, name)) for name in drawn.__dataclass_fields__))
    city_share = shares.direct_share(mentioning.sum(axis=0), held.sum(axis=0))
    # The city's own size: its places were listened to apart from each other, so their scatter within is what counts.
    city_interval = intervals.wilson(
        city_share, effective_size(np.broadcast_to(held.sum(), city_share.shape), city_deff)
    )
    return Estimates(
        share=share,
        interval=interval,
        shrunk=shrunk,
        deff=deff,
        n_eff=n_eff,
        reliability=classes,
        location_quotient=shares.location_quotient(np.where(city_share > 0, shrunk.share, 0.0), city_share),
        class_index=breaks.class_index(shrunk.share, shown=has_value(classes)),
        city_share=city_share,
        city_deff=city_deff,
        city_interval=city_interval,
    )


def _with_last(values: NDArray[Any]) -> NDArray[Any]:
    """With a line of zeros for what is in no place."""
    return np.concatenate([values, np.zeros((1, *values.shape[1:]), values.dtype)])


def sums_over_occasions(
    occasions: Integers,
    held: Integers,
    mentioning: Integers,
    squares: Integers,
    crossed: Integers,
    held_squares: Integers,
) -> SessionSums:
    """The sums that design effects are worked out from; zero, which says nothing, where they do not belong together.

    A merge that takes the log in several goes has, between two of them, a conversation's themes before itself.
    """
    numbers = np.broadcast_arrays(occasions, held, mentioning, squares, crossed, held_squares)
    s, n, c, cc, cn, nn = numbers
    fit = (c >= 0) & (s >= 0) & (c <= n) & (c <= cc) & (cc <= cn) & (cn <= nn)
    return SessionSums(*(np.where(fit, one, 0) for one in numbers))
