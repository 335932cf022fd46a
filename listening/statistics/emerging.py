"""Emerging needs: themes that are mentioned far more often than the four quarters before would lead one to expect.

Pure. One meeting, or one enthusiastic listener, is not a need that emerges; so sessions and listeners are counted too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from listening.statistics.arrays import BoolArray, FloatArray, floats, part_of
from listening.statistics.design_effect import effective_size
from listening.statistics.false_discovery import RATE, adjusted
from listening.statistics.reliability import FEWEST_EFFECTIVE
from listening.statistics.tails import log_choose, spans, sums

FEWEST_SESSIONS = 3  # in which the theme was mentioned
FEWEST_LISTENERS = 2  # who heard it
JEFFREYS = 0.5  # mentions, and as many others, that are added to the baseline: it is never certain


@dataclass(frozen=True, slots=True, eq=False)
class EmergingNeeds:
    """Tests of the present quarter against the four before, arrays of the shape of the counts."""

    is_emerging: BoolArray
    p_value: FloatArray  # one-sided; 1 where not tested
    q_value: FloatArray  # adjusted over the family; 1 where not tested
    is_tested: BoolArray  # False where one of the periods has no conversations


def emerging(
    mentions: ArrayLike,
    conversations: ArrayLike,
    baseline_mentions: ArrayLike,
    baseline_conversations: ArrayLike,
    *,
    sessions: ArrayLike,
    listeners: ArrayLike,
    design_effect: ArrayLike = 1.0,
    family: BoolArray | None = None,
    rate: float = RATE,
) -> EmergingNeeds:
    """Find the themes that are heard more than their baseline explains.

    Parameters
    ----------
    mentions, conversations : array of counts, (places, themes) or broadcast
        Of the quarter.
    baseline_mentions, baseline_conversations : array of counts
        Of the four quarters before, together.
    sessions, listeners : array of counts
        Different sessions, and different listeners, that heard the theme in the quarter: not all that were there.
    design_effect : array, >= 1
        Of the theme in the whole city (`design_effect.city_design_effect`), from the baseline. Divides the counts of
        both periods.
    family : array of bool, optional
        The tests that are made. Those without conversations in one of the periods are never among them.
    rate : float
        Share of false alarms among the alarms.

    Returns
    -------
    EmergingNeeds
        Emerging: q <= rate, heard in at least FEWEST_SESSIONS sessions by at least FEWEST_LISTENERS listeners.

    Raises
    ------
    ImpossibleCounts
        If mentions exceed conversations, or a design effect is below 1.

    Notes
    -----
    p = P(C >= c) for C beta-binomial with n trials, a = 1/2 + c0 / deff, b = 1/2 + (n0 - c0) / deff; c and n are those
    of the quarter over deff, rounded. Both periods are deflated: with the baseline alone, tables of one mind in the
    present quarter would still look like a change. Each place's own design effect, estimated from some tens of
    sessions, is too uncertain for the far tail: with it a third of the quarters in which nothing emerged raised an
    alarm (deff = 2), with the city's a twentieth to a tenth.

    References
    ----------
    Gelman et al., *Bayesian Data Analysis* (CRC, 3rd ed. 2013), sections 2.4 (beta prior) and 6.3 (posterior
    predictive p-value).
    """
    c, n = part_of(mentions, conversations)
    c0, n0 = part_of(baseline_mentions, baseline_conversations, names=("baseline_mentions", "baseline_conversations"))
    deff = floats(design_effect, "design_effect")
    c, n, c0, n0, size, size0 = np.broadcast_arrays(c, n, c0, n0, effective_size(n, deff), effective_size(n0, deff))
    heard = heard_enough(sessions, listeners)
    tested = (n > 0) & (n0 > 0)
    if family is not None:
        tested = tested & family
    p = np.ones(c.shape)
    scale, scale0 = size[tested] / n[tested], size0[tested] / n0[tested]
    p[tested] = beta_binomial_tail(
        np.rint(c[tested] * scale),
        np.maximum(np.rint(size[tested]), np.rint(c[tested] * scale)),
        JEFFREYS + c0[tested] * scale0,
        JEFFREYS + (n0 - c0)[tested] * scale0,
    )
    q = adjusted(p, family=tested)
    return EmergingNeeds(tested & heard & (q <= rate), p, q, tested)


def heard_enough(sessions: ArrayLike, listeners: ArrayLike) -> BoolArray:
    """Where a theme was heard in at least FEWEST_SESSIONS sessions by at least FEWEST_LISTENERS listeners."""
    enough: BoolArray = (floats(sessions, "sessions") >= FEWEST_SESSIONS) & (
        floats(listeners, "listeners") >= FEWEST_LISTENERS
    )
    return enough


def first_heard(
    sessions: ArrayLike,
    listeners: ArrayLike,
    earlier_mentions: ArrayLike,
    earlier_conversations: ArrayLike,
    *,
    enough: int = FEWEST_EFFECTIVE,
) -> BoolArray:
    """Themes heard in at least FEWEST_SESSIONS sessions now, and never in the eight quarters before.

    Parameters
    ----------
    sessions, listeners : array of counts
        Different sessions, and different listeners, that heard the theme in the quarter.
    earlier_mentions, earlier_conversations : array of counts
        Of the eight quarters before.
    enough : int
        Conversations without which "never heard" says only that nobody was there to hear.
    """
    c0, n0 = part_of(earlier_mentions, earlier_conversations, names=("earlier_mentions", "earlier_conversations"))
    first: BoolArray = heard_enough(sessions, listeners) & (c0 == 0) & (n0 >= enough)
    return first


def beta_binomial_tail(c: ArrayLike, n: ArrayLike, a: ArrayLike, b: ArrayLike) -> FloatArray:
    """P(C >= c) for C beta-binomial with n trials and the shapes a and b, for each test.

    Parameters
    ----------
    c, n : array of whole numbers, shape (tests,)
    a, b : array, > 0

    Returns
    -------
    FloatArray, shape (tests,), 0-1
    """
    count, trials = part_of(c, n)
    count, trials, shape_a, shape_b = np.broadcast_arrays(count, trials, floats(a, "a"), floats(b, "b"))
    test, k = spans(count, trials)
    m, alpha, beta = trials[test], shape_a[test], shape_b[test]
    each = np.exp(log_choose(m, k) + betaln(k + alpha, m - k + beta) - betaln(alpha, beta))
    return np.clip(sums(each, test, len(count)), 0.0, 1.0)
