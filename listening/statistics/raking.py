"""Raking: weights with which those who spoke have the ages, genders and citizenships of those who live in the city.

Pure. For the city or a district, never for a place. A weighted share stands beside the unweighted one and does not
replace it: weights cannot mend bands that were never met, nor make those who spoke like those who did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import FloatArray, IntArray, floats, ratio
from listening.statistics.coverage import MOST_UNRECORDED

FEWEST_OF_A_BAND = 20  # persons; smaller bands are merged
LEAST_WEIGHT, MOST_WEIGHT = 0.2, 5.0  # times the mean
FEWEST_EFFECTIVE = 100  # conversations, after weighting
LEAST_RATIO = 0.1  # representation ratio of a merged band
TOLERANCE = 1e-6  # of shares
MOST_SWEEPS = 500  # over all margins, before each trimming
MOST_TRIMMINGS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """Residents by band of one variable."""

    variable: str
    residents: ArrayLike  # shape (bands,), counts of a census or register
    is_ordered: bool = False  # as age is: a small band is merged with a neighbour, not with just any
    bands: Sequence[str] = ()  # their names, for messages; numbers from 0 when left out


class MarginsDisagree(ValueError):
    """The margins of two variables do not sum to the same number of residents."""

    def __init__(self, variable: str, total: float, other: str, other_total: float) -> None:
        super().__init__(
            f"The margin of {variable} sums to {total:,.0f} residents, that of {other} to {other_total:,.0f}; "
            "both must be of the same residents."
        )
        self.variable, self.total, self.other, self.other_total = variable, total, other, other_total


class NotAMargin(ValueError):
    """A margin without residents, or whose bands are not those of the conversations."""


class WeightsRefused(ValueError):
    """Weights that would pretend more than those who spoke can say.

    `reason` is *unrecorded*, *band* or *effective-size*.
    """

    def __init__(self, reason: Literal["unrecorded", "band", "effective-size"], detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A weight for each conversation, and what weighting costs."""

    weights: FloatArray  # shape (conversations,), mean 1, LEAST_WEIGHT to MOST_WEIGHT
    groups: Mapping[str, IntArray]  # for each variable the group that each band was merged into; shape (bands,)
    shares_before: Mapping[str, FloatArray]  # of persons by band, unweighted; shape (bands,)
    shares_after: Mapping[str, FloatArray]  # weighted
    largest_gap: float  # between a weighted share of a group and that of residents, 0-1
    sweeps: int
    converged: bool  # largest_gap <= TOLERANCE; trimming may prevent it
    design_effect: float  # 1 + cv^2 of the weights
    effective_size: float  # (sum w)^2 / sum w^2

    def share(self, mentions: ArrayLike) -> FloatArray:
        """Weighted share of the conversations that mention a theme; `mentions` is 0 or 1, (conversations, themes)."""
        mentioned = np.asarray(mentions, dtype=np.float64)
        result: FloatArray = np.tensordot(self.weights, mentioned, axes=1) / self.weights.sum()
        return result


