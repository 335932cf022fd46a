"""Emerging needs: the tail as scipy has it, and not for one meeting or one listener."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.stats import betabinom

from listening.statistics.emerging import beta_binomial_tail, emerging, first_heard
from tests.listening.statistics.invented import counts, given, is_defined


@given(
    st.integers(0, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.floats(0.5, 90),
    st.floats(0.5, 900),
)
def test_the_tail_as_scipy_has_it(counted, a, b):
    c, n = counted
    assert beta_binomial_tail([c], [n], [a], [b]) == pytest.approx([betabinom.sf(c - 1, n, a, b)], abs=1e-9)


def test_tails_of_different_lengths_stand_side_by_side():
    c, n, a, b = np.array([3, 0, 12]), np.array([9, 0, 40]), np.array([0.5, 1, 2]), np.array([4, 1, 30])
    assert beta_binomial_tail(c, n, a, b) == pytest.approx(betabinom.sf(c - 1, n, a, b))


def test_the_baseline_is_never_certain():
    # Never heard in 100 conversations: P(C >= 2), a = 0.5, b = 100.5.
    found = emerging(2, 20, 0, 100, sessions=3, listeners=2)
    assert found.p_value == pytest.approx([betabinom.sf(1, 20, 0.5, 100.5)])


def test_both_periods_are_deflated():
    found = emerging(16, 40, 20, 200, sessions=9, listeners=4, design_effect=2)
    assert found.p_value == pytest.approx([betabinom.sf(7, 20, 10.5, 90.5)])


@pytest.mark.parametrize(
    ("sessions", "listeners", "expected"), [(9, 4, True), (3, 2, True), (2, 2, False), (9, 1, False)]
)
def test_one_meeting_or_one_listener_is_no_trend(sessions, listeners, expected):
    assert emerging(16, 40, 10, 200, sessions=sessions, listeners=listeners).is_emerging == expected


def test_a_fall_does_not_emerge():
    assert not emerging(0, 40, 100, 200, sessions=9, listeners=4).is_emerging[0]


def test_without_listening_nothing_is_tested():
    found = emerging([0, 5], [0, 20], [10, 0], [100, 0], sessions=9, listeners=9)
    assert not found.is_tested.any()
    assert found.q_value.tolist() == [1, 1]


def test_who_is_not_of_the_family_is_not_tested():
    found = emerging([16, 16], 40, 10, 200, sessions=9, listeners=4, family=np.array([True, False]))
    assert found.is_emerging.tolist() == [True, False]


@given(counts(), counts(), st.floats(1, 5))
def test_it_is_always_defined(now, before, deff):
    places = min(len(now[0]), len(before[0]))
    found = emerging(*(a[:places] for a in (*now, *before)), sessions=3, listeners=2, design_effect=deff)
    assert is_defined(found.p_value, found.q_value)
    assert ((found.p_value >= 0) & (found.p_value <= 1)).all()


class TestFirstHeard:
    def test_it_works(self):
        assert first_heard([3, 2, 3, 3], [2, 2, 1, 2], [0, 0, 0, 1], 200).tolist() == [True, False, False, False]

    def test_where_nobody_listened_before_nothing_is_new(self):
        assert first_heard(3, 2, 0, [19, 20]).tolist() == [False, True]
