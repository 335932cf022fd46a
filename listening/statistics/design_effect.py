"""Design effect: how much less a conversation tells because others at the same table said the same.

Conversations of one session share the place, the hour and the listener. Their variance is that of their sessions, not
that of as many strangers. Pure: takes sums over sessions, so that no session has to leave the database.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from listening.statistics.arrays import FloatArray, ImpossibleCounts, floats, ratio

# Of fewer sessions a variance between them is not to be had; the theme's effect in the whole city is taken.
FEWEST_SESSIONS = 10
# Below 1 is chance: nobody arranges that people at one table disagree. Above 5 it is a session or two that rule it.
LEAST, MOST = 1.0, 5.0
# Where even the whole city has too few sessions. Not 1: not to know it must not narrow an interval.
ASSUMED = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class SessionSums:
    """Sums over the sessions s of a place, for each theme: all that the variance of a share needs.

    With n_s the conversations held in session s in the place, and c_s those of them that mention the theme. Arrays
    broadcast against each other; those that no theme changes (`sessions`, `conversations`, `conversations_squared`)
    may be columns of shape (places, 1) beside (places, themes).

    A conversation outside any session is a session of its own: it adds 1 to `sessions` and `conversations_squared`,
    and c to the others.

    Raises
    ------
    ImpossibleCounts
        If a sum is negative or not finite, or mentions exceed conversations.
    """

    sessions: ArrayLike  # S: those with at least one conversation in the place, whether or not the theme came up
    conversations: ArrayLike  # n = sum n_s
    mentions: ArrayLike  # c = sum c_s
    mentions_squared: ArrayLike  # sum c_s^2
    products: ArrayLike  # sum c_s n_s
    conversations_squared: ArrayLike  # sum n_s^2

    def arrays(self) -> tuple[FloatArray, ...]:
        """The six sums as float64 of one shape, in the order of the fields."""
        arrays = tuple(np.broadcast_arrays(*(floats(getattr(self, name), name) for name in self.__dataclass_fields__)))
        _, n, c, cc, cn, nn = arrays
        wrong = (c > n) | (cc > cn) | (cn > nn) | (cc < c)
        if wrong.any():
            at = tuple(int(axis[0]) for axis in np.nonzero(wrong))
            raise ImpossibleCounts(
                f"At {at}: mentions {c[wrong][0]:g} of {n[wrong][0]:g} conversations, with the sums of squares and "
                f"products {cc[wrong][0]:g}, {cn[wrong][0]:g}, {nn[wrong][0]:g}: these ascend in any real sessions."
            )
        return arrays


def share_variance(sums: SessionSums) -> FloatArray:
    """Variance of a share, linearised over sessions: V = S / (S - 1) * sum_s (c_s - r n_s)^2 / n^2, with r = c / n.

    Returns
    -------
    FloatArray
        0 where there are fewer than two sessions: `design_effect` does not use it there.

    Notes
    -----
    The sum is sum c_s^2 - 2 r sum c_s n_s + r^2 sum n_s^2. It is that of a ratio of two totals with sessions as
    clusters drawn with replacement.

    References
    ----------
    Cochran, *Sampling Techniques* (Wiley, 3rd ed. 1977), section 9A.1 (clusters of unequal sizes, ratio estimate).
    """
    s, n, c, cc, cn, nn = sums.arrays()
    return ratio(_scatter(s, n, c, cc, cn, nn), n**2, otherwise=0.0)


def city_design_effect(sums: SessionSums) -> FloatArray:
    """Design effect of each theme in the whole city: the scatter of sessions within places, over all places.

    Parameters
    ----------
    sums : SessionSums
        Axis 0 is places; give all of the city that there are.

    Returns
    -------
    FloatArray, shape (themes,), LEAST to MOST
        ASSUMED where the places hold fewer than FEWEST_SESSIONS sessions beside their first one, or where
        nobody, or everybody, mentions the theme.

    Notes
    -----
    Within places, because that places differ is what the map is to show: a scatter around the city's share would count
    it as an effect of tables. With A = sum of the scatters, B = sum n r (1 - r), K places and N conversations in
    them, the estimate is R / (1 + R K / N) with R = A / B: r is estimated in each place, so B comes out too small,
    by about K times the design effect out of N.
    """
    s, n, c, cc, cn, nn = sums.arrays()
    usable = s >= 2
    scatter = np.where(usable, _scatter(s, n, c, cc, cn, nn), 0.0).sum(axis=0)
    r = ratio(c, n, otherwise=0.0)
    binomial = np.where(usable, n * r * (1 - r), 0.0).sum(axis=0)
    places, conversations = usable.sum(axis=0), np.where(usable, n, 0.0).sum(axis=0)
    beside_first = np.where(usable, s - 1, 0.0).sum(axis=0)
    raw = ratio(scatter, binomial, otherwise=0.0)
    corrected = raw / (1 + raw * ratio(places, conversations, otherwise=0.0))
    known = (beside_first >= FEWEST_SESSIONS) & (binomial > 0)
    return np.where(known, np.clip(corrected, LEAST, MOST), ASSUMED)


def design_effect(sums: SessionSums, *, city: ArrayLike | None = None) -> FloatArray:
    """Variance of a share over that of as many independent conversations: deff = V / (r (1 - r) / n).

    Parameters
    ----------
    sums : SessionSums
        Axis 0 is places.
    city : array, broadcast against the sums; optional
        The design effect of each theme in the whole city, for places with fewer than FEWEST_SESSIONS sessions and for
        shares of 0 or 1. Left out, it is computed from these sums: right only when they are of all places.

    Returns
    -------
    FloatArray, LEAST to MOST

    References
    ----------
    Kish, *Survey Sampling* (Wiley, 1965), section 8.2.
    """
    arrays = sums.arrays()
    s, n, c, *_ = arrays
    r = ratio(c, n, otherwise=0.0)
    instead = np.broadcast_to(city_design_effect(sums) if city is None else floats(city, "city"), s.shape)
    binomial = n * r * (1 - r)
    own = np.clip(ratio(_scatter(*arrays), binomial, otherwise=0.0), LEAST, MOST)
    return np.where((s >= FEWEST_SESSIONS) & (binomial > 0), own, np.clip(instead, LEAST, MOST))


def pooled_design_effect(effects: ArrayLike, share: ArrayLike) -> FloatArray:
    """One design effect for all bands of a variable: the sum of their variances over what strangers would give.

    Parameters
    ----------
    effects : array, >= 1, shape (..., bands)
        Design effect of the share of each band.
    share : array, 0-1, shape (..., bands)

    Returns
    -------
    FloatArray, shape (...) or (1,)
        The mean of the effects, weighted by r (1 - r); the plain mean where all are of one band.
    """
    own, r = np.broadcast_arrays(floats(effects, "effects"), floats(share, "share"))
    spread = r * (1 - r)
    plain = own.mean(axis=-1)
    return np.where(
        spread.sum(axis=-1) > 0,
        ratio((own * spread).sum(axis=-1), spread.sum(axis=-1), otherwise=LEAST).reshape(plain.shape),
        plain,
    )


def effective_size(conversations: ArrayLike, design_effect: ArrayLike) -> FloatArray:
    """How many independent conversations would tell as much: n / deff.

    Raises
    ------
    ImpossibleCounts
        If a design effect is below 1.
    """
    deff = floats(design_effect, "design_effect")
    if (deff < LEAST).any():
        raise ImpossibleCounts(f"design_effect holds {deff.min():g}; it is {LEAST:g} or more.")
    return floats(conversations, "conversations") / deff


def _scatter(s: FloatArray, n: FloatArray, c: FloatArray, cc: FloatArray, cn: FloatArray, nn: FloatArray) -> FloatArray:
    """S / (S - 1) * sum_s (c_s - r n_s)^2; 0 for fewer than two sessions."""
    r = ratio(c, n, otherwise=0.0)
    # A difference of large numbers: rounding may leave it just below 0.
    squares = np.maximum(cc - 2 * r * cn + r**2 * nn, 0.0)
    return np.where(s >= 2, ratio(s, s - 1, otherwise=0.0) * squares, 0.0)