def rake(
    persons: Mapping[str, ArrayLike],
    margins: Sequence[Margin],
    *,
    tolerance: float = 1e-3,
) -> Weights:
    """Weigh conversations so that the persons in them have the margins of the residents.

    Parameters
    ----------
    persons : mapping of variable to array of counts, shape (conversations, bands)
        Persons of each band in each conversation. A conversation with one person has one 1 in its row; one whose bands
        were not recorded has zeros.
    margins : sequence of Margin
        One for each variable that is raked.
    tolerance : float
        Relative difference up to which totals of margins count as the same: a register rounds and perturbs.

    Returns
    -------
    Weights

    Raises
    ------
    MarginsDisagree
        If the margins do not sum to the same number of residents.
    NotAMargin
        If a margin has no residents, or other bands than the conversations.
    WeightsRefused
        If more than MOST_UNRECORDED of the conversations have no band of a variable; if a band, after merging, has a
        representation ratio below LEAST_RATIO; if fewer than FEWEST_EFFECTIVE conversations would remain.

    Notes
    -----
    1. Bands with fewer than FEWEST_OF_A_BAND persons, or without residents, are merged: with the smaller neighbour of
       an ordered variable, else with the smallest other band.
    2. Margin after margin, each person's weight is multiplied by residents' share / weighted share of the group; the
       weight of a conversation is the mean of its members' weights. With one person each this is raking (iterative
       proportional fitting); with groups it is the update of expectation maximisation, with the same fixed point.
       Conversations without a recorded band keep their weight in that step.
    3. Weights are trimmed to LEAST_WEIGHT to MOST_WEIGHT times the mean, and raked again, until both hold.

    References
    ----------
    Deming and Stephan, "On a least squares adjustment of a sampled frequency table", Annals of Mathematical Statistics
    11 (1940), 427-444. Kish, "Weighting for unequal P_i", Journal of Official Statistics 8 (1992), 183-200: the design
    effect of weights. Vardi and Lee, JRSS B 55 (1993), 569-612: the update with groups.
    """
    met = {margin.variable: _persons_of(persons, margin) for margin in margins}
    if len({len(counts) for counts in met.values()}) != 1:
        rows = ", ".join(f"{variable}: {len(counts)}" for variable, counts in met.items()) or "no margin at all"
        raise NotAMargin(f"Each variable has one row for each conversation; there are {rows}.")
    _check_totals(margins, tolerance)
    groups, steps = {}, []
    for margin in margins:
        counts, residents = met[margin.variable], floats(margin.residents, f"margin of {margin.variable}")
        _check_recorded(margin.variable, counts)
        group = merged_bands(counts.sum(axis=0), residents, is_ordered=margin.is_ordered)
        member = (group[:, np.newaxis] == np.arange(group.max() + 1)).astype(np.float64)
        target = (residents @ member) / residents.sum()
        _check_met(margin, counts.sum(axis=0) @ member, target, group)
        groups[margin.variable] = group
        steps.append((counts @ member, target))

    conversations = len(next(iter(met.values())))
    weights, sweeps = _raked_and_trimmed(np.ones(conversations), steps)
    gap = _largest_gap(weights, steps)
    squares = float((weights**2).sum())
    size = float(weights.sum()) ** 2 / squares if squares else 0.0
    if size < FEWEST_EFFECTIVE:
        raise WeightsRefused(
            "effective-size",
            f"Weighted, {conversations} conversations say as much as {size:.0f}; it takes {FEWEST_EFFECTIVE}.",
        )
    return Weights(
        weights=weights,
        groups=groups,
        shares_before={variable: _group_shares(np.ones(conversations), counts) for variable, counts in met.items()},
        shares_after={variable: _group_shares(weights, counts) for variable, counts in met.items()},
        largest_gap=gap,
        sweeps=sweeps,
        converged=gap <= TOLERANCE,
        design_effect=conversations / size,
        effective_size=size,
    )


def merged_bands(
    persons: ArrayLike, residents: ArrayLike, *, is_ordered: bool, fewest: int = FEWEST_OF_A_BAND
) -> IntArray:
    """For each band the number of the group it belongs to, so that each group has enough persons and some residents.

    Parameters
    ----------
    persons, residents : array of counts, shape (bands,)
    is_ordered : bool
        Whether only neighbours may be merged.
    fewest : int
        Persons of a group.

    Returns
    -------
    IntArray, shape (bands,)
        Groups are numbered from 0, by their first band. One group is left when all persons together are too few.
    """
    counts, living = floats(persons, "persons"), floats(residents, "residents")
    groups = [[band] for band in range(len(counts))]
    while len(groups) > 1:
        size = [counts[group].sum() for group in groups]
        small = [i for i, group in enumerate(groups) if size[i] < fewest or living[group].sum() == 0]
        if not small:
            break
        i = min(small, key=lambda i: size[i])
        others = [j for j in (i - 1, i + 1) if 0 <= j < len(groups)] if is_ordered else range(len(groups))
        j = min((j for j in others if j != i), key=lambda j: size[j])
        groups = sorted([*(g for k, g in enumerate(groups) if k not in (i, j)), sorted(groups[i] + groups[j])])
    number = np.empty(len(counts), dtype=np.int64)
    for i, group in enumerate(groups):
        number[group] = i
    return number


