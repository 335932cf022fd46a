"""Fixed classes: a share on a break is in the upper class, a place without a value in none."""

import numpy as np
import pytest

from listening.drawing.choropleth import class_of
from listening.needmaps import build
from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.breaks import BREAKS, class_index
from tests.listening.statistics.invented import given, shares


def test_it_works():
    assert class_index([0, 0.049, 0.05, 0.1, 0.2, 0.34, 0.35, 1]).tolist() == [1, 1, 2, 3, 4, 4, 5, 5]


def test_a_share_on_a_break_that_was_divided():
    assert class_index(np.array([1, 2, 4, 7]) / 20).tolist() == [2, 3, 4, 5]


@given(shares)
def test_as_the_dashboard_draws_them(share):
    assert class_index(share) == class_of(share, BREAKS)


def test_the_breaks_are_those_of_need_maps():
    assert BREAKS == build.BREAKS


def test_no_value_no_class():
    assert class_index([0.3, 0.3], shown=np.array([True, False])).tolist() == [4, 0]


def test_what_cannot_be_is_refused():
    with pytest.raises(ImpossibleCounts):
        class_index([1.5])
    with pytest.raises(ValueError, match="ascend"):
        class_index([0.5], breaks=(0.2, 0.1))
