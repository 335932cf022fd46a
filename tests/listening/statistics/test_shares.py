"""Shares: of conversations, never of findings, and defined where nobody listened."""

import pytest

from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.shares import direct_share, location_quotient, severity_weighted_share


def test_a_share():
    assert direct_share([12, 0], 41) == pytest.approx([12 / 41, 0])
    assert direct_share([0], [0]) == [0]


def test_a_severity_weighted_share():
    # Two of ten conversations, of severity 5 and 3.
    assert severity_weighted_share([8, 0], [10, 0]) == pytest.approx([0.16, 0])


def test_a_location_quotient():
    assert location_quotient([0.3, 0.1, 0.2], 0.2) == pytest.approx([1.5, 0.5, 1])
    assert location_quotient([0.0], [0.0]) == [1]


def test_what_cannot_be_is_refused():
    with pytest.raises(ImpossibleCounts, match="mentions holds 3 of 2 conversations"):
        direct_share(3, 2)
    with pytest.raises(ImpossibleCounts, match="it must be 0 or more"):
        direct_share(-1, 2)
    with pytest.raises(ImpossibleCounts, match="severity_sum holds 11 of 10"):
        severity_weighted_share(11, 2)
    with pytest.raises(ImpossibleCounts, match="in the city is 0"):
        location_quotient([0.1], [0.0])
