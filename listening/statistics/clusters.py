"""Candidate clusters: neighbouring places whose shares are high, or low, together. A layer for analysts.

Pure. Runs on empirical-Bayes shares only: raw counts show where staff went, and gave a cluster in half of the maps in
which there was none. What it finds is a reason to listen more there, and is not called a hot spot.
Heavy: esda brings pandas, geopandas and scikit-learn. No other module of this package imports it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from esda import G_Local, Moran_Local, fdr
from libpysal.graph import Graph
from numpy.typing import ArrayLike

from listening.statistics.arrays import BoolArray, FloatArray, ImpossibleCounts, IntArray, TextArray, part_of

Quadrant = Literal["HH", "LH", "LL", "HL", ""]

# esda numbers the quadrants of Moran's scatterplot 1 to 4: own value first, then that of the neighbours.
QUADRANTS: Final = np.array(["", "HH", "LH", "LL", "HL"])

PERMUTATIONS = 9_999
SEED = 20_260_101  # fixed: the same map twice has the same clusters
ALPHA = 0.05
# With fewer a permutation has next to nothing to permute.
FEWEST_PLACES = 8


class NotNeighbours(ValueError):
    """Pairs of neighbours that name no two places."""


class TooFewPermutations(ValueError):
    """With so few permutations no place alone could ever be found: 1 / (permutations + 1) > alpha / places."""

    def __init__(self, permutations: int, places: int, alpha: float) -> None:
        needed = int(np.ceil(places / alpha)) - 1
        super().__init__(
            f"{permutations} permutations are too few for {places} places at {alpha:g}; at least {needed} are needed."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Local statistics of one map, arrays of shape (places,)."""

    gi_z: FloatArray  # of Gi*, the place and its neighbours; 0 where it was not tested
    gi_p: FloatArray  # one-sided, by permutation; 1 where it was not tested
    is_high: BoolArray  # candidate cluster of high shares, after control of false discoveries
    is_low: BoolArray
    lisa_p: FloatArray  # of local Moran, one-sided; 1 where it was not tested
    quadrant: TextArray  # of those that local Moran finds: HH, LL, and the outliers HL, LH; else empty
    is_tested: BoolArray  # False without neighbours, without a known share, or when all shares are equal
    permutations: int
    seed: int


def find_clusters(
    share: ArrayLike,
    pairs: ArrayLike,
    *,
    known: BoolArray | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
    alpha: float = ALPHA,
) -> Clusters:
    """Find places that are high, or low, together with their neighbours.

    Parameters
    ----------
    share : array, shape (places,), 0-1
        Empirical-Bayes shares of one theme (`shrinkage.shrink`).
    pairs : array of int, shape (pairs, 2)
        Positions of places that touch, in a side or a corner (queen contiguity); each pair once, or both ways round.
    known : array of bool, shape (places,); optional
        Where False the place is left out and its neighbours lose it: nobody listened there, and its share is but the
        mean.
    permutations, seed, alpha
        Of the conditional permutations, and of the false discoveries among what is found.

    Returns
    -------
    Clusters

    Raises
    ------
    NotNeighbours
        If a pair names a place twice, or one that is not there.
    TooFewPermutations
        If 1 / (permutations + 1) > alpha / places: with 999 permutations and 90 places no lone place could be found.

    Notes
    -----
    Gi* takes binary weights, with the place itself: esda's z is wrong with weights that were made to sum to 1. Both
    p-values are one-sided, in the direction of the deviation. Where fewer than FEWEST_PLACES places remain, nothing is
    tested.
    Shares of few conversations are near the mean, so clusters are found where there was listening: in a trial with a
    true cluster of seven areas, 68 % of the maps showed a part of it, and 27 % of its areas.

    References
    ----------
    Ord and Getis, "Local spatial autocorrelation statistics", Geographical Analysis 27 (1995), 286-306.
    Anselin, "Local indicators of spatial association", Geographical Analysis 27 (1995), 93-115.
    Caldas de Castro and Singer, "Controlling the false discovery rate", Geographical Analysis 38 (2006), 180-208.
    """
    y, _ = part_of(share, 1.0, names=("share", "whole"))
    if y.ndim != 1:
        raise ImpossibleCounts(f"share has {y.ndim} dimensions; clusters are found in the map of one theme.")
    focal, neighbour = _both_ways(pairs, len(y))
    usable = np.ones(len(y), dtype=np.bool_) if known is None else np.asarray(known, dtype=np.bool_)
    inside = usable[focal] & usable[neighbour]
    focal, neighbour = focal[inside], neighbour[inside]
    tested = np.zeros(len(y), dtype=np.bool_)
    tested[focal] = True
    places = int(tested.sum())
    if places < FEWEST_PLACES or np.ptp(y[tested]) < 1e-12:
        nothing, untested = np.zeros(len(y), dtype=np.bool_), np.ones(len(y))
        return Clusters(
            np.zeros(len(y)), untested, nothing, nothing, untested, np.full(len(y), ""), nothing, permutations, seed
        )
    if 1 / (permutations + 1) > alpha / places:
        raise TooFewPermutations(permutations, places, alpha)

    number = np.cumsum(tested) - 1
    graph = Graph.from_arrays(number[focal], number[neighbour], np.ones(len(focal)))
    # A place that touches all others has nothing to stand out from: its z is 0 / 0.
    with _one_sided_p_values(), np.errstate(divide="ignore", invalid="ignore"):
        drawn = {"permutations": permutations, "seed": seed, "n_jobs": 1, "keep_simulations": False}
        gi = G_Local(y[tested], graph, transform="B", star=True, **drawn)
        moran = Moran_Local(y[tested], graph, **drawn)

    def spread(values: FloatArray, otherwise: float) -> FloatArray:
        whole = np.full(len(y), otherwise)
        whole[tested] = values
        return whole

    apart = np.isfinite(gi.Zs)
    z, p = np.where(apart, gi.Zs, 0.0), np.where(apart, gi.p_sim, 1.0)
    gi_z, gi_p, lisa_p = spread(z, 0.0), spread(p, 1.0), spread(moran.p_sim, 1.0)
    found = tested & (gi_p <= fdr(p, alpha))
    quadrant = np.full(len(y), "", dtype=QUADRANTS.dtype)
    quadrant[tested] = np.where(moran.p_sim <= fdr(moran.p_sim, alpha), QUADRANTS[moran.q.astype(int)], "")
    return Clusters(gi_z, gi_p, found & (gi_z > 0), found & (gi_z < 0), lisa_p, quadrant, tested, permutations, seed)


def _both_ways(pairs: ArrayLike, places: int) -> tuple[IntArray, IntArray]:
    """Focal places and their neighbours, each pair both ways and once, in the order of the focal places."""
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    if ((ends < 0) | (ends >= places)).any():
        raise NotNeighbours(f"The pairs name place {ends.max()} or {ends.min()}; there are 0 to {places - 1}.")
    if (ends[:, 0] == ends[:, 1]).any():
        raise NotNeighbours(f"Place {ends[ends[:, 0] == ends[:, 1]][0, 0]} is paired with itself.")
    both = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)
    return both[:, 0], both[:, 1]


@contextmanager
def _one_sided_p_values() -> Iterator[None]:
    """esda announces that its p-values will become two-sided; a test will tell when they do."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The alternative hypothesis", category=DeprecationWarning)
        yield
