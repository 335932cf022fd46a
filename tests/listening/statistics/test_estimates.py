"""What a need map shows: the parts in the right order."""

import numpy as np
import pytest
from hypothesis import strategies as st

from listening.statistics.estimates import estimate
from listening.statistics.intervals import wilson
from tests.listening.statistics.invented import given, is_defined, sessions
from tests.listening.statistics.test_design_effect import sums_of

ALIKE = [(1, 4)] * 20  # twenty tables, each with one of four: no effect
OF_ONE_MIND = [(4, 4), (0, 4), (0, 4), (0, 4)] * 5
FEW = [(1, 4)] * 4


@pytest.fixture
def estimates():
    return estimate(sums_of(ALIKE, OF_ONE_MIND, FEW, []))


def test_it_works(estimates):
    assert estimates.share.tolist() == [0.25, 0.25, 0.25, 0]
    assert estimates.reliability.tolist() == ["B", "X", "X", "0"]
    assert estimates.class_index.tolist() == [4, 0, 0, 0]


def test_the_interval_is_that_of_the_direct_share_on_the_effective_size(estimates):
    # Of one mind: deff = 20/19 * 5 (3^2 + 3 * 1) / 15 = 4.21.
    assert estimates.effective_size[1] == pytest.approx(80 / 4.210526)
    assert estimates.interval.low[1] == pytest.approx(wilson(0.25, 80 / 4.210526).low[0])


def test_few_sessions_take_the_effect_of_the_theme(estimates):
    assert estimates.design_effect[2] == estimates.city_design_effect[2] > 1


def test_where_nobody_listened_the_mean_is_drawn_and_not_shown(estimates):
    assert estimates.shrunk.share[3] == pytest.approx(0.25)
    assert estimates.shrunk.local_weight[3] == 0


def test_a_known_effect_of_the_city():
    known = estimate(sums_of(ALIKE, FEW), city_design_effect=3.0)
    assert known.design_effect.tolist() == [1, 3]
    # The mean of places that do not differ weighs as much as 999 conversations; 80 count as 80/3.
    assert known.shrunk.local_weight[0] == pytest.approx((80 / 3) / (80 / 3 + 999))


@given(st.lists(sessions, min_size=1, max_size=5))
def test_it_is_always_defined(places):
    found = estimate(sums_of(*places), zones=[0] * len(places))
    assert is_defined(found.share, found.interval.low, found.shrunk.share, found.effective_size, found.class_index)
    assert np.isin(found.reliability, list("ABCX0")).all()
    assert ((found.class_index == 0) == np.isin(found.reliability, ["X", "0"])).all()
