"""Empirical-Bayes shares: what few conversations say, weighed against what the whole city says.

The share of a place with five conversations is mostly chance. It is drawn to a mean, the more the fewer conversations
there are and the more alike places are. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import BoolArray, FloatArray, part_of, ratio

# Limits of phi, the correlation of two conversations of one place: at the lower the mean counts as much as
# 999 conversations, at the upper as a ninth of one.
LEAST_PHI, MOST_PHI = 1e-3, 0.9


@dataclass(frozen=True, slots=True, eq=False)
class ShrunkShares:
    """Beta-binomial empirical-Bayes shares, arrays of shape (places,) or (places, themes)."""

    share: FloatArray  # 0-1, between the direct share and the prior mean
    local_weight: FloatArray  # B = n / (n + M), 0-1: how much of the share is the place's own; 0 where nobody listened
    prior_mean: FloatArray  # what the share is drawn to: of the city, or of the zone
    prior_size: FloatArray  # M: the mean weighs as many conversations; constant over places
    is_known: BoolArray  # False where nobody listened anywhere: the shares are 0 and mean nothing


def shrink(mentions: ArrayLike, conversations: ArrayLike, *, zones: ArrayLike | None = None) -> ShrunkShares:
    """Draw the shares of places towards the share of the city, or of their zone.

    Parameters
    ----------
    mentions, conversations : array, shape (places,) or (places, themes)
        Counts; give both divided by the design effect. What is left of the error of direct shares is then 16 %, instead
        of 19 % with plain counts (deff = 2). `conversations` may be (places, 1).
    zones : array of int, shape (places,); optional
        For each place the number of its zone. The prior mean is then the share of the zone, itself drawn towards that
        of the city.

    Returns
    -------
    ShrunkShares
        Where nobody listened in a place the share is the prior mean, with a local weight of 0.

    Raises
    ------
    ImpossibleCounts
        If mentions exceed conversations, or a count is negative.
    ValueError
        If `zones` has another length than places.

    Notes
    -----
    phi is the moment estimator of Kleinman, over places with conversations:
    S = sum n (r - mu)^2; phi = (S - mu (1 - mu) (K - 1)) / (mu (1 - mu) (N - sum n^2 / N - (K - 1))); M = 1 / phi - 1.
    With zones the sums are taken around the share of each zone, and K - 1 becomes K - 1 for each zone.
    One place alone, shares that are all equal, or one conversation per place show no difference between places; phi is
    then LEAST_PHI.
    It misleads where places differ in two sorts, many low and a few very high: those few are drawn down too far.
    The interval that is shown beside the share is that of the direct share (`intervals.wilson`); that of the
    posterior takes M for certain, and held the truth in 82 to 87 % of the cases instead of 90 %.

    References
    ----------
    Kleinman, "Proportions with extraneous variance: single and independent samples", JASA 68 (1973), 46-54.
    """
    c, n = part_of(mentions, conversations)
    places = c.shape[0]
    group = np.zeros(places, dtype=np.int64) if zones is None else np.asarray(zones, dtype=np.int64)
    if group.shape != (places,):
        raise ValueError(f"zones has the shape {group.shape}; it holds one number for each of {places} places.")
    # One row per theme of places, however the themes are laid out.
    themes = int(np.prod(c.shape[1:]))  # not -1: there may be no places
    by_theme = c.reshape(places, themes), n.reshape(places, themes)
    member = (group[:, np.newaxis] == np.unique(group)).astype(np.float64)
    prior_mean = _mean(*by_theme)
    if zones is not None:
        zone_c, zone_n = (member.T @ counts for counts in by_theme)
        whole = np.ones((member.shape[1], 1))
        prior_mean = member @ _drawn(zone_c, zone_n, prior_mean, _prior_size(zone_c, zone_n, whole))[0]
    prior_size = _prior_size(*by_theme, member)
    share, weight = _drawn(*by_theme, prior_mean, prior_size)
    is_known = np.broadcast_to(by_theme[1].sum(axis=0) > 0, share.shape)
    prior_mean, prior_size = np.broadcast_to(prior_mean, share.shape), np.broadcast_to(prior_size, share.shape)
    return ShrunkShares(
        share=share.reshape(c.shape),
        local_weight=weight.reshape(c.shape),
        prior_mean=prior_mean.reshape(c.shape),
        prior_size=prior_size.reshape(c.shape),
        is_known=is_known.reshape(c.shape),
    )


def _mean(c: FloatArray, n: FloatArray) -> FloatArray:
    """The share over all rows; 0 where there are no conversations."""
    return ratio(c.sum(axis=0), n.sum(axis=0), otherwise=0.0)


def _drawn(
    c: FloatArray, n: FloatArray, prior_mean: FloatArray, prior_size: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The shares and their local weights."""
    weight = n / (n + prior_size)
    direct = ratio(c, n, otherwise=0.0)
    # Rounding must not carry a share past the two that it lies between.
    low, high = np.minimum(direct, prior_mean), np.maximum(direct, prior_mean)
    share = np.clip((c + prior_size * prior_mean) / (n + prior_size), low, high)
    return np.where(n > 0, share, prior_mean), weight


def _prior_size(c: FloatArray, n: FloatArray, member: FloatArray) -> FloatArray:
    """M of each theme, from the differences between the rows of each group; `member` is (rows, groups), 0 or 1."""
    group_n = member.T @ n
    group_mean = ratio(member.T @ c, group_n, otherwise=0.0)
    binomial = group_mean * (1 - group_mean)
    freedom = np.maximum(member.T @ (n > 0).astype(np.float64) - 1, 0.0)
    squares = (n * (ratio(c, n, otherwise=0.0) - member @ group_mean) ** 2).sum(axis=0)
    by_chance = (binomial * freedom).sum(axis=0)
    room = (binomial * (group_n - ratio(member.T @ n**2, group_n, otherwise=0.0) - freedom)).sum(axis=0)
    phi = np.where(room > 0, ratio(squares - by_chance, room, otherwise=0.0), LEAST_PHI)
    size: FloatArray = 1 / np.clip(phi, LEAST_PHI, MOST_PHI) - 1
    return size