Step = tuple[FloatArray, FloatArray]  # persons by group in each conversation, and the shares of residents


def _raked_and_trimmed(weights: FloatArray, steps: Sequence[Step]) -> tuple[FloatArray, int]:
    sweeps = 0
    for _ in range(MOST_TRIMMINGS):
        for _ in range(MOST_SWEEPS):
            if _largest_gap(weights, steps) <= TOLERANCE / 10:
                break
            sweeps += 1
            for counts, target in steps:
                weights = weights * _factors(weights, counts, target)
        trimmed = _trimmed(weights)
        settled = np.allclose(trimmed, _of_mean_one(weights), rtol=0, atol=TOLERANCE)
        weights = trimmed
        if settled:
            break
    return weights, sweeps


def _of_mean_one(weights: FloatArray) -> FloatArray:
    return ratio(weights * len(weights), weights.sum(), otherwise=1.0)


def _trimmed(weights: FloatArray) -> FloatArray:
    """Weights of mean 1 within the limits; clipping moves the mean, and so the limits, a little less each time."""
    for _ in range(MOST_TRIMMINGS):
        scaled = _of_mean_one(weights)
        weights = np.clip(scaled, LEAST_WEIGHT, MOST_WEIGHT)
        if np.array_equal(weights, scaled):
            break
    return _of_mean_one(weights)


def _factors(weights: FloatArray, counts: FloatArray, target: FloatArray) -> FloatArray:
    """For each conversation the mean over its persons of target / weighted share; 1 where none is recorded."""
    factor = ratio(target, _group_shares(weights, counts), otherwise=1.0)
    return ratio(counts @ factor, counts.sum(axis=1), otherwise=1.0)


def _group_shares(weights: FloatArray, counts: FloatArray) -> FloatArray:
    weighted = weights @ counts
    return ratio(weighted, weighted.sum(), otherwise=0.0)


def _largest_gap(weights: FloatArray, steps: Sequence[Step]) -> float:
    return max((float(np.abs(_group_shares(weights, c) - target).max()) for c, target in steps), default=0.0)


def _persons_of(persons: Mapping[str, ArrayLike], margin: Margin) -> FloatArray:
    residents = floats(margin.residents, f"margin of {margin.variable}")
    if residents.sum() == 0:
        raise NotAMargin(f"The margin of {margin.variable} has no residents.")
    if margin.variable not in persons:
        raise NotAMargin(f"There is a margin of {margin.variable}, and no persons by {margin.variable}.")
    counts = floats(persons[margin.variable], f"persons by {margin.variable}")
    if counts.ndim != 2 or counts.shape[1] != len(residents):
        raise NotAMargin(
            f"Persons by {margin.variable} have the shape {counts.shape}; the margin has {len(residents)} bands."
        )
    return counts


def _check_totals(margins: Sequence[Margin], tolerance: float) -> None:
    totals = [float(np.sum(floats(margin.residents, margin.variable))) for margin in margins]
    for margin, total in zip(margins[1:], totals[1:], strict=True):
        if abs(total - totals[0]) > tolerance * max(total, totals[0]):
            raise MarginsDisagree(margin.variable, total, margins[0].variable, totals[0])


def _check_recorded(variable: str, counts: FloatArray) -> None:
    without = float((counts.sum(axis=1) == 0).mean()) if len(counts) else 1.0
    if without > MOST_UNRECORDED:
        raise WeightsRefused(
            "unrecorded", f"{without:.0%} of the conversations have no {variable}; at most {MOST_UNRECORDED:.0%} may."
        )


def _check_met(margin: Margin, persons: FloatArray, target: FloatArray, group: IntArray) -> None:
    representation = ratio(persons, persons.sum() * target, otherwise=1.0)
    worst = int(representation.argmin())
    if representation[worst] < LEAST_RATIO:
        names = margin.bands or [str(band) for band in range(len(group))]
        bands = ", ".join(names[int(band)] for band in np.flatnonzero(group == worst))
        raise WeightsRefused(
            "band",
            f"{margin.variable}, band {bands}: {persons[worst]:.0f} persons are {representation[worst]:.2f} of what "
            f"residents would give; weights cannot speak for those who were not met.",
        )
