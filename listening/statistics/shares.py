"""Measures of need: shares of the conversations held in a place.

A count of mentions shows first of all where staff went; a share has the listening done there as its denominator.
Pure: counts in, shares out. Which of them is shown, and how surely, is said by `shrinkage`, `intervals`, `reliability`.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from listening.statistics.arrays import FloatArray, ImpossibleCounts, floats, part_of, ratio

HIGHEST_SEVERITY = 5


def direct_share(mentions: ArrayLike, conversations: ArrayLike) -> FloatArray:
    """Share of the conversations that mention a theme.

    Parameters
    ----------
    mentions : array of counts, any shape
        Conversations that mention the theme (not findings: one that lists three needs of a theme counts once), or
        those among them with a severity of 4 or more for the share of severe mentions.
    conversations : array of counts, broadcast against `mentions`
        All conversations held in the place: the same geography as `mentions`, or it is no share.

    Returns
    -------
    FloatArray, 0-1
        0 where there are no conversations: `reliability` marks such places, a share of 0 alone does not.

    Raises
    ------
    ImpossibleCounts
        If mentions exceed conversations.
    """
    part, whole = part_of(mentions, conversations)
    return ratio(part, whole, otherwise=0.0)


def severity_weighted_share(severity_sum: ArrayLike, conversations: ArrayLike) -> FloatArray:
    """Share of the conversations, each counted as the severity of its gravest mention over 5.

    Parameters
    ----------
    severity_sum : array
        Sum over conversations of the highest severity (1-5) with which each mentions the theme; 0 for the others.
    conversations : array of counts

    Returns
    -------
    FloatArray, 0-1
        Share times mean severity / 5. 0 where there are no conversations.

    Raises
    ------
    ImpossibleCounts
        If the sum exceeds 5 per conversation.

    Notes
    -----
    Severity is one listener's impression. It serves to rank themes for staff; to others only the share with a severity
    of 4 or more is told (`direct_share` of those mentions).
    """
    most = HIGHEST_SEVERITY * floats(conversations, "conversations")
    part, whole = part_of(severity_sum, most, names=("severity_sum", f"conversations times {HIGHEST_SEVERITY}"))
    return ratio(part, whole, otherwise=0.0)


def location_quotient(share: ArrayLike, city_share: ArrayLike) -> FloatArray:
    """How many times the city's share a place has: 1 is as in the city, 2 is twice as often.

    Parameters
    ----------
    share : array, 0-1
        The empirical-Bayes share: of a direct share of few conversations the quotient is mostly noise.
    city_share : array, 0-1, broadcast against `share`

    Returns
    -------
    FloatArray, >= 0
        1 where the city's share is 0: then the place has no more than the city.

    Raises
    ------
    ImpossibleCounts
        If a place has a share above 0 where the city has none.
    """
    here = floats(share, "share")
    city = floats(city_share, "city_share")
    if ((here > 0) & (city == 0)).any():
        raise ImpossibleCounts("A place has a share above 0 of a theme whose share in the city is 0.")
    return ratio(here, city, otherwise=1.0)


def rounded(value: float | None) -> float | None:
    """A share, or a difference of two, with the four decimals that a few hundred conversations can bear."""
    return None if value is None else round(value, 4)
