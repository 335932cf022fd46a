"""Coverage: how much was listened where, and whether those who spoke are like those who live there.

Pure. A map of needs is a map of who was asked; these figures stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import BoolArray, FloatArray, TextArray, floats, ratio
from listening.statistics.design_effect import effective_size
from listening.statistics.intervals import Interval, wilson

Flag = Literal["under", "over", ""]

UNDER: Final = "under"  # the interval of the representation ratio lies below four fifths
OVER: Final = "over"  # it lies above five fourths

# Four-fifths rule of the Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D (1978); and its inverse.
FOUR_FIFTHS = 0.8
FIVE_FOURTHS = 1.25
LEAST_RATE_RATIO = 0.5  # of the city's listening rate
LARGEST_EXCESS = 0.05  # of the dissimilarity over what chance gives
LEAST_PARITY = 0.5
MOST_UNRECORDED = 0.20  # of persons; above, no representation is told
FEWEST_PEOPLE: Final = 20  # of a known band in a place; with fewer, nothing is told of their bands


@dataclass(frozen=True, slots=True, eq=False)
class ListeningRate:
    """Persons listened to, against residents; arrays of shape (places,)."""

    per_1000: FloatArray  # persons per 1,000 residents; 0 where not known
    ratio: FloatArray  # to the rate of the city; 0 where not known
    is_low: BoolArray  # ratio < LEAST_RATE_RATIO
    is_known: BoolArray  # False without residents, or when nobody was listened to in the whole city


def listening_rate(persons: ArrayLike, population: ArrayLike) -> ListeningRate:
    """How many of the residents were listened to.

    Parameters
    ----------
    persons : array of counts, shape (places,)
        Persons spoken to in the place; large groups are capped before (10 per conversation).
    population : array of counts, shape (places,)
        Residents; 0 where unknown.

    Notes
    -----
    Persons are counted where they were met, residents where they live: a station has many of the one and few of the
    other. The rate may exceed 1,000.
    """
    met, residents = np.broadcast_arrays(floats(persons, "persons"), floats(population, "population"))
    city = float(ratio(met.sum(), residents.sum(), otherwise=0.0)[0])
    known = (residents > 0) & (city > 0)
    rate = np.where(known, ratio(met, residents, otherwise=0.0), 0.0)
    to_city = ratio(rate, city, otherwise=0.0)
    return ListeningRate(1000 * rate, to_city, known & (to_city < LEAST_RATE_RATIO), known)


@dataclass(frozen=True, slots=True, eq=False)
class Representation:
    """Bands of one variable among those who spoke, against residents. Bands are the last axis, places those before."""

    ratio: FloatArray  # RR = (n_g / n) / (N_g / N); 0 where not known
    interval: Interval  # of the ratio, 90 %; 0 to 0 where not known
    least: FloatArray  # the ratio if none of those not recorded were of the band
    most: FloatArray  # the ratio if all of them were
    flag: TextArray  # under, over, or empty
    is_known: BoolArray  # False where nobody was recorded, too many were not, or no residents are of the band
    unrecorded_share: FloatArray  # of persons, 0-1, without the axis of bands; 0 where nobody spoke


def representation(
    persons: ArrayLike, residents: ArrayLike, *, unrecorded: ArrayLike = 0.0, design_effect: ArrayLike = 1.0
) -> Representation:
    """Compare the bands of those who spoke with those of residents.

    Parameters
    ----------
    persons : array of counts, shape (..., bands)
        Persons listened to, by band (age, gender, ...), whose band is recorded.
    residents : array, shape (bands,) or (..., bands)
        Reference counts, of a census or register; only their shares matter.
    unrecorded : array of counts, shape (...)
        Persons whose band was not recorded.
    design_effect : array, >= 1, shape (...)
        Of the recorded persons: those met together are alike.

    Returns
    -------
    Representation
        Not known where more than MOST_UNRECORDED of the persons are not recorded: with so many unknown, any ratio could
        be their doing. `least` and `most` tell the range in any case.

    References
    ----------
    Wilson's interval of n_g / n on the effective number, divided by N_g / N, which is taken as exact.
    """
    met, reference = np.broadcast_arrays(floats(persons, "persons"), floats(residents, "residents"))
    missing = np.broadcast_to(floats(unrecorded, "unrecorded"), met.shape[:-1] or (1,)).reshape(met.shape[:-1])
    recorded = met.sum(axis=-1)
    missing_share = ratio(missing, recorded + missing, otherwise=0.0).reshape(missing.shape)
    total, known_size = recorded[..., np.newaxis], effective_size(recorded, design_effect)
    expected = _shares(reference)
    known = (expected > 0) & (total > 0) & (missing_share <= MOST_UNRECORDED)[..., np.newaxis]

    share = ratio(met, total, otherwise=0.0)
    own = wilson(share, known_size.reshape(recorded.shape)[..., np.newaxis])
    rr, low, high = (np.where(known, ratio(a, expected, otherwise=0.0), 0.0) for a in (share, own.low, own.high))
    everyone = total + missing[..., np.newaxis]
    least, most = (
        ratio(ratio(part, everyone, otherwise=0.0), expected, otherwise=0.0)
        for part in (met, met + missing[..., np.newaxis])
    )
    flag = np.select([known & (high < FOUR_FIFTHS), known & (low > FIVE_FOURTHS)], [UNDER, OVER], default="")
    return Representation(rr, Interval(low, high), least, most, flag.astype(np.str_), known, missing_share)


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """How far two distributions are apart as a whole; arrays without the axis of bands."""

    dissimilarity: FloatArray  # D = half the sum of the differences of shares: 0 alike, 1 apart
    by_chance: FloatArray  # D0: what D would be if each was as likely to be met; 1 where nobody was
    excess: FloatArray  # D - D0; 0 where not known
    is_uneven: BoolArray  # excess > LARGEST_EXCESS
    parity: FloatArray  # smallest representation ratio over the largest: 1 alike; 0 where not known
    is_unequal: BoolArray  # parity < LEAST_PARITY
    is_known: BoolArray  # False where nobody was met, or nobody lives


def balance(persons: ArrayLike, residents: ArrayLike, *, design_effect: ArrayLike = 1.0) -> Balance:
    """Compare the distribution of those who spoke with that of residents, over bands or over places.

    Parameters
    ----------
    persons : array of counts, shape (..., bands)
    residents : array, shape (bands,) or (..., bands)
    design_effect : array, >= 1, shape (...)

    Notes
    -----
    D is never 0 with few persons, even when they are drawn at random: D0 = sum sqrt(P (1 - P) / (2 pi n_eff)), from the
    mean absolute deviation of a normal variable. Bands in which nobody lives count for D and not for parity.

    References
    ----------
    Duncan and Duncan, "A methodological analysis of segregation indexes", American Sociological Review 20 (1955),
    210-217: the index. Winship, "A revaluation of indexes of residential segregation", Social Forces 55 (1977),
    1058-1066: its expectation under chance.
    """
    met, reference = np.broadcast_arrays(floats(persons, "persons"), floats(residents, "residents"))
    share, expected = _shares(met), _shares(reference)
    n = met.sum(axis=-1)
    size = effective_size(n, design_effect).reshape(n.shape)
    known = (n > 0) & (reference.sum(axis=-1) > 0)
    distance = np.where(known, np.abs(share - expected).sum(axis=-1) / 2, 0.0)
    spread = np.sqrt(expected * (1 - expected)).sum(axis=-1)
    chance = np.where(known, np.minimum(spread * np.sqrt(_over(1.0, 2 * np.pi * size)), 1.0), 1.0)
    excess = np.where(known, distance - chance, 0.0)
    rr = ratio(share, expected, otherwise=0.0)
    largest = rr.max(axis=-1, initial=0.0)
    smallest = np.where(expected > 0, rr, np.inf).min(axis=-1, initial=np.inf)
    parity = np.where(known & (largest > 0), _over(np.where(np.isfinite(smallest), smallest, 0.0), largest), 0.0)
    compared = known & (largest > 0)
    return Balance(
        distance, chance, excess, known & (excess > LARGEST_EXCESS), parity, compared & (parity < LEAST_PARITY), known
    )


def _shares(counts: FloatArray) -> FloatArray:
    """Shares along the last axis; 0 where their sum is 0."""
    return ratio(counts, counts.sum(axis=-1, keepdims=True), otherwise=0.0)


def _over(above: ArrayLike, below: FloatArray) -> FloatArray:
    """As `ratio`, with 0 for nothing, in the shape of the denominator even if it has none."""
    return ratio(above, below, otherwise=0.0).reshape(below.shape)
