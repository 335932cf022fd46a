"""Adjusted p-values, as scipy and statsmodels have them."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from listening.statistics.false_discovery import adjusted
from tests.listening.statistics.invented import given

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(p_values)
def test_as_scipy_and_statsmodels_have_them(p):
    assert adjusted(p) == pytest.approx(false_discovery_control(p))
    assert adjusted(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_by_hand():
    # 0.01 * 4 / 1, 0.02 * 4 / 2, 0.03 * 4 / 3 are all 0.04; 0.9 * 4 / 4.
    assert adjusted([0.02, 0.9, 0.01, 0.03]) == pytest.approx([0.04, 0.9, 0.04, 0.04])


def test_outside_the_family_it_is_1():
    family = np.array([True, False, True])
    assert adjusted([0.01, 0.01, 0.5], family=family) == pytest.approx([0.02, 1, 0.5])


def test_no_tests_at_all():
    assert adjusted(np.empty(0)).shape == (0,)
    assert adjusted([0.2], family=np.array([False])) == [1]


def test_the_shape_is_kept():
    assert adjusted([[0.01, 0.5], [0.2, 0.04]]).shape == (2, 2)
