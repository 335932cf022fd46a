"""A level without places, or a codelist without themes, has answers without rows or columns; and no error."""

import numpy as np
import pytest

from listening.statistics.allocation import allocate, deficits, targets
from listening.statistics.breaks import class_index
from listening.statistics.clusters import find_clusters
from listening.statistics.coverage import balance, listening_rate, representation
from listening.statistics.design_effect import SessionSums, city_design_effect
from listening.statistics.emerging import emerging, first_heard
from listening.statistics.estimates import estimate
from listening.statistics.shares import direct_share, location_quotient
from listening.statistics.trends import compare

SHAPES = [(0,), (0, 3), (4, 0)]


@pytest.mark.parametrize("shape", SHAPES)
def test_estimates(shape):
    found = estimate(SessionSums(*[np.zeros(shape)] * 6))
    for answer in (found.share, found.shrunk.share, found.shrunk.prior_mean, found.interval.low, found.reliability):
        assert answer.shape == shape
    assert found.class_index.shape == shape
    assert city_design_effect(SessionSums(*[np.zeros(shape)] * 6)).shape == (shape[1:] or (1,))


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_zones_of_no_places(shape):
    assert estimate(SessionSums(*[np.zeros(shape)] * 6), zones=[]).shrunk.share.shape == shape


@pytest.mark.parametrize("shape", SHAPES)
def test_comparisons(shape):
    nothing = np.zeros(shape)
    assert compare(nothing, nothing, nothing, nothing).label.shape == shape
    assert emerging(nothing, nothing, nothing, nothing, sessions=nothing, listeners=nothing).p_value.shape == shape
    assert first_heard(nothing, nothing, nothing, nothing).shape == shape


@pytest.mark.parametrize("shape", SHAPES)
def test_shares(shape):
    nothing = np.zeros(shape)
    assert direct_share(nothing, nothing).shape == shape
    assert location_quotient(nothing, nothing).shape == shape
    assert class_index(nothing).shape == shape


def test_coverage():
    assert listening_rate([], []).per_1000.shape == (0,)
    assert representation(np.zeros((0, 3)), [1, 2, 3]).ratio.shape == (0, 3)
    assert balance(np.zeros((0, 3)), [1, 2, 3]).dissimilarity.shape == (0,)
    assert not balance(np.zeros((2, 0)), np.zeros(0)).is_known.any()


def test_allocation():
    assert targets([], affordable=100).shape == (0,)
    assert deficits([], []).shape == (0,)
    assert allocate([], 5).shape == (0,)


def test_clusters():
    assert find_clusters([], []).is_high.shape == (0,)
