"""Where to listen next: conversations a place should have, those it lacks, and who gets the next sessions.

Pure and deterministic: the same figures give the same proposal, so that it can be explained.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import FloatArray, ImpossibleCounts, IntArray, floats
from listening.statistics.intervals import LEVEL, normal_quantile
from listening.statistics.reliability import FEWEST_EFFECTIVE

# Between equal (0) and proportional (1) to the population: every place can be read, and large ones more exactly.
POWER = 0.5


def conversations_needed(
    *, half_width: float = 0.10, share: float = 0.2, design_effect: float = 1.5, level: float = LEVEL
) -> float:
    """Conversations after which the interval of a share is about +- half_width: z^2 r (1 - r) deff / h^2.

    With the defaults 65, in a place and period.

    Raises
    ------
    ValueError
        Unless the half width and the level lie between 0 and 1.
    ImpossibleCounts
        If the share exceeds 1.

    References
    ----------
    Cochran, *Sampling Techniques* (Wiley, 3rd ed. 1977), section 4.4, times the design effect.
    """
    if not 0 < half_width < 1:
        raise ValueError(f"{half_width:g} is no half width of a share; it lies between 0 and 1.")
    if not 0 <= share <= 1:
        raise ImpossibleCounts(f"{share:g} is not a share.")
    return normal_quantile(level) ** 2 * share * (1 - share) * design_effect / half_width**2


def targets(
    population: ArrayLike, *, affordable: float, vulnerability: ArrayLike = 0.0, floor: float = FEWEST_EFFECTIVE
) -> FloatArray:
    """Conversations each place should have in a year.

    Parameters
    ----------
    population : array, shape (places,)
        Residents; 0 where unknown.
    affordable : float
        Conversations that the city can hold in a year.
    vulnerability : array, >= 0, shape (places,)
        0 as the city, 1 doubles the weight.
    floor : float
        Fewer say nothing of a place.

    Returns
    -------
    FloatArray, shape (places,)
        max(floor, affordable * w / sum w), w = population^POWER * (1 + vulnerability). With many small places the floor
        makes the sum exceed what is affordable: the deficits then rank the places, and are not a plan that can be met.

    References
    ----------
    Bankier, "Power allocations: determining sample sizes for subnational areas", American Statistician 42 (1988),
    174-177.
    """
    weight = floats(population, "population") ** POWER * (1 + floats(vulnerability, "vulnerability"))
    total = weight.sum()
    proportional = weight * (float(affordable) / total) if total > 0 else np.zeros(weight.shape)
    return np.maximum(floor, proportional)


def deficits(target: ArrayLike, conversations: ArrayLike) -> FloatArray:
    """Conversations that a place lacks: max(0, target - those of the last four quarters)."""
    return np.maximum(0.0, floats(target, "target") - floats(conversations, "conversations"))


def allocate(deficit: ArrayLike, sessions: int, *, most: ArrayLike | None = None) -> IntArray:
    """Divide sessions among places in proportion to what they lack, in whole numbers.

    Parameters
    ----------
    deficit : array, shape (places,)
    sessions : int
        That can be held in the quarter.
    most : array of int, shape (places,); optional
        Sessions that a place can hold at most: of its venues. No limit, when left out.

    Returns
    -------
    IntArray, shape (places,)
        The sum is `sessions`, less what no place that lacks anything has room for; places that lack nothing get none.

    Raises
    ------
    ImpossibleCounts
        If a number is negative.

    Notes
    -----
    Hare quotas and largest remainders; of equal remainders the larger deficit goes first, then the earlier place. Where
    a place reaches its limit, what is left over is divided among the others in the same way, so there are at most as
    many rounds as places.
    """
    lack = floats(deficit, "deficit")
    room = (
        np.full(lack.shape, float(sessions))
        if most is None
        else np.floor(np.broadcast_to(floats(most, "most"), lack.shape))
    )
    floats(sessions, "sessions")
    given = np.zeros(lack.shape)
    left = float(sessions)
    waiting = (lack > 0) & (room > 0)
    while left > 0 and waiting.any():
        share = np.where(waiting, lack, 0.0)
        exact = left * (share / share.sum())
        over = waiting & (given + exact >= room)
        if over.any():
            # Who would pass the limit gets the limit; the others are reckoned anew from what is left.
            left -= float((room - given)[over].sum())
            given[over] = room[over]
            waiting = waiting & ~over
            continue
        whole = np.floor(exact + 1e-9)
        remainder = np.where(waiting, np.round(exact - whole, 9), -1.0)
        order = np.lexsort((np.arange(len(lack)), -lack, -remainder))
        whole[order[: round(left - whole.sum())]] += 1
        given += whole
        left = 0.0
    return given.astype(np.int64)
